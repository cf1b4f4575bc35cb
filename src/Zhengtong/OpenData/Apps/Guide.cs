namespace Zhengtong.OpenData.Apps;

/// <summary>A kind of place that a guide shows. What it is called stands in the texts, <c>open-data.apps.kind.ID</c>.</summary>
/// <param name="Id">In addresses.</param>
/// <param name="Icon">Its drawing.</param>
/// <param name="Datasets">Names of the datasets it is made of unless the settings say others; a star stands for any characters.</param>
internal sealed record GuideKind(string Id, string Icon, string Datasets);

/// <summary>One of the portal's own apps 便民应用: places of some kinds out of open datasets, around the reader and by division. It has nothing that the portal's interfaces do not give to everybody.</summary>
/// <param name="Id">In its address, <c>/apps/ID</c>; its texts are <c>open-data.apps.ID.name</c> and so on.</param>
/// <param name="Colour">Of its icon and of the frame of its window.</param>
/// <param name="Kinds">What it shows, in order.</param>
internal sealed record Guide(string Id, string Colour, IReadOnlyList<GuideKind> Kinds)
{
    /// <summary>The sights of a journey and what one needs on it 游览指南; and where to be treated, cared for and to get medicine 就医指南.</summary>
    internal static readonly IReadOnlyList<Guide> All =
    [
        new("tour", "#0f766e", [new("sights", "tourism", "*-scenic-spots-*"), new("dining", "food", "*-restaurants-*"), new("offers", "finance", "*-tourism-discounts-*"), new("toilets", "people", "*-public-toilets-*"), new("buses", "transport", "*-airport-bus-*")]),
        new("health", "#1a56a8", [new("clinics", "health", "health-clinics-*"), new("hospitals", "organisation", "*-hospitals-*"), new("nursing", "house", "*-nursing-homes-*"), new("pharmacies", "trade", "*-pharmacies-*")]),
    ];

    /// <summary>Where it is, from the root.</summary>
    internal string Path => $"/apps/{Id}";

    /// <summary>The guide of that id; null when there is none.</summary>
    internal static Guide? Find(string id) => All.FirstOrDefault(g => g.Id == id);

    /// <summary>The kind of that id; null when it has none.</summary>
    internal GuideKind? Kind(string id) => Kinds.FirstOrDefault(k => k.Id == id);

    /// <summary>True for the address of one of the portal's own apps, from the root.</summary>
    internal static bool IsOwn(string link) => All.Any(g => g.Path == link);
}

/// <summary>What the portal's own apps are made of; settings <c>OpenData:Apps</c>.</summary>
internal sealed class GuideOptions
{
    /// <summary>By kind, the names of its datasets, separated by commas; a star stands for any characters. A kind that is not named has those of <see cref="GuideKind.Datasets"/>; an empty text has none.
    /// Of each dataset the first table with places is taken. Example: <c>OpenData:Apps:Datasets:toilets = city-toilets, park-*-toilets</c>.</summary>
    public Dictionary<string, string> Datasets { get; init; } = [];

    /// <summary>The patterns of a kind.</summary>
    internal IEnumerable<string> Of(GuideKind kind) =>
        (Datasets.GetValueOrDefault(kind.Id) ?? kind.Datasets).Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Take(20);
}
