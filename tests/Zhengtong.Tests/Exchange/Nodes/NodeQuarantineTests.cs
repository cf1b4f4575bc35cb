using System.Text;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Exchange.Engine;
using Zhengtong.Exchange.Model;
using Zhengtong.Exchange.Nodes.Machine;
using Zhengtong.Exchange.Quality;
using Zhengtong.Kernel.Identity;
using Zhengtong.Tests.Exchange.Quality;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Exchange.Nodes;

/// <summary>Quarantine where the provider has a node of its own: the rows stay there, the platform decides about them without ever seeing one.</summary>
[OnDatabase(Once = true)]
public sealed class NodeQuarantineTests
{
    [Theory]
    [InlineData(DataSourceKind.Sqlite, CaptureKind.Watermark, true)]
    [InlineData(DataSourceKind.Postgres, CaptureKind.Replication, false)]
    public async Task BadRows_OnTheProvidersNode_AreHeldThereThroughKill9AndMendedOrReleasedFromThePlatform(DataSourceKind kind, CaptureKind capture, bool receives)
    {
        await using var scene = await NodeScene.PrepareAsync(kind, DataSourceKind.Sqlite, receives: receives, change: s => (s.Capture, s.Items) = (capture, QuarantineDeliveryTests.Check));
        await scene.Source.FillAsync(1, 20);
        await scene.ServeAsync();
        await scene.EnrolAsync(scene.Provider);
        if (receives)
        {
            await scene.EnrolAsync(scene.Consumer);
            scene.Run(scene.Consumer);
        }

        var node = scene.Run(scene.Provider);
        await scene.UntilAsync(async () => await scene.Target.CountAsync("received") == 18 && (await HeldAsync(scene)).Count(q => q.State == QuarantineState.Waiting) == 2, "the bad rows are not held back");
        (await HeldAsync(scene)).ShouldAllBe(q => q.Row == null && q.IsOnNode && q.Reasons.Single() == new QualityReason(QualityFault.NotInCodeList, "名称"));

        // Killed with rows in quarantine: they are there when it comes back.
        await node.KillAsync();
        var (list, shown) = (await SaysAsync(scene, null), new StringBuilder());
        list.ShouldContain("2");
        foreach (var row in await HeldAsync(scene)) { shown.Append(await SaysAsync(scene, row.Id)); }
        shown.ToString().ShouldContain("企业5");
        shown.ToString().ShouldContain("企业7");
        Mentions(scene.Provider.Open().Of("node.db"), "企业5").ShouldBeFalse();
        node = scene.Run(scene.Provider);

        await scene.Source.TouchAsync("id = 5", "企业1");
        await scene.UntilAsync(async () => await scene.Target.CountAsync("received", "id = 5") == 1, "what was mended does not arrive");
        await scene.UntilAsync(async () => (await HeldAsync(scene)).Count(q => q.State == QuarantineState.Superseded) == 1, "the older version still waits");

        // Released while the node is away; it goes out once, though the node is killed again on the way.
        var last = (await HeldAsync(scene)).Single(q => q.State == QuarantineState.Waiting);
        await node.KillAsync();
        await ReleaseAsync(scene, last);
        node = scene.Run(scene.Provider);
        await node.ReadyAsync();
        await node.KillAsync();
        scene.Run(scene.Provider);
        await scene.UntilAsync(async () => await scene.Target.CountAsync("received", "id = 7") == 1, "what was released does not arrive");
        (await scene.Target.QueryAsync("SELECT name FROM received WHERE id = 7")).ShouldBe(["企**"]);
        await scene.UntilAsync(async () => (await HeldAsync(scene)).Single(q => q.Id == last.Id).State == QuarantineState.Released, "the platform is not told");
        last = (await HeldAsync(scene)).Single(q => q.Id == last.Id);
        var batch = await scene.WithDb(db => db.Batches.AsNoTracking().SingleAsync(b => b.Sequence == last.Batch));
        (batch.Phase, batch.Rows).ShouldBe((DeliveryPhase.Repair, 1));
        await scene.ProveAsync();
        (await SaysAsync(scene, last.Id, 1)).ShouldContain($"{last.Id}");
        (await scene.WithDb(db => db.Ledger.Where(e => e.Event.Contains("quarantine")).Select(e => e.Event).ToListAsync())).Order().ShouldBe(
            ["exchange.quarantine-released", "exchange.quarantine-sent", "exchange.quarantine-superseded", "exchange.rows-quarantined"]);

        // No value of a held row ever lay on the platform.
        await foreach (var (path, bytes) in StoredFiles.InAsync(scene.Deployment.DataDirectory)) { bytes.AsSpan().IndexOf(Encoding.UTF8.GetBytes("企业5")).ShouldBe(-1, path); }
    }

