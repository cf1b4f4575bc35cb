using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;
using Zhengtong.OpenData.Keys;

namespace Zhengtong.OpenData.Reuse;

/// <summary>As what somebody speaks to the departments.</summary>
public enum VoiceKind
{
    /// <summary>Without an account: known again by a cookie of the browser.</summary>
    Visitor,
    /// <summary>With a developer's key.</summary>
    Developer,
    /// <summary>Signed in.</summary>
    Officer,
}

/// <summary>Who rates, comments, asks and votes: one voice each, without a name behind it.</summary>
/// <param name="Kind">As what.</param>
/// <param name="Mark">Tells voices apart: a letter and 32 hex digits.</param>
/// <param name="Key">The developer's key; null for others.</param>
internal sealed record Voice(VoiceKind Kind, string Mark, Guid? Key = null);

/// <summary>How much one address may write; settings <c>OpenData:Reuse</c>.</summary>
internal sealed class ReuseOptions
{
    /// <summary>Ratings, comments, requests, votes and applications of one address a day, together; 0 lifts the limit. Default 60.</summary>
    public int WritingsPerAddress { get; set; } = 60;

    /// <summary>New ratings or votes of one address for the same thing a day: who throws away the cookie is a new voice. Default 5.</summary>
    public int SameThingPerAddress { get; set; } = 5;

    /// <summary>Confirmations by mail that one address may ask for a day, for whatever addresses of mail; 0 lifts the limit. Default 20.</summary>
    public int MailsPerAddress { get; set; } = 20;

    /// <summary>Hour of the day in China at which daily letters are written; 0 to 23, default 8.</summary>
    public int DigestHour { get; set; } = 8;

    /// <summary>Networks that webhooks are never sent into, separated by commas.</summary>
    public string ForbiddenNetworks { get; set; } =
        "0.0.0.0/8,10.0.0.0/8,100.64.0.0/10,127.0.0.0/8,169.254.0.0/16,172.16.0.0/12,192.0.0.0/24,192.168.0.0/16,198.18.0.0/15,224.0.0.0/4,240.0.0.0/4,::/128,::1/128,64:ff9b::/96,2002::/16,fc00::/7,fe80::/10,ff00::/8";
}

/// <summary>Finds out who speaks, and bounds how much one address may write.</summary>
internal sealed class Voices(IOptions<ReuseOptions> options, TimeProvider clock)
{
    private const string Cookie = "zt-voice";
    private const int MostAddresses = 200_000;
    private readonly ConcurrentDictionary<(string Address, string What, DateOnly Day), int> written = new();
    private DateOnly counted;

    /// <summary>Who speaks; a visitor who never spoke gets a cookie. Null and the problem for a developer's key that is not good.</summary>
    internal static async Task<(Voice? Voice, ProblemType? Problem)> OfAsync(HttpContext http, Actor actor, ZhengtongDb db, CancellationToken ct)
    {
        if (await FindAsync(http, actor, db, ct) is { } known) { return known; }
        var token = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        http.Response.Cookies.Append(Cookie, token, new CookieOptions { HttpOnly = true, Secure = http.Request.IsHttps, SameSite = SameSiteMode.Lax, MaxAge = TimeSpan.FromDays(365), Path = "/", IsEssential = true });
        return (new Voice(VoiceKind.Visitor, MarkOf(token)), null);
    }

    /// <summary>The voice that the call already has; null for a visitor who never spoke.</summary>
    internal static async Task<(Voice? Voice, ProblemType? Problem)?> FindAsync(HttpContext http, Actor actor, ZhengtongDb db, CancellationToken ct)
    {
        if (actor.IsSignedIn) { return (new Voice(VoiceKind.Officer, $"o{actor.Id:N}"), null); }
        if (PublicLimits.TokenOf(http) is { } token)
        {
            var hash = DeveloperKey.HashOf(token);
            var key = await db.DeveloperKeys.AsNoTracking().Where(k => k.TokenHash == hash && k.RevokedAt == null).Select(k => (Guid?)k.Id).SingleOrDefaultAsync(ct);
            return key is { } id ? (new Voice(VoiceKind.Developer, $"k{id:N}", id), null) : (null, OpenDataProblems.KeyUnknown);
        }

        return http.Request.Cookies[Cookie] is { Length: 32 } given && given.All(char.IsAsciiHexDigitLower) ? (new Voice(VoiceKind.Visitor, MarkOf(given)), null) : null;
    }

    /// <summary>Counts one more writing of the address, unless it has had its number; officers are not counted.</summary>
    /// <param name="http">The call.</param>
    /// <param name="voice">Who writes.</param>
    /// <param name="thing">What must not be rated or voted for many times from one address; null for what may.</param>
    internal bool MayWrite(HttpContext http, Voice voice, string? thing = null)
    {
        if (options.Value.WritingsPerAddress <= 0 || voice.Kind == VoiceKind.Officer) { return true; }
        var (address, day) = PlaceOf(http);
        return Count((address, "", day)) <= options.Value.WritingsPerAddress && (thing is null || Count((address, thing, day)) <= options.Value.SameThingPerAddress);
    }

    /// <summary>Counts one more confirmation by mail that the address asks for, unless it has had its number; everybody is counted.</summary>
    internal bool MayAskForMail(HttpContext http)
    {
        if (options.Value.MailsPerAddress <= 0) { return true; }
        var (address, day) = PlaceOf(http);
        return Count((address, "mail", day)) <= options.Value.MailsPerAddress;
    }

    private (string Address, DateOnly Day) PlaceOf(HttpContext http)
    {
        var day = ChinaTime.DateOf(clock.GetUtcNow());
        // A day begins from nothing: to look through all of yesterday's with each call would cost more than the call.
        if (counted != day || written.Count > MostAddresses)
        {
            counted = day;
            written.Clear();
        }

        return (RateLimits.AddressOf(http.Connection.RemoteIpAddress), day);
    }

    private int Count((string Address, string What, DateOnly Day) place) => written.AddOrUpdate(place, 1, (_, n) => n + 1);

    private static string MarkOf(string token) => "v" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(token)))[..32];
}
