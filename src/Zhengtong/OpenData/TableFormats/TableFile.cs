using Zhengtong.OpenData.Model;

namespace Zhengtong.OpenData.TableFormats;

/// <summary>A kind of file that rows are had as.</summary>
/// <param name="Format">How they are written.</param>
/// <param name="Extension">Ending of the file's name and of its address.</param>
/// <param name="Name">What it is called.</param>
/// <param name="MediaType">With its character set where it has one.</param>
/// <param name="Packs">True when compression on the way makes it smaller.</param>
internal sealed record TableFile(TableFormat Format, string Extension, string Name, string MediaType, bool Packs)
{
    /// <summary>All of them, in the order they are shown.</summary>
    internal static readonly IReadOnlyList<TableFile> All =
    [
        new(TableFormat.Csv, "csv", "CSV", "text/csv; charset=utf-8", true),
        new(TableFormat.Tsv, "tsv", "TSV", "text/tab-separated-values; charset=utf-8", true),
        new(TableFormat.Xlsx, "xlsx", "XLSX", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", false),
        new(TableFormat.Json, "json", "JSON", "application/json", true),
        new(TableFormat.JsonLines, "jsonl", "JSON Lines", "application/jsonl", true),
        new(TableFormat.GeoJson, "geojson", "GeoJSON", "application/geo+json", true),
        new(TableFormat.Xml, "xml", "XML", "application/xml", true),
        new(TableFormat.Parquet, "parquet", "Parquet", "application/vnd.apache.parquet", false),
    ];

    /// <summary>Those that can hold the table: places want a table with places, a sheet one that is not too long.</summary>
    internal static IEnumerable<TableFile> Of(DataTable table) =>
        All.Where(f => (f.Format != TableFormat.GeoJson || table.Places is not null) && (f.Format != TableFormat.Xlsx || table.Rows < TableDownload.RowsOfASheet));

    /// <summary>The one with that ending; null when there is none, or when the table has no places to be written as places.</summary>
    internal static TableFile? Find(string extension, DataTable table) => All.FirstOrDefault(f => f.Extension == extension && (f.Format != TableFormat.GeoJson || table.Places is not null));
}
