using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.Kernel.Ledger;

/// <summary>Which part of the ledger to check.</summary>
/// <param name="From">First index, from 0; default 0. Rounded down to a tile of 256.</param>
/// <param name="To">First index not to check; null for the end.</param>
public sealed record RunLedgerCheckRequest([Range(0, long.MaxValue)] long From = 0, [Range(1, long.MaxValue)] long? To = null);

/// <summary>A check of the ledger.</summary>
/// <param name="Id">Its id.</param>
/// <param name="StartedAt">When it began.</param>
/// <param name="FinishedAt">When it ended.</param>
/// <param name="From">First index checked.</param>
/// <param name="To">First index not checked.</param>
/// <param name="Size">Size of the checkpoint it was held against.</param>
/// <param name="FindingCount">How much was found; 0 when all is whole.</param>
/// <param name="Findings">What was found, at most 200.</param>
public sealed record LedgerCheckResponse(
    Guid Id, DateTimeOffset StartedAt, DateTimeOffset FinishedAt, long From, long To, long Size, int FindingCount, IReadOnlyList<LedgerFinding> Findings)
{
    internal static LedgerCheckResponse Of(LedgerCheckRun run) =>
        new(run.Id, run.StartedAt, run.FinishedAt, run.From, run.To, run.Size, run.FindingCount, run.ReadFindings());
}

internal static class RunLedgerCheck
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/ledger/checks", Handle).Requires(Right.ReadLedger).ProducesProblem(403);

    /// <summary>Check the ledger now: rows against tiles, tiles against root, root against signature and checkpoint file.</summary>
    /// <response code="201">What was found; ledger event kernel.ledger-checked.</response>
    internal static async Task<Created<LedgerCheckResponse>> Handle(
        RunLedgerCheckRequest request, LedgerCheck check, Actor actor, ZhengtongDb db, TimeProvider clock, CancellationToken ct)
    {
        var run = await check.RunAsync(request.From, request.To, ct);
        db.Ledger.Add(LedgerEntry.Of("kernel.ledger-checked", run.Id, actor, clock.GetUtcNow(), after: new { run.From, run.To, run.Size, run.FindingCount }));
        await db.SaveChangesAsync(ct);
        return TypedResults.Created($"/api/v1/ledger/checks/{run.Id}", LedgerCheckResponse.Of(run));
    }
}
