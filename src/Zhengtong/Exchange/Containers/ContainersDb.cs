using Microsoft.EntityFrameworkCore;
using Zhengtong.Exchange.Containers;
using Zhengtong.Kernel.Organisations;

namespace Zhengtong;

internal partial class ZhengtongDb
{
    internal DbSet<MemberCertificate> MemberCertificates => Set<MemberCertificate>();

    private static void ConfigureContainers(ModelBuilder builder) => builder.Entity<MemberCertificate>(c =>
    {
        c.ToTable("member_certificates", "exchange");
        c.HasKey(x => x.KeyId);
        c.Property(x => x.KeyId).HasMaxLength(64);
        c.HasOne<Organisation>().WithMany().HasForeignKey(x => x.OrganisationId).OnDelete(DeleteBehavior.Restrict);
        c.Property(x => x.Serial).HasMaxLength(40);
        c.HasIndex(x => x.Serial).IsUnique();
        c.Property(x => x.Certificate);
        c.Property(x => x.RevokedAt).IsConcurrencyToken();
        c.Property(x => x.IssuedAt);
    });
}
