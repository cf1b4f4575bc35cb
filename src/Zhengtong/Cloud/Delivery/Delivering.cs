using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Backups;
using Zhengtong.Cloud.Model;
using Zhengtong.Cloud.Placement;
using Zhengtong.Cloud.Quotas;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;
using Zhengtong.Kernel.Notices;

namespace Zhengtong.Cloud.Delivery;

/// <summary>Drives one resource to what it is to be, a step at a time. Each step is: read the resource, write down that it begins, ask its maker, write down what was seen, with what follows
/// from that (hold, spans, ledger, notice) in one transaction. Killed between any two lines, the next attempt reads the same row and goes on.</summary>
internal sealed partial class Delivering(IServiceScopeFactory scopes, Placing placing, TimeProvider clock, ILogger<Delivering> logger)
{
    /// <summary>So many steps follow each other before others have their turn.</summary>
    private const int MostSteps = 20;

    /// <summary>A pause up to this is waited out between two steps; for a longer one the resource comes again when it is due.</summary>
    private static readonly TimeSpan ShortPause = TimeSpan.FromMilliseconds(250);

    private static readonly TimeSpan FirstBackOff = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestBackOff = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan NoHostAgain = TimeSpan.FromSeconds(30);

    internal async Task DriveAsync(Guid id, CancellationToken ct)
    {
        for (var step = 0; step < MostSteps && await StepAsync(id, ct) is { } pause; step++)
        {
            if (pause > TimeSpan.Zero) { await Task.Delay(pause, ct); }
        }
    }

    /// <summary>One step; how soon another may follow, null when none does now.</summary>
    private async Task<TimeSpan?> StepAsync(Guid id, CancellationToken ct)
    {
        await using var scope = scopes.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<ZhengtongDb>();
        if (await db.CloudResources.SingleOrDefaultAsync(r => r.Id == id, ct) is not { IsGone: false, NextAt: not null } resource) { return null; }
        try
        {
            if (resource is { Wish: ResourceWish.Removed, IsBegun: false }) { return await RecordAsync(db, resource, new DeliveryStep(Sight.Absent), ct); }
            if (resource is { Form: ResourceForm.Instance or ResourceForm.Site, HostId: null } && resource.Wish != ResourceWish.Removed && !await PlaceAsync(db, resource, ct)) { return null; }
            if (!resource.IsBegun)
            {
                // From here on it may be there, whatever a call says or whenever we die.
                resource.IsBegun = true;
                if (resource.State == CloudResourceState.Waiting) { resource.State = CloudResourceState.Changing; }
                await SaveAsync(db, resource, ct);
            }

            var fulfilment = scope.ServiceProvider.GetServices<IFulfilment>().FirstOrDefault(f => f.Form == resource.Form);
            var step = fulfilment is null ? DeliveryStep.Never("not-supported") : await fulfilment.StepAsync(resource, ct);
            return await RecordAsync(db, resource, step, ct);
        }
        catch (Exception e) when (DatabaseErrors.IsLostRace(e))
        {
            // Somebody changed it meanwhile, such as its wish: it is still due, and read anew.
            LogMeanwhile(id);
            return TimeSpan.Zero;
        }
    }

    /// <summary>Finds a place for what is held already; false when there is none now.</summary>
    private async Task<bool> PlaceAsync(ZhengtongDb db, CloudResource resource, CancellationToken ct)
    {
        var need = new PlacementNeed(resource.Amounts, resource.Zone, resource.Protection, null, resource.PoolId, [], [], resource.SpreadGroup);
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        var claim = await placing.ClaimWithinAsync(db, new ClaimRequest(resource.Id, resource.NodeId, need), Actor.Platform, ct);
        if (claim.IsPlaced)
        {
            (resource.PoolId, resource.HostId, resource.Problem, resource.Attempts) = (claim.Claim!.PoolId, claim.Claim.HostId, null, 0);
        }
        else
        {
            (resource.Problem, resource.NextAt) = (claim.Result == ClaimResult.NoHost ? "no-host" : "not-held", clock.GetUtcNow() + NoHostAgain);
            resource.Attempts++;
        }

        await SaveAsync(db, resource, ct);
        await transaction.CommitAsync(ct);
        return claim.IsPlaced;
    }

