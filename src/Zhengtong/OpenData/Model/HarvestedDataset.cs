namespace Zhengtong.OpenData.Model;

/// <summary>A dataset of another portal 采集数据集: its description and where its files are. Its files stay where they are; it is no <see cref="Dataset"/> of ours and has no versions here.</summary>
internal sealed class HarvestedDataset
{
    /// <summary>Permanent; the last part of its address here.</summary>
    internal required Guid Id { get; init; }

    internal required Guid SourceId { get; init; }

    /// <summary>As its source calls it; unique in the source. At most 300 characters.</summary>
    internal required string Identifier { get; init; }

    /// <summary>The identifier where it is a UUID; null otherwise. What came from us is known by it.</summary>
    internal Guid? Uuid { get; init; }

    /// <summary>SHA-256 over what the source says, lower-case hex: while it is the same nothing is touched.</summary>
    internal string Hash { get; private set; } = "";

    /// <summary>True while the source has it.</summary>
    internal bool IsPresent { get; private set; } = true;

    /// <summary>What its source says.</summary>
    internal HarvestedDescription Description { get; private set; } = new();

    /// <summary>What an administrator of the portal changed; null for nothing.</summary>
    internal HarvestedCorrection? Correction { get; private set; }

    /// <summary>The hash of what the source said when it was corrected; null without a correction.</summary>
    internal string? CorrectedHash { get; private set; }

    // Copies of what lists filter and sort by.

    /// <summary>The title as it is shown; at most 200 characters.</summary>
    internal string Title { get; private set; } = "";

    /// <summary>True when everybody sees it: present and not hidden.</summary>
    internal bool IsShown { get; private set; } = true;

    /// <summary>Id of one of our licences, or empty.</summary>
    internal string Licence { get; private set; } = "";

    /// <summary>The themes between bars.</summary>
    internal string ThemeList { get; private set; } = "|";

    /// <summary>The formats of its distributions between bars, upper case.</summary>
    internal string FormatList { get; private set; } = "|";

    /// <summary>How many distributions it has.</summary>
    internal int Distributions { get; private set; }

    internal required DateTimeOffset FirstSeenAt { get; init; }

    /// <summary>When its source changed it last; when we saw the change where it does not say, or says a time to come.</summary>
    internal DateTimeOffset ModifiedAt { get; private set; }

    /// <summary>When it last changed here.</summary>
    internal DateTimeOffset ChangedAt { get; private set; }

    /// <summary>The last run that met it. Bookkeeping of runs, written for a page at once.</summary>
    internal Guid SeenIn { get; set; }

    /// <summary>From 1; grows with each change; the ETag.</summary>
    internal int Revision { get; private set; }

    /// <summary>True when the source changed what an administrator had corrected.</summary>
    internal bool IsInConflict => Correction is not null && CorrectedHash != Hash;

    /// <summary>Takes what the source says. A correction stays in force.</summary>
    internal void Take(HarvestedDescription description, string hash, Guid run, DateTimeOffset now)
    {
        (Description, Hash, SeenIn) = (description, hash, run);
        IsPresent = true;
        // What changes only in the future would head every list until then.
        ModifiedAt = description.ModifiedAt is { } said && said < now ? said : now;
        Show(now);
    }

    /// <summary>The source has it no more.</summary>
    internal void Withdraw(DateTimeOffset now)
    {
        IsPresent = false;
        Show(now);
    }

    /// <summary>An administrator changes what is shown; null takes the changes back.</summary>
    internal void Correct(HarvestedCorrection? correction, DateTimeOffset now)
    {
        Correction = correction;
        CorrectedHash = correction is null ? null : Hash;
        Show(now);
    }

    private void Show(DateTimeOffset now)
    {
        Title = Correction?.Title ?? Description.Title;
        IsShown = IsPresent && Correction?.IsHidden != true;
        Licence = Description.LicenceId ?? "";
        ThemeList = BarList(Correction?.Themes ?? Description.Themes);
        FormatList = BarList(Description.Distributions.Select(d => d.Format).Where(f => f.Length > 0).Distinct(StringComparer.Ordinal).Take(20));
        Distributions = Description.Distributions.Count;
        ChangedAt = now;
        Revision++;
    }

