using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Identity;
using Zhengtong.Kernel.Ledger;

namespace Zhengtong.Kernel.Identity.Slices;

/// <summary>A new password for the caller's own account.</summary>
/// <param name="CurrentPassword">The password until now.</param>
/// <param name="NewPassword">At least 12 characters with digits, lower- and upper-case letters; not easy to guess.</param>
public sealed record ChangePasswordRequest([Required, StringLength(200)] string CurrentPassword, [Required, StringLength(200)] string NewPassword);

internal static class ChangePassword
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/me/password", Handle).RequiresOfficer();

    /// <summary>Change the own password. All other sessions of the account end; this one goes on.</summary>
    /// <response code="204">Changed; ledger event kernel.password-changed.</response>
    /// <response code="400">kernel.invalid</response>
    internal static async Task<Results<NoContent, ProblemHttpResult>> Handle(
        ChangePasswordRequest request, HttpContext http, Actor actor, ZhengtongDb db, SignInManager<Officer> signIn, TimeProvider clock)
    {
        var users = signIn.UserManager;
        var officer = (await users.FindByIdAsync(actor.Id.ToString()))!;
        db.Ledger.Add(LedgerEntry.Of("kernel.password-changed", officer.Id, actor, clock.GetUtcNow()));
        var result = await users.ChangePasswordAsync(officer, request.CurrentPassword, request.NewPassword);
        if (!result.Succeeded)
        {
            db.ChangeTracker.Clear();
            var isWrong = result.Errors.Any(e => e.Code == nameof(IdentityErrorDescriber.PasswordMismatch));
            return SetPassword.PasswordFaults(result, isWrong ? "currentPassword" : "newPassword") is { Count: > 0 } faults
                ? KernelProblems.Invalid.For(faults) : KernelProblems.ChangedMeanwhile.Because();
        }

        await signIn.SignInWithClaimsAsync(officer, isPersistent: false, http.User.FindAll(LiveSession.SecondFactorClaim));
        return TypedResults.NoContent();
    }
}
