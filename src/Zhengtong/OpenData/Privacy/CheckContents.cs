using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Jobs;
using Zhengtong.Kernel.Ledger;
using Zhengtong.OpenData.Model;

namespace Zhengtong.OpenData.Privacy;

/// <summary>Checks the content of proposed versions, the longest waiting first: one version a pass, one resource after the other, each saved with its findings.</summary>
internal sealed class CheckContents(ZhengtongDb db, Examination examination, TimeProvider clock) : IReconciler
{
    private const int MostTried = 20;
    private static readonly TimeSpan ProgressEvery = TimeSpan.FromSeconds(2);

    public string Name => "open-data.content-checks";

    public TimeSpan Every => TimeSpan.FromSeconds(5);

    public async Task<Pass> ReconcileAsync(CancellationToken ct)
    {
        var waiting = await db.DatasetVersions.Where(v => v.State == VersionState.Proposed && v.Check != OpeningCheck.Done).OrderBy(v => v.ProposedAt).Select(v => v.Id).Take(MostTried).ToListAsync(ct);
        System.Runtime.ExceptionServices.ExceptionDispatchInfo? failure = null;
        foreach (var id in waiting)
        {
            db.ChangeTracker.Clear();
            try
            {
                if (await db.DatasetVersions.SingleOrDefaultAsync(v => v.Id == id && v.State == VersionState.Proposed && v.Check != OpeningCheck.Done, ct) is not { } version) { continue; }
                await CheckAsync(version, ct);
                return Pass.Unfinished(1);
            }
            catch (Exception e) when (DatabaseErrors.IsLostRace(e))
            {
                // It was given back or proposed anew meanwhile: look again.
                return Pass.Unfinished(1);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                // One that cannot be read does not keep those behind it waiting.
                failure ??= System.Runtime.ExceptionServices.ExceptionDispatchInfo.Capture(e);
            }
        }

        failure?.Throw();
        return Pass.Settled();
    }

    private async Task CheckAsync(DatasetVersion version, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var proposedAt = version.ProposedAt ?? now;
        var rows = version.Resources.Sum(r => r.Table?.Rows ?? 0);
        var run = await db.CheckRuns.SingleOrDefaultAsync(r => r.VersionId == version.Id, ct);
        if (run is null)
        {
            run = new CheckRun { VersionId = version.Id, ProposedAt = proposedAt, Rows = rows, StartedAt = now };
            db.CheckRuns.Add(run);
        }
        else if (run.ProposedAt != proposedAt || version.Check == OpeningCheck.Pending) { run.Restart(proposedAt, rows, now); }

        if (version.Check == OpeningCheck.Pending) { version.BeginCheck(); }
        // Findings of resources that are no longer there.
        var ids = version.Resources.Select(r => r.Id).ToList();
        db.OpeningFindings.RemoveRange(await db.OpeningFindings.Where(f => f.VersionId == version.Id && f.ResourceId != null && !ids.Contains(f.ResourceId.Value)).ToListAsync(ct));
        await db.SaveChangesAsync(ct);

        var names = examination.ReadNames(version);
        foreach (var resource in version.Resources.Where(r => !run.Checked.Contains(r.Id)).ToList())
        {
            var (before, told) = (run.RowsRead, clock.GetUtcNow());
            var found = await examination.ReadResourceAsync(resource, TellAsync, ct);
            await ReplaceAsync(version.Id, resource.Id, [.. found, .. names.Where(n => n.Resource == resource.Id).Select(n => new FindingIn(null, n.Finding))], ct);
            run.RowsRead = before + (resource.Table?.Rows ?? 0);
            run.Checked = [.. run.Checked, resource.Id];
            await db.SaveChangesAsync(ct);

            async Task TellAsync(long read)
            {
                if (clock.GetUtcNow() - told < ProgressEvery) { return; }
                told = clock.GetUtcNow();
                run.RowsRead = before + read;
                await db.SaveChangesAsync(ct);
            }
        }

        await ReplaceAsync(version.Id, null, [.. names.Where(n => n.Resource is null).Select(n => new FindingIn(null, n.Finding))], ct);
        var end = clock.GetUtcNow();
        var blocking = db.ChangeTracker.Entries<OpeningFinding>().Count(e => e.State != EntityState.Deleted && e.Entity.Stands);
        version.EndCheck(end);
        db.Ledger.Add(LedgerEntry.Of("open-data.content-checked", version.Id, Actor.Platform, end, after: new { version.Number, rows, blocking }));
        await db.SaveChangesAsync(ct);
    }

    /// <summary>What was found before goes, but for what an examiner let pass in the same bytes.</summary>
    private async Task ReplaceAsync(Guid version, Guid? resource, IReadOnlyList<FindingIn> found, CancellationToken ct)
    {
        var present = await db.OpeningFindings.Where(f => f.VersionId == version && f.ResourceId == resource).ToListAsync(ct);
        var now = clock.GetUtcNow();
        var kept = new HashSet<OpeningFinding>();
        foreach (var (content, finding) in found)
        {
            if (present.Find(p => p.OverriddenBy is not null && content is not null && p.Content == content && p.Kind == finding.Kind && p.Column == finding.Column) is { } passed)
            {
                kept.Add(passed);
                continue;
            }

            db.OpeningFindings.Add(new OpeningFinding
            {
                Id = Guid.CreateVersion7(now), VersionId = version, ResourceId = resource, Content = content, Column = finding.Column, Kind = finding.Kind, Severity = finding.Severity,
                Cells = finding.Cells, Share = finding.Share, Sample = finding.Sample, Detail = finding.Detail, FoundAt = now,
            });
        }

        db.OpeningFindings.RemoveRange(present.Where(p => !kept.Contains(p)));
    }
}
