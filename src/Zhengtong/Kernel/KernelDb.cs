using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Ledger;
using Zhengtong.Kernel.Organisations;
using Zhengtong.Kernel.Regions;
using Zhengtong.Kernel.Secrets;

namespace Zhengtong;

internal partial class ZhengtongDb
{
    internal DbSet<Region> Regions => Set<Region>();

    internal DbSet<Organisation> Organisations => Set<Organisation>();

    internal DbSet<OrganisationKey> OrganisationKeys => Set<OrganisationKey>();

    internal DbSet<LedgerEntry> Ledger => Set<LedgerEntry>();

    private static void ConfigureKernel(ModelBuilder builder)
    {
        ConfigureHttp(builder);
        ConfigureNotices(builder);
        ConfigureMail(builder);
        ConfigureIdentity(builder);
        builder.Entity<Region>(r =>
        {
            r.ToTable("regions", "kernel");
            r.HasKey(x => x.Code);
            r.Property(x => x.Name).HasMaxLength(100);
            r.Property(x => x.Level);
            r.Property(x => x.Parent);
            r.HasIndex(x => x.Parent);
            r.Property(x => x.IsOurs);
            r.Property(x => x.Revision).IsConcurrencyToken();
        });
        builder.Entity<Organisation>(o =>
        {
            o.ToTable("organisations", "kernel");
            o.HasKey(x => x.Id);
            o.Property(x => x.CreditCode);
            o.HasIndex(x => x.CreditCode).IsUnique();
            o.Property(x => x.Name).HasMaxLength(200);
            o.Property(x => x.ShortName).HasMaxLength(40);
            o.Property(x => x.Kind);
            o.Property(x => x.ParentId);
            o.HasOne<Region>().WithMany().HasForeignKey(x => x.Region).OnDelete(DeleteBehavior.Restrict);
            o.Property(x => x.Revision).IsConcurrencyToken();
        });
        builder.Entity<OrganisationKey>(k =>
        {
            k.ToTable("organisation_keys", "kernel");
            k.HasKey(x => x.KeyId);
            k.Property(x => x.KeyId).HasMaxLength(16);
            k.HasOne<Organisation>().WithMany().HasForeignKey(x => x.OrganisationId).OnDelete(DeleteBehavior.Restrict);
            k.Property(x => x.Suite);
            k.Property(x => x.Use);
            k.HasIndex(x => new { x.OrganisationId, x.Suite, x.Use, x.Generation }).IsUnique();
            k.Property(x => x.Generation);
            k.Property(x => x.PublicKey);
            k.Property(x => x.PrivateKey);
            k.Property(x => x.NodeId);
            k.HasIndex(x => x.NodeId);
            k.Property(x => x.CreatedAt);
        });
        ConfigureObjects(builder);
        ConfigureLedger(builder);
        builder.Entity<LedgerEntry>(e =>
        {
            e.ToTable("ledger_entries", "kernel");
            e.HasKey(x => x.Id);
            e.Property(x => x.Event).HasMaxLength(100);
            e.Property(x => x.Subject).HasMaxLength(200);
            e.Property(x => x.At);
            e.Property(x => x.ActorId);
            e.Property(x => x.ActorName).HasMaxLength(100);
            e.Property(x => x.ActorOrganisation);
            e.Property(x => x.Reason).HasMaxLength(500);
            e.Property(x => x.Data);
            e.Property(x => x.Index);
            e.HasIndex(x => x.Index).IsUnique();
            e.HasIndex(x => new { x.Subject, x.At });
        });
        ConfigureJobs(builder);
        ConfigureMetering(builder);
        ConfigureCalendar(builder);
        ConfigureSearch(builder);
    }
}
