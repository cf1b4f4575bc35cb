using System.Text;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Organisations;
using Zhengtong.OpenData.Model;

namespace Zhengtong.OpenData.Publishing;

/// <summary>What a version is, in canonical JSON: every file and table by digest, the description, the publisher, the version before. Signed by the platform; whoever has it can check
/// each file they downloaded and, along <see cref="Previous"/>, the whole history.</summary>
internal sealed record VersionManifest(
    string Format, string Origin, Guid Dataset, string Name, int Number, string? Previous, ManifestPublisher Publisher, DateTimeOffset PublishedAt, string ChangeNote,
    DatasetDescriptionBody Description, IReadOnlyList<ManifestResource> Resources)
{
    /// <summary>Says how to read it; another form gets another number.</summary>
    internal const string Form = "zhengtong-dataset-version/1";

    /// <summary>The manifest's bytes.</summary>
    /// <param name="origin">Name of the platform's ledger.</param>
    /// <param name="dataset">The dataset.</param>
    /// <param name="version">The version about to be published.</param>
    /// <param name="previous">Digest of the manifest before; null for the first.</param>
    /// <param name="publisher">The department.</param>
    /// <param name="at">When it is published.</param>
    internal static byte[] BytesOf(string origin, Dataset dataset, DatasetVersion version, string? previous, Organisation publisher, DateTimeOffset at) => Encoding.UTF8.GetBytes(CanonicalJson.Of(new VersionManifest(
        Form, origin, dataset.Id, dataset.Name, version.Number, previous, new ManifestPublisher(publisher.Id, publisher.CreditCode.Value, publisher.Name), at, version.ChangeNote,
        DatasetDescriptionBody.Of(version.Description),
        [.. version.Resources.Select(r => new ManifestResource(r.Id, r.Name, r.Description, r.Format, r.FileName, r.MediaType, r.Bytes, r.Content.Value,
            r.Table is { } t ? new ManifestTable(t.Content.Value, t.Bytes, t.Rows, [.. t.Columns.Select(c => new ManifestColumn(c.Name, c.Type, c.Title, c.Description, c.Unit, c.Precision, c.Scale, c.IsKey))]) : null,
            r.BadRows?.Value, r.BadRowCount))])));
}

/// <summary>Who publishes.</summary>
internal sealed record ManifestPublisher(Guid Id, string CreditCode, string Name);

/// <summary>A file, and the table in it.</summary>
internal sealed record ManifestResource(
    Guid Id, string Name, string Description, string Format, string FileName, string MediaType, long Bytes, string Sha256, ManifestTable? Table, string? BadRows, long BadRowCount);

/// <summary>A table as Parquet.</summary>
internal sealed record ManifestTable(string Sha256, long Bytes, long Rows, IReadOnlyList<ManifestColumn> Columns);

/// <summary>A column.</summary>
internal sealed record ManifestColumn(string Name, ColumnType Type, string? Title, string? Description, string? Unit, int Precision, int Scale, bool IsKey);
