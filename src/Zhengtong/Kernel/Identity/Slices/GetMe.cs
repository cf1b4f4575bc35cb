using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace Zhengtong.Kernel.Identity.Slices;

/// <summary>Who calls, and what the caller may do now.</summary>
/// <param name="Id">The officer's or the program's id.</param>
/// <param name="Name">Name shown to others.</param>
/// <param name="OrganisationId">The organisation it acts for.</param>
/// <param name="Organisation">The organisation's name.</param>
/// <param name="Region">The organisation's administrative division.</param>
/// <param name="Roles">An officer's posts; empty for a program, and for an administrator whose posts rest.</param>
/// <param name="Rights">What the caller may do, in this session or with this token.</param>
/// <param name="SecondFactorNeeded">True for an administrator whose posts rest until the session is opened with a second factor.</param>
public sealed record GetMeResponse(
    Guid Id, string Name, Guid OrganisationId, string Organisation, string Region, IReadOnlyList<Role> Roles, IReadOnlyList<Right> Rights, bool SecondFactorNeeded);

internal static class GetMe
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/me", Handle).RequiresSignIn();

    /// <summary>Read who you are to the platform.</summary>
    /// <response code="200">The caller.</response>
    internal static async Task<Ok<GetMeResponse>> Handle(HttpContext http, Actor actor, ZhengtongDb db, CancellationToken ct) => TypedResults.Ok(new GetMeResponse(
        actor.Id, actor.Name, actor.Organisation, await db.Organisations.Where(o => o.Id == actor.Organisation).Select(o => o.Name).SingleAsync(ct), actor.Region.ToString(),
        [.. actor.Roles.Order()], [.. Enum.GetValues<Right>().Where(actor.May)], http.User.HasClaim(c => c.Type == LiveSession.SecondFactorNeededClaim)));
}
