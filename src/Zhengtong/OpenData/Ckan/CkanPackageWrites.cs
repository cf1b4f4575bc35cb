using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Catalogue;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Organisations;
using Zhengtong.OpenData.Model;
using Zhengtong.OpenData.Publishing;

namespace Zhengtong.OpenData.Ckan;

/// <summary>Datasets changed through the interface: always their draft, by the workbench's own use cases. Nothing that is done here is public before it is examined and approved.</summary>
internal static class CkanPackageWrites
{
    internal static readonly string[] Parameters = ["name", "title", "notes", "owner_org", "license_id", "tags", "tag_string", "groups", "extras", "maintainer", "maintainer_email", "resources", "state", "change_note"];

    /// <summary>A new dataset with an empty draft; its files follow by resource_create.</summary>
    internal static async Task<object?> CreateAsync(CkanCall call)
    {
        var p = call.Parameters;
        var name = p.Required("name");
        NameShape(p, name);
        if (p.Has("id")) { p.Wrong("id", "The input field id was not expected."); }
        var publisher = await PublisherAsync(call);
        var body = CkanDescription.Read(p, null, keeps: false, publisher);
        NoFiles(p, []);
        if (name.Length > 0 && await call.Db.Datasets.AnyAsync(d => d.Name == name, call.Ct)) { p.Wrong("name", "That URL is already in use."); }
        p.Check();
        var created = await CreateDataset.Handle(new CreateDatasetRequest(name, null, body), call.Actor, call.Db, call.Service<CatalogueLookup>(), call.Service<TimeProvider>(), call.Ct);
        return created.Result is ProblemHttpResult problem ? throw CkanDrafts.Of(problem) : await CkanDrafts.DictAsync(call, ((Created<CreateDatasetResponse>)created.Result).Value!.Id);
    }

    /// <summary>The draft becomes what is sent: what is not sent is removed, resources too.</summary>
    internal static Task<object?> UpdateAsync(CkanCall call) => ChangeAsync(call, keeps: false);

    /// <summary>Of the draft only what is sent changes.</summary>
    internal static Task<object?> PatchAsync(CkanCall call) => ChangeAsync(call, keeps: true);

    /// <summary>A dataset that never was public goes, with its draft. What is public is taken back by the leader at the workbench.</summary>
    internal static async Task<object?> DeleteAsync(CkanCall call)
    {
        var id = call.Parameters.Required("id");
        call.Parameters.Check();
        var dataset = await CkanDrafts.FindAsync(call, id);
        if (dataset.State != DatasetState.Draft) { throw CkanSite.Elsewhere(call, "withdraw-elsewhere"); }
        if (await DiscardDraft.DiscardAsync(call.Db, dataset, call.Actor, call.Now, call.Ct) is { } problem) { throw CkanDrafts.Of(problem); }
        return null;
    }

    /// <summary>The resources named come first, in this order; the others keep theirs behind them.</summary>
    internal static async Task<object?> ReorderAsync(CkanCall call)
    {
        var p = call.Parameters;
        var (id, order) = (p.Required("id"), p.List("order") ?? []);
        if (order.Count == 0) { p.Wrong("order", "Missing value"); }
        p.Check();
        var dataset = await CkanDrafts.FindAsync(call, id);
        var (open, _) = await CkanDrafts.OpenAsync(call, dataset.Id);
        var present = open.Version.Resources.ToDictionary(r => r.Id.ToString());
        foreach (var unknown in order.Where(o => !present.ContainsKey(o))) { p.Wrong("order", $"resource_id in order not found: {CkanFault.Shortened(unknown)}"); }
        if (order.Distinct().Count() < order.Count) { p.Wrong("order", "Must supply each resource_id once"); }
        p.Check();
        var ordered = order.Select(o => present[o]).Concat(open.Version.Resources.Where(r => !order.Contains(r.Id.ToString()))).ToList();
        await ReviseAsync(call, open, DatasetDescriptionBody.Of(open.Version.Description), open.Version.ChangeNote, [.. ordered.Select(r => new ReviseDraftResource(r.Id, r.Name, r.Description))]);
        return new JsonObject { ["id"] = dataset.Id.ToString(), ["order"] = new JsonArray([.. ordered.Select(r => (JsonNode)JsonValue.Create(r.Id.ToString()))]) };
    }

    /// <summary>Rewrites a draft at hand.</summary>
    internal static async Task ReviseAsync(CkanCall call, OpenVersion open, DatasetDescriptionBody body, string changeNote, IReadOnlyList<ReviseDraftResource>? resources)
    {
        var refused = await ReviseDraft.ReviseAsync(new ReviseDraftRequest(body, changeNote, resources), open.Dataset, open.Version, call.Actor, call.Db, call.Service<CatalogueLookup>(), call.Service<TimeProvider>(), call.Ct);
        if (refused is not null) { throw CkanDrafts.Of(refused); }
    }

