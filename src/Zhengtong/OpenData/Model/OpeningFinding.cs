using Zhengtong.Kernel.Objects;

namespace Zhengtong.OpenData.Model;

/// <summary>How much a finding weighs.</summary>
public enum FindingSeverity
{
    /// <summary>The version is not published while it stands, unless an examiner overrides it on a recorded ground.</summary>
    Blocks,
    /// <summary>The examiner should look at it.</summary>
    Warns,
    /// <summary>Good to know.</summary>
    Informs,
}

/// <summary>Something the check of a proposed version's content found. Never holds the value itself, only a masked sample.</summary>
internal sealed class OpeningFinding
{
    internal required Guid Id { get; init; }

    internal required Guid VersionId { get; init; }

    /// <summary>The resource it was found in; null when it concerns the version as a whole.</summary>
    internal Guid? ResourceId { get; init; }

    /// <summary>The bytes that were looked at, the file's or the table's: an override holds for these and no others. Null when it concerns names or descriptions.</summary>
    internal Digest? Content { get; init; }

    /// <summary>Published name of the column; null when it is not about one. At most 300 characters.</summary>
    internal string? Column { get; init; }

    /// <summary>What it is, lower-case words with hyphens such as <c>identity-card</c>; its title is the module's text <c>open-data.finding.KIND</c>. At most 60 characters.</summary>
    internal required string Kind { get; init; }

    internal required FindingSeverity Severity { get; init; }

    /// <summary>How many cells hold it; 0 where cells are not counted.</summary>
    internal required long Cells { get; init; }

    /// <summary>Share of the cells with a value that hold it, 0 to 1; 0 where cells are not counted.</summary>
    internal required double Share { get; init; }

    /// <summary>One of them, masked; null when there is none to show. At most 200 characters.</summary>
    internal string? Sample { get; init; }

    /// <summary>More for the examiner, such as the number of rows alike; null for none. At most 500 characters.</summary>
    internal string? Detail { get; init; }

    internal required DateTimeOffset FoundAt { get; init; }

    /// <summary>The examiner who let it pass; null while it stands.</summary>
    internal Guid? OverriddenBy { get; private set; }

    internal DateTimeOffset? OverriddenAt { get; private set; }

    /// <summary>Why it may pass; at most 500 characters.</summary>
    internal string? Ground { get; private set; }

    /// <summary>The law or rule that allows it; at most 300 characters.</summary>
    internal string? LegalBasis { get; private set; }

    /// <summary>Grows with each change; of two overrides at once one is refused.</summary>
    internal int Revision { get; private set; } = 1;

    /// <summary>True while it keeps the version from being published.</summary>
    internal bool Stands => Severity == FindingSeverity.Blocks && OverriddenBy is null;

    /// <summary>Lets it pass on a recorded ground.</summary>
    internal void Override(Guid examiner, string ground, string legalBasis, DateTimeOffset now)
    {
        OverriddenBy = examiner;
        OverriddenAt = now;
        Ground = ground;
        LegalBasis = legalBasis;
        Revision++;
    }
}
