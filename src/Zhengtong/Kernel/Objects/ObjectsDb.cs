using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Objects;

namespace Zhengtong;

internal partial class ZhengtongDb
{
    internal DbSet<StoredObject> StoredObjects => Set<StoredObject>();

    internal DbSet<ObjectReference> ObjectReferences => Set<ObjectReference>();

    private static void ConfigureObjects(ModelBuilder builder)
    {
        builder.Entity<StoredObject>(o =>
        {
            o.ToTable("stored_objects", "kernel");
            o.HasKey(x => x.Digest);
            o.Property(x => x.Digest).HasConversion(d => d.Value, s => Digest.Parse(s, null)).HasMaxLength(64);
            o.Property(x => x.Length);
            o.Property(x => x.TouchedAt);
            o.HasIndex(x => x.TouchedAt);
        });
        builder.Entity<ObjectReference>(r =>
        {
            r.ToTable("object_references", "kernel");
            r.HasKey(x => new { x.Digest, x.Owner });
            r.Property(x => x.Digest).HasConversion(d => d.Value, s => Digest.Parse(s, null)).HasMaxLength(64);
            r.Property(x => x.Owner).HasMaxLength(200);
            r.Property(x => x.Since);
            r.HasIndex(x => x.Owner);
            // Restrict: the collector cannot take an object in the moment somebody begins to need it.
            r.HasOne<StoredObject>().WithMany().HasForeignKey(x => x.Digest).OnDelete(DeleteBehavior.Restrict);
        });
    }
}
