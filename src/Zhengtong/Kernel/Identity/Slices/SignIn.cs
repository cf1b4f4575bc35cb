using System.ComponentModel.DataAnnotations;
using System.Security.Claims;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Ledger;
using Zhengtong.Kernel.Secrets;

namespace Zhengtong.Kernel.Identity.Slices;

/// <summary>Opens a session in a cookie.</summary>
/// <param name="UserName">The account's name, 1 to 100 characters.</param>
/// <param name="Password">Its password, 1 to 200 characters.</param>
/// <param name="Code">The authenticator's six digits, or a recovery code; needed once the account has set codes up.</param>
public sealed record SignInRequest([Required, StringLength(100)] string UserName, [Required, StringLength(200)] string Password, [StringLength(30)] string? Code = null);

internal static class SignIn
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/session", Handle).AllowAnonymous().ProducesProblem(403);

    /// <summary>Sign in with name and password, and a one-time code where the account has one.</summary>
    /// <response code="204">Signed in; the session is in the cookie. Ledger event kernel.signed-in.</response>
    /// <response code="401">kernel.sign-in-failed, kernel.code-needed, kernel.code-wrong</response>
    /// <response code="403">kernel.locked-out, kernel.account-locked</response>
    internal static async Task<Results<NoContent, ProblemHttpResult>> Handle(
        SignInRequest request, SignInManager<Officer> signIn, ZhengtongDb db, Vault vault, IdentityPolicy policy, TimeProvider clock, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var (officer, refusal) = await ProveAsync(request, signIn.UserManager, db, vault, policy, now, ct);
        if (officer is null) { return refusal!; }
        return await OpenAsync(signIn, db, officer, SecondFactorOf(officer), now, ct) ? TypedResults.NoContent() : KernelProblems.LockedOut.Because();
    }

    /// <summary>The officer whose name, password and code these are; else the refusal. Wrong ones are counted, whatever door they come through.</summary>
    internal static async Task<(Officer? Officer, ProblemHttpResult? Refusal)> ProveAsync(
        SignInRequest request, UserManager<Officer> users, ZhengtongDb db, Vault vault, IdentityPolicy policy, DateTimeOffset now, CancellationToken ct)
    {
        var officer = await users.FindByNameAsync(request.UserName);
        if (officer?.PasswordHash is null)
        {
            // As slow as a wrong password, so that the time does not tell which names exist.
            users.PasswordHasher.VerifyHashedPassword(null!, Decoy, request.Password);
            return (null, KernelProblems.SignInFailed.Because());
        }

        if (officer.LockoutEnd > now) { return (null, KernelProblems.LockedOut.Because()); }
        if (!await users.CheckPasswordAsync(officer, request.Password)) { return (null, await RefuseAsync(db, officer.Id, KernelProblems.SignInFailed, policy, now, ct)); }
        if (officer.LockedAt is not null) { return (null, KernelProblems.AccountLocked.Because()); }
        if (officer.TwoFactorEnabled && string.IsNullOrWhiteSpace(request.Code)) { return (null, KernelProblems.CodeNeeded.Because()); }
        if (officer.TwoFactorEnabled && !await TakeCodeAsync(db, vault, officer, request.Code!, now, ct)) { return (null, await RefuseAsync(db, officer.Id, KernelProblems.CodeWrong, policy, now, ct)); }
        return (officer, null);
    }

    /// <summary>What was proved beside the password by an officer whom <see cref="ProveAsync"/> found: <c>code</c>, or null.</summary>
    internal static string? SecondFactorOf(Officer officer) => officer.TwoFactorEnabled ? "code" : null;

    /// <summary>Opens the session of an officer who has proved who it is; false when the account locked meanwhile, by wrong attempts beside this one.
    /// The second factor is null for a password alone, else <c>code</c> or <c>passkey</c>.</summary>
    internal static async Task<bool> OpenAsync(SignInManager<Officer> signIn, ZhengtongDb db, Officer officer, string? secondFactor, DateTimeOffset now, CancellationToken ct)
    {
        if (!await WriteDownAsync(db, officer, secondFactor, now, ct)) { return false; }
        await signIn.SignInWithClaimsAsync(officer, isPersistent: false, secondFactor is null ? [] : [new Claim(LiveSession.SecondFactorClaim, secondFactor)]);
        return true;
    }

    /// <summary>Writes down that an officer signed in, and forgets wrong attempts; false when the account locked meanwhile.</summary>
    internal static async Task<bool> WriteDownAsync(ZhengtongDb db, Officer officer, string? secondFactor, DateTimeOffset now, CancellationToken ct)
    {
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        var open = await db.Users.Where(o => o.Id == officer.Id && o.LockedAt == null && (o.LockoutEnd == null || o.LockoutEnd <= now))
            .ExecuteUpdateAsync(s => s.SetProperty(o => o.AccessFailedCount, 0).SetProperty(o => o.LockoutEnd, (DateTimeOffset?)null), ct);
        if (open == 0) { return false; }
        db.Ledger.Add(LedgerEntry.Of("kernel.signed-in", officer.Id, ActorOf(officer), now, after: new { secondFactor }));
        await db.SaveChangesAsync(ct);
        await transaction.CommitAsync(ct);
        return true;
    }

    /// <summary>True once for each code: the step, or the recovery code, is used up by asking.</summary>
    internal static async Task<bool> TakeCodeAsync(ZhengtongDb db, Vault vault, Officer officer, string code, DateTimeOffset now, CancellationToken ct)
    {
        var secret = vault.Open(officer.CodeSecret, OneTimeCodePurpose(officer.Id));
        if (OneTimeCode.Match(secret, code, now, officer.LastCodeStep) is { } step)
        {
            return await db.Users.Where(o => o.Id == officer.Id && o.LastCodeStep < step).ExecuteUpdateAsync(s => s.SetProperty(o => o.LastCodeStep, step), ct) == 1;
        }

        var hash = OneTimeCode.HashOf(code);
        return await db.RecoveryCodes.Where(c => c.OfficerId == officer.Id && c.Hash == hash).ExecuteDeleteAsync(ct) == 1;
    }

    internal static string OneTimeCodePurpose(Guid officer) => $"one-time-code:{officer:N}";

    internal static Actor ActorOf(Officer officer) => new(officer.Id, officer.DisplayName, officer.OrganisationId, default, new HashSet<Role>());

    // Counted in one statement, whatever happens beside it: of many guesses at once no more are taken than one after the other.
    private static async Task<ProblemHttpResult> RefuseAsync(ZhengtongDb db, Guid officer, ProblemType problem, IdentityPolicy policy, DateTimeOffset now, CancellationToken ct)
    {
        var until = now + policy.LockTime;
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        await db.Users.Where(o => o.Id == officer && (o.LockoutEnd == null || o.LockoutEnd <= now)).ExecuteUpdateAsync(s => s
            .SetProperty(o => o.LockoutEnd, o => (o.LockoutEnd == null ? o.AccessFailedCount : 0) + 1 >= policy.Failures ? until : null)
            .SetProperty(o => o.AccessFailedCount, o => (o.LockoutEnd == null ? o.AccessFailedCount : 0) + 1), ct);
        var lockedOut = await db.Users.AnyAsync(o => o.Id == officer && o.LockoutEnd > now, ct);
        db.Ledger.Add(LedgerEntry.Of("kernel.sign-in-refused", officer, Actor.Visitor, now, after: new { because = problem.Code, lockedOut }));
        await db.SaveChangesAsync(ct);
        await transaction.CommitAsync(ct);
        return (lockedOut ? KernelProblems.LockedOut : problem).Because();
    }

    private static readonly string Decoy = new PasswordHasher<Officer>().HashPassword(null!, "decoy");
}
