using System.Text;
using Microsoft.AspNetCore.Http.HttpResults;
using Zhengtong.Kernel.Objects;

namespace Zhengtong.OpenData.Descriptions;

/// <summary>What the platform signed when a version was published, byte for byte, and the signature over it.</summary>
internal static class ReadManifest
{
    internal static void Map(IEndpointRouteBuilder app)
    {
        app.MapPublicGet("/dataset/{dataset}/version/{version:guid}/manifest.json", HandleAsync);
        app.MapPublicGet("/dataset/{dataset}/version/{version:guid}/manifest.sig", HandleSignatureAsync);
    }

    private static async Task<Results<PublicAnswer, ProblemHttpResult>> HandleAsync(string dataset, Guid version, ZhengtongDb db, ObjectStore store, CancellationToken ct)
    {
        // It names the files of a version: what is closed names none.
        if (await DescribedDatasets.FindAsync(db, dataset, version, ct) is not { IsClosed: false, Version.Manifest: { } manifest } found) { return OpenDataProblems.NotFound.Because(dataset); }
        return new PublicAnswer("application/json; charset=utf-8", $"manifest {manifest}", found.PublishedAt, async (body, stop) =>
        {
            await using var content = await store.OpenAsync(manifest, stop) ?? throw new IOException($"Object {manifest} is published and not in the store");
            await content.CopyToAsync(body, stop);
        });
    }

    private static async Task<Results<PublicAnswer, ProblemHttpResult>> HandleSignatureAsync(string dataset, Guid version, ZhengtongDb db, CancellationToken ct)
    {
        if (await DescribedDatasets.FindAsync(db, dataset, version, ct) is not { IsClosed: false, Version.ManifestSignature: { } signature } found) { return OpenDataProblems.NotFound.Because(dataset); }
        return new PublicAnswer("text/plain; charset=utf-8", $"signature {signature}", found.PublishedAt, async (body, stop) => await body.WriteAsync(Encoding.ASCII.GetBytes(signature), stop));
    }
}
