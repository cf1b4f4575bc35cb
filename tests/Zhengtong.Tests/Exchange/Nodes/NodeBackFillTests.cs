using System.Text;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Exchange.BackFills;
using Zhengtong.Exchange.Engine;
using Zhengtong.Exchange.Model;
using Zhengtong.Exchange.Nodes;
using Zhengtong.Exchange.Nodes.Machine;
using Zhengtong.Exchange.Quality;
using Zhengtong.Exchange.Timetables;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Secrets;
using Zhengtong.Tests.Exchange.Quality;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Exchange.Nodes;

/// <summary>Rows of a range that a provider's own node delivers again: the real program, as platform and as node.</summary>
[OnDatabase(Once = true)]
public sealed class NodeBackFillTests
{
    [Theory]
    [InlineData(DataSourceKind.Sqlite, CaptureKind.Watermark, true, SuiteName.International)]
    [InlineData(DataSourceKind.Postgres, CaptureKind.Replication, false, SuiteName.National)]
    public async Task BackFill_Kill9OfTheNodeAndThePlatformOnItsWay_DeliversEachRowOnceAndTheStreamGoesOn(DataSourceKind kind, CaptureKind capture, bool receives, SuiteName suite)
    {
        // Values by which no row is named: wherever they are found, it is the order that was written down.
        const string From = "范围a-9d1c", Until = "范围z-9d1c";
        await using var scene = await NodeScene.PrepareAsync(kind, DataSourceKind.Sqlite, receives: receives, change: s => (s.Capture, s.Suite) = (capture, suite));
        await scene.Source.FillAsync(1, 1_000);
        await scene.Source.ExecuteAsync("UPDATE enterprise SET name = '范围m' WHERE id BETWEEN 101 AND 900");
        var platform = await scene.ServeAsync(("Exchange:BatchRows", "50"));
        await scene.EnrolAsync(scene.Provider);
        if (receives)
        {
            await scene.EnrolAsync(scene.Consumer);
            scene.Run(scene.Consumer);
        }

        var node = scene.Run(scene.Provider);
        await SettledAsync(scene);
        await scene.Target.ExecuteAsync("DELETE FROM received WHERE id BETWEEN 150 AND 850");
        await LimitAsync(scene, 200);
        var id = await OrderAsync(scene, "name", From, Until);

        await scene.UntilAsync(async () => (await ReadAsync(scene, id)).Rows >= 50, "nothing of the back-fill comes");
        (await ReadAsync(scene, id)).ShouldSatisfyAllConditions(b => b.State.ShouldBe(BackFillState.Running), b => b.EstimatedRows.ShouldNotBeNull(), b => b.Position.ShouldBeNull());
        await node.KillAsync();
        node = scene.Run(scene.Provider);
        await scene.UntilAsync(async () => (await ReadAsync(scene, id)).Rows >= 200, "the back-fill does not go on");
        // While the platform is away it goes on into the queue.
        await platform.KillAsync();
        await scene.UntilAsync(() => Task.FromResult(scene.Provider.Open().Report is { QueuedBatches: > 0 }), "nothing is sealed while the platform is away");
        await node.KillAsync();
        scene.Run(scene.Provider);
        await scene.ServeAsync(("Exchange:BatchRows", "50"));

        await scene.UntilAsync(async () => (await ReadAsync(scene, id)).State == BackFillState.Finished, "the back-fill does not end", 120);
        var sent = await SentAsync(scene);
        (sent.Sum(b => b.Rows), sent.Max(b => b.Rows)).ShouldBe((800, 50));
        (await ReadAsync(scene, id)).ShouldSatisfyAllConditions(
            b => b.Rows.ShouldBe(800), b => (b.FirstBatch, b.LastBatch).ShouldBe((sent[0].Sequence, sent[^1].Sequence)), b => b.ActiveDeliveryId.ShouldBeNull());
        await LimitAsync(scene, null);
        await scene.Source.TouchAsync("id = 1", "照常");
        await scene.EqualAsync();
        await scene.ProveAsync();
        (await scene.WithDb(db => db.Ledger.Where(e => e.Subject == id.ToString()).Select(e => e.Event).ToListAsync())).ShouldBe(["exchange.back-fill-ordered", "exchange.back-fill-finished"], ignoreOrder: true);

        foreach (var folder in new[] { scene.Deployment.DataDirectory, scene.Provider.Folder })
        {
            await foreach (var (path, bytes) in StoredFiles.InAsync(folder))
            {
                foreach (var value in new[] { From, Until }) { bytes.AsSpan().IndexOf(Encoding.UTF8.GetBytes(value)).ShouldBe(-1, path); }
            }
        }
    }

