using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;

namespace Zhengtong.Exchange.Gateway;

/// <summary>Whether a service takes calls.</summary>
/// <param name="Enabled">True takes calls, false refuses them.</param>
/// <param name="Reason">Why, at most 500 characters; the ledger keeps it.</param>
public sealed record SwitchApiServiceRequest(bool Enabled, [StringLength(500)] string? Reason);

internal static class SwitchApiService
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPut("/resources/{id:guid}/service/state", Handle)
        .Requires(Right.OperateExchange).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409);

    /// <summary>Enable or disable a service of the caller's department; a disabled one refuses every call, within about a second.</summary>
    /// <response code="204">It is as asked; ledger event exchange.service-enabled or exchange.service-disabled when it was not before.</response>
    /// <response code="404">exchange.service-unknown</response>
    /// <response code="409">kernel.changed-meanwhile</response>
    internal static async Task<Results<NoContent, ProblemHttpResult>> Handle(
        Guid id, SwitchApiServiceRequest request, Actor actor, ZhengtongDb db, TimeProvider clock, CancellationToken ct)
    {
        var service = await db.ApiServices.SingleOrDefaultAsync(s => s.ResourceId == id && s.OrganisationId == actor.Organisation, ct);
        if (service is null) { return ExchangeProblems.ServiceUnknown.Because($"{id}"); }
        if (service.IsEnabled == request.Enabled) { return TypedResults.NoContent(); }

        service.IsEnabled = request.Enabled;
        service.Revision++;
        db.Ledger.Add(LedgerEntry.Of(request.Enabled ? "exchange.service-enabled" : "exchange.service-disabled", service.Id, actor, clock.GetUtcNow(), request.Reason, after: new { resource = id }));
        try { await db.SaveChangesAsync(ct); }
        catch (DbUpdateConcurrencyException) { return KernelProblems.ChangedMeanwhile.Because(service.ServiceCode); }
        return TypedResults.NoContent();
    }
}
