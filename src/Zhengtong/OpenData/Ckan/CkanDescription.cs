using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Zhengtong.Catalogue.Model;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Organisations;
using Zhengtong.OpenData.Model;
using Zhengtong.OpenData.Publishing;

namespace Zhengtong.OpenData.Ckan;

/// <summary>A package dict read as a description. What CKAN has no key for stands in the extras under the names that <see cref="CkanPackages.ExtrasOf(DatasetDescription)"/> writes.</summary>
internal static partial class CkanDescription
{
    /// <summary>What a dict says. Everything that is wrong is noted in the parameters.</summary>
    /// <param name="p">The dict.</param>
    /// <param name="before">The description that stands; null for a new dataset.</param>
    /// <param name="keeps">True when what was not sent stays, as in a patch. The open attribute with its condition, themes, contact and cycle stay in any case: silence never opens anything wider.</param>
    /// <param name="publisher">The department, which is the office to ask when none is named.</param>
    internal static DatasetDescriptionBody Read(CkanParameters p, DatasetDescription? before, bool keeps, Organisation publisher)
    {
        var kept = keeps ? before : null;
        var extras = Extras(p, kept);
        var own = extras.ToDictionary(e => e.Key, e => e.Value, StringComparer.Ordinal);
        var title = Said(p, "title", 200, 2) ?? kept?.Title ?? before?.Title ?? p.Text("name") ?? "";
        return new DatasetDescriptionBody(
            title,
            Said(p, "notes", 20_000) ?? kept?.Notes ?? "",
            Word(p, own, "open_attribute", before?.OpenAttribute ?? OpenAttribute.Unconditional),
            Own(p, own, "open_condition", 500) ?? before?.OpenCondition,
            Said(p, "license_id", 40) ?? before?.Licence ?? "open-government-data",
            Themes(p) ?? before?.Themes ?? ["government"],
            Tags(p) ?? kept?.Keywords ?? [],
            Word(p, own, "update_frequency", before?.UpdateCycle ?? UpdateCycle.OnDemand),
            Own(p, own, "spatial_region", 12) ?? kept?.Region,
            Day(p, own, "temporal_start") ?? kept?.From,
            Day(p, own, "temporal_end") ?? kept?.To,
            Word(p, own, "coordinate_system", before?.CoordinateSystem ?? CoordinateSystem.None),
            Said(p, "maintainer", 100, 2) ?? before?.ContactName ?? publisher.Name[..Math.Min(publisher.Name.Length, 100)],
            Said(p, "maintainer_email", 200) ?? before?.ContactMail,
            Own(p, own, "contact_phone", 40) ?? before?.ContactPhone,
            [.. extras.Where(e => !OwnKeys.Contains(e.Key))]);
    }

    private static readonly string[] OwnKeys = ["open_attribute", "open_condition", "update_frequency", "spatial_region", "temporal_start", "temporal_end", "coordinate_system", "contact_phone"];

    /// <summary>The objects of a list; null when it was not sent.</summary>
    /// <exception cref="CkanFault">400 Integrity Error: other things than objects are in it.</exception>
    internal static List<JsonObject>? Objects(CkanParameters p, string name)
    {
        var given = p.Given[name];
        if (given is JsonValue && CkanParameters.TextOf(given) is { } text) { given = text.Length == 0 ? null : CkanRequest.TryParse(text) ?? given; }
        if (given is null) { return null; }
        if (given is JsonObject one) { given = new JsonArray(one.DeepClone()); }
        return given is JsonArray list && list.All(i => i is JsonObject) ? [.. list.Select(i => (JsonObject)i!)]
            : throw CkanFault.Integrity($"Only lists of dicts can be placed against subschema ('{name}',) not {(given is JsonArray ? "list of others" : "a value")}", new JsonObject { [name] = given.DeepClone() });
    }

    private static List<DatasetExtra> Extras(CkanParameters p, DatasetDescription? kept)
    {
        var extras = new List<DatasetExtra>();
        if (Objects(p, "extras") is not { } given)
        {
            extras.AddRange((kept?.Extras ?? []).Select(e => new DatasetExtra(e.Key, e.Value)));
        }
        else
        {
            foreach (var extra in given)
            {
                var (key, value) = (CkanParameters.TextOf(extra["key"]) ?? "", CkanParameters.TextOf(extra["value"]) ?? extra["value"]?.ToJsonString(CkanEndpoint.Written) ?? "");
                if (key.Length == 0) { p.Wrong("extras", "Missing value"); }
                else if (extras.Any(e => e.Key == key)) { p.Wrong("extras", "Extras contain duplicate keys"); }
                else if (key.Length > 100 || value.Length > 2000) { p.Wrong("extras", $"\"{CkanFault.Shortened(key)}\" is too long"); }
                else { extras.Add(new DatasetExtra(key, value)); }
            }
        }

        // Also as keys of their own, as patches write them.
        foreach (var key in OwnKeys)
        {
            if (p.Text(key) is not { } said) { continue; }
            extras.RemoveAll(e => e.Key == key);
            extras.Add(new DatasetExtra(key, said));
        }

        if (extras.Count(e => !OwnKeys.Contains(e.Key)) > 50) { p.Wrong("extras", Text.Of("open-data.ckan.extras-many", 50)); }
        return extras;
    }

