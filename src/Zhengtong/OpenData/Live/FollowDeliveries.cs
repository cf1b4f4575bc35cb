using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Zhengtong.Catalogue;
using Zhengtong.Exchange;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Jobs;
using Zhengtong.Kernel.Ledger;
using Zhengtong.Kernel.Notices;
using Zhengtong.Kernel.Objects;
using Zhengtong.OpenData.Descriptions;
using Zhengtong.OpenData.Import;
using Zhengtong.OpenData.Model;
using Zhengtong.OpenData.Publishing;
using Zhengtong.OpenData.Reuse;

namespace Zhengtong.OpenData.Live;

/// <summary>Keeps live datasets like the tables that are delivered: puts the rows into the first draft, and once persons have approved a version with them makes the following versions itself, through
/// the same import, the same rules and the same check of the content. A finding that blocks, a broken rule, or another file in the place of the one that follows halts it and is told to the department. Between two
/// versions lies a distance. Killed at any point it goes on from what is saved.</summary>
internal sealed class FollowDeliveries(ZhengtongDb db, ExchangeLookup exchange, CatalogueLookup catalogue, LiveRows rows, ObjectStore store, LedgerKeys keys, IOptions<LiveOptions> options, TimeProvider clock) : IReconciler
{
    private const int AtOnce = 20;

    /// <summary>A table that never rests is taken nevertheless.</summary>
    private const int MostTorn = 3;

    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Later = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan MuchLater = TimeSpan.FromMinutes(5);

    public string Name => "open-data.live";

    public TimeSpan Every => TimeSpan.FromSeconds(10);

    public async Task<Pass> ReconcileAsync(CancellationToken ct)
    {
        var start = clock.GetUtcNow();
        var due = await db.LiveDatasets.Where(l => l.State != LiveState.Halted && l.NextAt <= start).OrderBy(l => l.NextAt).ThenBy(l => l.DatasetId).Take(AtOnce).Select(l => l.DatasetId).ToListAsync(ct);
        foreach (var id in due)
        {
            db.ChangeTracker.Clear();
            try { await StepAsync(id, ct); }
            // A person was at it in this moment: the next look sees what they did.
            catch (DbUpdateConcurrencyException) { }
            catch (DbUpdateException e) when (e.IsUniqueViolation()) { }
        }

        return due.Count == AtOnce ? Pass.Unfinished(due.Count) : Pass.Settled(due.Count);
    }

    private async Task StepAsync(Guid id, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        if (await db.LiveDatasets.SingleOrDefaultAsync(l => l.DatasetId == id, ct) is not { } live) { return; }
        var dataset = await db.Datasets.SingleAsync(d => d.Id == id, ct);
        if (dataset.State == DatasetState.Withdrawn) { await HaltAsync(live, dataset, "withdrawn", null, ct); return; }
        if (await exchange.FindAsync(live.AgreementId, ct) is not { } table || table.Consumer != dataset.PublisherId || !table.IsHere) { await HaltAsync(live, dataset, "no-table", null, ct); return; }
        if (!table.Allows) { await StumbleAsync(live, dataset, "agreement-stopped", table.Number, ct); return; }

        var underWay = await db.DatasetVersions.SingleOrDefaultAsync(v => v.DatasetId == id && v.State != VersionState.Published, ct);
        if (live.PendingVersionId is { } pending) { await PendingAsync(live, dataset, underWay?.Id == pending ? underWay : null, ct); return; }
        try
        {
            if (underWay is not null)
            {
                // What persons have begun is theirs; only before the first publication their draft is filled.
                if (live.GrantedBy is null && underWay.State == VersionState.Draft && table.Batches > live.Batches) { await FillAsync(live, dataset, underWay, table, ct); return; }
            }
            else if (await FindGrantAsync(live, dataset, ct) is { } current)
            {
                if (live.IsReplacedIn(current.Resources)) { await HaltAsync(live, dataset, "replaced", null, ct); return; }
                if (table.Batches > live.Batches && live.IsDue(table.ReceivedAt, current.PublishedAt ?? dataset.CreatedAt, options.Value.Distance, current.Description.UpdateCycle, now)) { await FollowAsync(live, dataset, current, table, ct); return; }
            }
        }
        catch (DeliveredTableUnreadableException e) { await StumbleAsync(live, dataset, "unreadable", e.Message, ct); return; }
        catch (ImportFault fault) { await StumbleAsync(live, dataset, "import", fault.Code, ct); return; }

        live.NextAt = now + Later;
        await db.SaveChangesAsync(ct);
    }

