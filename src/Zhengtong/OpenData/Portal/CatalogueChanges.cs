using System.Data.Common;
using System.Runtime.CompilerServices;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.ChangeTracking;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Zhengtong.Kernel.Organisations;
using Zhengtong.OpenData.Model;

namespace Zhengtong.OpenData.Portal;

/// <summary>Counts the saves of this process that changed what the catalogue finds.</summary>
internal sealed class CatalogueChanges : ISaveChangesInterceptor, IDbTransactionInterceptor
{
    /// <summary>Contexts with such a change that others do not see yet.</summary>
    private readonly ConditionalWeakTable<DbContext, DbContext> open = [];
    private long generation;

    /// <summary>Grows with every such save, once it is committed.</summary>
    internal long Generation => Interlocked.Read(ref generation);

    public InterceptionResult<int> SavingChanges(DbContextEventData eventData, InterceptionResult<int> result)
    {
        Saving(eventData.Context);
        return result;
    }

    public ValueTask<InterceptionResult<int>> SavingChangesAsync(DbContextEventData eventData, InterceptionResult<int> result, CancellationToken cancellationToken = default)
    {
        Saving(eventData.Context);
        return ValueTask.FromResult(result);
    }

    public int SavedChanges(SaveChangesCompletedEventData eventData, int result)
    {
        Saved(eventData.Context);
        return result;
    }

    public ValueTask<int> SavedChangesAsync(SaveChangesCompletedEventData eventData, int result, CancellationToken cancellationToken = default)
    {
        Saved(eventData.Context);
        return ValueTask.FromResult(result);
    }

    public void TransactionCommitted(DbTransaction transaction, TransactionEndEventData eventData) => Committed(eventData.Context);

    public Task TransactionCommittedAsync(DbTransaction transaction, TransactionEndEventData eventData, CancellationToken cancellationToken = default)
    {
        Committed(eventData.Context);
        return Task.CompletedTask;
    }

    private void Saving(DbContext? context)
    {
        if (context is not null && Changes(context.ChangeTracker)) { open.AddOrUpdate(context, context); }
    }

    private void Saved(DbContext? context)
    {
        // Within a transaction nobody else sees it before that is committed.
        if (context?.Database.CurrentTransaction is null) { Committed(context); }
    }

    private void Committed(DbContext? context)
    {
        if (context is not null && open.Remove(context)) { Interlocked.Increment(ref generation); }
    }

    private static bool Changes(ChangeTracker tracker)
    {
        var detects = tracker.AutoDetectChangesEnabled;
        // Most saves have nothing to do with datasets: those are not compared twice.
        tracker.AutoDetectChangesEnabled = false;
        try { if (!tracker.Entries().Any(Counts)) { return false; } }
        finally { tracker.AutoDetectChangesEnabled = detects; }
        return tracker.Entries().Any(e => Counts(e) && e.State is EntityState.Added or EntityState.Modified or EntityState.Deleted);
    }

    private static bool Counts(EntityEntry entry) => entry.Entity is Dataset or PublicResource or HarvestedDataset or Organisation;
}
