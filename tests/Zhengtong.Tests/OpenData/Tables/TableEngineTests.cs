using System.Globalization;
using CsCheck;
using Zhengtong.Kernel.Objects;
using Zhengtong.Kernel.Search;
using Zhengtong.OpenData.Import;
using Zhengtong.OpenData.Model;
using Zhengtong.OpenData.Tables;
using Zhengtong.Tests.OpenData.Support;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.OpenData.Tables;

/// <summary>The engine against a plain evaluation in memory, and what it refuses.</summary>
public sealed class TableEngineTests(PlatformFixture platform)
{
    private static readonly CancellationToken Ct = CancellationToken.None;

    private static readonly TableColumn[] Columns =
    [
        MadeTable.Column("名 \"称'; DROP TABLE x --", ColumnType.Text), MadeTable.Column("n", ColumnType.Integer), MadeTable.Column("d", ColumnType.Decimal, 10, 2),
        MadeTable.Column("f", ColumnType.Float), MadeTable.Column("day", ColumnType.Date),
    ];

    private static readonly string[] Texts = ["", "a", "A", "ＡＢ", "ab c", "北京市", "北京\n市", "'; DROP", "100%", "é", "e\u0301", "Ⅷ", "﨑", "\U00020000"];

    private static readonly Gen<object?[]> Row = Gen.Select(
        Maybe(Pick.Of(Texts)), Maybe(Gen.Long[-3, 3]), Maybe(Gen.Int[-300, 300].Select(n => n / 100m)), Maybe(Pick.Of(0.1, -2.5, double.NaN, double.PositiveInfinity, 7)),
        Maybe(Gen.Int[0, 5].Select(n => new DateOnly(2020, 1, 1).AddDays(n))), (a, b, c, d, e) => new[] { a, b, c, d, e });

    private static readonly Gen<Condition> Leaf = Gen.OneOf(
        Gen.Select(Pick.Of(Texts), Gen.Enum<Comparison>(), Condition (v, by) => new Condition.Compare(Columns[0].Name, by, v)),
        Gen.Select(Gen.Int[-3, 3], Simple(), Condition (v, by) => new Condition.Compare("n", by, v.ToString(CultureInfo.InvariantCulture))),
        Gen.Select(Pick.Of("1.5", "-2.995", "0.001", "99999999999", "-1e12", "2.50"), Simple(), Condition (v, by) => new Condition.Compare("d", by, v)),
        Gen.Select(Pick.Of("0.1", "NaN", "-2.5", "8"), Simple(), Condition (v, by) => new Condition.Compare("f", by, v)),
        Gen.Select(Gen.Int[1, 6], Simple(), Condition (v, by) => new Condition.Compare("day", by, $"2020-01-0{v}")),
        Gen.Select(Pick.Of("n", "d", "_id"), Simple(), Pick.Of("n", "d"), Condition (l, by, r) => new Condition.CompareColumns(l, by, r)),
        Gen.Select(Pick.Of(Texts).Array[0, 3], Condition (v) => new Condition.In(Columns[0].Name, v)),
        Gen.Select(Pick.Of("1.5", "0.125", "-3").Array[0, 3], Condition (v) => new Condition.In("d", v)),
        Gen.Select(Pick.Of(Columns).Select(c => c.Name), Gen.Bool, Condition (c, not) => new Condition.IsNull(c, not)));

    private static readonly Gen<Condition> Conditions = Gen.Recursive<Condition>((depth, inner) => depth > 3 ? Leaf : Gen.Frequency(
        (3, Leaf),
        (1, inner.Array[0, 3].Select(Condition (p) => new Condition.All(p))),
        (1, inner.Array[0, 3].Select(Condition (p) => new Condition.Any(p))),
        (1, inner.Select(Condition (p) => new Condition.Not(p)))));

