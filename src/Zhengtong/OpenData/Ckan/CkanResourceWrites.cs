using System.Text.Json.Nodes;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Jobs;
using Zhengtong.Kernel.Objects;
using Zhengtong.OpenData.Import;
using Zhengtong.OpenData.Publishing;

namespace Zhengtong.OpenData.Ckan;

/// <summary>Files of drafts changed through the interface. A file that may hold a table is read as one in the background, as a CKAN's loader does.</summary>
internal static class CkanResourceWrites
{
    internal static async Task<object?> CreateAsync(CkanCall call)
    {
        var p = call.Parameters;
        var package = p.Required("package_id");
        Shapes(p);
        if (call.Upload is null) { p.Wrong("upload", Text.Of("open-data.ckan.files-only")); }
        if (package.Length == 0) { p.Check(); }
        var dataset = await CkanDrafts.FindAsync(call, package);
        p.Check();
        await CkanDrafts.OpenAsync(call, dataset.Id);
        return await TakeAsync(call, dataset.Id, null, p.Text("name"), p.Text("description"));
    }

    /// <summary>Name and description become what is sent; the file stays unless another comes.</summary>
    internal static Task<object?> UpdateAsync(CkanCall call) => ChangeAsync(call, keeps: false);

    internal static Task<object?> PatchAsync(CkanCall call) => ChangeAsync(call, keeps: true);

    internal static async Task<object?> DeleteAsync(CkanCall call)
    {
        var id = call.Parameters.Required("id");
        call.Parameters.Check();
        var (open, resource, _) = await CkanDrafts.OpenWithAsync(call, id);
        return await RemoveResource.RemoveAsync(open, resource.Id, call.Actor, call.Db, call.Service<TimeProvider>(), call.Ct) is { } problem ? throw CkanDrafts.Of(problem) : null;
    }

    private static async Task<object?> ChangeAsync(CkanCall call, bool keeps)
    {
        var p = call.Parameters;
        var id = p.Required("id");
        Shapes(p);
        p.Check();
        var (open, resource, _) = await CkanDrafts.OpenWithAsync(call, id);
        var (name, description) = (p.Text("name") ?? (keeps ? resource.Name : resource.FileName), p.Has("description") ? p.Text("description") ?? "" : keeps ? resource.Description : "");
        if (call.Upload is not null) { return await TakeAsync(call, open.Dataset.Id, resource.Id, name, description); }
        await DescribeAsync(call, open, resource.Id, name, description);
        return CkanDrafts.ResourceOf(call, open.Dataset, open.Version, resource.Id);
    }

    /// <summary>Puts the file that came into the draft, and lets it wait for its table.</summary>
    private static async Task<JsonObject> TakeAsync(CkanCall call, Guid dataset, Guid? replaces, string? name, string? description)
    {
        var upload = call.Upload!;
        var store = call.Service<ObjectStore>();
        await using var content = await store.OpenAsync(upload.Content.Digest, call.Ct) ?? throw CkanFault.Invalid("upload", "Missing value");
        var (added, problem) = await call.Service<DraftFiles>().AddAsync(dataset, new NewDatasetFile(upload.FileName, name, replaces), content, call.Actor, call.Ct);
        if (added is null) { throw CkanDrafts.Of(problem!); }
        var (open, refused) = await OpenVersion.FindAsync(call.Db, dataset, call.Actor, call.Ct);
        if (open is null) { throw CkanDrafts.Of(refused!); }
        if (description is not null && description != added.Description) { await DescribeAsync(call, open, added.Id, added.Name, description); }
        var format = FileImport.Reads(added.Format) ? added.Format : ImportAccess.FormatOf(added.FileName);
        if (format is not null)
        {
            var (job, underWay) = await ImportAccess.OrderAsync(call.Db, open.Version, added.Id, added.Name, added.FileName, format, upload.Content, ImportChoices.None, call.Actor, call.Now, call.Ct);
            if (job is null) { throw CkanDrafts.Of(underWay!); }
            call.Service<Reconcilers>().Wake<ImportFiles>();
        }

        return CkanDrafts.ResourceOf(call, open.Dataset, open.Version, added.Id);
    }

    private static Task DescribeAsync(CkanCall call, OpenVersion open, Guid resource, string name, string description) => CkanPackageWrites.ReviseAsync(
        call, open, DatasetDescriptionBody.Of(open.Version.Description), open.Version.ChangeNote,
        [.. open.Version.Resources.Select(r => r.Id == resource ? new ReviseDraftResource(r.Id, name, description) : new ReviseDraftResource(r.Id, r.Name, r.Description))]);

    private static void Shapes(CkanParameters p)
    {
        if (p.Text("name")?.Length > 200) { p.Wrong("name", "Length is more than maximum 200"); }
        if (p.Text("description")?.Length > 2000) { p.Wrong("description", "Length is more than maximum 2000"); }
    }
}
