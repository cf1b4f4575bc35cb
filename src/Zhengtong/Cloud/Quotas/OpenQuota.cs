using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Model;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;
using Zhengtong.Kernel.Organisations;
using Zhengtong.Kernel.Regions;

namespace Zhengtong.Cloud.Quotas;

/// <summary>A region or a department that is to have a quota.</summary>
/// <param name="Region">Code of a province, city or county in reach; null for a department.</param>
/// <param name="OrganisationId">A department in reach; null for a region. Exactly one of the two is given.</param>
/// <param name="Limits">What it may hold, 1 to 50 kinds. Nothing of a kind that is not named.</param>
/// <param name="Reason">The decision behind it, 2 to 500 characters; the ledger keeps it.</param>
public sealed record OpenQuotaRequest(
    [RegionCode] string? Region, Guid? OrganisationId, [Required, Length(1, 50)] IReadOnlyList<QuotaLimit> Limits, [Required, StringLength(500, MinimumLength = 2)] string Reason);

/// <summary>The node that was made.</summary>
/// <param name="Id">Its id.</param>
public sealed record QuotaOpened(Guid Id);

internal static class OpenQuota
{
    private const string Lock = "cloud.quota-tree";

    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/cloud/quotas", Handle).Requires(Right.ManageQuotas).ProducesProblem(403).ProducesProblem(409).Idempotent();

    /// <summary>Give a region or a department a place in the tree of quotas 配额: below the nearest region above it that has one. The authority of the level above decides.</summary>
    /// <response code="201">Made; ledger event cloud.quota-opened.</response>
    /// <response code="400">cloud.invalid</response>
    /// <response code="403">kernel.out-of-reach</response>
    /// <response code="409">cloud.quota-taken, cloud.quota-above: a region below it has a place already, which would not come below this one.</response>
    internal static async Task<Results<Created<QuotaOpened>, ProblemHttpResult>> Handle(OpenQuotaRequest request, Actor actor, ZhengtongDb db, TimeProvider clock, CancellationToken ct)
    {
        var faults = await QuotaRows.FaultsAsync(db, "limits", [.. request.Limits.Select(l => l.Kind)], ct);
        if (request.Region is null == request.OrganisationId is null) { faults["region"] = [Text.Of("cloud.quota.one-of-two")]; }
        var organisation = request.OrganisationId is { } id ? await db.Organisations.AsNoTracking().SingleOrDefaultAsync(o => o.Id == id, ct) : null;
        if (request.OrganisationId is not null && (organisation is null || organisation.Kind == OrganisationKind.Operator)) { faults["organisationId"] = [Text.Of("cloud.quota.organisation-unknown")]; }
        RegionCode region = organisation?.Region ?? (RegionCode.TryParse(request.Region, null, out var code) ? code : default);
        if (request.Region is not null && (region.Level > RegionLevel.County || !await db.Regions.AnyAsync(r => r.Code == region, ct))) { faults["region"] = [Text.Of("cloud.quota.region-unknown")]; }
        if (faults.Count > 0) { return CloudProblems.Invalid.For(faults); }

        // One place in the tree at a time: where it hangs is asked here and written below. SQLite's transaction is exclusive by itself; a call under an Idempotency-Key has one already.
        await using var own = db.Database.CurrentTransaction is null ? await db.Database.BeginTransactionAsync(ct) : null;
        if (db.Database.IsNpgsql()) { await db.Database.ExecuteSqlAsync($"SELECT pg_advisory_xact_lock(hashtextextended({Lock}, 0))", ct); }
        var parent = await ParentAsync(db, region, isDepartment: organisation is not null, ct);
        if (!QuotaRows.IsGrantedBy(actor, parent, region)) { return KernelProblems.OutOfReach.Because(organisation?.Name ?? region.ToString()); }
        if (organisation is not null && parent is null) { return CloudProblems.QuotaAbove.Because(Text.Of("cloud.quota.no-region")); }
        if (organisation is null && await HasBelowAsync(db, region, ct)) { return CloudProblems.QuotaAbove.Because(region.ToString()); }
        var now = clock.GetUtcNow();
        var node = organisation is null
            ? QuotaNode.Below(parent, (QuotaLevel)(int)region.Level, QuotaNode.KeyOf(region), region, null, null, now)
            : QuotaNode.Below(parent, QuotaLevel.Department, QuotaNode.KeyOf(organisation.Id), region, organisation.Id, null, now);
        if (await db.QuotaNodes.AnyAsync(n => n.Key == node.Key, ct)) { return CloudProblems.QuotaTaken.Because(organisation?.Name ?? region.ToString()); }

        db.QuotaNodes.Add(node);
        db.QuotaCounters.AddRange(request.Limits.Select(l => new QuotaCounter { NodeId = node.Id, Kind = l.Kind, Limit = l.Limit }));
        db.Ledger.Add(LedgerEntry.Of("cloud.quota-opened", node.Id, actor, now, request.Reason, after: new { node.Key, node.ParentId, request.Limits }));
        await db.SaveChangesAsync(ct);
        if (own is not null) { await own.CommitAsync(ct); }
        return TypedResults.Created($"/api/v1/cloud/quotas/{node.Id}", new QuotaOpened(node.Id));
    }

    /// <summary>The nearest region that has a node: of a department the own one is near enough.</summary>
    internal static async Task<QuotaNode?> ParentAsync(ZhengtongDb db, RegionCode region, bool isDepartment, CancellationToken ct)
    {
        var keys = RegionNames.PathOf(region).Where(r => isDepartment || r != region).Select(QuotaNode.KeyOf).ToList();
        return await db.QuotaNodes.AsNoTracking().Where(n => keys.Contains(n.Key)).OrderByDescending(n => n.Depth).FirstOrDefaultAsync(ct);
    }

    private static Task<bool> HasBelowAsync(ZhengtongDb db, RegionCode region, CancellationToken ct)
    {
        var below = region.Prefix + "%";
        // A department of the region itself that came first hangs higher up as well.
        return db.QuotaNodes.AnyAsync(n => EF.Functions.Like((string)(object)n.Region, below) && n.Key != QuotaNode.KeyOf(region), ct);
    }
}
