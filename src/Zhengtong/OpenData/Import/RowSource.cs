using Zhengtong.OpenData.Model;

namespace Zhengtong.OpenData.Import;

/// <summary>A column as a file has it.</summary>
/// <param name="Name">Its header, unchanged.</param>
/// <param name="Declared">Its type where the format says so; null where values decide.</param>
/// <param name="Precision">Digits of a declared decimal.</param>
/// <param name="Scale">Digits behind the point of a declared decimal.</param>
internal sealed record SourceColumn(string Name, ColumnType? Declared = null, int Precision = 0, int Scale = 0);

/// <summary>Reads a file row by row in bounded memory. Each pass opens its own; both give the same rows. What cannot be read is a row with a <see cref="Fault"/>, and reading goes on behind it.</summary>
internal abstract class RowSource(ImportOptions limits) : IAsyncDisposable
{
    private char[] text = new char[4096];
    private int used;
    private int[] starts = new int[16];
    private int[] lengths = new int[16];
    private CellKind[] kinds = new CellKind[16];

    /// <summary>The columns known so far; formats that name them in each row find more as they go.</summary>
    internal abstract IReadOnlyList<SourceColumn> Columns { get; }

    /// <summary>Where the row begins: line of the file, row of the sheet, from 1.</summary>
    internal long Line { get; private protected set; }

    /// <summary>Code of the reason why this row cannot be used; null when it can.</summary>
    internal string? Fault { get; private protected set; }

    /// <summary>The column the fault concerns, from 0; -1 when it concerns the row.</summary>
    internal int FaultColumn { get; private protected set; } = -1;

    /// <summary>What is wrong, where a code does not say it all; at most 200 characters.</summary>
    internal string? FaultDetail { get; private protected set; }

    /// <summary>What a person should know, found while reading.</summary>
    internal List<ImportWarning> Warnings { get; } = [];

    /// <summary>Bytes of the file read so far.</summary>
    internal abstract long BytesRead { get; }

    /// <summary>Cells of this row; columns above have none.</summary>
    internal int Count { get; private set; }

    private protected ImportOptions Limits { get; } = limits;

    /// <summary>A cell's characters, empty when the row has none at that place.</summary>
    internal ReadOnlySpan<char> this[int column] => column < Count && lengths[column] > 0 ? text.AsSpan(starts[column], lengths[column]) : default;

    /// <summary>What the file says a cell is.</summary>
    internal CellKind KindOf(int column) => column < Count ? kinds[column] : CellKind.Text;

    /// <summary>Goes to the next row; false at the end.</summary>
    /// <exception cref="ImportFault">The file cannot be read further.</exception>
    internal abstract ValueTask<bool> ReadAsync(CancellationToken ct);

    /// <summary>The row as it stands in the file, at most so many characters.</summary>
    internal abstract string RawOf(int most);

    public abstract ValueTask DisposeAsync();

    /// <summary>Begins a row of so many cells, all empty.</summary>
    private protected void Begin(int cells)
    {
        Grow(cells);
        Array.Clear(lengths, 0, cells);
        Array.Clear(kinds, 0, cells);
        (Count, used, Fault, FaultColumn, FaultDetail) = (cells, 0, null, -1, null);
        if (text.Length > 1 << 20) { text = new char[4096]; }
    }

    /// <summary>Sets a cell; one that is too long makes the row a bad one.</summary>
    private protected void Set(int column, ReadOnlySpan<char> value, CellKind kind = CellKind.Text)
    {
        if (column >= Count)
        {
            Grow(column + 1);
            Array.Clear(lengths, Count, column + 1 - Count);
            Array.Clear(kinds, Count, column + 1 - Count);
            Count = column + 1;
        }

        if (value.Length > Limits.CellCharacters && kind != CellKind.Geometry)
        {
            Spoil("cell-too-long", column);
            return;
        }

        if (value.Contains('\0'))
        {
            // The table's texts end there; it would be lost in silence.
            Spoil("nul", column);
            return;
        }

        if (used + value.Length > text.Length) { Array.Resize(ref text, Math.Max(text.Length * 2, used + value.Length)); }
        value.CopyTo(text.AsSpan(used));
        (starts[column], lengths[column], kinds[column]) = (used, value.Length, kind);
        used += value.Length;
    }

    /// <summary>Makes the row a bad one; the first reason stays.</summary>
    private protected void Spoil(string reason, int column = -1, string? detail = null)
    {
        if (Fault is not null) { return; }
        (Fault, FaultColumn, FaultDetail) = (reason, column, detail is null ? null : HeaderNames.Cut(detail, 200));
    }

    /// <summary>Says something once.</summary>
    private protected void Warn(string code, string? detail = null)
    {
        if (!Warnings.Exists(w => w.Code == code)) { Warnings.Add(new ImportWarning(code, detail is null ? null : HeaderNames.Cut(detail, 500))); }
    }

    private void Grow(int cells)
    {
        if (cells <= starts.Length) { return; }
        var size = Math.Max(cells, starts.Length * 2);
        Array.Resize(ref starts, size);
        Array.Resize(ref lengths, size);
        Array.Resize(ref kinds, size);
    }
}
