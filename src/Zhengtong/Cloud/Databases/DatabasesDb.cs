using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Model;

namespace Zhengtong;

internal partial class ZhengtongDb
{
    internal DbSet<DatabaseServer> DatabaseServers => Set<DatabaseServer>();

    internal DbSet<ManagedDatabase> ManagedDatabases => Set<ManagedDatabase>();

    internal DbSet<DatabaseLogin> DatabaseLogins => Set<DatabaseLogin>();

    private static void ConfigureDatabases(ModelBuilder builder)
    {
        builder.Entity<DatabaseServer>(s =>
        {
            // What no statement should bring about, the database refuses.
            s.ToTable("database_servers", "cloud", t => t.HasCheckConstraint("ck_database_servers_not_negative", "databases >= 0"));
            s.HasKey(x => x.Id);
            s.Property(x => x.Id).ValueGeneratedNever();
            s.Property(x => x.Name).HasMaxLength(100);
            s.HasIndex(x => x.Name).IsUnique();
            s.Property(x => x.Host).HasMaxLength(253);
            s.Property(x => x.Port);
            s.Property(x => x.Connection);
            s.HasOne<ResourcePool>().WithMany().HasForeignKey(x => x.PoolId).OnDelete(DeleteBehavior.Restrict);
            s.Property(x => x.Zone);
            s.Property(x => x.Protection);
            s.Property(x => x.MostDatabases);
            s.Property(x => x.Connections);
            s.Property(x => x.Databases);
            s.Property(x => x.IsOpen);
            s.Property(x => x.AnsweredAt);
            s.Property(x => x.Problem).HasMaxLength(CloudResource.LongestProblem);
            s.Property(x => x.CreatedAt);
            s.Property(x => x.Revision).IsConcurrencyToken();
        });
        builder.Entity<ManagedDatabase>(d =>
        {
            d.ToTable("managed_databases", "cloud");
            d.HasKey(x => x.ResourceId);
            d.Property(x => x.ResourceId).ValueGeneratedNever();
            d.HasOne<CloudResource>().WithMany().HasForeignKey(x => x.ResourceId).OnDelete(DeleteBehavior.Restrict);
            d.HasOne<DatabaseServer>().WithMany().HasForeignKey(x => x.ServerId).OnDelete(DeleteBehavior.Restrict);
            d.Property(x => x.Draft).HasMaxLength(27);
            d.Property(x => x.Password);
            d.Property(x => x.Generation);
            d.Property(x => x.Size);
            d.Property(x => x.IsFull);
            d.Property(x => x.CreatedAt);
            d.Property(x => x.Revision).IsConcurrencyToken();
        });
        builder.Entity<DatabaseLogin>(l =>
        {
            l.ToTable("database_logins", "cloud");
            l.HasKey(x => x.Id);
            l.Property(x => x.Id).ValueGeneratedNever();
            l.HasOne<CloudResource>().WithMany().HasForeignKey(x => x.ResourceId).OnDelete(DeleteBehavior.Restrict);
            l.HasIndex(x => x.ResourceId);
            l.Property(x => x.Password);
            l.Property(x => x.IsEnding);
            l.Property(x => x.CreatedAt);
        });
    }
}
