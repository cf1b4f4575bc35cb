using System.IO.Compression;
using System.Text;
using Microsoft.AspNetCore.Http.HttpResults;
using Zhengtong.Kernel.Objects;
using Zhengtong.OpenData.Keys;
using Zhengtong.OpenData.Model;

namespace Zhengtong.OpenData.Descriptions;

/// <summary>All files of a version in one ZIP archive with their descriptor, written as it is sent: in constant memory, without a file on our disk.</summary>
internal static class DownloadPackage
{
    private static readonly HashSet<string> Packed = ["XLSX", "DOCX", "ODS", "ODT", "PARQUET", "ZIP", "GZIP", "GZ", "7Z", "RAR", "PDF", "PNG", "JPG", "JPEG", "GIF", "GPKG"];

    internal static void Map(IEndpointRouteBuilder app)
    {
        app.MapPublicGet("/dataset/{dataset}/datapackage.zip", (string dataset, HttpContext http, ZhengtongDb db, ObjectStore store, CancellationToken ct) => HandleAsync(dataset, null, http, db, store, ct), KeyScope.Downloads);
        app.MapPublicGet("/dataset/{dataset}/version/{version:guid}/datapackage.zip", (string dataset, Guid version, HttpContext http, ZhengtongDb db, ObjectStore store, CancellationToken ct) =>
            HandleAsync(dataset, version, http, db, store, ct), KeyScope.Downloads);
    }

    private static async Task<Results<PublicAnswer, ProblemHttpResult>> HandleAsync(string dataset, Guid? version, HttpContext http, ZhengtongDb db, ObjectStore store, CancellationToken ct)
    {
        if (await DescribedDatasets.FindGrantedAsync(db, http, dataset, version, ct) is not { GivesData: true, Resources.Count: > 0 } found) { return OpenDataProblems.NotFound.Because(dataset); }
        var at = PortalAddress.Of(http);
        // A large archive over a slow line takes as long as it takes.
        http.Features.Get<Microsoft.AspNetCore.Http.Timeouts.IHttpRequestTimeoutFeature>()?.DisableTimeout();
        return new PublicAnswer("application/zip", $"archive {found.Tag}", found.Dataset.ModifiedAt, async (body, stop) =>
        {
            await using var gathering = new GatheringStream(body);
            await using (var zip = await ZipArchive.CreateAsync(gathering, ZipArchiveMode.Create, leaveOpen: true, Encoding.UTF8, stop))
            {
                await AddAsync(zip, DataPackage.FileName, found.PublishedAt, CompressionLevel.Optimal, into => JsonDocuments.WriteAsync(into, json => DataPackage.WriteAsync(json, found, at, true, stop), stop), stop);
                foreach (var (resource, path, _) in DataPackage.Files(found.Resources))
                {
                    await using var content = await store.OpenAsync(resource.Content, stop) ?? throw new IOException($"Object {resource.Content} is published and not in the store");
                    await AddAsync(zip, path, found.PublishedAt, LevelOf(resource), into => content.CopyToAsync(into, stop), stop);
                }
            }

            await gathering.FlushAsync(stop);
        })
        { FileName = $"{found.Dataset.Name}-{PublicText.Number(found.Version.Number)}.zip" };
    }

    private static CompressionLevel LevelOf(DatasetResource resource) => Packed.Contains(resource.Format) ? CompressionLevel.NoCompression : CompressionLevel.Fastest;

    private static async Task AddAsync(ZipArchive zip, string name, DateTimeOffset at, CompressionLevel level, Func<Stream, Task> write, CancellationToken ct)
    {
        var entry = zip.CreateEntry(name, level);
        entry.LastWriteTime = at;
        await using var into = await entry.OpenAsync(ct);
        await write(into);
    }
}
