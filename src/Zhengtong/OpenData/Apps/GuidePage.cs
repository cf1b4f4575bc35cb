using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.Extensions.Primitives;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Regions;
using Zhengtong.OpenData.Keys;
using Zhengtong.OpenData.Portal;

namespace Zhengtong.OpenData.Apps;

/// <summary>What the pages of the guides have in common.</summary>
internal static class GuidePage
{
    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.Create(System.Text.Unicode.UnicodeRanges.All) };

    /// <summary>Sentences that the script says.</summary>
    private static readonly string[] Said =
    [
        "around-hint", "denied", "loading", "failed", "count", "more", "open", "open-until", "closed", "emergency", "next-bus", "no-bus", "metres", "kilometres", "kept", "kept-places", "nothing-kept",
    ];

    /// <summary>A page for everybody, counted as the interface <c>apps</c>.</summary>
    internal static void IsGuidePage(this RouteHandlerBuilder endpoint) => endpoint.AllowAnonymous().ExcludeFromDescription().WithPublicLimits("apps", KeyScope.Rows);

    /// <summary>Headers of a page: it may ask where the reader is, and load the pictures of the base map. A browser asks each time whether it has the newest.</summary>
    internal static void Prepare(HttpContext http, BaseMap ground)
    {
        var headers = http.Response.Headers;
        headers.CacheControl = "no-cache";
        headers.Vary = StringValues.Concat(headers.Vary, "Accept-Language, Cookie");
        headers["Permissions-Policy"] = SecurityHeaders.PermissionsPolicy.Replace("geolocation=()", "geolocation=(self)", StringComparison.Ordinal);
        if (ground.Sources is { } sources) { headers.ContentSecurityPolicy = SecurityHeaders.ContentPolicy.Replace("img-src 'self' data:", $"img-src 'self' data: {sources}", StringComparison.Ordinal); }
    }

    /// <summary>The sentences of the script as JSON that may stand in a page.</summary>
    internal static string Words() => JsonSerializer.Serialize(Said.ToDictionary(s => s, s => Text.Of($"open-data.apps.said.{s}")), Plain);

    /// <summary>The names of divisions, from the city on, by their codes as the tables write them. A code that is not known is its own name.</summary>
    internal static async Task<IReadOnlyList<KeyValuePair<string, string>>> DistrictsAsync(ZhengtongDb db, IEnumerable<string> codes, CancellationToken ct)
    {
        var asked = codes.Distinct(StringComparer.Ordinal).ToDictionary(c => c, c => RegionCode.TryParse(c, null, out var code) ? code : (RegionCode?)null);
        var known = await RegionTable.FindAsync(db, asked.Values.OfType<RegionCode>().SelectMany(RegionNames.PathOf).Distinct(), ct);
        return [.. asked.OrderBy(a => a.Key, StringComparer.Ordinal).Select(a => KeyValuePair.Create(a.Key, a.Value is { } code ? NameOf(code) : a.Key))];

        string NameOf(RegionCode code)
        {
            var path = RegionNames.PathOf(code);
            var below = path.Skip(path.Count > 1 ? 1 : 0).Where(c => c == code || !RegionNames.IsCollective(c)).Select(c => known.TryGetValue(c, out var region) ? region.Name : "");
            return string.Concat(below) is { Length: > 0 } name ? name : code.ToString();
        }
    }

    /// <summary>The divisions of some tables with those above them up to the city, so that a whole city can be chosen.</summary>
    internal static async Task<IReadOnlyList<KeyValuePair<string, string>>> ChoosableAsync(ZhengtongDb db, GuideSources sources, IReadOnlyList<GuideSource> from, CancellationToken ct)
    {
        var codes = new HashSet<string>(StringComparer.Ordinal);
        foreach (var source in from) { codes.UnionWith((await sources.ChoicesAsync(source, ct)).Districts); }
        return await DistrictsAsync(db, codes.Concat(codes.Where(c => c.Length >= 6).Select(c => c[..4])), ct);
    }

    /// <summary>A minute of the day as people write it; minutes above 1440 are of the next day.</summary>
    internal static string Clock(int minute) => $"{minute / 60 % 24:00}:{minute % 60:00}";
}
