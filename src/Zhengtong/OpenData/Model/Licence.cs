using Zhengtong.Kernel;

namespace Zhengtong.OpenData.Model;

/// <summary>A licence under which data is given. Titles are in the module's texts under <c>open-data.licence.ID</c>.</summary>
/// <param name="Id">Permanent; as CKAN calls it where CKAN knows it.</param>
/// <param name="Address">Its text on the web; null for the platform's own terms, which are at <c>/open/terms</c>.</param>
/// <param name="European">Its name in the EU's licence vocabulary; null where it has none.</param>
/// <param name="Spdx">Its SPDX name; null where it has none.</param>
/// <param name="IsOpen">True when it conforms to the Open Definition.</param>
internal sealed record Licence(string Id, string? Address, string? European, string? Spdx, bool IsOpen)
{
    /// <summary>All licences, the usual one first.</summary>
    internal static readonly IReadOnlyList<Licence> All =
    [
        new("open-government-data", null, null, null, true),
        new("cc-by", "https://creativecommons.org/licenses/by/4.0/", "CC_BY_4_0", "CC-BY-4.0", true),
        new("cc-zero", "https://creativecommons.org/publicdomain/zero/1.0/", "CC0", "CC0-1.0", true),
        new("cc-by-sa", "https://creativecommons.org/licenses/by-sa/4.0/", "CC_BYSA_4_0", "CC-BY-SA-4.0", true),
        new("cc-nc", "https://creativecommons.org/licenses/by-nc/4.0/", "CC_BYNC_4_0", "CC-BY-NC-4.0", false),
        new("odc-by", "https://opendatacommons.org/licenses/by/1-0/", "ODC_BY", "ODC-By-1.0", true),
        new("conditional-use", null, null, null, false),
    ];

    /// <summary>In the reader's language.</summary>
    internal string Title => Text.Of($"open-data.licence.{Id}");

    /// <summary>The licence of that id, or null.</summary>
    internal static Licence? Find(string id) => All.FirstOrDefault(l => l.Id == id);
}
