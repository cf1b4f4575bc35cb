using Microsoft.EntityFrameworkCore;
using Zhengtong.Exchange.Nodes;
using Zhengtong.Kernel.Organisations;

namespace Zhengtong;

internal partial class ZhengtongDb
{
    internal DbSet<FrontEndNode> FrontEndNodes => Set<FrontEndNode>();

    internal DbSet<NodeCertificate> NodeCertificates => Set<NodeCertificate>();

    internal DbSet<NodeNonce> NodeNonces => Set<NodeNonce>();

    private static void ConfigureNodes(ModelBuilder builder)
    {
        builder.Entity<FrontEndNode>(n =>
        {
            n.ToTable("front_end_nodes", "exchange");
            n.HasKey(x => x.Id);
            n.Property(x => x.Name).HasMaxLength(60);
            n.HasIndex(x => new { x.OrganisationId, x.Name }).IsUnique();
            n.HasOne<Organisation>().WithMany().HasForeignKey(x => x.OrganisationId).OnDelete(DeleteBehavior.Restrict);
            n.Property(x => x.CreatedAt);
            n.Property(x => x.TokenDigest).HasMaxLength(64);
            n.Property(x => x.TokenExpiresAt);
            n.Property(x => x.EnrolledAt);
            n.Property(x => x.RevokedAt);
            n.Property(x => x.LastSeenAt);
            n.Property(x => x.SilentSince);
            n.Property(x => x.Version).HasMaxLength(60);
            n.Property(x => x.ClockAhead);
            n.Property(x => x.DiskFreeBytes);
            n.Property(x => x.SpooledBatches);
            n.Property(x => x.LagSeconds);
            n.Property(x => x.Report);
            n.Ignore(x => x.State);
            n.Property(x => x.Revision).IsConcurrencyToken();
        });
        builder.Entity<NodeCertificate>(c =>
        {
            c.ToTable("node_certificates", "exchange");
            c.HasKey(x => x.Serial);
            c.Property(x => x.Serial).HasMaxLength(40);
            c.HasOne<FrontEndNode>().WithMany().HasForeignKey(x => x.NodeId).OnDelete(DeleteBehavior.Restrict);
            c.Property(x => x.Certificate);
            c.Property(x => x.PublicKey);
            c.Property(x => x.NotBefore);
            c.Property(x => x.NotAfter);
            c.Property(x => x.RevokedAt);
        });
        builder.Entity<NodeNonce>(n =>
        {
            n.ToTable("node_nonces", "exchange");
            n.HasKey(x => new { x.NodeId, x.Nonce });
            n.Property(x => x.Nonce).HasMaxLength(22);
            n.Property(x => x.At);
            n.HasIndex(x => x.At);
        });
    }
}
