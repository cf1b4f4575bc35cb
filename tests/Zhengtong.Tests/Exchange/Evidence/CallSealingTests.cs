using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Exchange.Evidence;
using Zhengtong.Kernel.Secrets;
using Zhengtong.Tests.Exchange.Gateway;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Exchange.Evidence;

/// <summary>The promise "every acknowledged call is sealed exactly once", tried on the real program.</summary>
[OnDatabase]
public sealed class CallSealingTests(ITestOutputHelper output) : IAsyncDisposable
{
    private const int Kills = 5;

    private static readonly (string, string)[] Settings =
    [
        ("Exchange:Gateway:Instance", GatewayFixture.Instance), ("Exchange:Gateway:ForbiddenNetworks", " "), ("Exchange:Gateway:StaleMilliseconds", "50"), ("Exchange:Calls:SealMilliseconds", "20"),
    ];

    private readonly string folder = Directory.CreateTempSubdirectory("zhengtong-calls-").FullName;

    public ValueTask DisposeAsync()
    {
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        Directory.Delete(folder, recursive: true);
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Kill9_WhileCallsAreAnswered_EveryAcknowledgedCallIsSealedExactlyOnce()
    {
        await using var provider = await DepartmentService.StartAsync();
        var deployment = new Deployment(folder, PlatformFixture.PostgresServer is null ? null : await PlatformFixture.CreatePostgresDatabaseAsync(), "http://127.0.0.1:0", Demo: false);
        Scene[] scenes;
        await using (var app = Platform.Build(deployment, b => GatewayFixture.Configure(b.Configuration)))
        {
            await app.PrepareOnCopyAsync();
            scenes = [await GatewayFixture.SceneAsync(app.Services, provider), await GatewayFixture.SceneAsync(app.Services, provider, s => s.Suite = SuiteName.National)];
        }

        foreach (var scene in scenes) { scene.AnswerJson("""{"name":"甲"}"""); }
        ConcurrentDictionary<Guid, Scene> acknowledged = [];
        for (var kill = 1; kill <= Kills; kill++)
        {
            using var served = await ServedProcess.ReadyAsync(deployment, Settings);
            using var client = GatewayFixture.Client(await served.ReadyAsync());
            var before = acknowledged.Count;
            var calling = Task.WhenAll(Enumerable.Range(0, 8).Select(n => CallAsync(client, scenes[n % 2], acknowledged)));
            while (acknowledged.Count < before + 50 && !calling.IsCompleted) { await Task.Delay(5); }
            await Task.Delay((int)(Stopwatch.GetTimestamp() % 150));
            await served.KillAsync();
            await calling;
            output.WriteLine($"kill {kill}: {acknowledged.Count} acknowledged");
        }

        acknowledged.Count.ShouldBeGreaterThanOrEqualTo(Kills * 50);
        await using var after = Platform.Build(deployment, b => GatewayFixture.Configure(b.Configuration));
        await after.PrepareOnCopyAsync();
        await after.StartAsync();
        var calls = await GatewayFixture.WithDb(after.Services, db => db.Calls.Select(c => c.Id).ToListAsync());
        output.WriteLine($"{calls.Count} recorded");
        await Calls.SealedAsync(after.Services, [.. calls]);
        acknowledged.Keys.Except(calls).ShouldBeEmpty();
        await ProveAsync(after.Services, calls.Count);
        foreach (var (call, scene) in acknowledged.Take(60))
        {
            CallReceiptVerification.Of((await Calls.ReceiptAsync(after.Services, call, scene.Consumer.Id)).File!).Where(c => !c.Holds).ShouldBeEmpty();
        }

        await after.StopAsync();
    }

    [Fact]
    public async Task Seal_ByManyProcessesAtOnce_SealsEachCallOnce()
    {
        await using var provider = await DepartmentService.StartAsync();
        var deployment = new Deployment(folder, PlatformFixture.PostgresServer is null ? null : await PlatformFixture.CreatePostgresDatabaseAsync(), "http://127.0.0.1:0", Demo: false);
        List<WebApplication> processes = [];
        for (var n = 0; n < 3; n++) { processes.Add(Platform.Build(deployment, b => GatewayFixture.Configure(b.Configuration))); }
        await processes[0].PrepareOnCopyAsync();
        var scene = await GatewayFixture.SceneAsync(processes[0].Services, provider);
        using var recorded = new CancellationTokenSource();
        var sealing = processes.ConvertAll(p => Task.Run(async () =>
        {
            var count = 0;
            while (!recorded.IsCancellationRequested)
            {
                count += await p.Services.GetRequiredService<CallSealing>().SealAsync(CancellationToken.None);
                await Task.Delay(5, CancellationToken.None);
            }

            return count;
        }));
        await Task.WhenAll(Enumerable.Range(0, 10).Select(n => Task.Run(async () =>
        {
            for (var call = 0; call < 30; call++) { await Calls.RecordAsync(processes[n % 3].Services, Calls.Of(scene)); }
        })));
        await Calls.SealedAsync(processes[0].Services, await GatewayFixture.WithDb(processes[0].Services, db => db.Calls.Select(c => c.Id).ToArrayAsync()));
        await recorded.CancelAsync();
        (await Task.WhenAll(sealing)).Sum().ShouldBe(300);
        await ProveAsync(processes[0].Services, 300);
        foreach (var process in processes) { await process.DisposeAsync(); }
    }

    /// <summary>Each seal covers exactly the calls whose groups are marked with it, its root is theirs, its chain has no gap, and the ledger tells of it once.</summary>
    private static Task ProveAsync(IServiceProvider services, int count) => GatewayFixture.WithDb(services, async db =>
    {
        var seals = await db.CallSeals.AsNoTracking().ToListAsync();
        var calls = await db.Calls.AsNoTracking().OrderBy(c => c.Number).ToListAsync();
        var groups = await db.CallGroups.AsNoTracking().ToDictionaryAsync(g => g.Id);
        foreach (var members in calls.GroupBy(c => c.GroupId)) { members.Count().ShouldBe(groups[members.Key].Size); }
        foreach (var side in Enum.GetValues<CallSide>()) { seals.Where(s => s.Side == side).Sum(s => s.Size).ShouldBe(count); }
        foreach (var seal in seals)
        {
            var members = calls.Where(c => (seal.Side == CallSide.Provider ? groups[c.GroupId].ProviderSealId : groups[c.GroupId].ConsumerSealId) == seal.Id).ToList();
            members.Count.ShouldBe(seal.Size);
            members.ShouldAllBe(c => (seal.Side == CallSide.Provider ? c.ProviderId : c.ConsumerId) == seal.OrganisationId && c.Suite == seal.Suite);
            var document = CallSealDocument.Parse(seal.Document)!;
            document.Root.ShouldBe(Convert.ToHexStringLower(new CallTree(Suite.Of(seal.Suite), members.ConvertAll(c => c.LeafHash)).Root));
            var previous = seals.SingleOrDefault(s => s.KeyId == seal.KeyId && s.Side == seal.Side && s.Sequence == seal.Sequence - 1);
            document.Previous.ShouldBe(previous?.Digest);
            (previous is null).ShouldBe(seal.Sequence == 1);
        }

        var told = await db.Ledger.Where(e => e.Event == "exchange.calls-sealed" || e.Event == "exchange.calls-received").Select(e => e.Subject).ToListAsync();
        told.ShouldBe(seals.Select(s => s.Id.ToString("D", CultureInfo.InvariantCulture)), ignoreOrder: true);
        return 0;
    });

    /// <summary>Calls until the program is gone; only a whole answer counts.</summary>
    private static async Task CallAsync(HttpClient client, Scene scene, ConcurrentDictionary<Guid, Scene> acknowledged)
    {
        while (true)
        {
            try
            {
                using var answer = await client.SendAsync(scene.Call(HttpMethod.Get, "/firms/1"));
                if (!answer.IsSuccessStatusCode) { continue; }
                Encoding.UTF8.GetString(await answer.Content.ReadAsByteArrayAsync()).ShouldBe("""{"name":"甲"}""");
                acknowledged[Guid.Parse(answer.Headers.GetValues("X-Road-Request-Id").Single())] = scene;
            }
            catch (HttpRequestException) { return; }
        }
    }
}
