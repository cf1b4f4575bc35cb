using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Migration;
using Zhengtong.Cloud.Model;
using Zhengtong.Kernel.Organisations;

namespace Zhengtong;

internal partial class ZhengtongDb
{
    internal DbSet<LegacySystem> LegacySystems => Set<LegacySystem>();

    internal DbSet<MachineRoom> MachineRooms => Set<MachineRoom>();

    private static void ConfigureMigration(ModelBuilder builder)
    {
        builder.Entity<MachineRoom>(r =>
        {
            r.ToTable("machine_rooms", "cloud");
            r.HasKey(x => x.Id);
            r.Property(x => x.Id).ValueGeneratedNever();
            r.HasOne<Organisation>().WithMany().HasForeignKey(x => x.OrganisationId).OnDelete(DeleteBehavior.Restrict);
            r.Property(x => x.Name).HasMaxLength(100);
            r.HasIndex(x => new { x.OrganisationId, x.Name }).IsUnique();
            r.Property(x => x.DeclaredAt);
            r.Property(x => x.ClosedAt);
            r.Property(x => x.Revision).IsConcurrencyToken();
        });
        builder.Entity<LegacySystem>(s =>
        {
            s.ToTable("legacy_systems", "cloud");
            s.HasKey(x => x.Id);
            s.Property(x => x.Id).ValueGeneratedNever();
            s.HasOne<Organisation>().WithMany().HasForeignKey(x => x.OrganisationId).OnDelete(DeleteBehavior.Restrict);
            s.Property(x => x.Name).HasMaxLength(100);
            s.HasIndex(x => new { x.OrganisationId, x.Name }).IsUnique();
            s.Property(x => x.Purpose).HasMaxLength(500);
            s.HasOne<MachineRoom>().WithMany().HasForeignKey(x => x.RoomId).OnDelete(DeleteBehavior.Restrict);
            s.Property(x => x.Servers);
            s.Property(x => x.State);
            s.Property(x => x.TargetDate);
            s.HasOne<BusinessSystem>().WithMany().HasForeignKey(x => x.SystemId).OnDelete(DeleteBehavior.Restrict);
            s.Property(x => x.DeclaredAt);
            s.Property(x => x.EndedAt);
            s.Property(x => x.Revision).IsConcurrencyToken();
        });
    }
}
