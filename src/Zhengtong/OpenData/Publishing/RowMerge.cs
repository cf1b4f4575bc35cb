using System.Globalization;

namespace Zhengtong.OpenData.Publishing;

/// <summary>What happened to a row.</summary>
public enum RowChange
{
    /// <summary>Only in the later version.</summary>
    Added,
    /// <summary>Only in the earlier version.</summary>
    Removed,
    /// <summary>The same key, other values.</summary>
    Changed,
}

/// <summary>A row that differs.</summary>
/// <param name="Change">What happened.</param>
/// <param name="Before">Its cells before, as text, in the order of the columns; null when added.</param>
/// <param name="After">Its cells after; null when removed.</param>
public sealed record RowDifference(RowChange Change, IReadOnlyList<string?>? Before, IReadOnlyList<string?>? After);

/// <summary>The rows that differ.</summary>
/// <param name="ByKey">True when rows are told apart by their key; false when whole rows are compared, each as often as it stands there.</param>
/// <param name="Columns">The columns that were compared, the key first; what the cells below are.</param>
/// <param name="Added">How many rows are only in the later version.</param>
/// <param name="Removed">How many rows are only in the earlier version.</param>
/// <param name="Changed">How many rows have the same key and other values.</param>
/// <param name="Unchanged">How many rows are the same.</param>
/// <param name="Rows">The first rows of each kind of difference.</param>
public sealed record RowsDifference(bool ByKey, IReadOnlyList<string> Columns, long Added, long Removed, long Changed, long Unchanged, IReadOnlyList<RowDifference> Rows);

/// <summary>Compares two streams of rows that are in order, in constant memory.</summary>
internal static class RowMerge
{
    /// <summary>The differences.</summary>
    /// <param name="before">Rows of the earlier table, ordered by the key, or by all columns; cells without a value last; text in the order of its code points.</param>
    /// <param name="after">Rows of the later table, in the same order.</param>
    /// <param name="columns">Names of the cells.</param>
    /// <param name="keys">How many columns, from the first, are the key; 0 for whole rows.</param>
    /// <param name="most">Most rows to show of each kind.</param>
    /// <param name="ct">Stops it.</param>
    /// <exception cref="InvalidOperationException">A stream is not in order: what came of it would be wrong.</exception>
    internal static async Task<RowsDifference> CompareAsync(
        IAsyncEnumerable<object?[]> before, IAsyncEnumerable<object?[]> after, IReadOnlyList<string> columns, int keys, int most, CancellationToken ct)
    {
        var length = keys > 0 ? keys : columns.Count;
        await using var old = new Cursor(before.GetAsyncEnumerator(ct), length);
        await using var now = new Cursor(after.GetAsyncEnumerator(ct), length);
        var (added, removed, changed, unchanged) = (0L, 0L, 0L, 0L);
        var shown = new List<RowDifference>();
        await old.MoveAsync();
        await now.MoveAsync();
        while (old.Row is not null || now.Row is not null)
        {
            var order = old.Row is null ? 1 : now.Row is null ? -1 : Compare(old.Row, now.Row, length);
            if (order < 0)
            {
                if (removed++ < most) { shown.Add(new RowDifference(RowChange.Removed, Said(old.Row!), null)); }
                await old.MoveAsync();
            }
            else if (order > 0)
            {
                if (added++ < most) { shown.Add(new RowDifference(RowChange.Added, null, Said(now.Row!))); }
                await now.MoveAsync();
            }
            else
            {
                if (IsSame(old.Row!, now.Row!, length)) { unchanged++; }
                else if (changed++ < most) { shown.Add(new RowDifference(RowChange.Changed, Said(old.Row!), Said(now.Row!))); }
                await old.MoveAsync();
                await now.MoveAsync();
            }
        }

        return new RowsDifference(keys > 0, columns, added, removed, changed, unchanged, shown);
    }

    /// <summary>A cell in the invariant form of its type.</summary>
    internal static string? Said(object? cell) => cell switch
    {
        null => null,
        string text => text,
        bool flag => flag ? "true" : "false",
        DateOnly day => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        TimeOnly time => time.ToString("HH:mm:ss.FFFFFF", CultureInfo.InvariantCulture),
        DateTime at => at.ToString("yyyy-MM-ddTHH:mm:ss.FFFFFF", CultureInfo.InvariantCulture),
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => cell.ToString(),
    };

    private static string?[] Said(object?[] row) => Array.ConvertAll(row, Said);

    private static bool IsSame(object?[] before, object?[] after, int from)
    {
        for (var n = from; n < before.Length; n++)
        {
            var (old, now) = (before[n], after[n]);
            // A column of another type has the same value when it reads the same.
            if (old?.GetType() == now?.GetType() ? !Equals(old, now) : Said(old) != Said(now)) { return false; }
        }

        return true;
    }

    private static int Compare(object?[] one, object?[] other, int length)
    {
        for (var n = 0; n < length; n++)
        {
            var order = Compare(one[n], other[n]);
            if (order != 0) { return order; }
        }

        return 0;
    }

    private static int Compare(object? one, object? other) => (one, other) switch
    {
        (null, null) => 0,
        (null, _) => 1,
        (_, null) => -1,
        (string a, string b) => CompareText(a, b),
        // Not-a-number is the greatest, as the engine has it; .NET has it the least.
        (double a, double b) => double.IsNaN(a) ? double.IsNaN(b) ? 0 : 1 : double.IsNaN(b) ? -1 : a.CompareTo(b),
        _ => Comparer<object>.Default.Compare(one, other),
    };

    /// <summary>By code points, which is the order of UTF-8 bytes; halves of pairs stand above the rest of UTF-16.</summary>
    private static int CompareText(string one, string other)
    {
        var length = one.AsSpan().CommonPrefixLength(other);
        if (length == one.Length || length == other.Length) { return one.Length.CompareTo(other.Length); }
        return Rank(one[length]).CompareTo(Rank(other[length]));
        static int Rank(char c) => char.IsSurrogate(c) ? c + 0x10000 : c;
    }

    /// <summary>A stream's row at hand; sees that the next one does not stand before it.</summary>
    private sealed class Cursor(IAsyncEnumerator<object?[]> rows, int length) : IAsyncDisposable
    {
        private object?[]? key;

        internal object?[]? Row { get; private set; }

        internal async Task MoveAsync()
        {
            Row = await rows.MoveNextAsync() ? rows.Current : null;
            if (Row is null) { return; }
            // The array is used again for the next row: the key is kept apart.
            if (key is not null && Compare(key, Row, length) > 0) { throw new InvalidOperationException("Rows are not in the order that was asked for"); }
            key ??= new object?[length];
            Array.Copy(Row, key, length);
        }

        public ValueTask DisposeAsync() => rows.DisposeAsync();
    }
}
