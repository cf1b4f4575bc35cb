using System.Diagnostics;
using System.Text;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Jobs;
using Zhengtong.Kernel.Ledger;
using Zhengtong.Kernel.Objects;
using Zhengtong.Kernel.Organisations;
using Zhengtong.Kernel.Secrets;
using Zhengtong.OpenData.Import;
using Zhengtong.OpenData.Model;
using Zhengtong.OpenData.Publishing;

namespace Zhengtong.Demonstration;

/// <summary>The departments open their data while the platform serves already: one officer proposes, a second examines, the leader approves. Each version with its dataset is one save:
/// what is there is not made again, and whoever is killed leaves nothing half done.</summary>
internal sealed class SeedOpenData(
    OpenDataPlan plan, Province province, SyntheticProvince synthetic, ZhengtongDb db, TableWriter tables, ObjectStore store, OrganisationKeys keys, TimeProvider clock) : IReconciler
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
        var present = (await db.Datasets.Where(d => db.Organisations.Any(o => o.Id == d.PublisherId && o.ParentId == null)).Select(d => new { d.Name, d.Current, d.State }).ToListAsync(ct))
            .Where(d => names.Contains(d.Name)).ToDictionary(d => d.Name, d => (d.Current, d.State), StringComparer.Ordinal);
        // What its department has taken back or gone on with is its own affair.
        var missing = datasets.Where(d => !present.TryGetValue(d.Name, out var found) || (found.State == DatasetState.Published && found.Current < d.Versions)).ToList();
        foreach (var dataset in missing.Take(AtOnce))
        {
            var begun = present.GetValueOrDefault(dataset.Name).Current;
            for (var version = begun + 1; version <= dataset.Versions; version++) { await OpenAsync(dataset, version, ct); }
        }

        var made = Math.Min(missing.Count, AtOnce);
        if (made > 0) { Progress.Say("demonstration.progress.open-data", datasets.Count - missing.Count + made, datasets.Count, watch.Elapsed.TotalSeconds); }
        return missing.Count > made ? Pass.Unfinished(made) : Pass.Settled(made);
    }

    private async Task OpenAsync(PlannedDataset planned, int number, CancellationToken ct)
    {
        var who = await OpenersAsync(planned.Template.Department, ct);
        var key = await PlatformKeyAsync(ct);
        var description = planned.Description();
        var dataset = await db.Datasets.SingleOrDefaultAsync(d => d.Name == planned.Name, ct);
        var before = dataset is null ? null : await db.DatasetVersions.AsNoTracking().SingleAsync(v => v.Id == dataset.CurrentVersionId, ct);
        var resources = await ResourcesAsync(planned, number, before, ct);
        var now = clock.GetUtcNow();
        if (dataset is null)
        {
            dataset = new Dataset { Id = Guid.CreateVersion7(now), Name = planned.Name, PublisherId = who.Officer.Organisation, Description = description, CreatedAt = now, ModifiedAt = now };
            db.Datasets.Add(dataset);
            db.Ledger.Add(LedgerEntry.Of("open-data.created", dataset.Id, who.Officer, now, after: new { dataset.Name, description.Title }));
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
        version.Propose(who.Officer.Id, now);
        db.Ledger.Add(LedgerEntry.Of("open-data.proposed", version.Id, who.Officer, now, after: new { dataset = dataset.Id, version.Number }));
        version.BeginCheck();
        version.EndCheck(now);
        version.Examine(who.Examiner.Id, now);
        db.Ledger.Add(LedgerEntry.Of("open-data.examined", version.Id, who.Examiner, now, after: new { dataset = dataset.Id, version.Number }));
        var manifest = Encoding.UTF8.GetBytes(CanonicalJson.Of(new
        {
            dataset = dataset.Id,
            dataset.Name,
            version.Number,
            files = resources.Select(r => new { r.Id, r.FileName, content = r.Content.Value, r.Bytes, table = r.Table?.Content.Value, rows = r.Table?.Rows }).ToList(),
        }));
        var put = await store.PutAsync(manifest, ct);
        version.Publish(who.Leader.Id, put.Digest, keys.Sign(key, manifest), now);
        dataset.Publish(version, now);
        db.Ledger.Add(LedgerEntry.Of("open-data.published", version.Id, who.Leader, now, after: new { dataset = dataset.Id, version.Number, manifest = put.Digest.Value }));
        await VersionObjects.ReferAsync(db, version, now, ct);
        await DatasetSearch.PutAsync(db, dataset, version, ct);
        await db.SaveChangesAsync(ct);
        db.ChangeTracker.Clear();
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

    /// <summary>The operator's key; made in a save of its own when there is none yet, so it is asked for before anything else waits to be saved.</summary>
    private async Task<OrganisationKey> PlatformKeyAsync(CancellationToken ct)
    {
        var platform = await db.Organisations.Where(o => o.Kind == OrganisationKind.Operator && o.ParentId == null).Select(o => o.Id).FirstAsync(ct);
        return await keys.CurrentAsync(platform, Suite.International, KeyUse.Seal, ct);
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
