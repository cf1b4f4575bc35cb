using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;
using Zhengtong.OpenData.Model;

namespace Zhengtong.OpenData.Publishing;

/// <summary>Versions to examine, to approve, and those that came back.</summary>
internal sealed class PublishingWork(ZhengtongDb db) : IWorkList
{
    private const int Most = 50;

    public async Task<IReadOnlyList<WorkItem>> WaitingAsync(Actor actor, CancellationToken ct)
    {
        var work = new List<WorkItem>();
        if (actor.May(Right.ExamineOpening))
        {
            // Before the check has read everything there is nothing to examine.
            work.AddRange(await ReadAsync(Of(actor).Where(v => v.State == VersionState.Proposed && v.Check == OpeningCheck.Done && v.ProposedBy != actor.Id), "open-data.publishing.work.examine", "/examination", ct));
        }

        if (actor.May(Right.ApproveOpening))
        {
            work.AddRange(await ReadAsync(Of(actor).Where(v => v.State == VersionState.Examined && v.ProposedBy != actor.Id), "open-data.publishing.work.approve", "/examination", ct));
        }

        if (actor.May(Right.OpenData))
        {
            work.AddRange(await ReadAsync(Of(actor).Where(v => v.State == VersionState.Draft && v.ReturnedBecause != null), "open-data.publishing.work.returned", "", ct));
        }

        return [.. work.Take(Most)];
    }

    public async Task<IReadOnlyList<WorkItem>> StartedAsync(Actor actor, CancellationToken ct)
    {
        if (!actor.May(Right.OpenData)) { return []; }
        return await ReadAsync(Of(actor).Where(v => v.State == VersionState.Proposed || v.State == VersionState.Examined), "open-data.publishing.work.started", "", ct);
    }

    private IQueryable<DatasetVersion> Of(Actor actor) => db.DatasetVersions.AsNoTracking().Where(v => db.Datasets.Any(d => d.Id == v.DatasetId && d.PublisherId == actor.Organisation));

    private async Task<IReadOnlyList<WorkItem>> ReadAsync(IQueryable<DatasetVersion> versions, string key, string page, CancellationToken ct)
    {
        var found = await versions.OrderBy(v => v.ProposedAt ?? v.CreatedAt).Take(Most)
            .Select(v => new { v.DatasetId, v.Number, v.State, Since = v.ExaminedAt ?? v.ProposedAt ?? v.CreatedAt, Title = db.Datasets.Where(d => d.Id == v.DatasetId).Select(d => d.Title).First() }).ToListAsync(ct);
        return [.. found.Select(v => new WorkItem(Text.Of(key, v.Title, v.Number), $"/work/open-data/{v.DatasetId}{page}", v.Since, null, false, PublishingWords.Of(v.State)))];
    }
}
