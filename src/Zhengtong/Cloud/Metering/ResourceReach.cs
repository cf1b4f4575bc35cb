using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Model;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Organisations;

namespace Zhengtong.Cloud.Metering;

/// <summary>Whose resources, bills and figures somebody sees: the operator all, the authority those of its region and below, everybody the own organisation's.</summary>
internal static class ResourceReach
{
    internal static IQueryable<CloudResource> Resources(ZhengtongDb db, Actor actor)
    {
        var all = db.CloudResources.AsNoTracking();
        if (actor.May(Right.ManagePools)) { return all; }
        if (!actor.May(Right.ManageQuotas)) { return all.Where(r => r.OrganisationId == actor.Organisation); }
        var below = actor.Region.Prefix + "%";
        return all.Where(r => r.OrganisationId == actor.Organisation || EF.Functions.Like((string)(object)r.Region, below));
    }

    internal static IQueryable<Organisation> Organisations(ZhengtongDb db, Actor actor)
    {
        var all = db.Organisations.AsNoTracking();
        if (actor.May(Right.ManagePools)) { return all; }
        if (!actor.May(Right.ManageQuotas)) { return all.Where(o => o.Id == actor.Organisation); }
        var below = actor.Region.Prefix + "%";
        return all.Where(o => o.Id == actor.Organisation || EF.Functions.Like((string)(object)o.Region, below));
    }
}
