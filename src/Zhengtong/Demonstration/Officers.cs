using Microsoft.EntityFrameworkCore;
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
}
