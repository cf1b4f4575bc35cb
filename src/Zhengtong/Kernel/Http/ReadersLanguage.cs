using System.Globalization;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Localization;

namespace Zhengtong.Kernel.Http;

/// <summary>The reader's language: <c>?lang=</c> for this request, the cookie that <c>/language</c> sets, Accept-Language; Chinese when nobody says.</summary>
internal sealed class ReadersLanguage : RequestCultureProvider
{
    internal const string Cookie = "lang";
    private static readonly Uri Here = new("http://this.invalid");

    /// <summary>Chinese first: it is the default.</summary>
    internal static readonly CultureInfo[] All = [CultureInfo.GetCultureInfo("zh-CN"), CultureInfo.GetCultureInfo("en")];

    /// <inheritdoc/>
    public override Task<ProviderCultureResult?> DetermineProviderCultureResult(HttpContext httpContext)
    {
        var request = httpContext.Request;
        var language = Known(request.Query["lang"].ToString()) ?? Known(request.Cookies[Cookie])
            ?? request.GetTypedHeaders().AcceptLanguage.OrderByDescending(l => l.Quality ?? 1).Where(l => l.Quality != 0).Select(l => Known(l.Value.ToString())).FirstOrDefault(l => l is not null);
        return Task.FromResult(language is null ? null : new ProviderCultureResult(language));
    }

    /// <summary>GET /language?to=en&amp;back=/work: keeps the choice for a year and goes back, to an address of this site only.</summary>
    internal static void Map(WebApplication app) => app.MapGet("/language", Choose).AllowAnonymous().ExcludeFromDescription();

    private static RedirectHttpResult Choose(HttpContext http, string? to, string? back)
    {
        if (Known(to) is { } language)
        {
            http.Response.Cookies.Append(Cookie, language, new CookieOptions
            {
                MaxAge = TimeSpan.FromDays(365),
                SameSite = SameSiteMode.Lax,
                HttpOnly = true,
                Secure = http.Request.IsHttps,
                IsEssential = true,
            });
        }

        return TypedResults.LocalRedirect(Local(back));
    }

    /// <summary>The supported language a tag means: <c>zh-Hant-TW</c> reads Chinese, <c>en-GB</c> English; null for any other.</summary>
    private static string? Known(string? tag) => tag?.Split('-', '_')[0].ToLowerInvariant() switch
    {
        "zh" => "zh-CN",
        "en" => "en",
        _ => null,
    };

    /// <summary>Path and query of an address of this site, escaped for a header; the home page for anything else.</summary>
    private static string Local(string? address) =>
        address is ['/', ..] and not ['/', '/' or '\\', ..] && !address.Any(char.IsControl) && Uri.TryCreate(Here, address, out var uri) && uri.Authority == Here.Authority
            ? uri.PathAndQuery : "/";
}