    private static readonly Gen<TableQuery> Queries = Gen.Select(
        Maybe(Conditions), Maybe(Pick.Of("ab", "京", "a 北京", "2020-01", "1.5", "-3", "é", "viii")),
        Gen.Select(Pick.Of([.. Columns.Select(c => c.Name), "_id"]), Gen.Bool, Pick.Of<bool?>(null, true, false), (c, d, n) => new Order(c, d, n)).Array[0, 3],
        Gen.Int[0, 12], Gen.Long[0, 15], Gen.Bool,
        (where, text, orders, limit, offset, distinct) => new TableQuery
        {
            Where = (Condition?)where,
            Text = (string?)text,
            Orders = distinct ? [.. orders.Where(o => o.Column is "n" or "d")] : orders,
            Columns = distinct ? ["n", "d"] : null,
            Limit = limit,
            Offset = offset,
            Distinct = distinct,
            Count = true,
        });

    private TableEngine Engine => platform.App.Services.GetRequiredService<TableEngine>();

    private ObjectStore Store => platform.App.Services.GetRequiredService<ObjectStore>();

    [Fact]
    public async Task Ask_AnyQuestion_AgreesWithAPlainEvaluation()
    {
        await Gen.Select(Row.Array[0, 30], Queries.Array[20]).SampleAsync(async (rows, queries) =>
        {
            var table = await MadeTable.Of(Store, Columns, rows);
            foreach (var query in queries)
            {
                var expected = Evaluate(rows, query);
                var answer = await Engine.AskAsync(table, query, TableLimits.Public, Ct);
                answer.Total.ShouldBe(expected.Count);
                Shown(answer.Rows).ShouldBe(Shown(expected.Skip((int)query.Offset).Take(query.Limit)));
                Shown(await Streamed(table, query)).ShouldBe(Shown(answer.Rows));
                // Asked again it is answered from what was kept, to the same end.
                var again = await Engine.AskAsync(table, query, TableLimits.Public, Ct);
                (again.Total, again.Next).ShouldBe((answer.Total, answer.Next));
                Shown(again.Rows).ShouldBe(Shown(answer.Rows));
                if (!query.Distinct && query.Limit > 0) { Shown(await Walked(table, query with { Offset = 0, Count = false })).ShouldBe(Shown(expected)); }
            }
        }, iter: 25, threads: 1);
    }

    [Theory]
    [InlineData("n", Comparison.Equal, "1.5", TableQueryFault.WrongValue)]
    [InlineData("n", Comparison.Equal, "9223372036854775808", TableQueryFault.WrongValue)]
    [InlineData("n", Comparison.Contains, "1", TableQueryFault.NotAllowed)]
    [InlineData("d", Comparison.Less, "1,5", TableQueryFault.WrongValue)]
    [InlineData("day", Comparison.Less, "2020-02-30", TableQueryFault.WrongValue)]
    [InlineData("c1", Comparison.Equal, "a", TableQueryFault.UnknownColumn)]
    [InlineData("_west", Comparison.Equal, "a", TableQueryFault.UnknownColumn)]
    [InlineData("x\" OR 1=1", Comparison.Equal, "a", TableQueryFault.UnknownColumn)]
    public async Task Ask_WhatCannotBeAsked_IsRefusedWithTheReason(string column, object by, string value, object reason)
    {
        var table = await MadeTable.Of(Store, Columns, []);
        var refused = await Should.ThrowAsync<TableQueryException>(() => Engine.AskAsync(table, new TableQuery { Where = new Condition.Compare(column, (Comparison)by, value) }, TableLimits.Public, Ct));
        refused.Reason.ShouldBe((TableQueryFault)reason);
        refused.Part.ShouldBe("where");
        refused.Column.ShouldBe(column);
    }

    [Fact]
    public async Task Ask_CursorChangedOrOfAnotherQuestion_IsMalformed()
    {
        var table = await MadeTable.Of(Store, Columns, Enumerable.Range(0, 5).Select(n => new object?[] { "a", (long)n, null, null, null }));
        var next = (await Engine.AskAsync(table, new TableQuery { Limit = 2 }, TableLimits.Public, Ct)).Next.ShouldNotBeNull();
        foreach (var query in (TableQuery[])[new() { After = next[..^2] + "Q" + next[^1] }, new() { After = next, Text = "a" }, new() { After = next, Orders = [new("n")] }, new() { After = "x" }])
        {
            (await Should.ThrowAsync<TableQueryException>(() => Engine.AskAsync(table, query, TableLimits.Public, Ct))).Reason.ShouldBe(TableQueryFault.Malformed);
        }
    }

