using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Organisations;
using Zhengtong.OpenData.Model;

namespace Zhengtong.OpenData.Ckan;

/// <summary>Published datasets as CKAN's package dicts, every key present. Any number of them takes two queries.</summary>
internal static class CkanPackages
{
    private static readonly HashSet<string> NoResourceNeeded = ["id", "name", "title", "notes", "organization", "owner_org", "metadata_modified", "metadata_created", "license_id", "tags", "groups", "extras"];

    /// <summary>What the public sees: published, whatever its open attribute.</summary>
    internal static IQueryable<Dataset> Public(ZhengtongDb db) => db.Datasets.AsNoTracking().Where(d => d.State == DatasetState.Published);

    /// <summary>The dataset of that id or name.</summary>
    /// <exception cref="CkanFault">404: none, or none that is published.</exception>
    internal static async Task<Dataset> FindAsync(CkanCall call, string idOrName) =>
        await (Guid.TryParse(idOrName, out var id) ? Public(call.Db).Where(d => d.Id == id) : Public(call.Db).Where(d => d.Name == idOrName)).SingleOrDefaultAsync(call.Ct) ?? throw CkanFault.NotFound();

    /// <summary>The dicts, in the datasets' order.</summary>
    /// <param name="call">The call.</param>
    /// <param name="datasets">Published datasets.</param>
    /// <param name="only">Keys to keep; null for all.</param>
    internal static async Task<List<JsonNode?>> DictsAsync(CkanCall call, IReadOnlyList<Dataset> datasets, IReadOnlyCollection<string>? only = null)
    {
        if (datasets.Count == 0) { return []; }
        var (ids, publishers) = (datasets.Select(d => d.Id).ToList(), datasets.Select(d => d.PublisherId).Distinct().ToList());
        var organisations = await call.Db.Organisations.AsNoTracking().Where(o => publishers.Contains(o.Id)).ToDictionaryAsync(o => o.Id, call.Ct);
        ILookup<Guid, PublicResource> resources = Array.Empty<PublicResource>().ToLookup(r => r.DatasetId);
        if (only is null || !only.All(NoResourceNeeded.Contains))
        {
            resources = (await call.Db.PublicResources.AsNoTracking().Where(r => ids.Contains(r.DatasetId)).OrderBy(r => r.Position).ToListAsync(call.Ct)).ToLookup(r => r.DatasetId);
        }

        return [.. datasets.Select(d => Kept(DictOf(call, d, organisations[d.PublisherId], resources[d.Id]), only))];
    }

    internal static async Task<JsonNode> DictAsync(CkanCall call, Dataset dataset) => (await DictsAsync(call, [dataset]))[0]!;

    /// <summary>The dict of a resource. Its datastore is active for whoever may ask it: of a conditionally open dataset for the keys that were granted it.</summary>
    internal static JsonObject ResourceOf(CkanCall call, PublicResource resource, DateTimeOffset created, DateTimeOffset modified)
    {
        var r = resource.Resource;
        return new JsonObject
        {
            ["id"] = r.Id.ToString(),
            ["package_id"] = resource.DatasetId.ToString(),
            ["position"] = resource.Position - 1,
            ["name"] = r.Name,
            ["description"] = r.Description,
            ["format"] = r.Format,
            ["mimetype"] = r.MediaType,
            ["mimetype_inner"] = null,
            ["url"] = $"{call.Base}/dataset/{resource.DatasetId}/resource/{r.Id}/download/{Uri.EscapeDataString(r.FileName)}",
            ["url_type"] = r.IsDatastore ? "datastore" : "upload",
            ["resource_type"] = null,
            ["size"] = r.Bytes,
            ["hash"] = $"sha256:{r.Content.Value}",
            ["state"] = "active",
            ["created"] = CkanCall.Moment(created),
            ["last_modified"] = CkanCall.Moment(modified),
            ["metadata_modified"] = CkanCall.Moment(modified),
            ["cache_url"] = null,
            ["cache_last_updated"] = null,
            ["datastore_active"] = resource.HasTable && (resource.IsGiven || call.Granted.Contains(resource.DatasetId)),
        };
    }

    /// <summary>Pairs that say of a dataset what CKAN has no key for. Their values are the same in every language.</summary>
    internal static IEnumerable<KeyValuePair<string, string>> ExtrasOf(Dataset dataset) => ExtrasOf(dataset.Description);

