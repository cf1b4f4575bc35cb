using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using Zhengtong.OpenData.Model;

namespace Zhengtong.OpenData.Ckan;

/// <summary>Resources by themselves.</summary>
internal static class CkanResources
{
    internal static async Task<object?> ShowAsync(CkanCall call)
    {
        var id = call.Parameters.Required("id");
        call.Parameters.Check();
        if (Guid.TryParse(id, out var guid) && await CkanDrafts.SeenWithAsync(call, guid) is { } draft) { return CkanDrafts.ResourceOf(call, draft.Dataset, draft.Version, guid); }
        var (resource, dataset) = await FindAsync(call, id);
        return CkanPackages.ResourceOf(call, resource, dataset.PublishedAt ?? dataset.CreatedAt, dataset.ModifiedAt);
    }

    /// <summary>Pictures of data belong to the portal's own pages; through this interface there are none.</summary>
    internal static async Task<object?> ViewsAsync(CkanCall call)
    {
        var id = call.Parameters.Required("id");
        call.Parameters.Check();
        await FindAsync(call, id);
        return new JsonArray();
    }

    /// <summary>Resources whose fields hold all of the texts, case not regarded; a hash by its beginning.</summary>
    internal static async Task<object?> SearchAsync(CkanCall call)
    {
        var p = call.Parameters;
        var queries = p.Several("query");
        if (queries.Count == 0) { p.Wrong("query", "Missing value"); }
        var (limit, offset) = (p.Natural("limit"), p.Natural("offset") ?? 0);
        p.Check();
        var db = call.Db;
        var found = db.PublicResources.AsNoTracking().Join(db.Datasets.AsNoTracking().Where(d => d.State == DatasetState.Published && d.OpenAttribute != OpenAttribute.NotOpen), r => r.DatasetId, d => d.Id, (r, d) => new { Resource = r, Dataset = d });
        foreach (var query in queries)
        {
            var colon = query.IndexOf(':', StringComparison.Ordinal);
            if (colon < 0) { throw Unreadable("Must be <field>:<value> pair(s)"); }
            var (field, text) = (query[..colon].Trim(), query[(colon + 1)..].Trim().ToLowerInvariant());
            if (field is "id" or "package_id")
            {
                var exact = Guid.TryParse(text, out var guid) ? guid : Guid.Empty;
                found = field == "id" ? found.Where(f => f.Resource.Id == exact) : found.Where(f => f.Resource.DatasetId == exact);
                continue;
            }

            switch (field)
            {
                case "name": found = found.Where(f => f.Resource.Name.ToLower().Contains(text)); continue;
                case "format": found = found.Where(f => f.Resource.Format.ToLower().Contains(text)); continue;
                case "state": found = found.Where(_ => "active".Contains(text)); continue;
                case "url_type": found = found.Where(_ => "upload".Contains(text)); continue;
            }

            // The rest stands in the resource's JSON. The path is one of these constants, the text a parameter.
            var path = field switch { "description" => "description", "mimetype" => "mediaType", "url" => "fileName", "hash" => "content", "size" => "bytes", _ => null } ?? throw Unreadable($"Field \"{CkanFault.Shortened(field)}\" not recognised in resource_search.");
            var (value, at, schema) = db.Database.IsSqlite() ? ($"CAST(json_extract(r.resource, '$.{path}') AS TEXT)", "instr", "") : ($"(CAST(r.resource AS json) ->> '{path}')", "strpos", "open_data.");
            if (field == "hash") { text = text.StartsWith("sha256:", StringComparison.Ordinal) ? text["sha256:".Length..] : text; }
            var sql = $"SELECT r.id AS \"Value\" FROM {schema}public_resources AS r WHERE {at}(lower({value}), {{0}}) {(field == "hash" ? "= 1" : "> 0")}";
            var ids = db.Database.SqlQueryRaw<Guid>(sql, text);
            found = found.Where(f => ids.Contains(f.Resource.Id));
        }

        var count = await found.CountAsync(call.Ct);
        var sorted = p.Text("order_by") switch
        {
            null or "id" => found.OrderBy(f => f.Resource.Id),
            "name" => found.OrderBy(f => f.Resource.Name).ThenBy(f => f.Resource.Id),
            "format" => found.OrderBy(f => f.Resource.Format).ThenBy(f => f.Resource.Id),
            "package_id" => found.OrderBy(f => f.Resource.DatasetId).ThenBy(f => f.Resource.Position),
            "created" => found.OrderBy(f => f.Dataset.PublishedAt).ThenBy(f => f.Resource.Id),
            "last_modified" or "metadata_modified" => found.OrderBy(f => f.Dataset.ModifiedAt).ThenBy(f => f.Resource.Id),
            _ => throw CkanFault.Invalid("order_by", "Cannot order by this field"),
        };
        var page = await sorted.Skip(offset).Take(Math.Min(limit ?? 1000, 1000)).ToListAsync(call.Ct);
        return new JsonObject { ["count"] = count, ["results"] = new JsonArray([.. page.Select(f => CkanPackages.ResourceOf(call, f.Resource, f.Dataset.PublishedAt ?? f.Dataset.CreatedAt, f.Dataset.ModifiedAt))]) };
    }

    /// <summary>The resource and its published dataset.</summary>
    /// <exception cref="CkanFault">404: none; 403: of a dataset of which only that it exists is public.</exception>
    internal static async Task<(PublicResource Resource, Dataset Dataset)> FindAsync(CkanCall call, string id)
    {
        if (Guid.TryParse(id, out var guid)
            && await call.Db.PublicResources.AsNoTracking().Where(r => r.Id == guid).Join(CkanPackages.Public(call.Db), r => r.DatasetId, d => d.Id, (r, d) => new { r, d }).SingleOrDefaultAsync(call.Ct) is { } found)
        {
            return found.d.OpenAttribute == OpenAttribute.NotOpen ? throw CkanFault.Forbidden($"User  not authorized to read resource {guid}") : (found.r, found.d);
        }

        throw CkanFault.NotFound($"Resource \"{CkanFault.Shortened(id)}\" was not found.");
    }

    private static CkanFault Unreadable(string message) => CkanFault.Invalid(new JsonObject { ["query"] = message });
}
