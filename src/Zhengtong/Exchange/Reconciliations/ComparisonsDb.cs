using Microsoft.EntityFrameworkCore;
using Zhengtong.Exchange.Nodes;
using Zhengtong.Exchange.Reconciliations;

namespace Zhengtong;

internal partial class ZhengtongDb
{
    internal DbSet<ComparisonPass> ComparisonPasses => Set<ComparisonPass>();

    private static void ConfigureComparisons(ModelBuilder builder) => builder.Entity<ComparisonPass>(p =>
    {
        p.ToTable("comparison_passes", "exchange");
        p.HasKey(x => x.Id);
        p.HasOne<Reconciliation>().WithMany().HasForeignKey(x => x.ReconciliationId).OnDelete(DeleteBehavior.Cascade);
        p.HasOne<FrontEndNode>().WithMany().HasForeignKey(x => x.NodeId).OnDelete(DeleteBehavior.Restrict);
        p.HasIndex(x => new { x.ReconciliationId, x.Number }).IsUnique();
        p.Property(x => x.Role);
        p.Property(x => x.Kind);
        p.Property(x => x.Leaves);
        p.Property(x => x.Document);
        p.Property(x => x.Salt);
        p.Property(x => x.AskedAt);
        p.Property(x => x.AnsweredAt);
        p.Property(x => x.Head);
        p.Property(x => x.Answer);
    });
}
