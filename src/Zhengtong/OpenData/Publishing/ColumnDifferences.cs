using Zhengtong.OpenData.Model;

namespace Zhengtong.OpenData.Publishing;

/// <summary>What happened to a column.</summary>
public enum ColumnChange
{
    /// <summary>Only in the later version.</summary>
    Added,
    /// <summary>Only in the earlier version.</summary>
    Removed,
    /// <summary>Of another type.</summary>
    Retyped,
    /// <summary>Under another name: type and everything that was counted of its values are the same.</summary>
    Renamed,
}

/// <summary>A column that differs.</summary>
/// <param name="Change">What happened.</param>
/// <param name="Before">Its name before; null when added.</param>
/// <param name="After">Its name after; null when removed.</param>
/// <param name="TypeBefore">Its type before; null when added.</param>
/// <param name="TypeAfter">Its type after; null when removed.</param>
public sealed record ColumnDifference(ColumnChange Change, string? Before, string? After, ColumnType? TypeBefore, ColumnType? TypeAfter);

/// <summary>One column in two tables.</summary>
internal sealed record ColumnPair(TableColumn Before, TableColumn After)
{
    internal bool IsSameType => Before.Type == After.Type;
}

/// <summary>How the columns of two tables differ.</summary>
internal static class ColumnDifferences
{
    /// <summary>Columns that are in both tables, by name or as renamed, in the later table's order.</summary>
    internal static IReadOnlyList<ColumnPair> Pairs(DataTable before, DataTable after)
    {
        var left = before.Columns.Where(c => after.Find(c.Name) is null).ToList();
        var pairs = new List<ColumnPair>();
        foreach (var column in after.Columns)
        {
            if (before.Find(column.Name) is { } same) { pairs.Add(new ColumnPair(same, column)); continue; }
            if (left.Find(c => IsRenamed(c, column)) is not { } old) { continue; }
            left.Remove(old);
            pairs.Add(new ColumnPair(old, column));
        }

        return pairs;
    }

    /// <summary>What differs: in the later table's order, then what was removed.</summary>
    internal static IReadOnlyList<ColumnDifference> Of(DataTable before, DataTable after)
    {
        var pairs = Pairs(before, after);
        var found = new List<ColumnDifference>();
        foreach (var column in after.Columns)
        {
            if (pairs.FirstOrDefault(p => p.After == column) is not { } pair) { found.Add(new ColumnDifference(ColumnChange.Added, null, column.Name, null, column.Type)); }
            else if (pair.Before.Name != column.Name) { found.Add(new ColumnDifference(ColumnChange.Renamed, pair.Before.Name, column.Name, pair.Before.Type, column.Type)); }
            else if (!pair.IsSameType) { found.Add(new ColumnDifference(ColumnChange.Retyped, column.Name, column.Name, pair.Before.Type, column.Type)); }
        }

        found.AddRange(before.Columns.Where(c => pairs.All(p => p.Before != c)).Select(c => new ColumnDifference(ColumnChange.Removed, c.Name, null, c.Type, null)));
        return found;
    }

    /// <summary>A column of one value, or none, tells nothing: it would be taken for any other like it.</summary>
    private static bool IsRenamed(TableColumn before, TableColumn after) => before.Type == after.Type && before.Profile.Distinct > 1 && before.Profile.Distinct == after.Profile.Distinct
        && before.Profile.Nulls == after.Profile.Nulls && before.Profile.Least == after.Profile.Least && before.Profile.Greatest == after.Profile.Greatest;
}
