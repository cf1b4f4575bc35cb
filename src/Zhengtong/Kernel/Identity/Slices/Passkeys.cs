using System.Buffers.Text;
using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Identity;
using Zhengtong.Kernel.Ledger;

namespace Zhengtong.Kernel.Identity.Slices;

/// <summary>A passkey as the browser made it.</summary>
/// <param name="Name">What the officer calls it, 1 to 50 characters.</param>
/// <param name="Credential">The browser's <c>PublicKeyCredential.toJSON()</c>.</param>
public sealed record AddPasskeyRequest([Required, StringLength(50)] string Name, JsonElement Credential);

/// <summary>A sign-in with a passkey.</summary>
/// <param name="Credential">The browser's <c>PublicKeyCredential.toJSON()</c>.</param>
public sealed record SignInWithPasskeyRequest(JsonElement Credential);

/// <summary>A new name for a passkey.</summary>
/// <param name="Name">1 to 50 characters.</param>
public sealed record RenamePasskeyRequest([Required, StringLength(50)] string Name);

/// <summary>A passkey of the caller.</summary>
/// <param name="Id">Its credential id, base64url.</param>
/// <param name="Name">What the officer calls it.</param>
/// <param name="CreatedAt">When it was registered.</param>
public sealed record PasskeySummary(string Id, string Name, DateTimeOffset CreatedAt);

/// <summary>Passkeys (WebAuthn) of the caller's own account, and signing in with one. A passkey checks who holds the device, so it counts as two factors.</summary>
internal static class Passkeys
{
    internal static void Map(IEndpointRouteBuilder group)
    {
        group.MapGet("/me/passkeys", ListAsync).RequiresOfficer();
        group.MapPost("/me/passkeys/options", CreationOptionsAsync).RequiresOfficer().Produces<string>(200, "application/json");
        group.MapPost("/me/passkeys", AddAsync).RequiresOfficer();
        group.MapPut("/me/passkeys/{key}/name", RenameAsync).RequiresOfficer().ProducesProblem(404);
        group.MapDelete("/me/passkeys/{key}", RemoveAsync).RequiresOfficer().ProducesProblem(404);
        group.MapPost("/session/passkey/options", RequestOptionsAsync).AllowAnonymous().Produces<string>(200, "application/json");
        group.MapPost("/session/passkey", SignInAsync).AllowAnonymous().ProducesProblem(403);
    }

    /// <summary>List the own passkeys.</summary>
    /// <response code="200">All of them, the oldest first.</response>
    internal static async Task<Ok<IReadOnlyList<PasskeySummary>>> ListAsync(Actor actor, UserManager<Officer> users) => TypedResults.Ok(await ReadAsync(actor, users));

    /// <summary>What the browser's <c>navigator.credentials.create</c> needs.</summary>
    /// <response code="200">Creation options (WebAuthn Level 3 JSON).</response>
    internal static async Task<ContentHttpResult> CreationOptionsAsync(Actor actor, SignInManager<Officer> signIn)
    {
        var officer = (await signIn.UserManager.FindByIdAsync(actor.Id.ToString()))!;
        return TypedResults.Content(await signIn.MakePasskeyCreationOptionsAsync(new PasskeyUserEntity { Id = officer.Id.ToString(), Name = officer.UserName!, DisplayName = officer.DisplayName }), "application/json");
    }

    /// <summary>Register the passkey that the browser made from the options.</summary>
    /// <response code="204">Registered; ledger event kernel.passkey-added.</response>
    /// <response code="400">kernel.passkey-refused</response>
    internal static async Task<Results<NoContent, ProblemHttpResult>> AddAsync(
        AddPasskeyRequest request, Actor actor, ZhengtongDb db, SignInManager<Officer> signIn, TimeProvider clock)
    {
        PasskeyAttestationResult attestation;
        try { attestation = await signIn.PerformPasskeyAttestationAsync(request.Credential.GetRawText()); }
        // No options were asked for in this session, or they are spent.
        catch (InvalidOperationException) { return KernelProblems.PasskeyRefused.Because(); }
        if (!attestation.Succeeded) { return KernelProblems.PasskeyRefused.Because(); }
        if (attestation.UserEntity.Id != actor.Id.ToString()) { return KernelProblems.PasskeyRefused.Because(); }

        var officer = (await signIn.UserManager.FindByIdAsync(actor.Id.ToString()))!;
        attestation.Passkey.Name = request.Name;
        db.Ledger.Add(LedgerEntry.Of("kernel.passkey-added", actor.Id, actor, clock.GetUtcNow(), after: new { request.Name }));
        var result = await signIn.UserManager.AddOrUpdatePasskeyAsync(officer, attestation.Passkey);
        return result.Succeeded ? TypedResults.NoContent() : KernelProblems.PasskeyRefused.Because();
    }

