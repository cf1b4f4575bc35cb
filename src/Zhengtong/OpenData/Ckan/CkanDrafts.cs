using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Catalogue;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;
using Zhengtong.OpenData.Model;
using Zhengtong.OpenData.Publishing;

namespace Zhengtong.OpenData.Ckan;

/// <summary>Drafts as this interface changes them: by the workbench's own use cases, whose refusals become CKAN's.</summary>
internal static class CkanDrafts
{
    /// <summary>The dataset of that id or name that the caller may change.</summary>
    /// <exception cref="CkanFault">404: none, or a draft of others; 403: of another department.</exception>
    internal static async Task<Dataset> FindAsync(CkanCall call, string idOrName)
    {
        var found = await (Guid.TryParse(idOrName, out var id) ? call.Db.Datasets.Where(d => d.Id == id) : call.Db.Datasets.Where(d => d.Name == idOrName)).SingleOrDefaultAsync(call.Ct);
        if (found is null || (found.State == DatasetState.Draft && found.PublisherId != call.Actor.Organisation)) { throw CkanFault.NotFound(); }
        return found.PublisherId == call.Actor.Organisation ? found : throw CkanFault.Forbidden($"User {call.Actor.Name} not authorized to edit package {found.Id}");
    }

    /// <summary>The draft of a dataset, begun now when none is under way; <c>Began</c> says so.</summary>
    /// <exception cref="CkanFault">409: a version is proposed or examined.</exception>
    internal static async Task<(OpenVersion Open, bool Began)> OpenAsync(CkanCall call, Guid dataset)
    {
        var (open, problem) = await OpenVersion.FindAsync(call.Db, dataset, call.Actor, call.Ct);
        if (open is not null) { return open.Version.State == VersionState.Draft ? (open, false) : throw CkanFault.Invalid("state", Text.Of("open-data.ckan.under-examination")); }
        if ((string?)problem!.ProblemDetails.Extensions["code"] != OpenDataProblems.WrongState.Code) { throw Of(problem); }
        var begun = await NewVersion.Handle(dataset, call.Actor, call.Db, call.Service<TimeProvider>(), call.Ct);
        if (begun.Result is ProblemHttpResult refused) { throw Of(refused); }
        (open, problem) = await OpenVersion.FindAsync(call.Db, dataset, call.Actor, call.Ct);
        return open is null ? throw Of(problem!) : (open, true);
    }

    /// <summary>The version under way of a dataset of the caller's department; null when there is none, or the caller has no right to see it.</summary>
    internal static async Task<(Dataset Dataset, DatasetVersion Version)?> SeenAsync(CkanCall call, string idOrName)
    {
        if (!MaySee(call)) { return null; }
        var own = call.Db.Datasets.AsNoTracking().Where(d => d.PublisherId == call.Actor.Organisation);
        var dataset = await (Guid.TryParse(idOrName, out var id) ? own.Where(d => d.Id == id) : own.Where(d => d.Name == idOrName)).SingleOrDefaultAsync(call.Ct);
        if (dataset is null) { return null; }
        var version = await call.Db.DatasetVersions.AsNoTracking().SingleOrDefaultAsync(v => v.DatasetId == dataset.Id && v.State != VersionState.Published, call.Ct);
        return version is null ? null : (dataset, version);
    }

    /// <summary>The same by one of its resources.</summary>
    internal static async Task<(Dataset Dataset, DatasetVersion Version, PublicResource Resource)?> SeenWithAsync(CkanCall call, Guid resource)
    {
        if (!MaySee(call)) { return null; }
        // A department has few versions under way; their resources stand in JSON.
        var open = call.Db.DatasetVersions.AsNoTracking().Where(v => v.State != VersionState.Published)
            .Join(call.Db.Datasets.AsNoTracking().Where(d => d.PublisherId == call.Actor.Organisation), v => v.DatasetId, d => d.Id, (v, d) => new { v, d }).AsAsyncEnumerable();
        await foreach (var found in open.WithCancellation(call.Ct))
        {
            if (PublicResource.Of(found.v).FirstOrDefault(r => r.Id == resource) is { } shown) { return (found.d, found.v, shown); }
        }

        return null;
    }

    /// <summary>The dataset and draft that a resource stands in, to be changed; a draft is begun when only the published version has it.</summary>
    internal static async Task<(OpenVersion Open, DatasetResource Resource, bool Began)> OpenWithAsync(CkanCall call, string id)
    {
        if (!Guid.TryParse(id, out var guid)) { throw NoResource(id); }
        var dataset = (await SeenWithAsync(call, guid))?.Dataset.Id ?? await call.Db.PublicResources.Where(r => r.Id == guid).Select(r => (Guid?)r.DatasetId).SingleOrDefaultAsync(call.Ct) ?? throw NoResource(id);
        await FindAsync(call, dataset.ToString());
        var (open, began) = await OpenAsync(call, dataset);
        return (open, open.Version.Resources.FirstOrDefault(r => r.Id == guid) ?? throw NoResource(id), began);
    }

