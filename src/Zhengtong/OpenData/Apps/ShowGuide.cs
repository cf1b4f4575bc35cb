using Microsoft.AspNetCore.Http.HttpResults;
using Zhengtong.OpenData.Portal;

namespace Zhengtong.OpenData.Apps;

internal static class ShowGuide
{
    internal static void Map(IEndpointRouteBuilder app) => app.MapGet("/apps/{guide}", Handle).IsGuidePage();

    /// <summary>A guide's first page: its kinds, its divisions, where its data comes from.</summary>
    internal static async Task<Results<RazorComponentResult, NotFound>> Handle(string guide, HttpContext http, ZhengtongDb db, GuideSources sources, BaseMap ground, CancellationToken ct)
    {
        if (Guide.Find(guide) is not { } found) { return TypedResults.NotFound(); }
        GuidePage.Prepare(http, ground);
        var kinds = new List<ShownKind>();
        foreach (var kind in found.Kinds) { kinds.Add(new ShownKind { Kind = kind, Sources = await sources.OfAsync(kind, ct) }); }
        return new RazorComponentResult<GuideHome>(new { Shown = new ShownGuide { Guide = found, Kinds = kinds, Districts = await GuidePage.ChoosableAsync(db, sources, [.. kinds.SelectMany(k => k.Sources)], ct) } });
    }
}

/// <summary>A guide with all that its first page says; public because components take it.</summary>
public sealed class ShownGuide
{
    internal Guide Guide { get; init; } = null!;

    internal IReadOnlyList<ShownKind> Kinds { get; init; } = null!;

    /// <summary>Codes and names of the divisions that places lie in.</summary>
    internal IReadOnlyList<KeyValuePair<string, string>> Districts { get; init; } = null!;
}

/// <summary>A kind with its tables.</summary>
public sealed class ShownKind
{
    internal GuideKind Kind { get; init; } = null!;

    internal IReadOnlyList<GuideSource> Sources { get; init; } = null!;

    internal long Places => Sources.Sum(s => s.Table.Rows);
}
