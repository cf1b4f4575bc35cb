using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;

namespace Zhengtong.OpenData.Ckan;

/// <summary>API tokens: an officer's programs act with one as the officer does, within this interface alone. What is kept of a token is its hash; a locked account's tokens are good for nothing.</summary>
internal static class CkanTokens
{
    /// <summary>How every token begins, so that one left in a repository is recognised.</summary>
    internal const string Mark = "ztt_";

    /// <summary>Under which the account keeps them.</summary>
    private const string Provider = "open-data.ckan";

    /// <summary>Most tokens of one officer.</summary>
    private const int Most = 50;

    /// <summary>Account, token and secret: 16, 16 and 32 bytes.</summary>
    private const int Bytes = 64;

    private static readonly TimeSpan NotedEvery = TimeSpan.FromMinutes(1);

    /// <summary>Who calls: the officer whose token stands in Authorization or X-CKAN-API-Key; a visitor when none stands there or it is not good.</summary>
    internal static async Task<Actor> CallerOfAsync(HttpRequest request, ZhengtongDb db, DateTimeOffset now, CancellationToken ct)
    {
        foreach (var header in (string[])["Authorization", "X-CKAN-API-Key"])
        {
            var given = request.Headers[header].ToString().Trim();
            if (given.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase)) { given = given[7..].Trim(); }
            if (await FindAsync(given, db, now, ct) is not { } actor) { continue; }
            // What an officer sees of drafts is kept by no cache.
            request.HttpContext.Response.Headers.CacheControl = "private, no-store";
            return actor;
        }

