using System.Text;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Exchange.BackFills;
using Zhengtong.Exchange.Engine;
using Zhengtong.Exchange.Model;
using Zhengtong.Exchange.Timetables;
using Zhengtong.Kernel.Secrets;
using Zhengtong.Tests.Exchange.Support;
using Zhengtong.Tests.Exchange.Timetables;
using Zhengtong.Tests.Support;
using Route = Zhengtong.Tests.Exchange.Support.Route;

namespace Zhengtong.Tests.Exchange.BackFills;

/// <summary>Rows of a range that are delivered again.</summary>
[OnDatabase]
public sealed class BackFillDeliveryTests(ExchangeFixture exchange) : IClassFixture<ExchangeFixture>
{
    public static TheoryData<DataSourceKind, DataSourceKind> Pairs => Exchange.Engine.DeliveringTests.Pairs;

    [Theory]
    [MemberData(nameof(Pairs))]
    public async Task Run_ABackFill_DeliversTheRangeAgainWithReceiptsAndTheStreamGoesOn(DataSourceKind from, DataSourceKind to)
    {
        var route = await DeliveredAsync(from, to, 1_000);
        await route.Target.ExecuteAsync("UPDATE received SET name = 'x' WHERE id BETWEEN 95 AND 404");
        await route.Target.ExecuteAsync("DELETE FROM received WHERE id BETWEEN 200 AND 300");
        var (before, last) = (await route.StateAsync(), (await route.BatchesAsync()).Count);
        var id = await OrderAsync(route, "id", "100", "399");
        (await route.RunAsync()).Problem.ShouldBeNull();

        var batches = (await route.BatchesAsync()).Skip(last).ToList();
        batches.Where(b => b.Phase == DeliveryPhase.Repair).Sum(b => b.Rows).ShouldBe(300);
        batches.ShouldAllBe(b => b.CounterReceipt != null && b.CounterSignature != null);
        (await route.Target.RowsAsync("received", "id BETWEEN 100 AND 399")).ShouldBe(await route.Source.RowsAsync(where: "id BETWEEN 100 AND 399"));
        (await route.Target.CountAsync("received", "name = 'x'")).ShouldBe(10);
        var found = await ReadAsync(route, id);
        (found.State, found.Rows, found.FirstBatch, found.LastBatch, found.ActiveDeliveryId).ShouldBe((BackFillState.Finished, 300L, last + 1, last + 3L, null));
        (await route.StateAsync()).Position.ShouldBe(before.Position);
        // Its values are payload.
        Encoding.UTF8.GetString(found.Range).ShouldNotContain("399");
        (await route.WithDb(db => db.Ledger.CountAsync(e => e.Event == "exchange.back-fill-finished" && e.Subject == id.ToString()))).ShouldBe(1);

        await route.Target.ExecuteAsync("UPDATE received SET name = '企业' || id WHERE name = 'x'".Replace("'企业' || id", to == DataSourceKind.MySql ? "concat('企业', id)" : "'企业' || id", StringComparison.Ordinal));
        await route.Source.TouchAsync("id = 150", "补传之后");
        (await route.SettleAsync()).Problem.ShouldBeNull();
    }

    [Theory]
    [InlineData(DataSourceKind.Sqlite, "amount", "-1000.5", "20000", "CAST(amount AS NUMERIC) BETWEEN -1000.5 AND 20000")]
    [InlineData(DataSourceKind.Sqlite, "born", "1970-02-01", "1970-02-10", "born BETWEEN '1970-02-01' AND '1970-02-10'")]
    [InlineData(DataSourceKind.Sqlite, "changed", "2020-01-01T00:00:00.000000Z", "2020-01-02T00:00:00.000000Z", "changed BETWEEN '2020-01-01' AND '2020-01-02'")]
    [InlineData(DataSourceKind.Postgres, "amount", "-1000.5", "20000", "amount BETWEEN -1000.5 AND 20000")]
    [InlineData(DataSourceKind.Postgres, "name", "企业10", "企业11", "name BETWEEN '企业10' AND '企业11'")]
    [InlineData(DataSourceKind.Postgres, "score", "1.5", "7", "score BETWEEN 1.5 AND 7")]
    [InlineData(DataSourceKind.Postgres, "changed", "2020-01-01T00:00:00.000000Z", "2020-01-02T00:00:00.000000Z", "changed BETWEEN '2020-01-01Z' AND '2020-01-02Z'")]
    [InlineData(DataSourceKind.MySql, "amount", "-1000.5", "20000", "amount BETWEEN -1000.5 AND 20000")]
    [InlineData(DataSourceKind.MySql, "changed", "2020-01-01T00:00:00.000000Z", "2020-01-02T00:00:00.000000Z", "changed BETWEEN '2020-01-01' AND '2020-01-02'")]
    public async Task Run_AnyItemWithAnOrder_ChoosesByWhatItsValuesMean(DataSourceKind kind, string column, string from, string until, string where)
    {
        var route = await DeliveredAsync(kind, DataSourceKind.Sqlite, 200, old: true);
        var wanted = await route.Source.CountAsync("enterprise", where);
        wanted.ShouldBeInRange(1, 199);
        var id = await OrderAsync(route, column, from, until);
        (await route.RunAsync()).Problem.ShouldBeNull();
        ((await ReadAsync(route, id)).State, (await ReadAsync(route, id)).Rows).ShouldBe((BackFillState.Finished, wanted));
    }

