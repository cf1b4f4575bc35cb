using System.Globalization;
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

/// <summary>Keeps a list of the links of everything that is public, and looks at each when its time has come. What died and what is alive again is told to the
/// department when everything that was due has been looked at: in one notice of each kind, however many links there are.</summary>
internal sealed class CheckLinks(ZhengtongDb db, LinkProbe probe, ObjectStore objects, IOptions<LinksOptions> options, TimeProvider clock) : IReconciler
{
    private const int OwnersAtOnce = 100;
    private const int LinksAtOnce = 100;

    /// <summary>So many links are told at once; who has more dead ones hears of the rest with the next look.</summary>
    private const int MostTold = 2000;

    /// <summary>So many of them a notice names, and the ledger.</summary>
    private const int Named = 3;
    private const int MostLedgered = 20;
    private const int LongestTitle = 60;
    private const int LongestAddress = 120;

    /// <summary>So many looks without an answer, one behind the other, and a host is left alone for a while: one that is gone must not hold up all others.</summary>
    private const int MostSilent = 5;

    private static readonly TimeSpan LeftAlone = TimeSpan.FromMinutes(10);

    public string Name => "open-data.links";

    public TimeSpan Every => TimeSpan.FromMinutes(1);

    public async Task<Pass> ReconcileAsync(CancellationToken ct)
    {
        var done = await ListOwnAsync(ct) + await ListHarvestedAsync(ct) + await ForgetAsync(ct) + await LookAsync(ct);
        return done > 0 ? Pass.Unfinished(done) : Pass.Settled(await TellAsync(ct));
    }

    /// <summary>The links of our datasets whose description or files have changed.</summary>
    private async Task<int> ListOwnAsync(CancellationToken ct)
    {
        var due = await db.Datasets.AsNoTracking().Where(d => d.State == DatasetState.Published && !db.LinkSets.Any(l => l.OwnerId == d.Id && l.Revision == d.Revision)).OrderBy(d => d.Id).Take(OwnersAtOnce).ToListAsync(ct);
        if (due.Count == 0) { return 0; }
        var versions = due.Select(d => d.CurrentVersionId).ToList();
        var resources = (await db.DatasetVersions.AsNoTracking().Where(v => versions.Contains(v.Id)).Select(v => new { v.DatasetId, v.Resources }).ToListAsync(ct)).ToDictionary(v => v.DatasetId, v => v.Resources);
        await PutAsync(due.Select(dataset =>
        {
            var files = resources.GetValueOrDefault(dataset.Id) ?? [];
            var links = LinksIn.Text(dataset.Description.Notes).Concat(files.SelectMany(f => LinksIn.Text(f.Description))).Distinct(StringComparer.Ordinal).Take(LinksIn.Most).Select(a => (Address: a, Content: (Digest?)null))
                .Concat(files.Select(f => ($"/dataset/{dataset.Id}/resource/{f.Id}", (Digest?)f.Content)));
            return new Owner(dataset.Id, dataset.Revision, false, dataset.PublisherId, dataset.Title, links);
        }), ct);
        return due.Count;
    }

    private async Task<int> ListHarvestedAsync(CancellationToken ct)
    {
        var due = await db.HarvestedDatasets.AsNoTracking().Where(d => d.IsShown && !db.LinkSets.Any(l => l.OwnerId == d.Id && l.Revision == d.Revision)).OrderBy(d => d.Id).Take(OwnersAtOnce)
            .Select(d => new { Dataset = d, Organisation = db.HarvestSources.Where(s => s.Id == d.SourceId).Select(s => s.OrganisationId).First() }).ToListAsync(ct);
        if (due.Count == 0) { return 0; }
        await PutAsync(due.Select(found =>
        {
            var (dataset, d) = (found.Dataset, found.Dataset.Description);
            var links = d.Distributions.Select(x => x.Address).Append(d.Page).OfType<string>().Distinct(StringComparer.Ordinal).Select(a => (a, (Digest?)null));
            return new Owner(dataset.Id, dataset.Revision, true, found.Organisation, dataset.Title, links);
        }), ct);
        return due.Count;
    }

