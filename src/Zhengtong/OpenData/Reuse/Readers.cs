using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel;
using Zhengtong.OpenData.Keys;

namespace Zhengtong.OpenData.Reuse;

/// <summary>Whose rows the present caller may read beyond what everybody reads: the conditionally open datasets that were granted to the developer's key of the call, or of the browser.</summary>
internal sealed class Readers(IHttpContextAccessor accessor, ZhengtongDb db, TimeProvider clock)
{
    /// <summary>Where a browser keeps the key with which its reader looks at pages; until it is closed.</summary>
    internal const string Cookie = "zt-key";

    private static readonly IReadOnlySet<Guid> Nothing = new HashSet<Guid>();
    private IReadOnlySet<Guid>? granted;

    /// <summary>The datasets; read once in a request, and without a query for whoever has no key. What a grant opened is kept by no cache.</summary>
    internal async ValueTask<IReadOnlySet<Guid>> GrantedAsync(CancellationToken ct)
    {
        if (granted is not null) { return granted; }
        if (accessor.HttpContext is not { } http || TokenOf(http) is not { } token) { return granted = Nothing; }
        var (hash, today) = (DeveloperKey.HashOf(token), ChinaTime.DateOf(clock.GetUtcNow()));
        var found = await db.AccessApplications.AsNoTracking()
            .Where(a => a.State == AccessState.Granted && a.Until >= today && db.DeveloperKeys.Any(k => k.Id == a.KeyId && k.TokenHash == hash && k.RevokedAt == null))
            .Select(a => a.DatasetId).Distinct().ToListAsync(ct);
        if (found.Count > 0 && !http.Response.HasStarted)
        {
            http.Response.OnStarting(static state =>
            {
                ((HttpResponse)state).Headers.CacheControl = "private, no-store";
                return Task.CompletedTask;
            }, http.Response);
        }

        return granted = found.ToHashSet();
    }

    /// <summary>Keeps the key in the browser, for pages and files.</summary>
    internal static void Keep(HttpContext http, string token) =>
        http.Response.Cookies.Append(Cookie, token, new CookieOptions { HttpOnly = true, Secure = http.Request.IsHttps, SameSite = SameSiteMode.Lax, Path = "/", IsEssential = true });

    /// <summary>The key of the call, else of the browser; null for none.</summary>
    internal static string? TokenOf(HttpContext http) =>
        PublicLimits.TokenOf(http) ?? (http.Request.Cookies[Cookie] is { Length: > 0 and < 200 } kept && kept.StartsWith(DeveloperKey.Mark, StringComparison.Ordinal) ? kept : null);
}
