using System.ComponentModel.DataAnnotations;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Engines;
using Zhengtong.Cloud.Model;
using Zhengtong.Cloud.Placement;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;
using Zhengtong.Kernel.Secrets;

namespace Zhengtong.Cloud.Pools;

/// <summary>What may change of a pool; network and region may not.</summary>
/// <param name="Name">2 to 100 characters, unique.</param>
/// <param name="Engine">Name of the engine's driver.</param>
/// <param name="Address">Where the engine is, 1 to 500 characters.</param>
/// <param name="Secret">Another secret; null keeps the one there is, empty removes it.</param>
/// <param name="Protection">等保 level, 1 to 5.</param>
/// <param name="Strategy">Which hosts are taken first.</param>
/// <param name="Kinds">How it counts kinds, at most 50; those that are not named count one to one.</param>
/// <param name="IsOpen">False: nothing new is placed in it.</param>
/// <param name="Reason">Why, 2 to 500 characters; the ledger keeps it.</param>
public sealed record RevisePoolRequest(
    [Required, StringLength(100, MinimumLength = 2)] string Name, [Required, RegularExpression("[a-z][a-z0-9-]{0,39}")] string Engine, [Required, StringLength(500, MinimumLength = 1)] string Address,
    [StringLength(20_000)] string? Secret, [Range(1, 5)] int Protection, PlacementStrategy Strategy, [Required, MaxLength(50)] IReadOnlyList<PoolKind> Kinds, bool IsOpen,
    [Required, StringLength(500, MinimumLength = 2)] string Reason);

internal static class RevisePool
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPut("/cloud/pools/{id:guid}", Handle)
        .Requires(Right.ManagePools).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409).ProducesProblem(412).ProducesProblem(428);

    /// <summary>Change a pool; name the revision seen in If-Match. What its hosts may give is computed anew; it may not be less than what is allocated.</summary>
    /// <response code="204">Changed; ledger event cloud.pool-revised.</response>
    /// <response code="400">cloud.invalid; cloud.engine-unknown: `detail` names those there are</response>
    /// <response code="404">cloud.pool-not-found</response>
    /// <response code="409">cloud.inventory-held: more is allocated than hosts could give, errors say by how much; cloud.pool-taken, cloud.changed-meanwhile</response>
    /// <response code="412">kernel.changed-meanwhile</response>
    /// <response code="428">kernel.precondition-needed</response>
    internal static async Task<Results<NoContent, ProblemHttpResult>> Handle(
        Guid id, RevisePoolRequest request, HttpContext http, Actor actor, ZhengtongDb db, Vault vault, PoolEngines engines, TimeProvider clock, CancellationToken ct)
    {
        var pool = await db.ResourcePools.SingleOrDefaultAsync(p => p.Id == id, ct);
        if (pool is null) { return CloudProblems.PoolNotFound.Because($"{id}"); }
        if (http.PreconditionFails(pool.Revision) is { } failed) { return failed; }
        if (engines.DriverOf(request.Engine) is not { } driver) { return CloudProblems.EngineUnknown.Because(string.Join(", ", engines.Names)); }
        var faults = await RegisterPool.FaultsAsync(db, request.Kinds, ct);
        foreach (var (field, fault) in driver.Faults(request.Address, request.Secret is null ? Kept(engines, pool) : request.Secret is "" ? null : request.Secret)) { faults[field] = [fault]; }
        if (faults.Count > 0) { return CloudProblems.Invalid.For(faults); }

        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        var generation = await HostBook.TickAsync(db, ct);
        var before = RegisterPool.Told(pool);
        (pool.Name, pool.Engine, pool.Address, pool.Protection, pool.Strategy, pool.Ratios, pool.IsOpen) =
            (request.Name, request.Engine, request.Address, request.Protection, request.Strategy, RegisterPool.RatiosOf(request.Kinds), request.IsOpen);
        if (request.Secret is { } secret) { pool.Secret = RegisterPool.SealOf(vault, id, secret); }
        pool.Touch();
        db.Ledger.Add(LedgerEntry.Of("cloud.pool-revised", id, actor, clock.GetUtcNow(), request.Reason, before, RegisterPool.Told(pool)));
        try { await db.SaveChangesAsync(ct); }
        catch (DbUpdateConcurrencyException) { return CloudProblems.ChangedMeanwhile.Because(pool.Name); }
        catch (DbUpdateException e) when (e.IsUniqueViolation()) { return CloudProblems.PoolTaken.Because(request.Name); }

        if (await FillAsync(db, pool, generation, ct) is { Count: > 0 } held) { return CloudProblems.InventoryHeld.For(held); }
        await transaction.CommitAsync(ct);
        return TypedResults.NoContent();
    }

    /// <summary>Computes anew what the hosts may give; returns what is allocated beyond it, of at most 20 hosts.</summary>
    private static async Task<Dictionary<string, string[]>> FillAsync(ZhengtongDb db, ResourcePool pool, long generation, CancellationToken ct)
    {
        var rows = db.HostInventories.Where(i => db.CloudHosts.Any(h => h.Id == i.HostId && h.PoolId == pool.Id));
        // Hosts are bought by the dozen: those alike are written by one statement. Even where the capacity stays, for who looks for what changed finds the pool's new settings by it.
        foreach (var model in await rows.Select(i => new { i.Kind, i.Total, i.Reserved }).Distinct().ToListAsync(ct))
        {
            var capacity = pool.CapacityOf(model.Kind, model.Total, model.Reserved);
            await rows.Where(i => i.Kind == model.Kind && i.Total == model.Total && i.Reserved == model.Reserved && i.Used <= capacity)
                .ExecuteUpdateAsync(set => set.SetProperty(i => i.Capacity, capacity).SetProperty(i => i.Generation, generation).SetProperty(i => i.SetGeneration, generation), ct);
        }

        var held = await rows.Where(i => i.SetGeneration != generation).Join(db.CloudHosts, i => i.HostId, h => h.Id, (i, h) => new { h.Name, i.Kind, i.Total, i.Reserved, i.Used }).OrderBy(i => i.Name).ThenBy(i => i.Kind).Take(20).ToListAsync(ct);
        return held.ToDictionary(i => $"kinds.{i.Kind}.{i.Name}", i => Held(i.Name, i.Used, pool.CapacityOf(i.Kind, i.Total, i.Reserved)), StringComparer.Ordinal);

        static string[] Held(string host, long used, long capacity) => [Text.Of("cloud.pool.held", host, used, capacity, used - capacity)];
    }

    /// <summary>The secret there is; one that cannot be opened any more is as good as none, and must be given anew.</summary>
    private static string? Kept(PoolEngines engines, ResourcePool pool)
    {
        try { return engines.SecretOf(pool); }
        catch (CryptographicException) { return null; }
    }
}
