using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Organisations;
using Zhengtong.OpenData.Model;

namespace Zhengtong.OpenData.Ckan;

/// <summary>The departments that publish, as CKAN's organisations. The name of one is its unified social credit code in lower case: it never changes, and is in no language.</summary>
internal static class CkanOrganisations
{
    internal static string NameOf(Organisation organisation) => organisation.CreditCode.Value.ToLowerInvariant();

    /// <summary>The code that a name means; only lower case is a name.</summary>
    internal static bool TryCode(string name, out CreditCode code)
    {
        code = default;
        return !name.Any(char.IsAsciiLetterUpper) && CreditCode.TryParse(name, null, out code);
    }

    /// <summary>As it stands in a package dict.</summary>
    internal static JsonObject ShortOf(Organisation o) => new()
    {
        ["id"] = o.Id.ToString(),
        ["name"] = NameOf(o),
        ["title"] = o.Name,
        ["type"] = "organization",
        ["description"] = "",
        ["image_url"] = "",
        ["created"] = CreatedOf(o.Id),
        ["is_organization"] = true,
        ["approval_status"] = "approved",
        ["state"] = "active",
    };

    internal static async Task<object?> ListAsync(CkanCall call) => CkanGroups.Listed(call, await AllAsync(call), "organizations");

    internal static async Task<object?> ShowAsync(CkanCall call)
    {
        var p = call.Parameters;
        var id = p.Required("id");
        var (datasets, count) = (p.Flag("include_datasets", false), p.Flag("include_dataset_count", true));
        p.Check();
        var organisation = await FindAsync(call, id);
        var dict = new CkanGroup(FullOf(organisation), organisation.Name, NameOf(organisation), await CkanPackages.Public(call.Db).CountAsync(d => d.PublisherId == organisation.Id, call.Ct)).Shown(count);
        if (datasets) { dict["packages"] = await CkanGroups.PackagesAsync(call, CkanPackages.Public(call.Db).Where(d => d.PublisherId == organisation.Id), 10); }
        return dict;
    }

    /// <summary>The department for which the caller's token prepares datasets; none without a token.</summary>
    internal static async Task<object?> OwnAsync(CkanCall call)
    {
        if (!call.Actor.May(Right.OpenData)) { return new JsonArray(); }
        var own = await call.Db.Organisations.AsNoTracking().SingleAsync(o => o.Id == call.Actor.Organisation, call.Ct);
        return new JsonArray(new CkanGroup(FullOf(own), own.Name, NameOf(own), await CkanPackages.Public(call.Db).CountAsync(d => d.PublisherId == own.Id, call.Ct)).Shown(true));
    }

    internal static async Task<object?> AutocompleteAsync(CkanCall call) => CkanGroups.Completed(call, await AllAsync(call));

    /// <summary>The organisation of that id or name.</summary>
    /// <exception cref="CkanFault">404: none, or none that has published anything and is not the caller's own.</exception>
    internal static async Task<Organisation> FindAsync(CkanCall call, string idOrName)
    {
        var publishing = call.Db.Organisations.AsNoTracking().Where(o => o.Id == call.Actor.Organisation || call.Db.Datasets.Any(d => d.PublisherId == o.Id && d.State == DatasetState.Published));
        if (Guid.TryParse(idOrName, out var id)) { return await publishing.SingleOrDefaultAsync(o => o.Id == id, call.Ct) ?? throw CkanFault.NotFound(); }
        return TryCode(idOrName, out var code) && await publishing.SingleOrDefaultAsync(o => o.CreditCode == code, call.Ct) is { } found ? found : throw CkanFault.NotFound();
    }

    private static async Task<List<CkanGroup>> AllAsync(CkanCall call)
    {
        var counts = CkanPackages.Public(call.Db).GroupBy(d => d.PublisherId).Select(g => new { Id = g.Key, Count = g.Count() });
        var all = await counts.Join(call.Db.Organisations.AsNoTracking(), c => c.Id, o => o.Id, (c, o) => new { Organisation = o, c.Count }).ToListAsync(call.Ct);
        return [.. all.Select(a => new CkanGroup(FullOf(a.Organisation), a.Organisation.Name, NameOf(a.Organisation), a.Count))];
    }

    private static JsonObject FullOf(Organisation o) => CkanGroups.Completed(ShortOf(o));

    /// <summary>Ids are of version 7 and hold the moment they were made at; null for any other.</summary>
    private static string? CreatedOf(Guid id)
    {
        if (id.Version != 7) { return null; }
        Span<byte> bytes = stackalloc byte[16];
        id.TryWriteBytes(bytes, bigEndian: true, out _);
        var milliseconds = System.Buffers.Binary.BinaryPrimitives.ReadInt64BigEndian(bytes) >> 16;
        return milliseconds is >= 0 and < 253_402_300_800_000 ? CkanCall.Moment(DateTimeOffset.FromUnixTimeMilliseconds(milliseconds)) : null;
    }
}
