using System.Text;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Agreements;
using Zhengtong.Catalogue.Model;
using Zhengtong.Exchange.Model;
using Zhengtong.Exchange.Quality;
using Zhengtong.Kernel.Calendar;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Organisations;
using Zhengtong.Kernel.Secrets;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Exchange.Nodes;

/// <summary>Corrections where the provider has a node of its own: the node says which batch holds a doubted row, and the platform never learns any other.</summary>
[OnDatabase(Once = true)]
public sealed class NodeCorrectionTests
{
    [Theory]
    [InlineData(DataSourceKind.Sqlite, CaptureKind.Watermark, true)]
    [InlineData(DataSourceKind.Postgres, CaptureKind.Replication, false)]
    public async Task Correction_RowMendedOnTheProvidersNode_ClosesWithItsBatchThoughTheNodeIsKilled(DataSourceKind kind, CaptureKind capture, bool receives)
    {
        await using var scene = await NodeScene.PrepareAsync(kind, DataSourceKind.Sqlite, receives: receives, change: s => (s.Capture, s.Items) = (capture, i => i.Column == "name" ? i with { Mask = ItemMask.Name, Length = 20 } : i));
        await scene.Source.FillAsync(1, 50);
        await scene.ServeAsync();
        await scene.EnrolAsync(scene.Provider);
        if (receives)
        {
            await scene.EnrolAsync(scene.Consumer);
            scene.Run(scene.Consumer);
        }

        var node = scene.Run(scene.Provider);
        await scene.UntilAsync(() => scene.WithDb(db => db.Deliveries.AnyAsync(d => d.SnapshotFinishedAt != null)), "the snapshot does not end");
        var (mended, early, untouched) = (await OpenAsync(scene, "7"), await OpenAsync(scene, "8"), await OpenAsync(scene, "9"));
        await scene.UntilAsync(() => Task.FromResult(scene.Provider.Open().Configuration?.Document.Contains($"{untouched}", StringComparison.Ordinal) == true), "the node does not hear of the doubt");
        var before = await scene.WithDb(db => db.Deliveries.Select(d => d.Sequence).SingleAsync());
        await AnswerAsync(scene, mended, CorrectionOutcome.Corrected);
        (await ReadAsync(scene, mended)).State.ShouldBe(CorrectionState.Corrected);

        // Another row flows, and a version of the row that does not pass: neither is the mended one.
        await scene.Source.TouchAsync("id = 20", "别的企业");
        await scene.Source.TouchAsync("id = 7", new string('长', 30));
        await scene.UntilAsync(() => scene.WithDb(db => db.Quarantine.AnyAsync(q => q.State == QuarantineState.Waiting)), "the bad version is not held back");
        (await ReadAsync(scene, mended)).ShouldSatisfyAllConditions(c => c.State.ShouldBe(CorrectionState.Corrected), c => c.Batch.ShouldBeNull());

        await node.KillAsync();
        await scene.Source.TouchAsync("id = 7", "更正后的名称");
        node = scene.Run(scene.Provider);
        await node.ReadyAsync();
        await node.KillAsync();
        scene.Run(scene.Provider);
        await scene.UntilAsync(async () => (await ReadAsync(scene, mended)).State == CorrectionState.Closed, "the ticket does not close");
        var closed = await ReadAsync(scene, mended);
        closed.Batch.ShouldNotBeNull().ShouldBeGreaterThan(before);
        (await scene.WithDb(db => db.Batches.AsNoTracking().SingleAsync(b => b.Sequence == closed.Batch))).Phase.ShouldBe(DeliveryPhase.Changes);
        await scene.UntilAsync(async () => (await scene.Target.QueryAsync("SELECT name FROM received WHERE id = 7")).Single() == "更*****", "the mended row does not arrive");

        // Mended before it is answered: then the answer closes it.
        await scene.Source.TouchAsync("id = 8", "先改后答");
        await scene.UntilAsync(async () => (await ReadAsync(scene, early)).Batch is not null, "the platform is not told");
        (await ReadAsync(scene, early)).State.ShouldBe(CorrectionState.Open);
        await AnswerAsync(scene, early, CorrectionOutcome.Corrected);
        (await ReadAsync(scene, early)).State.ShouldBe(CorrectionState.Closed);

        (await ReadAsync(scene, untouched)).ShouldSatisfyAllConditions(c => c.State.ShouldBe(CorrectionState.Open), c => c.Batch.ShouldBeNull());
        await scene.UntilAsync(() => Task.FromResult(scene.Provider.Open().Configuration?.Document is { } document && !document.Contains($"{mended}", StringComparison.Ordinal) && document.Contains($"{untouched}", StringComparison.Ordinal)), "what is settled is still asked for");
        await scene.ProveAsync();
        (await scene.WithDb(db => db.Ledger.Where(e => e.Subject == mended.ToString()).Select(e => e.Event).ToListAsync())).ShouldBe(
            ["exchange.correction-opened", "exchange.correction-answered", "exchange.correction-closed"], ignoreOrder: true);
        foreach (var folder in new[] { scene.Deployment.DataDirectory, Path.GetDirectoryName(scene.Target.Path)! })
        {
            await foreach (var (path, bytes) in StoredFiles.InAsync(folder)) { bytes.AsSpan().IndexOf(Encoding.UTF8.GetBytes("更正后的名称")).ShouldBe(-1, path); }
        }
    }

    private static async Task<Guid> OpenAsync(NodeScene scene, string key)
    {
        await using var scope = scene.Services.CreateAsyncScope();
        var services = scope.ServiceProvider;
        var db = services.GetRequiredService<ZhengtongDb>();
        var answer = await OpenCorrection.Handle(
            await db.Deliveries.Select(d => d.Id).SingleAsync(), new OpenCorrectionRequest([key], "name", "与营业执照不符"), OfficerOf(scene.Route.Consumer), db, services.GetRequiredService<AgreementsLookup>(),
            services.GetRequiredService<QualitySecrets>(), services.GetRequiredService<WorkingCalendar>(), services.GetRequiredService<Vault>(), TimeProvider.System, CancellationToken.None);
        return answer.Result.ShouldBeOfType<Created<OpenCorrectionResponse>>().Value!.Id;
    }

    private static async Task AnswerAsync(NodeScene scene, Guid id, CorrectionOutcome outcome)
    {
        await using var scope = scene.Services.CreateAsyncScope();
        var services = scope.ServiceProvider;
        (await AnswerCorrection.Handle(
            id, new AnswerCorrectionRequest(outcome, "已按登记档案更正", (await ReadAsync(scene, id)).Revision), OfficerOf(scene.Route.Provider), services.GetRequiredService<ZhengtongDb>(), services.GetRequiredService<Vault>(),
            TimeProvider.System, CancellationToken.None)).Result.ShouldBeOfType<NoContent>();
    }

    private static Task<Correction> ReadAsync(NodeScene scene, Guid id) => scene.WithDb(db => db.Corrections.AsNoTracking().SingleAsync(c => c.Id == id));

    private static Actor OfficerOf(Organisation organisation) =>
        new(Guid.CreateVersion7(TimeProvider.System.GetUtcNow()), "张三", organisation.Id, organisation.Region, new HashSet<Role> { Role.DepartmentOfficer, Role.DepartmentLeader });
}