    private static string BarList(IEnumerable<string> parts) => $"|{string.Concat(parts.Select(p => p.Replace('|', '/') + "|"))}";
}

/// <summary>What another portal says of a dataset, bounded and cleaned. JSON in the database.</summary>
internal sealed record HarvestedDescription
{
    /// <summary>1 to 200 characters.</summary>
    public string Title { get; init; } = "";

    /// <summary>Markdown or plain text, at most 20,000 characters.</summary>
    public string Notes { get; init; } = "";

    /// <summary>Who publishes it there, at most 200 characters; empty when it does not say.</summary>
    public string Organisation { get; init; } = "";

    /// <summary>The licence in its own words or its address, at most 300 characters; empty when it does not say.</summary>
    public string LicenceText { get; init; } = "";

    /// <summary>The same among ours; null when it is none of them.</summary>
    public string? LicenceId { get; init; }

    /// <summary>Ids of our themes, at most 5.</summary>
    public IReadOnlyList<string> Themes { get; init; } = [];

    /// <summary>At most 50, up to 100 characters each.</summary>
    public IReadOnlyList<string> Keywords { get; init; } = [];

    /// <summary>Its page at the source; null when it does not say.</summary>
    public string? Page { get; init; }

    /// <summary>When the source changed it last; null when it does not say.</summary>
    public DateTimeOffset? ModifiedAt { get; init; }

    /// <summary>Where its files are; at most 200.</summary>
    public IReadOnlyList<HarvestedDistribution> Distributions { get; init; } = [];

    /// <summary>What is wrong with it, codes as <c>no-licence</c>.</summary>
    public IReadOnlyList<string> Faults { get; init; } = [];
}

/// <summary>A file, or another way to the data, at another portal. JSON in the database.</summary>
/// <param name="Name">At most 200 characters.</param>
/// <param name="Address">http or https, at most 2,000 characters.</param>
/// <param name="Format">Upper case, at most 20 characters; empty when it is not known.</param>
/// <param name="Bytes">Its size; null when it is not known.</param>
/// <param name="Notes">At most 500 characters.</param>
internal sealed record HarvestedDistribution(string Name, string Address, string Format, long? Bytes, string Notes);

/// <summary>What an administrator of the portal changed of a harvested dataset. JSON in the database.</summary>
/// <param name="Title">Another title; null keeps the source's.</param>
/// <param name="Themes">Other themes; null keeps the source's.</param>
/// <param name="IsHidden">True hides it from the public.</param>
internal sealed record HarvestedCorrection(string? Title, IReadOnlyList<string>? Themes, bool IsHidden);

/// <summary>What does not fit together.</summary>
public enum HarvestConflictKind
{
    /// <summary>Two sources, or a source and this platform, have the same identifier.</summary>
    SameIdentifier,
    /// <summary>Two sources, or a source and this platform, have the same title.</summary>
    SameTitle,
    /// <summary>The source changed what was corrected here.</summary>
    ChangedLocally,
    /// <summary>What the source says is incomplete or wrong.</summary>
    InvalidMetadata,
}

/// <summary>A line of the conflict report 冲突报告. Found anew by each run of its source.</summary>
internal sealed class HarvestConflict
{
    internal required Guid Id { get; init; }

    internal required HarvestConflictKind Kind { get; init; }

    internal required Guid SourceId { get; init; }

    /// <summary>As the source calls it; at most 300 characters.</summary>
    internal required string Identifier { get; init; }

    /// <summary>The harvested dataset; null when it was not taken.</summary>
    internal Guid? HarvestedId { get; init; }

    /// <summary>The other harvested dataset; null when there is none.</summary>
    internal Guid? OtherHarvestedId { get; init; }

    /// <summary>The source of the other; null when there is none.</summary>
    internal Guid? OtherSourceId { get; init; }

    /// <summary>Our own dataset; null when it is none of ours.</summary>
    internal Guid? DatasetId { get; init; }

    /// <summary>The title, as far as there is one; at most 200 characters.</summary>
    internal required string Title { get; init; }

    /// <summary>Codes of what is wrong, between spaces; at most 500 characters.</summary>
    internal string Detail { get; init; } = "";

    internal required DateTimeOffset FoundAt { get; init; }
}
