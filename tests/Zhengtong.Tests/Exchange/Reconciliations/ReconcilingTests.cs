using Microsoft.EntityFrameworkCore;
using Zhengtong.Exchange.Model;
using Zhengtong.Exchange.Reconciliations;
using Zhengtong.Kernel.Jobs;
using Zhengtong.Kernel.Metering;
using Zhengtong.Kernel.Secrets;
using Zhengtong.Tests.Exchange.Support;
using Zhengtong.Tests.Support;
using Route = Zhengtong.Tests.Exchange.Support.Route;

namespace Zhengtong.Tests.Exchange.Reconciliations;

/// <summary>What a comparison finds, and what it must not take for a difference.</summary>
[OnDatabase]
public sealed class ReconcilingTests(ExchangeFixture exchange) : IClassFixture<ExchangeFixture>
{
    public static TheoryData<DataSourceKind, DataSourceKind> Pairs => Exchange.Engine.DeliveringTests.Pairs;

    [Theory]
    [MemberData(nameof(Pairs))]
    public async Task Compare_DeliveredTables_AreEqualHoweverTheirDatabasesSpellTheValues(DataSourceKind from, DataSourceKind to)
    {
        var route = await DeliveredAsync(from, to, 300);
        var found = await route.ReconcileAsync();
        (found.State, found.Problem, found.IsEqual).ShouldBe((ReconciliationState.Finished, null, true));
        (found.ProviderRows, found.ConsumerRows, found.NotCompared, found.Ranges).ShouldBe((300, 300, 0, 1));
        found.ProviderDigest.ShouldBe(found.ConsumerDigest);

        // Other spellings of the same values.
        await route.Target.ExecuteAsync(to != DataSourceKind.Sqlite ? "UPDATE received SET amount = amount * 1.000" : "UPDATE received SET amount = replace('-0' || amount || '00', '-0-', '-0') WHERE amount LIKE '-%'");
        (await route.ReconcileAsync()).IsEqual.ShouldBeTrue();
        // Null is not the empty text.
        await route.Target.ExecuteAsync("UPDATE received SET note = '' WHERE id = 3");
        (await route.ReconcileAsync()).Different.ShouldBe(1);
    }

