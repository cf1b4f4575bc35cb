using System.Collections.Frozen;
using Zhengtong.Kernel;

namespace Zhengtong.OpenData.Model;

/// <summary>A theme 主题 under which datasets are found. Titles are in the module's texts under <c>open-data.theme.ID</c>.</summary>
/// <param name="Id">Lower-case word, permanent; the group's name in the CKAN interface.</param>
/// <param name="Icon">Name of its picture in the icon set.</param>
/// <param name="European">The theme of the EU's data-theme vocabulary that DCAT-AP wants beside it.</param>
internal sealed record Theme(string Id, string Icon, string European)
{
    /// <summary>All themes, in the order they are shown.</summary>
    internal static readonly IReadOnlyList<Theme> All =
    [
        new("tourism", "tourism", "EDUC"), new("education", "education", "EDUC"), new("transport", "transport", "TRAN"), new("health", "health", "HEAL"),
        new("environment", "environment", "ENVI"), new("economy", "economy", "ECON"), new("agriculture", "agriculture", "AGRI"), new("housing", "housing", "REGI"),
        new("employment", "employment", "SOCI"), new("social-security", "social-security", "SOCI"), new("culture", "culture", "EDUC"), new("science", "science", "TECH"),
        new("credit", "credit", "GOVE"), new("safety", "safety", "JUST"), new("energy", "energy", "ENER"), new("land", "land", "REGI"),
        new("finance", "finance", "ECON"), new("government", "government", "GOVE"), new("law", "law", "JUST"), new("statistics", "statistics", "GOVE"),
    ];

    private static readonly FrozenDictionary<string, Theme> ById = All.ToFrozenDictionary(t => t.Id);

    /// <summary>In the reader's language.</summary>
    internal string Title => Text.Of($"open-data.theme.{Id}");

    /// <summary>The theme of that id, or null.</summary>
    internal static Theme? Find(string id) => ById.GetValueOrDefault(id);
}
