using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Identity;

namespace Zhengtong.Kernel.Identity.Slices;

/// <summary>The form behind the sign-out button of the pages.</summary>
internal static class SignOutPage
{
    internal static void Map(IEndpointRouteBuilder app) => app.MapPost("/account/sign-out", Handle).AllowAnonymous().ExcludeFromDescription();

    internal static async Task<Results<RedirectHttpResult, ProblemHttpResult>> Handle(
        HttpContext http, IAntiforgery antiforgery, SignInManager<Officer> signIn, Actor actor, ZhengtongDb db, TimeProvider clock, CancellationToken ct)
    {
        if (!await antiforgery.IsRequestValidAsync(http)) { return KernelProblems.Malformed.Because(); }
        await SignOut.Handle(signIn, actor, db, clock, ct);
        return TypedResults.LocalRedirect("/");
    }
}
