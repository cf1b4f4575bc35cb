using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Organisations;
using Zhengtong.OpenData.Keys;
using Zhengtong.OpenData.Model;
using Zhengtong.OpenData.Reuse;

namespace Zhengtong;

internal partial class ZhengtongDb
{
    internal DbSet<DatasetRating> DatasetRatings => Set<DatasetRating>();

    internal DbSet<DatasetComment> DatasetComments => Set<DatasetComment>();

    internal DbSet<DataRequest> DataRequests => Set<DataRequest>();

    internal DbSet<DataRequestVote> DataRequestVotes => Set<DataRequestVote>();

    internal DbSet<AccessApplication> AccessApplications => Set<AccessApplication>();

    internal DbSet<ShowcaseApp> ShowcaseApps => Set<ShowcaseApp>();

    internal DbSet<AppUse> AppUses => Set<AppUse>();

    internal DbSet<KeyNotice> KeyNotices => Set<KeyNotice>();

    internal DbSet<DatasetSubscription> DatasetSubscriptions => Set<DatasetSubscription>();

    internal DbSet<MailSubscription> MailSubscriptions => Set<MailSubscription>();

    private static void ConfigureReuse(ModelBuilder builder)
    {
        builder.Entity<DatasetRating>(r =>
        {
            r.ToTable("dataset_ratings", "open_data");
            r.HasKey(x => new { x.DatasetId, x.Voice });
            r.HasOne<Dataset>().WithMany().HasForeignKey(x => x.DatasetId).OnDelete(DeleteBehavior.Cascade);
            r.Property(x => x.Voice).HasMaxLength(40);
            r.Property(x => x.Stars);
            r.Property(x => x.At);
        });
        builder.Entity<DatasetComment>(c =>
        {
            c.ToTable("dataset_comments", "open_data");
            c.HasKey(x => x.Id);
            c.HasOne<Dataset>().WithMany().HasForeignKey(x => x.DatasetId).OnDelete(DeleteBehavior.Cascade);
            c.HasIndex(x => new { x.DatasetId, x.State, x.At });
            c.HasIndex(x => new { x.State, x.At });
            c.Property(x => x.Voice).HasMaxLength(40);
            c.Property(x => x.By);
            c.Property(x => x.Name).HasMaxLength(50);
            c.Property(x => x.Words).HasMaxLength(2000);
            c.Property(x => x.State);
            c.Property(x => x.At);
            c.Property(x => x.DecidedBy);
            c.Property(x => x.DecidedAt);
            c.Property(x => x.HiddenBecause).HasMaxLength(500);
            c.Property(x => x.Answer).HasMaxLength(2000);
            c.Property(x => x.Revision).IsConcurrencyToken();
        });
        builder.Entity<DataRequest>(r =>
        {
            r.ToTable("data_requests", "open_data");
            r.HasKey(x => x.Id);
            r.Property(x => x.Kind);
            r.Property(x => x.Title).HasMaxLength(200);
            r.Property(x => x.Words).HasMaxLength(4000);
            r.Property(x => x.Voice).HasMaxLength(40);
            r.HasIndex(x => new { x.Voice, x.State });
            r.Property(x => x.By);
            r.Property(x => x.Name).HasMaxLength(50);
            r.HasOne<Dataset>().WithMany().HasForeignKey(x => x.DatasetId).OnDelete(DeleteBehavior.Restrict);
            r.Property(x => x.Version);
            r.Property(x => x.ResourceId);
            r.Property(x => x.Column).HasMaxLength(300);
            r.Property(x => x.Rows).HasMaxLength(200);
            r.HasOne<Organisation>().WithMany().HasForeignKey(x => x.DepartmentId).OnDelete(DeleteBehavior.Restrict);
            r.HasIndex(x => new { x.DepartmentId, x.State, x.DueOn });
            r.Property(x => x.At);
            r.HasIndex(x => x.At);
            r.Property(x => x.DueOn);
            r.Property(x => x.DueBy).HasMaxLength(400);
            r.Property(x => x.State);
            r.Property(x => x.Answer).HasMaxLength(4000);
            r.Property(x => x.AnsweredBy);
            r.Property(x => x.DecidedBy);
            r.Property(x => x.DecidedAt);
            r.Property(x => x.AnsweredOn);
            r.Property(x => x.MergedInto);
            r.Property(x => x.Revision).IsConcurrencyToken();
            r.Ignore(x => x.IsOpen);
            r.Ignore(x => x.IsPublic);
        });
        builder.Entity<DataRequestVote>(v =>
        {
            v.ToTable("data_request_votes", "open_data");
            v.HasKey(x => new { x.RequestId, x.Voice });
            v.HasOne<DataRequest>().WithMany().HasForeignKey(x => x.RequestId).OnDelete(DeleteBehavior.Cascade);
            v.Property(x => x.Voice).HasMaxLength(40);
            v.Property(x => x.At);
        });
        builder.Entity<AccessApplication>(a =>
        {
            a.ToTable("access_applications", "open_data");
            a.HasKey(x => x.Id);
            a.HasOne<Dataset>().WithMany().HasForeignKey(x => x.DatasetId).OnDelete(DeleteBehavior.Restrict);
            a.HasIndex(x => new { x.DatasetId, x.State, x.DueOn });
            a.HasOne<DeveloperKey>().WithMany().HasForeignKey(x => x.KeyId).OnDelete(DeleteBehavior.Restrict);
            a.HasIndex(x => new { x.KeyId, x.DatasetId });
            // Of two at once with the same key one is refused: else taking back the one grant would leave the other.
            a.HasIndex(x => new { x.DatasetId, x.KeyId }).IsUnique().HasFilter("state IN ('Waiting', 'Granted')");
            a.Property(x => x.Applicant).HasMaxLength(200);
            a.Property(x => x.Contact).HasMaxLength(200);
            a.Property(x => x.Purpose).HasMaxLength(2000);
            a.Property(x => x.Safety).HasMaxLength(2000);
            a.Property(x => x.Until);
            a.Property(x => x.At);
            a.Property(x => x.DueOn);
            a.Property(x => x.DueBy).HasMaxLength(400);
            a.Property(x => x.State);
            a.HasIndex(x => new { x.State, x.Until });
            a.Property(x => x.DecidedBy);
            a.Property(x => x.DecidedAt);
            a.Property(x => x.Ground).HasMaxLength(500);
            a.Property(x => x.Revision).IsConcurrencyToken();
        });
        builder.Entity<ShowcaseApp>(a =>
        {
            a.ToTable("showcase_apps", "open_data");
            a.HasKey(x => x.Id);
            a.Property(x => x.Name).HasMaxLength(100);
            a.Property(x => x.Summary).HasMaxLength(2000);
            a.Property(x => x.Link).HasMaxLength(500);
            a.Property(x => x.Maker).HasMaxLength(100);
            a.HasOne<DeveloperKey>().WithMany().HasForeignKey(x => x.KeyId).OnDelete(DeleteBehavior.Restrict);
            a.HasIndex(x => new { x.KeyId, x.State });
            a.Property(x => x.At);
            a.Property(x => x.State);
            a.HasIndex(x => new { x.State, x.At });
            a.Property(x => x.ReviewedBy);
            a.Property(x => x.ReviewedAt);
            a.Property(x => x.RefusedBecause).HasMaxLength(500);
            a.Property(x => x.Revision).IsConcurrencyToken();
        });
        builder.Entity<AppUse>(u =>
        {
            u.ToTable("app_uses", "open_data");
            u.HasKey(x => new { x.AppId, x.DatasetId });
            u.HasOne<ShowcaseApp>().WithMany().HasForeignKey(x => x.AppId).OnDelete(DeleteBehavior.Cascade);
            u.HasOne<Dataset>().WithMany().HasForeignKey(x => x.DatasetId).OnDelete(DeleteBehavior.Restrict);
            u.HasIndex(x => x.DatasetId);
            u.Property(x => x.Columns).AsJson();
        });
        builder.Entity<KeyNotice>(n =>
        {
            n.ToTable("key_notices", "open_data");
            n.HasKey(x => x.Id);
            n.HasOne<DeveloperKey>().WithMany().HasForeignKey(x => x.KeyId).OnDelete(DeleteBehavior.Cascade);
            n.HasIndex(x => new { x.KeyId, x.At });
            n.Property(x => x.At);
            n.Property(x => x.TextKey).HasMaxLength(100);
            n.Property(x => x.Arguments).AsJson();
            n.Property(x => x.Href).HasMaxLength(200);
            n.Property(x => x.MailedAt);
        });
        builder.Entity<MailSubscription>(s =>
        {
            s.ToTable("mail_subscriptions", "open_data");
            s.HasKey(x => x.Id);
            s.Property(x => x.Id).ValueGeneratedNever();
            s.Property(x => x.Topic);
            s.Property(x => x.TopicId);
            s.Property(x => x.AddressMark).HasMaxLength(32);
            s.HasIndex(x => new { x.AddressMark, x.Topic, x.TopicId }).IsUnique();
            s.Property(x => x.Address).HasMaxLength(400);
            s.Property(x => x.Language).HasMaxLength(10);
            s.Property(x => x.Rhythm);
            s.Property(x => x.AskedRhythm);
            s.Property(x => x.At);
            s.Property(x => x.TokenHash).HasMaxLength(64);
            s.HasIndex(x => x.TokenHash).IsUnique();
            s.Property(x => x.TokenUntil);
            s.Property(x => x.ConfirmedAt);
            s.Property(x => x.ToldVersion);
            s.Property(x => x.ToldWithdrawn);
            s.Property(x => x.ToldAt);
            s.Property(x => x.NextAt);
            s.HasIndex(x => new { x.Topic, x.Rhythm, x.NextAt });
            s.HasIndex(x => new { x.Topic, x.TopicId });
            s.Property(x => x.Revision).IsConcurrencyToken();
        });
        builder.Entity<DatasetSubscription>(s =>
        {
            s.ToTable("dataset_subscriptions", "open_data");
            s.HasKey(x => x.Id);
            s.HasOne<Dataset>().WithMany().HasForeignKey(x => x.DatasetId).OnDelete(DeleteBehavior.Cascade);
            s.HasOne<DeveloperKey>().WithMany().HasForeignKey(x => x.KeyId).OnDelete(DeleteBehavior.Cascade);
            s.HasIndex(x => new { x.KeyId, x.At });
            s.Property(x => x.Address).HasMaxLength(500);
            s.Property(x => x.Secret).HasMaxLength(200);
            s.Property(x => x.At);
            s.Property(x => x.ToldVersion);
            s.Property(x => x.ToldWithdrawn);
            s.Property(x => x.Failures);
            s.Property(x => x.NextAt);
            s.Property(x => x.LastResult).HasMaxLength(200);
            s.Property(x => x.DeadSince);
            s.HasIndex(x => new { x.DeadSince, x.NextAt });
            s.Property(x => x.Revision).IsConcurrencyToken();
        });
    }
}
