using Zhengtong.Catalogue.Model;

namespace Zhengtong.OpenData.Model;

/// <summary>开放属性, as the guide for government information catalogues has it: 政务信息资源目录编制指南(试行), 发改高技〔2017〕1272号.</summary>
public enum OpenAttribute
{
    /// <summary>无条件开放: everybody, at once.</summary>
    Unconditional,
    /// <summary>有条件开放: on an application that says what for; its description is public, its rows are not.</summary>
    Conditional,
    /// <summary>不予开放: only that it exists is public, and on what ground it stays closed.</summary>
    NotOpen,
}

/// <summary>Where a dataset stands.</summary>
public enum DatasetState
{
    /// <summary>Never published; only its department sees it.</summary>
    Draft,
    /// <summary>A version is published; the public sees it.</summary>
    Published,
    /// <summary>Taken back: the page says so, the versions stay for those who cite them but give no data.</summary>
    Withdrawn,
}

/// <summary>What a publisher says of a dataset. Each version keeps the description it was published with; JSON in the database.</summary>
internal sealed record DatasetDescription
{
    /// <summary>2 to 200 characters.</summary>
    public required string Title { get; init; }

    /// <summary>What it holds, why and how it was made: Markdown, at most 20,000 characters; may be empty.</summary>
    public required string Notes { get; init; }

    public required OpenAttribute OpenAttribute { get; init; }

    /// <summary>The condition when conditional, the legal ground when not open; null when unconditional. At most 500 characters.</summary>
    public string? OpenCondition { get; init; }

    /// <summary>Id of one of <see cref="Licence.All"/>.</summary>
    public required string Licence { get; init; }

    /// <summary>Ids of <see cref="Theme.All"/>; at least one, at most 3.</summary>
    public required IReadOnlyList<string> Themes { get; init; }

    /// <summary>2 to 100 characters each, letters of any script, digits, space, <c>-_.</c>; at most 20.</summary>
    public IReadOnlyList<string> Keywords { get; init; } = [];

    public required UpdateCycle UpdateCycle { get; init; }

    /// <summary>The division it is about, 12 digits or null for the publisher's own.</summary>
    public string? Region { get; init; }

    /// <summary>First day the data is about; null when not said.</summary>
    public DateOnly? From { get; init; }

    /// <summary>Last day the data is about; null when not said or still running.</summary>
    public DateOnly? To { get; init; }

    public CoordinateSystem CoordinateSystem { get; init; }

    /// <summary>Whom to ask: an office, never a person's private address. 2 to 100 characters.</summary>
    public required string ContactName { get; init; }

    /// <summary>Mail of the office; null when there is none. At most 200 characters.</summary>
    public string? ContactMail { get; init; }

    /// <summary>Telephone of the office; null when there is none. At most 40 characters.</summary>
    public string? ContactPhone { get; init; }

    /// <summary>Further pairs that clients of the CKAN interface keep with a dataset; at most 50, keys up to 100 and values up to 2,000 characters.</summary>
    public IReadOnlyList<ExtraPair> Extras { get; init; } = [];
}

/// <summary>A pair that a client keeps with a dataset.</summary>
internal sealed record ExtraPair(string Key, string Value);

/// <summary>A dataset 数据集 that a department opens to the public; what is in it is in its versions.</summary>
internal sealed class Dataset
{
    /// <summary>Permanent.</summary>
    internal required Guid Id { get; init; }

    /// <summary>The last part of its address: 2 to 100 of <c>a-z 0-9 - _</c>, unique on the platform, not <c>new</c>, <c>edit</c> or <c>search</c>.</summary>
    internal required string Name { get; set; }

    /// <summary>The department that answers for it.</summary>
    internal required Guid PublisherId { get; init; }

    /// <summary>The catalogued information resource it is opened from; null for what was uploaded.</summary>
    internal Guid? ResourceId { get; init; }

    internal DatasetState State { get; private set; } = DatasetState.Draft;

    /// <summary>Number of the published version, from 1; 0 before the first.</summary>
    internal int Current { get; private set; }

    /// <summary>The published version; null before the first.</summary>
    internal Guid? CurrentVersionId { get; private set; }

    /// <summary>What the published version says; the draft's before the first. For lists and search: the version holds the same.</summary>
    internal required DatasetDescription Description { get; set; }

    // Copies of what lists filter and sort by; kept by Describe.

    /// <summary>Copy of the description's title.</summary>
    internal string Title { get; private set; } = "";

    /// <summary>Copy of the description's attribute.</summary>
    internal OpenAttribute OpenAttribute { get; private set; }

    /// <summary>Copy of the description's licence.</summary>
    internal string Licence { get; private set; } = "";

    /// <summary>Copy of the description's region.</summary>
    internal string? Region { get; private set; }

    /// <summary>The themes between bars, <c>|environment|health|</c>, for LIKE.</summary>
    internal string ThemeList { get; private set; } = "|";

    /// <summary>The keywords between bars.</summary>
    internal string KeywordList { get; private set; } = "|";

    /// <summary>The formats of the published resources between bars, upper case: <c>|CSV|XLSX|</c>.</summary>
    internal string FormatList { get; private set; } = "|";

    /// <summary>Copy of the description's update cycle.</summary>
    internal UpdateCycle UpdateCycle { get; private set; }

    /// <summary>Rows of all published tables together.</summary>
    internal long Rows { get; private set; }

    /// <summary>Size of all published files together, in bytes.</summary>
    internal long Bytes { get; private set; }

    internal required DateTimeOffset CreatedAt { get; init; }

    /// <summary>First publication.</summary>
    internal DateTimeOffset? PublishedAt { get; private set; }

    /// <summary>Latest publication, or creation before the first.</summary>
    internal required DateTimeOffset ModifiedAt { get; set; }

    /// <summary>Why it was taken back, for the public; null while it was not. At most 500 characters.</summary>
    internal string? WithdrawnBecause { get; private set; }

    /// <summary>From 1; grows with each change; the ETag.</summary>
    internal int Revision { get; private set; } = 1;

    /// <summary>Takes a description over into the columns that lists use.</summary>
    internal void Describe(DatasetDescription description)
    {
        Description = description;
        Title = description.Title;
        OpenAttribute = description.OpenAttribute;
        Licence = description.Licence;
        UpdateCycle = description.UpdateCycle;
        Region = description.Region;
        ThemeList = BarList(description.Themes);
        KeywordList = BarList(description.Keywords);
        Revision++;
    }

    /// <summary>Makes a version the one the public sees.</summary>
    internal void Publish(DatasetVersion version, DateTimeOffset now)
    {
        Describe(version.Description);
        FormatList = BarList(version.Resources.Select(r => r.Format).Distinct(StringComparer.Ordinal));
        Rows = version.Resources.Sum(r => r.Table?.Rows ?? 0);
        Bytes = version.Resources.Sum(r => r.Bytes);
        State = DatasetState.Published;
        WithdrawnBecause = null;
        Current = version.Number;
        CurrentVersionId = version.Id;
        PublishedAt ??= now;
        ModifiedAt = now;
    }

    /// <summary>Takes it back from the public.</summary>
    internal void Withdraw(DateTimeOffset now)
    {
        State = DatasetState.Withdrawn;
        ModifiedAt = now;
        Revision++;
    }

    /// <summary>Takes it back from the public and says why.</summary>
    internal void Withdraw(string because, DateTimeOffset now)
    {
        Withdraw(now);
        WithdrawnBecause = because;
    }

    private static string BarList(IEnumerable<string> parts) => $"|{string.Concat(parts.Select(p => p.Replace('|', '/') + "|"))}";
}
