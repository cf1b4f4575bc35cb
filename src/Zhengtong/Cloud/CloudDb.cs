using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Model;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Organisations;
using Zhengtong.Kernel.Regions;

namespace Zhengtong;

internal partial class ZhengtongDb
{
    internal DbSet<ResourceKind> ResourceKinds => Set<ResourceKind>();

    internal DbSet<QuotaNode> QuotaNodes => Set<QuotaNode>();

    internal DbSet<QuotaCounter> QuotaCounters => Set<QuotaCounter>();

    internal DbSet<Hold> Holds => Set<Hold>();

    internal DbSet<HoldMovement> HoldMovements => Set<HoldMovement>();

    internal DbSet<QuotaRecount> QuotaRecounts => Set<QuotaRecount>();

    internal DbSet<ResourcePool> ResourcePools => Set<ResourcePool>();

    internal DbSet<PoolSight> PoolSights => Set<PoolSight>();

    internal DbSet<CloudHost> CloudHosts => Set<CloudHost>();

    internal DbSet<HostInventory> HostInventories => Set<HostInventory>();

    internal DbSet<PlacementClock> PlacementClocks => Set<PlacementClock>();

    internal DbSet<HostClaim> HostClaims => Set<HostClaim>();

    internal DbSet<PlacementRecord> PlacementRecords => Set<PlacementRecord>();

    private static void ConfigureCloud(ModelBuilder builder)
    {
        ConfigureQuotas(builder);
        ConfigurePools(builder);
    }

    private static void ConfigureQuotas(ModelBuilder builder)
    {
        builder.Entity<ResourceKind>(k =>
        {
            k.ToTable("resource_kinds", "cloud");
            k.HasKey(x => x.Code);
            k.Property(x => x.Code).HasMaxLength(ResourceKind.LongestCode);
            k.Property(x => x.Name).HasMaxLength(40);
            k.Property(x => x.Unit).HasMaxLength(20);
            k.Property(x => x.IsOnHost);
        });
        builder.Entity<QuotaNode>(n =>
        {
            n.ToTable("quota_nodes", "cloud");
            n.HasKey(x => x.Id);
            n.Property(x => x.Id).ValueGeneratedNever();
            n.HasOne<QuotaNode>().WithMany().HasForeignKey(x => x.ParentId).OnDelete(DeleteBehavior.Restrict);
            n.Property(x => x.Level);
            n.Property(x => x.Depth);
            n.Property(x => x.Path).HasMaxLength(200);
            n.HasIndex(x => x.Path).IsUnique();
            n.Property(x => x.Key).HasMaxLength(250);
            n.HasIndex(x => x.Key).IsUnique();
            n.HasOne<Region>().WithMany().HasForeignKey(x => x.Region).OnDelete(DeleteBehavior.Restrict);
            n.HasOne<Organisation>().WithMany().HasForeignKey(x => x.OrganisationId).OnDelete(DeleteBehavior.Restrict);
            n.Property(x => x.Name).HasMaxLength(100);
            n.Property(x => x.CreatedAt);
            n.Property(x => x.Revision).IsConcurrencyToken();
        });
        builder.Entity<QuotaCounter>(c =>
        {
            // What no statement should bring about, the database refuses.
            c.ToTable("quota_counters", "cloud", t => t.HasCheckConstraint("ck_quota_counters_not_negative", "reserved >= 0 AND active >= 0"));
            c.HasKey(x => new { x.NodeId, x.Kind });
            c.HasOne<QuotaNode>().WithMany().HasForeignKey(x => x.NodeId).OnDelete(DeleteBehavior.Restrict);
            c.Property(x => x.Kind).HasMaxLength(ResourceKind.LongestCode);
            c.Property(x => x.Limit);
            c.Property(x => x.Reserved);
            c.Property(x => x.Active);
        });
        builder.Entity<Hold>(h =>
        {
            h.ToTable("holds", "cloud");
            h.HasKey(x => x.Id);
            h.Property(x => x.Id).ValueGeneratedNever();
            h.Property(x => x.ConsumerId);
            h.HasIndex(x => x.ConsumerId).IsUnique();
            h.HasOne<QuotaNode>().WithMany().HasForeignKey(x => x.NodeId).OnDelete(DeleteBehavior.Restrict);
            h.Property(x => x.MovingTo);
            h.Property(x => x.Amounts).AsSharedJson();
            h.Property(x => x.State);
            h.Property(x => x.ExpiresAt);
            h.HasIndex(x => new { x.State, x.ExpiresAt });
            h.Property(x => x.CreatedAt);
            h.Property(x => x.ReleasedAt);
            h.Property(x => x.Revision);
        });
        builder.Entity<HoldMovement>(m =>
        {
            m.ToTable("hold_movements", "cloud");
            m.HasKey(x => x.Id);
            m.Property(x => x.Id).ValueGeneratedNever();
            m.HasOne<Hold>().WithMany().HasForeignKey(x => x.HoldId).OnDelete(DeleteBehavior.Restrict);
            m.Property(x => x.NodeId);
            m.Property(x => x.FromDepth);
            m.Property(x => x.Kind).HasMaxLength(ResourceKind.LongestCode);
            m.Property(x => x.Reserved);
            m.Property(x => x.Active);
            m.Property(x => x.Step);
            m.Property(x => x.At);
        });
        builder.Entity<QuotaRecount>(r =>
        {
            r.ToTable("quota_recounts", "cloud");
            r.HasKey(x => x.Id);
            r.Property(x => x.Id).ValueGeneratedNever();
            r.Property(x => x.At);
            r.HasIndex(x => x.At);
            r.Property(x => x.ActorId);
            r.Property(x => x.Movements);
            r.Property(x => x.Counters);
            r.Property(x => x.DifferenceCount);
            r.Property(x => x.Differences).AsJson();
            r.Property(x => x.IsMended);
            r.Property(x => x.Reason).HasMaxLength(500);
        });
    }

