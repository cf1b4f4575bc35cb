using System.Text;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Agreements.Model;
using Zhengtong.Catalogue;
using Zhengtong.Catalogue.Model;
using Zhengtong.Cloud.Model;
using Zhengtong.Cloud.Placement;
using Zhengtong.Cloud.Quotas;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;
using Zhengtong.Kernel.Notices;
using Zhengtong.Kernel.Secrets;

namespace Zhengtong.Cloud.Orders;

/// <summary>What follows from granting an order, within the transaction that the caller began: quota held, places taken, resources to be delivered, the provider's seal. All of it, or the refusal and nothing: then the
/// caller MUST NOT commit.</summary>
internal sealed class OrderGrant(ZhengtongDb db, CloudServiceLookup services, OrganisationKeys keys, Vault vault, Placing placing)
{
    /// <summary>The problem of a resource that is held and has no host yet; the delivery looks for one again.</summary>
    internal const string NoHost = "no-host";

    /// <summary>Grants a submitted order.</summary>
    /// <param name="order">The order, tracked.</param>
    /// <param name="actor">Who granted it.</param>
    /// <param name="now">When.</param>
    /// <param name="ct">Stops it.</param>
    /// <returns>Null when it was granted; else why not.</returns>
    internal async Task<ProblemHttpResult?> GrantAsync(CloudOrder order, Actor actor, DateTimeOffset now, CancellationToken ct)
    {
        if (order.State != OrderState.Submitted) { return CloudProblems.OrderNotSubmitted.Because(order.Number); }
        if (order.Until <= now) { return CloudProblems.OrderOver.Because(order.Number); }
        if (await db.BusinessSystems.AsNoTracking().SingleAsync(s => s.Id == order.SystemId, ct) is { RetiredAt: not null } retired) { return CloudProblems.SystemRetired.Because(retired.Name); }
        foreach (var item in order.Items)
        {
            if (await services.FindAsync(item.Service, item.Version, ct) is not { State: ServiceState.Published or ServiceState.Superseded }) { return CloudProblems.ServiceGone.Because(item.ServiceName); }
            if (item.Backup is { } backup && !await db.ResourceBackups.AnyAsync(b => b.Id == backup, ct)) { return CloudProblems.BackupGone.Because(item.Name); }
        }

        // First the order: of two grants at once the other ends here, before anything is held.
        var key = await keys.CurrentAsync(order.ProviderId, Suite.International, KeyUse.Seal, ct);
        order.Grant(new Seal(order.ProviderId, actor.Id, actor.Name, now, key.KeyId, keys.Sign(key, Encoding.UTF8.GetBytes(order.Document!))), actor.Id, now);
        await db.SaveChangesAsync(ct);
        return order.Kind == OrderKind.Change ? await ChangeAsync(order, actor, now, ct) : await DeliverAsync(order, actor, now, ct);
    }

    /// <summary>The node at which an order of a department is held: the project's, else the department's, else the nearest region's above; null when there is none.</summary>
    internal static Task<QuotaNode?> NodeAsync(ZhengtongDb db, CloudOrder order, CancellationToken ct) => NodeAsync(db, order.OrganisationId, order.Region, order.ProjectId, ct);

    /// <summary>The same before there is an order.</summary>
    internal static async Task<QuotaNode?> NodeAsync(ZhengtongDb db, Guid organisation, Kernel.Regions.RegionCode region, Guid? project, CancellationToken ct)
    {
        if (project is { } id) { return await db.QuotaNodes.AsNoTracking().SingleOrDefaultAsync(n => n.Id == id && n.OrganisationId == organisation, ct); }
        var key = QuotaNode.KeyOf(organisation);
        return await db.QuotaNodes.AsNoTracking().SingleOrDefaultAsync(n => n.Key == key, ct) ?? await OpenQuota.ParentAsync(db, region, isDepartment: true, ct);
    }

