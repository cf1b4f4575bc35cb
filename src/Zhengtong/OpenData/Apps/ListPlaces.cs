using Microsoft.AspNetCore.Http.HttpResults;
using Zhengtong.OpenData.Portal;
using Zhengtong.OpenData.Tables;

namespace Zhengtong.OpenData.Apps;

internal static class ListPlaces
{
    internal static void Map(IEndpointRouteBuilder app) => app.MapGet("/apps/{guide}/{kind}", Handle).IsGuidePage();

    /// <summary>The places of a kind, as a list or a map; the query is that of <see cref="PlacesAsked"/>.</summary>
    internal static async Task<Results<RazorComponentResult, NotFound>> Handle(
        string guide, string kind, HttpContext http, ZhengtongDb db, GuideSources sources, GuidePlaces places, BaseMap ground, TimeProvider clock, CancellationToken ct)
    {
        if (Guide.Find(guide) is not { } found || found.Kind(kind) is not { } of) { return TypedResults.NotFound(); }
        GuidePage.Prepare(http, ground);
        var (from, asked, now) = (await sources.OfAsync(of, ct), PlacesAsked.Of(http.Request.Query), await GuideClock.ReadAsync(db, clock, ct));
        var levels = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var source in from) { levels.UnionWith((await sources.ChoicesAsync(source, ct)).Levels); }
        FoundPlaces? answer = null;
        // A question that cannot be asked, or not so soon: the page says so and stays.
        try { answer = await places.FindAsync(from, asked, now, ct); }
        catch (Exception e) when (e is TableQueryException or TableQueryTooCostlyException) { }
        return new RazorComponentResult<PlacesPage>(new
        {
            Shown = new ShownPlaces
            {
                Guide = found, Kind = of, Asked = asked, Sources = from, Found = answer, Clock = now, Levels = [.. levels], Districts = await GuidePage.ChoosableAsync(db, sources, from, ct),
                Map = asked.AsMap && answer is not null ? PlacesDrawing.Of(answer.Places, ground) : null,
            },
        });
    }
}

/// <summary>Places with all that their page says; public because components take it.</summary>
public sealed class ShownPlaces
{
    internal Guide Guide { get; init; } = null!;

    internal GuideKind Kind { get; init; } = null!;

    internal PlacesAsked Asked { get; init; } = null!;

    internal IReadOnlyList<GuideSource> Sources { get; init; } = null!;

    /// <summary>Null when the question could not be answered.</summary>
    internal FoundPlaces? Found { get; init; }

    internal GuideClock Clock { get; init; } = null!;

    internal IReadOnlyList<string> Levels { get; init; } = null!;

    internal IReadOnlyList<KeyValuePair<string, string>> Districts { get; init; } = null!;

    /// <summary>Null when no map was asked for or nothing has a place.</summary>
    internal PlacesDrawing? Map { get; init; }

    internal string Path => $"{Guide.Path}/{Kind.Id}";

    internal string DistrictOf(GuidePlace place) => Districts.FirstOrDefault(d => d.Key == place.District).Value ?? place.District ?? "";

    /// <summary>The page of a place of the list at a path.</summary>
    internal static string AddressOf(string path, GuidePlace place) => $"{path}/{place.Source.Dataset}?key={Uri.EscapeDataString(place.Key)}";
}
