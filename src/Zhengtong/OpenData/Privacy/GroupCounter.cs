using System.Globalization;
using System.Numerics;

namespace Zhengtong.OpenData.Privacy;

/// <summary>How the rows of a table fall into groups of equal values.</summary>
/// <param name="Rows">All rows.</param>
/// <param name="Groups">Different combinations of values.</param>
/// <param name="Smallest">Rows of the smallest group; 0 without rows.</param>
/// <param name="GroupsBelow">Groups of fewer than k rows.</param>
/// <param name="RowsBelow">Rows in those.</param>
internal sealed record Grouping(long Rows, long Groups, long Smallest, long GroupsBelow, long RowsBelow);

/// <summary>Counts rows of equal values, in passes over a part of the groups each, so that memory stays bounded: at most about a million groups at once.</summary>
internal sealed class GroupCounter(int k)
{
    private const int AtOnce = 1 << 20;
    private readonly Dictionary<UInt128, int> counts = [];
    private int parts = 1;
    private int part;
    private long rows;
    private long groups;
    private long smallest = long.MaxValue;
    private long groupsBelow;
    private long rowsBelow;

    /// <summary>How many passes so many groups need.</summary>
    internal static int PassesFor(double groups) => (int)Math.Clamp(Math.Ceiling(groups / AtOnce), 1, 64);

    /// <summary>Begins pass <paramref name="number"/>, from 0, of so many.</summary>
    internal void Begin(int number, int of) => (part, parts) = (number, of);

    /// <summary>Counts a row; those of other passes are passed over.</summary>
    internal void Add(ReadOnlySpan<object?> row)
    {
        var key = KeyOf(row);
        if (parts > 1 && (int)((ulong)(key >> 64) % (ulong)parts) != part) { return; }
        rows++;
        ref var count = ref System.Runtime.InteropServices.CollectionsMarshal.GetValueRefOrAddDefault(counts, key, out _);
        count++;
    }

    /// <summary>Ends the pass.</summary>
    internal void End()
    {
        groups += counts.Count;
        foreach (var count in counts.Values)
        {
            smallest = Math.Min(smallest, count);
            if (count >= k) { continue; }
            groupsBelow++;
            rowsBelow += count;
        }

        counts.Clear();
    }

    internal Grouping Result => new(rows, groups, rows == 0 ? 0 : smallest, groupsBelow, rowsBelow);

    /// <summary>128 bits over type and text of each cell: two different rows in a table of a thousand million meet with a chance below one in 10^20.</summary>
    private static UInt128 KeyOf(ReadOnlySpan<object?> row)
    {
        var (a, b) = (0x9E3779B97F4A7C15UL, 0xC2B2AE3D27D4EB4FUL);
        Span<char> digits = stackalloc char[64];
        foreach (var cell in row)
        {
            Mix(ref a, ref b, cell switch { null => 1, string => 2, _ => 3 });
            var written = 0;
            var text = cell switch
            {
                null => default,
                string s => s,
                ISpanFormattable f when f.TryFormat(digits, out written, default, CultureInfo.InvariantCulture) => digits[..written],
                _ => Convert.ToString(cell, CultureInfo.InvariantCulture).AsSpan(),
            };
            foreach (var c in text) { Mix(ref a, ref b, c); }
            Mix(ref a, ref b, (ulong)text.Length + 0x10000);
        }

        Mix(ref a, ref b, 0);
        Mix(ref a, ref b, 0);
        return new UInt128(a, b);
    }

    private static void Mix(ref ulong a, ref ulong b, ulong value)
    {
        var high = Math.BigMul(a ^ value, 0x9E3779B97F4A7C15UL, out var low);
        a = low ^ high ^ b;
        b = BitOperations.RotateLeft(b + value, 29) * 0xC2B2AE3D27D4EB4FUL;
    }
}
