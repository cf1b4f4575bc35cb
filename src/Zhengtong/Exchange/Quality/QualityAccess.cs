using Zhengtong.Kernel.Identity;

namespace Zhengtong.Exchange.Quality;

/// <summary>Who sees what: rows in quarantine are their provider's alone, corrections are of the two parties.</summary>
internal static class QualityAccess
{
    internal static IQueryable<QuarantinedRow> OfProvider(this IQueryable<QuarantinedRow> rows, Actor actor) => rows.Where(q => q.OrganisationId == actor.Organisation);

    internal static IQueryable<Correction> VisibleTo(this IQueryable<Correction> corrections, Actor actor) =>
        corrections.Where(c => c.ProviderId == actor.Organisation || c.ConsumerId == actor.Organisation);
}
