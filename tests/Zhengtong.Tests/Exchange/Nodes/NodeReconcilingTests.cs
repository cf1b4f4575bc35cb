using System.Text;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Exchange.Engine;
using Zhengtong.Exchange.Model;
using Zhengtong.Exchange.Nodes;
using Zhengtong.Exchange.Nodes.Machine;
using Zhengtong.Exchange.Quality;
using Zhengtong.Exchange.Reconciliations;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Secrets;
using Zhengtong.Tests.Exchange.Quality;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Exchange.Nodes;

/// <summary>Reconciliation and repair where one side, or both, are on departments' own nodes: within this process, and as the real program where it is killed.</summary>
[OnDatabase(Once = true)]
public sealed class NodeReconcilingTests
{
    [Theory]
    [InlineData(DataSourceKind.Sqlite, CaptureKind.Watermark, true, true)]
    [InlineData(DataSourceKind.Postgres, CaptureKind.Replication, true, true)]
    [InlineData(DataSourceKind.Sqlite, CaptureKind.Comparison, true, false)]
    [InlineData(DataSourceKind.Sqlite, CaptureKind.Watermark, false, true)]
    public async Task Reconcile_SidesOnNodes_FindsEachDifferenceSignsItAndRepairsIt(DataSourceKind kind, CaptureKind capture, bool provides, bool receives)
    {
        await using var scene = await NodeScene.PrepareAsync(kind, DataSourceKind.Sqlite, provides, receives, s => s.Capture = capture);
        await scene.Source.FillAsync(1, 500);
        await scene.ServeAsync(TimeProvider.System);
        foreach (var machine in new[] { provides ? scene.Provider : null, receives ? scene.Consumer : null }.OfType<Machine>())
        {
            await scene.EnrolAsync(machine);
            await scene.RunAsync(machine, TimeProvider.System);
        }

        await SettledAsync(scene);
        var equal = await ReconcileAsync(scene);
        (equal.State, equal.Problem, equal.IsEqual, equal.ProviderRows + equal.NotCompared).ShouldBe((ReconciliationState.Finished, null, true, 500));
        equal.ProviderDigest.ShouldBe(equal.ConsumerDigest);
        await ProveAsync(scene, equal, provides, receives);

        await scene.Target.ExecuteAsync("DELETE FROM received WHERE id = 5");
        await scene.Target.ExecuteAsync("UPDATE received SET name = '错' WHERE id = 7");
        await scene.Target.ExecuteAsync("UPDATE received SET id = 9001 WHERE id = 8");
        var found = await ReconcileAsync(scene);
        (found.Missing, found.Extra, found.Different, found.Problem).ShouldBe((2, 1, 1, null));
        await ProveAsync(scene, found, provides, receives);
        await ShowsAsync(scene, found, provides, receives);

        await RepairAsync(scene, found);
        await scene.UntilAsync(() => scene.WithDb(db => db.Reconciliations.AnyAsync(r => r.Id == found.Id && r.RepairedAt != null)), "nothing is repaired");
        await SettledAsync(scene);
        (await scene.Target.QueryAsync("SELECT id FROM received WHERE id IN (5, 7, 8) ORDER BY id")).ShouldBe(["5", "7", "8"]);
        (await scene.Target.CountAsync("received", "name = '错'")).ShouldBe(0);
        var repaired = await scene.WithDb(db => db.Reconciliations.AsNoTracking().SingleAsync(r => r.Id == found.Id));
        var sent = await scene.WithDb(db => db.Batches.AsNoTracking().Where(b => b.Sequence >= repaired.RepairFirst && b.Sequence <= repaired.RepairLast).ToListAsync());
        (sent.Sum(b => b.Rows), sent.All(b => b.Phase == DeliveryPhase.Repair)).ShouldBe((3, true));
        await scene.ProveAsync();
        var after = await ReconcileAsync(scene);
        (after.Missing, after.Extra, after.Different).ShouldBe((0, 1, 0));
        (await scene.WithDb(db => db.Statements.OrderBy(s => s.Sequence).Select(s => s.Sequence).ToListAsync())).ShouldBe([1, 2, 3]);
        (await scene.WithDb(db => db.ComparisonPasses.CountAsync())).ShouldBe(0);
    }

    [Fact]
    public async Task Reconcile_RowThatAHostedProviderDiscarded_IsNoDifferenceToItsConsumersNode()
    {
        await using var scene = await NodeScene.PrepareAsync(DataSourceKind.Sqlite, DataSourceKind.Sqlite, provides: false, change: s => s.Items = QuarantineDeliveryTests.Check);
        await scene.Source.FillAsync(1, 20);
        await scene.ServeAsync(TimeProvider.System);
        await scene.EnrolAsync(scene.Consumer);
        await scene.RunAsync(scene.Consumer, TimeProvider.System);
        await SettledAsync(scene, 18);
        var held = await scene.WithDb(db => db.Quarantine.AsNoTracking().ToListAsync());
        held.Count.ShouldBe(2);
        await NodeQuarantineTests.DiscardAsync(scene, held[0]);
        var found = await ReconcileAsync(scene);
        (found.Problem, found.Missing, found.Extra, found.Different, found.Quarantined).ShouldBe((null, 0, 0, 0, 2));
    }

