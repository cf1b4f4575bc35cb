using Zhengtong.Kernel.Objects;

namespace Zhengtong.OpenData.Model;

/// <summary>Where a version stands on its way to the public.</summary>
public enum VersionState
{
    /// <summary>起草: an officer of the department works on it.</summary>
    Draft,
    /// <summary>待审查: proposed; its content is being checked, then a second officer examines it.</summary>
    Proposed,
    /// <summary>待批准: examined; waits for the leader.</summary>
    Examined,
    /// <summary>已发布: immutable from here on.</summary>
    Published,
}

/// <summary>How far the check of a proposed version's content is.</summary>
public enum OpeningCheck
{
    /// <summary>Not begun.</summary>
    Pending,
    /// <summary>Under way.</summary>
    Running,
    /// <summary>Every cell was read; what was found is in <see cref="OpeningFinding"/>.</summary>
    Done,
}

/// <summary>A version 版本 of a dataset: its description and its resources as they were proposed, examined, approved and published together.</summary>
internal sealed class DatasetVersion
{
    /// <summary>Permanent identifier of the version.</summary>
    internal required Guid Id { get; init; }

    internal required Guid DatasetId { get; init; }

    /// <summary>From 1, without gaps; the draft has the next one.</summary>
    internal required int Number { get; init; }

    internal VersionState State { get; private set; } = VersionState.Draft;

    internal required DatasetDescription Description { get; set; }

    /// <summary>What is given, in order; at most 200.</summary>
    internal required IReadOnlyList<DatasetResource> Resources { get; set; }

    /// <summary>What changed and why, for the public; at most 1,000 characters.</summary>
    internal string ChangeNote { get; set; } = "";

    internal required DateTimeOffset CreatedAt { get; init; }

    /// <summary>Who proposed it; null in a draft.</summary>
    internal Guid? ProposedBy { get; private set; }

    internal DateTimeOffset? ProposedAt { get; private set; }

    /// <summary>Who examined privacy and security; another person than who proposed.</summary>
    internal Guid? ExaminedBy { get; private set; }

    internal DateTimeOffset? ExaminedAt { get; private set; }

    /// <summary>The leader who approved.</summary>
    internal Guid? ApprovedBy { get; private set; }

    internal DateTimeOffset? PublishedAt { get; private set; }

    /// <summary>Why it came back last; null when it did not. At most 500 characters.</summary>
    internal string? ReturnedBecause { get; private set; }

    /// <summary>How far the check of its content is; pending again whenever it is proposed anew.</summary>
    internal OpeningCheck Check { get; private set; } = OpeningCheck.Pending;

    /// <summary>When the check was done; null before.</summary>
    internal DateTimeOffset? CheckedAt { get; private set; }

    /// <summary>Canonical JSON that names every file by digest, signed by the platform; an object of its own. Null until published.</summary>
    internal Digest? Manifest { get; private set; }

    /// <summary>Detached signature over the manifest, base64; null until published.</summary>
    internal string? ManifestSignature { get; private set; }

    /// <summary>From 1; grows with each change; the ETag.</summary>
    internal int Revision { get; private set; } = 1;

    /// <summary>Rewrites a draft.</summary>
    internal void Draft(DatasetDescription description, IReadOnlyList<DatasetResource> resources, string changeNote)
    {
        Description = description;
        Resources = resources;
        ChangeNote = changeNote;
        Revision++;
    }

    /// <summary>Hands it to the examination.</summary>
    internal void Propose(Guid officer, DateTimeOffset now)
    {
        State = VersionState.Proposed;
        ProposedBy = officer;
        ProposedAt = now;
        ReturnedBecause = null;
        Check = OpeningCheck.Pending;
        CheckedAt = null;
        Revision++;
    }

    /// <summary>True when it is at that revision, or all that came since is a step of the check of its content, which no person made.</summary>
    internal bool IsAsSeen(int revision) => revision == Revision || (State == VersionState.Proposed && revision < Revision && revision >= Revision - (int)Check);

    /// <summary>The check of the content begins, again too when a process died over it.</summary>
    internal void BeginCheck()
    {
        Check = OpeningCheck.Running;
        Revision++;
    }

    /// <summary>The check of the content has read everything; its findings are saved with it.</summary>
    internal void EndCheck(DateTimeOffset now)
    {
        // Each proposal has the same steps, also where nobody told of the first.
        if (Check == OpeningCheck.Pending) { BeginCheck(); }
        Check = OpeningCheck.Done;
        CheckedAt = now;
        Revision++;
    }

    /// <summary>Finds nothing against it.</summary>
    internal void Examine(Guid officer, DateTimeOffset now)
    {
        State = VersionState.Examined;
        ExaminedBy = officer;
        ExaminedAt = now;
        Revision++;
    }

    /// <summary>Gives it back to be worked on.</summary>
    internal void Return(string because)
    {
        State = VersionState.Draft;
        ReturnedBecause = because;
        ProposedBy = ExaminedBy = null;
        ProposedAt = ExaminedAt = null;
        Revision++;
    }

    /// <summary>Makes it public for good.</summary>
    internal void Publish(Guid leader, Digest manifest, string signature, DateTimeOffset now)
    {
        State = VersionState.Published;
        ApprovedBy = leader;
        Manifest = manifest;
        ManifestSignature = signature;
        PublishedAt = now;
        Revision++;
    }
}

/// <summary>A resource 数据资源 of a version: one file, and the table in it where there is one. Its id stays the same in later versions of the dataset. JSON in the database.</summary>
internal sealed record DatasetResource
{
    /// <summary>Stays the same from version to version.</summary>
    public required Guid Id { get; init; }

    /// <summary>1 to 200 characters.</summary>
    public required string Name { get; init; }

    /// <summary>At most 2,000 characters.</summary>
    public string Description { get; init; } = "";

    /// <summary>Upper case: CSV, TSV, XLSX, JSON, JSONL, GEOJSON, PARQUET, XML, PDF ...; at most 20 characters.</summary>
    public required string Format { get; init; }

    /// <summary>The file's own name, without folders; at most 200 characters.</summary>
    public required string FileName { get; init; }

    /// <summary>Media type, as <c>text/csv</c>.</summary>
    public required string MediaType { get; init; }

    /// <summary>The file as it was uploaded, byte for byte.</summary>
    public required Digest Content { get; init; }

    /// <summary>Size of the file in bytes.</summary>
    public required long Bytes { get; init; }

    /// <summary>The typed table read from the file; null for files that are none.</summary>
    public DataTable? Table { get; init; }

    /// <summary>True when its rows come one by one through the datastore of the CKAN interface, and the file is only what they were written out to.</summary>
    public bool IsDatastore { get; init; }

    /// <summary>Rows of the file that could not be read as the columns say, listed one by one in an object (JSON lines); null when there are none.</summary>
    public Digest? BadRows { get; init; }

    /// <summary>How many rows that list has.</summary>
    public long BadRowCount { get; init; }
}
