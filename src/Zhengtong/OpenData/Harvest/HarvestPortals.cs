using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Jobs;
using Zhengtong.Kernel.Ledger;
using Zhengtong.Kernel.Notices;
using Zhengtong.OpenData.Model;

namespace Zhengtong.OpenData.Harvest;

/// <summary>Keeps what is shown of other portals like what they say: begins the runs that are due, takes one page of each at a time, and withdraws what a source no longer has. A page and the
/// place behind it are saved together, so that a process that was killed goes on there; a page taken twice changes nothing the second time.</summary>
internal sealed class HarvestPortals(ZhengtongDb db, CkanCatalogue ckan, DcatCatalogue dcat, IOptions<HarvestOptions> options, TimeProvider clock) : IReconciler
{
    /// <summary>How the search index names harvested datasets.</summary>
    internal const string SearchKind = "open-data.harvested";

    private const int WithdrawAtOnce = 200;
    private const int IndexAtOnce = 200;
    private const int RunsAtOnce = 20;

    /// <summary>What one statement asks for: a page of a catalogue may hold more datasets than a statement takes parameters.</summary>
    private const int PartSize = 200;

    /// <summary>From so many datasets on a source does not lose more than half of them without somebody's leave.</summary>
    private const int ShrinkFrom = 10;

    public string Name => "open-data.harvest";

    public TimeSpan Every => TimeSpan.FromSeconds(15);

    public async Task<Pass> ReconcileAsync(CancellationToken ct)
    {
        var done = await BeginAsync(ct) + await ClearRemovedAsync(ct) + await IndexRenamedAsync(ct);
        var now = clock.GetUtcNow();
        var runs = await Under(db).Where(r => r.NotBefore == null || r.NotBefore <= now).OrderBy(r => r.StepAt).Take(RunsAtOnce).Select(r => r.Id).ToListAsync(ct);
        foreach (var run in runs)
        {
            db.ChangeTracker.Clear();
            try { await StepAsync(run, ct); }
            // Somebody changed the source or a dataset in this moment: the next look sees what they did.
            catch (DbUpdateConcurrencyException) { }
            done++;
        }

        return done > 0 ? Pass.Unfinished(done) : Pass.Settled();
    }

    private static IQueryable<HarvestRun> Under(ZhengtongDb db) => db.HarvestRuns.Where(r => r.State == HarvestState.Reading || r.State == HarvestState.Withdrawing);

    /// <summary>Begins what is due, one run of a source at a time.</summary>
    private async Task<int> BeginAsync(CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var under = Under(db);
        var due = await db.HarvestSources.Where(s => s.RemovedAt == null && (s.IsRunRequested || (s.IsEnabled && s.NextRunAt <= now)) && !under.Any(r => r.SourceId == s.Id)).OrderBy(s => s.NextRunAt).Take(RunsAtOnce).ToListAsync(ct);
        foreach (var source in due)
        {
            source.Begin(now);
            db.HarvestRuns.Add(HarvestRun.Begin(source.Id, now));
        }

        if (due.Count > 0) { await db.SaveChangesAsync(ct); }
        return due.Count;
    }

    private async Task StepAsync(Guid id, CancellationToken ct)
    {
        var run = await db.HarvestRuns.SingleAsync(r => r.Id == id, ct);
        var source = await db.HarvestSources.SingleAsync(s => s.Id == run.SourceId, ct);
        if (source.RemovedAt is not null) { await FailAsync(run, source, "removed", null, ct); return; }
        if (run.State == HarvestState.Withdrawing) { await WithdrawAsync(run, source, ct); return; }
        if (run.Pages >= options.Value.MostPages) { await FailAsync(run, source, "too-many-pages", $"{run.Pages}", ct); return; }
        try
        {
            await TakeAsync(run, source, await ReadAsync(run, source, ct), ct);
        }
        catch (HarvestFault fault) when (fault.Code == "page-too-large" && source.Kind == HarvestKind.Ckan)
        {
            await NarrowAsync(run, ct);
        }
        catch (HarvestFault fault) when (fault.MayPass && run.Failures + 1 < options.Value.Attempts)
        {
            var now = clock.GetUtcNow();
            var wait = TimeSpan.FromSeconds(options.Value.RetrySeconds * Math.Pow(2, run.Failures));
            run.Note(new HarvestNote(fault.Code, null, Cut(fault.Detail)));
            run.Stumble(now + (fault.Wait > wait ? fault.Wait.Value : wait), now);
            await db.SaveChangesAsync(ct);
        }
        catch (HarvestFault fault)
        {
            await FailAsync(run, source, fault.Code, fault.Detail, ct);
        }
    }

