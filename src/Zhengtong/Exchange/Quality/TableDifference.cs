using System.Globalization;
using Zhengtong.Exchange.Engine;

namespace Zhengtong.Exchange.Quality;

/// <summary>What became of a table, and what to do about it. The consumer reads it too: so it speaks of the columns that the delivery reads and of no other,
/// except of one that a column was renamed to.</summary>
internal static class TableDifference
{
    /// <param name="before">The table as it was.</param>
    /// <param name="now">As it is; null when it is gone.</param>
    /// <param name="concerned">The columns that the delivery reads.</param>
    /// <param name="key">Those of them that are the key.</param>
    internal static List<Fault> Of(SeenShape before, TableShape? now, IReadOnlyCollection<string> concerned, IReadOnlyList<string> key)
    {
        List<Fault> differences = [], proposals = [];
        if (now is null)
        {
            Tell("table-gone", "table");
            return Whole();
        }

        var gone = before.Columns.Where(c => now.Find(c.Name) is null).ToList();
        var added = now.Columns.Where(c => before.Columns.All(b => b.Name != c.Name)).ToList();
        foreach (var was in before.Columns.Where(c => concerned.Contains(c.Name)))
        {
            if (now.Find(was.Name) is { } column)
            {
                if (TypeOf(was) != TypeOf(column)) { Tell("type", "type", was.Name, TypeOf(was), TypeOf(column)); }
                if (was.NotNull && !column.NotNull) { Tell("nullable", "nullable", was.Name); }
            }
            // Renamed, when there is one column more of just this kind and one less.
            else if (gone.Count(c => IsLike(c, was)) == 1 && added.Where(c => IsLike(c, was)).ToList() is [var renamed]) { Tell("renamed", "renamed", was.Name, renamed.Name); }
            else { Tell("removed", "removed", was.Name, TypeOf(was)); }
        }

        var set = key.ToHashSet();
        if (before.Keys.Any(set.SetEquals) && !now.UniqueKeys.Any(set.SetEquals)) { Tell("key", "key", string.Join(", ", key)); }
        return Whole();

        void Tell(string difference, string proposal, params string[] arguments)
        {
            differences.Add(new Fault("table", $"exchange.difference.{difference}", arguments));
            proposals.Add(new Fault("table", $"exchange.proposal.{proposal}", arguments));
        }

        List<Fault> Whole() => differences.Count == 0 ? [] : [.. differences, .. proposals, new Fault("table", "exchange.proposal.then")];
    }

    private static bool IsLike(TableColumn one, TableColumn other) => TypeOf(one) == TypeOf(other) && one.NotNull == other.NotNull;

    private static string TypeOf(TableColumn column) => (column.Length, column.Scale) switch
    {
        ({ } length, { } scale) => string.Create(CultureInfo.InvariantCulture, $"{column.Type}({length}, {scale})"),
        ({ } length, null) => string.Create(CultureInfo.InvariantCulture, $"{column.Type}({length})"),
        (null, { } scale) => string.Create(CultureInfo.InvariantCulture, $"{column.Type}({scale})"),
        _ => column.Type,
    };
}
