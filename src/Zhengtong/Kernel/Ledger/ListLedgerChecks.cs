using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.Kernel.Ledger;

internal static class ListLedgerChecks
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/ledger/checks", Handle).Requires(Right.ReadLedger).ProducesProblem(403);

    /// <summary>The last 100 checks of the ledger, the newest first.</summary>
    /// <response code="200">The checks.</response>
    internal static async Task<Ok<IReadOnlyList<LedgerCheckResponse>>> Handle(ZhengtongDb db, CancellationToken ct)
    {
        var runs = await db.LedgerChecks.AsNoTracking().OrderByDescending(r => r.StartedAt).Take(100).ToListAsync(ct);
        return TypedResults.Ok<IReadOnlyList<LedgerCheckResponse>>([.. runs.Select(LedgerCheckResponse.Of)]);
    }
}
