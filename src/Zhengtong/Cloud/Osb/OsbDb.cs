using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Model;
using Zhengtong.Kernel.Organisations;

namespace Zhengtong;

internal partial class ZhengtongDb
{
    internal DbSet<OsbConsumer> OsbConsumers => Set<OsbConsumer>();

    internal DbSet<OsbInstance> OsbInstances => Set<OsbInstance>();

    internal DbSet<OsbBinding> OsbBindings => Set<OsbBinding>();

    private static void ConfigureOsb(ModelBuilder builder)
    {
        builder.Entity<OsbConsumer>(c =>
        {
            c.ToTable("osb_consumers", "cloud");
            c.HasKey(x => x.Id);
            c.Property(x => x.Id).ValueGeneratedNever();
            c.Property(x => x.Name).HasMaxLength(100);
            c.HasIndex(x => x.Name).IsUnique();
            c.HasOne<Organisation>().WithMany().HasForeignKey(x => x.OrganisationId).OnDelete(DeleteBehavior.Restrict);
            c.HasOne<BusinessSystem>().WithMany().HasForeignKey(x => x.SystemId).OnDelete(DeleteBehavior.Restrict);
            c.Property(x => x.Days);
            c.Property(x => x.PasswordHash);
            c.Property(x => x.CreatedAt);
            c.Property(x => x.RevokedAt);
            c.Property(x => x.Revision).IsConcurrencyToken();
        });
        builder.Entity<OsbInstance>(i =>
        {
            i.ToTable("osb_instances", "cloud");
            i.HasKey(x => x.Id);
            i.Property(x => x.Id).ValueGeneratedNever();
            i.HasOne<OsbConsumer>().WithMany().HasForeignKey(x => x.ConsumerId).OnDelete(DeleteBehavior.Restrict);
            i.Property(x => x.RemoteId).HasMaxLength(OsbInstance.LongestRemoteId);
            // Of two that ask for the same at once one makes it.
            i.HasIndex(x => new { x.ConsumerId, x.RemoteId }).IsUnique();
            i.Property(x => x.ServiceCode).HasMaxLength(40);
            i.Property(x => x.PlanCode).HasMaxLength(40);
            i.Property(x => x.Digest).HasMaxLength(64);
            i.HasOne<CloudOrder>().WithMany().HasForeignKey(x => x.OrderId).OnDelete(DeleteBehavior.Restrict);
            i.Property(x => x.ChangeId);
            i.Property(x => x.CreatedAt);
            i.Property(x => x.Revision).IsConcurrencyToken();
        });
        builder.Entity<OsbBinding>(b =>
        {
            b.ToTable("osb_bindings", "cloud");
            b.HasKey(x => x.Id);
            b.Property(x => x.Id).ValueGeneratedNever();
            b.HasOne<OsbInstance>().WithMany().HasForeignKey(x => x.InstanceId).OnDelete(DeleteBehavior.Cascade);
            b.Property(x => x.RemoteId).HasMaxLength(OsbInstance.LongestRemoteId);
            b.HasIndex(x => new { x.InstanceId, x.RemoteId }).IsUnique();
            b.Property(x => x.Digest).HasMaxLength(64);
            b.Property(x => x.CreatedAt);
        });
    }
}