    private async Task<ProblemHttpResult?> DeliverAsync(CloudOrder order, Actor actor, DateTimeOffset now, CancellationToken ct)
    {
        if (await NodeAsync(db, order, ct) is not { } node) { return CloudProblems.OrderNoQuota.Because(order.Number); }
        // What lacks is said of the whole order, not of the first of its resources that does not fit.
        if (await Holds.LackingAsync(db, node, order.Total, ct) is { Count: > 0 } lacking) { return Shortage.Refuse(lacking); }

        var data = await db.OrderUserData.AsNoTracking().Where(d => d.OrderId == order.Id).ToDictionaryAsync(d => d.Item, d => vault.Open(d.Sealed, OrderUserData.PurposeOf(order.Id, d.Item)), ct);
        var wanted = order.Items.Index().SelectMany(i => Enumerable.Range(1, i.Item.Count).Select(n => (Place: i.Index + 1, i.Item, Number: n, Id: Guid.CreateVersion7(now)))).ToList();
        var held = await Holds.TakeManyAsync(db, [.. wanted.Select(w => new HoldRequest(w.Id, node.Id, w.Item.Amounts))], actor, now, ct);
        if (held.Where(h => !h.IsSo).ToList() is { Count: > 0 } refused)
        {
            // Somebody took the last since it was asked.
            return refused.Exists(h => h.Result != HoldResult.Exceeded) ? refused[0].Problem
                : Shortage.Refuse([.. refused.SelectMany(h => h.Shortages).GroupBy(s => (s.NodeId, s.Kind)).Select(g => g.MaxBy(s => s.Lacking)!)]);
        }

        var spread = order.Items.Index().ToDictionary(i => i.Index + 1, i => i.Item.IsApart ? $"{order.Id:N}-{i.Index + 1}" : null);
        var hosted = wanted.Where(w => IsOnHost(w.Item.Form)).ToList();
        // What is restored stands where its backup was taken: the department's network there is in it.
        var origins = order.Items.Select(i => i.Backup).OfType<Guid>().ToList();
        var pools = origins.Count == 0 ? [] : await db.ResourceBackups.AsNoTracking().Where(b => origins.Contains(b.Id)).Join(db.CloudResources, b => b.ResourceId, r => r.Id, (b, r) => new { b.Id, r.PoolId }).ToDictionaryAsync(b => b.Id, b => b.PoolId, ct);
        var placed = hosted.Count == 0 ? [] : await placing.ClaimManyWithinAsync(db,
            [.. hosted.Select(w => new ClaimRequest(w.Id, node.Id, new PlacementNeed(w.Item.Amounts, order.Zone, order.Protection, null, w.Item.Backup is { } backup ? pools[backup] : null, [], [], spread[w.Place])))], actor, ct);
        var places = hosted.Zip(placed).ToDictionary(p => p.First.Id, p => p.Second);
        var numbers = await DocumentNumbers.NextAsync(db, "ZY", ChinaTime.DateOf(now), wanted.Count, ct);
        var made = wanted.Select((w, n) => new CloudResource
        {
            Id = w.Id, Number = numbers[n], Name = w.Item.Count == 1 ? w.Item.Name : $"{w.Item.Name}-{w.Number}", Form = FormOf(w.Item.Form), OrderId = order.Id, Item = w.Place, OrganisationId = order.OrganisationId,
            Region = order.Region, NodeId = node.Id, SystemId = order.SystemId, ServiceCode = w.Item.Service, PlanCode = w.Item.Plan, Zone = order.Zone, Protection = order.Protection, Amounts = w.Item.Amounts,
            Volumes = [.. (w.Item.Volumes ?? []).Select(v => new KeptVolume(v.Name, v.Size, v.Path))], Image = w.Item.Image, BackupId = w.Item.Backup, UserData = data.TryGetValue(w.Place, out var text) ? vault.Seal(text, CloudResource.PurposeOf(w.Id)) : null, SpreadGroup = spread[w.Place],
            PoolId = places.GetValueOrDefault(w.Id)?.Claim?.PoolId ?? (w.Item.Backup is { } origin ? pools[origin] : null), HostId = places.GetValueOrDefault(w.Id)?.Claim?.HostId, Wish = ResourceWish.Running, NextAt = now, Until = order.Until, CreatedAt = now,
            Problem = places.TryGetValue(w.Id, out var claim) && !claim.IsPlaced ? NoHost : null,
        }).ToList();
        db.CloudResources.AddRange(made);
        var waiting = made.Count(r => r.Problem is not null);
        db.Ledger.Add(LedgerEntry.Of("cloud.order-granted", order.Id, actor, now, after: new
        {
            order.Number, order.Digest, order.ProviderSeal!.KeyId, order.ProviderSeal.Signature, node = node.Id, resources = made.Select(r => r.Number), waiting,
        }));
        db.Notices.Add(Notice.Of(order.OrganisationId, NoticeTone.Good, "cloud.notice.order-granted", $"/work/cloud/orders/{order.Id}", now, order.Number, $"{made.Count}"));
        if (waiting > 0) { db.Notices.Add(Notice.Of(order.ProviderId, NoticeTone.Warning, "cloud.notice.order-waits", $"/work/cloud/orders/{order.Id}", now, order.Number, $"{waiting}")); }
        await db.SaveChangesAsync(ct);
        // What may be a key is kept in one place only.
        await db.OrderUserData.Where(d => d.OrderId == order.Id).ExecuteDeleteAsync(ct);
        return null;
    }