    [Fact]
    public async Task Withdraw_OnItsWay_StopsOnTheNodeAndCountsWhatWasSealedBefore()
    {
        await using var scene = await NodeScene.PrepareAsync(DataSourceKind.Postgres, DataSourceKind.Postgres, receives: false);
        await scene.Source.FillAsync(1, 1_000);
        await scene.ServeAsync(TimeProvider.System, ("Exchange:BatchRows", "50"));
        await scene.EnrolAsync(scene.Provider);
        await scene.RunAsync(scene.Provider, TimeProvider.System);
        await SettledAsync(scene);
        await LimitAsync(scene, 100);
        var id = await OrderAsync(scene, "id", "1", "1000");
        await scene.UntilAsync(async () => (await ReadAsync(scene, id)).Rows >= 100, "nothing of the back-fill comes");
        await WithdrawAsync(scene, id);
        await scene.UntilAsync(() => Task.FromResult(scene.Provider.Open().Configuration?.Document.Contains("\"backFill\"", StringComparison.Ordinal) == false), "the node does not hear of it");
        await LimitAsync(scene, null);
        await scene.Source.TouchAsync("id = 1", "撤回之后");
        await scene.EqualAsync();
        var sent = await SentAsync(scene);
        await scene.UntilAsync(async () => (await ReadAsync(scene, id)).Rows == sent.Sum(b => b.Rows), "what arrived is not counted");
        (await ReadAsync(scene, id)).ShouldSatisfyAllConditions(b => b.State.ShouldBe(BackFillState.Withdrawn), b => b.Rows.ShouldBeInRange(100, 950), b => b.LastBatch.ShouldBe(sent[^1].Sequence));
        // The limit held for what had left.
        for (var n = 1; n < sent.Count; n++) { (sent[n].SealedAt - sent[0].SealedAt).TotalSeconds.ShouldBeGreaterThanOrEqualTo((sent.Take(n).Sum(b => b.Rows) / 100.0) - 0.05); }

        var next = await OrderAsync(scene, "id", "2001", "3000");
        await scene.UntilAsync(async () => (await ReadAsync(scene, next)).State == BackFillState.Finished, "the next one does not end");
        (await ReadAsync(scene, next)).ShouldSatisfyAllConditions(b => b.Rows.ShouldBe(0), b => b.FirstBatch.ShouldBeNull());
        (await ReadAsync(scene, id)).State.ShouldBe(BackFillState.Withdrawn);
        await scene.ProveAsync();
    }

