using CsCheck;
using Zhengtong.OpenData.Model;
using Zhengtong.OpenData.Publishing;

namespace Zhengtong.Tests.OpenData.Publishing;

public sealed class RowMergeTests
{
    [Fact]
    public async Task Compare_ByKey_TellsAddedRemovedChanged()
    {
        var found = await RowMerge.CompareAsync(
            Rows([1L, "a"], [2L, "b"], [3L, "c"]), Rows([2L, "b"], [3L, "C"], [4L, "d"]), ["id", "name"], keys: 1, most: 50, default);
        (found.Added, found.Removed, found.Changed, found.Unchanged).ShouldBe((1, 1, 1, 1));
        found.Rows.Select(r => r.Change).ShouldBe([RowChange.Removed, RowChange.Changed, RowChange.Added]);
        found.Rows[1].Before.ShouldBe(["3", "c"]);
        found.Rows[1].After.ShouldBe(["3", "C"]);
    }

    [Fact]
    public async Task Compare_WholeRows_CountsEachAsOftenAsItStandsThere()
    {
        var found = await RowMerge.CompareAsync(Rows(["a"], ["a"], ["b"]), Rows(["a"], ["b"], ["b"], ["b"]), ["name"], keys: 0, most: 1, default);
        (found.ByKey, found.Added, found.Removed, found.Changed, found.Unchanged).ShouldBe((false, 2, 1, 0, 2));
        found.Rows.Count.ShouldBe(2, "One of each kind");
    }

    [Fact]
    public async Task Compare_ARetypedColumn_ComparesWhatIsRead()
    {
        var found = await RowMerge.CompareAsync(Rows([1L, "10"], [2L, "20"]), Rows([1L, 10L], [2L, 21L]), ["id", "n"], keys: 1, most: 9, default);
        (found.Unchanged, found.Changed).ShouldBe((1, 1));
    }

    [Fact]
    public async Task Compare_OutOfOrder_Throws() =>
        await Should.ThrowAsync<InvalidOperationException>(() => RowMerge.CompareAsync(Rows([2L], [1L]), Rows([1L]), ["id"], 1, 9, default));

    [Fact]
    public async Task Compare_TextBeyondThePlane_StandsAsInUtf8()
    {
        // In UTF-16 the pair would stand before the private-use character.
        var found = await RowMerge.CompareAsync(Rows(["\ue000"], ["\U00020000"], [null]), Rows(["\U00020000"], [null]), ["name"], 1, 9, default);
        (found.Added, found.Removed, found.Unchanged).ShouldBe((0, 1, 2));
    }

    [Fact]
    public async Task Compare_AnyTwoMultisets_AgreesWithCounting() => await Gen.Select(Gen.Int[0, 6].Array[0, 30], Gen.Int[0, 6].Array[0, 30]).SampleAsync(async (one, other) =>
    {
        var found = await RowMerge.CompareAsync(Rows([.. one.Order().Select(n => new object?[] { (long)n })]), Rows([.. other.Order().Select(n => new object?[] { (long)n })]), ["n"], 0, 0, default);
        var same = Enumerable.Range(0, 7).Sum(n => Math.Min(one.Count(o => o == n), other.Count(o => o == n)));
        return found.Unchanged == same && found.Removed == one.Length - same && found.Added == other.Length - same;
    }, iter: 300);

    [Fact]
    public void Columns_AddedRemovedRetypedRenamed_AreTold()
    {
        var before = Table(Column("id", ColumnType.Integer, 1, "1", "9"), Column("name", ColumnType.Text, 2, "a", "z"), Column("area", ColumnType.Text, 3, "1", "5"), Column("gone", ColumnType.Text, 4, "g", "o"));
        var after = Table(Column("id", ColumnType.Integer, 1, "1", "9"), Column("title", ColumnType.Text, 2, "a", "z"), Column("area", ColumnType.Decimal, 3, "1", "5"), Column("fresh", ColumnType.Date, 4, "x", "y"));
        ColumnDifferences.Of(before, after).Select(c => (c.Change, c.Before, c.After)).ShouldBe(
        [
            (ColumnChange.Renamed, "name", "title"), (ColumnChange.Retyped, "area", "area"), (ColumnChange.Added, null, "fresh"), (ColumnChange.Removed, "gone", null),
        ]);
        ColumnDifferences.Of(before, before).ShouldBeEmpty();
    }

    private static DataTable Table(params IReadOnlyList<TableColumn> columns) => new() { Content = Zhengtong.Kernel.Objects.Digest.Of("t"u8), Bytes = 1, Rows = 9, Columns = columns };

    private static TableColumn Column(string name, ColumnType type, int position, string least, string greatest) =>
        new(name, type) { Position = position, Profile = new ColumnProfile { Nulls = 0, Distinct = 9, Least = least, Greatest = greatest } };

    /// <summary>One array for all rows, as the engine gives them.</summary>
    private static async IAsyncEnumerable<object?[]> Rows(params IReadOnlyList<object?[]> rows)
    {
        var used = new object?[rows.Count == 0 ? 0 : rows[0].Length];
        foreach (var row in rows)
        {
            await Task.Yield();
            row.CopyTo(used, 0);
            yield return used;
        }
    }
}