    private static async Task SaveAsync(ZhengtongDb db, CloudResource resource, CancellationToken ct)
    {
        resource.Touch();
        await db.SaveChangesAsync(ct);
    }

    /// <summary>Writes down what was seen; how soon the next step may follow, null when none does now.</summary>
    private async Task<TimeSpan?> RecordAsync(ZhengtongDb db, CloudResource resource, DeliveryStep step, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        var before = resource.State;
        var isUndone = step.RefusedChange is not null && resource is { Former: not null, Wish: not ResourceWish.Removed };
        if (isUndone) { step = step with { Problem = null, IsFinal = false }; }
        // Counted from the first: what went before says nothing of it.
        var beginsToFail = step.Problem == DeliveryStep.FailedWithoutReason && resource.Problem != DeliveryStep.FailedWithoutReason;
        resource.Problem = step.Problem;
        if (step.Sight is not (Sight.Unknown or Sight.Absent)) { resource.SeenAt = now; }
        if (step.GoneVolumes.Count > 0) { await FreeAsync(db, resource, step.GoneVolumes, now, ct); }
        if (isUndone) { await UndoAsync(db, resource, step, now, ct); }
        // All that was ordered is there: what was given up meanwhile is held no more.
        if (resource.Former is not null && step is { Problem: null, IsFinal: false, After: null, Sight: Sight.Running or Sight.Stopped })
        {
            resource.Former = null;
            var held = await Holds.ResizeAsync(db, resource.Id, resource.Amounts, Actor.Platform, now, ct);
            if (held.Result is not (HoldResult.Done or HoldResult.Already)) { resource.Problem = "not-held"; }
        }

        switch (step.Sight)
        {
            case Sight.Running or Sight.Stopped:
                resource.State = step.Sight == Sight.Running ? CloudResourceState.Running : CloudResourceState.Stopped;
                // Seen without an address for a moment, it keeps the one it had.
                resource.Address = step.Address ?? (step.Sight == Sight.Running ? resource.Address : null);
                await IsThereAsync(db, resource, now, ct);
                break;
            case Sight.Absent when resource.Wish == ResourceWish.Removed:
                await IsGoneAsync(db, resource, now, ct);
                break;
            case Sight.Absent when resource.DeliveredAt is not null:
                // It was there: to make another in its place would hide that its data is gone.
                resource.State = CloudResourceState.Lost;
                resource.Problem ??= "gone";
                break;
            case Sight.Lost:
                resource.State = CloudResourceState.Lost;
                break;
            case Sight.Changing or Sight.Absent:
                resource.State = CloudResourceState.Changing;
                break;
        }

        if (step.IsFinal && !resource.IsGone) { resource.State = CloudResourceState.Failed; }
        var isAsWished = resource.IsGone || (step.Problem is null && resource.State == (resource.Wish == ResourceWish.Stopped ? CloudResourceState.Stopped : CloudResourceState.Running) && resource.Wish != ResourceWish.Removed);
        var another = !isAsWished && !step.IsFinal && resource.Problem is null && step.After is null;
        resource.Attempts = isAsWished || another ? 0 : beginsToFail ? 1 : resource.Attempts + 1;
        resource.NextAt = isUndone ? now : isAsWished || step.IsFinal || resource.Problem == "gone" ? null : another ? now : now + (step.After ?? BackOff(resource.Attempts));
        Tell(db, resource, before, now);
        await SaveAsync(db, resource, ct);
        await transaction.CommitAsync(ct);
        return another ? TimeSpan.Zero : !isAsWished && step is { IsNear: true, IsFinal: false } && step.After <= ShortPause ? step.After : null;
    }

