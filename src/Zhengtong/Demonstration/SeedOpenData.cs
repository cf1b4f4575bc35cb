using System.Diagnostics;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Catalogue;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Jobs;
using Zhengtong.Kernel.Ledger;
using Zhengtong.Kernel.Objects;
using Zhengtong.OpenData.Import;
using Zhengtong.OpenData.Model;
using Zhengtong.OpenData.Privacy;
using Zhengtong.OpenData.Publishing;

namespace Zhengtong.Demonstration;

/// <summary>The departments open their data while the platform serves already: one officer drafts and proposes, the content is checked, a second officer examines, the leader approves,
/// each by the rules of everybody's work. Each step is one save and each pass looks where a dataset stands: what is there is not made again, and who is killed is gone on with.</summary>
internal sealed class SeedOpenData(
    OpenDataPlan plan, Province province, SyntheticProvince synthetic, ZhengtongDb db, TableWriter tables, ObjectStore store, CatalogueLookup catalogue, CheckContents checks, LedgerKeys keys,
    TimeProvider clock) : IReconciler
{
    private const int AtOnce = 60;
    private readonly Dictionary<string, Openers> openers = [];

    public string Name => "demonstration.open-data";

    public TimeSpan Every => TimeSpan.FromHours(1);

    public async Task<Pass> ReconcileAsync(CancellationToken ct)
    {
        var watch = Stopwatch.StartNew();
        var datasets = plan.Datasets(province);
        var names = datasets.Select(d => d.Name).ToHashSet(StringComparer.Ordinal);
        var present = (await db.Datasets.Select(d => new { d.Name, d.Current, d.State }).ToListAsync(ct))
            .Where(d => names.Contains(d.Name)).ToDictionary(d => d.Name, d => (d.Current, d.State), StringComparer.Ordinal);
        // What its department has taken back or gone on with is its own affair.
        var missing = datasets.Where(d => !present.TryGetValue(d.Name, out var found) || (found.State != DatasetState.Withdrawn && found.Current < d.Versions)).ToList();
        foreach (var dataset in missing.Take(AtOnce))
        {
            while (await StepAsync(dataset, ct)) { db.ChangeTracker.Clear(); }
            db.ChangeTracker.Clear();
        }

        var made = Math.Min(missing.Count, AtOnce);
        if (made > 0) { Progress.Say("demonstration.progress.open-data", datasets.Count - missing.Count + made, datasets.Count, watch.Elapsed.TotalSeconds); }
        return missing.Count > made ? Pass.Unfinished(made) : Pass.Settled(made);
    }

    /// <summary>The next step of a dataset on its way to the public; false when none is left.</summary>
    private async Task<bool> StepAsync(PlannedDataset planned, CancellationToken ct)
    {
        var who = await OpenersAsync(planned.Template.Department, ct);
        var dataset = await db.Datasets.SingleOrDefaultAsync(d => d.Name == planned.Name, ct);
        var version = dataset is null ? null : await db.DatasetVersions.Where(v => v.DatasetId == dataset.Id).OrderByDescending(v => v.Number).FirstAsync(ct);
        switch (version?.State)
        {
            case null:
            case VersionState.Published when version.Number < planned.Versions:
                await DraftAsync(planned, dataset, version, who.Officer, ct);
                return true;
            case VersionState.Draft:
                Expect.Done<NoContent>((await ProposeVersion.Handle(dataset!.Id, new DatasetVersionSeen(version.Revision), who.Officer, db, catalogue, clock, ct)).Result);
                return true;
            case VersionState.Proposed when version.Check != OpeningCheck.Done:
                // The platform's own job does it too; whoever comes first.
                await checks.ReconcileAsync(ct);
                return true;
            case VersionState.Proposed:
                Expect.Done<NoContent>((await ExamineVersion.Handle(dataset!.Id, new DatasetVersionSeen(version.Revision), who.Examiner, db, clock, ct)).Result);
                return true;
            case VersionState.Examined:
                Expect.Done<Ok<ApproveVersionResponse>>((await ApproveVersion.Handle(dataset!.Id, new DatasetVersionSeen(version.Revision), who.Leader, db, store, keys, clock, ct)).Result);
                return true;
            default:
                return false;
        }
    }

    /// <summary>A draft with its files and their tables, in one save: typed rows need not be read from their own CSV first.</summary>
    private async Task DraftAsync(PlannedDataset planned, Dataset? dataset, DatasetVersion? before, Actor officer, CancellationToken ct)
    {
        var description = planned.Description();
        var number = (before?.Number ?? 0) + 1;
        var resources = await ResourcesAsync(planned, number, before, ct);
        var now = clock.GetUtcNow();
        if (dataset is null)
        {
            dataset = new Dataset { Id = Guid.CreateVersion7(now), Name = planned.Name, PublisherId = officer.Organisation, Description = description, CreatedAt = now, ModifiedAt = now };
            dataset.Describe(description);
            db.Datasets.Add(dataset);
            db.Ledger.Add(LedgerEntry.Of("open-data.created", dataset.Id, officer, now, after: new { dataset.Name, dataset.Title, dataset.OpenAttribute, resource = dataset.ResourceId }));
        }
        else
        {
            db.Ledger.Add(LedgerEntry.Of("open-data.version-begun", dataset.Id, officer, now, after: new { Number = number }));
        }

        var version = new DatasetVersion
        {
            Id = Guid.CreateVersion7(now),
            DatasetId = dataset.Id,
            Number = number,
            Description = description,
            Resources = resources,
            ChangeNote = number == 1 ? plan.FirstNote : plan.NextNote,
            CreatedAt = now,
        };
        db.DatasetVersions.Add(version);
        foreach (var added in resources)
        {
            db.Ledger.Add(LedgerEntry.Of("open-data.file-added", dataset.Id, officer, now, after: new { version.Number, resource = added.Id, added.FileName, added.Bytes, sha256 = added.Content.Value }));
        }

        await VersionObjects.ReferAsync(db, version, now, ct);
        await db.SaveChangesAsync(ct);
    }

    private async Task<IReadOnlyList<DatasetResource>> ResourcesAsync(PlannedDataset planned, int number, DatasetVersion? before, CancellationToken ct)
    {
        if (planned.Template.Columns.Count == 0) { return []; }
        var table = new PlannedTable(planned, synthetic, number);
        var rows = table.Rows().ToList();
        var made = new List<DatasetResource> { await TableAsync(planned, table, rows, IdOf(0), ct) };
        if (planned.Template.Document) { made.Add(await DocumentAsync(planned, table, IdOf(1), ct)); }
        return made;

        Guid IdOf(int place) => before is not null && place < before.Resources.Count ? before.Resources[place].Id : Guid.CreateVersion7(clock.GetUtcNow());
    }

    private async Task<DatasetResource> TableAsync(PlannedDataset planned, PlannedTable table, List<object?[]> rows, Guid id, CancellationToken ct)
    {
        var file = await store.PutAsync(PlannedFiles.Csv(table.Columns, rows), ct);
        return new DatasetResource
        {
            Id = id,
            Name = planned.Title,
            Format = "CSV",
            FileName = $"{planned.Name}.csv",
            MediaType = "text/csv",
            Content = file.Digest,
            Bytes = file.Length,
            Table = await tables.WriteAsync(table.Columns, rows.ToAsyncEnumerable(), table.Places, ct),
        };
    }

    private async Task<DatasetResource> DocumentAsync(PlannedDataset planned, PlannedTable table, Guid id, CancellationToken ct)
    {
        var file = await store.PutAsync(PlannedFiles.Document(planned, table.Columns), ct);
        return new DatasetResource { Id = id, Name = plan.DocumentName, Format = "MD", FileName = $"{planned.Name}.md", MediaType = "text/markdown", Content = file.Digest, Bytes = file.Length };
    }

    private async Task<Openers> OpenersAsync(string department, CancellationToken ct)
    {
        if (openers.TryGetValue(department, out var known)) { return known; }
        return openers[department] = new Openers(
            await Officers.ActorAsync(db, $"{department}-officer", ct), await Officers.ActorAsync(db, $"{department}-examiner", ct), await Officers.ActorAsync(db, $"{department}-leader", ct));
    }

    /// <summary>The three of a department without whom nothing is opened.</summary>
    private sealed record Openers(Actor Officer, Actor Examiner, Actor Leader);
}
