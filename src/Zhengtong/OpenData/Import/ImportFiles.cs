using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Jobs;
using Zhengtong.Kernel.Ledger;
using Zhengtong.Kernel.Objects;
using Zhengtong.OpenData.Model;

namespace Zhengtong.OpenData.Import;

/// <summary>Runs the imports, the oldest first and one at a time. What a process that was killed left is begun anew; nothing of it is seen before its end, when the draft changes in one save.</summary>
internal sealed class ImportFiles(ZhengtongDb db, FileImport import, ObjectStore store, IServiceScopeFactory scopes, IOptions<ImportOptions> options, TimeProvider clock) : IReconciler
{
    private static readonly TimeSpan ReportEvery = TimeSpan.FromSeconds(1);
    private const int SaveAttempts = 5;

    public string Name => "open-data.imports";

    public TimeSpan Every => TimeSpan.FromSeconds(5);

    public async Task<Pass> ReconcileAsync(CancellationToken ct)
    {
        var job = await db.ImportJobs.Where(j => j.State == ImportState.Running || j.State == ImportState.Waiting).OrderByDescending(j => j.State == ImportState.Running).ThenBy(j => j.CreatedAt).FirstOrDefaultAsync(ct);
        if (job is null) { return Pass.Settled(); }
        if (job.IsStopRequested)
        {
            await StopAsync(job, ct);
            return Pass.Unfinished(1);
        }

        if (job.Attempts >= options.Value.Attempts)
        {
            await FailAsync(job.Id, new ImportFault("attempts", $"{job.Attempts}"), ct);
            return Pass.Unfinished(1);
        }

        job.Begin(clock.GetUtcNow());
        await db.SaveChangesAsync(ct);
        await RunAsync(job, ct);
        return Pass.Unfinished(1);
    }

    private async Task RunAsync(ImportJob job, CancellationToken ct)
    {
        using var stopped = CancellationTokenSource.CreateLinkedTokenSource(ct);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var progress = new Latest();
        var reporting = ReportAsync(job.Id, progress, stopped, ended.Token);
        try
        {
            await using var file = await store.OpenAsync(job.Content, ct) ?? throw new ImportFault("gone");
            var table = await Task.Run(() => import.ReadAsync(file, job.Format, job.Choices, progress.Set, stopped.Token), stopped.Token);
            await EndAsync(ended, reporting);
            await FinishAsync(job.Id, table, ct);
        }
        catch (ImportFault fault)
        {
            await EndAsync(ended, reporting);
            await FailAsync(job.Id, fault, ct);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            await EndAsync(ended, reporting);
            db.ChangeTracker.Clear();
            await StopAsync(await db.ImportJobs.SingleAsync(j => j.Id == job.Id, ct), ct);
        }
        finally
        {
            await EndAsync(ended, reporting);
        }
    }

    private static async Task EndAsync(CancellationTokenSource ended, Task reporting)
    {
        await ended.CancelAsync();
        await reporting;
    }

    /// <summary>Writes down every second how far it is, and looks whether it should stop.</summary>
    private async Task ReportAsync(Guid id, Latest progress, CancellationTokenSource stopped, CancellationToken ended)
    {
        try
        {
            while (true)
            {
                await Task.Delay(ReportEvery, clock, ended);
                await using var scope = scopes.CreateAsyncScope();
                var other = scope.ServiceProvider.GetRequiredService<ZhengtongDb>();
                var now = progress.Get();
                await other.ImportJobs.Where(j => j.Id == id).ExecuteUpdateAsync(j => j.SetProperty(x => x.Phase, now.Phase).SetProperty(x => x.Rows, now.Rows).SetProperty(x => x.BytesRead, now.Bytes), ended);
                if (await other.ImportJobs.AnyAsync(j => j.Id == id && j.IsStopRequested, ended)) { await stopped.CancelAsync(); }
            }
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested) { }
    }

