namespace Zhengtong.OpenData.Quality;

/// <summary>Everything behind a score; JSON in the database.</summary>
internal sealed record QualityDetails
{
    public required IReadOnlyList<QualityMetric> Metrics { get; init; }

    public required ContentScore Content { get; init; }

    /// <summary>Measured once for each version.</summary>
    public required IReadOnlyList<TableUniqueness> Uniqueness { get; init; }
}

/// <summary>What a published dataset's quality came to on a day.</summary>
internal sealed class QualityScore
{
    internal required Guid Id { get; init; }

    internal required Guid DatasetId { get; init; }

    /// <summary>The department that answers for it, for the ranking.</summary>
    internal required Guid PublisherId { get; init; }

    /// <summary>In China.</summary>
    internal required DateOnly Day { get; init; }

    /// <summary>The version that was published then.</summary>
    internal required Guid VersionId { get; set; }

    /// <summary>Points of the description in tenths, 0 to 4,050.</summary>
    internal int Metadata { get; private set; }

    /// <summary>Points of the content in tenths, 0 to 1,000.</summary>
    internal int Content { get; private set; }

    /// <summary>Both, each for a half, in tenths, 0 to 1,000.</summary>
    internal int Overall { get; private set; }

    /// <summary>True for the dataset's newest score; one for each dataset.</summary>
    internal bool IsLatest { get; set; } = true;

    internal required QualityDetails Details { get; set; }

    internal required DateTimeOffset ComputedAt { get; set; }

    /// <summary>Takes over what was computed.</summary>
    internal void Take(QualityDetails details, Guid version, DateTimeOffset now)
    {
        (Details, VersionId, ComputedAt) = (details, version, now);
        Metadata = (int)Math.Round(10 * details.Metrics.Sum(m => m.Earned), MidpointRounding.AwayFromZero);
        Content = (int)Math.Round(10 * details.Content.Points, MidpointRounding.AwayFromZero);
        Overall = (int)Math.Round((Metadata * 1000.0 / (10 * MetadataScore.Most) / 2) + (Content / 2.0), MidpointRounding.AwayFromZero);
    }
}
