using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Notices;
using Zhengtong.Kernel.Organisations;

namespace Zhengtong;

internal partial class ZhengtongDb
{
    internal DbSet<Notice> Notices => Set<Notice>();

    internal DbSet<NoticeRead> NoticeReads => Set<NoticeRead>();

    private static void ConfigureNotices(ModelBuilder builder)
    {
        builder.Entity<Notice>(n =>
        {
            n.ToTable("notices", "kernel");
            n.HasKey(x => x.Id);
            n.Property(x => x.Id).ValueGeneratedNever();
            n.HasOne<Organisation>().WithMany().HasForeignKey(x => x.OrganisationId).OnDelete(DeleteBehavior.Restrict);
            n.Property(x => x.At);
            n.HasIndex(x => new { x.OrganisationId, x.At });
            n.HasIndex(x => x.At);
            n.Property(x => x.Tone);
            n.Property(x => x.TextKey).HasMaxLength(100);
            n.Property(x => x.Arguments).AsJson();
            n.Property(x => x.Href).HasMaxLength(200);
        });
        builder.Entity<NoticeRead>(r =>
        {
            r.ToTable("notice_reads", "kernel");
            r.HasKey(x => new { x.NoticeId, x.ReaderId });
            r.HasOne<Notice>().WithMany().HasForeignKey(x => x.NoticeId).OnDelete(DeleteBehavior.Cascade);
            r.Property(x => x.ReaderId);
            r.Property(x => x.At);
        });
    }
}
