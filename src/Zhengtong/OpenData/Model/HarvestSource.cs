using System.Security.Cryptography;
using System.Text;

namespace Zhengtong.OpenData.Model;

/// <summary>How another portal is read.</summary>
public enum HarvestKind
{
    /// <summary>CKAN's Action API, <c>package_search</c> page by page.</summary>
    Ckan,
    /// <summary>A DCAT catalogue in RDF/XML, Turtle or JSON-LD, following Hydra's links from page to page.</summary>
    Dcat,
}

/// <summary>A harvest source 采集源: another portal whose datasets are shown beside our own, each with its origin.</summary>
internal sealed class HarvestSource
{
    internal required Guid Id { get; init; }

    /// <summary>What the portal is called, 2 to 100 characters; the public reads it.</summary>
    internal required string Name { get; set; }

    internal required HarvestKind Kind { get; init; }

    /// <summary>For CKAN the portal's own address, for DCAT that of the catalogue's first page; http or https, at most 2,000 characters.</summary>
    internal required string Address { get; set; }

    /// <summary>Hours from the beginning of one run to that of the next, 1 to 8,760.</summary>
    internal required int EveryHours { get; set; }

    /// <summary>False while it rests; what was taken stays.</summary>
    internal required bool IsEnabled { get; set; }

    /// <summary>The organisation that registered it; it gets the notices.</summary>
    internal required Guid OrganisationId { get; init; }

    internal required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When the next run begins by the schedule.</summary>
    internal required DateTimeOffset NextRunAt { get; set; }

    /// <summary>Somebody wants the next run at once.</summary>
    internal bool IsRunRequested { get; private set; }

    /// <summary>The run may take away most of what stands.</summary>
    internal bool MayShrink { get; private set; }

    /// <summary>When it was given up; what it brought is withdrawn then. Null while it stands.</summary>
    internal DateTimeOffset? RemovedAt { get; private set; }

    /// <summary>SHA-256 of the address while the source stands: no address is registered twice. Null when it was given up.</summary>
    internal string? ActiveKey { get; private set; }

    /// <summary>It was renamed, and so many of its datasets are found by the new name already; null when all are.</summary>
    internal int? Renamed { get; private set; }

    /// <summary>From 1; grows with each change by a person; the ETag.</summary>
    internal int Revision { get; private set; } = 1;

    /// <summary>A new one.</summary>
    internal static HarvestSource Register(string name, HarvestKind kind, string address, int everyHours, Guid organisation, DateTimeOffset now) => new()
    {
        Id = Guid.CreateVersion7(now), Name = name, Kind = kind, Address = address, EveryHours = everyHours, IsEnabled = true, OrganisationId = organisation, CreatedAt = now, NextRunAt = now, ActiveKey = KeyOf(address),
    };

    /// <summary>Changes it.</summary>
    internal void Revise(string name, string address, int everyHours, bool isEnabled, DateTimeOffset now)
    {
        if (everyHours != EveryHours && NextRunAt > now.AddHours(everyHours)) { NextRunAt = now.AddHours(everyHours); }
        if (name != Name) { Renamed = 0; }
        (Name, Address, EveryHours, IsEnabled) = (name, address, everyHours, isEnabled);
        ActiveKey = KeyOf(address);
        Revision++;
    }

    /// <summary>Some more of its datasets are found by the new name.</summary>
    /// <param name="some">How many; 0 when all are.</param>
    internal void Index(int some) => Renamed = some == 0 ? null : Renamed + some;

    /// <summary>Asks for a run at once.</summary>
    /// <param name="mayShrink">Most of what stands may go.</param>
    internal void RequestRun(bool mayShrink) => (IsRunRequested, MayShrink) = (true, mayShrink);

    /// <summary>A run begins: the next one is due by the schedule.</summary>
    internal void Begin(DateTimeOffset now)
    {
        IsRunRequested = false;
        NextRunAt = now.AddHours(EveryHours);
    }

    /// <summary>A run has ended; leave to shrink held for it alone.</summary>
    internal void EndRun() => MayShrink = MayShrink && IsRunRequested;

    /// <summary>Gives it up.</summary>
    internal void Remove(DateTimeOffset now)
    {
        RemovedAt = now;
        ActiveKey = null;
        IsEnabled = false;
        Revision++;
    }

    /// <summary>The key of an address.</summary>
    internal static string KeyOf(string address) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(address.TrimEnd('/'))));
}

/// <summary>Where a run stands.</summary>
public enum HarvestState
{
    /// <summary>Pages are being read.</summary>
    Reading,
    /// <summary>All pages are read; what the source no longer has is withdrawn.</summary>
    Withdrawing,
    /// <summary>Done.</summary>
    Done,
    /// <summary>Broken off; what was taken before stands.</summary>
    Failed,
}