    /// <summary>It is there: what was reserved is active, and a span of time runs that says with what.</summary>
    private static async Task IsThereAsync(ZhengtongDb db, CloudResource resource, DateTimeOffset now, CancellationToken ct)
    {
        if (resource.DeliveredAt is null)
        {
            resource.DeliveredAt = now;
            var held = await Holds.ActivateAsync(db, resource.Id, Actor.Platform, now, ct);
            if (held.Result is not (HoldResult.Done or HoldResult.Already)) { resource.Problem = "not-held"; }
        }

        var isRunning = resource.State == CloudResourceState.Running;
        var span = await db.ResourceSpans.SingleOrDefaultAsync(s => s.ResourceId == resource.Id && s.Until == null, ct);
        var (plan, amounts) = resource.Had;
        if (span is not null && span.IsRunning == isRunning && span.PlanCode == plan && span.Amounts.SequenceEqual(amounts)) { return; }
        await EndSpanAsync(db, span, now, ct);
        db.ResourceSpans.Add(new ResourceSpan { Id = Guid.CreateVersion7(now), ResourceId = resource.Id, From = now, IsRunning = isRunning, PlanCode = plan, Amounts = amounts });
    }

    /// <summary>Its maker refused what was ordered: plan, amounts and volumes go back to what they were, with hold, host and bill, and the orders say so. A volume that is gone stays gone, and one that was added goes.</summary>
    private static async Task UndoAsync(ZhengtongDb db, CloudResource resource, DeliveryStep step, DateTimeOffset now, CancellationToken ct)
    {
        var (former, refused) = (resource.Former!, new { plan = resource.PlanCode, resource.Amounts, resource.Volumes });
        var wanted = former.Volumes.Where(v => !v.IsLeaving && resource.Volumes.Any(r => r.Name == v.Name)).Select(v => new DataVolume(v.Name, Math.Max(v.Size, step.GrownVolumes.GetValueOrDefault(v.Name)), v.Path)).ToList();
        var volumes = resource.VolumesWith(wanted);
        (resource.PlanCode, resource.Volumes, resource.Former) = (former.Plan, volumes, null);
        resource.Amounts = Amounts.Of([.. CloudResource.OwnOf(former.Amounts, former.Volumes), .. volumes.Select(v => new ResourceAmount("disk", v.Size))]);
        var held = await Holds.ResizeAsync(db, resource.Id, resource.Amounts, Actor.Platform, now, ct);
        if (held.Result is not (HoldResult.Done or HoldResult.Already)) { resource.Problem = "not-held"; }
        foreach (var order in await db.CloudOrders.Where(o => former.Orders.Contains(o.Id)).ToListAsync(ct))
        {
            order.Undo(step.RefusedChange!, now);
            db.Ledger.Add(LedgerEntry.Of("cloud.change-undone", order.Id, Actor.Platform, now, step.RefusedChange, before: refused, after: new { order.Number, resource = resource.Number, plan = resource.PlanCode, resource.Amounts, resource.Volumes }));
            foreach (var told in new[] { order.OrganisationId, order.ProviderId }.Distinct()) { db.Notices.Add(Notice.Of(told, NoticeTone.Warning, "cloud.notice.change-undone", $"/work/cloud/orders/{order.Id}", now, order.Number, resource.Name)); }
        }
    }

