using System.Globalization;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Model;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Regions;

namespace Zhengtong.Cloud.Quotas;

/// <summary>A level of the tree, or a host, at which a request does not fit.</summary>
/// <param name="NodeId">The node or the host.</param>
/// <param name="Level">The node's level; null for a host.</param>
/// <param name="Name">What it is called.</param>
/// <param name="Kind">Code of the kind.</param>
/// <param name="Limit">What may be held.</param>
/// <param name="Held">What is held.</param>
/// <param name="Asked">What is asked for on top.</param>
/// <param name="Lacking">By how much it is too much, from 1.</param>
public sealed record Shortage(Guid NodeId, QuotaLevel? Level, string Name, string Kind, long Limit, long Held, long Asked, long Lacking)
{
    /// <summary>What lacks, in the reader's language.</summary>
    internal string Sentence => Text.Of("cloud.shortage", Name, ResourceKind.TitleOf(Kind, ""), Limit, Held, Asked, Lacking);

    /// <summary>409 cloud.quota-exceeded: every level that lacks something, and how much.</summary>
    internal static ProblemHttpResult Refuse(IReadOnlyList<Shortage> shortages) => CloudProblems.QuotaExceeded.For(shortages.GroupBy(s => s.Kind, StringComparer.Ordinal)
        .ToDictionary(g => string.Create(CultureInfo.InvariantCulture, $"amounts.{g.Key}"), g => g.OrderBy(s => s.Level).Select(s => s.Sentence).ToArray()));
}

/// <summary>What nodes are called.</summary>
internal static class NodeNames
{
    /// <summary>By id: the region's full name, the organisation's name, or the project's behind its organisation's.</summary>
    internal static async Task<IReadOnlyDictionary<Guid, string>> OfAsync(ZhengtongDb db, IReadOnlyCollection<QuotaNode> nodes, CancellationToken ct)
    {
        var regions = await RegionNames.FullAsync(db, nodes.Where(n => n.OrganisationId is null).Select(n => n.Region), ct);
        var ids = nodes.Select(n => n.OrganisationId).OfType<Guid>().Distinct().ToList();
        var organisations = await db.Organisations.Where(o => ids.Contains(o.Id)).Select(o => new { o.Id, o.ShortName }).ToDictionaryAsync(o => o.Id, o => o.ShortName, ct);
        return nodes.DistinctBy(n => n.Id).ToDictionary(n => n.Id, n => n switch
        {
            { Name: { } project, OrganisationId: { } owner } => $"{organisations[owner]} · {project}",
            { OrganisationId: { } organisation } => organisations[organisation],
            _ => regions[n.Region],
        });
    }
}
