using System.Collections.Frozen;
using Zhengtong.OpenData.Model;

namespace Zhengtong.OpenData.Quality;

/// <summary>What a score is about.</summary>
public enum QualityDimension
{
    /// <summary>可发现性, 100 points: it is found.</summary>
    Findability,
    /// <summary>可访问性, 100 points: it is there.</summary>
    Accessibility,
    /// <summary>互操作性, 110 points: programs read it.</summary>
    Interoperability,
    /// <summary>可重用性, 75 points: it may be used.</summary>
    Reusability,
    /// <summary>情境信息, 20 points: one knows what one gets.</summary>
    Contextuality,
}

/// <summary>One metric of the model and what the dataset gets for it.</summary>
/// <param name="Id">Permanent; its title is the text <c>open-data.quality.metric.ID</c>, how to mend it <c>open-data.quality.mend.ID</c>.</param>
/// <param name="Dimension">Where it belongs.</param>
/// <param name="Points">Most points.</param>
/// <param name="Earned">Points the dataset gets, from 0.</param>
internal sealed record QualityMetric(string Id, QualityDimension Dimension, int Points, double Earned);

/// <summary>The quality of a description by the metadata quality assessment of data.europa.eu: 405 points. Computed on what the portal's DCAT says of the dataset and of its distributions,
/// one for each resource: a metric of distributions counts by the share of those that satisfy it, in interoperability by the best one.</summary>
internal static class MetadataScore
{
    internal const int Most = 405;

    /// <summary>Formats that the EU's file-type vocabulary names.</summary>
    private static readonly FrozenSet<string> Vocabulary = new[]
    {
        "CSV", "TSV", "JSON", "JSONL", "JSONLD", "XML", "XLSX", "XLS", "ODS", "GEOJSON", "GPKG", "KML", "SHP", "TTL", "RDF", "ZIP", "PARQUET", "PDF", "TXT", "HTML", "DOCX", "DOC", "PNG", "JPEG", "TIFF", "GTFS", "ODT",
    }.ToFrozenSet(StringComparer.Ordinal);

    private static readonly FrozenSet<string> NonProprietary = new[]
    {
        "CSV", "TSV", "JSON", "JSONL", "JSONLD", "XML", "ODS", "ODT", "GEOJSON", "GPKG", "KML", "TTL", "RDF", "TXT", "PARQUET", "HTML", "GTFS", "PNG", "ZIP",
    }.ToFrozenSet(StringComparer.Ordinal);

    private static readonly FrozenSet<string> MachineReadable = new[]
    {
        "CSV", "TSV", "JSON", "JSONL", "JSONLD", "XML", "XLSX", "XLS", "ODS", "GEOJSON", "GPKG", "KML", "SHP", "TTL", "RDF", "PARQUET", "GTFS",
    }.ToFrozenSet(StringComparer.Ordinal);

    /// <summary>Every metric, in the model's order.</summary>
    /// <param name="dataset">State and moments.</param>
    /// <param name="version">The published version.</param>
    /// <param name="isThere">Whether a resource's file can be had.</param>
    internal static IReadOnlyList<QualityMetric> Of(Dataset dataset, DatasetVersion version, Func<DatasetResource, bool> isThere)
    {
        var about = version.Description;
        var isPublished = dataset.State == DatasetState.Published;
        var isOpen = about.OpenAttribute == OpenAttribute.Unconditional;
        var resources = version.Resources;
        // The best distribution is one, not the best of each metric.
        var best = resources.MaxBy(InteroperabilityOf);
        var isReachable = !string.IsNullOrWhiteSpace(about.ContactName) && !(string.IsNullOrWhiteSpace(about.ContactMail) && string.IsNullOrWhiteSpace(about.ContactPhone));
        var isConform = !string.IsNullOrWhiteSpace(about.Title) && !string.IsNullOrWhiteSpace(about.Notes) && resources.Count > 0;
        return
        [
            Of("keyword", QualityDimension.Findability, 30, about.Keywords.Count > 0),
            Of("theme", QualityDimension.Findability, 30, about.Themes.Count > 0),
            // Where the description names no division, the publisher's own is given.
            Of("spatial", QualityDimension.Findability, 20, true),
            Of("temporal", QualityDimension.Findability, 20, about.From is not null || about.To is not null),
            Share("access-url", QualityDimension.Accessibility, 50, _ => isPublished),
            Share("download-url", QualityDimension.Accessibility, 20, _ => isPublished && isOpen),
            Share("download-answers", QualityDimension.Accessibility, 30, r => isPublished && isOpen && isThere(r)),
            Of("format", QualityDimension.Interoperability, 20, best is not null && HasFormat(best)),
            Of("media-type", QualityDimension.Interoperability, 10, best is not null && HasMediaType(best)),
            Of("vocabulary", QualityDimension.Interoperability, 10, best is not null && IsKnown(best)),
            Of("open-format", QualityDimension.Interoperability, 20, best is not null && NonProprietary.Contains(best.Format)),
            Of("machine-readable", QualityDimension.Interoperability, 20, best is not null && MachineReadable.Contains(best.Format)),
            Of("conformance", QualityDimension.Interoperability, 30, isConform),
            Share("licence", QualityDimension.Reusability, 20, _ => about.Licence.Length > 0),
            Share("licence-vocabulary", QualityDimension.Reusability, 10, _ => Licence.Find(about.Licence)?.European is not null),
            Of("access-rights", QualityDimension.Reusability, 10, true),
            Of("access-rights-vocabulary", QualityDimension.Reusability, 5, true),
            Of("contact", QualityDimension.Reusability, 20, isReachable),
            Of("publisher", QualityDimension.Reusability, 10, true),
            Share("rights", QualityDimension.Contextuality, 5, _ => isOpen || !string.IsNullOrWhiteSpace(about.OpenCondition)),
            Share("size", QualityDimension.Contextuality, 5, r => r.Bytes > 0),
            Of("issued", QualityDimension.Contextuality, 5, dataset.PublishedAt is not null),
            Of("modified", QualityDimension.Contextuality, 5, version.PublishedAt is not null),
        ];

        QualityMetric Share(string id, QualityDimension dimension, int points, Func<DatasetResource, bool> passes) =>
            new(id, dimension, points, resources.Count == 0 ? 0 : (double)points * resources.Count(passes) / resources.Count);
    }

    /// <summary>Excellent from 351, good from 221, sufficient from 121, else bad.</summary>
    internal static string GradeOf(double points) => points switch { >= 351 => "excellent", >= 221 => "good", >= 121 => "sufficient", _ => "bad" };

    private static QualityMetric Of(string id, QualityDimension dimension, int points, bool passes) => new(id, dimension, points, passes ? points : 0);

    private static int InteroperabilityOf(DatasetResource resource) =>
        (HasFormat(resource) ? 20 : 0) + (HasMediaType(resource) ? 10 : 0) + (IsKnown(resource) ? 10 : 0) + (NonProprietary.Contains(resource.Format) ? 20 : 0) + (MachineReadable.Contains(resource.Format) ? 20 : 0);

    private static bool HasFormat(DatasetResource resource) => resource.Format.Length > 0;

    private static bool HasMediaType(DatasetResource resource) => resource.MediaType.Contains('/', StringComparison.Ordinal);

    private static bool IsKnown(DatasetResource resource) => Vocabulary.Contains(resource.Format) && HasMediaType(resource) && resource.MediaType != "application/octet-stream";
}