    /// <summary>The one place where a draft gets its table.</summary>
    private async Task FinishAsync(Guid id, ImportedTable table, CancellationToken ct)
    {
        for (var attempt = 1; ; attempt++)
        {
            db.ChangeTracker.Clear();
            var now = clock.GetUtcNow();
            var job = await db.ImportJobs.SingleAsync(j => j.Id == id, ct);
            var version = await db.DatasetVersions.SingleOrDefaultAsync(v => v.Id == job.VersionId, ct);
            if (version is not { State: VersionState.Draft })
            {
                await FailAsync(id, new ImportFault("not-draft"), ct);
                return;
            }

            var known = version.Resources.FirstOrDefault(r => r.Id == job.ResourceId);
            var filled = new DatasetResource
            {
                Id = job.ResourceId,
                Name = known?.Name ?? job.Name,
                Description = known?.Description ?? "",
                Format = job.Format,
                FileName = job.FileName,
                MediaType = ImportAccess.MediaTypeOf(job.Format),
                Content = job.Content,
                Bytes = job.Bytes,
                Table = table.Table,
                BadRows = table.BadRows,
                BadRowCount = table.BadRowCount,
            };
            version.Draft(version.Description, known is null ? [.. version.Resources, filled] : [.. version.Resources.Select(r => r.Id == filled.Id ? filled : r)], version.ChangeNote);
            await ReferAsync($"open-data:version:{version.Id}", [filled.Content, table.Table.Content, .. table.BadRows is { } bad ? [bad] : (ReadOnlySpan<Digest>)[]], now, ct);
            job.Finish(table, now);
            db.Ledger.Add(LedgerEntry.Of("open-data.import-done", job.Id, Actor.Platform, now, after: new { dataset = job.DatasetId, version = job.VersionId, resource = job.ResourceId, table.Table.Rows, columns = table.Table.Columns.Count, table.BadRowCount, sha256 = table.Table.Content.Value }));
            try
            {
                await db.SaveChangesAsync(ct);
                return;
            }
            catch (DbUpdateConcurrencyException) when (attempt < SaveAttempts)
            {
                // Somebody changed the draft in this moment: what they did stays.
            }
        }
    }

    private async Task ReferAsync(string owner, IReadOnlyList<Digest> needed, DateTimeOffset now, CancellationToken ct)
    {
        var present = await db.ObjectReferences.Where(r => r.Owner == owner).Select(r => r.Digest).ToListAsync(ct);
        db.ObjectReferences.AddRange(needed.Distinct().Except(present).Select(d => new ObjectReference { Digest = d, Owner = owner, Since = now }));
    }

    private async Task FailAsync(Guid id, ImportFault fault, CancellationToken ct)
    {
        db.ChangeTracker.Clear();
        var now = clock.GetUtcNow();
        var job = await db.ImportJobs.SingleAsync(j => j.Id == id, ct);
        job.Fail(fault.Code, fault.Detail, fault.BadRows, fault.BadRowCount, now);
        if (fault.BadRows is { } bad) { await ReferAsync(job.Owner, [bad], now, ct); }
        db.Ledger.Add(LedgerEntry.Of("open-data.import-failed", job.Id, Actor.Platform, now, after: new { dataset = job.DatasetId, version = job.VersionId, fault = fault.Code, fault.BadRowCount }));
        await db.SaveChangesAsync(ct);
    }

    private async Task StopAsync(ImportJob job, CancellationToken ct)
    {
        job.Stop(clock.GetUtcNow());
        await db.SaveChangesAsync(ct);
    }

    /// <summary>The last progress, between two threads.</summary>
    private sealed class Latest
    {
        private readonly Lock gate = new();
        private ImportProgress value;

        internal void Set(ImportProgress progress)
        {
            lock (gate) { value = progress; }
        }

        internal ImportProgress Get()
        {
            lock (gate) { return value; }
        }
    }
}
