using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Ledger;

namespace Zhengtong.Kernel.Identity.Slices;

/// <summary>What resets a password.</summary>
/// <param name="Reason">Why, 2 to 500 characters; the ledger keeps it.</param>
/// <param name="RemoveSecondFactor">Also takes one-time codes, recovery codes and passkeys away, for a person who lost them. Never for an administrator. Default false.</param>
public sealed record ResetPasswordRequest([Required, StringLength(500, MinimumLength = 2)] string Reason, bool RemoveSecondFactor = false);

/// <summary>The way to a new password.</summary>
/// <param name="SetPasswordPath">One-time address, good for a day, at which the person sets the password. Hand it over yourself: nothing is mailed, and it is not shown again.</param>
public sealed record ResetPasswordResponse(string SetPasswordPath);

internal static class ResetPassword
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/accounts/{id:guid}/password-reset", Handle)
        .Requires(Right.ManageAccounts).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409);

    /// <summary>Take the password away and make a one-time address at which the person sets a new one. Sessions and older addresses end.</summary>
    /// <response code="200">Reset; ledger event kernel.password-reset.</response>
    /// <response code="403">kernel.out-of-reach</response>
    /// <response code="404">kernel.account-not-found</response>
    /// <response code="409">kernel.second-factor-kept, kernel.changed-meanwhile</response>
    internal static async Task<Results<Ok<ResetPasswordResponse>, ProblemHttpResult>> Handle(
        Guid id, ResetPasswordRequest request, Actor actor, ZhengtongDb db, UserManager<Officer> users, TimeProvider clock, CancellationToken ct)
    {
        if (await Accounts.FindAsync(db, id, ct) is not ({ } officer, { } organisation)) { return KernelProblems.AccountNotFound.Because($"{id}"); }
        if (!actor.Reaches(organisation.Region)) { return KernelProblems.OutOfReach.Because(organisation.Name); }
        // Otherwise the system administrator could step into the shoes of the other two.
        if (request.RemoveSecondFactor && officer.Posts.Any(p => Rights.Administrators.Contains(p.Role))) { return KernelProblems.SecondFactorKept.Because(); }

        var now = clock.GetUtcNow();
        officer.PasswordHash = null;
        officer.EndSessions(now);
        if (request.RemoveSecondFactor)
        {
            officer.TwoFactorEnabled = false;
            officer.CodeSecret = null;
            db.RecoveryCodes.RemoveRange(await db.RecoveryCodes.Where(c => c.OfficerId == id).ToListAsync(ct));
            db.RemoveRange(await db.Set<IdentityUserPasskey<Guid>>().Where(p => p.UserId == id).ToListAsync(ct));
            db.Ledger.Add(LedgerEntry.Of("kernel.codes-removed", officer.Id, actor, now, request.Reason));
        }

        db.Ledger.Add(LedgerEntry.Of("kernel.password-reset", officer.Id, actor, now, request.Reason));
        if (!await Accounts.SaveAsync(db, ct)) { return KernelProblems.ChangedMeanwhile.Because(); }
        return TypedResults.Ok(new ResetPasswordResponse(await SetPassword.PathAsync(users, officer)));
    }
}
