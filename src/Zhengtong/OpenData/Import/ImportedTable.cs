using Zhengtong.Kernel.Objects;
using Zhengtong.OpenData.Model;

namespace Zhengtong.OpenData.Import;

/// <summary>What came of a file.</summary>
/// <param name="Table">The table as it was written.</param>
/// <param name="Evidence">Why each column is what it is, in the table's order.</param>
/// <param name="BadRows">The rows that could not be read, JSON lines of <see cref="BadRow"/>; null when there are none.</param>
/// <param name="BadRowCount">How many there are; above <see cref="ImportOptions.ListedBadRows"/> more than are listed.</param>
/// <param name="Warnings">What a person should know.</param>
/// <param name="Encoding">The file's own encoding, as <c>utf-8</c> or <c>gb18030</c>; null for formats that have none.</param>
internal sealed record ImportedTable(DataTable Table, IReadOnlyList<ColumnEvidence> Evidence, Digest? BadRows, long BadRowCount, IReadOnlyList<ImportWarning> Warnings, string? Encoding);

/// <summary>Why a column is what it is; counted over all rows.</summary>
/// <param name="Position">Which column, from 1.</param>
/// <param name="Source">Its name in the file, at most 300 characters; differs from the column's where that had to be changed.</param>
/// <param name="Name">Its name in the table.</param>
/// <param name="Type">The type it was given.</param>
/// <param name="Ground">Code of the reason: <c>all-values</c>, <c>mixed</c>, <c>leading-zeros</c>, <c>long-digits</c>, <c>plus-sign</c>, <c>no-values</c>, <c>text</c>, <c>named-date</c>, <c>declared</c> by the format, <c>chosen</c> by a person.</param>
internal sealed record ColumnEvidence(int Position, string Source, string Name, ColumnType Type, string Ground)
{
    /// <summary>Cells with a value, missing markers not among them.</summary>
    public long Values { get; init; }

    /// <summary>Cells with nothing in them.</summary>
    public long Empty { get; init; }

    /// <summary>Cells that say in words that there is no value, by the word; they became cells without a value only where the column is not text.</summary>
    public IReadOnlyDictionary<string, long> Missing { get; init; } = new Dictionary<string, long>();

    /// <summary>The type that most values would have; null when there is none.</summary>
    public ColumnType? Likely { get; init; }

    /// <summary>How many values speak against the likely type.</summary>
    public long Against { get; init; }

    /// <summary>The first value that speaks against it, at most 100 characters.</summary>
    public string? AgainstValue { get; init; }

    /// <summary>Its line in the file, or its row.</summary>
    public long? AgainstLine { get; init; }

    /// <summary>Values written with thousands separators.</summary>
    public long Grouped { get; init; }

    /// <summary>What was done to the name: <c>empty</c>, <c>duplicate</c>, <c>underscore</c>, <c>shortened</c>, <c>line-break</c>, <c>control</c>.</summary>
    public IReadOnlyList<string> NameChanges { get; init; } = [];
}

/// <summary>A row that could not be read, one line of JSON of the list.</summary>
/// <param name="Line">Line of the file where it begins, from 1; the row of a sheet; the row of a Parquet file.</param>
/// <param name="Reason">Code, as <c>cell-count</c>.</param>
/// <param name="Column">The column it concerns, or null.</param>
/// <param name="Value">The value that does not fit, at most 200 characters, or null.</param>
/// <param name="Raw">The row as it stands in the file, at most 4,000 characters.</param>
internal sealed record BadRow(long Line, string Reason, string? Column, string? Value, string Raw);

/// <summary>Something a person should know about the file.</summary>
/// <param name="Code">As <c>coordinates-undeclared</c>; its sentence is the text <c>open-data.import.warning.CODE</c>.</param>
/// <param name="Detail">What in this case, at most 500 characters, or null.</param>
internal sealed record ImportWarning(string Code, string? Detail);

/// <summary>The file cannot be read as a table; nothing is written.</summary>
/// <param name="code">As <c>encoding</c>; its sentence is the text <c>open-data.import.fault.CODE</c>.</param>
/// <param name="detail">Where, without any value of the file.</param>
internal sealed class ImportFault(string code, string? detail = null) : Exception($"{code} {detail}")
{
    /// <summary>Its code.</summary>
    internal string Code { get; } = code;

    /// <summary>Where.</summary>
    internal string? Detail { get; } = detail;

    /// <summary>The rows that could not be read when those were too many; null otherwise.</summary>
    internal Digest? BadRows { get; init; }

    /// <summary>How many.</summary>
    internal long BadRowCount { get; init; }
}

/// <summary>How far an import is.</summary>
/// <param name="Phase">1 while the file is looked through, 2 while the table is written.</param>
/// <param name="Rows">Rows done in this phase.</param>
/// <param name="Bytes">Bytes of the file done in this phase.</param>
internal readonly record struct ImportProgress(int Phase, long Rows, long Bytes);
