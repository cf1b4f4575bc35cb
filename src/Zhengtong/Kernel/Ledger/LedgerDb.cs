using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Ledger;

namespace Zhengtong;

internal partial class ZhengtongDb
{
    internal DbSet<Tile> LedgerTiles => Set<Tile>();

    internal DbSet<Checkpoint> LedgerCheckpoints => Set<Checkpoint>();

    internal DbSet<LedgerKey> LedgerKeys => Set<LedgerKey>();

    internal DbSet<LedgerCheckRun> LedgerChecks => Set<LedgerCheckRun>();

    private static void ConfigureLedger(ModelBuilder builder)
    {
        builder.Entity<LedgerEntry>(e =>
        {
            e.HasIndex(x => x.Id, "ix_ledger_entries_unsequenced").HasFilter("\"index\" IS NULL");
            e.HasIndex(x => new { x.ActorOrganisation, x.Id });
            e.HasIndex(x => new { x.Event, x.Id });
        });
        builder.Entity<Tile>(t =>
        {
            t.ToTable("ledger_tiles", "kernel");
            t.HasKey(x => x.Place);
            t.Property(x => x.Place).ValueGeneratedNever();
            t.Property(x => x.Hashes);
            t.Ignore(x => x.Level);
            t.Ignore(x => x.Number);
            t.Ignore(x => x.Count);
        });
        builder.Entity<Checkpoint>(c =>
        {
            c.ToTable("ledger_checkpoints", "kernel");
            c.HasKey(x => x.Size);
            c.Property(x => x.Size).ValueGeneratedNever();
            c.Property(x => x.Root);
            c.Property(x => x.Note);
            c.Property(x => x.SignedAt);
        });
        builder.Entity<LedgerKey>(k =>
        {
            k.ToTable("ledger_keys", "kernel");
            k.HasKey(x => x.Generation);
            k.Property(x => x.Generation).ValueGeneratedNever();
            k.Property(x => x.Origin).HasMaxLength(200);
            k.Property(x => x.PublicKey);
            k.Property(x => x.PrivateKey);
            k.Property(x => x.CreatedAt);
        });
        builder.Entity<LedgerCheckRun>(r =>
        {
            r.ToTable("ledger_checks", "kernel");
            r.HasKey(x => x.Id);
            r.Property(x => x.StartedAt);
            r.HasIndex(x => x.StartedAt);
            r.Property(x => x.FinishedAt);
            r.Property(x => x.From);
            r.Property(x => x.To);
            r.Property(x => x.Size);
            r.Property(x => x.FindingCount);
            r.Property(x => x.Findings);
        });
    }
}
