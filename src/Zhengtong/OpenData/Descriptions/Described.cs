using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Organisations;
using Zhengtong.Kernel.Regions;
using Zhengtong.Kernel.Search;
using Zhengtong.OpenData.Model;

namespace Zhengtong.OpenData.Descriptions;

/// <summary>A published dataset as one of its published versions describes it, cut down to what the public may know.</summary>
/// <param name="Dataset">The dataset; published.</param>
/// <param name="Version">The version; published.</param>
/// <param name="Publisher">The department that answers for it.</param>
/// <param name="Place">Full name of the division it is about.</param>
internal sealed record Described(Dataset Dataset, DatasetVersion Version, Organisation Publisher, string Place)
{
    /// <summary>What the version says.</summary>
    internal DatasetDescription Says => Version.Description;

    /// <summary>True when the version is the one the public sees first.</summary>
    internal bool IsCurrent => Version.Id == Dataset.CurrentVersionId;

    /// <summary>The stricter of what the dataset is and what the version was: what was closed later is closed in its older versions too.</summary>
    internal OpenAttribute Attribute => (OpenAttribute)Math.Max((int)Dataset.OpenAttribute, (int)Says.OpenAttribute);

    /// <summary>True when only that it exists, and why it is closed, is public.</summary>
    internal bool IsClosed => Attribute == OpenAttribute.NotOpen;

    /// <summary>True when the reader may fetch its files.</summary>
    internal bool GivesData => Attribute == OpenAttribute.Unconditional || (IsGranted && !IsClosed);

    /// <summary>True when the conditionally open dataset was granted to the reader's key.</summary>
    internal bool IsGranted { get; init; }

    /// <summary>The condition or the legal ground; null when there is none.</summary>
    internal string? Condition => Attribute == OpenAttribute.Unconditional ? null : Says.OpenCondition ?? Dataset.Description.OpenCondition;

    /// <summary>What it holds; of what is closed, why it is.</summary>
    internal string Notes => IsClosed ? Condition ?? "" : Says.Notes;

    /// <summary>The keywords; none of what is closed.</summary>
    internal IReadOnlyList<string> Keywords => IsClosed ? [] : Says.Keywords;

    /// <summary>The resources; none of what is closed.</summary>
    internal IReadOnlyList<DatasetResource> Resources => IsClosed ? [] : Version.Resources;

    /// <summary>What changed in the version; empty of what is closed.</summary>
    internal string ChangeNote => IsClosed ? "" : Version.ChangeNote;

    /// <summary>When the version was published.</summary>
    internal DateTimeOffset PublishedAt => Version.PublishedAt ?? Dataset.ModifiedAt;

    /// <summary>The themes it stands under.</summary>
    internal IEnumerable<Theme> Themes => Says.Themes.Select(Theme.Find).OfType<Theme>();

    /// <summary>Its licence.</summary>
    internal Licence Licence => Model.Licence.Find(Says.Licence) ?? Model.Licence.All[0];

    /// <summary>The division's code: the description's, or the publisher's.</summary>
    internal RegionCode Region => RegionOf(Version, Publisher);

    /// <summary>Address of what is described: the dataset when the version is the current one, else the version.</summary>
    internal string Subject(PortalAddress at) => IsCurrent ? at.Dataset(Dataset.Id) : at.Version(Dataset.Id, Version.Id);

    /// <summary>Address of the file, or null when it is not given.</summary>
    internal string? Download(PortalAddress at, DatasetResource resource) => GivesData ? at.Download(Dataset.Id, resource, IsCurrent ? null : Version.Id) : null;

    /// <summary>What tells one state of the description from another.</summary>
    internal string Tag => $"{Dataset.Id} {Dataset.Revision} {Version.Id} {Publisher.Revision} {Place}";

    /// <summary>The division that a version is about.</summary>
    internal static RegionCode RegionOf(DatasetVersion version, Organisation publisher) => RegionCode.TryParse(version.Description.Region, null, out var told) ? told : publisher.Region;
}

/// <summary>A version in the list of a dataset's versions.</summary>
internal sealed record VersionCard(Guid Id, int Number, string ChangeNote, DateTimeOffset? PublishedAt);

/// <summary>In what state the whole catalogue is; changes whenever anything in it does.</summary>
/// <param name="Datasets">How many datasets are published.</param>
/// <param name="Issued">First publication.</param>
/// <param name="Modified">Latest publication or withdrawal.</param>
/// <param name="Revisions">Sum of all revisions.</param>
internal sealed record CatalogueState(int Datasets, DateTimeOffset? Issued, DateTimeOffset? Modified, long Revisions)
{
    /// <summary>What tells one state from another.</summary>
    internal string Tag => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{Datasets} {Modified?.UtcTicks} {Revisions}");
}

/// <summary>Reads what is published, in a number of queries that does not grow with the number of datasets.</summary>
internal static class DescribedDatasets
{
    /// <summary>Most versions that a description lists; the latest.</summary>
    internal const int MostVersions = 100;

    /// <summary>Kind of the search entries that publication writes.</summary>
    private const string SearchKind = "open-data.dataset";

