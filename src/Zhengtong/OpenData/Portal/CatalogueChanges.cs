using Microsoft.EntityFrameworkCore.ChangeTracking;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Organisations;
using Zhengtong.OpenData.Model;

namespace Zhengtong.OpenData.Portal;

/// <summary>Counts the saves of this process that changed what the catalogue finds.</summary>
internal sealed class CatalogueChanges : CommittedChanges
{
    private long generation;

    /// <summary>Grows with every such save, once it is committed.</summary>
    internal long Generation => Interlocked.Read(ref generation);

    protected override bool Counts(EntityEntry entry) => entry.Entity is Dataset or PublicResource or HarvestedDataset or Organisation;

    protected override void Committed() => Interlocked.Increment(ref generation);
}
