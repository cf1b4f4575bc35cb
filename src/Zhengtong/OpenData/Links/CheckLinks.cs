using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Jobs;
using Zhengtong.Kernel.Ledger;
using Zhengtong.Kernel.Notices;
using Zhengtong.Kernel.Objects;
using Zhengtong.OpenData.Harvest;
using Zhengtong.OpenData.Model;

namespace Zhengtong.OpenData.Links;

/// <summary>Keeps a list of the links of everything that is public, and looks at each when its time has come. A link that was dead and one that is alive again are told to the department.</summary>
internal sealed class CheckLinks(ZhengtongDb db, LinkProbe probe, ObjectStore objects, IOptions<LinksOptions> options, TimeProvider clock) : IReconciler
{
    private const int OwnersAtOnce = 100;
    private const int LinksAtOnce = 100;

    public string Name => "open-data.links";

    public TimeSpan Every => TimeSpan.FromMinutes(1);

    public async Task<Pass> ReconcileAsync(CancellationToken ct)
    {
        var done = await ListOwnAsync(ct) + await ListHarvestedAsync(ct) + await ForgetAsync(ct) + await LookAsync(ct);
        return done > 0 ? Pass.Unfinished(done) : Pass.Settled();
    }

    /// <summary>The links of our datasets whose description or files have changed.</summary>
    private async Task<int> ListOwnAsync(CancellationToken ct)
    {
        var due = await db.Datasets.AsNoTracking().Where(d => d.State == DatasetState.Published && !db.LinkSets.Any(l => l.OwnerId == d.Id && l.Revision == d.Revision)).OrderBy(d => d.Id).Take(OwnersAtOnce).ToListAsync(ct);
        if (due.Count == 0) { return 0; }
        var versions = due.Select(d => d.CurrentVersionId).ToList();
        var resources = (await db.DatasetVersions.AsNoTracking().Where(v => versions.Contains(v.Id)).Select(v => new { v.DatasetId, v.Resources }).ToListAsync(ct)).ToDictionary(v => v.DatasetId, v => v.Resources);
        foreach (var dataset in due)
        {
            var files = resources.GetValueOrDefault(dataset.Id) ?? [];
            var links = LinksIn.Text(dataset.Description.Notes).Concat(files.SelectMany(f => LinksIn.Text(f.Description))).Distinct(StringComparer.Ordinal).Take(LinksIn.Most).Select(a => (Address: a, Content: (Digest?)null))
                .Concat(files.Select(f => ($"/dataset/{dataset.Id}/resource/{f.Id}", (Digest?)f.Content)));
            await PutAsync(dataset.Id, dataset.Revision, false, dataset.PublisherId, dataset.Title, links, ct);
        }

        await db.SaveChangesAsync(ct);
        db.ChangeTracker.Clear();
        return due.Count;
    }

    private async Task<int> ListHarvestedAsync(CancellationToken ct)
    {
        var due = await db.HarvestedDatasets.AsNoTracking().Where(d => d.IsShown && !db.LinkSets.Any(l => l.OwnerId == d.Id && l.Revision == d.Revision)).OrderBy(d => d.Id).Take(OwnersAtOnce)
            .Select(d => new { Dataset = d, Organisation = db.HarvestSources.Where(s => s.Id == d.SourceId).Select(s => s.OrganisationId).First() }).ToListAsync(ct);
        if (due.Count == 0) { return 0; }
        foreach (var found in due)
        {
            var d = found.Dataset.Description;
            var links = d.Distributions.Select(x => x.Address).Append(d.Page).OfType<string>().Distinct(StringComparer.Ordinal).Select(a => (a, (Digest?)null));
            await PutAsync(found.Dataset.Id, found.Dataset.Revision, true, found.Organisation, found.Dataset.Title, links, ct);
        }

        await db.SaveChangesAsync(ct);
        db.ChangeTracker.Clear();
        return due.Count;
    }