    internal static CkanFault NoResource(string id) => CkanFault.NotFound($"Resource \"{CkanFault.Shortened(id)}\" was not found.");

    /// <summary>The package dict of a version under way: its state is <c>draft</c>, and it is private.</summary>
    internal static async Task<JsonObject> DictAsync(CkanCall call, Guid dataset)
    {
        var found = await SeenAsync(call, dataset.ToString()) ?? throw CkanFault.NotFound();
        return await DictAsync(call, found.Dataset, found.Version);
    }

    /// <summary>The same for a version at hand.</summary>
    internal static async Task<JsonObject> DictAsync(CkanCall call, Dataset dataset, DatasetVersion version)
    {
        var organisation = await call.Db.Organisations.AsNoTracking().SingleAsync(o => o.Id == dataset.PublisherId, call.Ct);
        var dict = CkanPackages.DictOf(call, dataset, version.Description, organisation, PublicResource.Of(version));
        dict["state"] = "draft";
        dict["private"] = true;
        dict["version"] = version.Number.ToString(CultureInfo.InvariantCulture);
        dict["publication_state"] = JsonNamingPolicy.CamelCase.ConvertName(version.State.ToString());
        dict["change_note"] = version.ChangeNote;
        if (version.ReturnedBecause is { } because) { dict["returned_because"] = because; }
        foreach (var resource in dict["resources"]!.AsArray())
        {
            resource!["state"] = "draft";
            resource["datastore_active"] = version.Resources.First(r => r.Id.ToString() == (string?)resource["id"]).Table is not null;
        }

        return dict;
    }

    /// <summary>The dict of a resource of a version under way.</summary>
    internal static JsonObject ResourceOf(CkanCall call, Dataset dataset, DatasetVersion version, Guid resource)
    {
        var shown = PublicResource.Of(version).First(r => r.Id == resource);
        var dict = CkanPackages.ResourceOf(call, shown, version.CreatedAt, call.Now);
        dict["state"] = "draft";
        dict["datastore_active"] = shown.HasTable;
        dict["package_id"] = dataset.Id.ToString();
        return dict;
    }

    /// <summary>Proposes a draft, as the button at the workbench does.</summary>
    internal static async Task ProposeAsync(CkanCall call, Guid dataset)
    {
        var (open, _) = await OpenVersion.FindAsync(call.Db, dataset, call.Actor, call.Ct);
        if (open is null) { return; }
        var proposed = await ProposeVersion.Handle(dataset, new DatasetVersionSeen(open.Version.Revision), call.Actor, call.Db, call.Service<CatalogueLookup>(), call.Service<TimeProvider>(), call.Ct);
        if (proposed.Result is ProblemHttpResult refused) { throw Of(refused); }
    }

    /// <summary>A refusal of the workbench as CKAN's.</summary>
    internal static CkanFault Of(ProblemHttpResult problem)
    {
        var details = problem.ProblemDetails;
        var said = details.Detail is { Length: > 0 } detail ? $"{details.Title}: {CkanFault.Shortened(detail)}" : details.Title ?? "";
        if (details.Extensions.TryGetValue("errors", out var errors) && errors is IReadOnlyDictionary<string, string[]> fields)
        {
            return CkanFault.Invalid(new JsonObject(fields.Select(f => KeyValuePair.Create(FieldOf(f.Key), (JsonNode?)new JsonArray([.. f.Value.Select(v => (JsonNode)JsonValue.Create(v))]))).DistinctBy(f => f.Key)));
        }

        return (string?)details.Extensions["code"] switch
        {
            "open-data.name-taken" => CkanFault.Invalid("name", "That URL is already in use."),
            "open-data.too-many-files" => CkanFault.Invalid("resources", said),
            "open-data.file-too-large" or "open-data.import-format" or "open-data.import-under-way" => CkanFault.Invalid("upload", said),
            _ when details.Status is 403 => CkanFault.Forbidden(said),
            _ when details.Status is 404 => CkanFault.NotFound(said),
            _ => CkanFault.Invalid("state", said),
        };
    }

    private static bool MaySee(CkanCall call) => call.Actor.IsSignedIn && call.Actor.May(Right.ReadWork);

    /// <summary>What CKAN calls a field of the description.</summary>
    private static string FieldOf(string field) => field switch
    {
        "description.title" => "title",
        "description.notes" => "notes",
        "description.licence" => "license_id",
        "description.themes" => "groups",
        "description.keywords" => "tags",
        "description.contactName" => "maintainer",
        "description.contactMail" => "maintainer_email",
        "description.openAttribute" => "open_attribute",
        "description.openCondition" => "open_condition",
        "description.region" => "spatial_region",
        "description.to" => "temporal_end",
        "changeNote" => "change_note",
        "fileName" => "upload",
        _ when field.StartsWith("resources", StringComparison.Ordinal) => "resources",
        _ => field,
    };
}
