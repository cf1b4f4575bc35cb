using System.Data.Common;
using System.Runtime.CompilerServices;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Zhengtong.Kernel.Organisations;
using Zhengtong.OpenData.Model;

namespace Zhengtong.OpenData.Portal;

/// <summary>Counts the saves of this process that may have changed what the catalogue finds. A save too many costs one count, one too few would show an old number: what counts is that such a thing
/// was tracked, not what became of it.</summary>
internal sealed class CatalogueChanges : ISaveChangesInterceptor, IDbTransactionInterceptor
{
    private readonly ConditionalWeakTable<DbContext, object> open = [];
    private long generation;

    /// <summary>Grows with every such save, once it is committed.</summary>
    internal long Generation => Interlocked.Read(ref generation);

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

    private void Saved(DbContext? context)
    {
        if (context is null || !Tracks(context)) { return; }
        Interlocked.Increment(ref generation);
        // Nobody sees it before the caller commits: who counts until then counts as before.
        if (context.Database.CurrentTransaction is not null) { open.AddOrUpdate(context, context); }
    }

    private void Committed(DbContext? context)
    {
        if (context is not null && open.Remove(context)) { Interlocked.Increment(ref generation); }
    }

    private static bool Tracks(DbContext context)
    {
        var tracker = context.ChangeTracker;
        var detects = tracker.AutoDetectChangesEnabled;
        // All that changed was found by the save itself.
        tracker.AutoDetectChangesEnabled = false;
        try { return tracker.Entries().Any(e => e.Entity is Dataset or HarvestedDataset or HarvestSource or Organisation); }
        finally { tracker.AutoDetectChangesEnabled = detects; }
    }
}
