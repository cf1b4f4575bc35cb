using System.ComponentModel.DataAnnotations;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Agreements.Model;
using Zhengtong.Catalogue;
using Zhengtong.Cloud.Model;
using Zhengtong.Cloud.Orders;
using Zhengtong.Cloud.Placement;
using Zhengtong.Cloud.Quotas;
using Zhengtong.Cloud.Reclaim;
using Zhengtong.Cloud.Sites;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;
using Zhengtong.Kernel.Objects;
using Zhengtong.Kernel.Secrets;

namespace Zhengtong.Cloud.Backups;

/// <summary>A new resource from a backup.</summary>
/// <param name="Name">What the department calls it: 2 to 50 letters, digits, hyphens, underscores and spaces.</param>
/// <param name="Reason">Why, 2 to 500 characters; the ledger keeps it, and an order takes it as its ground.</param>
public sealed record RestoreBackupRequest(
    [Required, StringLength(50, MinimumLength = 2), RegularExpression(@"[\p{L}\p{Nd}][\p{L}\p{Nd}_ -]*")] string Name, [Required, StringLength(500, MinimumLength = 2)] string Reason);

/// <summary>What came of it: one of the two.</summary>
/// <param name="ResourceId">The new resource, on its way; null when it is to be ordered.</param>
/// <param name="OrderId">The draft of an order of it; null when none is needed.</param>
public sealed record BackupRestored(Guid? ResourceId, Guid? OrderId);

