using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;

namespace Zhengtong.Exchange.Gateway;

internal static class RemoveInformationSystem
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapDelete("/information-systems/{code}", Handle)
        .Requires(Right.OperateExchange).ProducesProblem(403).ProducesProblem(404);

    /// <summary>Remove an information system of the caller's department; within about a second it can call no more.</summary>
    /// <response code="204">Removed; ledger event exchange.information-system-removed.</response>
    /// <response code="404">exchange.system-unknown</response>
    internal static async Task<Results<NoContent, ProblemHttpResult>> Handle(string code, Actor actor, ZhengtongDb db, TimeProvider clock, CancellationToken ct)
    {
        var system = await db.InformationSystems.SingleOrDefaultAsync(s => s.OrganisationId == actor.Organisation && s.SubsystemCode == code, ct);
        if (system is null) { return ExchangeProblems.SystemUnknown.Because(code); }

        db.InformationSystems.Remove(system);
        db.Ledger.Add(LedgerEntry.Of("exchange.information-system-removed", system.Id, actor, clock.GetUtcNow(), before: new { code, system.Name, system.ClientId, system.Certificates, system.Addresses }));
        try { await db.SaveChangesAsync(ct); }
        // Of two that remove it one finds nothing any more.
        catch (DbUpdateConcurrencyException) { return ExchangeProblems.SystemUnknown.Because(code); }
        return TypedResults.NoContent();
    }
}
