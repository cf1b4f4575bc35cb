using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.RegularExpressions;
using Zhengtong.Kernel;
using Zhengtong.OpenData.Descriptions;
using Zhengtong.OpenData.Model;

namespace Zhengtong.OpenData.Harvest;

/// <summary>A page of another portal's catalogue.</summary>
/// <param name="Datasets">Its datasets, as they were said.</param>
/// <param name="Next">Where the next page is, as <see cref="HarvestRun.Position"/>; null behind the last.</param>
internal sealed record ForeignPage(IReadOnlyList<ForeignDataset> Datasets, string? Next);

/// <summary>A file at another portal, as it was said.</summary>
internal sealed record ForeignDistribution(string? Name, string? Address, string? Format, long? Bytes, string? Notes);

/// <summary>A dataset as another portal says it: nothing in it is believed, bounded or clean.</summary>
internal sealed partial record ForeignDataset
{
    private const int LongestIdentifier = 300;
    private const int LongestTitle = 200;
    private const int LongestNotes = 20_000;
    private const int MostKeywords = 50;
    private const int MostThemes = 5;

    /// <summary>Most distributions that are kept.</summary>
    internal const int MostDistributions = 200;

    private static readonly HashSet<string> SeveralDots = new(StringComparer.Ordinal) { "GZ", "ZIP" };

    internal string? Identifier { get; init; }

    internal string? Title { get; init; }

    internal string? Notes { get; init; }

    internal string? Organisation { get; init; }

    /// <summary>Ids, names and addresses of the licence, the best first.</summary>
    internal IReadOnlyList<string> Licences { get; init; } = [];

    /// <summary>Ids, names and addresses of themes and groups.</summary>
    internal IReadOnlyList<string> Themes { get; init; } = [];

    internal IReadOnlyList<string> Keywords { get; init; } = [];

    internal string? Page { get; init; }

    internal string? Modified { get; init; }

    internal IReadOnlyList<ForeignDistribution> Distributions { get; init; } = [];

    /// <summary>True when a value had a type that it may not have.</summary>
    internal bool HasWrongTypes { get; init; }

    /// <summary>UTF-16 units of what is long in it.</summary>
    internal long Characters => (Notes?.Length ?? 0) + Distributions.Sum(d => (long)(d.Name?.Length ?? 0) + (d.Address?.Length ?? 0) + (d.Notes?.Length ?? 0));

    /// <summary>Why it cannot be taken at all; null when it can.</summary>
    internal string? Refusal =>
        string.IsNullOrWhiteSpace(Identifier) ? "no-identifier" : Identifier.Length > LongestIdentifier || PublicText.Clean(Identifier) != Identifier ? "bad-identifier"
        : Line(Title, LongestTitle).Length == 0 ? "no-title" : null;

    /// <summary>What we keep of it, with what is wrong with it.</summary>
    internal HarvestedDescription Described()
    {
        var faults = new List<string>();
        if (HasWrongTypes) { faults.Add("wrong-type"); }
        if (Title!.Length > LongestTitle) { faults.Add("title-shortened"); }
        var notes = PublicText.Cut(PublicText.Clean(Notes ?? "").Trim(), LongestNotes);
        if (notes.Length == 0) { faults.Add("no-notes"); }
        if (Notes?.Length > LongestNotes) { faults.Add("notes-shortened"); }
        if (string.IsNullOrWhiteSpace(Organisation)) { faults.Add("no-organisation"); }
        if (Licences.All(string.IsNullOrWhiteSpace)) { faults.Add("no-licence"); }

        var distributions = new List<HarvestedDistribution>();
        foreach (var said in Distributions)
        {
            if (distributions.Count == MostDistributions) { faults.Add("too-many-distributions"); break; }
            var address = said.Address?.Trim();
            if (!PortalConnections.IsAddress(address)) { faults.Add("bad-link"); continue; }
            var format = FormatOf(said.Format, address!);
            var name = Line(said.Name, 200);
            distributions.Add(new(name.Length > 0 ? name : format.Length > 0 ? format : new Uri(address!).Host, address!, format, said.Bytes is >= 0 ? said.Bytes : null, Line(said.Notes, 500)));
        }

        if (distributions.Count == 0) { faults.Add("no-distribution"); }
        var modified = MomentOf(Modified);
        if (modified is null && !string.IsNullOrWhiteSpace(Modified)) { faults.Add("bad-date"); }
        return new HarvestedDescription
        {
            Title = Line(Title, LongestTitle),
            Notes = notes,
            Organisation = Line(Organisation, 200),
            LicenceText = Line(Licences.FirstOrDefault(l => !string.IsNullOrWhiteSpace(l) && !l.Contains("://", StringComparison.Ordinal)) ?? Licences.FirstOrDefault(), 300),
            LicenceId = Licences.Select(LicenceOf).FirstOrDefault(l => l is not null),
            Themes = ThemesOf(Themes),
            Keywords = [.. Keywords.Select(k => Line(k, 100)).Where(k => k.Length > 0).Distinct(StringComparer.Ordinal).Take(MostKeywords)],
            Page = PortalConnections.IsAddress(Page?.Trim()) ? Page!.Trim() : null,
            ModifiedAt = modified,
            Distributions = distributions,
            Faults = [.. faults.Distinct(StringComparer.Ordinal)],
        };
    }

