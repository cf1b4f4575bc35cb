using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Delivery;
using Zhengtong.Cloud.Model;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;
using Zhengtong.Kernel.Notices;

namespace Zhengtong.Cloud.Attended;

/// <summary>Services of people: their provider is told once, and what its officers say of one is how it stands. Given back it ends at once, and they are told that too.</summary>
internal sealed class AttendedFulfilment(IServiceScopeFactory scopes, TimeProvider clock) : IFulfilment
{
    /// <summary>An answer makes it due at once; this is for nothing but a lost one.</summary>
    private static readonly TimeSpan LookAgain = TimeSpan.FromHours(1);

    public ResourceForm Form => ResourceForm.Attended;

    public async Task<DeliveryStep> StepAsync(CloudResource resource, CancellationToken ct)
    {
        // A scope of its own: what is written here is saved alone.
        await using var scope = scopes.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<ZhengtongDb>();
        var now = clock.GetUtcNow();
        var service = await db.AttendedServices.SingleOrDefaultAsync(a => a.ResourceId == resource.Id, ct);
        if (resource.Wish == ResourceWish.Removed)
        {
            if (service is { State: not AttendedState.Ended })
            {
                service.End(now);
                Tell(db, service, resource, "cloud.notice.attended-ended", now);
                await db.SaveChangesAsync(ct);
            }

            return new DeliveryStep(Sight.Absent);
        }

        if (service is null)
        {
            var provider = await db.CloudOrders.Where(o => o.Id == resource.OrderId).Select(o => o.ProviderId).SingleAsync(ct);
            service = new AttendedService { ResourceId = resource.Id, ProviderId = provider, AskedAt = now };
            db.AttendedServices.Add(service);
            db.Ledger.Add(LedgerEntry.Of("cloud.service-asked", resource.Id, Actor.Platform, now, after: new { resource.Number, provider, resource.ServiceCode, resource.PlanCode }));
            Tell(db, service, resource, "cloud.notice.attended-asked", now);
            await db.SaveChangesAsync(ct);
        }

        return service.State switch
        {
            AttendedState.Provided => new DeliveryStep(Sight.Running),
            AttendedState.Declined => DeliveryStep.Never("attended-declined", Sight.Absent),
            _ => new DeliveryStep(Sight.Changing, "attended-asked", After: LookAgain),
        };
    }

    /// <summary>Its department asks once more for what was declined; saved by the caller.</summary>
    internal static async Task AskAgainAsync(ZhengtongDb db, CloudResource resource, DateTimeOffset now, CancellationToken ct)
    {
        if (await db.AttendedServices.SingleOrDefaultAsync(a => a.ResourceId == resource.Id, ct) is not { State: AttendedState.Declined } service) { return; }
        service.AskAgain();
        Tell(db, service, resource, "cloud.notice.attended-asked", now);
    }

    private static void Tell(ZhengtongDb db, AttendedService service, CloudResource resource, string what, DateTimeOffset now) =>
        db.Notices.Add(Notice.Of(service.ProviderId, NoticeTone.Info, what, $"/work/cloud/attended/{resource.Id}", now, resource.Number, resource.Name));
}
