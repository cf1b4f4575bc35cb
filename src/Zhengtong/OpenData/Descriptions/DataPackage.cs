using System.Text;
using System.Text.Json;
using Zhengtong.OpenData.Model;

namespace Zhengtong.OpenData.Descriptions;

/// <summary>A version as a Data Package, version 2, with a Table Schema for each table.</summary>
internal static class DataPackage
{
    /// <summary>Name of the descriptor in an archive.</summary>
    internal const string FileName = "datapackage.json";

    private const int LongestFileName = 100;

    /// <summary>Where each file lies in an archive and what it is called in the descriptor: <c>data/</c> and the file's name, made safe for every file system and unique without regard to case;
    /// the same without its ending, in lower case, unique too.</summary>
    internal static IReadOnlyList<(DatasetResource Resource, string Path, string Name)> Files(IReadOnlyList<DatasetResource> resources)
    {
        var (files, names) = (new HashSet<string>(StringComparer.OrdinalIgnoreCase), new HashSet<string>(StringComparer.OrdinalIgnoreCase));
        return [.. resources.Select(r =>
        {
            var safe = PathName(r.FileName);
            var (stem, ending) = (Path.GetFileNameWithoutExtension(safe), Path.GetExtension(safe));
            return (r, $"data/{Unique(files, stem, ending)}", Unique(names, stem.ToLowerInvariant().Replace(' ', '-'), ""));
        })];

        static string Unique(HashSet<string> taken, string stem, string ending)
        {
            var name = stem + ending;
            for (var n = 2; !taken.Add(name); n++) { name = $"{stem}-{PublicText.Number(n)}{ending}"; }
            return name;
        }
    }

    /// <summary>Writes the descriptor.</summary>
    /// <param name="json">Where to.</param>
    /// <param name="dataset">What is described.</param>
    /// <param name="at">The addresses.</param>
    /// <param name="inArchive">True when the files lie beside it; otherwise they are named by their addresses, and are left out where they are not given.</param>
    /// <param name="ct">Stops it.</param>
    internal static async Task WriteAsync(Utf8JsonWriter json, Described dataset, PortalAddress at, bool inArchive, CancellationToken ct)
    {
        var says = dataset.Says;
        json.WriteStartObject();
        json.WriteString("$schema", "https://datapackage.org/profiles/2.0/datapackage.json");
        json.WriteString("name", dataset.Dataset.Name);
        json.WriteString("id", dataset.Subject(at));
        json.Text("title", says.Title);
        json.Text("description", dataset.Notes);
        json.WriteString("homepage", dataset.IsCurrent ? at.Page(dataset.Dataset) : at.Page(dataset.Dataset, dataset.Version.Id));
        json.WriteString("version", $"{PublicText.Number(dataset.Version.Number)}.0.0");
        json.WriteString("created", PublicText.Moment(dataset.PublishedAt));
        if (dataset.Keywords.Count > 0)
        {
            json.WriteStartArray("keywords");
            foreach (var keyword in dataset.Keywords) { json.WriteStringValue(PublicText.Clean(keyword)); }
            json.WriteEndArray();
        }

        json.WriteStartArray("licenses");
        json.WriteStartObject();
        json.WriteString("name", dataset.Licence.Spdx ?? dataset.Licence.Id);
        json.WriteString("path", at.Licence(dataset.Licence));
        json.WriteString("title", Bilingual.Of($"open-data.licence.{dataset.Licence.Id}").Chinese);
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteStartArray("contributors");
        json.WriteStartObject();
        json.Text("title", dataset.Publisher.Name);
        json.WriteString("path", at.Organisation(dataset.Publisher.Id));
        json.WriteStartArray("roles");
        json.WriteStringValue("publisher");
        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndArray();

        json.WriteStartArray("resources");
        foreach (var (resource, path, name) in Files(dataset.Resources))
        {
            if ((inArchive ? path : dataset.Download(at, resource)) is not { } place) { continue; }
            WriteResource(json, resource, name, place);
            await json.FlushSomeAsync(ct);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteResource(Utf8JsonWriter json, DatasetResource resource, string name, string place)
    {
        json.WriteStartObject();
        json.WriteString("name", name);
        json.Text("title", resource.Name);
        json.Text("description", resource.Description);
        json.WriteString("path", place);
        json.WriteString("format", resource.Format.ToLowerInvariant());
        json.Text("mediatype", resource.MediaType);
        json.WriteNumber("bytes", resource.Bytes);
        json.WriteString("hash", $"sha256:{resource.Content}");
        if (resource.Table is { } table)
        {
            json.WriteString("type", "table");
            if (resource.Format == "TSV")
            {
                json.WriteStartObject("dialect");
                json.WriteString("delimiter", "\t");
                json.WriteEndObject();
            }

            json.WritePropertyName("schema");
            WriteSchema(json, table.Columns);
        }

        json.WriteEndObject();
    }

    /// <summary>Writes the Table Schema of these columns. Files are as their publishers made them: days and moments may stand in any of the forms that the import reads.</summary>
    internal static void WriteSchema(Utf8JsonWriter json, IReadOnlyList<TableColumn> columns)
    {
        json.WriteStartObject();
        json.WriteStartArray("fields");
        foreach (var column in columns)
        {
            json.WriteStartObject();
            json.Text("name", column.Name);
            json.WriteString("type", TypeOf(column.Type));
            if (column.Type is ColumnType.Date or ColumnType.Time or ColumnType.Timestamp) { json.WriteString("format", "any"); }
            json.Text("title", column.Title);
            json.Text("description", column.Description);
            json.Text("unit", column.Unit);
            if (column.IsKey && column.Profile.Nulls == 0)
            {
                json.WriteStartObject("constraints");
                json.WriteBoolean("required", true);
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
        if (columns.Any(c => c.IsKey))
        {
            json.WriteStartArray("primaryKey");
            foreach (var column in columns.Where(c => c.IsKey)) { json.WriteStringValue(PublicText.Clean(column.Name)); }
            json.WriteEndArray();
        }

        json.WriteStartArray("missingValues");
        json.WriteStringValue("");
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static string TypeOf(ColumnType type) => type switch
    {
        ColumnType.Integer => "integer",
        ColumnType.Decimal or ColumnType.Float => "number",
        ColumnType.Boolean => "boolean",
        ColumnType.Date => "date",
        ColumnType.Time => "time",
        ColumnType.Timestamp => "datetime",
        ColumnType.Json => "any",
        ColumnType.Geometry => "geojson",
        _ => "string",
    };

    /// <summary>Letters and digits of any script, space, <c>-_.</c>, parentheses; neither hidden nor above its folder.</summary>
    private static string PathName(string fileName)
    {
        var safe = new StringBuilder();
        foreach (var rune in fileName.EnumerateRunes()) { safe.Append(Rune.IsLetterOrDigit(rune) || " -_.()".Contains(rune.ToString(), StringComparison.Ordinal) ? rune.ToString() : "_"); }
        var name = safe.ToString().Trim('.', ' ');
        if (name.Length == 0) { return "file"; }
        // The ending stays when the name is cut.
        var ending = PublicText.Cut(Path.GetExtension(name), 20);
        return name.Length <= LongestFileName ? name : PublicText.Cut(name, LongestFileName - ending.Length) + ending;
    }
}
