using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Zhengtong.Cloud.Metering;

namespace Zhengtong;

internal partial class ZhengtongDb
{
    internal DbSet<MeterLatest> MeterLatest => Set<MeterLatest>();

    internal DbSet<MeterSheet> MeterSheets => Set<MeterSheet>();

    internal DbSet<MeterMinutes> MeterMinutes => Set<MeterMinutes>();

    internal DbSet<MeterDay> MeterDays => Set<MeterDay>();

    internal DbSet<MeterMonth> MeterMonths => Set<MeterMonth>();

    /// <summary>What is measured and accounted: samples, bills, savings, reclaims, capacity.</summary>
    private static void ConfigureMeasuring(ModelBuilder builder)
    {
        // Resources are known when a reading is taken in; a foreign key would ask again for each of ten thousand rows a minute.
        builder.Entity<MeterLatest>(l =>
        {
            l.ToTable("meter_latest", "cloud");
            l.HasKey(x => x.ResourceId);
            l.Property(x => x.ResourceId).ValueGeneratedNever();
            l.Property(x => x.ReadAt);
            l.Property(x => x.StartedAt);
            l.Property(x => x.CpuMicroseconds);
            l.Property(x => x.BytesReceived);
            l.Property(x => x.BytesSent);
            l.Property(x => x.Cpu);
            l.Property(x => x.MemoryMiB).HasColumnName("memory");
            l.Property(x => x.DiskMiB).HasColumnName("disk");
            l.Property(x => x.ReceivedPerSecond);
            l.Property(x => x.SentPerSecond);
            l.Ignore(x => x.At);
        });
        builder.Entity<MeterSheet>(s =>
        {
            s.ToTable("meter_sheets", "cloud");
            s.HasKey(x => x.Id);
            s.Property(x => x.Id).ValueGeneratedNever();
            s.Property(x => x.Hour);
            s.HasIndex(x => x.Hour);
            s.Property(x => x.Slots);
        });
        builder.Entity<MeterMinutes>(m =>
        {
            m.ToTable("meter_minutes", "cloud");
            m.HasKey(x => new { x.ResourceId, x.Hour });
            m.HasIndex(x => x.Hour);
            m.Property(x => x.Slots);
        });
        builder.Entity<MeterDay>(d =>
        {
            d.ToTable("meter_days", "cloud");
            d.HasKey(x => new { x.ResourceId, x.Day });
            d.ComplexProperty(x => x.Figures, Figures);
            d.Property(x => x.Hours);
            d.Property(x => x.IsClosed);
            d.HasIndex(x => x.Day);
            d.HasIndex(x => x.Day, "ix_meter_days_open").HasFilter("NOT is_closed");
        });
        builder.Entity<MeterMonth>(m =>
        {
            m.ToTable("meter_months", "cloud");
            m.HasKey(x => new { x.ResourceId, x.Month });
            m.ComplexProperty(x => x.Figures, Figures);
            m.Property(x => x.Days);
        });
        ConfigureBills(builder);
        ConfigureReclaims(builder);
        ConfigureSavings(builder);
        ConfigureCapacity(builder);
    }

    private static void Figures(ComplexPropertyBuilder<MeterFigures> figures)
    {
        figures.Property(x => x.Covered).HasColumnName("covered");
        figures.Property(x => x.CpuMin).HasColumnName("cpu_min");
        figures.Property(x => x.CpuMean).HasColumnName("cpu_mean");
        figures.Property(x => x.CpuMax).HasColumnName("cpu_max");
        figures.Property(x => x.CpuPeak).HasColumnName("cpu_peak");
        figures.Property(x => x.CpuP95).HasColumnName("cpu_p95");
        figures.Property(x => x.Gauged).HasColumnName("gauged");
        figures.Property(x => x.MemoryMean).HasColumnName("memory_mean");
        figures.Property(x => x.MemoryMax).HasColumnName("memory_max");
        figures.Property(x => x.MemoryP95).HasColumnName("memory_p95");
        figures.Property(x => x.DiskMax).HasColumnName("disk_max");
        figures.Property(x => x.Received).HasColumnName("received");
        figures.Property(x => x.Sent).HasColumnName("sent");
    }
}