internal static class RestoreBackup
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/cloud/resources/{id:guid}/backups/{backup:guid}/restorations", Handle)
        .Requires(Right.Apply).ProducesProblem(400).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409);

    /// <summary>Make a new resource of the own department from a backup, as large as what it was taken from, with the data volumes that are in the backup. In place of one that is lost, failed or given back, within what was granted to it, no new order is needed: quota and place are
    /// held at once. Beside one that stands, or after one that was reclaimed or whose period is over, an order is drafted, to be submitted and decided as any other.</summary>
    /// <response code="201">On its way, ledger event cloud.backup-restored; or drafted, ledger event cloud.order-drafted.</response>
    /// <response code="400">cloud.order-invalid: it can no longer be ordered so.</response>
    /// <response code="404">cloud.backup-not-found</response>
    /// <response code="409">cloud.quota-exceeded: errors say which level lacks what; cloud.order-no-quota, cloud.system-retired, cloud.changed-meanwhile</response>
    internal static async Task<Results<Created<BackupRestored>, ProblemHttpResult>> Handle(
        Guid id, Guid backup, RestoreBackupRequest request, Actor actor, ZhengtongDb db, CloudServiceLookup services, Placing placing, Vault vault, TimeProvider clock, CancellationToken ct)
    {
        if (await BackupAccess.FindAsync(db, id, backup, actor, ct) is not var (found, taken)) { return CloudProblems.BackupNotFound.Because($"{backup}"); }
        if (await db.BusinessSystems.AsNoTracking().SingleAsync(s => s.Id == taken.SystemId, ct) is { RetiredAt: not null } retired) { return CloudProblems.SystemRetired.Because(retired.Name); }

        var now = clock.GetUtcNow();
        var root = taken.RootId is { } first ? await db.CloudResources.SingleAsync(r => r.Id == first, ct) : taken;
        if (await NeedsOrderAsync(db, taken, now, ct)) { return await DraftAsync(found, taken, request, actor, db, services, now, ct); }
        CloudResource made;
        try
        {
            await using var transaction = await db.Database.BeginTransactionAsync(ct);
            var (refusal, restored) = await GrantAsync(db, placing, vault, found, taken, root, request, actor, now, ct);
            if (refusal is not null)
            {
                db.ChangeTracker.Clear();
                return refusal;
            }

            made = restored!;
            await transaction.CommitAsync(ct);
        }
        catch (Exception e) when (DatabaseErrors.IsLostRace(e))
        {
            db.ChangeTracker.Clear();
            return CloudProblems.ChangedMeanwhile.Because(taken.Number);
        }

        return TypedResults.Created($"/api/v1/cloud/resources/{made.Id}", new BackupRestored(made.Id, null));
    }

    /// <summary>True unless what was granted and reviewed already covers it: of one grant at most one stands at a time, within its period, and not after it was taken back.</summary>
    internal static async Task<bool> NeedsOrderAsync(ZhengtongDb db, CloudResource taken, DateTimeOffset now, CancellationToken ct)
    {
        var root = taken.RootId ?? taken.Id;
        return taken.Until <= now
            || await db.CloudResources.AnyAsync(r => (r.Id == root || r.RootId == root) && r.Wish != ResourceWish.Removed && r.State != CloudResourceState.Lost && r.State != CloudResourceState.Failed, ct)
            || await db.Reclaims.AnyAsync(c => (c.State == ReclaimState.Removing || c.State == ReclaimState.Reclaimed) && db.CloudResources.Any(r => r.Id == c.ResourceId && (r.Id == root || r.RootId == root)), ct);
    }

    private static async Task<(ProblemHttpResult? Refusal, CloudResource? Made)> GrantAsync(
        ZhengtongDb db, Placing placing, Vault vault, ResourceBackup backup, CloudResource taken, CloudResource root, RestoreBackupRequest request, Actor actor, DateTimeOffset now, CancellationToken ct)
    {
        // Of two who restore under one grant at once the other ends here, before anything is held.
        root.Touch();
        await db.SaveChangesAsync(ct);
        if (await db.QuotaNodes.AsNoTracking().SingleOrDefaultAsync(n => n.Id == taken.NodeId, ct) is not { } node) { return (CloudProblems.OrderNoQuota.Because(taken.Number), null); }
        var amounts = AmountsOf(taken.OwnAmounts, backup);
        if (await Holds.LackingAsync(db, node, amounts, ct) is { Count: > 0 } lacking) { return (Shortage.Refuse(lacking), null); }
        var id = Guid.CreateVersion7(now);
        if ((await Holds.TakeAsync(db, new HoldRequest(id, node.Id, amounts), actor, now, ct)).Problem is { } exceeded) { return (exceeded, null); }

        var isHosted = taken.Form is ResourceForm.Instance or ResourceForm.Site;
        var place = isHosted ? await placing.ClaimWithinAsync(db, new ClaimRequest(id, node.Id, new PlacementNeed(amounts, taken.Zone, taken.Protection, null, taken.PoolId, [], [], taken.SpreadGroup)), actor, ct) : null;
        var made = new CloudResource
        {
            Id = id, Number = await DocumentNumbers.NextAsync(db, "ZY", ChinaTime.DateOf(now), ct), Name = request.Name, Form = taken.Form, OrderId = taken.OrderId, Item = taken.Item, OrganisationId = taken.OrganisationId,
            Region = taken.Region, NodeId = node.Id, SystemId = taken.SystemId, ServiceCode = taken.ServiceCode, PlanCode = taken.PlanCode, Zone = taken.Zone, Protection = taken.Protection, Amounts = amounts, Volumes = [.. backup.Volumes.Select(v => v.Again)],
            Image = taken.Image, UserData = Again(vault, taken, id), SpreadGroup = taken.SpreadGroup, BackupId = backup.Id, RootId = root.Id, PoolId = taken.PoolId, HostId = place?.Claim?.HostId,
            Wish = ResourceWish.Running, NextAt = now, Until = taken.Until, CreatedAt = now, Problem = place is { IsPlaced: false } ? OrderGrant.NoHost : null,
        };
        db.CloudResources.Add(made);
        await KeepSiteAsync(db, taken, made, now, ct);
        db.Ledger.Add(LedgerEntry.Of("cloud.backup-restored", made.Id, actor, now, request.Reason, after: new
        {
            made.Number, backup = backup.Id, backup.At, of = taken.Number, of_state = taken.State, node = node.Id, made.Amounts, made.Volumes, made.Until,
        }));
        await db.SaveChangesAsync(ct);
        return (null, made);
    }

    /// <summary>What one that is made from a backup has: its own, and what the data volumes take.</summary>
    internal static IReadOnlyList<ResourceAmount> AmountsOf(IReadOnlyList<ResourceAmount> own, ResourceBackup backup) =>
        backup.Volumes.Count == 0 ? own : Amounts.Of([.. own, .. backup.Volumes.Select(v => new ResourceAmount("disk", v.Size))]);

    /// <summary>An item of an order that is to be made from a backup, with its volumes counted in.</summary>
    internal static async Task<OrderItem> ItemOfAsync(ZhengtongDb db, OrderItem item, ResourceBackup backup, CloudServiceLookup services, DateTimeOffset now, CancellationToken ct)
    {
        if (backup.Volumes.Count == 0) { return item with { Backup = backup.Id }; }
        var amounts = AmountsOf(item.Amounts, backup);
        var plan = (await services.FindAsync(item.Service, item.Version, ct))?.PlanOf(item.Plan);
        var prices = await CloudPriceLookup.AtAsync(db, [item.Service], now, ct);
        return item with
        {
            Backup = backup.Id, Amounts = amounts, Volumes = [.. backup.Volumes.Select(v => new DataVolume(v.Name, v.Size, v.Path))],
            Monthly = plan is null ? item.Monthly : OrderPrices.Monthly(plan.Meters, amounts, prices.Of(item.Service, item.Plan)),
        };
    }

    /// <summary>User data as they were, for when it is made anew; none when their key is lost.</summary>
    private static byte[]? Again(Vault vault, CloudResource taken, Guid id)
    {
        try { return taken.UserData is { } data ? vault.Seal(vault.Open(data, CloudResource.PurposeOf(taken.Id)), CloudResource.PurposeOf(id)) : null; }
        catch (CryptographicException) { return null; }
    }

    /// <summary>A site goes on with its files and its server; its address is its own.</summary>
    private static async Task KeepSiteAsync(ZhengtongDb db, CloudResource taken, CloudResource made, DateTimeOffset now, CancellationToken ct)
    {
        if (taken.Form != ResourceForm.Site || await db.CloudSites.AsNoTracking().SingleOrDefaultAsync(s => s.ResourceId == taken.Id, ct) is not { } site) { return; }
        var again = CloudSite.Of(made);
        (again.Server, again.Port, again.Files, again.FileCount, again.FileBytes, again.UploadedAt) = (site.Server, site.Port, site.Files, site.FileCount, site.FileBytes, site.UploadedAt);
        db.CloudSites.Add(again);
        if (site.Files is { } files) { db.ObjectReferences.Add(new ObjectReference { Digest = files, Owner = CloudSite.OwnerOf(made.Id), Since = now }); }
    }

    /// <summary>An order of one as large, for the same system, from the backup.</summary>
    private static async Task<Results<Created<BackupRestored>, ProblemHttpResult>> DraftAsync(
        ResourceBackup backup, CloudResource taken, RestoreBackupRequest request, Actor actor, ZhengtongDb db, CloudServiceLookup services, DateTimeOffset now, CancellationToken ct)
    {
        var project = await db.QuotaNodes.AsNoTracking().Where(n => n.Id == taken.NodeId && n.Level == QuotaLevel.Project).Select(n => (Guid?)n.Id).SingleOrDefaultAsync(ct);
        var until = ChinaTime.DateOf((taken.Until > now ? taken.Until : now.AddYears(1)).AddTicks(-1));
        var text = new CloudOrderText(taken.SystemId, taken.Zone, project, [new CloudOrderItem(request.Name, taken.ServiceCode, taken.PlanCode, taken.OwnAmounts, taken.Image, 1, false, null)], until, request.Reason);
        var (written, faults) = await DraftCloudOrder.WriteAsync(text, actor, db, services, now, ct);
        if (written is null) { return CloudProblems.OrderInvalid.For(faults); }
        var order = new CloudOrder
        {
            Id = Guid.CreateVersion7(now), Number = await DocumentNumbers.NextAsync(db, "YY", ChinaTime.DateOf(now), ct), Kind = OrderKind.New, OrganisationId = actor.Organisation, Region = actor.Region,
            ProviderId = written.Provider, ProjectId = project, SystemId = taken.SystemId, Zone = taken.Zone, Protection = written.Protection, Items = [await ItemOfAsync(db, written.Items[0], backup, services, now, ct)],
            Until = ChinaTime.StartOf(until.AddDays(1)), Ground = request.Reason, CreatedBy = actor.Id, CreatedAt = now,
        };
        db.CloudOrders.Add(order);
        db.Ledger.Add(LedgerEntry.Of("cloud.order-drafted", order.Id, actor, now, order.Ground, after: DraftCloudOrder.Told(order)));
        await db.SaveChangesAsync(ct);
        return TypedResults.Created($"/api/v1/cloud/orders/{order.Id}", new BackupRestored(null, order.Id));
    }
}