    [Fact]
    public async Task Compare_EdgeValuesOnPostgres_AreEqual()
    {
        var route = await exchange.RouteAsync(DataSourceKind.Postgres, DataSourceKind.Postgres);
        await route.Source.ExecuteAsync("""
            INSERT INTO enterprise (id, name, note, amount, score, active, born, changed, photo) VALUES
            (-9223372036854775808, '', NULL, 'NaN', 'NaN', NULL, 'infinity', '-infinity', ''),
            (9223372036854775807, '龘𠮷é', '', 12345678901234567890123456789012345678.000000000010, '-Infinity', false, '0001-01-01', '1969-12-31 23:59:59.999999+00', '\x00ff'),
            (0, E'a\tb\nc\\', ' ', -0.00, 5e-324, true, '1600-02-29', '2001-01-01 00:00:00.000001+00', NULL),
            (1, 'x', repeat('长', 100000), 0, -0.0, true, '-infinity', '2002-02-02', decode(repeat('00', 100000), 'hex'))
            """);
        (await route.RunAsync()).Problem.ShouldBeNull();
        var found = await route.ReconcileAsync();
        (found.IsEqual, found.ProviderRows, found.Ranges).ShouldBe((true, 4, 1));
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public async Task Compare_EachKindOfDifference_IsFoundWithItsKeysAndNothingElse(DataSourceKind from, DataSourceKind to)
    {
        var route = await DeliveredAsync(from, to, 2_000);
        await BreakAsync(route);
        var found = await route.ReconcileAsync();
        (found.Missing, found.Extra, found.Different).ShouldBe((2, 2, 2));
        Keys(found).ShouldBe(["Different 3", "Different 7", "Extra 8", "Extra 9001", "Missing 1999", "Missing 5"]);
        // Six rows of 131,071 ranges: bisection goes down to each and looks at no other.
        found.Ranges.ShouldBeLessThanOrEqualTo(1 + (6 * 2 * KeyRanges.Depth));
        // Keys are payload.
        System.Text.Encoding.UTF8.GetString(found.Differences!).ShouldNotContain("9001");
        var figure = await route.WithDb(db => ReconciliationFigure.ReadAsync(db, new IndicatorQuestion(found.RequestedAt.AddHours(-1), found.RequestedAt.AddHours(1), route.Consumer.Id), CancellationToken.None));
        (figure.Value, figure.Inputs["deliveries"]).ShouldBe((6m, 1m));
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public async Task Compare_RowsWrittenSinceTheLastDelivery_AreNoDifferences(DataSourceKind from, DataSourceKind to)
    {
        var route = await DeliveredAsync(from, to, 1_000);
        await route.Source.TouchAsync("id % 10 = 3", "尚未送达");
        await route.Source.FillAsync(1_001, 1_010, fresh: true);
        var found = await route.ReconcileAsync();
        (found.IsEqual, found.NotCompared, found.ProviderRows, found.ConsumerRows).ShouldBe((true, 110, 900, 900));

        // Once delivered they are compared.
        (await route.SettleAsync()).Problem.ShouldBeNull();
        found = await route.ReconcileAsync();
        (found.IsEqual, found.NotCompared + found.ProviderRows).ShouldBe((true, 1_010));
    }

    [Theory]
    [InlineData(DataSourceKind.Sqlite)]
    [InlineData(DataSourceKind.Postgres)]
    [InlineData(DataSourceKind.MySql)]
    public async Task Compare_WhileOthersWrite_FindsOnlyWhatReallyDiffers(DataSourceKind kind)
    {
        var route = await DeliveredAsync(kind, kind, 10_000);
        await route.Target.ExecuteAsync("DELETE FROM received WHERE id = 77");
        using var writing = new CancellationTokenSource();
        var writer = Task.Run(async () =>
        {
            for (var n = 0; !writing.IsCancellationRequested; n++)
            {
                await route.Source.TouchAsync($"id % 500 = {n % 500} AND id <> 77", $"第{n}次");
                await route.Source.FillAsync(20_001 + n, 20_001 + n, fresh: true);
            }
        }, CancellationToken.None);
        List<Reconciliation> all = [];
        for (var n = 0; n < 3; n++) { all.Add(await route.ReconcileAsync()); }
        await writing.CancelAsync();
        await writer;
        all.ShouldAllBe(r => r.Missing == 1 && r.Extra == 0 && r.Different == 0);
        all[^1].NotCompared.ShouldBeGreaterThan(0);
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public async Task Repair_Ordered_RowsFlowAgainWithReceiptsAndOnlyExtrasRemain(DataSourceKind from, DataSourceKind to)
    {
        var route = await DeliveredAsync(from, to, 2_000);
        await BreakAsync(route);
        var found = await route.ReconcileAsync();
        var before = await route.StateAsync();
        await OrderAsync(route, found.Id);
        (await route.RunAsync()).Problem.ShouldBeNull();

        var repair = (await route.BatchesAsync()).Where(b => b.Phase == DeliveryPhase.Repair).ToList();
        repair.Sum(b => b.Rows).ShouldBe(4);
        repair.ShouldAllBe(b => b.CounterReceipt != null && b.CounterSignature != null);
        var repaired = await route.ReadComparisonAsync(found.Id);
        (repaired.RepairFirst, repaired.RepairLast).ShouldBe((repair[0].Sequence, repair[^1].Sequence));
        (await route.StateAsync()).Position.ShouldBe(before.Position);

        var after = await route.ReconcileAsync();
        (after.Missing, after.Different).ShouldBe((0, 0));
        Keys(after).ShouldBe(["Extra 8", "Extra 9001"]);
        await route.Target.ExecuteAsync("DELETE FROM received WHERE id IN (8, 9001)");
        (await route.ReconcileAsync()).IsEqual.ShouldBeTrue();

        // The delivery goes on where it was.
        await route.Source.TouchAsync("id = 5", "修复之后");
        (await route.SettleAsync()).Problem.ShouldBeNull();
        (await route.WithDb(db => db.Ledger.CountAsync(e => e.Event == "exchange.repair-sealed" && e.Subject == found.Id.ToString()))).ShouldBe(1);
    }

    [Fact]
    public async Task Run_BrokenOffHalfWay_BeginsAgainAndFinishesOnce()
    {
        var route = await DeliveredAsync(DataSourceKind.Sqlite, DataSourceKind.Sqlite, 60_000);
        var id = await route.QueueComparisonAsync();
        using (var killed = new CancellationTokenSource())
        {
            var run = Task.Run(() => route.Comparer().RunAsync(id, killed.Token)); // SQLite answers at once: without a thread of its own it would end before the look
            while ((await route.ReadComparisonAsync(id)).State == ReconciliationState.Queued) { await Task.Delay(1); }
            await killed.CancelAsync();
            await Should.ThrowAsync<OperationCanceledException>(run);
        }

        (await route.ReadComparisonAsync(id)).State.ShouldBe(ReconciliationState.Running);
        (await route.Comparer().RunAsync(id, CancellationToken.None)).ShouldBeTrue();
        (await route.ReadComparisonAsync(id)).IsEqual.ShouldBeTrue();
        (await route.WithDb(db => db.Statements.CountAsync(s => s.DeliveryId == route.Delivery))).ShouldBe(1);
        (await route.WithDb(db => db.Ledger.CountAsync(e => e.Event == "exchange.reconciliation-finished" && e.Subject == id.ToString()))).ShouldBe(1);
    }

    [Fact]
    public async Task Run_WhileTheDeliveryRunsOrBatchesAreOnTheirWay_Waits()
    {
        var route = await DeliveredAsync(DataSourceKind.Sqlite, DataSourceKind.Sqlite, 50);
        var id = await route.QueueComparisonAsync();
        await using (await exchange.Services.GetRequiredService<JobLeases>().TryTakeAsync($"exchange.delivery-{route.Delivery:N}", CancellationToken.None))
        {
            (await route.Comparer().RunAsync(id, CancellationToken.None)).ShouldBeFalse();
        }

        await route.WithDb(db => db.Batches.Where(b => b.DeliveryId == route.Delivery).ExecuteUpdateAsync(s => s.SetProperty(b => b.ReceivedAt, (DateTimeOffset?)null)));
        (await route.Comparer().RunAsync(id, CancellationToken.None)).ShouldBeFalse();
        (await route.ReadComparisonAsync(id)).State.ShouldBe(ReconciliationState.Queued);
    }

    [Fact]
    public async Task Run_AgreementEndedOrTableGone_IsBrokenOffAndSaysWhy()
    {
        var route = await DeliveredAsync(DataSourceKind.Sqlite, DataSourceKind.Sqlite, 50);
        await route.Target.ExecuteAsync("ALTER TABLE received RENAME TO gone");
        var found = await route.ReconcileAsync();
        (found.State, found.Problem, found.ActiveDeliveryId).ShouldBe((ReconciliationState.Failed, "exchange.target-unfit", null));
        await route.ChangeAsync(a => a.Suspend(a.ProviderId));
        (await route.ReconcileAsync()).Problem.ShouldBe("exchange.not-in-force");
        (await route.WithDb(db => db.Statements.CountAsync(s => s.DeliveryId == route.Delivery))).ShouldBe(0);
    }

    [Fact]
    public void Ranges_OneRowOfManyDiffers_BisectionComparesTwoRangesALevel()
    {
        var (one, other) = (new KeyRanges(), new KeyRanges());
        for (var n = 0; n < 100_000; n++)
        {
            var key = (UInt128)(uint)n * (UInt128.MaxValue / 100_003);
            one.Add(key, new RowSum(key, 1));
            other.Add(key, new RowSum(key, n == 4711 ? (UInt128)2 : 1));
        }

        one.Close().ShouldNotBe(other.Close());
        var (leaves, compared) = one.DifferencesTo(other);
        (leaves.Count, compared).ShouldBe((1, 1 + (2 * KeyRanges.Depth)));
        one.DifferencesTo(one).Compared.ShouldBe(1);
    }

    /// <summary>Two rows of each kind of difference.</summary>
    private static async Task BreakAsync(Route route)
    {
        await route.Target.ExecuteAsync("DELETE FROM received WHERE id IN (5, 1999)");
        await route.Target.ExecuteAsync("UPDATE received SET name = '被改过' WHERE id = 7");
        await route.Target.ExecuteAsync("UPDATE received SET note = '' WHERE id = 3");
        await route.Target.ExecuteAsync("INSERT INTO received (id, name) VALUES (9001, '自己的')");
        await route.Source.ExecuteAsync("DELETE FROM enterprise WHERE id = 8");
    }

    private async Task<Route> DeliveredAsync(DataSourceKind from, DataSourceKind to, int rows)
    {
        var route = await exchange.RouteAsync(from, to, s => s.BatchRows = 1_000);
        await route.Source.FillAsync(1, rows);
        (await route.RunAsync()).Problem.ShouldBeNull();
        (await route.StateAsync()).Phase.ShouldBe(DeliveryPhase.Changes);
        return route;
    }

    private static Task<int> OrderAsync(Route route, Guid id) => route.WithDb(async db =>
    {
        (await db.Reconciliations.SingleAsync(r => r.Id == id)).OrderRepair(TimeProvider.System.GetUtcNow());
        return await db.SaveChangesAsync();
    });

    private List<string> Keys(Reconciliation found) =>
        [.. Repairing.Open(exchange.Services.GetRequiredService<Vault>(), found).Listed.Select(d => $"{d.Kind} {string.Join('/', d.Key)}").Order(StringComparer.Ordinal)];
}
