using Microsoft.AspNetCore.Http.HttpResults;
using Zhengtong.OpenData.Portal;
using Zhengtong.OpenData.Tables;

namespace Zhengtong.OpenData.Apps;

internal static class ShowPlace
{
    private const int LongestKey = 200;

    internal static void Map(IEndpointRouteBuilder app) => app.MapGet("/apps/{guide}/{kind}/{dataset}", Handle).IsGuidePage();

    /// <summary>One place: how to reach it, when it is open, all that its row says, and the dataset it stands in.</summary>
    /// <param name="guide">Id of the guide.</param>
    /// <param name="kind">Id of the kind.</param>
    /// <param name="dataset">Name of the dataset.</param>
    /// <param name="key">What tells the place apart in it: the cell of its key, or the number of its row.</param>
    /// <param name="http">The call.</param>
    /// <param name="db">The database.</param>
    /// <param name="sources">The tables.</param>
    /// <param name="places">The places in them.</param>
    /// <param name="ground">The base map.</param>
    /// <param name="clock">When.</param>
    /// <param name="ct">Stops it.</param>
    internal static async Task<Results<RazorComponentResult, NotFound>> Handle(
        string guide, string kind, string dataset, string? key, HttpContext http, ZhengtongDb db, GuideSources sources, GuidePlaces places, BaseMap ground, TimeProvider clock, CancellationToken ct)
    {
        if (Guide.Find(guide) is not { } found || found.Kind(kind) is not { } of || key is not { Length: > 0 and <= LongestKey }) { return TypedResults.NotFound(); }
        if ((await sources.OfAsync(of, ct)).FirstOrDefault(s => s.Dataset == dataset) is not { } source) { return TypedResults.NotFound(); }
        GuidePlace? place;
        try { place = await places.OneAsync(source, key, ct); }
        catch (TableQueryException) { return TypedResults.NotFound(); }
        if (place is null) { return TypedResults.NotFound(); }
        GuidePage.Prepare(http, ground);
        var district = place.District is null ? null : (await GuidePage.DistrictsAsync(db, [place.District], ct))[0].Value;
        return new RazorComponentResult<PlacePage>(new
        {
            Shown = new ShownPlace { Guide = found, Kind = of, Place = place, District = district, Clock = await GuideClock.ReadAsync(db, clock, ct), Map = PlacesDrawing.Of([place], ground) },
        });
    }
}

/// <summary>A place with all that its page says; public because components take it.</summary>
public sealed class ShownPlace
{
    internal Guide Guide { get; init; } = null!;

    internal GuideKind Kind { get; init; } = null!;

    internal GuidePlace Place { get; init; } = null!;

    internal string? District { get; init; }

    internal GuideClock Clock { get; init; } = null!;

    internal PlacesDrawing? Map { get; init; }
}
