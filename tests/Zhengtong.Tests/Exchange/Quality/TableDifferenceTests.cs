using System.Text.Json;
using Zhengtong.Exchange.Engine;
using Zhengtong.Exchange.Model;
using Zhengtong.Exchange.Quality;
using Zhengtong.Tests.Exchange.Support;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Exchange.Quality;

/// <summary>What is told when a table no longer fits.</summary>
[OnDatabase]
public sealed class TableDifferenceTests(ExchangeFixture exchange) : IClassFixture<ExchangeFixture>
{
    private static readonly TableShape Before = Shape(["id"], ("id", "int8", true), ("name", "text", true), ("note", "text", false), ("hidden", "text", false), ("born", "date", false));

    [Fact]
    public void Of_TheSameTable_TellsNothing() => Differences(Before).ShouldBeEmpty();

    [Fact]
    public void Of_AnotherTable_TellsEachDifferenceThenWhatToDo() =>
        Differences(Shape([], ("id", "int8", false), ("title", "text", true), ("note", "int4", false), ("more", "text", false))).ShouldBe(
        [
            "exchange.difference.nullable(id)", "exchange.difference.renamed(name, title)", "exchange.difference.type(note, text, int4)", "exchange.difference.removed(born, date)", "exchange.difference.key(id)",
            "exchange.proposal.nullable(id)", "exchange.proposal.renamed(name, title)", "exchange.proposal.type(note, text, int4)", "exchange.proposal.removed(born, date)", "exchange.proposal.key(id)",
            "exchange.proposal.then()",
        ]);

    [Fact]
    public void Of_SeveralColumnsThatCouldBeIt_NoneIsCalledRenamed() =>
        Differences(Shape(["id"], ("id", "int8", true), ("a", "text", true), ("b", "text", true), ("note", "text", false), ("born", "date", false))).ShouldBe(
            ["exchange.difference.removed(name, text)", "exchange.proposal.removed(name, text)", "exchange.proposal.then()"]);

    [Fact]
    public void Of_TableGone_SaysSo() => TableDifference.Of(SeenShape.Of(Before), null, ["id"], ["id"]).Select(f => f.Key)
        .ShouldBe(["exchange.difference.table-gone", "exchange.proposal.table", "exchange.proposal.then"]);

    [Theory]
    [InlineData(DataSourceKind.Sqlite, CaptureKind.Watermark)]
    [InlineData(DataSourceKind.Postgres, CaptureKind.Watermark)]
    [InlineData(DataSourceKind.Postgres, CaptureKind.Replication)]
    [InlineData(DataSourceKind.MySql, CaptureKind.Watermark)]
    public async Task Run_ColumnRenamed_WaitsWithDifferenceAndProposalAndGoesOnOnceItIsMended(DataSourceKind kind, CaptureKind capture)
    {
        var route = await exchange.RouteAsync(kind, kind, s => s.Capture = capture);
        await route.Source.FillAsync(1, 50);
        (await route.RunAsync()).Problem.ShouldBeNull();
        await route.Source.ExecuteAsync("ALTER TABLE enterprise RENAME COLUMN note TO remark");
        await route.Source.ExecuteAsync("ALTER TABLE enterprise ADD COLUMN unsaid integer");
        var state = await route.RunAsync();
        (state.State, state.Problem).ShouldBe((DeliveryState.Failed, "exchange.source-changed"));
        var told = JsonSerializer.Deserialize<List<Fault>>(state.ProblemDetail!)!;
        told.Select(Spelled).Where(f => !f.StartsWith("exchange.fault.", StringComparison.Ordinal)).ShouldBe(["exchange.difference.renamed(note, remark)", "exchange.proposal.renamed(note, remark)", "exchange.proposal.then()"]);
        told.Select(f => f.Sentence).ShouldAllBe(s => s.Length > 0 && !s.StartsWith("exchange.", StringComparison.Ordinal));
        state.ProblemDetail.ShouldNotBeNull().ShouldNotContain("unsaid");

        await route.Source.ExecuteAsync("ALTER TABLE enterprise RENAME COLUMN remark TO note");
        (await route.SettleAsync()).Problem.ShouldBeNull();
        await route.Source.ExecuteAsync("UPDATE enterprise SET name = '改名' WHERE id = 7");
        if (capture == CaptureKind.Replication) { (await route.SettleAsync()).Problem.ShouldBeNull(); }
    }

    private static List<string> Differences(TableShape now) => [.. TableDifference.Of(SeenShape.Of(Before), now, ["id", "name", "note", "born"], ["id"]).Select(Spelled)];

    private static string Spelled(Fault fault) => $"{fault.Key}({string.Join(", ", fault.Arguments)})";

    private static TableShape Shape(string[] key, params (string Name, string Type, bool NotNull)[] columns) =>
        new(new TableName("", "t"), [.. columns.Select(c => new TableColumn(c.Name, c.Type, c.NotNull, false, null, null))], key.Length == 0 ? [] : [key.ToHashSet()]);
}