    [Fact]
    public async Task Ask_OverItsTimeOrCancelled_IsStoppedAndOthersGoOn()
    {
        var table = await MadeTable.Generated(Store, [MadeTable.Column("t", ColumnType.Text), MadeTable.Column("r", ColumnType.Integer)], 1_000_000, "('Ｔ ' || n) AS c1, (n * 7919) % 1000003 AS c2");
        await Should.ThrowAsync<TableQueryTooCostlyException>(() => Engine.AskAsync(table, new TableQuery { Text = "zzz", Count = true }, new TableLimits(TimeSpan.FromMilliseconds(20), 10), Ct));
        using var cancelled = new CancellationTokenSource(20);
        await Should.ThrowAsync<OperationCanceledException>(() => Engine.AskAsync(table, new TableQuery { Text = "zzz", Count = true }, TableLimits.Public, cancelled.Token));
        var answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(n => Engine.AskAsync(table, new TableQuery { Offset = n * 19_999, Limit = 3 }, TableLimits.Public, Ct)));
        answers.Select(a => a.Rows[0][0]).ShouldBe(Enumerable.Range(0, 50).Select(n => (object)(n * 19_999L + 1)));
        // In two steps, and the last pages.
        var sorted = await Engine.AskAsync(table, new TableQuery { Orders = [new("r", true)], Limit = 2, Where = new Condition.Compare("t", Comparison.Contains, "t 77") }, TableLimits.Public, Ct);
        sorted.Rows.Select(r => (long)r[2]!).ShouldBeInOrder(SortDirection.Descending);
        (await Engine.AskAsync(table, new TableQuery { Offset = 999_999 }, TableLimits.Public, Ct)).ShouldSatisfyAllConditions(a => a.Rows.Count.ShouldBe(1), a => a.Next.ShouldBeNull());
        (await Engine.AskAsync(table, new TableQuery { Offset = long.MaxValue }, TableLimits.Public, Ct)).Rows.ShouldBeEmpty();
    }

    [Fact]
    public async Task Publish_WhileEveryPlaceIsReadFrom_WaitsForNobody()
    {
        MadeColumn[] columns = [new("n", ColumnType.Integer)];
        var table = await MadeTable.Generated(Store, [MadeTable.Column("n", ColumnType.Integer)], 50_000, "n AS c1");
        var first = await platform.PublishAsync(await platform.Department(), MadeFile.Text("t.csv", "x") with { Written = table });
        using var engine = new TableEngine(Store, platform.App.Services.GetRequiredService<TableScratch>(), Microsoft.Extensions.Options.Options.Create(new TablesOptions { Streams = 4, Questions = 2 }));
        var readers = Enumerable.Range(0, 4).Select(n => engine.StreamAsync(table, new TableQuery { Limit = int.MaxValue, Orders = n % 2 == 0 ? [] : [new("n", true)] }, TableLimits.Download, Ct).GetAsyncEnumerator(Ct)).ToList();
        foreach (var reader in readers) { (await reader.MoveNextAsync()).ShouldBeTrue(); }
        var second = await platform.PublishNextAsync(first, MadeFile.Table("t.csv", columns, ["1"])).WaitAsync(TimeSpan.FromSeconds(30), Ct);
        second.Version.Number.ShouldBe(2);
        (await platform.Visitor().GetStringAsync($"/dataset/{second.Name}/resource/{second[0].Id}/rows.csv")).Split('\n', StringSplitOptions.RemoveEmptyEntries).Length.ShouldBe(2);
        // Who began with the first version ends with it.
        foreach (var reader in readers)
        {
            var rows = 1;
            while (await reader.MoveNextAsync()) { rows++; }
            rows.ShouldBe(50_000);
            await reader.DisposeAsync();
        }
    }

    [Theory]
    [InlineData("SELECT count(*) FROM \"t\" a JOIN \"t\" b ON a.n <> b.n JOIN \"t\" c ON b.n <> c.n")]
    [InlineData("SELECT a.n, sum(b.n * c.n) AS s FROM \"t\" a JOIN \"t\" b ON a.n < b.n JOIN \"t\" c ON a.n + b.n <> c.n GROUP BY a.n ORDER BY s DESC")]
    [InlineData("SELECT max(a.t || b.t) FROM \"t\" a JOIN \"t\" b ON a.t <> b.t JOIN \"t\" c ON a.t || b.t > c.t")]
    public async Task Ask_WhatWouldRunForHours_IsStopped(string sql)
    {
        var table = await MadeTable.Generated(Store, [MadeTable.Column("t", ColumnType.Text), MadeTable.Column("n", ColumnType.Integer)], 100_000, "md5(CAST(n AS VARCHAR)) AS c1, n AS c2");
        var refused = await Should.ThrowAsync<TableQueryTooCostlyException>(() => TableSql.AskAsync(Engine, sql, _ => table, new TableLimits(TimeSpan.FromMilliseconds(300), 100), Ct));
        refused.Of.ShouldBeOneOf(TableCost.Time, TableCost.Memory);
        (await Engine.AskAsync(table, new TableQuery { Limit = 1, Offset = 99_999 }, TableLimits.Public, Ct)).Rows.ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Ask_HowManyAgain_IsRememberedForThisContentAndTheseValues()
    {
        var (one, two) = (await Made(10), await Made(20));
        for (var n = 0; n < 2; n++)
        {
            (await Counted(one, "a", 5)).ShouldBe((10, 5));
            (await Counted(one, "b", 5)).ShouldBe((0, 0));
            (await Counted(two, "a", 5)).ShouldBe((20, 5));
            (await Counted(two, "a", 0)).ShouldBe((20, 0));
            // Different rows are something else than rows.
            (await Engine.AskAsync(one, new TableQuery { Columns = ["t"], Distinct = true, Where = new Condition.Compare("t", Comparison.Equal, "a"), Count = true }, TableLimits.Public, Ct)).Total.ShouldBe(1);
            (await Engine.AskAsync(one, new TableQuery { Columns = ["n"], Distinct = true, Where = new Condition.Compare("t", Comparison.Equal, "a"), Count = true }, TableLimits.Public, Ct)).Total.ShouldBe(10);
        }

        async Task<(long?, int)> Counted(DataTable table, string value, int limit)
        {
            var answer = await Engine.AskAsync(table, new TableQuery { Where = new Condition.Compare("t", Comparison.Equal, value), Count = true, Limit = limit }, TableLimits.Public, Ct);
            return (answer.Total, answer.Rows.Count);
        }

        Task<DataTable> Made(int rows) => MadeTable.Of(Store, [MadeTable.Column("t", ColumnType.Text), MadeTable.Column("n", ColumnType.Integer)], Enumerable.Range(0, rows).Select(n => new object?[] { "a", (long)n }));
    }

    [Fact]
    public async Task Ask_APageAgain_IsNotReadAgain()
    {
        TableColumn[] columns = [MadeTable.Column("t", ColumnType.Text), MadeTable.Column("n", ColumnType.Integer)];
        var table = await MadeTable.Of(Store, columns, Enumerable.Range(0, 30).Select(n => new object?[] { $"t{n}", (long)n }));
        var (page, other) = (new TableQuery { Limit = 5, Orders = [new("n", true)] }, new TableQuery { Limit = 5, Orders = [new("n")] });
        using var forgetful = new TableEngine(Store, platform.App.Services.GetRequiredService<TableScratch>(), Microsoft.Extensions.Options.Options.Create(new TablesOptions { Kept = 0 }));
        var first = await Engine.AskAsync(table, page, TableLimits.Public, Ct);
        (await forgetful.AskAsync(table, page, TableLimits.Public, Ct)).Rows.Count.ShouldBe(5);
        File.Delete((await Store.LocalPathAsync(table.Content, Ct))!);
        Shown((await Engine.AskAsync(table, page, TableLimits.Public, Ct)).Rows).ShouldBe(Shown(first.Rows));
        // Under a name that the next version gave the column, too.
        (await Engine.AskAsync(table with { Columns = [table.Columns[0] with { Name = "新名" }, table.Columns[1]] }, page, TableLimits.Public, Ct)).Columns[1].Name.ShouldBe("新名");
        await Should.ThrowAsync<Exception>(() => Engine.AskAsync(table, other, TableLimits.Public, Ct));
        await Should.ThrowAsync<Exception>(() => forgetful.AskAsync(table, page, TableLimits.Public, Ct));
    }

    [Fact]
    public async Task Ask_Box_FindsThePlacesInItAndAcrossTheAntimeridian()
    {
        var table = await MadeTable.Of(Store, [MadeTable.Column("x", ColumnType.Float), MadeTable.Column("y", ColumnType.Float)], [[116.4, 39.9], [179.5, 0.0], [-179.5, 0.0], [null, null]], places: (1, 2));
        (await Ids(new Condition.Box(116, 39, 117, 40))).ShouldBe([1L]);
        (await Ids(new Condition.Box(179, -1, -179, 1))).ShouldBe([2L, 3L]);
        (await Should.ThrowAsync<TableQueryException>(() => Ids(new Condition.Box(0, 1, 0, 0)))).Reason.ShouldBe(TableQueryFault.OutOfRange);

        async Task<IEnumerable<object?>> Ids(Condition where) => (await Engine.AskAsync(table, new TableQuery { Where = where, Columns = ["_id"] }, TableLimits.Public, Ct)).Rows.Select(r => r[0]);
    }

    private static Gen<Comparison> Simple() => Pick.Of(Comparison.Equal, Comparison.NotEqual, Comparison.Less, Comparison.LessOrEqual, Comparison.Greater, Comparison.GreaterOrEqual);

    private static Gen<object?> Maybe<T>(Gen<T> some) => Gen.Frequency((1, Gen.Const((object?)null)), (4, some.Select(v => (object?)v)));

    private static List<string> Shown(IEnumerable<object?[]> rows) => [.. rows.Select(r => string.Join('|', r.Select(c => c switch { null => "·", decimal d => d.ToString("0.####", CultureInfo.InvariantCulture), _ => Convert.ToString(c, CultureInfo.InvariantCulture) })))];

    private async Task<List<object?[]>> Streamed(DataTable table, TableQuery query)
    {
        var rows = new List<object?[]>();
        await foreach (var row in Engine.StreamAsync(table, query, TableLimits.Download, Ct)) { rows.Add([.. row]); }
        return rows;
    }

    private async Task<List<object?[]>> Walked(DataTable table, TableQuery query)
    {
        var rows = new List<object?[]>();
        for (string? after = null; ;)
        {
            var answer = await Engine.AskAsync(table, query with { After = after }, TableLimits.Public, Ct);
            rows.AddRange(answer.Rows);
            if (answer.Next is null) { return rows; }
            after = answer.Next;
        }
    }

    private static List<object?[]> Evaluate(object?[][] cells, TableQuery query)
    {
        IEnumerable<object?[]> rows = cells.Select((r, n) => (object?[])[n + 1L, .. r]);
        if (query.Where is { } where) { rows = rows.Where(r => Holds(where, r) == true); }
        if (query.Text is { } text) { rows = rows.Where(r => Bigrams.Fold(text).Split(' ').All(word => r.Skip(1).Any(c => Text(c).Contains(word, StringComparison.Ordinal)))); }
        if (query.Distinct) { rows = rows.GroupBy(r => $"{r[2] ?? "·"}|{r[3] ?? "·"}").Select(g => g.First()); }
        var sorted = rows.OrderBy(_ => 0);
        foreach (var order in query.Orders)
        {
            var at = At(order.Column);
            var last = order.NullsLast ?? !order.Descending;
            sorted = sorted.ThenBy(r => r[at] is null == last);
            sorted = order.Descending ? sorted.ThenByDescending(r => r[at], Comparer<object?>.Create(Compared)) : sorted.ThenBy(r => r[at], Comparer<object?>.Create(Compared));
        }

        var all = sorted.ThenBy(r => (long)r[0]!);
        return [.. query.Distinct ? all.Select(r => (object?[])[r[2], r[3]]) : all];
    }

    private static string Text(object? cell) => cell switch
    {
        null => "",
        DateOnly d => d.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        decimal d => d.ToString("0.00", CultureInfo.InvariantCulture),
        double d => double.IsNaN(d) ? "nan" : double.IsInfinity(d) ? "inf" : d == 7 ? "7.0" : d.ToString(CultureInfo.InvariantCulture),
        _ => Bigrams.Fold(Convert.ToString(cell, CultureInfo.InvariantCulture)!),
    };

    private static int At(string column) => column == "_id" ? 0 : Array.FindIndex(Columns, c => c.Name == column) + 1;

    /// <summary>Three values, as in SQL: null is neither.</summary>
    private static bool? Holds(Condition condition, object?[] row) => condition switch
    {
        Condition.All all => all.Parts.Select(p => Holds(p, row)).Aggregate((bool?)true, (a, b) => a & b),
        Condition.Any any => any.Parts.Select(p => Holds(p, row)).Aggregate((bool?)false, (a, b) => a | b),
        Condition.Not not => !Holds(not.Part, row),
        Condition.IsNull none => row[At(none.Column)] is null != none.Negated,
        Condition.In any => row[At(any.Column)] is { } cell ? any.Values.Any(v => Compared(cell, Parsed(any.Column, v)) == 0) : null,
        Condition.Compare compare => Matches(row[At(compare.Column)], compare.By, Parsed(compare.Column, compare.Value)),
        Condition.CompareColumns compare => Matches(Number(row[At(compare.Left)]), compare.By, Number(row[At(compare.Right)])),
        _ => throw new NotSupportedException(),
    };

    private static object? Number(object? cell) => cell is long n ? (decimal)n : cell;

    private static object Parsed(string column, string value) => At(column) switch
    {
        0 or 2 => long.Parse(value, CultureInfo.InvariantCulture),
        3 => decimal.Parse(value, NumberStyles.Float, CultureInfo.InvariantCulture),
        4 => double.Parse(value, CultureInfo.InvariantCulture),
        5 => DateOnly.Parse(value, CultureInfo.InvariantCulture),
        _ => value,
    };

    private static bool? Matches(object? cell, Comparison by, object? value) => cell is null || value is null ? null : by switch
    {
        Comparison.Contains => Bigrams.Fold((string)cell).Contains(Bigrams.Fold((string)value), StringComparison.Ordinal),
        Comparison.StartsWith => ((string)cell).StartsWith((string)value, StringComparison.Ordinal),
        Comparison.EndsWith => ((string)cell).EndsWith((string)value, StringComparison.Ordinal),
        Comparison.Equal => Compared(cell, value) == 0,
        Comparison.NotEqual => Compared(cell, value) != 0,
        Comparison.Less => Compared(cell, value) < 0,
        Comparison.LessOrEqual => Compared(cell, value) <= 0,
        Comparison.Greater => Compared(cell, value) > 0,
        _ => Compared(cell, value) >= 0,
    };

    /// <summary>Text by its code points, NaN above everything.</summary>
    private static int Compared(object? one, object? two) => (one, two) switch
    {
        (null, null) => 0,
        (null, _) or (_, null) => one is null ? -1 : 1,
        (string a, string b) => System.Text.Encoding.UTF8.GetBytes(a).AsSpan().SequenceCompareTo(System.Text.Encoding.UTF8.GetBytes(b)),
        (double a, double b) => double.IsNaN(a) || double.IsNaN(b) ? double.IsNaN(a).CompareTo(double.IsNaN(b)) : a.CompareTo(b),
        (IComparable a, _) => a.CompareTo(two),
        _ => 0,
    };
}
