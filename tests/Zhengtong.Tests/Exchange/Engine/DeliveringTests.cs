using Microsoft.EntityFrameworkCore;
using Zhengtong.Agreements;
using Zhengtong.Agreements.Model;
using Zhengtong.Catalogue.Model;
using Zhengtong.Exchange.Engine;
using Zhengtong.Exchange.Model;
using Zhengtong.Kernel.Jobs;
using Zhengtong.Kernel.Secrets;
using Zhengtong.Tests.Exchange.Support;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Exchange.Engine;

[OnDatabase]
public sealed class DeliveringTests(ExchangeFixture exchange) : IClassFixture<ExchangeFixture>
{
    public static TheoryData<DataSourceKind, DataSourceKind> Pairs => new()
    {
        { DataSourceKind.Sqlite, DataSourceKind.Sqlite }, { DataSourceKind.Postgres, DataSourceKind.Postgres }, { DataSourceKind.Postgres, DataSourceKind.Sqlite },
        { DataSourceKind.Sqlite, DataSourceKind.Postgres }, { DataSourceKind.MySql, DataSourceKind.MySql }, { DataSourceKind.MySql, DataSourceKind.Postgres },
        { DataSourceKind.Postgres, DataSourceKind.MySql }, { DataSourceKind.MySql, DataSourceKind.Sqlite }, { DataSourceKind.Sqlite, DataSourceKind.MySql },
    };

    [Theory]
    [MemberData(nameof(Pairs))]
    public async Task Run_SnapshotThenChanges_BothSidesAreEqualAndEveryBatchIsReceipted(DataSourceKind from, DataSourceKind to)
    {
        var route = await exchange.RouteAsync(from, to);
        await route.Source.FillAsync(1, 1050);

        var after = await route.RunAsync();
        (after.State, after.Problem, after.ProblemDetail).ShouldBe((DeliveryState.Waiting, null, null));
        after.Phase.ShouldBe(DeliveryPhase.Changes);
        (await route.Target.RowsAsync("received")).ShouldBe(await route.Source.RowsAsync());

        await route.Source.TouchAsync("id % 100 = 7", "改名后的企业");
        await route.Source.FillAsync(1051, 1060);
        await route.Source.TouchAsync("id > 1050", "新企业");
        after = await route.SettleAsync();
        after.State.ShouldBe(DeliveryState.Waiting);

        var batches = await route.BatchesAsync();
        batches.Select(b => b.Sequence).ShouldBe(Enumerable.Range(1, batches.Count).Select(n => (long)n));
        batches.ShouldAllBe(b => b.ReceivedAt != null && b.CounterReceipt != null && b.CounterSignature != null);
        batches.Count(b => b.Phase == DeliveryPhase.Snapshot).ShouldBe(11);
        after.RowsReceived.ShouldBe(batches.Sum(b => b.Rows));
    }

