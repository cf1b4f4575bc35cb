using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel;
using Zhengtong.OpenData.Keys;

namespace Zhengtong;

internal partial class ZhengtongDb
{
    internal DbSet<DeveloperKey> DeveloperKeys => Set<DeveloperKey>();

    internal DbSet<KeyUsage> KeyUsages => Set<KeyUsage>();

    private static void ConfigureDeveloperKeys(ModelBuilder builder)
    {
        builder.Entity<DeveloperKey>(k =>
        {
            k.ToTable("developer_keys", "open_data");
            k.HasKey(x => x.Id);
            k.Property(x => x.Name).HasMaxLength(100);
            k.Property(x => x.Mail).HasMaxLength(200);
            k.Property(x => x.Scopes).AsJson();
            k.Property(x => x.TokenHash).HasMaxLength(64);
            k.HasIndex(x => x.TokenHash).IsUnique();
            k.Property(x => x.Beginning).HasMaxLength(20);
            k.Property(x => x.PerMinute);
            k.Property(x => x.PerDay);
            k.Property(x => x.CreatedAt);
            k.HasIndex(x => x.CreatedAt);
            k.Property(x => x.RevokedAt);
            k.Property(x => x.Revision).IsConcurrencyToken();
        });
        builder.Entity<KeyUsage>(u =>
        {
            u.ToTable("key_usages", "open_data");
            u.HasKey(x => new { x.KeyId, x.Day, x.Interface });
            u.Property(x => x.Interface).HasMaxLength(20);
            u.Property(x => x.Calls);
            u.Property(x => x.Refused);
            u.HasIndex(x => x.Day);
        });
    }
}
