using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Http;

namespace Zhengtong;

internal partial class ZhengtongDb
{
    internal DbSet<IdempotencyKey> IdempotencyKeys => Set<IdempotencyKey>();

    private static void ConfigureHttp(ModelBuilder builder) => builder.Entity<IdempotencyKey>(k =>
    {
        k.ToTable("idempotency_keys", "kernel");
        k.HasKey(x => new { x.ActorId, x.Key });
        k.Property(x => x.ActorId).ValueGeneratedNever();
        k.Property(x => x.Key).HasMaxLength(128);
        k.Property(x => x.Request).HasMaxLength(64);
        k.Property(x => x.Response);
        k.Property(x => x.At);
        k.HasIndex(x => x.At);
    });
}
