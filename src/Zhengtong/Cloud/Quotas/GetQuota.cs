using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.Cloud.Quotas;

/// <summary>A node with what can still be held at it.</summary>
/// <param name="Quota">The node.</param>
/// <param name="Above">Names of the nodes above it, from the root.</param>
/// <param name="Available">How much more can be held at it, every level above considered.</param>
/// <param name="Revision">To be sent with a change.</param>
public sealed record QuotaDetail(QuotaRow Quota, IReadOnlyList<string> Above, IReadOnlyList<QuotaAvailable> Available, int Revision) : IRevisioned;

/// <summary>How much more of a kind can be held.</summary>
/// <param name="Kind">Code of the kind.</param>
/// <param name="Amount">How much; null when no level has a limit.</param>
/// <param name="BoundBy">Name of the level that bounds it; null when none does.</param>
public sealed record QuotaAvailable(string Kind, long? Amount, string? BoundBy);

internal static class GetQuota
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/cloud/quotas/{id:guid}", Handle).Requires(Right.ReadWork).ProducesProblem(403).ProducesProblem(404);

    /// <summary>Read a node of the tree of quotas, with how much more can be held at it and which level bounds it.</summary>
    /// <response code="200">The node.</response>
    /// <response code="404">cloud.quota-not-found</response>
    internal static async Task<Results<Ok<QuotaDetail>, ProblemHttpResult>> Handle(Guid id, Actor actor, ZhengtongDb db, CancellationToken ct)
    {
        var node = await QuotaRows.Visible(db, actor).SingleOrDefaultAsync(n => n.Id == id, ct);
        if (node is null) { return CloudProblems.QuotaNotFound.Because($"{id}"); }
        var ids = node.Line.ToList();
        var line = await QuotaRows.ShowAsync(db, await db.QuotaNodes.AsNoTracking().Where(n => ids.Contains(n.Id)).OrderBy(n => n.Depth).ToListAsync(ct), ct);
        var kinds = line.SelectMany(n => n.Counts).Select(c => c.Kind).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal);
        return TypedResults.Ok(new QuotaDetail(line[^1], [.. line.SkipLast(1).Select(n => n.Name)], [.. kinds.Select(k => Available(line, k))], node.Revision));
    }

    private static QuotaAvailable Available(IReadOnlyList<QuotaRow> line, string kind)
    {
        long? least = null;
        string? by = null;
        foreach (var node in line)
        {
            var count = node.Counts.FirstOrDefault(c => c.Kind == kind);
            // Nothing granted is nothing free, but for a project.
            var free = count is null ? (node.Level == Model.QuotaLevel.Project ? null : 0L) : count.Free;
            if (free is { } some && (least is null || some < least)) { (least, by) = (some, node.Name); }
        }

        return new QuotaAvailable(kind, least, by);
    }
}