    [Fact]
    public async Task Kill9_EachNodeAndThePlatformDuringAReconciliationWithRowsInQuarantine_ItEndsRightAndSigned()
    {
        await using var scene = await NodeScene.PrepareAsync(DataSourceKind.Sqlite, DataSourceKind.Sqlite, change: s => s.Items = i => i.Column == "name" ? i with { Length = 20 } : i);
        await scene.Source.FillAsync(1, 10_000);
        await scene.Source.TouchAsync("id = 5 OR id = 7", new string('长', 30));
        var platform = await scene.ServeAsync();
        await scene.EnrolAsync(scene.Provider);
        await scene.EnrolAsync(scene.Consumer);
        var (provider, consumer) = (scene.Run(scene.Provider), scene.Run(scene.Consumer));
        await SettledAsync(scene, 9_998);
        await scene.Target.ExecuteAsync("DELETE FROM received WHERE id % 1000 = 0");
        await scene.UntilAsync(async () => await scene.WithDb(db => db.Quarantine.CountAsync()) == 2, "the bad rows are not held back");

        var asked = await AskAsync(scene);
        Task PassedAsync(int number) => scene.UntilAsync(
            () => scene.WithDb(async db => await db.ComparisonPasses.AnyAsync(p => p.ReconciliationId == asked && p.Number >= number) || await db.Reconciliations.AnyAsync(r => r.Id == asked && r.FinishedAt != null)), "nothing is asked");
        await PassedAsync(0);
        await provider.KillAsync();
        scene.Run(scene.Provider);
        await PassedAsync(1);
        await consumer.KillAsync();
        consumer = scene.Run(scene.Consumer);
        await PassedAsync(2);
        await platform.KillAsync();
        await scene.ServeAsync();
        await PassedAsync(3);
        await consumer.KillAsync();
        scene.Run(scene.Consumer);

        var found = await FinishedAsync(scene, asked);
        (found.State, found.Problem, found.Missing, found.Extra, found.Different, found.Quarantined).ShouldBe((ReconciliationState.Finished, null, 10, 0, 0, 2));
        await ProveAsync(scene, found, true, true);
        (await scene.WithDb(db => db.Statements.CountAsync())).ShouldBe(1);

        // The order to repair, and again a kill on its way.
        await RepairAsync(scene, found);
        await scene.UntilAsync(() => scene.WithDb(db => db.Reconciliations.AnyAsync(r => r.Id == found.Id && r.RepairedAt != null)), "nothing is repaired");
        await SettledAsync(scene, 9_998);
        (await scene.WithDb(db => db.Ledger.CountAsync(e => e.Event == "exchange.repair-sealed"))).ShouldBe(1);
        (await scene.WithDb(db => db.Quarantine.CountAsync(q => q.State == QuarantineState.Waiting))).ShouldBe(2);
    }

    [Fact]
    public async Task Reconcile_NodeIsSilentForTooLong_IsGivenUpAndTheDeliveryGoesOn()
    {
        await using var scene = await NodeScene.PrepareAsync(DataSourceKind.Sqlite, DataSourceKind.Sqlite, provides: false);
        await scene.Source.FillAsync(1, 50);
        await scene.ServeAsync(("Exchange:Nodes:SilentSeconds", "2"), ("Exchange:Nodes:AnswerMinutes", "0.02"));
        await scene.EnrolAsync(scene.Consumer);
        var node = scene.Run(scene.Consumer);
        await SettledAsync(scene);
        // It dies with a question before it.
        await node.KillAsync();
        var asked = await scene.WithDb(async db =>
        {
            var delivery = await db.Deliveries.SingleAsync();
            var reconciliation = Reconciliation.Of(delivery.Id, TimeProvider.System.GetUtcNow());
            reconciliation.Begin(delivery.Sequence, 0, TimeProvider.System.GetUtcNow());
            db.Reconciliations.Add(reconciliation);
            var pass = new ComparisonPass
            {
                Id = Guid.CreateVersion7(TimeProvider.System.GetUtcNow()), ReconciliationId = reconciliation.Id, Number = 0, Role = NodeRole.Consumer, Kind = PassKind.Ranges, NodeId = scene.Consumer.Node,
                AskedAt = TimeProvider.System.GetUtcNow(),
            };
            db.ComparisonPasses.Add(pass);
            await db.SaveChangesAsync();
            return reconciliation.Id;
        });
        var failed = await FinishedAsync(scene, asked);
        (failed.State, failed.Problem).ShouldBe((ReconciliationState.Failed, "exchange.comparison-unanswered"));
        (await scene.WithDb(db => db.ComparisonPasses.CountAsync())).ShouldBe(0);
        scene.Run(scene.Consumer);
        await scene.Source.FillAsync(51, 60, fresh: true);
        await scene.EqualAsync();
    }

