using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Regions;

namespace Zhengtong.Exchange.Monitor;

/// <summary>Whose flows somebody may watch: a department its own; the authority those of its region; the platform's operator all. What flows, nobody sees here.</summary>
internal static class MonitorReach
{
    /// <summary>The organisations, or null for all.</summary>
    internal static async Task<IReadOnlySet<Guid>?> OfAsync(Actor actor, ZhengtongDb db, CancellationToken ct) =>
        actor.May(Right.Operate) ? null
        : actor.May(Right.ManageOrganisations) ? (await db.Organisations.Within(actor.Region).Select(o => o.Id).ToListAsync(ct)).ToHashSet()
        : new HashSet<Guid> { actor.Organisation };

    /// <summary>The alarms of these organisations.</summary>
    internal static IQueryable<Alarm> Within(this IQueryable<Alarm> alarms, IReadOnlySet<Guid>? reach) =>
        reach is null ? alarms : alarms.Where(a => reach.Contains(a.ProviderId) || reach.Contains(a.ConsumerId));
}
