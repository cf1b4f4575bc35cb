using System.Data.Common;
using System.Runtime.CompilerServices;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.ChangeTracking;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace Zhengtong.Kernel;

/// <summary>Hears of the saves of this process that changed certain rows, once others see them: after the save, or after the commit of the transaction that it was in.</summary>
internal abstract class CommittedChanges : ISaveChangesInterceptor, IDbTransactionInterceptor
{
    /// <summary>Contexts with such a change that others do not see yet.</summary>
    private readonly ConditionalWeakTable<DbContext, Change> open = [];

    /// <summary>In which transaction it was saved; null for one that the save makes for itself.</summary>
    private sealed record Change(Guid? Transaction);

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

    public void SaveChangesFailed(DbContextErrorEventData eventData) => Failed(eventData.Context);

    public Task SaveChangesFailedAsync(DbContextErrorEventData eventData, CancellationToken cancellationToken = default)
    {
        Failed(eventData.Context);
        return Task.CompletedTask;
    }

    public void SaveChangesCanceled(DbContextEventData eventData) => Failed(eventData.Context);

    public Task SaveChangesCanceledAsync(DbContextEventData eventData, CancellationToken cancellationToken = default)
    {
        Failed(eventData.Context);
        return Task.CompletedTask;
    }

    public void TransactionCommitted(DbTransaction transaction, TransactionEndEventData eventData) => Committed(eventData.Context, eventData.TransactionId);

    public Task TransactionCommittedAsync(DbTransaction transaction, TransactionEndEventData eventData, CancellationToken cancellationToken = default)
    {
        Committed(eventData.Context, eventData.TransactionId);
        return Task.CompletedTask;
    }

    private void Saving(DbContext? context)
    {
        if (context is null) { return; }
        var transaction = context.Database.CurrentTransaction?.TransactionId;
        if (Changes(context.ChangeTracker)) { open.AddOrUpdate(context, new Change(transaction)); }
        // Nobody tells of a transaction that is left without its commit.
        else if (open.TryGetValue(context, out var change) && change.Transaction != transaction) { open.Remove(context); }
    }

    private void Saved(DbContext? context)
    {
        // Within a transaction nobody else sees it before that is committed.
        if (context?.Database.CurrentTransaction is null) { Committed(context, null); }
    }

    private void Failed(DbContext? context)
    {
        if (context is not null && open.TryGetValue(context, out var change) && change.Transaction is null) { open.Remove(context); }
    }

    private void Committed(DbContext? context, Guid? transaction)
    {
        if (context is null || !open.TryGetValue(context, out var change)) { return; }
        open.Remove(context);
        if (change.Transaction is null || change.Transaction == transaction) { Committed(); }
    }

    private bool Changes(ChangeTracker tracker)
    {
        var detects = tracker.AutoDetectChangesEnabled;
        // Most saves have nothing to do with them: those are not compared twice.
        tracker.AutoDetectChangesEnabled = false;
        try { if (!tracker.Entries().Any(Counts)) { return false; } }
        finally { tracker.AutoDetectChangesEnabled = detects; }
        return tracker.Entries().Any(e => Counts(e) && e.State is EntityState.Added or EntityState.Modified or EntityState.Deleted);
    }

    /// <summary>True for a row whose change is to be heard of. Asked of every tracked row with every save: it MUST be cheap.</summary>
    protected abstract bool Counts(EntityEntry entry);

    /// <summary>Such a change is there for others to see.</summary>
    protected abstract void Committed();
}
