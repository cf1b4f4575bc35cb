using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Regions;

namespace Zhengtong.Kernel.Metering;

/// <summary>Whose figures somebody may read: the own organisation's always; those of an organisation or a region in reach for the authority and the operator.</summary>
internal static class FiguresReach
{
    /// <summary>Null when the actor may read them; else the refusal.</summary>
    internal static async Task<ProblemHttpResult?> RefusalAsync(Actor actor, Guid? organisation, RegionCode? region, ZhengtongDb db, CancellationToken ct)
    {
        if (region is null && (organisation ?? actor.Organisation) == actor.Organisation) { return null; }
        if (!actor.May(Right.ManageOrganisations) && !actor.May(Right.Operate)) { return KernelProblems.OutOfReach.Because(region?.ToString() ?? organisation?.ToString()); }
        if (region is { } asked && !actor.Reaches(asked)) { return KernelProblems.OutOfReach.Because(asked.ToString()); }
        if (organisation is { } one)
        {
            var place = await db.Organisations.Where(o => o.Id == one).Select(o => (RegionCode?)o.Region).SingleOrDefaultAsync(ct);
            // An organisation out of reach is answered like one that does not exist.
            if (place is null || !actor.Reaches(place.Value)) { return KernelProblems.OutOfReach.Because(one.ToString()); }
        }

        return null;
    }
}
