using Zhengtong.OpenData.Model;

namespace Zhengtong.OpenData.Privacy;

/// <summary>Something found, before it is saved. Never holds the value itself.</summary>
/// <param name="Kind">As <see cref="OpeningFinding.Kind"/>.</param>
/// <param name="Severity">How much it weighs.</param>
/// <param name="Column">Published name; null when it is not about one, or when the name itself is what was found.</param>
/// <param name="Cells">How many cells hold it.</param>
/// <param name="Share">Share of the cells with a value, 0 to 1.</param>
/// <param name="Sample">One of them, masked.</param>
/// <param name="Detail">More, in a form for every language: words with hyphens and figures.</param>
internal sealed record Finding(string Kind, FindingSeverity Severity, string? Column, long Cells, double Share, string? Sample, string? Detail);

/// <summary>The kinds of findings; titles are in the module's texts under <c>open-data.finding.KIND</c>.</summary>
internal static class FindingKind
{
    internal const string PersonName = "person-name";
    internal const string HomeCoordinates = "home-coordinates";
    internal const string SmallGroups = "small-groups";
    internal const string SmallCells = "small-cells";
    internal const string UnreadFile = "unread-file";

    private static readonly string[] OfPersonal =
    [
        "identity-card", "identity-card-inside", "identity-card-old", "mobile", "bank-card", "home-address", "passport", "number-plate", "private-mail", "medical", "credit-code",
    ];

    /// <summary>All, in the order of their weight.</summary>
    internal static readonly IReadOnlyList<string> All = [.. OfPersonal, PersonName, HomeCoordinates, SmallGroups, SmallCells, UnreadFile];

    internal static string Of(Personal kind) => OfPersonal[(int)kind];
}