    /// <summary>The snapshot is over, and every batch has its receipt.</summary>
    private static Task SettledAsync(NodeScene scene, long? rows = null) => scene.UntilAsync(
        async () => await scene.Target.CountAsync("received") >= (rows ?? await scene.Source.CountAsync("enterprise"))
            && await scene.WithDb(async db => await db.Deliveries.AnyAsync(d => d.Phase == DeliveryPhase.Changes) && !await db.Batches.AnyAsync(b => b.ReceivedAt == null)), "the delivery does not settle", 120);

    private static async Task<Guid> AskAsync(NodeScene scene) => await scene.WithDb(async db =>
    {
        var asked = Reconciliation.Of(await db.Deliveries.Select(d => d.Id).SingleAsync(), TimeProvider.System.GetUtcNow());
        db.Reconciliations.Add(asked);
        await db.SaveChangesAsync();
        return asked.Id;
    });

    private static async Task<Reconciliation> ReconcileAsync(NodeScene scene) => await FinishedAsync(scene, await AskAsync(scene));

    private static async Task<Reconciliation> FinishedAsync(NodeScene scene, Guid id)
    {
        await scene.UntilAsync(() => scene.WithDb(db => db.Reconciliations.AnyAsync(r => r.Id == id && r.FinishedAt != null)), "the reconciliation does not end", 180);
        return await scene.WithDb(db => db.Reconciliations.AsNoTracking().SingleAsync(r => r.Id == id));
    }

    /// <summary>Each side signed by its own key: a node by one that the platform has not.</summary>
    private static async Task ProveAsync(NodeScene scene, Reconciliation found, bool provides, bool receives)
    {
        var statement = await scene.WithDb(db => db.Statements.AsNoTracking().SingleAsync(s => s.ReconciliationId == found.Id));
        var document = StatementDocument.Parse(statement.Document).ShouldNotBeNull();
        (document.ProviderRows, document.ConsumerRows, document.Missing, document.Extra, document.Different, document.LastBatch).ShouldBe(
            (found.ProviderRows, found.ConsumerRows, found.Missing, found.Extra, found.Different, found.LastBatch));
        foreach (var (keyId, signature, node) in new[] { (statement.ProviderKey, statement.ProviderSignature, provides ? scene.Provider.Node : (Guid?)null), (statement.ConsumerKey, statement.ConsumerSignature, receives ? scene.Consumer.Node : null) })
        {
            var key = await scene.WithDb(db => db.OrganisationKeys.AsNoTracking().SingleAsync(k => k.KeyId == keyId));
            (key.NodeId, key.PrivateKey is null).ShouldBe((node, node is not null));
            OrganisationKeys.Verify(key, Encoding.UTF8.GetBytes(statement.Document), signature).ShouldBeTrue();
        }
    }

    /// <summary>The platform names what it hosts; of a node's rows it has digests, and the node shows the keys.</summary>
    private static async Task ShowsAsync(NodeScene scene, Reconciliation found, bool provides, bool receives)
    {
        await using var scope = scene.Services.CreateAsyncScope();
        var services = scope.ServiceProvider;
        var answer = await GetReconciliation.Handle(found.Id, OfficerOf(scene), services.GetRequiredService<ZhengtongDb>(), services.GetRequiredService<Vault>(), CancellationToken.None);
        var shown = answer.Result.ShouldBeOfType<Ok<GetReconciliationResponse>>().Value!;
        (shown.Salt is null).ShouldBe(provides && receives);
        var named = shown.Differences.Where(d => d.Digest is null).Select(d => $"{d.Kind} {d.Key.Single()}").Order(StringComparer.Ordinal).ToList();
        named.ShouldBe((provides, receives) switch
        {
            (true, true) => [],
            (true, false) => ["Different 7", "Extra 9001"],
            _ => ["Different 7", "Missing 5", "Missing 8"],
        });
        shown.Differences.Count.ShouldBe(4);
        foreach (var (machine, keys) in new[] { (provides ? scene.Provider : null, new[] { " 5", " 7", " 8" }), (receives ? scene.Consumer : null, [" 7", " 9001"]) })
        {
            if (machine is null) { continue; }
            var said = new StringWriter();
            (await NodeDifferencesVerb.RunAsync(machine.Folder, found.Id, said, CancellationToken.None)).ShouldBe(0, said.ToString());
            var lines = said.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries)[1..].Select(l => l[l.LastIndexOf(' ')..].TrimEnd());
            lines.Order(StringComparer.Ordinal).ShouldBe(keys);
        }
    }

    private static async Task RepairAsync(NodeScene scene, Reconciliation found)
    {
        await using var scope = scene.Services.CreateAsyncScope();
        var services = scope.ServiceProvider;
        (await RepairDifferences.Handle(
            found.Id, OfficerOf(scene), services.GetRequiredService<ZhengtongDb>(), services.GetRequiredService<Zhengtong.Agreements.AgreementsLookup>(), services.GetRequiredService<DeliveryReconciler>(),
            TimeProvider.System, CancellationToken.None)).Result.ShouldBeOfType<Accepted>();
    }

    private static Actor OfficerOf(NodeScene scene) =>
        new(Guid.CreateVersion7(TimeProvider.System.GetUtcNow()), "张三", scene.Route.Provider.Id, scene.Route.Provider.Region, new HashSet<Role> { Role.DepartmentOfficer });
}
