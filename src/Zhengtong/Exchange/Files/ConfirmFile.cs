using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.Exchange.Files;

/// <summary>What the consumer says arrived.</summary>
/// <param name="Digest">Digest of the whole file as the consumer computed it: 64 hex digits, SHA-256 or SM3 by the agreement's suite.</param>
public sealed record ConfirmFileRequest([Required, StringLength(64, MinimumLength = 64), RegularExpression("[0-9a-fA-F]*", ErrorMessage = "exchange.file.digest-form")] string Digest);

internal static class ConfirmFile
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/received-files/{id:guid}/confirmation", Handle)
        .Requires(Right.OperateExchange).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409).ProducesProblem(410).ProducesProblem(422);

    /// <summary>Confirm a file with the digest of what arrived. The department's seal signs the receipt. To be repeated without harm.</summary>
    /// <response code="204">Confirmed; ledger event exchange.file-confirmed.</response>
    /// <response code="404">exchange.file-unknown</response>
    /// <response code="409">kernel.changed-meanwhile, exchange.file-on-node</response>
    /// <response code="410">exchange.file-gone</response>
    /// <response code="422">exchange.file-digest-wrong; ledger event exchange.file-confirmation-refused</response>
    internal static async Task<Results<NoContent, ProblemHttpResult>> Handle(Guid id, ConfirmFileRequest request, Actor actor, FileReceiving receiving, CancellationToken ct) =>
        await receiving.ConfirmAsync(id, request.Digest.ToLowerInvariant(), actor, ct) is { } problem ? problem : TypedResults.NoContent();
}
