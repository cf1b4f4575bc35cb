using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Identity;
using Zhengtong.Kernel.Ledger;

namespace Zhengtong.Kernel.Identity.Slices;

internal static class SignOut
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapDelete("/session", Handle).AllowAnonymous();

    /// <summary>Sign out. Without a session it does nothing.</summary>
    /// <response code="204">Signed out; ledger event kernel.signed-out.</response>
    internal static async Task<NoContent> Handle(SignInManager<Officer> signIn, Actor actor, ZhengtongDb db, TimeProvider clock, CancellationToken ct)
    {
        if (actor is { IsSignedIn: true, IsProgram: false })
        {
            db.Ledger.Add(LedgerEntry.Of("kernel.signed-out", actor.Id, actor, clock.GetUtcNow()));
            await db.SaveChangesAsync(ct);
        }

        await signIn.SignOutAsync();
        return TypedResults.NoContent();
    }
}
