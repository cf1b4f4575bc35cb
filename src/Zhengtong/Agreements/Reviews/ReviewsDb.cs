using Microsoft.EntityFrameworkCore;
using Zhengtong.Agreements.Model;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;

namespace Zhengtong;

internal partial class ZhengtongDb
{
    internal DbSet<ReviewChain> ReviewChains => Set<ReviewChain>();

    internal DbSet<Review> Reviews => Set<Review>();

    internal DbSet<ReviewDelegation> ReviewDelegations => Set<ReviewDelegation>();

    private static void ConfigureReviews(ModelBuilder builder)
    {
        builder.Entity<ReviewChain>(c =>
        {
            c.ToTable("review_chains", "agreements");
            c.HasKey(x => x.Id);
            c.Property(x => x.Id).ValueGeneratedNever();
            c.Property(x => x.Kind).HasMaxLength(60);
            c.Property(x => x.Region);
            c.Property(x => x.OrganisationId);
            c.Property(x => x.Version);
            c.HasIndex(x => new { x.Kind, x.Region, x.OrganisationId, x.Version }).IsUnique();
            c.Property(x => x.ValidFrom);
            c.Property(x => x.Steps).AsJson();
            c.Property(x => x.Source).HasMaxLength(500);
            c.Property(x => x.DefinedBy);
            c.Property(x => x.DefinedAt);
            c.HasIndex(x => x.DefinedAt);
        });
        builder.Entity<Review>(r =>
        {
            r.ToTable("reviews", "agreements");
            r.HasKey(x => x.Id);
            r.Property(x => x.Id).ValueGeneratedNever();
            r.Property(x => x.Kind).HasMaxLength(60);
            r.Property(x => x.SubjectId);
            r.HasIndex(x => new { x.Kind, x.SubjectId }).IsUnique();
            r.Property(x => x.Number).HasMaxLength(40);
            r.Property(x => x.Title).HasMaxLength(200);
            r.Property(x => x.ApplicantId);
            r.HasIndex(x => new { x.ApplicantId, x.State, x.DueOn });
            r.Property(x => x.ProviderId);
            r.Property(x => x.SubmittedBy);
            r.Property(x => x.Region);
            r.HasOne<ReviewChain>().WithMany().HasForeignKey(x => x.ChainId).OnDelete(DeleteBehavior.Restrict);
            r.Property(x => x.Steps).AsJson();
            r.Property(x => x.Facts).AsJson();
            r.Property(x => x.OpenedAt);
            r.Property(x => x.State);
            r.Property(x => x.Step);
            r.Property(x => x.StepName).HasMaxLength(60);
            r.Property(x => x.ReviewerId);
            r.HasIndex(x => new { x.ReviewerId, x.State, x.DueOn });
            r.Property(x => x.Post);
            r.Property(x => x.Round);
            r.Property(x => x.StepRound);
            r.Property(x => x.StepStartedAt);
            r.Property(x => x.DueOn);
            r.Property(x => x.IsProvisional);
            // Reminders and counting anew leave the revision alone: of two processes that look at once these let one through.
            r.Property(x => x.CalendarVersion).IsConcurrencyToken();
            r.Property(x => x.Warned).IsConcurrencyToken();
            r.Property(x => x.NextWarningOn);
            r.HasIndex(x => new { x.State, x.NextWarningOn });
            r.Property(x => x.EscalatedTo);
            r.HasIndex(x => new { x.EscalatedTo, x.DueOn });
            r.Property(x => x.EndedAt);
            r.Property(x => x.Revision).IsConcurrencyToken();
            r.HasMany(x => x.Acts).WithOne().HasForeignKey(a => a.ReviewId).OnDelete(DeleteBehavior.Cascade);
            r.HasMany(x => x.Stops).WithOne().HasForeignKey(s => s.ReviewId).OnDelete(DeleteBehavior.Cascade);
        });
        builder.Entity<ReviewAct>(a =>
        {
            a.ToTable("review_acts", "agreements");
            // Of two acts at once one takes the next number.
            a.HasKey(x => new { x.ReviewId, x.Sequence });
            a.Property(x => x.Sequence).ValueGeneratedNever();
            a.Property(x => x.Kind);
            a.Property(x => x.Step);
            a.Property(x => x.StepName).HasMaxLength(60);
            a.Property(x => x.Round);
            a.Property(x => x.At);
            a.Property(x => x.ById);
            a.Property(x => x.ByName).HasMaxLength(50);
            a.Property(x => x.ByOrganisation);
            a.Property(x => x.ForId);
            a.Property(x => x.ForName).HasMaxLength(50);
            a.Property(x => x.Opinion).HasMaxLength(500);
            a.Property(x => x.ReasonCode).HasMaxLength(40);
            a.Property(x => x.ToStep);
            a.Property(x => x.Percent);
            a.Property(x => x.DueOn);
            a.Property(x => x.Late);
        });
        builder.Entity<ReviewStop>(s =>
        {
            s.ToTable("review_stops", "agreements");
            s.HasKey(x => new { x.ReviewId, x.Sequence });
            s.Property(x => x.Sequence).ValueGeneratedNever();
            s.Property(x => x.Round);
            s.Property(x => x.Step);
            s.Property(x => x.From).HasColumnName("stopped_from");
            s.Property(x => x.Until).HasColumnName("stopped_until");
            s.Property(x => x.Reason).HasMaxLength(500);
            s.Property(x => x.Missing).AsJson();
            s.Property(x => x.Answer).HasMaxLength(2000);
        });
        builder.Entity<ReviewDelegation>(d =>
        {
            d.ToTable("review_delegations", "agreements");
            d.HasKey(x => x.Id);
            d.Property(x => x.Id).ValueGeneratedNever();
            d.HasOne<Officer>().WithMany().HasForeignKey(x => x.OfficerId).OnDelete(DeleteBehavior.Restrict);
            d.HasOne<Officer>().WithMany().HasForeignKey(x => x.DeputyId).OnDelete(DeleteBehavior.Restrict);
            d.Property(x => x.OrganisationId);
            d.HasIndex(x => new { x.OrganisationId, x.MadeAt });
            d.Property(x => x.From).HasColumnName("valid_from");
            d.Property(x => x.Until).HasColumnName("valid_until");
            d.Property(x => x.Reason).HasMaxLength(500);
            d.Property(x => x.MadeAt);
            d.Property(x => x.EndedAt);
            d.Property(x => x.Revision).IsConcurrencyToken();
        });
    }
}