    [Fact]
    public async Task OpenSink_ManyAtOnceOnADatabaseThatNobodyDeliveredTo_NoneIsRefused()
    {
        for (var round = 0; round < 3; round++)
        {
            await using var table = await CapturedTable.PostgresAsync("CREATE TABLE t (id int PRIMARY KEY)", [new("编号", "id", ItemType.Integer, null, true)], capture: CaptureKind.Comparison);
            foreach (var sink in await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => table.OpenSinkAsync()))) { await sink.DisposeAsync(); }
        }
    }

    [Fact]
    public async Task Run_UnderTheNationalSuite_BothSidesAreEqualAndEveryTextNamesIt()
    {
        var route = await exchange.RouteAsync(DataSourceKind.Sqlite, DataSourceKind.Sqlite, s => s.Suite = SuiteName.National);
        await route.Source.FillAsync(1, 350);
        var after = await route.RunAsync();
        (after.State, after.Problem, after.ProblemDetail).ShouldBe((DeliveryState.Waiting, null, null));
        await route.Source.TouchAsync("id % 100 = 7", "改名后的企业");
        await route.SettleAsync();
        (await route.Target.RowsAsync("received")).ShouldBe(await route.Source.RowsAsync());

        var batches = await route.BatchesAsync();
        batches.Count.ShouldBeGreaterThan(4);
        foreach (var (before, batch) in batches.Zip(batches.Skip(1)))
        {
            var manifest = BatchManifest.Parse(batch.Manifest)!;
            (manifest.Suite, CounterReceipt.Parse(batch.CounterReceipt!)!.Suite).ShouldBe(("national", "national"));
            manifest.Previous.ShouldBe(Suite.National.DigestOf(before.Manifest));
        }

        // Of each organisation the keys it needed, in this suite and in no other.
        var keys = await route.WithDb(db => Task.FromResult(db.OrganisationKeys.Where(k => k.OrganisationId == route.Provider.Id || k.OrganisationId == route.Consumer.Id).ToList()));
        keys.ShouldAllBe(k => k.Suite == SuiteName.National);
        keys.Count.ShouldBe(3);
    }

    [Fact]
    public async Task Run_SuiteOfTheAgreementUnknown_IsRefusedAndNothingLeaves()
    {
        var route = await exchange.RouteAsync(DataSourceKind.Sqlite, DataSourceKind.Sqlite);
        await route.Source.FillAsync(1, 10);
        await route.WithDb(db => db.Agreements.Where(a => a.Id == route.Agreement)
            .ExecuteUpdateAsync(set => set.SetProperty(a => a.Document, a => a.Document.Replace("\"suite\":\"international\"", "\"suite\":\"rot13\""))));
        (await route.RunAsync()).Problem.ShouldBe("exchange.proof-broken");
        (await route.BatchesAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task Received_GivenByManyAtOnce_CountsOnce()
    {
        var route = await exchange.RouteAsync(DataSourceKind.Sqlite, DataSourceKind.Sqlite);
        await route.Source.FillAsync(1, 50);
        (await route.RunAsync()).Problem.ShouldBeNull();
        var batch = (await route.BatchesAsync()).Single();
        // As it was before its receipt came.
        await route.WithDb(db => db.Batches.Where(b => b.DeliveryId == route.Delivery).ExecuteUpdateAsync(set => set.SetProperty(b => b.ReceivedAt, (DateTimeOffset?)null)));
        var applied = new AppliedBatch(route.Delivery, batch.Sequence, batch.ManifestDigest, batch.CounterReceipt!, batch.CounterSignature!);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
        {
            await using var scope = exchange.Services.CreateAsyncScope();
            var terms = await scope.ServiceProvider.GetRequiredService<AgreementsLookup>().FindAsync(route.Agreement, CancellationToken.None);
            await scope.ServiceProvider.GetRequiredService<DeliveryBook>().ReceivedAsync(applied, terms!, CancellationToken.None);
        })));
        // Once in the run, and once of these.
        (await route.StateAsync()).RowsReceived.ShouldBe(100);
        var subject = Delivering.BatchSubject(batch);
        (await route.WithDb(db => db.Ledger.CountAsync(e => e.Event == "exchange.batch-received" && e.Subject == subject))).ShouldBe(2);
    }

    [Fact]
    public async Task Stop_WhileAnotherProcessRunsTheDelivery_LeavesItToThatRun()
    {
        var route = await exchange.RouteAsync(DataSourceKind.Sqlite, DataSourceKind.Sqlite);
        await route.Source.FillAsync(1, 10);
        (await route.RunAsync()).Problem.ShouldBeNull();
        await using (var lease = await exchange.Services.GetRequiredService<JobLeases>().TryTakeAsync($"exchange.delivery-{route.Delivery:N}", CancellationToken.None))
        {
            lease.ShouldNotBeNull();
            await route.Engine().StopAsync(route.Delivery, CancellationToken.None);
            (await route.StateAsync()).State.ShouldBe(DeliveryState.Waiting);
        }

        await route.Engine().StopAsync(route.Delivery, CancellationToken.None);
        (await route.StateAsync()).State.ShouldBe(DeliveryState.Stopped);
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public async Task Run_RowCondition_OnlyThoseRowsLeave(DataSourceKind from, DataSourceKind to)
    {
        // The column of the condition is not among the agreed ones.
        var route = await exchange.RouteAsync(from, to, s =>
        {
            s.Columns = ["id", "name"];
            s.Rows = [new RowCondition("secret", RowOperator.StartsWith, ["绝密SECRET1"]), new RowCondition("id", RowOperator.AtMost, ["150"]), new RowCondition("name", RowOperator.In, ["企业1", "企业12", "企业120", "企业2"])];
        });
        await route.Source.FillAsync(1, 300);
        (await route.RunAsync()).Problem.ShouldBeNull();
        (await route.Target.QueryAsync("SELECT id, name FROM received ORDER BY id")).ShouldBe(["1|企业1", "12|企业12", "120|企业120"]);
    }
}