        return Actor.Visitor;
    }

    /// <summary>A new token; shown this once. By a session of the officer, or by another token.</summary>
    internal static async Task<object?> CreateAsync(CkanCall call)
    {
        var p = call.Parameters;
        if (!Self(call).IsSignedIn) { throw CkanSite.Elsewhere(call, "publish-here"); }
        var (user, name) = (p.Required("user"), p.Required("name"));
        if (name.Length > 100) { p.Wrong("name", "Length is more than maximum 100"); }
        p.Check();
        var actor = await SelfAsync(call, user, "create API tokens for this user");
        if (!actor.May(Right.OpenData)) { throw CkanSite.Elsewhere(call, "publish-here"); }
        if (await call.Db.UserTokens.CountAsync(t => t.UserId == actor.Id && t.LoginProvider == Provider, call.Ct) >= Most) { throw CkanFault.Invalid("name", Text.Of("open-data.ckan.tokens-many", Most)); }
        var id = Guid.CreateVersion7(call.Now);
        var secret = RandomNumberGenerator.GetBytes(Bytes - 32);
        call.Db.UserTokens.Add(new IdentityUserToken<Guid> { UserId = actor.Id, LoginProvider = Provider, Name = id.ToString(), Value = JsonSerializer.Serialize(new Kept(HashOf(secret), name, call.Now, null)) });
        call.Db.Ledger.Add(LedgerEntry.Of("open-data.token-created", id, actor, call.Now, after: new { officer = actor.Id, name }));
        await call.Db.SaveChangesAsync(call.Ct);
        return new JsonObject { ["token"] = Mark + Base64Url.EncodeToString([.. actor.Id.ToByteArray(), .. id.ToByteArray(), .. secret]), ["id"] = id.ToString() };
    }

    /// <summary>The caller's own tokens, the oldest first; never the tokens themselves.</summary>
    internal static async Task<object?> ListAsync(CkanCall call)
    {
        var user = call.Parameters.Text("user_id") ?? call.Parameters.Text("user") ?? call.Parameters.Required("user_id");
        call.Parameters.Check();
        if (!Self(call).IsSignedIn) { throw CkanFault.Forbidden(); }
        var actor = await SelfAsync(call, user, "list API tokens of this user");
        var tokens = await call.Db.UserTokens.AsNoTracking().Where(t => t.UserId == actor.Id && t.LoginProvider == Provider).ToListAsync(call.Ct);
        return new JsonArray([.. tokens.Select(t => (t.Name, Kept: KeptOf(t))).OrderBy(t => t.Kept.CreatedAt).ThenBy(t => t.Name, StringComparer.Ordinal).Select(t => new JsonObject
        {
            ["id"] = t.Name,
            ["name"] = t.Kept.Name,
            ["user_id"] = actor.Id.ToString(),
            ["created_at"] = CkanCall.Moment(t.Kept.CreatedAt),
            ["last_access"] = t.Kept.LastAccess is { } last ? CkanCall.Moment(last) : null,
        })]);
    }

    /// <summary>Ends a token of the caller, at once.</summary>
    internal static async Task<object?> RevokeAsync(CkanCall call)
    {
        var p = call.Parameters;
        var actor = Self(call);
        if (!actor.IsSignedIn) { throw CkanSite.Elsewhere(call, "publish-here"); }
        var id = p.Text("token") is { } token ? Read(token)?.Token : Guid.TryParse(p.Text("jti") ?? p.Required("jti"), out var jti) ? jti : null;
        p.Check();
        var name = id?.ToString();
        var found = await call.Db.UserTokens.SingleOrDefaultAsync(t => t.UserId == actor.Id && t.LoginProvider == Provider && t.Name == name, call.Ct) ?? throw CkanFault.NotFound("API token");
        call.Db.UserTokens.Remove(found);
        call.Db.Ledger.Add(LedgerEntry.Of("open-data.token-revoked", id!.Value, actor, call.Now, before: new { officer = actor.Id, KeptOf(found).Name }));
        try { await call.Db.SaveChangesAsync(call.Ct); }
        catch (DbUpdateConcurrencyException) { throw CkanFault.NotFound("API token"); }
        return null;
    }

    /// <summary>Who handles tokens: the officer signed in at the workbench in this browser, else the officer of the token.</summary>
    private static Actor Self(CkanCall call) => call.Actor.IsSignedIn ? call.Actor : call.Session;

    private static async Task<Actor> SelfAsync(CkanCall call, string user, string what)
    {
        var actor = Self(call);
        if (!actor.IsSignedIn) { throw CkanSite.Elsewhere(call, "publish-here"); }
        var userName = await call.Db.Users.Where(u => u.Id == actor.Id).Select(u => u.UserName).SingleOrDefaultAsync(call.Ct);
        return user == userName || (Guid.TryParse(user, out var id) && id == actor.Id) ? actor : throw CkanFault.Forbidden($"User {userName} not authorized to {what}");
    }

    private static (Guid Officer, Guid Token, byte[] Secret)? Read(string token)
    {
        if (!token.StartsWith(Mark, StringComparison.Ordinal)) { return null; }
        var bytes = new byte[Bytes];
        var text = token.AsSpan(Mark.Length);
        return Base64Url.IsValid(text, out var length) && length == Bytes && Base64Url.TryDecodeFromChars(text, bytes, out _) ? (new Guid(bytes.AsSpan(0, 16)), new Guid(bytes.AsSpan(16, 16)), bytes[32..]) : null;
    }

    private static async Task<Actor?> FindAsync(string given, ZhengtongDb db, DateTimeOffset now, CancellationToken ct)
    {
        if (Read(given) is not { } token) { return null; }
        var name = token.Token.ToString();
        var kept = await db.UserTokens.AsNoTracking().SingleOrDefaultAsync(t => t.UserId == token.Officer && t.LoginProvider == Provider && t.Name == name, ct);
        if (kept is null) { return null; }
        var note = KeptOf(kept);
        if (!CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(note.Hash), Encoding.ASCII.GetBytes(HashOf(token.Secret)))) { return null; }
        var officer = await db.Users.Where(o => o.Id == token.Officer && o.LockedAt == null)
            .Select(o => new { o.DisplayName, o.OrganisationId, Region = db.Organisations.Where(g => g.Id == o.OrganisationId).Select(g => g.Region).Single(), Roles = o.Posts.Select(p => p.Role).ToList() }).SingleOrDefaultAsync(ct);
        if (officer is null) { return null; }
        if (note.LastAccess is null || now - note.LastAccess > NotedEvery)
        {
            var noted = JsonSerializer.Serialize(note with { LastAccess = now });
            await db.UserTokens.Where(t => t.UserId == token.Officer && t.LoginProvider == Provider && t.Name == name).ExecuteUpdateAsync(t => t.SetProperty(x => x.Value, noted), ct);
        }

        return new Actor(token.Officer, officer.DisplayName, officer.OrganisationId, officer.Region, officer.Roles.ToHashSet());
    }

    private static Kept KeptOf(IdentityUserToken<Guid> token) => JsonSerializer.Deserialize<Kept>(token.Value!)!;

    private static string HashOf(ReadOnlySpan<byte> secret) => Convert.ToHexStringLower(SHA256.HashData(secret));

    /// <summary>What is kept of a token.</summary>
    private sealed record Kept(string Hash, string Name, DateTimeOffset CreatedAt, DateTimeOffset? LastAccess);
}
