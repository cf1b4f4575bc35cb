using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;
using Zhengtong.Exchange.Evidence;
using Zhengtong.Kernel.Objects;

namespace Zhengtong;

internal partial class ZhengtongDb
{
    internal DbSet<Call> Calls => Set<Call>();

    internal DbSet<CallGroup> CallGroups => Set<CallGroup>();

    internal DbSet<CallKey> CallKeys => Set<CallKey>();

    internal DbSet<CallSeal> CallSeals => Set<CallSeal>();

    private static void ConfigureEvidence(ModelBuilder builder)
    {
        builder.Entity<Call>(c =>
        {
            c.ToTable("calls", "exchange");
            c.HasKey(x => x.Number);
            c.Property(x => x.Number).ValueGeneratedOnAdd();
            c.Property(x => x.Id);
            c.HasIndex(x => x.Id).IsUnique();
            c.Property(x => x.MessageId).HasMaxLength(255);
            c.HasIndex(x => x.MessageId);
            c.Property(x => x.AgreementId);
            c.Property(x => x.ProviderId);
            c.Property(x => x.ConsumerId);
            c.Property(x => x.Suite);
            c.Property(x => x.Service).HasMaxLength(255);
            c.Property(x => x.Method).HasMaxLength(20);
            c.Property(x => x.Status);
            c.Property(x => x.RequestBytes);
            c.Property(x => x.ResponseBytes);
            c.Property(x => x.ReceivedAt);
            c.Property(x => x.AnsweredAt);
            c.HasIndex(x => new { x.AgreementId, x.ReceivedAt });
            c.Property(x => x.LeafHash).HasMaxLength(32);
            // No foreign keys: group and call come in one statement, the key before; to check each row again would cost as much as to write it.
            c.Property(x => x.GroupId);
            c.HasIndex(x => x.GroupId);
            c.Property(x => x.KeyId);
            c.Property(x => x.Sealed);
            c.Property(x => x.Object).HasConversion(new ValueConverter<Digest, string>(d => d.Value, s => Digest.Parse(s, null))).HasMaxLength(64);
            // PostgreSQL would cut every ciphertext of more than 2,000 bytes into pieces for a table of their own.
            c.HasStorageParameter("toast_tuple_target", 8160);
        });
        builder.Entity<CallGroup>(g =>
        {
            g.ToTable("call_groups", "exchange");
            g.HasKey(x => x.Id);
            g.Property(x => x.ProviderId);
            g.Property(x => x.ConsumerId);
            g.Property(x => x.Suite);
            g.Property(x => x.Size);
            g.Property(x => x.RecordedAt);
            g.HasOne<CallSeal>().WithMany().HasForeignKey(x => x.ProviderSealId).OnDelete(DeleteBehavior.Restrict);
            g.HasOne<CallSeal>().WithMany().HasForeignKey(x => x.ConsumerSealId).OnDelete(DeleteBehavior.Restrict);
            g.HasIndex(x => x.Id, "ix_call_groups_unsealed").HasFilter("\"provider_seal_id\" IS NULL");
        });
        builder.Entity<CallKey>(k =>
        {
            k.ToTable("call_keys", "exchange");
            k.HasKey(x => x.Id);
            k.Property(x => x.ProviderId);
            k.Property(x => x.ConsumerId);
            k.Property(x => x.Suite);
            k.Property(x => x.ProviderKey).HasMaxLength(64);
            k.Property(x => x.ProviderExchange);
            k.Property(x => x.ProviderWrapped);
            k.Property(x => x.ConsumerKey).HasMaxLength(64);
            k.Property(x => x.ConsumerExchange);
            k.Property(x => x.ConsumerWrapped);
            k.Property(x => x.CreatedAt);
        });
        builder.Entity<CallSeal>(s =>
        {
            s.ToTable("call_seals", "exchange");
            s.HasKey(x => x.Id);
            s.Property(x => x.Side);
            s.Property(x => x.OrganisationId);
            s.Property(x => x.Suite);
            s.Property(x => x.KeyId).HasMaxLength(64);
            s.Property(x => x.Sequence);
            s.HasIndex(x => new { x.KeyId, x.Side, x.Sequence }).IsUnique();
            s.Property(x => x.Size);
            s.Property(x => x.Document);
            s.Property(x => x.Digest).HasMaxLength(64);
            s.Property(x => x.Signature).HasMaxLength(200);
            s.Property(x => x.SealedAt);
            s.Property(x => x.Stamp);
            s.Property(x => x.StampedAt);
            s.HasIndex(x => x.SealedAt, "ix_call_seals_unstamped").HasFilter("\"stamped_at\" IS NULL");
        });
    }
}
