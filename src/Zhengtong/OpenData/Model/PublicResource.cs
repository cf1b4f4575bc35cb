namespace Zhengtong.OpenData.Model;

/// <summary>A resource as the public has it now: one row for each resource of the published version of each published dataset, written in the save that publishes. The version's own
/// list says the same; this is what interfaces find it by.</summary>
internal sealed class PublicResource
{
    /// <summary>The resource's permanent id.</summary>
    internal required Guid Id { get; init; }

    internal required Guid DatasetId { get; init; }

    /// <summary>The version that is published.</summary>
    internal required Guid VersionId { get; init; }

    /// <summary>Place in the version, from 1.</summary>
    internal required int Position { get; init; }

    /// <summary>Copy of the resource's name.</summary>
    internal required string Name { get; init; }

    /// <summary>Copy of the resource's format, upper case.</summary>
    internal required string Format { get; init; }

    /// <summary>True when it has a table.</summary>
    internal required bool HasTable { get; init; }

    /// <summary>True when its table's rows have places.</summary>
    internal required bool HasPlaces { get; init; }

    /// <summary>Rows of its table; 0 without one.</summary>
    internal required long Rows { get; init; }

    /// <summary>True when everybody may read it: the dataset is open without condition.</summary>
    internal required bool IsGiven { get; init; }

    /// <summary>The resource itself.</summary>
    internal required DatasetResource Resource { get; init; }

    /// <summary>The rows of a version that is being published.</summary>
    internal static IEnumerable<PublicResource> Of(DatasetVersion version) => version.Resources.Select((r, i) => new PublicResource
    {
        Id = r.Id,
        DatasetId = version.DatasetId,
        VersionId = version.Id,
        Position = i + 1,
        Name = r.Name,
        Format = r.Format,
        HasTable = r.Table is not null,
        HasPlaces = r.Table?.Places is not null,
        Rows = r.Table?.Rows ?? 0,
        IsGiven = version.Description.OpenAttribute == OpenAttribute.Unconditional,
        Resource = r,
    });
}
