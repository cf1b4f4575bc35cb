using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Net.Http.Headers;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.Exchange.Files;

internal static class DownloadFile
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/received-files/{id:guid}/content", Handle)
        .Requires(Right.OperateExchange).Produces(200, contentType: "application/octet-stream").ProducesProblem(403).ProducesProblem(404).ProducesProblem(409).ProducesProblem(410).DisableRequestTimeout();

    /// <summary>The content of a file that the caller's department was given. Ranges are served (RFC 9110, Range and If-Range by the ETag), so that a cut download goes on;
    /// <c>Repr-Digest</c> names the whole content's SHA-256, and so does <c>Content-Digest</c> of a whole answer (RFC 9530).</summary>
    /// <response code="200">The whole content; the first request has ledger event exchange.file-download-started.</response>
    /// <response code="404">exchange.file-unknown</response>
    /// <response code="409">exchange.not-in-force, exchange.file-on-node</response>
    /// <response code="410">exchange.file-gone</response>
    internal static async Task<Results<FileStreamHttpResult, ProblemHttpResult>> Handle(Guid id, HttpResponse response, Actor actor, FileReceiving receiving, CancellationToken ct)
    {
        var (content, file, problem) = await receiving.OpenAsync(id, actor, ct);
        if (content is null) { return problem!; }
        var digest = $"sha-256=:{Convert.ToBase64String(Convert.FromHexString(file!.Sha256!))}:";
        response.Headers["Repr-Digest"] = digest;
        response.Headers.CacheControl = "private, no-cache";
        response.OnStarting(() =>
        {
            // Of a range only the whole is known without reading it twice.
            if (response.StatusCode == StatusCodes.Status200OK) { response.Headers["Content-Digest"] = digest; }
            return Task.CompletedTask;
        });
        // The provider's word for the type is never believed: a page of a stranger must not open as one of ours.
        return TypedResults.Stream(content, "application/octet-stream", file.Name, file.PublishedAt, new EntityTagHeaderValue($"\"{file.Sha256}\""), enableRangeProcessing: true);
    }
}
