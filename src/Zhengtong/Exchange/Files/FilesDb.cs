using Microsoft.EntityFrameworkCore;
using Zhengtong.Exchange.Files;

namespace Zhengtong;

internal partial class ZhengtongDb
{
    internal DbSet<ExchangedFile> ExchangedFiles => Set<ExchangedFile>();

    internal DbSet<FileRecipient> FileRecipients => Set<FileRecipient>();

    internal DbSet<FileRetention> FileRetentions => Set<FileRetention>();

    internal DbSet<FileInbox> FileInboxes => Set<FileInbox>();

    private static void ConfigureFiles(ModelBuilder builder)
    {
        builder.Entity<ExchangedFile>(f =>
        {
            f.ToTable("files", "exchange");
            f.HasKey(x => x.Id);
            f.Property(x => x.ResourceId);
            f.HasIndex(x => new { x.ResourceId, x.State });
            f.Property(x => x.ProviderId);
            f.HasIndex(x => new { x.ProviderId, x.CreatedAt });
            f.Property(x => x.Name).HasMaxLength(ExchangedFile.NameLength);
            f.Property(x => x.ContentType).HasMaxLength(ExchangedFile.ContentTypeLength);
            f.Property(x => x.Length);
            f.Property(x => x.Offset);
            f.Property(x => x.State);
            f.HasIndex(x => new { x.State, x.NextCheckAt });
            f.Property(x => x.NodeId);
            f.HasIndex(x => new { x.NodeId, x.State });
            f.Property(x => x.Wrap);
            f.Property(x => x.Metadata).HasMaxLength(Tus.MetadataLength);
            f.Property(x => x.Origin).HasMaxLength(64);
            f.HasIndex(x => x.Origin).IsUnique();
            f.Property(x => x.CreatedAt);
            f.Property(x => x.ExpiresAt);
            f.Property(x => x.UploadedAt);
            f.Property(x => x.Sha256).HasMaxLength(64);
            f.Property(x => x.Sm3).HasMaxLength(64);
            f.Property(x => x.Check);
            f.Property(x => x.Finding).HasMaxLength(200);
            f.Property(x => x.PublishedAt);
            f.Property(x => x.PurgedAt);
            f.Property(x => x.IsLeft);
            f.HasIndex(x => x.IsLeft);
            f.Property(x => x.Problem).HasMaxLength(100);
            f.Property(x => x.Failures);
            f.Property(x => x.NextCheckAt);
            f.Property(x => x.Revision).IsConcurrencyToken();
        });
        builder.Entity<FileRecipient>(r =>
        {
            r.ToTable("file_recipients", "exchange");
            r.HasKey(x => x.Id);
            r.HasOne<ExchangedFile>().WithMany().HasForeignKey(x => x.FileId).OnDelete(DeleteBehavior.Restrict);
            r.Property(x => x.AgreementId);
            r.HasIndex(x => new { x.FileId, x.AgreementId }).IsUnique();
            r.Property(x => x.ConsumerId);
            r.HasIndex(x => new { x.ConsumerId, x.PublishedAt });
            r.Property(x => x.State);
            r.HasIndex(x => new { x.AgreementId, x.State });
            r.Property(x => x.NodeId);
            r.HasIndex(x => new { x.NodeId, x.State });
            r.Property(x => x.Wrap);
            r.Property(x => x.Manifest);
            r.Property(x => x.ManifestDigest).HasMaxLength(64);
            r.Property(x => x.Signature).HasMaxLength(200);
            r.Property(x => x.PublishedAt);
            r.Property(x => x.StartedAt);
            r.Property(x => x.WrongDigest).HasMaxLength(64);
            r.Property(x => x.CounterReceipt);
            r.Property(x => x.CounterSignature).HasMaxLength(200);
            r.Property(x => x.ConfirmedAt);
            r.Property(x => x.Revision).IsConcurrencyToken();
        });
        builder.Entity<FileRetention>(r =>
        {
            r.ToTable("file_retentions", "exchange");
            r.HasKey(x => x.ResourceId);
            r.Property(x => x.KeepDays);
            r.Property(x => x.LatestDays);
        });
        builder.Entity<FileInbox>(i =>
        {
            i.ToTable("file_inboxes", "exchange");
            i.HasKey(x => x.AgreementId);
            i.Property(x => x.OrganisationId);
            i.HasIndex(x => x.OrganisationId);
            i.Property(x => x.NodeId);
            i.Property(x => x.SetAt);
        });
    }
}
