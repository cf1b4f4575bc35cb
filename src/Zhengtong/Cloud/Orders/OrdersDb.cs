using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Zhengtong.Agreements.Model;
using Zhengtong.Cloud.Model;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Organisations;

namespace Zhengtong;

internal partial class ZhengtongDb
{
    private static void ConfigureOrders(ModelBuilder builder)
    {
        builder.Entity<CloudOrder>(o =>
        {
            o.ToTable("orders", "cloud");
            o.HasKey(x => x.Id);
            o.Property(x => x.Id).ValueGeneratedNever();
            o.Property(x => x.Number).HasMaxLength(20);
            o.HasIndex(x => x.Number).IsUnique();
            o.Property(x => x.Kind);
            o.HasOne<Organisation>().WithMany().HasForeignKey(x => x.OrganisationId).OnDelete(DeleteBehavior.Restrict);
            o.HasIndex(x => new { x.OrganisationId, x.CreatedAt });
            o.Property(x => x.Region);
            o.Property(x => x.ProviderId);
            o.HasIndex(x => x.ProviderId);
            o.Property(x => x.ProjectId);
            o.HasOne<BusinessSystem>().WithMany().HasForeignKey(x => x.SystemId).OnDelete(DeleteBehavior.Restrict);
            o.Property(x => x.Zone);
            o.Property(x => x.Protection);
            o.Property(x => x.Items).AsPlainJson();
            o.Property(x => x.ResourceId);
            // One open change of a resource, whatever two officers thought at once.
            o.HasIndex(x => x.ResourceId, "ix_orders_open_change").IsUnique().HasFilter("resource_id IS NOT NULL AND state IN ('Draft', 'Submitted')");
            o.Property(x => x.UntilBefore);
            o.Property(x => x.Until);
            o.Property(x => x.Ground).HasMaxLength(500);
            o.Property(x => x.State);
            o.HasIndex(x => new { x.State, x.SubmittedAt });
            o.Property(x => x.CreatedBy);
            o.Property(x => x.CreatedAt);
            o.Property(x => x.SubmittedBy);
            o.Property(x => x.SubmittedAt);
            o.Property(x => x.DecidedBy);
            o.Property(x => x.DecidedAt);
            o.Property(x => x.ReasonCode).HasMaxLength(40);
            o.Property(x => x.Reason).HasMaxLength(500);
            o.Property(x => x.UndoneAt);
            o.Property(x => x.UndoneCode).HasMaxLength(CloudResource.LongestProblem);
            o.Property(x => x.Document);
            o.Property(x => x.Digest).HasMaxLength(64);
            o.Property(x => x.Revision).IsConcurrencyToken();
            o.OwnsOne(x => x.ProviderSeal, ConfigureOrderSeal);
            o.OwnsOne(x => x.ConsumerSeal, ConfigureOrderSeal);
        });
        builder.Entity<OrderUserData>(d =>
        {
            d.ToTable("order_user_data", "cloud");
            d.HasKey(x => new { x.OrderId, x.Item });
            d.HasOne<CloudOrder>().WithMany().HasForeignKey(x => x.OrderId).OnDelete(DeleteBehavior.Cascade);
            d.Property(x => x.Sealed);
        });
    }

    private static void ConfigureOrderSeal(OwnedNavigationBuilder<CloudOrder, Seal> seal)
    {
        seal.Property(x => x.OfficerName).HasMaxLength(50);
        seal.Property(x => x.KeyId).HasMaxLength(16);
        seal.Property(x => x.Signature).HasMaxLength(200);
    }
}