    /// <summary>Volumes are gone: what they held is given back with the row that says so, once.</summary>
    private static async Task FreeAsync(ZhengtongDb db, CloudResource resource, IReadOnlyList<string> gone, DateTimeOffset now, CancellationToken ct)
    {
        var freed = resource.Volumes.Where(v => v.IsLeaving && gone.Contains(v.Name)).ToList();
        resource.Amounts = CloudResource.OwnOf(resource.Amounts, freed);
        resource.Volumes = [.. resource.Volumes.Except(freed)];
        // There is no going back to what is gone.
        if (resource.Former is { } former)
        {
            var lost = former.Volumes.Where(v => freed.Exists(f => f.Name == v.Name)).ToList();
            resource.Former = former with { Volumes = [.. former.Volumes.Except(lost)], Amounts = CloudResource.OwnOf(former.Amounts, lost) };
        }

        var held = await Holds.ResizeAsync(db, resource.Id, resource.Held, Actor.Platform, now, ct);
        if (held.Result is not (HoldResult.Done or HoldResult.Already)) { resource.Problem = "not-held"; }
        db.Ledger.Add(LedgerEntry.Of("cloud.volumes-removed", resource.Id, Actor.Platform, now, after: new { resource.Number, volumes = freed.Select(v => new { v.Name, v.Size }), resource.Amounts }));
    }

    /// <summary>It is gone, and what it held is given back, once.</summary>
    private static async Task IsGoneAsync(ZhengtongDb db, CloudResource resource, DateTimeOffset now, CancellationToken ct)
    {
        await EndSpanAsync(db, await db.ResourceSpans.SingleOrDefaultAsync(s => s.ResourceId == resource.Id && s.Until == null, ct), now, ct);
        await Holds.ReleaseAsync(db, resource.Id, "removed", Actor.Platform, now, ct);
        await BackupStore.OutliveAsync(db, resource.Id, now, ct);
        (resource.State, resource.RemovedAt, resource.Address, resource.Problem) = (CloudResourceState.Removed, now, null, null);
    }

    /// <summary>The end is saved before another begins: at most one lasts, says the database.</summary>
    private static async Task EndSpanAsync(ZhengtongDb db, ResourceSpan? span, DateTimeOffset now, CancellationToken ct)
    {
        if (span is null) { return; }
        if (span.From == now) { db.ResourceSpans.Remove(span); }
        else { span.Until = now; }
        await db.SaveChangesAsync(ct);
    }

    /// <summary>What people should know: that it is there, that it is gone, that somebody must decide.</summary>
    private static void Tell(ZhengtongDb db, CloudResource resource, CloudResourceState before, DateTimeOffset now)
    {
        if (resource.State == before) { return; }
        var (page, what) = ($"/work/cloud/resources/{resource.Id}", new { resource.Number, resource.Amounts, resource.HostId, resource.Address });
        switch (resource.State)
        {
            case CloudResourceState.Running:
                db.Ledger.Add(LedgerEntry.Of("cloud.resource-running", resource.Id, Actor.Platform, now, after: what));
                if (resource.DeliveredAt == now) { db.Notices.Add(Notice.Of(resource.OrganisationId, NoticeTone.Good, "cloud.notice.delivered", page, now, resource.Number, resource.Name)); }
                break;
            case CloudResourceState.Stopped:
                db.Ledger.Add(LedgerEntry.Of("cloud.resource-stopped", resource.Id, Actor.Platform, now, after: what));
                break;
            case CloudResourceState.Removed:
                db.Ledger.Add(LedgerEntry.Of("cloud.resource-removed", resource.Id, Actor.Platform, now, after: what));
                break;
            case CloudResourceState.Lost or CloudResourceState.Failed:
                db.Ledger.Add(LedgerEntry.Of(resource.State == CloudResourceState.Lost ? "cloud.resource-lost" : "cloud.resource-failed", resource.Id, Actor.Platform, now, resource.Problem, after: new { resource.Number }));
                db.Notices.Add(Notice.Of(resource.OrganisationId, NoticeTone.Warning, "cloud.notice.troubled", page, now, resource.Number, resource.Name));
                break;
        }
    }

    private static TimeSpan BackOff(int attempts) =>
        TimeSpan.FromTicks(Math.Min(LongestBackOff.Ticks, FirstBackOff.Ticks << Math.Clamp(attempts - 1, 0, 20)));

    [LoggerMessage(LogLevel.Debug, "Resource {Resource} was changed while it was driven; it is read anew")]
    private partial void LogMeanwhile(Guid resource);
}
