using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.Kernel.Regions;

/// <summary>A region as lists show it.</summary>
/// <param name="Code">Its code: 6 digits down to the county, 12 below.</param>
/// <param name="Name">Its name without those above it.</param>
/// <param name="FullName">Its name behind those of the regions above it.</param>
/// <param name="Level">Its level.</param>
/// <param name="Parent">Code of the region above it; null for a province.</param>
public sealed record RegionRow(string Code, string Name, string FullName, RegionLevel Level, string? Parent);

internal static class SearchRegions
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/regions", Handle).RequiresSignIn();

    /// <summary>Search the administrative divisions, by code.</summary>
    /// <param name="text">Part of the name, at most 100 characters.</param>
    /// <param name="prefix">The first 1 to 12 digits of the code.</param>
    /// <param name="level">Only this level.</param>
    /// <param name="parent">Only regions directly below this one.</param>
    /// <param name="page">Which part of the list.</param>
    /// <param name="db">The database.</param>
    /// <param name="paging">Reads by cursor.</param>
    /// <param name="ct">Stops it.</param>
    /// <response code="200">A page of regions.</response>
    /// <response code="400">kernel.cursor-unknown</response>
    internal static async Task<Results<Ok<Page<RegionRow>>, ProblemHttpResult>> Handle(
        [StringLength(100)] string? text, [RegularExpression("^[0-9]{1,12}$", ErrorMessage = "kernel.region.prefix")] string? prefix, Choice<RegionLevel>? level, RegionCode? parent,
        [AsParameters] PageQuery page, ZhengtongDb db, Paging paging, CancellationToken ct) =>
        await ReadAsync(Rows(db, text, prefix, level?.Value, parent), page, db, paging, ct) is { } read ? TypedResults.Ok(read) : KernelProblems.CursorUnknown.Because();

    internal static IQueryable<Region> Rows(ZhengtongDb db, string? text, string? prefix, RegionLevel? level, RegionCode? parent)
    {
        var rows = db.Regions.AsNoTracking();
        if (text is { Length: > 0 }) { rows = rows.Where(r => r.Name.Contains(text)); }
        if (prefix is { Length: > 0 }) { rows = rows.StartingWith(prefix); }
        if (level is { } one) { rows = rows.Where(r => r.Level == one); }
        if (parent is { } above) { rows = rows.Where(r => r.Parent == above); }
        return rows;
    }

    /// <summary>A page of the rows with their full names; null for a cursor of another list.</summary>
    internal static async Task<Page<RegionRow>?> ReadAsync(IQueryable<Region> rows, PageQuery page, ZhengtongDb db, Paging paging, CancellationToken ct)
    {
        if (await paging.ReadAsync(rows, page, r => r.Code, r => new { r.Code, r.Name, r.Level, r.Parent }, ct) is not { } read) { return null; }
        var full = await RegionNames.FullAsync(db, read.Items.Select(r => r.Code), ct);
        return new Page<RegionRow>([.. read.Items.Select(r => new RegionRow(r.Code.ToString(), r.Name, full[r.Code], r.Level, r.Parent?.ToString()))], read.Next, read.Total);
    }
}
