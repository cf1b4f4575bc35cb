using Microsoft.EntityFrameworkCore;
using Zhengtong.Agreements.Model;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.Demonstration;

/// <summary>The demonstration's officers as actors.</summary>
internal static class Officers
{
    internal static async Task<Actor> ActorAsync(ZhengtongDb db, string userName, CancellationToken ct)
    {
        var officer = await db.Users.AsNoTracking().Include(o => o.Posts).SingleAsync(o => o.UserName == userName, ct);
        var region = await db.Organisations.Where(o => o.Id == officer.OrganisationId).Select(o => o.Region).SingleAsync(ct);
        return new Actor(officer.Id, officer.DisplayName, officer.OrganisationId, region, officer.Posts.Select(p => p.Role).ToHashSet());
    }

    /// <summary>The agreement in force under which a body consumes an offering, with its resource.</summary>
    internal static async Task<(Guid Resource, Guid Agreement, string Number)> SharingAsync(ZhengtongDb db, ProvinceOffering offering, string consumer, CancellationToken ct)
    {
        var provider = await ActorAsync(db, $"{offering.Department}-officer", ct);
        var taker = await ActorAsync(db, $"{consumer}-officer", ct);
        var resource = await db.Resources.Where(r => r.ProviderId == provider.Organisation && r.Name == offering.Name).Select(r => r.Id).SingleAsync(ct);
        var agreement = await db.Agreements.Where(a => a.ResourceId == resource && a.ConsumerId == taker.Organisation && a.State == AgreementState.InForce).Select(a => new { a.Id, a.Number }).SingleAsync(ct);
        return (resource, agreement.Id, agreement.Number);
    }
}
