using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Model;
using Zhengtong.Cloud.Placement;
using Zhengtong.Cloud.Quotas;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;

namespace Zhengtong.Cloud.Pools;

/// <summary>What a host has of a kind.</summary>
/// <param name="Kind">Code of a kind that hosts give.</param>
/// <param name="Total">What is physically there, 0 to 1,000,000,000,000.</param>
/// <param name="Reserved">What the host itself needs, at most the total.</param>
public sealed record HostKind([Required, StringLength(ResourceKind.LongestCode, MinimumLength = 1)] string Kind, [Range(0, ResourceAmount.Most)] long Total, [Range(0, ResourceAmount.Most)] long Reserved);

/// <summary>A host of a pool as it is to be.</summary>
/// <param name="Name">As the engine calls it: letters, digits, dots, hyphens and underscores, at most 100. A name that is not there yet adds a host.</param>
/// <param name="State">Whether it takes what is placed.</param>
/// <param name="Group">The group it stands in, such as a rack or a room; at most 100 characters, may be empty.</param>
/// <param name="Traits">What it has, at most 50 lower-case words of 1 to 40 letters, digits and hyphens.</param>
/// <param name="Load">Measured load in thousandths, 0 to 1000.</param>
/// <param name="Inventory">Every kind that it has, 1 to 50.</param>
/// <param name="Revision">The revision of the host as the caller saw it; 0 for a new one.</param>
public sealed record SetHostRequest(
    [Required, RegularExpression("[A-Za-z0-9][A-Za-z0-9._-]{0,99}")] string Name, HostState State, [Required(AllowEmptyStrings = true), StringLength(100)] string Group, [Required, MaxLength(50)] IReadOnlyList<string> Traits,
    [Range(0, 1000)] int Load, [Required, Length(1, 50)] IReadOnlyList<HostKind> Inventory, [Range(0, int.MaxValue)] int Revision);