    private async Task<ForeignPage> ReadAsync(HarvestRun run, HarvestSource source, CancellationToken ct)
    {
        try
        {
            return source.Kind == HarvestKind.Ckan
                ? await ckan.ReadAsync(source.Address, run.Position.Length == 0 ? 0 : int.Parse(run.Position, CultureInfo.InvariantCulture), run.PageSize, ct)
                : await dcat.ReadAsync(run.Position.Length == 0 ? source.Address : run.Position, ct);
        }
        // Whatever a document makes its reader stumble over is its source's matter: the others go on.
        catch (Exception e) when (e is not (HarvestFault or OperationCanceledException)) { throw new HarvestFault("unreadable", e.GetType().Name); }
    }

    /// <summary>Of a page that is too long fewer datasets are asked for; one that is too long alone is passed over.</summary>
    private async Task NarrowAsync(HarvestRun run, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        if (run.PageSize > 1) { run.Narrow(now); }
        else
        {
            var start = run.Position.Length == 0 ? 0 : int.Parse(run.Position, CultureInfo.InvariantCulture);
            run.Note(new HarvestNote("dataset-too-large", null, $"{start + 1}"));
            run.Took(new HarvestCounts(1, 0, 0, 0, 1), (start + 1).ToString(CultureInfo.InvariantCulture), now);
        }

        await db.SaveChangesAsync(ct);
    }

    /// <summary>Takes a page: what is new or has another hash is written, the rest only marked as met, in one statement.</summary>
    private async Task TakeAsync(HarvestRun run, HarvestSource source, ForeignPage page, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var (added, changed, refused) = (0, 0, 0);
        var wanted = new OrderedDictionary<string, (HarvestedDescription Description, string Hash)>(StringComparer.Ordinal);
        var problems = new List<HarvestConflict>();
        foreach (var said in page.Datasets)
        {
            var refusal = said.Refusal ?? (wanted.ContainsKey(said.Identifier!) ? "identifier-twice" : null);
            if (refusal is not null)
            {
                refused++;
                var identifier = ForeignDataset.Line(said.Identifier, 300);
                run.Note(new HarvestNote(refusal, identifier.Length == 0 ? null : Cut(identifier), null));
                // Without an identifier there is nothing to find it by; the run's notes have it.
                if (identifier.Length > 0) { problems.Add(Problem(source, identifier, null, ForeignDataset.Line(said.Title, 200), refusal, now)); }
                continue;
            }

            var description = said.Described();
            wanted.Add(said.Identifier!, (description, ForeignDataset.HashOf(description)));
        }

        var identifiers = wanted.Keys.ToList();
        var known = (await InPartsAsync(identifiers, some => db.HarvestedDatasets.AsNoTracking().Where(d => d.SourceId == source.Id && some.Contains(d.Identifier)).Select(d => new { d.Id, d.Identifier, d.Hash, d.IsPresent, d.SeenIn }), ct))
            .ToDictionary(d => d.Identifier, StringComparer.Ordinal);
        if (wanted.Count > 1 && known.Count == wanted.Count && known.Values.All(k => k.SeenIn == run.Id)) { await FailAsync(run, source, "loop", Cut(run.Position), ct); return; }
        if (run.Seen - run.Refused + wanted.Count > options.Value.MostDatasets) { await FailAsync(run, source, "too-many-datasets", $"{options.Value.MostDatasets}", ct); return; }

        var same = known.Values.Where(k => k.Hash == wanted[k.Identifier].Hash && k.IsPresent).ToDictionary(k => k.Identifier, k => k.Id, StringComparer.Ordinal);
        var changing = known.Values.Where(k => !same.ContainsKey(k.Identifier)).Select(k => k.Id).ToList();
        var entries = (await InPartsAsync(changing, some => db.HarvestedDatasets.Where(d => some.Contains(d.Id)), ct)).ToDictionary(d => d.Identifier, StringComparer.Ordinal);
        var index = (await InPartsAsync(changing, some => db.SearchEntries.Where(e => e.Kind == SearchKind && some.Contains(e.Subject)), ct)).ToDictionary(e => e.Subject);
        foreach (var (identifier, (description, hash)) in wanted.Where(w => !same.ContainsKey(w.Key)))
        {
            if (!entries.TryGetValue(identifier, out var entry))
            {
                entry = new HarvestedDataset { Id = Guid.CreateVersion7(now), SourceId = source.Id, Identifier = identifier, Uuid = Guid.TryParse(identifier, out var uuid) ? uuid : null, FirstSeenAt = now };
                db.HarvestedDatasets.Add(entry);
                added++;
            }
            else { changed++; }

            entry.Take(description, hash, run.Id, now);
            HarvestedSearch.Put(db, entry, source, index.GetValueOrDefault(entry.Id));
            if (description.Faults.Count > 0) { problems.Add(Problem(source, identifier, entry.Id, entry.Title, string.Join(' ', description.Faults), now)); }
        }

        // What the page says anew of a dataset takes the place of what was said before.
        var told = wanted.Keys.Where(k => !same.ContainsKey(k)).Concat(problems.Select(p => p.Identifier)).Distinct(StringComparer.Ordinal).ToList();
        db.HarvestConflicts.RemoveRange(await InPartsAsync(told, some => db.HarvestConflicts.Where(c => c.SourceId == source.Id && c.Kind == HarvestConflictKind.InvalidMetadata && some.Contains(c.Identifier)), ct));
        db.HarvestConflicts.AddRange(problems.DistinctBy(p => p.Identifier, StringComparer.Ordinal));

        run.Took(new HarvestCounts(page.Datasets.Count, added, changed, same.Count, refused), page.Next, now);
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        foreach (var part in same.Values.Chunk(PartSize))
        {
            var met = part.ToList();
            await db.HarvestedDatasets.Where(d => met.Contains(d.Id)).ExecuteUpdateAsync(d => d.SetProperty(x => x.SeenIn, run.Id), ct);
        }

        await db.SaveChangesAsync(ct);
        await transaction.CommitAsync(ct);
    }