/// <summary>One walk through a source. Its place is saved with what each page brought, so that a killed process goes on behind the last whole page.</summary>
internal sealed class HarvestRun
{
    /// <summary>Most notes that a run keeps.</summary>
    internal const int MostNotes = 100;

    private const int LargestPage = 100;

    internal required Guid Id { get; init; }

    internal required Guid SourceId { get; init; }

    internal HarvestState State { get; private set; } = HarvestState.Reading;

    internal required DateTimeOffset StartedAt { get; init; }

    internal DateTimeOffset? EndedAt { get; private set; }

    /// <summary>When it last did something; of several runs the one that waited longest goes on.</summary>
    internal DateTimeOffset StepAt { get; private set; }

    /// <summary>Where the next page is: the number of datasets before it, or its address; at most 2,000 characters. Empty for the first.</summary>
    internal string Position { get; private set; } = "";

    /// <summary>Datasets asked for on a page.</summary>
    internal int PageSize { get; private set; } = LargestPage;

    /// <summary>Pages read.</summary>
    internal int Pages { get; private set; }

    /// <summary>Failures of the present page in a row.</summary>
    internal int Failures { get; private set; }

    /// <summary>Not before then the page is tried again; null when nothing keeps it.</summary>
    internal DateTimeOffset? NotBefore { get; private set; }

    /// <summary>Datasets that the source had.</summary>
    internal int Seen { get; private set; }

    internal int Added { get; private set; }

    internal int Changed { get; private set; }

    /// <summary>Had the same hash and were not touched.</summary>
    internal int Unchanged { get; private set; }

    internal int Withdrawn { get; private set; }

    /// <summary>Were not taken.</summary>
    internal int Refused { get; private set; }

    /// <summary>Why it failed, as <c>timeout</c>; null when it did not.</summary>
    internal string? Fault { get; private set; }

    /// <summary>Data about it; at most 500 characters.</summary>
    internal string? FaultDetail { get; private set; }

    /// <summary>What happened on the way, at most <see cref="MostNotes"/>.</summary>
    internal IReadOnlyList<HarvestNote> Notes { get; private set; } = [];

    /// <summary>Of a step taken twice one is refused.</summary>
    internal int Revision { get; private set; } = 1;

    /// <summary>A new run.</summary>
    internal static HarvestRun Begin(Guid source, DateTimeOffset now) => new() { Id = Guid.CreateVersion7(now), SourceId = source, StartedAt = now, StepAt = now };

    /// <summary>A page has been taken.</summary>
    internal void Took(HarvestCounts counts, string? next, DateTimeOffset now)
    {
        (Seen, Added, Changed, Unchanged, Refused) = (Seen + counts.Seen, Added + counts.Added, Changed + counts.Changed, Unchanged + counts.Unchanged, Refused + counts.Refused);
        Pages++;
        (Failures, NotBefore) = (0, null);
        PageSize = Math.Min(LargestPage, PageSize * 10);
        if (next is null) { State = HarvestState.Withdrawing; } else { Position = next; }
        Step(now);
    }

    /// <summary>Asks for fewer datasets at once from here on.</summary>
    internal void Narrow(DateTimeOffset now)
    {
        PageSize = Math.Max(1, PageSize / 10);
        Step(now);
    }

    /// <summary>Remembers something.</summary>
    internal void Note(HarvestNote note)
    {
        if (Notes.Count < MostNotes) { Notes = [.. Notes, note]; }
    }

    /// <summary>Some of what the source no longer has is withdrawn.</summary>
    internal void Withdrew(int count, DateTimeOffset now)
    {
        Withdrawn += count;
        Step(now);
    }

    /// <summary>The page could not be had; it is tried again later.</summary>
    internal void Stumble(DateTimeOffset notBefore, DateTimeOffset now)
    {
        Failures++;
        NotBefore = notBefore;
        Step(now);
    }

    /// <summary>Ends well.</summary>
    internal void Finish(DateTimeOffset now)
    {
        State = HarvestState.Done;
        EndedAt = now;
        Step(now);
    }

    /// <summary>Ends badly.</summary>
    internal void Fail(string fault, string? detail, DateTimeOffset now)
    {
        State = HarvestState.Failed;
        (Fault, FaultDetail) = (fault, detail is { Length: > 500 } ? detail[..500] : detail);
        EndedAt = now;
        Step(now);
    }

    private void Step(DateTimeOffset now)
    {
        StepAt = now;
        Revision++;
    }
}

/// <summary>What a page came to.</summary>
internal readonly record struct HarvestCounts(int Seen, int Added, int Changed, int Unchanged, int Refused);

/// <summary>Something that happened during a run. JSON in the database.</summary>
/// <param name="Code">Last part of the text <c>open-data.harvest.fault.CODE</c>.</param>
/// <param name="Identifier">The dataset it was about, as the source calls it; null for a page.</param>
/// <param name="Detail">Data about it; null for none. At most 200 characters.</param>
internal sealed record HarvestNote(string Code, string? Identifier, string? Detail);