    [Fact]
    public async Task BackFill_TheSourceRefusesIt_FailsAloneAndTheDeliveryGoesOn()
    {
        await using var scene = await NodeScene.PrepareAsync(DataSourceKind.Postgres, DataSourceKind.Sqlite, receives: false);
        await scene.Source.FillAsync(1, 100);
        await scene.ServeAsync(TimeProvider.System);
        await scene.EnrolAsync(scene.Provider);
        await scene.RunAsync(scene.Provider, TimeProvider.System);
        await SettledAsync(scene);
        // Past the slice, which would refuse it: the column holds moments.
        var id = await scene.WithDb(async db =>
        {
            var now = TimeProvider.System.GetUtcNow();
            var made = Guid.CreateVersion7(now);
            db.BackFills.Add(BackFill.Of(made, await db.Deliveries.Select(d => d.Id).SingleAsync(), scene.Route.Consumer.Id, "changed", BackFilling.Seal(scene.Services.GetRequiredService<Vault>(), made, new BackFillRange("1", "5")), now));
            await db.SaveChangesAsync();
            return made;
        });
        await scene.UntilAsync(async () => (await ReadAsync(scene, id)).EndedAt is not null, "it does not end");
        (await ReadAsync(scene, id)).ShouldSatisfyAllConditions(b => b.State.ShouldBe(BackFillState.Failed), b => b.Problem.ShouldBe("exchange.source-refused"), b => b.ActiveDeliveryId.ShouldBeNull());
        await scene.Source.TouchAsync("id = 7", "照常");
        await scene.EqualAsync();
        (await scene.WithDb(db => db.Ledger.CountAsync(e => e.Event == "exchange.back-fill-failed" && e.Subject == id.ToString()))).ShouldBe(1);
        (await scene.WithDb(db => db.Deliveries.Select(d => d.Problem).SingleAsync())).ShouldBeNull();

        // What is over nobody reads any more, and what is said of it again, or of what the platform does not have, changes nothing.
        var folder = scene.Provider.Open();
        using var line = new PlatformLine(folder, folder.Identity!, TimeProvider.System);
        var delivery = await scene.WithDb(db => db.Deliveries.Select(d => d.Id).SingleAsync());
        (await Should.ThrowAsync<PlatformRefusedException>(() => line.BackFillAsync(delivery, id, CancellationToken.None))).Code.ShouldBe("exchange.back-fill-unknown");
        (await Should.ThrowAsync<PlatformRefusedException>(() => line.BackFillAsync(id, id, CancellationToken.None))).Code.ShouldBe("exchange.node-not-serving");
        (await Should.ThrowAsync<PlatformRefusedException>(() => line.TellAsync(delivery, new NodeBackFillRequest(id, null, null, "no.code"), CancellationToken.None))).Code.ShouldBe("kernel.malformed");
        foreach (var said in new[] { new NodeBackFillRequest(id, 5, null, null), new NodeBackFillRequest(id, null, 1, null), new NodeBackFillRequest(id, null, null, null), new NodeBackFillRequest(delivery, null, null, null) })
        {
            await line.TellAsync(delivery, said, CancellationToken.None);
        }

        (await ReadAsync(scene, id)).ShouldSatisfyAllConditions(b => b.State.ShouldBe(BackFillState.Failed), b => b.Rows.ShouldBe(0), b => b.FirstBatch.ShouldBeNull());
    }

    [Theory]
    [InlineData(SuiteName.International)]
    [InlineData(SuiteName.National)]
    public void Open_ForAnotherKeyOrAltered_IsNone(SuiteName name)
    {
        var suite = Suite.Of(name);
        var (own, other) = (suite.MakePair(), suite.MakePair());
        using var key = suite.OpenReceiving(own.PrivateKey);
        using var strange = suite.OpenReceiving(other.PrivateKey);
        var now = TimeProvider.System.GetUtcNow();
        var ordered = BackFill.Of(Guid.CreateVersion7(now), Guid.CreateVersion7(now), Guid.CreateVersion7(now), "name", [], now);
        var sent = NodeBackFill.Of(ordered, new BackFillRange("甲", "乙"), suite, own.PublicKey);
        sent.Open(suite, key).ShouldBe(new BackFillOrder(ordered.Id, "name", new BackFillRange("甲", "乙"), null));
        sent.Open(suite, strange).ShouldBeNull();
        (sent with { Column = "note" }).Open(suite, key).ShouldBeNull();
        (sent with { BackFill = ordered.DeliveryId }).Open(suite, key).ShouldBeNull();
        (sent with { Range = sent.Range[..^4] }).Open(suite, key).ShouldBeNull();
        (sent with { Range = "" }).Open(suite, key).ShouldBeNull();
        (sent with { Exchange = "no base64" }).Open(suite, key).ShouldBeNull();
    }

