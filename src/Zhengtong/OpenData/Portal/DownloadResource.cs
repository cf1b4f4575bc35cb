using Microsoft.AspNetCore.Http.HttpResults;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Objects;
using Zhengtong.OpenData.Keys;
using Zhengtong.OpenData.Reuse;

namespace Zhengtong.OpenData.Portal;

/// <summary>A file as it was published, byte for byte. GET /dataset/{name}/resource/{id}/download/{file}; the last part of the address is for people and not compared.</summary>
internal static class DownloadResource
{
    internal static void Map(IEndpointRouteBuilder app) => app.MapMethods("/dataset/{name}/resource/{id:guid}/download/{file?}", ["GET", "HEAD"], Handle)
        .AllowAnonymous().ExcludeFromDescription().RequireRateLimiting(RateLimits.Downloads).DisableRequestTimeout().WithPublicLimits("download", KeyScope.Downloads);

    internal static async Task<Results<FileDownload, ProblemHttpResult>> Handle(string name, Guid id, string? file, Guid? version, ZhengtongDb db, Readers readers, ObjectStore objects, TimeProvider clock, CancellationToken ct)
    {
        if (await PublicDataset.FindAsync(db, readers, name, version, ct) is not { GivesData: true } found || found.Find(id) is not { } resource) { return OpenDataProblems.NotFound.Because(file); }
        return FileDownload.Of(objects, resource.Content, resource.Bytes, resource.MediaType, resource.FileName, found.Version.PublishedAt ?? found.Dataset.ModifiedAt,
            () => Downloads.CountAsync(db, found.Dataset.Id, clock.GetUtcNow(), ct));
    }
}
