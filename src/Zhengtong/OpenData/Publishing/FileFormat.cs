using System.Collections.Frozen;

namespace Zhengtong.OpenData.Publishing;

/// <summary>A file's format by its ending. The sender's word for it is never taken.</summary>
/// <param name="Name">Upper case, at most 20 characters.</param>
/// <param name="MediaType">Media type.</param>
internal sealed record FileFormat(string Name, string MediaType)
{
    private static readonly FrozenDictionary<string, FileFormat> Known = new FileFormat[]
    {
        new("CSV", "text/csv"), new("TSV", "text/tab-separated-values"), new("TXT", "text/plain"), new("JSON", "application/json"), new("JSONL", "application/x-ndjson"),
        new("GEOJSON", "application/geo+json"), new("XML", "application/xml"), new("XLSX", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"), new("XLS", "application/vnd.ms-excel"),
        new("DOCX", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"), new("PDF", "application/pdf"), new("PARQUET", "application/vnd.apache.parquet"),
        new("ZIP", "application/zip"), new("PNG", "image/png"), new("JPG", "image/jpeg"), new("KML", "application/vnd.google-earth.kml+xml"), new("SHP", "application/vnd.shp"), new("GPKG", "application/geopackage+sqlite3"),
        new("ODS", "application/vnd.oasis.opendocument.spreadsheet"), new("MD", "text/markdown"),
    }.ToFrozenDictionary(f => f.Name);

    /// <summary>The format of a file of that name; an unknown ending is its own format, none is FILE.</summary>
    internal static FileFormat Of(string fileName)
    {
        var ending = Path.GetExtension(fileName).TrimStart('.').ToUpperInvariant();
        if (ending == "JPEG") { ending = "JPG"; }
        if (ending == "NDJSON") { ending = "JSONL"; }
        if (Known.TryGetValue(ending, out var known)) { return known; }
        return new FileFormat(ending.Length is > 0 and <= 20 && ending.All(char.IsAsciiLetterOrDigit) ? ending : "FILE", "application/octet-stream");
    }
}
