using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Model;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.Cloud.Resources;

/// <summary>Who sees resources, and who may act on them.</summary>
internal static class ResourceAccess
{
    /// <summary>What the actor sees: the operator all, the authority those of its region and below, everybody the own organisation's.</summary>
    internal static IQueryable<CloudResource> Visible(ZhengtongDb db, Actor actor)
    {
        if (actor.May(Right.ManagePools)) { return db.CloudResources; }
        if (!actor.May(Right.SeePools)) { return db.CloudResources.Where(r => r.OrganisationId == actor.Organisation); }
        var below = actor.Region.Prefix + "%";
        return db.CloudResources.Where(r => r.OrganisationId == actor.Organisation || EF.Functions.Like((string)(object)r.Region, below));
    }

    /// <summary>One that the actor may act on, tracked: the department's own, for its officers; null when there is none. Not the operator's: what is inside is the department's.</summary>
    internal static Task<CloudResource?> OwnAsync(ZhengtongDb db, Guid id, Actor actor, CancellationToken ct) =>
        db.CloudResources.SingleOrDefaultAsync(r => r.Id == id && r.OrganisationId == actor.Organisation, ct);
}