    /// <summary>What is published, narrowed down.</summary>
    /// <param name="db">The database.</param>
    /// <param name="words">Words that must all be found; null for no search.</param>
    /// <param name="since">Only what was published at this moment or later; null for all.</param>
    internal static IQueryable<Dataset> Wanted(ZhengtongDb db, string? words = null, DateTimeOffset? since = null)
    {
        var wanted = db.Datasets.AsNoTracking().Where(d => d.State == DatasetState.Published);
        if (since is { } from) { wanted = wanted.Where(d => d.ModifiedAt >= from); }
        if (string.IsNullOrWhiteSpace(words)) { return wanted; }
        var terms = Bigrams.ToFind(words);
        return terms.Count == 0 ? wanted.Where(d => false) : wanted.Join(SearchIndex.WithAll(db, SearchKind, terms), d => d.Id, h => h.Subject, (d, h) => d);
    }

    /// <summary>The state of the catalogue; two queries.</summary>
    internal static async Task<CatalogueState> StateAsync(ZhengtongDb db, CancellationToken ct)
    {
        var seen = await db.Datasets.Where(d => d.State != DatasetState.Draft).GroupBy(d => 1)
            .Select(g => new { Count = g.Count(d => d.State == DatasetState.Published), Issued = g.Min(d => d.PublishedAt), Modified = g.Max(d => (DateTimeOffset?)d.ModifiedAt), Revisions = g.Sum(d => (long)d.Revision) })
            .SingleOrDefaultAsync(ct);
        var publishers = await db.Organisations.SumAsync(o => (long)o.Revision, ct);
        return new CatalogueState(seen?.Count ?? 0, seen?.Issued, seen?.Modified, (seen?.Revisions ?? 0) + publishers);
    }

    /// <summary>The datasets with their current versions, in the order they come; two queries.</summary>
    /// <param name="db">The database.</param>
    /// <param name="ordered">A page, in order; bounded by the caller.</param>
    /// <param name="ct">Stops it.</param>
    internal static async Task<IReadOnlyList<Described>> ReadAsync(ZhengtongDb db, IQueryable<Dataset> ordered, CancellationToken ct)
    {
        // Correlated by key in one statement; the page's own order is taken up again below, a join promises none.
        var rows = await ordered.Join(db.DatasetVersions.AsNoTracking(), d => d.CurrentVersionId, v => (Guid?)v.Id, (d, v) => new { d, v })
            .Join(db.Organisations.AsNoTracking(), x => x.d.PublisherId, o => o.Id, (x, o) => new { x.d, x.v, o }).ToListAsync(ct);
        var places = await RegionNames.FullAsync(db, rows.Select(r => Described.RegionOf(r.v, r.o)), ct);
        return [.. rows.Select(r => new Described(r.d, r.v, r.o, places[Described.RegionOf(r.v, r.o)]))];
    }

    /// <summary>The same as for everybody, with what was granted to the caller's key: for what hands out files.</summary>
    internal static async Task<Described?> FindGrantedAsync(ZhengtongDb db, HttpContext http, string nameOrId, Guid? version, CancellationToken ct) =>
        await FindAsync(db, nameOrId, version, ct) is not { } found ? null : found.Attribute != OpenAttribute.Conditional ? found
            : found with { IsGranted = (await http.RequestServices.GetRequiredService<Reuse.Readers>().GrantedAsync(ct)).Contains(found.Dataset.Id) };

    /// <summary>The dataset of that name or id in its current version, or in the one asked for; null when the public sees none. Two queries.</summary>
    internal static async Task<Described?> FindAsync(ZhengtongDb db, string nameOrId, Guid? version, CancellationToken ct)
    {
        var id = Guid.TryParseExact(nameOrId, "D", out var parsed) ? parsed : (Guid?)null;
        var found = await db.Datasets.AsNoTracking().Where(d => d.State == DatasetState.Published && (d.Name == nameOrId || d.Id == id)).OrderBy(d => d.Name == nameOrId ? 0 : 1)
            .Join(db.DatasetVersions.AsNoTracking().Where(v => v.State == VersionState.Published), d => d.Id, v => v.DatasetId, (d, v) => new { d, v })
            .Where(x => x.v.Id == (version ?? x.d.CurrentVersionId))
            .Join(db.Organisations.AsNoTracking(), x => x.d.PublisherId, o => o.Id, (x, o) => new { x.d, x.v, o }).FirstOrDefaultAsync(ct);
        if (found is null) { return null; }
        var region = Described.RegionOf(found.v, found.o);
        return new Described(found.d, found.v, found.o, (await RegionNames.FullAsync(db, [region], ct))[region]);
    }

    /// <summary>The latest published versions, newest first, at most <see cref="MostVersions"/>.</summary>
    internal static Task<List<VersionCard>> VersionsAsync(ZhengtongDb db, Guid dataset, CancellationToken ct) => db.DatasetVersions.AsNoTracking()
        .Where(v => v.DatasetId == dataset && v.State == VersionState.Published).OrderByDescending(v => v.Number).Take(MostVersions)
        .Select(v => new VersionCard(v.Id, v.Number, v.ChangeNote, v.PublishedAt)).ToListAsync(ct);

    /// <summary>Who answers for the catalogue as a whole: the authority; null when none is registered.</summary>
    internal static Task<Organisation?> AuthorityAsync(ZhengtongDb db, CancellationToken ct) =>
        db.Organisations.AsNoTracking().Where(o => o.Kind == OrganisationKind.Authority).OrderBy(o => o.Region).ThenBy(o => o.Id).FirstOrDefaultAsync(ct);
}