    [Fact]
    public async Task Run_Paused_GoesOnBehindTheLastRow()
    {
        var route = await DeliveredAsync(DataSourceKind.Postgres, DataSourceKind.Postgres, 1_000);
        var id = await OrderAsync(route, "id", "1", "1000");
        await SetAsync(route, t => t.LimitTo(100, null));
        var run = route.Engine().RunAsync(route.Delivery, new Horizon(TimeProvider.System), null, CancellationToken.None);
        await UntilAsync(async () => (await ReadAsync(route, id)).Rows > 0);
        await SetAsync(route, t => t.OpenIn([TimetableDeliveryTests.LaterToday()]));
        await run;
        var paused = await ReadAsync(route, id);
        (paused.State, paused.Rows is > 0 and < 1_000, paused.EstimatedRows > 0).ShouldBe((BackFillState.Running, true, true));

        await SetAsync(route, t =>
        {
            t.OpenIn([]);
            t.LimitTo(null, null);
        });
        (await route.RunAsync()).Problem.ShouldBeNull();
        ((await ReadAsync(route, id)).State, (await ReadAsync(route, id)).Rows).ShouldBe((BackFillState.Finished, 1_000L));
        (await route.BatchesAsync()).Where(b => b.Phase == DeliveryPhase.Repair).Sum(b => b.Rows).ShouldBe(1_000);
    }

    [Fact]
    public async Task Run_TakenBackMeanwhile_SealsNothingMoreOfIt()
    {
        var route = await DeliveredAsync(DataSourceKind.Postgres, DataSourceKind.Postgres, 1_000);
        var id = await OrderAsync(route, "id", "1", "1000");
        await SetAsync(route, t => t.LimitTo(100, null));
        var run = route.Engine().RunAsync(route.Delivery, new Horizon(TimeProvider.System), null, CancellationToken.None);
        await UntilAsync(async () => (await ReadAsync(route, id)).Rows > 0);
        await UntilAsync(() => route.WithDb(async db =>
        {
            (await db.BackFills.SingleAsync(b => b.Id == id)).Withdraw(TimeProvider.System.GetUtcNow());
            try { return await db.SaveChangesAsync() > 0; }
            catch (DbUpdateConcurrencyException) { return false; }
        }));
        await run;
        await SetAsync(route, t => t.LimitTo(null, null));
        await route.Source.TouchAsync("id = 1", "撤回之后");
        (await route.SettleAsync()).Problem.ShouldBeNull();
        var found = await ReadAsync(route, id);
        (found.State, found.Rows).ShouldBe((BackFillState.Withdrawn, (await route.BatchesAsync()).Where(b => b.Phase == DeliveryPhase.Repair).Sum(b => (long)b.Rows)));
        found.Rows.ShouldBeLessThan(1_000);
    }

    [Fact]
    public async Task Run_TheSourceRefusesIt_FailsAloneAndTheDeliveryGoesOn()
    {
        var route = await DeliveredAsync(DataSourceKind.Postgres, DataSourceKind.Postgres, 100);
        var id = await OrderAsync(route, "changed", "1", "5");
        await route.Source.TouchAsync("id = 7", "照常");
        (await route.SettleAsync()).Problem.ShouldBeNull();
        var found = await ReadAsync(route, id);
        (found.State, found.Problem, found.ActiveDeliveryId).ShouldBe((BackFillState.Failed, "exchange.source-refused", null));
        (await route.WithDb(db => db.Ledger.CountAsync(e => e.Event == "exchange.back-fill-failed" && e.Subject == id.ToString()))).ShouldBe(1);
    }

    private async Task<Route> DeliveredAsync(DataSourceKind from, DataSourceKind to, int rows, bool old = false)
    {
        var route = await exchange.RouteAsync(from, to);
        await route.Source.FillAsync(1, rows);
        if (old) { await route.Source.ExecuteAsync("UPDATE enterprise SET changed = '2020-01-01 12:00:00.000000' WHERE id <= 20"); }
        (await route.SettleAsync()).Problem.ShouldBeNull();
        return route;
    }

    private static Task<Guid> OrderAsync(Route route, string column, string from, string until) => route.WithDb(async db =>
    {
        var now = TimeProvider.System.GetUtcNow();
        var id = Guid.CreateVersion7(now);
        db.BackFills.Add(BackFill.Of(id, route.Delivery, route.Consumer.Id, column, BackFilling.Seal(route.Services.GetRequiredService<Vault>(), id, new BackFillRange(from, until)), now));
        await db.SaveChangesAsync();
        return id;
    });

    private static Task SetAsync(Route route, Action<Timetable> change) => route.WithDb(async db =>
    {
        change(await db.TimetableToChangeAsync(route.Delivery, CancellationToken.None));
        return await db.SaveTimetableAsync(CancellationToken.None);
    });

    private static Task<BackFill> ReadAsync(Route route, Guid id) => route.WithDb(db => db.BackFills.AsNoTracking().SingleAsync(b => b.Id == id));
}
