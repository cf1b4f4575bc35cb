using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Zhengtong.Kernel;

namespace Zhengtong.OpenData.Portal;

/// <summary>How a citation is written down.</summary>
/// <param name="Id">In addresses.</param>
/// <param name="Name">What the form is called.</param>
/// <param name="MediaType">Of the file.</param>
/// <param name="Extension">Of the file's name.</param>
internal sealed record CitationForm(string Id, string Name, string MediaType, string Extension)
{
    internal static readonly CitationForm GbT7714 = new("gbt7714", "GB/T 7714-2015", "text/plain", "txt");
    internal static readonly CitationForm BibTex = new("bibtex", "BibTeX", "application/x-bibtex", "bib");
    internal static readonly CitationForm Ris = new("ris", "RIS", "application/x-research-info-systems", "ris");
    internal static readonly CitationForm Csl = new("csl", "CSL-JSON", "application/vnd.citationstyles.csl+json", "json");

    internal static readonly IReadOnlyList<CitationForm> All = [GbT7714, BibTex, Ris, Csl];
}

/// <summary>A published version as somebody cites it: always the version, at the address that is its own for good.</summary>
/// <param name="Key">Tells citations of one reader apart: name of the dataset and number.</param>
/// <param name="Author">The department.</param>
/// <param name="Title">The version's title.</param>
/// <param name="Number">The version's number.</param>
/// <param name="Place">Where the department is; empty when it is not known.</param>
/// <param name="Published">The day of publication, in China.</param>
/// <param name="Accessed">The day it is cited, in China.</param>
/// <param name="Address">The version's permanent address.</param>
internal sealed record Citation(string Key, string Author, string Title, int Number, string Place, DateOnly Published, DateOnly Accessed, string Address)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    internal static Citation Of(PublicDataset found, string place, string address, DateTimeOffset now) => new(
        $"{found.Dataset.Name}-{found.Version.Number.ToString(CultureInfo.InvariantCulture)}", Line(found.Publisher.Name), Line(found.Version.Description.Title), found.Version.Number, Line(place),
        ChinaTime.DateOf(found.Version.PublishedAt ?? found.Dataset.ModifiedAt), ChinaTime.DateOf(now), address);

    /// <summary>The citation in that form; what of it is language, in the current one.</summary>
    internal string In(CitationForm form) => form.Id switch
    {
        "bibtex" => ToBibTex(),
        "ris" => ToRis(),
        "csl" => ToCsl(),
        _ => ToGbT7714(),
    };

    /// <summary>An electronic data set after GB/T 7714-2015, 4.6 and 8: author, title with its mark DS/OL, version (the first is not named), place, publisher, year, day of the update, day of the citation, address.</summary>
    internal string ToGbT7714()
    {
        var version = Number > 1 ? $"{Text.Of("open-data.citation.version", Number)}. " : "";
        var place = Place.Length > 0 ? $"{Place}: " : "";
        return string.Create(CultureInfo.InvariantCulture, $"{Author}. {Title}[DS/OL]. {version}{place}{Text.Of("web.name")}, {Published:yyyy}({Published:yyyy-MM-dd})[{Accessed:yyyy-MM-dd}]. {Address}.");
    }

    internal string ToBibTex()
    {
        var tex = new StringBuilder().Append("@misc{").Append(Key);
        void Put(string name, string value) => tex.Append(",\n  ").Append(name).Append(" = {").Append(value).Append('}');
        // A second brace keeps the name of an office in one piece, and a title's capitals.
        Put("author", $"{{{Tex(Author)}}}");
        Put("title", $"{{{Tex(Title)}}}");
        Put("version", Number.ToString(CultureInfo.InvariantCulture));
        Put("year", Published.ToString("yyyy", CultureInfo.InvariantCulture));
        Put("month", Published.Month.ToString(CultureInfo.InvariantCulture));
        Put("publisher", Tex(Text.Of("web.name")));
        Put("url", Address);
        Put("urldate", Accessed.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture));
        return tex.Append("\n}\n").ToString();
    }

    internal string ToRis()
    {
        var ris = new StringBuilder();
        void Put(string tag, string value) => ris.Append(tag).Append("  - ").Append(value).Append("\r\n");
        Put("TY", "DATA");
        Put("ID", Key);
        Put("AU", Author);
        Put("TI", Title);
        Put("ET", Number.ToString(CultureInfo.InvariantCulture));
        Put("PY", Published.ToString("yyyy", CultureInfo.InvariantCulture));
        Put("DA", Published.ToString("yyyy/MM/dd", CultureInfo.InvariantCulture));
        if (Place.Length > 0) { Put("CY", Place); }
        Put("PB", Text.Of("web.name"));
        Put("UR", Address);
        Put("Y2", Accessed.ToString("yyyy/MM/dd", CultureInfo.InvariantCulture));
        Put("ER", "");
        return ris.ToString();
    }

    internal string ToCsl()
    {
        var item = new Dictionary<string, object>
        {
            ["id"] = Key,
            ["type"] = "dataset",
            ["author"] = new[] { new { literal = Author } },
            ["title"] = Title,
            ["version"] = Number.ToString(CultureInfo.InvariantCulture),
            ["issued"] = Parts(Published),
            ["publisher"] = Text.Of("web.name"),
            ["URL"] = Address,
            ["accessed"] = Parts(Accessed),
        };
        if (Place.Length > 0) { item["publisher-place"] = Place; }
        return JsonSerializer.Serialize(new[] { item }, Json) + "\n";
    }

    private static Dictionary<string, int[][]> Parts(DateOnly day) => new() { ["date-parts"] = [[day.Year, day.Month, day.Day]] };

    /// <summary>One line, whatever was typed: a line end would begin another field.</summary>
    private static string Line(string text) => new string([.. text.Select(c => char.IsControl(c) || c is '\u2028' or '\u2029' ? ' ' : c)]).Trim();

    /// <summary>Without what TeX would take for a command.</summary>
    private static string Tex(string text)
    {
        var tex = new StringBuilder();
        foreach (var c in text.Where(c => c is not ('{' or '}' or '\\' or '~' or '^'))) { tex.Append(c is '&' or '%' or '$' or '#' or '_' ? "\\" : "").Append(c); }
        return tex.ToString();
    }
}