    private static async Task<object?> ChangeAsync(CkanCall call, bool keeps)
    {
        var p = call.Parameters;
        var id = p.Text("id") ?? p.Text("name") ?? p.Required("id");
        var note = p.Text("change_note") ?? p.Text("log_message");
        if (note?.Length > 1000) { p.Wrong("change_note", "Length is more than maximum 1000"); }
        if (id.Length == 0) { p.Check(); }
        var dataset = await CkanDrafts.FindAsync(call, id);
        if (p.Text("name") is { } name && name != dataset.Name)
        {
            NameShape(p, name);
            // An address that was cited stays; before that the name is free to change only at creation.
            p.Wrong("name", Text.Of("open-data.ckan.name-stays"));
        }

        var publisher = await PublisherAsync(call);
        var seen = await CkanDrafts.SeenAsync(call, dataset.Id.ToString());
        var before = seen?.Version.Description ?? dataset.Description;
        var body = CkanDescription.Read(p, before, keeps, publisher);
        // Wrong input is refused before a draft is begun for it.
        var published = seen is null ? await call.Db.DatasetVersions.AsNoTracking().SingleOrDefaultAsync(v => v.Id == dataset.CurrentVersionId, call.Ct) : null;
        var present = seen?.Version.Resources ?? published?.Resources ?? [];
        var wanted = NoFiles(p, present);
        p.Check();
        var (open, began) = await CkanDrafts.OpenAsync(call, dataset.Id);
        if (wanted is null && !keeps) { wanted = []; }
        if (wanted is not null)
        {
            foreach (var gone in open.Version.Resources.Select(r => r.Id).Except(wanted.Select(w => w.Id)).ToList())
            {
                if (await RemoveResource.RemoveAsync(open, gone, call.Actor, call.Db, call.Service<TimeProvider>(), call.Ct) is { } problem) { throw CkanDrafts.Of(problem); }
            }
        }

        await ReviseAsync(call, open, body, note ?? open.Version.ChangeNote, wanted);
        // Draft to active is what a CKAN calls publishing: here it proposes. Who sends back "active" as it was read from the published version has proposed nothing.
        if (p.Text("state") == "active" && !began) { await CkanDrafts.ProposeAsync(call, dataset.Id); }
        return await CkanDrafts.DictAsync(call, dataset.Id);
    }

    /// <summary>The resources as they are wanted, all of them files of the draft; null when none were sent. Files come by resource_create.</summary>
    private static List<ReviseDraftResource>? NoFiles(CkanParameters p, IReadOnlyList<DatasetResource> present)
    {
        if (CkanDescription.Objects(p, "resources") is not { } resources) { return null; }
        var wanted = new List<ReviseDraftResource>();
        var faults = new JsonArray();
        foreach (var resource in resources)
        {
            var fault = new JsonObject();
            var known = Guid.TryParse(CkanParameters.TextOf(resource["id"]), out var id) ? present.FirstOrDefault(r => r.Id == id) : null;
            var (name, description) = (CkanParameters.TextOf(resource["name"]) is { Length: > 0 } said ? said : known?.Name ?? "", CkanParameters.TextOf(resource["description"]) ?? "");
            if (known is null) { fault["upload"] = new JsonArray(Text.Of("open-data.ckan.files-only")); }
            else if (wanted.Any(w => w.Id == known.Id)) { fault["id"] = new JsonArray("Duplicate id"); }
            if (name.Length > 200) { fault["name"] = new JsonArray("Length is more than maximum 200"); }
            if (description.Length > 2000) { fault["description"] = new JsonArray("Length is more than maximum 2000"); }
            faults.Add(fault);
            if (known is not null) { wanted.Add(new ReviseDraftResource(known.Id, name, description)); }
        }

        if (faults.Any(f => f!.AsObject().Count > 0)) { p.Wrong("resources", faults); }
        return wanted;
    }

    private static void NameShape(CkanParameters p, string name)
    {
        if (name.Length == 0) { return; }
        if (name.Length < 2) { p.Wrong("name", "Must be at least 2 characters long"); }
        else if (name.Length > 100) { p.Wrong("name", "Name must be a maximum of 100 characters long"); }
        else if (name is "new" or "edit" or "search") { p.Wrong("name", "That name cannot be used"); }
        else if (!DescriptionRules.IsName(name)) { p.Wrong("name", "Must be purely lowercase alphanumeric (ascii) characters and these symbols: -_"); }
    }

    /// <summary>The caller's department, which is the only one it may publish for.</summary>
    private static async Task<Organisation> PublisherAsync(CkanCall call)
    {
        var own = await call.Db.Organisations.AsNoTracking().SingleAsync(o => o.Id == call.Actor.Organisation, call.Ct);
        if (call.Parameters.Text("owner_org") is not { } named || named == own.Id.ToString() || named == CkanOrganisations.NameOf(own)) { return own; }
        var known = Guid.TryParse(named, out var id) ? await call.Db.Organisations.AnyAsync(o => o.Id == id, call.Ct)
            : CkanOrganisations.TryCode(named, out var code) && await call.Db.Organisations.AnyAsync(o => o.CreditCode == code, call.Ct);
        if (known) { throw CkanFault.Forbidden($"User {call.Actor.Name} not authorized to add dataset to this organization"); }
        call.Parameters.Wrong("owner_org", "Organization does not exist");
        return own;
    }
}
