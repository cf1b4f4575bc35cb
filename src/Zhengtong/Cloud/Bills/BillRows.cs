using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.Cloud.Bills;

/// <summary>A bill in a list.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Number">Its number.</param>
/// <param name="Month">The month: 2026-11.</param>
/// <param name="OrganisationId">The department.</param>
/// <param name="Organisation">Name of the department.</param>
/// <param name="Project">Name of the project; null for what is the department's own.</param>
/// <param name="Region">Code of its region.</param>
/// <param name="State">How far it is.</param>
/// <param name="Total">Yuan; of a draft as last counted.</param>
/// <param name="Resources">How many resources it names.</param>
/// <param name="Unpriced">Stretches of time without a price; it cannot be closed while there are any.</param>
/// <param name="CountedAt">When it was counted.</param>
/// <param name="ClosedAt">When it was closed; null for a draft.</param>
public sealed record BillRow(
    Guid Id, string Number, string Month, Guid OrganisationId, string Organisation, string? Project, string Region, BillState State, decimal Total, int Resources, int Unpriced, DateTimeOffset CountedAt, DateTimeOffset? ClosedAt);

internal static class BillRows
{
    internal static IQueryable<Bill> Visible(ZhengtongDb db, Actor actor)
    {
        var all = db.Bills.AsNoTracking();
        if (actor.May(Right.ManagePools)) { return all; }
        if (!actor.May(Right.ManageQuotas)) { return all.Where(b => b.OrganisationId == actor.Organisation); }
        var below = actor.Region.Prefix + "%";
        return all.Where(b => b.OrganisationId == actor.Organisation || EF.Functions.Like((string)(object)b.Region, below));
    }

    internal static async Task<IReadOnlyList<BillRow>> ShowAsync(ZhengtongDb db, IReadOnlyList<Bill> bills, CancellationToken ct)
    {
        var (organisations, nodes) = (bills.Select(b => b.OrganisationId).Distinct().ToList(), bills.Select(b => b.NodeId).Distinct().ToList());
        var names = await db.Organisations.Where(o => organisations.Contains(o.Id)).ToDictionaryAsync(o => o.Id, o => o.Name, ct);
        var projects = await db.QuotaNodes.Where(n => nodes.Contains(n.Id) && n.Name != null).ToDictionaryAsync(n => n.Id, n => n.Name, ct);
        return [.. bills.Select(b => new BillRow(b.Id, b.Number, BillMonth.Of(b.Month).ToString(), b.OrganisationId, names[b.OrganisationId], projects.GetValueOrDefault(b.NodeId), b.Region.ToString(), b.State, b.Total, b.Resources, b.UnpricedCount, b.CountedAt, b.ClosedAt))];
    }
}
