using Zhengtong.Kernel.Objects;
using Zhengtong.OpenData.Import;

namespace Zhengtong.OpenData.Model;

/// <summary>Where an import stands.</summary>
public enum ImportState
{
    /// <summary>等待导入: its turn has not come.</summary>
    Waiting,
    /// <summary>正在导入: the file is being read.</summary>
    Running,
    /// <summary>导入完成: the table is in the draft.</summary>
    Done,
    /// <summary>导入失败: the file gives no table, or the draft is one no more.</summary>
    Failed,
    /// <summary>已停止: somebody stopped it.</summary>
    Stopped,
}

/// <summary>A file that becomes the table of a draft's resource. Killed while it runs it begins anew; the draft changes once, at its end.</summary>
internal sealed class ImportJob
{
    internal required Guid Id { get; init; }

    internal required Guid DatasetId { get; init; }

    internal required Guid VersionId { get; init; }

    /// <summary>The resource of the version that it fills; made at the end when the version has none of this id.</summary>
    internal required Guid ResourceId { get; init; }

    /// <summary>The resource while the import is on its way: one at a time. Null when it has ended.</summary>
    internal Guid? ActiveResourceId { get; private set; }

    /// <summary>As <see cref="DatasetResource.Name"/>.</summary>
    internal required string Name { get; init; }

    /// <summary>As <see cref="DatasetResource.FileName"/>.</summary>
    internal required string FileName { get; init; }

    /// <summary>One of the formats that imports read, upper case.</summary>
    internal required string Format { get; init; }

    /// <summary>The file as it was uploaded.</summary>
    internal required Digest Content { get; init; }

    /// <summary>Size of the file in bytes.</summary>
    internal required long Bytes { get; init; }

    /// <summary>What a person decided.</summary>
    internal required ImportChoices Choices { get; init; }

    internal ImportState State { get; private set; } = ImportState.Waiting;

    /// <summary>The officer who asked for it.</summary>
    internal required Guid RequestedBy { get; init; }

    internal required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it last began.</summary>
    internal DateTimeOffset? StartedAt { get; private set; }

    internal DateTimeOffset? EndedAt { get; private set; }

    /// <summary>How often it began.</summary>
    internal int Attempts { get; private set; }

    /// <summary>Somebody wants it stopped; what runs sees it within seconds.</summary>
    internal bool IsStopRequested { get; private set; }

    /// <summary>1 while the file is looked through, 2 while the table is written; 0 before.</summary>
    internal int Phase { get; private set; }

    /// <summary>Rows done in this phase.</summary>
    internal long Rows { get; private set; }

    /// <summary>Bytes of the file done in this phase.</summary>
    internal long BytesRead { get; private set; }

    /// <summary>Code of why it failed, as <c>encoding</c>; null when it did not.</summary>
    internal string? Fault { get; private set; }

    /// <summary>Where; at most 500 characters.</summary>
    internal string? FaultDetail { get; private set; }

    /// <summary>What was found; null until it is done.</summary>
    internal ImportFindings? Findings { get; private set; }

    /// <summary>The list of bad rows, JSON lines; null when there are none.</summary>
    internal Digest? BadRows { get; private set; }

    internal long BadRowCount { get; private set; }

    /// <summary>True while it waits or runs.</summary>
    internal bool IsActive => ActiveResourceId is not null;

    /// <summary>How the object store names it.</summary>
    internal string Owner => $"open-data:import:{Id}";

    /// <summary>Waits for its turn.</summary>
    internal ImportJob Waits()
    {
        ActiveResourceId = ResourceId;
        return this;
    }

    /// <summary>Begins, or begins anew after its process was gone.</summary>
    internal void Begin(DateTimeOffset now)
    {
        State = ImportState.Running;
        StartedAt = now;
        Attempts++;
        (Phase, Rows, BytesRead) = (0, 0, 0);
    }

    /// <summary>Asks it to stop; one that waits is stopped at once.</summary>
    internal void RequestStop(DateTimeOffset now)
    {
        IsStopRequested = true;
        if (State == ImportState.Waiting) { End(ImportState.Stopped, now); }
    }

    /// <summary>Was stopped.</summary>
    internal void Stop(DateTimeOffset now) => End(ImportState.Stopped, now);

    /// <summary>Has put its table into the draft.</summary>
    internal void Finish(ImportedTable table, DateTimeOffset now)
    {
        Findings = new ImportFindings(table.Table.Rows, table.Encoding, table.Evidence, table.Warnings);
        (BadRows, BadRowCount) = (table.BadRows, table.BadRowCount);
        Rows = table.Table.Rows + table.BadRowCount;
        (Phase, BytesRead) = (2, Bytes);
        End(ImportState.Done, now);
    }

    /// <summary>Cannot give a table.</summary>
    internal void Fail(string fault, string? detail, Digest? badRows, long badRowCount, DateTimeOffset now)
    {
        Fault = fault;
        FaultDetail = detail is null ? null : HeaderNames.Cut(ImportAccess.Printable(detail), 500);
        (BadRows, BadRowCount) = (badRows, badRowCount);
        End(ImportState.Failed, now);
    }

    /// <summary>When it will be done by the pace so far; null when that cannot be said. Looking through a file takes about two fifths of the time.</summary>
    internal DateTimeOffset? EstimatedEnd(DateTimeOffset now)
    {
        if (State != ImportState.Running || StartedAt is not { } began || Phase == 0 || BytesRead == 0 || Bytes == 0) { return null; }
        var part = Math.Min(1, (double)BytesRead / Bytes);
        var done = Phase == 1 ? 0.4 * part : 0.4 + (0.6 * part);
        return done < 0.01 ? null : began + ((now - began) / done);
    }

    private void End(ImportState state, DateTimeOffset now)
    {
        State = state;
        EndedAt = now;
        ActiveResourceId = null;
    }
}

/// <summary>What an import found. JSON in the database.</summary>
/// <param name="Rows">Rows of the table.</param>
/// <param name="Encoding">The file's own encoding; null for formats that have none.</param>
/// <param name="Columns">Why each column is what it is.</param>
/// <param name="Warnings">What a person should know.</param>
internal sealed record ImportFindings(long Rows, string? Encoding, IReadOnlyList<ColumnEvidence> Columns, IReadOnlyList<ImportWarning> Warnings);