    /// <summary>Withdraws some of what the run did not meet; when nothing is left the run ends.</summary>
    private async Task WithdrawAsync(HarvestRun run, HarvestSource source, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var gone = db.HarvestedDatasets.Where(d => d.SourceId == source.Id && d.IsPresent && d.SeenIn != run.Id);
        if (run.Withdrawn == 0 && !source.MayShrink)
        {
            var (lost, standing) = (await gone.CountAsync(ct), await db.HarvestedDatasets.CountAsync(d => d.SourceId == source.Id && d.IsPresent, ct));
            if (standing - run.Added >= ShrinkFrom && lost * 2 > standing - run.Added) { await FailAsync(run, source, "shrunk", $"{lost}/{standing - run.Added}", ct); return; }
        }

        var some = await gone.OrderBy(d => d.Id).Take(WithdrawAtOnce).ToListAsync(ct);
        if (some.Count > 0)
        {
            await HideAsync(some, now, ct);
            run.Withdrew(some.Count, now);
            await db.SaveChangesAsync(ct);
            return;
        }

        await HarvestConflicts.FindAsync(db, source, run, now, ct);
        run.Finish(now);
        source.EndRun();
        db.Ledger.Add(LedgerEntry.Of("open-data.harvest-finished", source.Id, Actor.Platform, now, after: new { run = run.Id, run.Seen, run.Added, run.Changed, run.Withdrawn, run.Refused }));
        await db.SaveChangesAsync(ct);
    }