    [Fact]
    public async Task BackFill_RowsInItThatDoNotPass_StayInQuarantineAndAreHeldOnce()
    {
        await using var scene = await NodeScene.PrepareAsync(DataSourceKind.Sqlite, DataSourceKind.Sqlite, receives: false, change: s => s.Items = QuarantineDeliveryTests.Check);
        await scene.Source.FillAsync(1, 20);
        await scene.ServeAsync(TimeProvider.System);
        await scene.EnrolAsync(scene.Provider);
        await scene.RunAsync(scene.Provider, TimeProvider.System);
        await SettledAsync(scene, 18);
        await scene.Target.ExecuteAsync("DELETE FROM received WHERE id <> 1");
        var id = await OrderAsync(scene, "id", "4", "20");
        await scene.UntilAsync(async () => (await ReadAsync(scene, id)).State == BackFillState.Finished, "the back-fill does not end");
        (await ReadAsync(scene, id)).Rows.ShouldBe(15);
        await scene.UntilAsync(async () => await scene.Target.CountAsync("received") == 16, "the rows do not arrive");
        await scene.UntilAsync(() => scene.WithDb(async db => await db.Quarantine.CountAsync(q => q.State == QuarantineState.Waiting) == 2), "a row is held twice, or not at all");
        (await scene.Target.QueryAsync("SELECT DISTINCT name FROM received WHERE id > 9")).ShouldBe(["企***"]);
    }

    /// <summary>The snapshot is over, and every batch has its receipt.</summary>
    private static Task SettledAsync(NodeScene scene, long? rows = null) => scene.UntilAsync(
        async () => await scene.Target.CountAsync("received") >= (rows ?? await scene.Source.CountAsync("enterprise"))
            && await scene.WithDb(async db => await db.Deliveries.AnyAsync(d => d.SnapshotFinishedAt != null) && !await db.Batches.AnyAsync(b => b.ReceivedAt == null)), "the delivery does not settle", 120);

    private static async Task<Guid> OrderAsync(NodeScene scene, string column, string from, string until)
    {
        await using var scope = scene.Services.CreateAsyncScope();
        var services = scope.ServiceProvider;
        var db = services.GetRequiredService<ZhengtongDb>();
        var answer = await OrderBackFill.Handle(
            await db.Deliveries.Select(d => d.Id).SingleAsync(), new OrderBackFillRequest(column, from, until), OfficerOf(scene), db, services.GetRequiredService<Zhengtong.Agreements.AgreementsLookup>(),
            services.GetRequiredService<Vault>(), services.GetRequiredService<DeliveryReconciler>(), TimeProvider.System, CancellationToken.None);
        return answer.Result.ShouldBeOfType<Accepted<OrderBackFillResponse>>().Value!.Id;
    }

    private static async Task WithdrawAsync(NodeScene scene, Guid id)
    {
        await using var scope = scene.Services.CreateAsyncScope();
        (await WithdrawBackFill.Handle(id, OfficerOf(scene), scope.ServiceProvider.GetRequiredService<ZhengtongDb>(), TimeProvider.System, CancellationToken.None)).Result.ShouldBeOfType<NoContent>();
    }

    private static Task LimitAsync(NodeScene scene, int? rows) => scene.WithDb(async db =>
    {
        (await db.TimetableToChangeAsync(await db.Deliveries.Select(d => d.Id).SingleAsync(), CancellationToken.None)).LimitTo(rows, null);
        return await db.SaveTimetableAsync(CancellationToken.None);
    });

    private static Task<BackFill> ReadAsync(NodeScene scene, Guid id) => scene.WithDb(db => db.BackFills.AsNoTracking().SingleAsync(b => b.Id == id));

    private static Task<List<Batch>> SentAsync(NodeScene scene) => scene.WithDb(db => db.Batches.AsNoTracking().Where(b => b.Phase == DeliveryPhase.Repair).OrderBy(b => b.Sequence).ToListAsync());

    private static Actor OfficerOf(NodeScene scene) =>
        new(Guid.CreateVersion7(TimeProvider.System.GetUtcNow()), "张三", scene.Route.Consumer.Id, scene.Route.Consumer.Region, new HashSet<Role> { Role.DepartmentOfficer });
}
