using Microsoft.EntityFrameworkCore.ChangeTracking;
using Zhengtong.Cloud.Model;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Jobs;

namespace Zhengtong.Cloud.Delivery;

/// <summary>Wakes the delivery when a resource that is due was committed, by whichever way it came.</summary>
internal sealed class ResourcesDue(IServiceProvider services) : CommittedChanges
{
    protected override bool Counts(EntityEntry entry) => entry.Entity is CloudResource { NextAt: not null };

    // Asked for late: who runs the jobs uses the database too.
    protected override void Committed() => services.GetRequiredService<Reconcilers>().Wake<DeliverResources>();
}
