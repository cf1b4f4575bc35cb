using System.ComponentModel.DataAnnotations;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Model;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.Cloud.Quotas;

/// <summary>What a node may hold of a kind.</summary>
/// <param name="Kind">Code of the kind.</param>
/// <param name="Limit">The most, 0 to 1,000,000,000,000 in the kind's unit (vCPU in thousandths of a core); null: no limit of its own, the levels above bound it.</param>
public sealed record QuotaLimit([Required, StringLength(ResourceKind.LongestCode, MinimumLength = 1)] string Kind, [Range(0, ResourceAmount.Most)] long? Limit);

/// <summary>What a node may hold of a kind, and what it holds.</summary>
/// <param name="Kind">Code of the kind.</param>
/// <param name="Title">What the kind is called.</param>
/// <param name="Unit">Its unit: m-core is a thousandth of a core.</param>
/// <param name="Limit">The most; null: no limit of its own.</param>
/// <param name="Reserved">预占: held by what is approved and not yet there.</param>
/// <param name="Active">占用: held by what is there.</param>
/// <param name="Free">What is left of the limit at this level; null without one.</param>
public sealed record QuotaCount(string Kind, string Title, string Unit, long? Limit, long Reserved, long Active, long? Free);

/// <summary>A node of the tree of quotas.</summary>
/// <param name="Id">Its id.</param>
/// <param name="ParentId">The node above; null for a root.</param>
/// <param name="Level">Its level.</param>
/// <param name="Depth">How many nodes stand above it.</param>
/// <param name="Name">What it is called.</param>
/// <param name="Region">Code of its region.</param>
/// <param name="OrganisationId">The organisation of a department's or project's node.</param>
/// <param name="Counts">By kind; kinds that were never granted are left out.</param>
/// <param name="Revision">To be sent with a change.</param>
public sealed record QuotaRow(Guid Id, Guid? ParentId, QuotaLevel Level, int Depth, string Name, string Region, Guid? OrganisationId, IReadOnlyList<QuotaCount> Counts, int Revision);

/// <summary>Which nodes somebody sees, what they hold, and who says how much.</summary>
internal static class QuotaRows
{
    /// <summary>The operator sees every node, the authority those of its region and below, everybody the own organisation's.</summary>
    internal static IQueryable<QuotaNode> Visible(ZhengtongDb db, Actor actor)
    {
        var all = db.QuotaNodes.AsNoTracking();
        if (actor.May(Right.ManagePools)) { return all; }
        if (!actor.May(Right.ManageQuotas)) { return all.Where(n => n.OrganisationId == actor.Organisation); }
        var below = actor.Region.Prefix + "%";
        return all.Where(n => n.OrganisationId == actor.Organisation || EF.Functions.Like((string)(object)n.Region, below));
    }

    /// <summary>The authority of the level above says how much a node may hold; that of a root is its own region's.</summary>
    internal static bool IsGrantedBy(Actor actor, QuotaNode? parent, Kernel.Regions.RegionCode region) => actor.Reaches(region) && (parent is null || actor.Reaches(parent.Region));

    /// <summary>Nodes as they are shown, in their order; three questions however many there are.</summary>
    internal static async Task<IReadOnlyList<QuotaRow>> ShowAsync(ZhengtongDb db, IReadOnlyList<QuotaNode> nodes, CancellationToken ct)
    {
        var ids = nodes.Select(n => n.Id).ToList();
        var names = await NodeNames.OfAsync(db, nodes, ct);
        var counters = (await db.QuotaCounters.AsNoTracking().Where(c => ids.Contains(c.NodeId)).ToListAsync(ct)).ToLookup(c => c.NodeId);
        var kinds = await db.ResourceKinds.AsNoTracking().ToDictionaryAsync(k => k.Code, ct);
        return [.. nodes.Select(n => new QuotaRow(n.Id, n.ParentId, n.Level, n.Depth, names[n.Id], n.Region.ToString(), n.OrganisationId,
            [.. counters[n.Id].OrderBy(c => c.Kind, StringComparer.Ordinal).Select(c => new QuotaCount(
                c.Kind, ResourceKind.TitleOf(c.Kind, kinds[c.Kind].Name), kinds[c.Kind].Unit, c.Limit, c.Reserved, c.Active, c.Limit - c.Reserved - c.Active))], n.Revision))];
    }

    /// <summary>What is wrong with limits or amounts: unknown kinds, a kind twice. Paths as on the wire.</summary>
    internal static async Task<Dictionary<string, string[]>> FaultsAsync(ZhengtongDb db, string field, IReadOnlyList<string> kinds, CancellationToken ct)
    {
        var known = await db.ResourceKinds.Select(k => k.Code).ToListAsync(ct);
        var faults = new Dictionary<string, string[]>();
        foreach (var (place, kind) in kinds.Index())
        {
            if (!known.Contains(kind)) { faults[$"{field}[{place}].kind"] = [Text.Of("cloud.kind-unknown", string.Join(", ", known.Order(StringComparer.Ordinal)))]; }
            else if (kinds.Take(place).Contains(kind)) { faults[$"{field}[{place}].kind"] = [Text.Of("cloud.kind-twice")]; }
        }

        return faults;
    }
}
