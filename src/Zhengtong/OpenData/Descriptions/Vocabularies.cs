using System.Text.RegularExpressions;
using Zhengtong.Catalogue.Model;
using Zhengtong.OpenData.Model;

namespace Zhengtong.OpenData.Descriptions;

/// <summary>What our words are called in the vocabularies that catalogues share.</summary>
internal static partial class Vocabularies
{
    /// <summary>Where the EU's authority tables stand.</summary>
    internal const string European = "http://publications.europa.eu/resource/authority/";

    /// <summary>Names of the EU's themes, in English.</summary>
    internal static readonly IReadOnlyDictionary<string, string> EuropeanThemes = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["AGRI"] = "Agriculture, fisheries, forestry and food",
        ["ECON"] = "Economy and finance",
        ["EDUC"] = "Education, culture and sport",
        ["ENER"] = "Energy",
        ["ENVI"] = "Environment",
        ["GOVE"] = "Government and public sector",
        ["HEAL"] = "Health",
        ["INTR"] = "International issues",
        ["JUST"] = "Justice, legal system and public safety",
        ["REGI"] = "Regions and cities",
        ["SOCI"] = "Population and society",
        ["TECH"] = "Science and technology",
        ["TRAN"] = "Transport",
    };

    private static readonly HashSet<string> FileTypes =
    [
        "CSV", "TSV", "JSON", "JSON_LD", "XML", "XLSX", "XLS", "ODS", "ODT", "DOC", "DOCX", "PDF", "TXT", "HTML", "GEOJSON", "GPKG", "KML", "KMZ", "GML", "SHP", "PARQUET",
        "RDF_TURTLE", "RDF_XML", "RDF_N_TRIPLES", "ZIP", "GZIP", "TAR", "PNG", "JPEG", "GIF", "TIFF", "SVG", "SQL", "NETCDF", "DWG", "DXF",
    ];

    /// <summary>The file type of a format, or null where the vocabulary has none.</summary>
    internal static string? FileType(string format) => format switch
    {
        "JSONL" or "NDJSON" => "JSON",
        "JSONLD" => "JSON_LD",
        "TTL" => "RDF_TURTLE",
        "RDF" => "RDF_XML",
        "JPG" => "JPEG",
        "TIF" => "TIFF",
        "GZ" => "GZIP",
        _ => FileTypes.Contains(format) ? format : null,
    };

    /// <summary>The media type at IANA, or null when what the publisher wrote is none.</summary>
    internal static string? IanaMediaType(string mediaType) => MediaType().IsMatch(mediaType) ? $"https://www.iana.org/assignments/media-types/{mediaType.ToLowerInvariant()}" : null;

    /// <summary>How often, in the EU's frequency table.</summary>
    internal static string Frequency(UpdateCycle cycle) => cycle switch
    {
        UpdateCycle.Realtime => "UPDATE_CONT",
        UpdateCycle.Daily => "DAILY",
        UpdateCycle.Weekly => "WEEKLY",
        UpdateCycle.Monthly => "MONTHLY",
        UpdateCycle.Quarterly => "QUARTERLY",
        UpdateCycle.Yearly => "ANNUAL",
        _ => "IRREG",
    };

    /// <summary>How often, as ISO 8601 repeats it.</summary>
    internal static string Repeats(UpdateCycle cycle) => cycle switch
    {
        UpdateCycle.Realtime => "R/PT1S",
        UpdateCycle.Daily => "R/P1D",
        UpdateCycle.Weekly => "R/P1W",
        UpdateCycle.Monthly => "R/P1M",
        UpdateCycle.Quarterly => "R/P3M",
        UpdateCycle.Yearly => "R/P1Y",
        _ => "irregular",
    };

    /// <summary>The open attribute, in the EU's table of access rights.</summary>
    internal static string AccessRight(OpenAttribute attribute) => attribute switch
    {
        OpenAttribute.Unconditional => "PUBLIC",
        OpenAttribute.Conditional => "RESTRICTED",
        _ => "NON_PUBLIC",
    };

    [GeneratedRegex("^[A-Za-z0-9][A-Za-z0-9.+-]{0,99}/[A-Za-z0-9][A-Za-z0-9.+_-]{0,99}$")]
    private static partial Regex MediaType();
}