    private static List<string>? Themes(CkanParameters p)
    {
        if (Objects(p, "groups") is not { } groups || groups.Count == 0) { return null; }
        var themes = new List<string>();
        foreach (var group in groups)
        {
            var named = CkanParameters.TextOf(group["name"]) ?? CkanParameters.TextOf(group["id"]) ?? "";
            if ((Theme.Find(named) ?? Theme.All.FirstOrDefault(t => CkanCall.IdOf("group", t.Id) == named)) is { } theme) { themes.Add(theme.Id); }
            else { p.Wrong("groups", $"Group \"{CkanFault.Shortened(named)}\" does not exist"); }
        }

        if (themes.Distinct().Count() > 3) { p.Wrong("groups", Text.Of("open-data.ckan.themes-many", 3)); }
        return [.. themes.Distinct()];
    }

    private static List<string>? Tags(CkanParameters p)
    {
        var names = Objects(p, "tags")?.Select(t => CkanParameters.TextOf(t["name"]) ?? "").ToList();
        if (p.Text("tag_string") is { } text) { names = [.. names ?? [], .. text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)]; }
        foreach (var name in names ?? [])
        {
            var shown = CkanFault.Shortened(name);
            if (name.Length == 0) { p.Wrong("tags", "Missing value"); }
            else if (name.Length < 2) { p.Wrong("tags", $"Tag \"{shown}\" length is less than minimum 2"); }
            else if (name.Length > 100) { p.Wrong("tags", $"Tag \"{shown}\" length is more than maximum 100"); }
            else if (!Tag().IsMatch(name)) { p.Wrong("tags", $"Tag \"{shown}\" can only contain alphanumeric characters, spaces (\" \"), hyphens (\"-\"), underscores (\"_\") or dots (\".\")"); }
        }

        if (names?.Distinct().Count() > 20) { p.Wrong("tags", Text.Of("open-data.ckan.tags-many", 20)); }
        return names?.Distinct().ToList();
    }

    private static string? Said(CkanParameters p, string name, int most, int least = 0)
    {
        if (p.Text(name) is not { } text) { return null; }
        if (text.Length > most) { p.Wrong(name, $"Length is more than maximum {most.ToString(CultureInfo.InvariantCulture)}"); }
        if (text.Length < least) { p.Wrong(name, $"Length is less than minimum {least.ToString(CultureInfo.InvariantCulture)}"); }
        return text;
    }

    private static string? Own(CkanParameters p, Dictionary<string, string> extras, string name, int most)
    {
        if (extras.GetValueOrDefault(name) is not { Length: > 0 } text) { return null; }
        if (text.Length > most) { p.Wrong(name, $"Length is more than maximum {most.ToString(CultureInfo.InvariantCulture)}"); }
        return text;
    }

    private static DateOnly? Day(CkanParameters p, Dictionary<string, string> extras, string name)
    {
        if (Own(p, extras, name, 40) is not { } text) { return null; }
        if (DateOnly.TryParseExact(text.AsSpan(0, Math.Min(10, text.Length)), "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day)) { return day; }
        p.Wrong(name, "Date format incorrect");
        return null;
    }

    private static T Word<T>(CkanParameters p, Dictionary<string, string> extras, string name, T otherwise) where T : struct, Enum
    {
        if (Own(p, extras, name, 40) is not { } text) { return otherwise; }
        if (!char.IsAsciiDigit(text[0]) && text[0] is not ('-' or '+') && !text.Contains(',', StringComparison.Ordinal) && Enum.TryParse<T>(text, ignoreCase: true, out var word)) { return word; }
        p.Wrong(name, $"Value must be one of {string.Join(", ", Enum.GetNames<T>().Select(System.Text.Json.JsonNamingPolicy.CamelCase.ConvertName))}");
        return otherwise;
    }

    [GeneratedRegex(@"^[\p{L}\p{M}\p{Nd} _.\-]{2,100}$")]
    private static partial Regex Tag();
}