    /// <summary>SHA-256 over everything that is kept, lower-case hex.</summary>
    internal static string HashOf(HarvestedDescription description) => Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(description, CanonicalJson.Options)));

    /// <summary>One line without control characters, cut.</summary>
    internal static string Line(string? text, int longest)
    {
        if (text is null) { return ""; }
        // What is cut away need not be cleaned.
        var some = text.Length > longest * 4 ? PublicText.Cut(text, longest * 4) : text;
        return PublicText.Cut(White().Replace(PublicText.Clean(some), " ").Trim(), longest).TrimEnd();
    }

    private static DateTimeOffset? MomentOf(string? text) =>
        text is { Length: <= 40 } && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var moment) && moment.Year is >= 1900 and <= 2200
            ? new DateTimeOffset(moment.UtcTicks - (moment.UtcTicks % TimeSpan.TicksPerSecond), TimeSpan.Zero) : null;

    /// <summary>The format in capital letters: from a word, the last part of an address, a media type, or the file's ending.</summary>
    private static string FormatOf(string? said, string address)
    {
        var text = Line(said, 200);
        if (text.Contains('/', StringComparison.Ordinal)) { text = text[(text.LastIndexOf('/') + 1)..]; }
        text = text.TrimStart('.').ToUpperInvariant();
        text = text switch
        {
            "VND.OPENXMLFORMATS-OFFICEDOCUMENT.SPREADSHEETML.SHEET" => "XLSX",
            "VND.MS-EXCEL" => "XLS",
            "TAB-SEPARATED-VALUES" => "TSV",
            "GEO+JSON" or "VND.GEO+JSON" => "GEOJSON",
            "X-NDJSON" or "NDJSON" => "JSONL",
            "PLAIN" => "TXT",
            "OCTET-STREAM" => "",
            _ => text,
        };
        if (FormatForm().IsMatch(text)) { return text; }
        var ending = Path.GetExtension(new Uri(address).AbsolutePath).TrimStart('.').ToUpperInvariant();
        return ending.Length is > 0 and <= 8 && FormatForm().IsMatch(ending) && (ending.Any(char.IsAsciiLetter) || SeveralDots.Contains(ending)) ? ending : "";
    }

    private static string? LicenceOf(string said)
    {
        var text = said.Trim().TrimEnd('/');
        var last = text[(text.LastIndexOfAny(['/', '#']) + 1)..];
        return Licence.All.FirstOrDefault(l => text.Equals(l.Id, StringComparison.OrdinalIgnoreCase) || last.Equals(l.Id, StringComparison.OrdinalIgnoreCase)
            || (l.Address is { } address && Scheme().Replace(text, "").Equals(Scheme().Replace(address.TrimEnd('/'), ""), StringComparison.OrdinalIgnoreCase))
            || (l.European is { } european && last.Equals(european, StringComparison.OrdinalIgnoreCase)) || (l.Spdx is { } spdx && last.Equals(spdx, StringComparison.OrdinalIgnoreCase))
            || Says(l.Id, text))?.Id;

        static bool Says(string id, string text) => Bilingual.Of($"open-data.licence.{id}") is var (chinese, english) && (text == chinese || text.Equals(english, StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>Our own themes by their ids and names; where there is none the nearest of the EU's.</summary>
    private static IReadOnlyList<string> ThemesOf(IReadOnlyList<string> said)
    {
        var own = new List<string>();
        var european = new List<string>();
        foreach (var text in said.Take(100).Select(t => t.Trim().TrimEnd('/')).Where(t => t.Length is > 0 and <= 500))
        {
            var last = text[(text.LastIndexOfAny(['/', '#']) + 1)..];
            if (Theme.All.FirstOrDefault(t => t.Id == last.ToLowerInvariant() || Says(t.Id, text)) is { } known) { own.Add(known.Id); }
            else if (text.Contains("data-theme/", StringComparison.Ordinal) && Theme.All.FirstOrDefault(t => t.European == last) is { } near) { european.Add(near.Id); }
        }

        return [.. (own.Count > 0 ? own : european).Distinct(StringComparer.Ordinal).Take(MostThemes)];

        static bool Says(string id, string text) => Bilingual.Of($"open-data.theme.{id}") is var (chinese, english) && (text == chinese || text.Equals(english, StringComparison.OrdinalIgnoreCase));
    }

    [GeneratedRegex(@"\s+")]
    private static partial Regex White();

    [GeneratedRegex("^[A-Z0-9][A-Z0-9_+.-]{0,19}$")]
    private static partial Regex FormatForm();

    [GeneratedRegex("^https?://(www\\.)?", RegexOptions.IgnoreCase)]
    private static partial Regex Scheme();
}