    private async Task<ProblemHttpResult?> ChangeAsync(CloudOrder order, Actor actor, DateTimeOffset now, CancellationToken ct)
    {
        var resource = await db.CloudResources.SingleAsync(r => r.Id == order.ResourceId, ct);
        if (resource.IsGone || resource.Wish == ResourceWish.Removed) { return CloudProblems.ResourceGone.Because(resource.Number); }
        // What is to go is held until its engine no longer has it.
        var volumes = resource.VolumesWith(order.Items[0].Volumes ?? []);
        var amounts = Amounts.Of([.. order.Items[0].Amounts, .. volumes.Where(v => v.IsLeaving).Select(v => new ResourceAmount("disk", v.Size))]);
        var before = new { plan = resource.PlanCode, resource.Amounts, resource.Until, resource.Volumes };
        var isOther = order.Items[0].Plan != resource.PlanCode || !amounts.SequenceEqual(resource.Amounts) || !volumes.SequenceEqual(resource.Volumes);
        var former = isOther ? resource.FormerOf(order.Id) : resource.Former;
        // What is given up is held until its maker has carried the change out: it may refuse, and then all is as it was.
        if (isOther && (await Holds.ResizeAsync(db, resource.Id, CloudResource.HeldOf(amounts, former), actor, now, ct)).Problem is { } refusal) { return refusal; }

        (resource.PlanCode, resource.Amounts, resource.Former, resource.Until, resource.NextAt) = (order.Items[0].Plan, amounts, former, order.Until, now);
        if (!volumes.SequenceEqual(resource.Volumes)) { resource.Volumes = volumes; }
        resource.Touch();
        db.Ledger.Add(LedgerEntry.Of("cloud.order-granted", order.Id, actor, now, before: before, after: new
        {
            order.Number, order.Digest, order.ProviderSeal!.KeyId, order.ProviderSeal.Signature, resource = resource.Number, plan = resource.PlanCode, resource.Amounts, resource.Until, resource.Volumes,
        }));
        db.Notices.Add(Notice.Of(order.OrganisationId, NoticeTone.Good, "cloud.notice.change-granted", $"/work/cloud/orders/{order.Id}", now, order.Number, resource.Name));
        await db.SaveChangesAsync(ct);
        return null;
    }

    /// <summary>True for what stands on a host of a pool.</summary>
    internal static bool IsOnHost(ServiceForm form) => form is ServiceForm.Instance or ServiceForm.Site;

    internal static ResourceForm FormOf(ServiceForm form) => form switch
    {
        ServiceForm.Instance => ResourceForm.Instance,
        ServiceForm.Database => ResourceForm.Database,
        ServiceForm.Site => ResourceForm.Site,
        ServiceForm.Brokered => ResourceForm.Brokered,
        _ => ResourceForm.Attended,
    };
}
