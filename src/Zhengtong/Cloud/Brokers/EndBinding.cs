using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Model;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;

namespace Zhengtong.Cloud.Brokers;

internal static class EndBinding
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapDelete("/cloud/resources/{id:guid}/bindings/{binding:guid}", Handle).Requires(Right.Apply).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409);

    /// <summary>Take a binding of the own department away: its credentials end as soon as the broker has heard it.</summary>
    /// <response code="204">To go, or going already; ledger event cloud.binding-ended.</response>
    /// <response code="404">cloud.binding-not-found</response>
    /// <response code="409">cloud.changed-meanwhile</response>
    internal static async Task<Results<NoContent, ProblemHttpResult>> Handle(Guid id, Guid binding, Actor actor, ZhengtongDb db, TimeProvider clock, CancellationToken ct)
    {
        var resource = await db.CloudResources.SingleOrDefaultAsync(r => r.Id == id && r.OrganisationId == actor.Organisation, ct);
        var found = resource is null ? null : await db.BrokeredThings.SingleOrDefaultAsync(b => b.Id == binding && b.ResourceId == id && b.InstanceOf == null && b.Phase != BrokeredPhase.Gone, ct);
        if (found is null) { return CloudProblems.BindingNotFound.Because($"{binding}"); }
        if (found.IsEnding) { return TypedResults.NoContent(); }

        var now = clock.GetUtcNow();
        found.IsEnding = true;
        found.Touch();
        resource!.NextAt = now;
        resource.Touch();
        db.Ledger.Add(LedgerEntry.Of("cloud.binding-ended", id, actor, now, after: new { binding }));
        try { await db.SaveChangesAsync(ct); }
        catch (DbUpdateConcurrencyException) { return CloudProblems.ChangedMeanwhile.Because(resource.Name); }
        return TypedResults.NoContent();
    }
}