    [Fact]
    public async Task Discard_RowOnTheProvidersNode_TakesNoRoomStaysReadableThereAndItsNewerVersionFlows()
    {
        await using var scene = await NodeScene.PrepareAsync(DataSourceKind.Sqlite, DataSourceKind.Sqlite, receives: false, change: s => s.Items = QuarantineDeliveryTests.Check);
        await scene.Source.FillAsync(1, 20);
        // There is room for the two that are bad, and for no third.
        await scene.ServeAsync(TimeProvider.System, ("Exchange:MostQuarantined", "2"));
        await scene.EnrolAsync(scene.Provider);
        await scene.RunAsync(scene.Provider, TimeProvider.System);
        await scene.UntilAsync(async () => (await HeldAsync(scene)).Count == 2 && await scene.Target.CountAsync("received") == 18, "the bad rows are not held back");
        await scene.Source.TouchAsync("id = 9", "企业5");
        await scene.UntilAsync(async () => (await scene.WithDb(db => db.Deliveries.AsNoTracking().SingleAsync())).Problem == "exchange.quarantine-full", "a third is taken");

        var row = (await HeldAsync(scene))[0];
        await DiscardAsync(scene, row);
        await scene.UntilAsync(async () => (await HeldAsync(scene)).Count(q => q.State == QuarantineState.Waiting) == 2, "what is discarded takes the room of another");
        (await HeldAsync(scene)).Single(q => q.Id == row.Id).ShouldSatisfyAllConditions(q => q.State.ShouldBe(QuarantineState.Discarded), q => q.IsOnNode.ShouldBeTrue());
        (await SaysAsync(scene, row.Id)).ShouldContain("企业");

        await scene.Source.TouchAsync("id IN (5, 7)", "企业1");
        await scene.UntilAsync(async () => await scene.Target.CountAsync("received", "id IN (5, 7)") == 2, "what was mended does not arrive");
        await scene.UntilAsync(async () => (await HeldAsync(scene)).Single(q => q.Id == row.Id).State == QuarantineState.Superseded, "the discarded version is still kept");
    }

    [Fact]
    public async Task BadRows_FolderOfTheNodeIsLost_AreSupersededByTheNewCopyAndHeldAgain()
    {
        await using var scene = await NodeScene.PrepareAsync(DataSourceKind.Sqlite, DataSourceKind.Sqlite, receives: false, change: s => s.Items = QuarantineDeliveryTests.Check);
        await scene.Source.FillAsync(1, 20);
        await scene.ServeAsync();
        await scene.EnrolAsync(scene.Provider);
        var node = scene.Run(scene.Provider);
        await scene.UntilAsync(async () => (await HeldAsync(scene)).Count == 2, "the bad rows are not held back");
        await node.KillAsync();
        foreach (var end in new[] { "", "-wal", "-shm" }) { File.Delete(scene.Provider.Open().Of("node.db") + end); }
        File.Delete(scene.Provider.Open().Of("keys/mask.key"));
        scene.Run(scene.Provider);
        await scene.UntilAsync(async () => (await HeldAsync(scene)).Count(q => q.State == QuarantineState.Waiting) == 2 && (await HeldAsync(scene)).Count == 4, "they are not held again");
        await scene.UntilAsync(async () => await scene.Target.CountAsync("received") == 18, "the copy does not arrive");
    }

    private static Task<List<QuarantinedRow>> HeldAsync(NodeScene scene) => scene.WithDb(db => db.Quarantine.AsNoTracking().OrderBy(q => q.At).ThenBy(q => q.Id).ToListAsync());

    private static Actor OfficerOf(NodeScene scene) =>
        new(Guid.CreateVersion7(TimeProvider.System.GetUtcNow()), "张三", scene.Route.Provider.Id, scene.Route.Provider.Region, new HashSet<Role> { Role.DepartmentOfficer });

    internal static async Task DiscardAsync(NodeScene scene, QuarantinedRow row)
    {
        await using var scope = scene.Services.CreateAsyncScope();
        (await DiscardQuarantined.Handle(
            row.Id, new DiscardQuarantinedRequest("登记机关已注销该企业", row.Revision), OfficerOf(scene), scope.ServiceProvider.GetRequiredService<ZhengtongDb>(), TimeProvider.System, CancellationToken.None))
            .Result.ShouldBeOfType<NoContent>();
    }

    private static async Task ReleaseAsync(NodeScene scene, QuarantinedRow row)
    {
        await using var scope = scene.Services.CreateAsyncScope();
        var (services, officer) = (scope.ServiceProvider, OfficerOf(scene));
        var seen = await GetQuarantinedRow.Handle(
            row.Id, officer, services.GetRequiredService<ZhengtongDb>(), services.GetRequiredService<Zhengtong.Agreements.AgreementsLookup>(),
            services.GetRequiredService<Zhengtong.Kernel.Secrets.Vault>(), TimeProvider.System, CancellationToken.None);
        seen.Result.ShouldBeOfType<Ok<GetQuarantinedRowResponse>>().Value!.ShouldSatisfyAllConditions(r => r.OnNode.ShouldBeTrue(), r => r.Values.ShouldBeEmpty());
        (await ReleaseQuarantined.Handle(
            row.Id, new ReleaseQuarantinedRequest("名称已由登记机关核实", row.Revision), officer, services.GetRequiredService<ZhengtongDb>(), services.GetRequiredService<DeliveryReconciler>(),
            TimeProvider.System, CancellationToken.None)).Result.ShouldBeOfType<Accepted>();
    }

    private static async Task<string> SaysAsync(NodeScene scene, Guid? row, int code = 0)
    {
        var said = new StringWriter();
        (await NodeQuarantineVerb.RunAsync(scene.Provider.Folder, row, said, CancellationToken.None)).ShouldBe(code);
        return said.ToString();
    }

    private static bool Mentions(string file, string text)
    {
        using var open = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var bytes = new byte[open.Length];
        open.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        return bytes.AsSpan().IndexOf(Encoding.UTF8.GetBytes(text)) >= 0;
    }
}