    /// <summary>The published version when persons have approved one with these rows since it was bound; null when they have not.</summary>
    private async Task<DatasetVersion?> FindGrantAsync(LiveDataset live, Dataset dataset, CancellationToken ct)
    {
        if (dataset.CurrentVersionId is not { } id) { return null; }
        var current = await db.DatasetVersions.AsNoTracking().SingleAsync(v => v.Id == id, ct);
        if (live.GrantedBy is not null) { return current; }
        // Without a batch taken since, what they approved was of another table.
        if (live.Batches == 0 || current.PublishedAt is not { } published || published < live.BoundAt || current.ApprovedBy is not { } leader || leader == Guid.Empty || current.Resources.All(r => r.Id != live.ResourceId)) { return null; }
        live.Grant(current.Id);
        db.Ledger.Add(LedgerEntry.Of("open-data.live-granted", dataset.Id, Actor.Platform, clock.GetUtcNow(), after: new { current.Number, agreement = live.AgreementId, approvedBy = leader }));
        await db.SaveChangesAsync(ct);
        return current;
    }

    /// <summary>Puts the rows into the draft that persons work on, unless they have put another file in their place.</summary>
    private async Task FillAsync(LiveDataset live, Dataset dataset, DatasetVersion draft, DeliveredTable table, CancellationToken ct)
    {
        if (live.IsReplacedIn(draft.Resources)) { await HaltAsync(live, dataset, "replaced", null, ct); return; }
        if (await TakeAsync(live, draft.Description.CoordinateSystem, table, null, ct) is not { } file) { return; }
        var now = clock.GetUtcNow();
        // A draft that is thrown away is followed by one with the published file.
        var published = await db.DatasetVersions.AsNoTracking().Where(v => v.Id == dataset.CurrentVersionId).Select(v => v.Resources).SingleOrDefaultAsync(ct);
        draft.Draft(draft.Description, Put(draft.Resources, ResourceOf(live, draft.Resources, file)), draft.ChangeNote);
        await VersionObjects.ReferAsync(db, draft, now, ct);
        live.Took(table.Batches, file.Content, published?.FirstOrDefault(r => r.Id == live.ResourceId)?.Content, null, now + Later, now);
        db.Ledger.Add(LedgerEntry.Of("open-data.live-taken", dataset.Id, Actor.Platform, now, after: new { draft.Number, agreement = live.AgreementId, table.Batches, file.Table.Table.Rows, sha256 = file.Content.Value }));
        await db.SaveChangesAsync(ct);
    }

    /// <summary>Makes and proposes the next version: of the file that persons have approved, with none but the columns that they have seen in it.</summary>
    private async Task FollowAsync(LiveDataset live, Dataset dataset, DatasetVersion current, DeliveredTable table, CancellationToken ct)
    {
        var before = current.Resources.FirstOrDefault(r => r.Id == live.ResourceId);
        if (await TakeAsync(live, current.Description.CoordinateSystem, table, before?.Content, ct) is not { } file) { return; }
        var approved = before?.Table?.Columns.Select(c => c.Name).ToHashSet(StringComparer.Ordinal) ?? [];
        if (file.Table.Table.Columns.Where(c => !approved.Contains(c.Name)).Select(c => c.Name).ToList() is { Count: > 0 } added) { await HaltAsync(live, dataset, "columns", string.Join(", ", added), ct); return; }
        var now = clock.GetUtcNow();
        var version = new DatasetVersion
        {
            Id = Guid.CreateVersion7(now), DatasetId = dataset.Id, Number = current.Number + 1, Description = current.Description, Resources = Put(current.Resources, ResourceOf(live, current.Resources, file)), CreatedAt = now,
            ChangeNote = string.Format(System.Globalization.CultureInfo.InvariantCulture, Bilingual.Of("open-data.live.change-note").Chinese, table.Number, before?.Table?.Rows ?? 0, file.Table.Table.Rows),
        };
        if (await ProposeVersion.FaultsOfAsync(new OpenVersion(dataset, version), catalogue, ct) is { Count: > 0 } faults) { await HaltAsync(live, dataset, "rules", string.Join(", ", faults.Keys), ct); return; }
        version.Propose(Guid.Empty, now);
        await TouchedApps.WarnAsync(db, dataset, version, now, ct);
        db.DatasetVersions.Add(version);
        await VersionObjects.ReferAsync(db, version, now, ct);
        live.Took(table.Batches, file.Content, before?.Content, version.Id, now + Soon, now);
        db.Ledger.Add(LedgerEntry.Of("open-data.live-proposed", dataset.Id, Actor.Platform, now, after: new { version.Number, agreement = live.AgreementId, table.Batches, file.Table.Table.Rows, sha256 = file.Content.Value, grantedBy = live.GrantedBy }));
        await db.SaveChangesAsync(ct);
    }