    /// <summary>Saves what links there are. One that stays keeps what is known of it.</summary>
    private async Task PutAsync(IEnumerable<Owner> some, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var owners = some.ToList();
        var ids = owners.Select(o => o.Id).ToList();
        var before = (await db.CheckedLinks.Where(l => ids.Contains(l.OwnerId)).ToListAsync(ct)).ToLookup(l => (l.OwnerId, l.Address, l.Content));
        var sets = await db.LinkSets.Where(s => ids.Contains(s.OwnerId)).ToDictionaryAsync(s => s.OwnerId, ct);
        var stays = new HashSet<Guid>();
        foreach (var owner in owners)
        {
            foreach (var (address, content) in owner.Links)
            {
                if (before[(owner.Id, address, content)].FirstOrDefault() is { } same)
                {
                    same.Title = owner.Title;
                    stays.Add(same.Id);
                    continue;
                }

                db.CheckedLinks.Add(new CheckedLink { Id = Guid.CreateVersion7(now), OwnerId = owner.Id, IsHarvested = owner.IsHarvested, OrganisationId = owner.Organisation, Title = owner.Title, Address = address, Content = content, NextAt = now });
            }

            if (sets.GetValueOrDefault(owner.Id) is { } known) { known.Revision = owner.Revision; }
            else { db.LinkSets.Add(new LinkSet { OwnerId = owner.Id, Revision = owner.Revision }); }
        }

        db.CheckedLinks.RemoveRange(before.SelectMany(g => g).Where(l => !stays.Contains(l.Id)));
        await db.SaveChangesAsync(ct);
        db.ChangeTracker.Clear();
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
            var silent = 0;
            foreach (var link in host.TakeWhile(_ => silent < MostSilent))
            {
                var finding = findings[link.Id] = await probe.LookAsync(link.Address, stop);
                silent = finding.Fault is "timeout" or "unreachable" ? silent + 1 : 0;
            }
        });
        foreach (var link in due.Where(l => l.Content is not null)) { findings[link.Id] = await objects.ExistsAsync(link.Content!.Value, ct) ? new LinkFinding(200, null) : new LinkFinding(null, "file-missing"); }

        var now = clock.GetUtcNow();
        foreach (var link in due)
        {
            if (!findings.TryGetValue(link.Id, out var finding))
            {
                link.NextAt = now + LeftAlone;
                continue;
            }

            // Failing ones do not come back within the same run, which would never be over.
            var next = finding.IsGood ? now.AddHours(options.Value.GoodHours) : now.AddHours(options.Value.FailingHours).AddMinutes(1);
            link.Found(finding, options.Value.DeadAfter, next, now);
        }

        await db.SaveChangesAsync(ct);
        db.ChangeTracker.Clear();
        return due.Count;
    }

    /// <summary>Tells each department what the run has found, together with the mark that it was told: a killed process tells it once.</summary>
    private async Task<int> TellAsync(CancellationToken ct)
    {
        var told = 0;
        foreach (var organisation in await db.CheckedLinks.Where(l => l.IsUntold).Select(l => l.OrganisationId).Distinct().OrderBy(o => o).Take(OwnersAtOnce).ToListAsync(ct))
        {
            var links = await db.CheckedLinks.Where(l => l.IsUntold && l.OrganisationId == organisation).OrderBy(l => l.Title).ThenBy(l => l.Address).ThenBy(l => l.Id).Take(MostTold).ToListAsync(ct);
            var now = clock.GetUtcNow();
            Tell(organisation, [.. links.Where(l => l.State == LinkState.Dead)], isDead: true, now);
            Tell(organisation, [.. links.Where(l => l.State != LinkState.Dead)], isDead: false, now);
            foreach (var link in links) { link.Tell(); }
            await db.SaveChangesAsync(ct);
            db.ChangeTracker.Clear();
            told += links.Count;
        }

        return told;
    }

    private void Tell(Guid organisation, List<CheckedLink> links, bool isDead, DateTimeOffset now)
    {
        if (links.Count == 0) { return; }
        var first = links[0];
        var (tone, what) = isDead ? (NoticeTone.Warning, "dead") : (NoticeTone.Good, "alive");
        if (links.Count == 1)
        {
            var page = first.IsHarvested ? $"/harvested/{first.OwnerId}" : $"/work/open-data/{first.OwnerId}";
            db.Notices.Add(Notice.Of(organisation, tone, $"open-data.links.notice.{what}", page, now, first.Title, Shortened(first.Address, LongestAddress)));
        }
        else
        {
            var named = string.Join("; ", links.Take(Named).Select(l => $"{Shortened(l.Title, LongestTitle)} {Shortened(l.Address, LongestAddress)}"));
            var page = $"/work/open-data/links?organisation={organisation}";
            db.Notices.Add(Notice.Of(organisation, tone, $"open-data.links.notice.{what}-several", page, now, links.Count.ToString(CultureInfo.InvariantCulture), named));
        }

        db.Ledger.Add(LedgerEntry.Of(isDead ? "open-data.link-died" : "open-data.link-revived", organisation, Actor.Platform, now, after: new
        {
            links = links.Count, datasets = links.Select(l => l.OwnerId).Distinct().Count(), first = links.Take(MostLedgered).Select(l => new { dataset = l.OwnerId, address = Shortened(l.Address, 300), l.Status, l.Fault, l.Failures }),
        }));
    }

    private static string Shortened(string text, int most) => ForeignDataset.Line(text, most);

    /// <summary>A dataset, ours or harvested, and where it leads now.</summary>
    private sealed record Owner(Guid Id, int Revision, bool IsHarvested, Guid Organisation, string Title, IEnumerable<(string Address, Digest? Content)> Links);
}