    /// <summary>The same of a description by itself.</summary>
    internal static IEnumerable<KeyValuePair<string, string>> ExtrasOf(DatasetDescription d)
    {
        (string Key, string? Value)[] own =
        [
            ("open_attribute", Word(d.OpenAttribute)), ("open_condition", d.OpenCondition), ("update_frequency", Word(d.UpdateCycle)), ("spatial_region", d.Region),
            ("temporal_start", d.From?.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)), ("temporal_end", d.To?.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)),
            ("coordinate_system", d.CoordinateSystem == CoordinateSystem.None ? null : Word(d.CoordinateSystem)), ("contact_phone", d.ContactPhone),
        ];
        foreach (var (key, value) in own.Where(o => o.Value is not null)) { yield return new(key, value!); }
        foreach (var pair in d.Extras.Where(e => !own.Any(o => o.Key == e.Key))) { yield return new(pair.Key, pair.Value); }
    }

    private static JsonObject DictOf(CkanCall call, Dataset dataset, Organisation organisation, IEnumerable<PublicResource> all) => DictOf(call, dataset, dataset.Description, organisation, all);

    /// <summary>The dict with a description of its own, as a version under way has.</summary>
    internal static JsonObject DictOf(CkanCall call, Dataset dataset, DatasetDescription d, Organisation organisation, IEnumerable<PublicResource> all)
    {
        var created = dataset.PublishedAt ?? dataset.CreatedAt;
        // Of what stays closed only that it exists is public.
        var resources = d.OpenAttribute == OpenAttribute.NotOpen ? [] : all.Select(r => (JsonNode?)ResourceOf(call, r, created, dataset.ModifiedAt)).ToArray();
        var licence = Licence.Find(d.Licence);
        return new JsonObject
        {
            ["id"] = dataset.Id.ToString(),
            ["name"] = dataset.Name,
            ["title"] = d.Title,
            ["type"] = "dataset",
            ["state"] = "active",
            ["notes"] = d.Notes,
            ["url"] = $"{call.Base}/dataset/{dataset.Name}",
            ["version"] = dataset.Current.ToString(CultureInfo.InvariantCulture),
            ["private"] = false,
            ["isopen"] = licence?.IsOpen ?? false,
            ["author"] = "",
            ["author_email"] = "",
            ["maintainer"] = d.ContactName,
            ["maintainer_email"] = d.ContactMail ?? "",
            ["creator_user_id"] = null,
            ["license_id"] = d.Licence,
            ["license_title"] = licence?.Title ?? d.Licence,
            ["license_url"] = AddressOf(call, licence),
            ["owner_org"] = organisation.Id.ToString(),
            ["organization"] = CkanOrganisations.ShortOf(organisation),
            ["groups"] = new JsonArray([.. d.Themes.Select(Theme.Find).OfType<Theme>().Select(CkanGroups.ShortOf)]),
            ["tags"] = new JsonArray([.. d.Keywords.Order(StringComparer.Ordinal).Select(CkanTags.DictOf)]),
            ["num_tags"] = d.Keywords.Count,
            ["extras"] = new JsonArray([.. ExtrasOf(d).Select(e => new JsonObject { ["key"] = e.Key, ["value"] = e.Value })]),
            ["metadata_created"] = CkanCall.Moment(created),
            ["metadata_modified"] = CkanCall.Moment(dataset.ModifiedAt),
            ["relationships_as_subject"] = new JsonArray(),
            ["relationships_as_object"] = new JsonArray(),
            ["num_resources"] = resources.Length,
            ["resources"] = new JsonArray(resources),
        };
    }

    /// <summary>Where a licence's text stands; the platform's own terms are at /open/terms.</summary>
    internal static string AddressOf(CkanCall call, Licence? licence) => licence is null ? "" : licence.Address ?? $"{call.Base}/open/terms";

    private static JsonObject Kept(JsonObject dict, IReadOnlyCollection<string>? only)
    {
        if (only is null) { return dict; }
        var kept = new JsonObject();
        foreach (var key in only.Distinct())
        {
            // What the index of a CKAN calls by another name than its dict.
            var value = key switch
            {
                "organization" => dict["organization"]?["name"],
                "tags" or "groups" => new JsonArray([.. dict[key]!.AsArray().Select(t => t!["name"]!.DeepClone())]),
                "res_format" or "res_name" or "res_url" or "res_description" => new JsonArray([.. dict["resources"]!.AsArray().Select(r => r![key[4..]]!.DeepClone())]),
                _ when key.StartsWith("extras_", StringComparison.Ordinal) => dict["extras"]!.AsArray().FirstOrDefault(e => (string?)e!["key"] == key["extras_".Length..])?["value"],
                _ => dict[key],
            };
            if (value is not null || dict.ContainsKey(key)) { kept[key] = value?.DeepClone(); }
        }

        return kept;
    }

    private static string Word<T>(T value) where T : struct, Enum => JsonNamingPolicy.CamelCase.ConvertName(value.ToString());
}
