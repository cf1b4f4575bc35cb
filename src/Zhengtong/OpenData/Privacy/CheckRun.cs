namespace Zhengtong.OpenData.Privacy;

/// <summary>How far the check of a proposed version's content is, so that one which died goes on with the resource it was at.</summary>
internal sealed class CheckRun
{
    /// <summary>The version checked; one run for each.</summary>
    internal required Guid VersionId { get; init; }

    /// <summary>When the version was proposed whose check this is; another proposal begins anew.</summary>
    internal required DateTimeOffset ProposedAt { get; set; }

    /// <summary>Rows of all tables.</summary>
    internal required long Rows { get; set; }

    /// <summary>Rows read.</summary>
    internal long RowsRead { get; set; }

    /// <summary>Ids of resources that were read to their end.</summary>
    internal IReadOnlyList<Guid> Checked { get; set; } = [];

    internal required DateTimeOffset StartedAt { get; set; }

    /// <summary>Begins anew.</summary>
    internal void Restart(DateTimeOffset proposedAt, long rows, DateTimeOffset now)
    {
        (ProposedAt, Rows, RowsRead, Checked, StartedAt) = (proposedAt, rows, 0, [], now);
    }
}
