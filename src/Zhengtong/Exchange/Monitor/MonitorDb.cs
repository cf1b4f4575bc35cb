using Microsoft.EntityFrameworkCore;
using Zhengtong.Exchange.Monitor;
using Zhengtong.Kernel.Organisations;

namespace Zhengtong;

internal partial class ZhengtongDb
{
    internal DbSet<Alarm> Alarms => Set<Alarm>();

    private static void ConfigureMonitor(ModelBuilder builder) => builder.Entity<Alarm>(a =>
    {
        a.ToTable("alarms", "exchange");
        a.HasKey(x => x.Id);
        a.Property(x => x.Kind);
        a.Property(x => x.Subject).HasMaxLength(100);
        a.Property(x => x.Open).HasMaxLength(120);
        a.HasIndex(x => x.Open).IsUnique();
        a.Property(x => x.AgreementId);
        a.HasIndex(x => x.AgreementId);
        a.HasOne<Organisation>().WithMany().HasForeignKey(x => x.ProviderId).OnDelete(DeleteBehavior.Restrict);
        a.HasOne<Organisation>().WithMany().HasForeignKey(x => x.ConsumerId).OnDelete(DeleteBehavior.Restrict);
        a.Property(x => x.Name).HasMaxLength(200);
        a.Property(x => x.Figure);
        a.Property(x => x.Limit);
        a.Property(x => x.RaisedAt);
        a.HasIndex(x => x.RaisedAt);
        a.Property(x => x.SeenAt);
        a.Property(x => x.ClearedAt);
        a.Property(x => x.AcknowledgedAt);
        a.Property(x => x.AcknowledgedBy).HasMaxLength(100);
        a.Property(x => x.Ground).HasMaxLength(500);
        a.Property(x => x.Revision).IsConcurrencyToken();
    });
}
