using System.Text.Json;
using Microsoft.EntityFrameworkCore;

namespace Zhengtong.Kernel.Regions;

/// <summary>A division as a file names it.</summary>
/// <param name="Code">Its code.</param>
/// <param name="Name">Its name, 1 to 100 characters.</param>
internal sealed record Division(RegionCode Code, string Name);

/// <summary>Writes many divisions with one statement: entities and their change tracking would take minutes for the 664,000 of all five levels.
/// The caller holds the transaction.</summary>
internal static class RegionTable
{
    /// <summary>Adds the divisions whose codes are not there; returns how many.</summary>
    internal static async Task<int> AddMissingAsync(ZhengtongDb db, IReadOnlyCollection<Division> divisions, CancellationToken ct) => divisions.Count == 0 ? 0 : await db.Database.ExecuteSqlRawAsync(
        db.Database.IsSqlite()
            ? """
              INSERT INTO regions (code, name, level, parent, is_ours, revision)
              SELECT e.value ->> 0, e.value ->> 1, e.value ->> 2, e.value ->> 3, 0, 1 FROM json_each({0}) e WHERE true ON CONFLICT (code) DO NOTHING
              """
            : """
              INSERT INTO kernel.regions (code, name, level, parent, is_ours, revision)
              SELECT e ->> 0, e ->> 1, e ->> 2, e ->> 3, false, 1 FROM json_array_elements({0}::json) e ON CONFLICT (code) DO NOTHING
              """,
        [JsonSerializer.Serialize(divisions.Select(d => new[] { d.Code.Value, d.Name, d.Code.Level.ToString(), d.Code.Parent?.Value }))], ct);

    /// <summary>Renames the divisions, but none that an administrator named; returns how many.</summary>
    internal static async Task<int> RenameAsync(ZhengtongDb db, IReadOnlyCollection<Division> divisions, CancellationToken ct) => divisions.Count == 0 ? 0 : await db.Database.ExecuteSqlRawAsync(
        db.Database.IsSqlite()
            ? "UPDATE regions SET name = e.value ->> 1, revision = revision + 1 FROM json_each({0}) e WHERE code = e.value ->> 0 AND NOT is_ours"
            : "UPDATE kernel.regions SET name = e ->> 1, revision = revision + 1 FROM json_array_elements({0}::json) e WHERE code = e ->> 0 AND NOT is_ours",
        [JsonSerializer.Serialize(divisions.Select(d => new[] { d.Code.Value, d.Name }))], ct);

    /// <summary>Those of the codes that are there, with their names.</summary>
    internal static async Task<Dictionary<RegionCode, (string Name, bool IsOurs)>> FindAsync(ZhengtongDb db, IEnumerable<RegionCode> codes, CancellationToken ct) => await db.Regions.FromSqlRaw(
        db.Database.IsSqlite()
            ? "SELECT * FROM regions WHERE code IN (SELECT value FROM json_each({0}))"
            : "SELECT * FROM kernel.regions WHERE code = ANY (ARRAY(SELECT json_array_elements_text({0}::json)))",
        JsonSerializer.Serialize(codes.Select(c => c.Value))).AsNoTracking().Select(r => new { r.Code, r.Name, r.IsOurs }).ToDictionaryAsync(r => r.Code, r => (r.Name, r.IsOurs), ct);
}
