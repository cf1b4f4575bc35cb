using Microsoft.EntityFrameworkCore;
using Zhengtong.Exchange.Gateway;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Organisations;

namespace Zhengtong;

internal partial class ZhengtongDb
{
    internal DbSet<ApiService> ApiServices => Set<ApiService>();

    internal DbSet<InformationSystem> InformationSystems => Set<InformationSystem>();

    internal DbSet<ApiQuota> ApiQuotas => Set<ApiQuota>();

    private static void ConfigureGateway(ModelBuilder builder)
    {
        builder.Entity<ApiService>(s =>
        {
            s.ToTable("api_services", "exchange");
            s.HasKey(x => x.Id);
            s.Property(x => x.ResourceId);
            s.HasIndex(x => x.ResourceId).IsUnique();
            s.HasOne<Organisation>().WithMany().HasForeignKey(x => x.OrganisationId).OnDelete(DeleteBehavior.Restrict);
            s.Property(x => x.SubsystemCode).HasMaxLength(60);
            s.Property(x => x.ServiceCode).HasMaxLength(60);
            s.HasIndex(x => new { x.OrganisationId, x.SubsystemCode, x.ServiceCode }).IsUnique();
            s.Property(x => x.Door);
            s.Property(x => x.TimeoutSeconds);
            s.Property(x => x.IsEnabled);
            s.Property(x => x.LastFault).HasMaxLength(100);
            s.Property(x => x.LastFaultAt);
            s.Property(x => x.SetAt);
            s.Property(x => x.Revision).IsConcurrencyToken();
        });
        builder.Entity<InformationSystem>(s =>
        {
            s.ToTable("information_systems", "exchange");
            s.HasKey(x => x.Id);
            s.HasOne<Organisation>().WithMany().HasForeignKey(x => x.OrganisationId).OnDelete(DeleteBehavior.Restrict);
            s.Property(x => x.SubsystemCode).HasMaxLength(60);
            s.HasIndex(x => new { x.OrganisationId, x.SubsystemCode }).IsUnique();
            s.Property(x => x.Name).HasMaxLength(60);
            s.HasOne<ApiClient>().WithMany().HasForeignKey(x => x.ClientId).OnDelete(DeleteBehavior.Restrict);
            s.Property(x => x.Certificates).AsJson();
            s.Property(x => x.Addresses).AsJson();
            s.Property(x => x.SetAt);
        });
        builder.Entity<ApiQuota>(q =>
        {
            q.ToTable("api_quotas", "exchange");
            q.HasKey(x => new { x.AgreementId, x.Day });
            q.Property(x => x.Reserved);
        });
    }
}
