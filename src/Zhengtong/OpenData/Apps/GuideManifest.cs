using System.Globalization;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http.HttpResults;
using Zhengtong.Kernel;

namespace Zhengtong.OpenData.Apps;

/// <summary>A web app manifest (W3C).</summary>
internal sealed record WebManifest(
    string Id, string Name, string ShortName, string Description, string Lang, string Dir, string StartUrl, string Scope, string Display, string BackgroundColor, string ThemeColor,
    IReadOnlyList<string> Categories, IReadOnlyList<ManifestIcon> Icons, IReadOnlyList<ManifestShortcut> Shortcuts);

/// <summary>An icon of it.</summary>
internal sealed record ManifestIcon(string Src, string Sizes, string Type, string Purpose);

/// <summary>A page of it that one opens from the icon.</summary>
internal sealed record ManifestShortcut(string Name, string Url);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(WebManifest))]
internal sealed partial class ManifestJson : JsonSerializerContext;

internal static class GuideManifest
{
    internal static void Map(IEndpointRouteBuilder app) => app.MapGet("/apps/{guide}/manifest.webmanifest", Handle).IsGuidePage();

    /// <summary>What a browser needs to install a guide, in the reader's language; <c>lang</c> in the query says which.</summary>
    internal static Results<JsonHttpResult<WebManifest>, NotFound> Handle(string guide, HttpContext http)
    {
        if (Guide.Find(guide) is not { } found) { return TypedResults.NotFound(); }
        http.Response.Headers.CacheControl = "no-cache";
        var icon = $"/guide-{found.Id}";
        return TypedResults.Json(new WebManifest(
            found.Path, Text.Of($"open-data.apps.{found.Id}.name"), Text.Of($"open-data.apps.{found.Id}.short"), Text.Of($"open-data.apps.{found.Id}.lead"), CultureInfo.CurrentUICulture.Name, "ltr",
            found.Path, found.Path, "standalone", "#ffffff", found.Colour, [found.Id == "tour" ? "travel" : "health"],
            [
                new ManifestIcon($"{icon}.svg", "any", "image/svg+xml", "any"), new ManifestIcon($"{icon}-192.png", "192x192", "image/png", "any"), new ManifestIcon($"{icon}-512.png", "512x512", "image/png", "any"),
                new ManifestIcon($"{icon}-192.png", "192x192", "image/png", "maskable"), new ManifestIcon($"{icon}-512.png", "512x512", "image/png", "maskable"),
            ],
            [.. found.Kinds.Select(k => new ManifestShortcut(Text.Of($"open-data.apps.kind.{k.Id}"), $"{found.Path}/{k.Id}"))]), ManifestJson.Default.WebManifest, "application/manifest+json");
    }
}