    /// <summary>A link that stays keeps what is known of it.</summary>
    private async Task PutAsync(Guid owner, int revision, bool isHarvested, Guid organisation, string title, IEnumerable<(string Address, Digest? Content)> links, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var before = (await db.CheckedLinks.Where(l => l.OwnerId == owner).ToListAsync(ct)).ToLookup(l => (l.Address, l.Content));
        var stays = new HashSet<Guid>();
        foreach (var link in links)
        {
            if (before[link].FirstOrDefault() is { } same)
            {
                same.Title = title;
                stays.Add(same.Id);
                continue;
            }

            db.CheckedLinks.Add(new CheckedLink { Id = Guid.CreateVersion7(now), OwnerId = owner, IsHarvested = isHarvested, OrganisationId = organisation, Title = title, Address = link.Address, Content = link.Content, NextAt = now });
        }

        db.CheckedLinks.RemoveRange(before.SelectMany(g => g).Where(l => !stays.Contains(l.Id)));
        if (await db.LinkSets.SingleOrDefaultAsync(s => s.OwnerId == owner, ct) is { } known) { known.Revision = revision; }
        else { db.LinkSets.Add(new LinkSet { OwnerId = owner, Revision = revision }); }
    }

    /// <summary>What nobody sees any more needs no look.</summary>
    private async Task<int> ForgetAsync(CancellationToken ct)
    {
        var gone = await db.LinkSets.Where(s => !db.Datasets.Any(d => d.Id == s.OwnerId && d.State == DatasetState.Published) && !db.HarvestedDatasets.Any(d => d.Id == s.OwnerId && d.IsShown)).OrderBy(s => s.OwnerId).Take(OwnersAtOnce).ToListAsync(ct);
        if (gone.Count == 0) { return 0; }
        var owners = gone.Select(g => g.OwnerId).ToList();
        db.CheckedLinks.RemoveRange(await db.CheckedLinks.Where(l => owners.Contains(l.OwnerId)).ToListAsync(ct));
        db.LinkSets.RemoveRange(gone);
        await db.SaveChangesAsync(ct);
        db.ChangeTracker.Clear();
        return gone.Count;
    }

    private async Task<int> LookAsync(CancellationToken ct)
    {
        var start = clock.GetUtcNow();
        var due = await db.CheckedLinks.Where(l => l.NextAt <= start).OrderBy(l => l.NextAt).ThenBy(l => l.Id).Take(LinksAtOnce).ToListAsync(ct);
        if (due.Count == 0) { return 0; }
        var findings = new System.Collections.Concurrent.ConcurrentDictionary<Guid, LinkFinding>();
        // One link of a host at a time: nobody is to take this for an attack.
        var hosts = due.Where(l => l.Content is null).GroupBy(l => Uri.TryCreate(l.Address, UriKind.Absolute, out var uri) ? uri.Authority : "", StringComparer.OrdinalIgnoreCase);
        await Parallel.ForEachAsync(hosts, new ParallelOptions { MaxDegreeOfParallelism = options.Value.Hosts, CancellationToken = ct }, async (host, stop) =>
        {
            foreach (var link in host) { findings[link.Id] = await probe.LookAsync(link.Address, stop); }
        });
        foreach (var link in due.Where(l => l.Content is not null)) { findings[link.Id] = await objects.ExistsAsync(link.Content!.Value, ct) ? new LinkFinding(200, null) : new LinkFinding(null, "file-missing"); }

        var now = clock.GetUtcNow();
        foreach (var link in due)
        {
            var finding = findings[link.Id];
            // Failing ones never come back within the same pass.
            var next = finding.IsGood ? now.AddHours(options.Value.GoodHours) : now.AddHours(options.Value.FailingHours).AddMilliseconds(1);
            if (link.Found(finding, options.Value.DeadAfter, next, now)) { Tell(link, now); }
        }

        await db.SaveChangesAsync(ct);
        db.ChangeTracker.Clear();
        return due.Count;
    }

    private void Tell(CheckedLink link, DateTimeOffset now)
    {
        var href = link.IsHarvested ? $"/harvested/{link.OwnerId}" : $"/work/open-data/{link.OwnerId}";
        if (link.State == LinkState.Dead)
        {
            db.Notices.Add(Notice.Of(link.OrganisationId, NoticeTone.Warning, "open-data.links.notice.dead", href, now, link.Title, Shortened(link.Address)));
            db.Ledger.Add(LedgerEntry.Of("open-data.link-died", link.OwnerId, Actor.Platform, now, after: new { link.Address, link.Status, link.Fault, link.Failures }));
        }
        else
        {
            db.Notices.Add(Notice.Of(link.OrganisationId, NoticeTone.Good, "open-data.links.notice.alive", href, now, link.Title, Shortened(link.Address)));
            db.Ledger.Add(LedgerEntry.Of("open-data.link-revived", link.OwnerId, Actor.Platform, now, after: new { link.Address, link.Status }));
        }
    }

    private static string Shortened(string address) => ForeignDataset.Line(address, 120);
}
