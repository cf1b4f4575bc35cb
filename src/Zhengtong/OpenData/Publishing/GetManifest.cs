using Microsoft.AspNetCore.Http.HttpResults;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Objects;

namespace Zhengtong.OpenData.Publishing;

internal static class GetManifest
{
    internal static void Map(IEndpointRouteBuilder group)
    {
        group.MapGet("/datasets/{dataset}/versions/{number:int}/manifest", Handle).AllowAnonymous().Produces(200, contentType: "application/json").ProducesProblem(404);
        group.MapGet("/datasets/{dataset}/versions/{number:int}/manifest.sig", HandleSignature).AllowAnonymous().Produces(200, contentType: "application/octet-stream").ProducesProblem(404);
    }

    /// <summary>The manifest of a published version, byte for byte as the platform signed it: canonical JSON that names every file by its SHA-256.</summary>
    /// <remarks>Check it with <c>openssl dgst -sha256 -verify key.pem -signature manifest.sig manifest.json</c>; the key is at <c>/ledger/key.pem</c>.</remarks>
    /// <response code="200">The manifest.</response>
    /// <response code="404">open-data.not-found, open-data.version-not-found</response>
    internal static async Task<Results<FileStreamHttpResult, ProblemHttpResult>> Handle(string dataset, int number, Actor actor, ZhengtongDb db, ObjectStore store, CancellationToken ct)
    {
        if (await PublicDatasets.FindAsync(db, dataset, actor, ct) is not { } found) { return OpenDataProblems.NotFound.Because(dataset); }
        return await PublicDatasets.FindVersionAsync(db, found, number, actor, ct) is { Manifest: { } manifest } && await store.OpenAsync(manifest, ct) is { } bytes
            ? TypedResults.Stream(bytes, "application/json") : OpenDataProblems.VersionNotFound.Because($"{number}");
    }

    /// <summary>The platform's signature over the manifest alone, in DER (RFC 3279): what openssl verifies with.</summary>
    /// <response code="200">The signature.</response>
    /// <response code="404">open-data.not-found, open-data.version-not-found</response>
    internal static async Task<Results<FileContentHttpResult, ProblemHttpResult>> HandleSignature(string dataset, int number, Actor actor, ZhengtongDb db, CancellationToken ct)
    {
        if (await PublicDatasets.FindAsync(db, dataset, actor, ct) is not { } found) { return OpenDataProblems.NotFound.Because(dataset); }
        return await PublicDatasets.FindVersionAsync(db, found, number, actor, ct) is { ManifestSignature: { } signature }
            ? TypedResults.Bytes(Convert.FromBase64String(signature)) : OpenDataProblems.VersionNotFound.Because($"{number}");
    }
}
