using Microsoft.AspNetCore.Http.HttpResults;
using Zhengtong.Exchange.Files;

namespace Zhengtong.Exchange.Nodes;

internal static class FetchNodeFileSegment
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/received-files/{id:guid}/segments/{index:int}", Handle).DisableRequestTimeout().ProducesProblem(404).ProducesProblem(409).ProducesProblem(410);

    /// <summary>An encrypted segment of a file that waits for the node.</summary>
    /// <response code="200">The bytes; the first time with ledger event exchange.file-download-started.</response>
    /// <response code="404">exchange.file-unknown</response>
    /// <response code="409">exchange.not-in-force, exchange.ciphertext-lost</response>
    /// <response code="410">exchange.file-gone</response>
    internal static async Task<Results<FileContentHttpResult, ProblemHttpResult>> Handle(
        Guid id, int index, NodeCaller caller, NodeFiles files, FileReceiving receiving, FileContent content, CancellationToken ct)
    {
        if (await files.FindReceivedAsync(caller, id, ct) is not var (recipient, file) || index < 0 || index >= FileContent.SegmentsOf(file.Length!.Value)) { return ExchangeProblems.FileUnknown.Because($"{id}"); }
        if (await receiving.StartAsync(recipient, file, caller.Actor, ct) is { } problem) { return problem; }
        return await content.FetchAsync(file.Id, index, ct) is { } segment ? TypedResults.Bytes(segment, "application/octet-stream") : ExchangeProblems.CiphertextLost.Because($"{index}");
    }
}