    private static void ConfigurePools(ModelBuilder builder)
    {
        builder.Entity<ResourcePool>(p =>
        {
            p.ToTable("resource_pools", "cloud");
            p.HasKey(x => x.Id);
            p.Property(x => x.Id).ValueGeneratedNever();
            p.Property(x => x.Name).HasMaxLength(100);
            p.HasIndex(x => x.Name).IsUnique();
            p.Property(x => x.Zone);
            p.HasOne<Region>().WithMany().HasForeignKey(x => x.Region).OnDelete(DeleteBehavior.Restrict);
            p.Property(x => x.Engine).HasMaxLength(40);
            p.Property(x => x.Address).HasMaxLength(500);
            p.Property(x => x.Secret);
            p.Property(x => x.Protection);
            p.Property(x => x.Strategy);
            p.Property(x => x.Ratios).AsJson();
            p.Property(x => x.IsOpen);
            p.Property(x => x.CreatedAt);
            p.Property(x => x.Revision).IsConcurrencyToken();
        });
        builder.Entity<PoolSight>(s =>
        {
            s.ToTable("pool_sights", "cloud");
            s.HasKey(x => x.PoolId);
            s.HasOne<ResourcePool>().WithOne().HasForeignKey<PoolSight>(x => x.PoolId).OnDelete(DeleteBehavior.Restrict);
            s.Property(x => x.LookedAt);
            s.Property(x => x.SeenAt);
            s.Property(x => x.Product).HasMaxLength(40);
            s.Property(x => x.Version).HasMaxLength(100);
            s.Property(x => x.Fault).HasMaxLength(60);
            s.Property(x => x.FaultSince);
            s.Property(x => x.IsTold);
        });
        builder.Entity<CloudHost>(h =>
        {
            h.ToTable("hosts", "cloud");
            h.HasKey(x => x.Id);
            h.Property(x => x.Id).ValueGeneratedNever();
            h.HasOne<ResourcePool>().WithMany().HasForeignKey(x => x.PoolId).OnDelete(DeleteBehavior.Restrict);
            h.Property(x => x.Name).HasMaxLength(100);
            h.HasIndex(x => new { x.PoolId, x.Name }).IsUnique();
            h.Property(x => x.State);
            h.Property(x => x.Intended);
            h.Property(x => x.Traits).AsSharedJson();
            h.Property(x => x.Group).HasMaxLength(100);
            h.Property(x => x.Load);
            h.Property(x => x.Revision).IsConcurrencyToken();
        });
        builder.Entity<HostInventory>(i =>
        {
            i.ToTable("host_inventories", "cloud", t => t.HasCheckConstraint("ck_host_inventories_not_negative", "used >= 0"));
            i.HasKey(x => new { x.HostId, x.Kind });
            i.HasOne<CloudHost>().WithMany().HasForeignKey(x => x.HostId).OnDelete(DeleteBehavior.Restrict);
            i.Property(x => x.Kind).HasMaxLength(ResourceKind.LongestCode);
            i.Property(x => x.Total);
            i.Property(x => x.Reserved);
            i.Property(x => x.Capacity);
            i.Property(x => x.Used);
            i.Property(x => x.IsOpen);
            i.Property(x => x.Generation);
            i.Property(x => x.SetGeneration);
            i.HasIndex(x => x.Generation);
        });
        builder.Entity<PlacementClock>(c =>
        {
            c.ToTable("placement_clock", "cloud");
            c.HasKey(x => x.Id);
            c.Property(x => x.Id).ValueGeneratedNever();
            c.Property(x => x.Generation);
        });
        builder.Entity<HostClaim>(c =>
        {
            c.ToTable("host_claims", "cloud");
            c.HasKey(x => x.Id);
            c.Property(x => x.Id).ValueGeneratedNever();
            c.Property(x => x.ConsumerId);
            c.HasIndex(x => x.ConsumerId);
            c.Property(x => x.PoolId);
            c.HasOne<CloudHost>().WithMany().HasForeignKey(x => x.HostId).OnDelete(DeleteBehavior.Restrict);
            c.Property(x => x.Amounts).AsSharedJson();
            c.Property(x => x.SpreadGroup).HasMaxLength(100);
            // Two of one group never stand on one host, whatever two deciders thought at once.
            c.HasIndex(x => new { x.SpreadGroup, x.HostId }, "ix_host_claims_spread").IsUnique().HasFilter("spread_group IS NOT NULL AND released_at IS NULL");
            c.Property(x => x.CreatedAt);
            c.Property(x => x.ReleasedAt);
            c.Property(x => x.Revision);
        });
        builder.Entity<PlacementRecord>(r =>
        {
            r.ToTable("placement_records", "cloud");
            r.HasKey(x => x.ClaimId);
            r.Property(x => x.ClaimId).ValueGeneratedNever();
            r.Property(x => x.ConsumerId);
            r.HasIndex(x => x.ConsumerId);
            r.Property(x => x.At);
            r.Property(x => x.Explanation).AsPlainJson();
        });
    }
}
