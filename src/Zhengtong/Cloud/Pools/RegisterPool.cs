using System.ComponentModel.DataAnnotations;
using System.Text;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Engines;
using Zhengtong.Cloud.Model;
using Zhengtong.Cloud.Quotas;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;
using Zhengtong.Kernel.Regions;
using Zhengtong.Kernel.Secrets;

namespace Zhengtong.Cloud.Pools;

/// <summary>How a pool counts a kind.</summary>
/// <param name="Kind">Code of a kind that hosts give.</param>
/// <param name="Overcommit">超配比 in thousandths, 100 to 100,000; 1000 is one to one.</param>
/// <param name="Reserved">Thousandths of each host that are kept back for hosts that fail, 0 to 900.</param>
public sealed record PoolKind([Required, StringLength(ResourceKind.LongestCode, MinimumLength = 1)] string Kind, [Range(100, 100_000)] int Overcommit, [Range(0, 900)] int Reserved);

/// <summary>A new resource pool.</summary>
/// <param name="Name">2 to 100 characters, unique.</param>
/// <param name="Zone">The network that it stands in.</param>
/// <param name="Region">Code of its region.</param>
/// <param name="Engine">Name of the engine's driver: <c>lxd</c>.</param>
/// <param name="Address">Where the engine is, as its driver reads it; of LXD <c>unix:/path/unix.socket</c> or <c>https://host:8443</c>, either with <c>?storage-pool=name</c> at its end where that is not <c>default</c>. 1 to 500 characters.</param>
/// <param name="Secret">Keys for the engine, at most 20,000 characters; kept sealed and never shown. Of LXD over https: a certificate and its private key in PEM, and a line <c>fingerprint:</c> with the SHA-256 of the server's certificate. Null where none are needed.</param>
/// <param name="Protection">等保 level that it has been assessed for, 1 to 5.</param>
/// <param name="Strategy">Which hosts are taken first.</param>
/// <param name="Kinds">How it counts kinds, at most 50; those that are not named count one to one.</param>
public sealed record RegisterPoolRequest(
    [Required, StringLength(100, MinimumLength = 2)] string Name, NetworkZone Zone, [Required, RegionCode] string Region, [Required, RegularExpression("[a-z][a-z0-9-]{0,39}")] string Engine,
    [Required, StringLength(500, MinimumLength = 1)] string Address, [StringLength(20_000)] string? Secret, [Range(1, 5)] int Protection, PlacementStrategy Strategy, [Required, MaxLength(50)] IReadOnlyList<PoolKind> Kinds);

/// <summary>The pool that was registered.</summary>
/// <param name="Id">Its id.</param>
public sealed record PoolRegistered(Guid Id);

internal static class RegisterPool
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/cloud/pools", Handle).Requires(Right.ManagePools).ProducesProblem(403).ProducesProblem(409).Idempotent();

    /// <summary>Register a resource pool 资源池.</summary>
    /// <response code="201">Registered; ledger event cloud.pool-registered, without the secret.</response>
    /// <response code="400">cloud.invalid; cloud.engine-unknown: `detail` names those there are</response>
    /// <response code="409">cloud.pool-taken</response>
    internal static async Task<Results<Created<PoolRegistered>, ProblemHttpResult>> Handle(RegisterPoolRequest request, Actor actor, ZhengtongDb db, Vault vault, PoolEngines engines, TimeProvider clock, CancellationToken ct)
    {
        if (engines.DriverOf(request.Engine) is not { } driver) { return CloudProblems.EngineUnknown.Because(string.Join(", ", engines.Names)); }
        var region = RegionCode.Parse(request.Region);
        var faults = await FaultsAsync(db, request.Kinds, ct);
        foreach (var (field, fault) in driver.Faults(request.Address, request.Secret is "" ? null : request.Secret)) { faults[field] = [fault]; }
        if (!await db.Regions.AnyAsync(r => r.Code == region, ct)) { faults["region"] = [Text.Of("cloud.pool.region-unknown")]; }
        if (faults.Count > 0) { return CloudProblems.Invalid.For(faults); }
        if (await db.ResourcePools.AnyAsync(p => p.Name == request.Name, ct)) { return CloudProblems.PoolTaken.Because(request.Name); }

        var now = clock.GetUtcNow();
        var id = Guid.CreateVersion7(now);
        var pool = new ResourcePool
        {
            Id = id, Name = request.Name, Zone = request.Zone, Region = region, Engine = request.Engine, Address = request.Address, Protection = request.Protection, Strategy = request.Strategy,
            Ratios = RatiosOf(request.Kinds), CreatedAt = now, Secret = SealOf(vault, id, request.Secret),
        };
        db.ResourcePools.Add(pool);
        db.Ledger.Add(LedgerEntry.Of("cloud.pool-registered", id, actor, now, after: Told(pool)));
        try { await db.SaveChangesAsync(ct); }
        catch (DbUpdateException e) when (e.IsUniqueViolation()) { return CloudProblems.PoolTaken.Because(request.Name); }
        return TypedResults.Created($"/api/v1/cloud/pools/{id}", new PoolRegistered(id));
    }

    internal static IReadOnlyList<PoolRatio> RatiosOf(IReadOnlyList<PoolKind> kinds) => [.. kinds.Select(k => new PoolRatio(k.Kind, k.Overcommit, k.Reserved)).OrderBy(k => k.Kind, StringComparer.Ordinal)];

    internal static byte[]? SealOf(Vault vault, Guid pool, string? secret) => string.IsNullOrEmpty(secret) ? null : vault.Seal(Encoding.UTF8.GetBytes(secret), ResourcePool.PurposeOf(pool));

    /// <summary>What the ledger keeps of a pool; of the secret only whether there is one.</summary>
    internal static object Told(ResourcePool p) => new { p.Name, p.Zone, region = p.Region.ToString(), p.Engine, p.Address, p.Protection, p.Strategy, p.Ratios, p.IsOpen, hasSecret = p.Secret is not null };

    /// <summary>Kinds that are unknown, named twice, or not given by hosts.</summary>
    internal static async Task<Dictionary<string, string[]>> FaultsAsync(ZhengtongDb db, IReadOnlyList<PoolKind> kinds, CancellationToken ct)
    {
        var faults = await QuotaRows.FaultsAsync(db, "kinds", [.. kinds.Select(k => k.Kind)], ct);
        var onHost = await db.ResourceKinds.Where(k => k.IsOnHost).Select(k => k.Code).ToListAsync(ct);
        foreach (var (place, kind) in kinds.Index().Where(k => !onHost.Contains(k.Item.Kind))) { faults.TryAdd($"kinds[{place}].kind", [Text.Of("cloud.kind-not-on-host")]); }
        return faults;
    }
}
