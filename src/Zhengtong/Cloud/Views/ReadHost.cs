using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Model;
using Zhengtong.Cloud.Pools;
using Zhengtong.Cloud.Resources;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.Cloud.Views;

/// <summary>What stands on a host.</summary>
/// <param name="Id">The resource.</param>
/// <param name="Number">Its number.</param>
/// <param name="Name">What its department calls it.</param>
/// <param name="Organisation">The department's name.</param>
/// <param name="State">What it is.</param>
/// <param name="Amounts">What it has.</param>
public sealed record HostGuest(Guid Id, string Number, string Name, string Organisation, CloudResourceState State, IReadOnlyList<ResourceAmount> Amounts);

/// <summary>A host with what stands on it.</summary>
/// <param name="Id">Its id.</param>
/// <param name="PoolId">Its pool.</param>
/// <param name="Pool">The pool's name.</param>
/// <param name="Name">As its engine calls it.</param>
/// <param name="State">Whether it takes what is new.</param>
/// <param name="Wish">What the operator wants of it.</param>
/// <param name="IsUnderWay">True until it is so.</param>
/// <param name="Problem">Code of why it is not yet so (docs/engines.md, or <c>no-room</c>, <c>left</c>, <c>no-host</c>, <c>no-engine</c>); null when nothing hinders it.</param>
/// <param name="Sentence">The same in words.</param>
/// <param name="Inventory">By kind.</param>
/// <param name="Guests">What stands on it, at most 500, by number.</param>
/// <param name="Total">How many do.</param>
/// <param name="Revision">To be sent with a change.</param>
public sealed record HostDetail(
    Guid Id, Guid PoolId, string Pool, string Name, HostState State, HostWish Wish, bool IsUnderWay, string? Problem, string? Sentence, IReadOnlyList<HostCount> Inventory, IReadOnlyList<HostGuest> Guests, int Total, int Revision);

internal static class ReadHost
{
    private const int MostGuests = 500;

    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/cloud/hosts/{id:guid}", Handle).Requires(Right.SeePools).ProducesProblem(403).ProducesProblem(404);

    /// <summary>Read a host: what is wanted of it, how far that is, and what stands on it.</summary>
    /// <response code="200">The host.</response>
    /// <response code="404">cloud.host-not-found</response>
    internal static async Task<Results<Ok<HostDetail>, ProblemHttpResult>> Handle(Guid id, ZhengtongDb db, CancellationToken ct)
    {
        if (await db.CloudHosts.AsNoTracking().SingleOrDefaultAsync(h => h.Id == id, ct) is not { } host) { return CloudProblems.HostNotFound.Because($"{id}"); }
        var pool = await db.ResourcePools.Where(p => p.Id == host.PoolId).Select(p => p.Name).SingleAsync(ct);
        var inventory = await db.HostInventories.AsNoTracking().Where(i => i.HostId == id).OrderBy(i => i.Kind).Select(i => new HostCount(i.Kind, i.Total, i.Reserved, i.Capacity, i.Used)).ToListAsync(ct);
        var there = db.CloudResources.AsNoTracking().Where(r => r.HostId == id && r.State != CloudResourceState.Removed);
        var guests = await there.OrderBy(r => r.Number).Take(MostGuests)
            .Select(r => new HostGuest(r.Id, r.Number, r.Name, db.Organisations.Where(o => o.Id == r.OrganisationId).Select(o => o.Name).First(), r.State, r.Amounts)).ToListAsync(ct);
        var total = guests.Count < MostGuests ? guests.Count : await there.CountAsync(ct);
        return TypedResults.Ok(new HostDetail(host.Id, host.PoolId, pool, host.Name, host.State, host.Wish, host.NextAt is not null, host.Problem, SentenceOf(host.Problem), inventory, guests, total, host.Revision));
    }

    private static string? SentenceOf(string? problem) => problem is null ? null : Text.Find($"cloud.host.problem.{problem}") ?? ResourceRows.SentenceOf(problem) ?? Text.Of("cloud.host.problem.other", problem);
}