    /// <summary>Give an own passkey another name.</summary>
    /// <response code="204">Renamed; ledger event kernel.passkey-renamed.</response>
    /// <response code="404">kernel.passkey-not-found</response>
    internal static async Task<Results<NoContent, ProblemHttpResult>> RenameAsync(string key, RenamePasskeyRequest request, Actor actor, ZhengtongDb db, UserManager<Officer> users, TimeProvider clock)
    {
        var officer = (await users.FindByIdAsync(actor.Id.ToString()))!;
        if (!TryId(key, out var id) || await users.GetPasskeyAsync(officer, id) is not { } passkey) { return KernelProblems.PasskeyNotFound.Because(); }
        db.Ledger.Add(LedgerEntry.Of("kernel.passkey-renamed", actor.Id, actor, clock.GetUtcNow(), before: new { passkey.Name }, after: new { request.Name }));
        passkey.Name = request.Name;
        await users.AddOrUpdatePasskeyAsync(officer, passkey);
        return TypedResults.NoContent();
    }

    /// <summary>Remove an own passkey.</summary>
    /// <response code="204">Removed; ledger event kernel.passkey-removed.</response>
    /// <response code="404">kernel.passkey-not-found</response>
    internal static async Task<Results<NoContent, ProblemHttpResult>> RemoveAsync(string key, Actor actor, ZhengtongDb db, UserManager<Officer> users, TimeProvider clock)
    {
        var officer = (await users.FindByIdAsync(actor.Id.ToString()))!;
        if (!TryId(key, out var id) || await users.GetPasskeyAsync(officer, id) is not { } passkey) { return KernelProblems.PasskeyNotFound.Because(); }
        db.Ledger.Add(LedgerEntry.Of("kernel.passkey-removed", actor.Id, actor, clock.GetUtcNow(), before: new { passkey.Name }));
        await users.RemovePasskeyAsync(officer, id);
        return TypedResults.NoContent();
    }

    /// <summary>What the browser's <c>navigator.credentials.get</c> needs, whoever will sign in.</summary>
    /// <response code="200">Request options (WebAuthn Level 3 JSON).</response>
    internal static async Task<ContentHttpResult> RequestOptionsAsync(SignInManager<Officer> signIn) =>
        TypedResults.Content(await signIn.MakePasskeyRequestOptionsAsync(null), "application/json");

    /// <summary>Sign in with a passkey.</summary>
    /// <response code="204">Signed in; the session is in the cookie. Ledger event kernel.signed-in.</response>
    /// <response code="401">kernel.passkey-unknown</response>
    /// <response code="403">kernel.locked-out, kernel.account-locked</response>
    internal static async Task<Results<NoContent, ProblemHttpResult>> SignInAsync(
        SignInWithPasskeyRequest request, ZhengtongDb db, SignInManager<Officer> signIn, TimeProvider clock, CancellationToken ct)
    {
        PasskeyAssertionResult<Officer> assertion;
        try { assertion = await signIn.PerformPasskeyAssertionAsync(request.Credential.GetRawText()); }
        catch (InvalidOperationException) { return KernelProblems.PasskeyUnknown.Because(); }
        if (!assertion.Succeeded) { return KernelProblems.PasskeyUnknown.Because(); }
        if (assertion.User.LockedAt is not null) { return KernelProblems.AccountLocked.Because(); }
        // The key's counter, which tells a copied key from the true one.
        await signIn.UserManager.AddOrUpdatePasskeyAsync(assertion.User, assertion.Passkey);
        return await SignIn.OpenAsync(signIn, db, assertion.User, "passkey", clock.GetUtcNow(), ct) ? TypedResults.NoContent() : KernelProblems.LockedOut.Because();
    }

    internal static async Task<IReadOnlyList<PasskeySummary>> ReadAsync(Actor actor, UserManager<Officer> users) =>
        [.. (await users.GetPasskeysAsync((await users.FindByIdAsync(actor.Id.ToString()))!)).OrderBy(p => p.CreatedAt)
            .Select(p => new PasskeySummary(Base64Url.EncodeToString(p.CredentialId), p.Name ?? "", p.CreatedAt))];

    private static bool TryId(string key, out byte[] id)
    {
        try { id = Base64Url.DecodeFromChars(key); return true; }
        catch (FormatException) { id = []; return false; }
    }
}
