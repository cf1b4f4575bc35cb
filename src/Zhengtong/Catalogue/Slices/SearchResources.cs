using System.ComponentModel.DataAnnotations;
using System.Linq.Expressions;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Catalogue.Model;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Search;

namespace Zhengtong.Catalogue.Slices;

/// <summary>An information resource in a list.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Code">信息资源代码.</param>
/// <param name="Name">信息资源名称.</param>
/// <param name="Abstract">信息资源摘要.</param>
/// <param name="Provider">Short name of the provider.</param>
/// <param name="Kind">共享方式.</param>
/// <param name="SharingType">共享类型.</param>
/// <param name="UpdateCycle">更新周期.</param>
/// <param name="Items">How many items.</param>
/// <param name="State">Where it stands.</param>
/// <param name="PublishedAt">发布日期.</param>
public sealed record ResourceRow(
    Guid Id, string Code, string Name, string Abstract, string Provider, DeliveryKind Kind, SharingType SharingType, UpdateCycle UpdateCycle, int Items, ResourceState State, DateTimeOffset? PublishedAt);

internal static class SearchResources
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/resources", Handle).Requires(Right.ReadWork).ProducesProblem(400);

    /// <summary>Search the catalogue: what is published, and the caller's own; newest first.</summary>
    /// <param name="q">Words in any order, separated by spaces, each found in name, abstract, provider's name, or name or column of an item; Chinese anywhere in the text, other words by their beginning; case and width do not matter. At most 100 characters.</param>
    /// <param name="provider">Only resources of this organisation.</param>
    /// <param name="kind">Only what is delivered this way.</param>
    /// <param name="sharing">Only this sharing type.</param>
    /// <param name="state">Only those in this state.</param>
    /// <param name="page">Which part of the list.</param>
    /// <response code="200">A page.</response>
    /// <response code="400">kernel.cursor-unknown</response>
    internal static async Task<Results<Ok<Page<ResourceRow>>, ProblemHttpResult>> Handle(
        [StringLength(100)] string? q, Guid? provider, Choice<DeliveryKind>? kind, Choice<SharingType>? sharing, Choice<ResourceState>? state, [AsParameters] PageQuery page,
        Actor actor, ZhengtongDb db, Paging paging, CancellationToken ct) =>
        await FindAsync(q, provider, kind?.Value, sharing?.Value, state?.Value, byRelevance: false, page, actor, db, paging, ct) is { } found ? TypedResults.Ok(found) : KernelProblems.CursorUnknown.Because();

    /// <summary>The same for pages, which may ask for the most relevant first; null for a cursor of another list.</summary>
    internal static async Task<Page<ResourceRow>?> FindAsync(
        string? q, Guid? provider, DeliveryKind? kind, SharingType? sharing, ResourceState? state, bool byRelevance, PageQuery page, Actor actor, ZhengtongDb db, Paging paging, CancellationToken ct)
    {
        var wanted = db.Resources.AsNoTracking().Where(r => r.State == ResourceState.Published || r.ProviderId == actor.Organisation);
        if (provider is not null) { wanted = wanted.Where(r => r.ProviderId == provider); }
        if (kind is not null) { wanted = wanted.Where(r => r.Kind == kind); }
        if (sharing is not null) { wanted = wanted.Where(r => r.SharingType == sharing); }
        if (state is not null) { wanted = wanted.Where(r => r.State == state); }
        var words = Bigrams.Fold(q ?? "").Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        var terms = words.SelectMany(Bigrams.ToFind).Distinct().ToList();
        // Signs alone are found nowhere.
        if (words.Length > 0 && terms.Count == 0) { wanted = wanted.Where(_ => false); }
        var alone = new List<Term>();
        foreach (var (word, own) in words.Distinct().Select(w => (w, Bigrams.ToFind(w))).Where(w => w.Item2.Count > 0))
        {
            // A department keeps its name in one place, outside the index: its resources follow when it is renamed.
            var providers = db.Organisations.Where(o => o.Name.ToLower().Contains(word) || o.ShortName.ToLower().Contains(word)).Select(o => o.Id);
            if (!await providers.AnyAsync(ct)) { alone.AddRange(own); continue; }
            var either = SearchIndex.WithAll(db, CatalogueSearch.Kind, own).Select(h => h.Subject);
            wanted = wanted.Where(r => either.Contains(r.Id) || providers.Contains(r.ProviderId));
        }

        // Words that no department is called by, the usual case, are one question to the index.
        if (alone.Count > 0)
        {
            var hits = SearchIndex.WithAll(db, CatalogueSearch.Kind, alone).Select(h => h.Subject);
            wanted = wanted.Where(r => hits.Contains(r.Id));
        }

        if (!byRelevance || terms.Count == 0) { return await paging.ReadAsync(wanted.Select(r => new Found { Resource = r }), page, f => f.Resource.CreatedAt, f => f.Resource.Id, Shown(db), descending: true, ct); }

        // What only its provider's name led to has no rank of its own.
        var ranked = wanted.LeftJoin(SearchIndex.WithAll(db, CatalogueSearch.Kind, alone.Count > 0 ? alone : terms), r => r.Id, h => h.Subject, (r, h) => new Found { Resource = r, Rank = (double?)h!.Rank ?? 0 });
        return await paging.ReadAsync(ranked, page, f => f.Rank, f => f.Resource.Id, Shown(db), descending: true, ct);
    }

    private static Expression<Func<Found, ResourceRow>> Shown(ZhengtongDb db) => f => new ResourceRow(
        f.Resource.Id, f.Resource.Code, f.Resource.Name, f.Resource.Abstract, db.Organisations.Where(o => o.Id == f.Resource.ProviderId).Select(o => o.ShortName).First(),
        f.Resource.Kind, f.Resource.SharingType, f.Resource.UpdateCycle, f.Resource.Items.Count, f.Resource.State, f.Resource.PublishedAt);

    /// <summary>A resource and how well it answers.</summary>
    private sealed class Found
    {
        public InformationResource Resource { get; init; } = null!;

        public double Rank { get; init; }
    }
}