    /// <summary>What a source brought that was given up goes, some at a time.</summary>
    private async Task<int> ClearRemovedAsync(CancellationToken ct)
    {
        // As a rule none was, and then no dataset is looked at.
        var removed = await db.HarvestSources.Where(s => s.RemovedAt != null).Select(s => s.Id).ToListAsync(ct);
        if (removed.Count == 0) { return 0; }
        var some = await db.HarvestedDatasets.Where(d => removed.Contains(d.SourceId) && d.IsPresent).OrderBy(d => d.Id).Take(WithdrawAtOnce).ToListAsync(ct);
        var lines = db.HarvestConflicts.Where(c => removed.Contains(c.SourceId) || (c.OtherSourceId != null && removed.Contains(c.OtherSourceId.Value)));
        if (some.Count == 0 && !await lines.AnyAsync(ct)) { return 0; }
        await HideAsync(some, clock.GetUtcNow(), ct);
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        await lines.ExecuteDeleteAsync(ct);
        await db.SaveChangesAsync(ct);
        await transaction.CommitAsync(ct);
        return Math.Max(1, some.Count);
    }

    /// <summary>Datasets of a source that was renamed are found by its new name, some at a time. What a run adds meanwhile has it, and moves none of the others forward.</summary>
    private async Task<int> IndexRenamedAsync(CancellationToken ct)
    {
        db.ChangeTracker.Clear();
        if (await db.HarvestSources.Where(s => s.Renamed != null && s.RemovedAt == null).OrderBy(s => s.CreatedAt).ThenBy(s => s.Id).FirstOrDefaultAsync(ct) is not { } source) { return 0; }
        var some = await db.HarvestedDatasets.AsNoTracking().Where(d => d.SourceId == source.Id).OrderBy(d => d.Identifier).Skip(source.Renamed!.Value).Take(IndexAtOnce).ToListAsync(ct);
        var ids = some.Select(d => d.Id).ToList();
        var index = await db.SearchEntries.Where(e => e.Kind == SearchKind && ids.Contains(e.Subject)).ToDictionaryAsync(e => e.Subject, ct);
        foreach (var dataset in some) { HarvestedSearch.Put(db, dataset, source, index.GetValueOrDefault(dataset.Id)); }
        source.Index(some.Count);
        try { await db.SaveChangesAsync(ct); }
        // Somebody changed the source, or a dataset, in this moment: the next look sees what they did.
        catch (DbUpdateConcurrencyException) { }
        catch (DbUpdateException e) when (e.IsUniqueViolation()) { }
        db.ChangeTracker.Clear();
        return Math.Max(1, some.Count);
    }

    private async Task HideAsync(List<HarvestedDataset> some, DateTimeOffset now, CancellationToken ct)
    {
        var ids = some.Select(d => d.Id).ToList();
        db.SearchEntries.RemoveRange(await db.SearchEntries.Where(e => e.Kind == SearchKind && ids.Contains(e.Subject)).ToListAsync(ct));
        foreach (var dataset in some) { dataset.Withdraw(now); }
    }

    private async Task FailAsync(HarvestRun run, HarvestSource source, string fault, string? detail, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        run.Fail(fault, detail, now);
        source.EndRun();
        db.Ledger.Add(LedgerEntry.Of("open-data.harvest-failed", source.Id, Actor.Platform, now, after: new { run = run.Id, fault, run.Seen, run.Added, run.Changed }));
        if (source.RemovedAt is null) { db.Notices.Add(Notice.Of(source.OrganisationId, NoticeTone.Warning, "open-data.harvest.notice.failed", $"/work/open-data/harvest/{source.Id}", now, source.Name)); }
        await db.SaveChangesAsync(ct);
    }

    private static async Task<List<T>> InPartsAsync<TKey, T>(IReadOnlyList<TKey> keys, Func<List<TKey>, IQueryable<T>> of, CancellationToken ct)
    {
        var found = new List<T>();
        foreach (var some in keys.Chunk(PartSize)) { found.AddRange(await of([.. some]).ToListAsync(ct)); }
        return found;
    }

    private static HarvestConflict Problem(HarvestSource source, string identifier, Guid? entry, string title, string detail, DateTimeOffset now) => new()
    {
        Id = Guid.CreateVersion7(now), Kind = HarvestConflictKind.InvalidMetadata, SourceId = source.Id, Identifier = identifier, HarvestedId = entry, Title = title, Detail = detail, FoundAt = now,
    };

    private static string? Cut(string? text) => text is { Length: > 200 } ? ForeignDataset.Line(text, 200) : text;
}