    /// <summary>Publishes the platform's own version when its content was checked and nothing blocks it.</summary>
    private async Task PendingAsync(LiveDataset live, Dataset dataset, DatasetVersion? version, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        if (version is null)
        {
            live.Settle(isPublished: false, now);
            await db.SaveChangesAsync(ct);
            return;
        }

        // Examined by the platform: a process died between that and the publication.
        if (version.State != VersionState.Proposed && (version.State != VersionState.Examined || version.ExaminedBy != Guid.Empty)) { await HaltAsync(live, dataset, "returned", null, ct); return; }
        if (version.Check != OpeningCheck.Done)
        {
            live.NextAt = now + Soon;
            await db.SaveChangesAsync(ct);
            return;
        }

        if (await OpenVersion.IsBlockedAsync(db, version.Id, ct))
        {
            var kinds = await db.OpeningFindings.Where(f => f.VersionId == version.Id && f.Severity == FindingSeverity.Blocks && f.OverriddenBy == null).Select(f => f.Kind).Distinct().OrderBy(k => k).Take(20).ToListAsync(ct);
            version.Return(Bilingual.Of("open-data.live.returned").Chinese);
            await HaltAsync(live, dataset, "finding", string.Join(' ', kinds), ct);
            return;
        }

        if (version.State == VersionState.Proposed) { version.Examine(Guid.Empty, now); }
        await ApproveVersion.PublishAsync(db, store, keys, dataset, version, Actor.Platform, now, ct);
        live.Settle(isPublished: true, now + Later);
        await db.SaveChangesAsync(ct);
    }

    /// <summary>The rows as a file with its table; null when they are the same as before, or changed while they were read.</summary>
    private async Task<LiveFile?> TakeAsync(LiveDataset live, CoordinateSystem coordinates, DeliveredTable table, Digest? before, CancellationToken ct)
    {
        var (content, bytes) = await rows.WriteAsync(table, ct);
        var now = clock.GetUtcNow();
        if (live.Torn < MostTorn && (await exchange.FindAsync(live.AgreementId, ct))?.Batches != table.Batches)
        {
            live.Tear(now + Soon);
            await db.SaveChangesAsync(ct);
            return null;
        }

        if (content == before)
        {
            live.Took(table.Batches, content, null, null, now + Later, now);
            await db.SaveChangesAsync(ct);
            return null;
        }

        return new LiveFile(content, bytes, await rows.ReadAsync(content, table, coordinates, ct));
    }

    private static DatasetResource ResourceOf(LiveDataset live, IReadOnlyList<DatasetResource> present, LiveFile file) => new()
    {
        Id = live.ResourceId,
        Name = live.Name,
        Description = present.FirstOrDefault(r => r.Id == live.ResourceId)?.Description ?? "",
        Format = "CSV",
        FileName = (DraftFiles.SafeName(live.Name) ?? "live") + ".csv",
        MediaType = "text/csv",
        Content = file.Content,
        Bytes = file.Bytes,
        Table = file.Table.Table,
        BadRows = file.Table.BadRows,
        BadRowCount = file.Table.BadRowCount,
    };

    private static IReadOnlyList<DatasetResource> Put(IReadOnlyList<DatasetResource> present, DatasetResource live) =>
        present.Any(r => r.Id == live.Id) ? [.. present.Select(r => r.Id == live.Id ? live : r)] : [.. present, live];

    private async Task StumbleAsync(LiveDataset live, Dataset dataset, string problem, string? detail, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        if (live.Stumble(problem, detail, now + MuchLater)) { Tell(dataset, problem, now); }
        await db.SaveChangesAsync(ct);
    }

    private async Task HaltAsync(LiveDataset live, Dataset dataset, string problem, string? detail, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        live.Halt(problem, detail, now + MuchLater);
        Tell(dataset, problem, now);
        db.Ledger.Add(LedgerEntry.Of("open-data.live-halted", dataset.Id, Actor.Platform, now, after: new { problem, detail, agreement = live.AgreementId }));
        await db.SaveChangesAsync(ct);
    }

    private void Tell(Dataset dataset, string problem, DateTimeOffset now) =>
        db.Notices.Add(Notice.Of(dataset.PublisherId, NoticeTone.Warning, $"open-data.live.notice.{problem}", $"/work/open-data/{dataset.Id}/live", now, dataset.Title));
}
