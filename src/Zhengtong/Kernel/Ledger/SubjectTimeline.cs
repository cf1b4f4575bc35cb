using Microsoft.EntityFrameworkCore;

namespace Zhengtong.Kernel.Ledger;

/// <summary>One thing that happened to a subject, as a timeline shows it.</summary>
/// <param name="Id">The entry.</param>
/// <param name="Event">Key of the words for it.</param>
/// <param name="At">When.</param>
/// <param name="ActorName">Who.</param>
/// <param name="OrganisationName">Of which organisation, short; null for the platform.</param>
/// <param name="Reason">Why; null when none was given.</param>
/// <param name="Index">Place in the tree; null until it has one. With it, <see cref="Proof"/> works.</param>
internal sealed record TimelineItem(Guid Id, string Event, DateTimeOffset At, string ActorName, string? OrganisationName, string? Reason, long? Index)
{
    /// <summary>Address of the proof bundle; null until the entry has its place.</summary>
    internal string? Proof => Index is null ? null : $"/api/v1/ledger/entries/{Id}/proof";
}

/// <summary>What the ledger holds about things. The caller has checked that the reader may see them.</summary>
internal sealed class SubjectTimeline(ZhengtongDb db)
{
    /// <summary>The newest first, at most <paramref name="most"/>.</summary>
    internal async Task<IReadOnlyList<TimelineItem>> OfAsync(IReadOnlyCollection<string> subjects, CancellationToken ct, int most = 100) =>
        await db.Ledger.AsNoTracking().Where(e => subjects.Contains(e.Subject)).OrderByDescending(e => e.At).ThenByDescending(e => e.Id).Take(most)
            .Select(e => new TimelineItem(e.Id, e.Event, e.At, e.ActorName,
                db.Organisations.Where(o => o.Id == e.ActorOrganisation).Select(o => o.ShortName).FirstOrDefault(), e.Reason, e.Index))
            .ToListAsync(ct);
}