internal static class SetHost
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/cloud/pools/{id:guid}/hosts", Handle).Requires(Right.ManagePools).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409);

    /// <summary>Add a host 宿主机 to a pool, or change one: its state, what it has, where it stands. What is allocated on it stays; it may not have less than that.</summary>
    /// <response code="204">It is so; ledger event cloud.host-set.</response>
    /// <response code="400">cloud.invalid</response>
    /// <response code="404">cloud.pool-not-found</response>
    /// <response code="409">cloud.inventory-held: more is allocated than it would have, errors say by how much; cloud.changed-meanwhile</response>
    internal static async Task<Results<NoContent, ProblemHttpResult>> Handle(Guid id, SetHostRequest request, Actor actor, ZhengtongDb db, TimeProvider clock, CancellationToken ct)
    {
        var pool = await db.ResourcePools.AsNoTracking().SingleOrDefaultAsync(p => p.Id == id, ct);
        if (pool is null) { return CloudProblems.PoolNotFound.Because($"{id}"); }
        if (await FaultsAsync(db, request, ct) is { Count: > 0 } faults) { return CloudProblems.Invalid.For(faults); }

        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        // The clock is moved first: whoever changes hosts waits here for one another, and the pool's ratios are those that count.
        var generation = await HostBook.TickAsync(db, ct);
        pool = await db.ResourcePools.AsNoTracking().SingleAsync(p => p.Id == id, ct);
        var host = await db.CloudHosts.SingleOrDefaultAsync(h => h.PoolId == id && h.Name == request.Name, ct);
        if ((host?.Revision ?? 0) != request.Revision) { return CloudProblems.ChangedMeanwhile.Because($"{request.Name}: {host?.Revision ?? 0}"); }
        var now = clock.GetUtcNow();
        object? before = host is null ? null : new { host.State, host.Group, host.Traits };
        if (host is null) { db.CloudHosts.Add(host = new CloudHost { Id = Guid.CreateVersion7(now), PoolId = id, Name = request.Name, State = request.State, Traits = [], Group = "" }); }
        else { host.Touch(); }
        // The engine has its say again at its next look.
        (host.State, host.Intended, host.Group, host.Traits, host.Load) = (request.State, null, request.Group, [.. request.Traits.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)], request.Load);
        db.Ledger.Add(LedgerEntry.Of("cloud.host-set", host.Id, actor, now, before: before, after: new { pool = id, host.Name, host.State, host.Group, host.Traits, request.Inventory }));
        try { await db.SaveChangesAsync(ct); }
        catch (DbUpdateConcurrencyException) { return CloudProblems.ChangedMeanwhile.Because(request.Name); }
        catch (DbUpdateException e) when (e.IsUniqueViolation()) { return CloudProblems.ChangedMeanwhile.Because(request.Name); }

        var held = await FillAsync(db, pool, host, request.Inventory, generation, ct);
        if (held.Count > 0) { return CloudProblems.InventoryHeld.For(held); }
        await transaction.CommitAsync(ct);
        return TypedResults.NoContent();
    }

    /// <summary>Brings the rows to what is asked; a kind that is not named any more has nothing. Returns what is allocated beyond it.</summary>
    private static async Task<Dictionary<string, string[]>> FillAsync(ZhengtongDb db, ResourcePool pool, CloudHost host, IReadOnlyList<HostKind> wanted, long generation, CancellationToken ct)
    {
        var (held, isOpen) = (new Dictionary<string, string[]>(), host.State == HostState.Online);
        var there = await db.HostInventories.AsNoTracking().Where(i => i.HostId == host.Id).Select(i => i.Kind).ToListAsync(ct);
        var all = wanted.Concat(there.Except(wanted.Select(w => w.Kind), StringComparer.Ordinal).Select(k => new HostKind(k, 0, 0)));
        foreach (var (kind, total, reserved) in all.OrderBy(w => w.Kind, StringComparer.Ordinal))
        {
            var capacity = pool.CapacityOf(kind, total, reserved);
            if (!there.Contains(kind))
            {
                db.HostInventories.Add(new HostInventory { HostId = host.Id, Kind = kind, Total = total, Reserved = reserved, Capacity = capacity, IsOpen = isOpen, Generation = generation, SetGeneration = generation });
                continue;
            }

            if (await db.HostInventories.Where(i => i.HostId == host.Id && i.Kind == kind && i.Used <= capacity).ExecuteUpdateAsync(set => set
                .SetProperty(i => i.Total, total).SetProperty(i => i.Reserved, reserved).SetProperty(i => i.Capacity, capacity)
                .SetProperty(i => i.IsOpen, isOpen).SetProperty(i => i.Generation, generation).SetProperty(i => i.SetGeneration, generation), ct) > 0) { continue; }
            var used = await db.HostInventories.Where(i => i.HostId == host.Id && i.Kind == kind).Select(i => i.Used).SingleAsync(ct);
            held[$"inventory.{kind}"] = [Text.Of("cloud.pool.held", host.Name, used, capacity, used - capacity)];
        }

        if (held.Count == 0) { await db.SaveChangesAsync(ct); }
        return held;
    }

    private static async Task<Dictionary<string, string[]>> FaultsAsync(ZhengtongDb db, SetHostRequest request, CancellationToken ct)
    {
        var faults = await QuotaRows.FaultsAsync(db, "inventory", [.. request.Inventory.Select(i => i.Kind)], ct);
        var onHost = await db.ResourceKinds.Where(k => k.IsOnHost).Select(k => k.Code).ToListAsync(ct);
        foreach (var (place, row) in request.Inventory.Index())
        {
            if (!onHost.Contains(row.Kind)) { faults.TryAdd($"inventory[{place}].kind", [Text.Of("cloud.kind-not-on-host")]); }
            if (row.Reserved > row.Total) { faults[$"inventory[{place}].reserved"] = [Text.Of("cloud.host.reserved-more")]; }
        }

        foreach (var (place, trait) in request.Traits.Index().Where(t => !IsTrait(t.Item))) { faults[$"traits[{place}]"] = [Text.Of("cloud.host.trait-form")]; }
        return faults;
    }

    /// <summary>True for a lower-case word of at most 40 letters, digits and hyphens.</summary>
    internal static bool IsTrait(string trait) => trait.Length is > 0 and <= 40 && trait.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-');
}
