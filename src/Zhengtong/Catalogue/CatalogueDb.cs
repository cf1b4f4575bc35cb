using Microsoft.EntityFrameworkCore;
using Zhengtong.Catalogue.CloudServices;
using Zhengtong.Catalogue.Model;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Organisations;

namespace Zhengtong;

internal partial class ZhengtongDb
{
    internal DbSet<InformationResource> Resources => Set<InformationResource>();

    internal DbSet<ServiceDescription> ServiceDescriptions => Set<ServiceDescription>();

    internal DbSet<PriceSeries> PriceSeries => Set<PriceSeries>();

    internal DbSet<CloudService> CloudServices => Set<CloudService>();

    private static void ConfigureCatalogue(ModelBuilder builder)
    {
        ConfigurePrices(builder);
        ConfigureCloudServices(builder);
        builder.Entity<InformationResource>(r =>
        {
            r.ToTable("information_resources", "catalogue");
            r.HasKey(x => x.Id);
            r.Property(x => x.Code).HasMaxLength(60);
            r.HasIndex(x => x.Code).IsUnique();
            r.Property(x => x.Name).HasMaxLength(100);
            r.HasIndex(x => new { x.ProviderId, x.Name }).IsUnique();
            r.Property(x => x.Abstract).HasMaxLength(1000);
            r.HasOne<Organisation>().WithMany().HasForeignKey(x => x.ProviderId).OnDelete(DeleteBehavior.Restrict);
            r.Property(x => x.Kind);
            r.Property(x => x.Operations).AsJson();
            r.Property(x => x.SharingType);
            r.Property(x => x.SharingCondition).HasMaxLength(500);
            r.Property(x => x.UpdateCycle);
            r.Property(x => x.State);
            r.HasIndex(x => new { x.State, x.PublishedAt });
            r.Property(x => x.CreatedAt);
            r.Property(x => x.PublishedAt);
            r.Property(x => x.Revision).IsConcurrencyToken();
            r.OwnsMany(x => x.Items, i =>
            {
                i.ToTable("information_items", "catalogue");
                i.WithOwner().HasForeignKey("ResourceId");
                i.HasKey(x => x.Id);
                i.Property(x => x.Id).ValueGeneratedNever();
                i.Property(x => x.Position);
                i.Property(x => x.Name).HasMaxLength(100);
                i.Property(x => x.Column).HasMaxLength(200);
                i.Property(x => x.Type);
                i.Property(x => x.Length);
                i.Property(x => x.IsKey);
                i.Property(x => x.SharingType);
                i.Property(x => x.Mask);
                i.Property(x => x.MaskKeep);
                i.Property(x => x.Check);
                i.Property(x => x.Codes).AsJson();
            });
        });
        builder.Entity<ServiceDescription>(d =>
        {
            d.ToTable("service_descriptions", "catalogue");
            d.HasKey(x => x.ResourceId);
            d.HasOne<InformationResource>().WithOne().HasForeignKey<ServiceDescription>(x => x.ResourceId).OnDelete(DeleteBehavior.Cascade);
            d.Property(x => x.Text);
        });
    }

    private static void ConfigurePrices(ModelBuilder builder)
    {
        builder.Entity<PriceSeries>(s =>
        {
            s.ToTable("price_series", "catalogue");
            s.HasKey(x => x.Id);
            s.Property(x => x.Id).ValueGeneratedNever();
            s.Property(x => x.ServiceCode).HasMaxLength(40);
            s.Property(x => x.PlanCode).HasMaxLength(40);
            s.Property(x => x.Meter).HasMaxLength(40);
            s.HasIndex(x => new { x.ServiceCode, x.PlanCode, x.Meter }).IsUnique();
            s.Property(x => x.Revision).IsConcurrencyToken();
            s.HasMany(x => x.Prices).WithOne().HasForeignKey("SeriesId").OnDelete(DeleteBehavior.Restrict);
        });
        builder.Entity<ServicePrice>(p =>
        {
            p.ToTable("service_prices", "catalogue");
            p.HasKey(x => x.Id);
            p.Property(x => x.Id).ValueGeneratedNever();
            p.Property(x => x.Amount).HasPrecision(18, 8);
            p.Property(x => x.ValidFrom);
            p.Property(x => x.ValidUntil);
            p.Property(x => x.Source).HasMaxLength(200);
            p.Property(x => x.Ground).HasMaxLength(500);
        });
    }

    private static void ConfigureCloudServices(ModelBuilder builder) => builder.Entity<CloudService>(s =>
    {
        s.ToTable("cloud_services", "catalogue");
        s.HasKey(x => x.Id);
        s.Property(x => x.Id).ValueGeneratedNever();
        s.Property(x => x.Code).HasMaxLength(CloudService.LongestCode);
        s.Property(x => x.Version);
        s.HasIndex(x => new { x.Code, x.Version }).IsUnique();
        // One draft and one published version of a service, whatever two officers thought at once.
        s.HasIndex(x => x.Code, "ix_cloud_services_draft").IsUnique().HasFilter("state = 'Draft'");
        s.HasIndex(x => x.Code, "ix_cloud_services_published").IsUnique().HasFilter("state = 'Published'");
        s.Property(x => x.Name).HasMaxLength(100);
        s.Property(x => x.Category);
        s.Property(x => x.Layer);
        s.HasOne<Organisation>().WithMany().HasForeignKey(x => x.ProviderId).OnDelete(DeleteBehavior.Restrict);
        s.Property(x => x.Summary).HasMaxLength(1000);
        s.Property(x => x.Level).AsJson();
        s.Property(x => x.Form);
        s.Property(x => x.Plans).AsJson();
        s.Property(x => x.State);
        s.HasIndex(x => new { x.State, x.Category });
        s.Property(x => x.CreatedAt);
        s.Property(x => x.PublishedAt);
        s.Property(x => x.EndedAt);
        s.Property(x => x.Revision).IsConcurrencyToken();
    });
}
