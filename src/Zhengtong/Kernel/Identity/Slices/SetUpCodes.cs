using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Ledger;
using Zhengtong.Kernel.Secrets;

namespace Zhengtong.Kernel.Identity.Slices;

/// <summary>What the authenticator app needs.</summary>
/// <param name="Key">The key in base 32, to type.</param>
/// <param name="Uri">The same as an <c>otpauth:</c> address, to show as a picture.</param>
public sealed record StartCodesResponse(string Key, string Uri);

/// <summary>Proof that the app has the key.</summary>
/// <param name="Code">The six digits it shows now.</param>
public sealed record ConfirmCodesRequest([Required, StringLength(10)] string Code);

/// <summary>Codes are on.</summary>
/// <param name="RecoveryCodes">Ten codes, each good once when the phone is lost; shown this once.</param>
public sealed record ConfirmCodesResponse(IReadOnlyList<string> RecoveryCodes);

/// <summary>What takes one-time codes away.</summary>
/// <param name="Password">The account's password.</param>
public sealed record RemoveCodesRequest([Required, StringLength(200)] string Password);

/// <summary>One-time codes of the caller's own account: a key, the proof that the app has it, and taking it away.</summary>
internal static class SetUpCodes
{
    internal static void Map(IEndpointRouteBuilder group)
    {
        group.MapPost("/me/codes", StartAsync).RequiresOfficer().ProducesProblem(409);
        group.MapPost("/me/codes/confirmation", ConfirmAsync).RequiresOfficer().ProducesProblem(409);
        group.MapPost("/me/codes/removal", RemoveAsync).RequiresOfficer().ProducesProblem(409);
    }

    /// <summary>Make a new key for one-time codes. It counts once confirmed; until then asking again replaces it.</summary>
    /// <response code="200">The key.</response>
    /// <response code="409">kernel.codes-on</response>
    internal static async Task<Results<Ok<StartCodesResponse>, ProblemHttpResult>> StartAsync(Actor actor, ZhengtongDb db, Vault vault, CancellationToken ct)
    {
        var officer = await db.Users.AsNoTracking().SingleAsync(o => o.Id == actor.Id, ct);
        if (officer.TwoFactorEnabled) { return KernelProblems.CodesOn.Because(); }
        var secret = OneTimeCode.NewSecret();
        var kept = vault.Seal(secret, SignIn.OneTimeCodePurpose(officer.Id));
        await db.Users.Where(o => o.Id == actor.Id && !o.TwoFactorEnabled).ExecuteUpdateAsync(s => s.SetProperty(o => o.CodeSecret, kept), ct);
        return TypedResults.Ok(Show(secret, officer));
    }

    /// <summary>Turn one-time codes on by the first of them.</summary>
    /// <response code="200">On, with recovery codes; ledger event kernel.codes-set-up.</response>
    /// <response code="400">kernel.invalid</response>
    /// <response code="409">kernel.codes-on, kernel.codes-not-started, kernel.changed-meanwhile</response>
    internal static async Task<Results<Ok<ConfirmCodesResponse>, ProblemHttpResult>> ConfirmAsync(
        ConfirmCodesRequest request, HttpContext http, Actor actor, ZhengtongDb db, Vault vault, SignInManager<Officer> signIn, TimeProvider clock, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var officer = await db.Users.SingleAsync(o => o.Id == actor.Id, ct);
        if (officer.TwoFactorEnabled) { return KernelProblems.CodesOn.Because(); }
        if (officer.CodeSecret is null) { return KernelProblems.CodesNotStarted.Because(); }
        if (OneTimeCode.Match(vault.Open(officer.CodeSecret, SignIn.OneTimeCodePurpose(officer.Id)), request.Code, now, lastStep: 0) is not { } step)
        {
            return KernelProblems.Invalid.For(new Dictionary<string, string[]> { ["code"] = [Text.Of("kernel.code-wrong")] });
        }

        officer.TwoFactorEnabled = true;
        officer.LastCodeStep = step;
        officer.EndSessions(now);
        var codes = Enumerable.Range(0, 10).Select(_ => OneTimeCode.NewRecoveryCode()).ToList();
        db.RecoveryCodes.RemoveRange(await db.RecoveryCodes.Where(c => c.OfficerId == officer.Id).ToListAsync(ct));
        db.RecoveryCodes.AddRange(codes.Select(c => new RecoveryCode { OfficerId = officer.Id, Hash = OneTimeCode.HashOf(c) }));
        db.Ledger.Add(LedgerEntry.Of("kernel.codes-set-up", officer.Id, actor, now));
        if (!await Accounts.SaveAsync(db, ct)) { return KernelProblems.ChangedMeanwhile.Because(); }
        // The officer has just shown both factors: this session counts as such, all others end.
        await signIn.SignInWithClaimsAsync(officer, isPersistent: false, [new(LiveSession.SecondFactorClaim, "code")]);
        return TypedResults.Ok(new ConfirmCodesResponse(codes));
    }

    /// <summary>Turn one-time codes off.</summary>
    /// <response code="204">Off; ledger event kernel.codes-removed.</response>
    /// <response code="400">kernel.invalid</response>
    /// <response code="409">kernel.codes-not-started, kernel.changed-meanwhile</response>
    internal static async Task<Results<NoContent, ProblemHttpResult>> RemoveAsync(
        RemoveCodesRequest request, Actor actor, ZhengtongDb db, SignInManager<Officer> signIn, TimeProvider clock, CancellationToken ct)
    {
        var officer = await db.Users.SingleAsync(o => o.Id == actor.Id, ct);
        if (!officer.TwoFactorEnabled) { return KernelProblems.CodesNotStarted.Because(); }
        if (!await signIn.UserManager.CheckPasswordAsync(officer, request.Password))
        {
            return KernelProblems.Invalid.For(new Dictionary<string, string[]> { ["password"] = [Text.Of("kernel.password.wrong")] });
        }

        var now = clock.GetUtcNow();
        officer.TwoFactorEnabled = false;
        officer.CodeSecret = null;
        officer.EndSessions(now);
        db.RecoveryCodes.RemoveRange(await db.RecoveryCodes.Where(c => c.OfficerId == officer.Id).ToListAsync(ct));
        db.Ledger.Add(LedgerEntry.Of("kernel.codes-removed", officer.Id, actor, now));
        if (!await Accounts.SaveAsync(db, ct)) { return KernelProblems.ChangedMeanwhile.Because(); }
        await signIn.SignInWithClaimsAsync(officer, isPersistent: false, []);
        return TypedResults.NoContent();
    }

    internal static StartCodesResponse Show(ReadOnlySpan<byte> secret, Officer officer) => new(OneTimeCode.ToBase32(secret), OneTimeCode.UriOf(secret, officer.UserName!));
}
