using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Model;
using Zhengtong.Cloud.Placement;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Jobs;
using Zhengtong.Kernel.Ledger;

namespace Zhengtong.Cloud.Pools;

/// <summary>What a host is to be.</summary>
/// <param name="Wish">Evacuated, or serving again.</param>
/// <param name="Reason">On what ground, 2 to 500 characters; the ledger keeps it.</param>
/// <param name="Revision">The revision the caller saw, from 1; any other than the current one is a conflict.</param>
public sealed record SetHostWishRequest(HostWish Wish, [Required, StringLength(500, MinimumLength = 2)] string Reason, [Range(1, int.MaxValue)] int Revision);

internal static class SetHostWish
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/cloud/hosts/{id:guid}/wish", Handle).Requires(Right.ManagePools).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409);

    /// <summary>Ask for a host to be emptied 腾空, or to serve again. From this moment nothing new is placed on one that is to be emptied; its engine moves what is there, and what was moved comes back when it is to serve again.</summary>
    /// <response code="204">Written down; ledger event cloud.host-wish-set, later cloud.host-evacuated or cloud.host-restored. Asked for again before that it is tried again at once.</response>
    /// <response code="404">cloud.host-not-found</response>
    /// <response code="409">cloud.changed-meanwhile</response>
    internal static async Task<Results<NoContent, ProblemHttpResult>> Handle(Guid id, SetHostWishRequest request, Actor actor, ZhengtongDb db, Reconcilers reconcilers, TimeProvider clock, CancellationToken ct)
    {
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        // The clock first, as everybody who changes hosts.
        var generation = await HostBook.TickAsync(db, ct);
        if (await db.CloudHosts.SingleOrDefaultAsync(h => h.Id == id, ct) is not { } host) { return CloudProblems.HostNotFound.Because($"{id}"); }
        if (host.Revision != request.Revision) { return CloudProblems.ChangedMeanwhile.Because(host.Name); }
        var (now, before) = (clock.GetUtcNow(), new { host.Wish, host.State });
        (host.Problem, host.Attempts) = (null, 0);
        if (request.Wish == HostWish.Evacuated) { (host.Wish, host.State, host.Intended, host.NextAt) = (HostWish.Evacuated, HostState.Evacuating, null, now); }
        else if (host.Wish == HostWish.Evacuated || host.NextAt is not null) { (host.Wish, host.NextAt) = (HostWish.Serving, now); }
        host.Touch();
        db.Ledger.Add(LedgerEntry.Of("cloud.host-wish-set", id, actor, now, request.Reason, before: before, after: new { pool = host.PoolId, host.Name, host.Wish, host.State }));
        try { await db.SaveChangesAsync(ct); }
        catch (DbUpdateConcurrencyException) { return CloudProblems.ChangedMeanwhile.Because(host.Name); }

        var isOpen = host.State == HostState.Online;
        await db.HostInventories.Where(i => i.HostId == id).ExecuteUpdateAsync(set => set.SetProperty(i => i.IsOpen, isOpen).SetProperty(i => i.Generation, generation).SetProperty(i => i.SetGeneration, generation), ct);
        await transaction.CommitAsync(ct);
        reconcilers.Wake<KeepHosts>();
        return TypedResults.NoContent();
    }
}
