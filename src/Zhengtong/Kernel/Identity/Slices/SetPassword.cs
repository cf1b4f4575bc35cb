using System.ComponentModel.DataAnnotations;
using System.Text;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.WebUtilities;
using Zhengtong.Kernel.Ledger;

namespace Zhengtong.Kernel.Identity.Slices;

/// <summary>Sets a password by a one-time address.</summary>
/// <param name="AccountId">The <c>account</c> in the address.</param>
/// <param name="Token">The <c>token</c> in the address.</param>
/// <param name="Password">At least 12 characters with digits, lower- and upper-case letters; not easy to guess.</param>
public sealed record SetPasswordRequest(Guid AccountId, [Required, StringLength(2000)] string Token, [Required, StringLength(200)] string Password);

internal static class SetPassword
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/password", Handle).AllowAnonymous().ProducesProblem(403).ProducesProblem(409);

    /// <summary>Set the password of an account by the one-time address that the system administrator handed over.</summary>
    /// <response code="204">Set; ledger event kernel.password-set. The address is spent.</response>
    /// <response code="400">kernel.invalid</response>
    /// <response code="403">kernel.account-locked</response>
    /// <response code="409">kernel.link-spent</response>
    internal static async Task<Results<NoContent, ProblemHttpResult>> Handle(
        SetPasswordRequest request, ZhengtongDb db, UserManager<Officer> users, TimeProvider clock, CancellationToken ct)
    {
        var officer = await users.FindByIdAsync(request.AccountId.ToString());
        if (officer is null || Opened(request.Token) is not { } token) { return KernelProblems.LinkSpent.Because(); }
        if (officer.LockedAt is not null) { return KernelProblems.AccountLocked.Because(); }

        officer.LockoutEnd = null;
        officer.AccessFailedCount = 0;
        var entry = LedgerEntry.Of("kernel.password-set", officer.Id, SignIn.ActorOf(officer), clock.GetUtcNow());
        db.Ledger.Add(entry);
        var result = await users.ResetPasswordAsync(officer, token, request.Password);
        if (result.Succeeded) { return TypedResults.NoContent(); }
        db.ChangeTracker.Clear();
        return PasswordFaults(result, "password") is { Count: > 0 } faults ? KernelProblems.Invalid.For(faults) : KernelProblems.LinkSpent.Because();
    }

    /// <summary>A fresh one-time address for the account; good for a day, until used, and until the account's security stamp changes.</summary>
    internal static async Task<string> PathAsync(UserManager<Officer> users, Officer officer) =>
        $"/account/set-password?account={officer.Id}&token={WebEncoders.Base64UrlEncode(Encoding.UTF8.GetBytes(await users.GeneratePasswordResetTokenAsync(officer)))}";

    /// <summary>What Identity has against the password, under the field's name; empty when it refused something else.</summary>
    internal static Dictionary<string, string[]> PasswordFaults(IdentityResult result, string field) =>
        result.Errors.Where(e => e.Code.StartsWith("Password", StringComparison.Ordinal)).Select(e => e.Description).ToArray() is { Length: > 0 } words
            ? new() { [field] = words } : [];

    private static string? Opened(string token)
    {
        try { return Encoding.UTF8.GetString(WebEncoders.Base64UrlDecode(token)); }
        catch (FormatException) { return null; }
    }
}
