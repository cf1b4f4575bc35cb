using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Delivery;
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

    internal DbSet<BusinessSystem> BusinessSystems => Set<BusinessSystem>();

    internal DbSet<CloudResource> CloudResources => Set<CloudResource>();

    internal DbSet<ResourceSpan> ResourceSpans => Set<ResourceSpan>();

    internal DbSet<ResourceTask> ResourceTasks => Set<ResourceTask>();

    internal DbSet<TenantNetwork> TenantNetworks => Set<TenantNetwork>();

    internal DbSet<EngineOrphan> EngineOrphans => Set<EngineOrphan>();

    internal DbSet<ResourceDrift> ResourceDrifts => Set<ResourceDrift>();

    internal DbSet<TerminalLease> TerminalLeases => Set<TerminalLease>();

    internal DbSet<CloudOrder> CloudOrders => Set<CloudOrder>();

    internal DbSet<OrderUserData> OrderUserData => Set<OrderUserData>();

    private static void ConfigureCloud(ModelBuilder builder)
    {
        ConfigureQuotas(builder);
        ConfigurePools(builder);
        ConfigureResources(builder);
        ConfigureOrders(builder);
        ConfigureMeasuring(builder);
        ConfigureSites(builder);
        ConfigureDatabases(builder);
        ConfigureBackups(builder);
        ConfigureAttended(builder);
        ConfigureBrokers(builder);
        ConfigureOsb(builder);
        ConfigureMigration(builder);
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
            h.Property(x => x.Wish);
            h.Property(x => x.Problem).HasMaxLength(CloudResource.LongestProblem);
            h.Property(x => x.Attempts);
            h.Property(x => x.NextAt);
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

    private static void ConfigureResources(ModelBuilder builder)
    {
        builder.Entity<BusinessSystem>(s =>
        {
            s.ToTable("business_systems", "cloud");
            s.HasKey(x => x.Id);
            s.Property(x => x.Id).ValueGeneratedNever();
            s.HasOne<Organisation>().WithMany().HasForeignKey(x => x.OrganisationId).OnDelete(DeleteBehavior.Restrict);
            s.Property(x => x.Name).HasMaxLength(100);
            s.HasIndex(x => new { x.OrganisationId, x.Name }).IsUnique();
            s.Property(x => x.Purpose).HasMaxLength(500);
            s.Property(x => x.Protection);
            s.Property(x => x.ProtectionRecord).HasMaxLength(100);
            s.Property(x => x.Zone);
            s.Property(x => x.CreatedAt);
            s.Property(x => x.RetiredAt);
            s.Property(x => x.Revision).IsConcurrencyToken();
        });
        builder.Entity<CloudResource>(r =>
        {
            r.ToTable("resources", "cloud");
            r.HasKey(x => x.Id);
            r.Property(x => x.Id).ValueGeneratedNever();
            r.Property(x => x.Number).HasMaxLength(20);
            r.HasIndex(x => x.Number).IsUnique();
            r.Property(x => x.Name).HasMaxLength(60);
            r.Property(x => x.Form);
            r.Property(x => x.OrderId);
            r.Property(x => x.Item);
            r.HasIndex(x => new { x.OrderId, x.Item });
            r.HasOne<Organisation>().WithMany().HasForeignKey(x => x.OrganisationId).OnDelete(DeleteBehavior.Restrict);
            r.HasIndex(x => new { x.OrganisationId, x.State });
            // As lists are read, the newest first.
            r.HasIndex(x => new { x.CreatedAt, x.Id });
            r.Property(x => x.Region);
            r.Property(x => x.NodeId);
            r.HasOne<BusinessSystem>().WithMany().HasForeignKey(x => x.SystemId).OnDelete(DeleteBehavior.Restrict);
            r.Property(x => x.ServiceCode).HasMaxLength(40);
            r.Property(x => x.PlanCode).HasMaxLength(40);
            r.Property(x => x.Zone);
            r.Property(x => x.Protection);
            r.Property(x => x.Amounts).AsSharedJson();
            r.Property(x => x.Volumes).AsSharedJson();
            r.Property(x => x.Former).AsPlainJson();
            r.Property(x => x.Image).HasMaxLength(100);
            r.Property(x => x.UserData);
            r.Property(x => x.SpreadGroup).HasMaxLength(100);
            r.Property(x => x.BackupId);
            r.Property(x => x.RootId);
            r.HasIndex(x => x.RootId);
            r.HasOne<ResourcePool>().WithMany().HasForeignKey(x => x.PoolId).OnDelete(DeleteBehavior.Restrict);
            r.Property(x => x.HostId);
            r.Property(x => x.Wish);
            r.Property(x => x.State);
            r.Property(x => x.IsBegun);
            r.Property(x => x.Address).HasMaxLength(500);
            r.Property(x => x.Problem).HasMaxLength(CloudResource.LongestProblem);
            r.Property(x => x.Attempts);
            r.Property(x => x.NextAt);
            r.HasIndex(x => x.NextAt);
            r.Property(x => x.SeenAt);
            r.Property(x => x.Until);
            r.Property(x => x.CreatedAt);
            r.Property(x => x.DeliveredAt);
            r.Property(x => x.RemovedAt);
            r.Property(x => x.Revision).IsConcurrencyToken();
        });
        builder.Entity<ResourceSpan>(s =>
        {
            s.ToTable("resource_spans", "cloud");
            s.HasKey(x => x.Id);
            s.Property(x => x.Id).ValueGeneratedNever();
            s.HasOne<CloudResource>().WithMany().HasForeignKey(x => x.ResourceId).OnDelete(DeleteBehavior.Restrict);
            s.Property(x => x.From);
            s.Property(x => x.Until);
            s.HasIndex(x => new { x.ResourceId, x.From }).IsUnique();
            // At most one lasts, whatever two programs thought at once.
            s.HasIndex(x => x.ResourceId, "ix_resource_spans_lasting").IsUnique().HasFilter("until IS NULL");
            s.Property(x => x.IsRunning);
            s.Property(x => x.PlanCode).HasMaxLength(40);
            s.Property(x => x.Amounts).AsSharedJson();
        });
        builder.Entity<TenantNetwork>(n =>
        {
            n.ToTable("tenant_networks", "cloud");
            n.HasKey(x => new { x.PoolId, x.OrganisationId });
            n.HasOne<ResourcePool>().WithMany().HasForeignKey(x => x.PoolId).OnDelete(DeleteBehavior.Restrict);
            n.HasOne<Organisation>().WithMany().HasForeignKey(x => x.OrganisationId).OnDelete(DeleteBehavior.Restrict);
            n.Property(x => x.Number);
            // Two departments never get one range, whoever asks at once.
            n.HasIndex(x => x.Number).IsUnique();
            n.Property(x => x.Rules).AsJson();
            n.Property(x => x.Revision).IsConcurrencyToken();
        });
        builder.Entity<EngineOrphan>(o =>
        {
            o.ToTable("engine_orphans", "cloud");
            o.HasKey(x => x.Id);
            o.Property(x => x.Id).ValueGeneratedNever();
            o.HasOne<ResourcePool>().WithMany().HasForeignKey(x => x.PoolId).OnDelete(DeleteBehavior.Restrict);
            o.Property(x => x.Project).HasMaxLength(63);
            o.Property(x => x.Name).HasMaxLength(63);
            o.HasIndex(x => new { x.PoolId, x.Project, x.Name }).IsUnique();
            o.Property(x => x.ResourceId);
            o.Property(x => x.IsRunning);
            o.Property(x => x.FirstSeenAt);
            o.Property(x => x.SeenAt);
            o.Property(x => x.Decision);
            o.Property(x => x.Reason).HasMaxLength(500);
            o.Property(x => x.Revision).IsConcurrencyToken();
        });
        builder.Entity<ResourceDrift>(d =>
        {
            d.ToTable("resource_drifts", "cloud");
            d.HasKey(x => x.ResourceId);
            d.Property(x => x.ResourceId).ValueGeneratedNever();
            d.HasOne<CloudResource>().WithMany().HasForeignKey(x => x.ResourceId).OnDelete(DeleteBehavior.Restrict);
            d.Property(x => x.Rule);
            d.Property(x => x.Difference).HasMaxLength(20);
            d.Property(x => x.FoundAt);
            d.HasIndex(x => new { x.FoundAt, x.ResourceId });
            d.Property(x => x.IsOpen);
            d.Property(x => x.Cpus);
            d.Property(x => x.MemoryMiB);
            d.Property(x => x.DiskGiB);
            d.Property(x => x.IsRunning);
            d.Property(x => x.Wanted).AsSharedJson();
            d.Property(x => x.Revision).IsConcurrencyToken();
        });
        builder.Entity<TerminalLease>(l =>
        {
            l.ToTable("terminal_leases", "cloud");
            l.HasKey(x => x.Key);
            l.Property(x => x.Key).HasMaxLength(TerminalLease.LongestKey);
            l.Property(x => x.Holder);
            l.Property(x => x.Until);
            l.HasIndex(x => x.Until);
        });
        builder.Entity<ResourceTask>(t =>
        {
            t.ToTable("resource_tasks", "cloud");
            t.HasKey(x => x.Id);
            t.Property(x => x.Id).ValueGeneratedNever();
            t.HasOne<CloudResource>().WithMany().HasForeignKey(x => x.ResourceId).OnDelete(DeleteBehavior.Restrict);
            t.HasIndex(x => new { x.ResourceId, x.AskedAt });
            t.Property(x => x.Kind);
            t.Property(x => x.Subject).HasMaxLength(60);
            t.Property(x => x.AskedBy);
            t.Property(x => x.AskedAt);
            t.Property(x => x.State);
            t.Property(x => x.Problem).HasMaxLength(CloudResource.LongestProblem);
            t.Property(x => x.Attempts);
            t.Property(x => x.NextAt);
            t.HasIndex(x => x.NextAt);
            t.Property(x => x.DoneAt);
            t.Property(x => x.Revision).IsConcurrencyToken();
        });
    }
}
