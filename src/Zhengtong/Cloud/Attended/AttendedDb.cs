using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Attended;
using Zhengtong.Cloud.Model;
using Zhengtong.Kernel.Organisations;

namespace Zhengtong;

internal partial class ZhengtongDb
{
    internal DbSet<AttendedService> AttendedServices => Set<AttendedService>();

    private static void ConfigureAttended(ModelBuilder builder) => builder.Entity<AttendedService>(a =>
    {
        a.ToTable("attended_services", "cloud");
        a.HasKey(x => x.ResourceId);
        a.Property(x => x.ResourceId).ValueGeneratedNever();
        a.HasOne<CloudResource>().WithMany().HasForeignKey(x => x.ResourceId).OnDelete(DeleteBehavior.Restrict);
        a.HasOne<Organisation>().WithMany().HasForeignKey(x => x.ProviderId).OnDelete(DeleteBehavior.Restrict);
        a.HasIndex(x => new { x.ProviderId, x.AskedAt });
        a.Property(x => x.State);
        a.Property(x => x.AskedAt);
        a.Property(x => x.Note).HasMaxLength(AttendedService.LongestNote);
        a.Property(x => x.AnsweredAt);
        a.Property(x => x.EndedAt);
        a.Property(x => x.Revision).IsConcurrencyToken();
    });
}
