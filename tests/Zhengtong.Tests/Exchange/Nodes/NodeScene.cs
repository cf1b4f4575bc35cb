using System.Net;
using System.Net.Sockets;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Zhengtong.Exchange.Model;
using Zhengtong.Exchange.Nodes;
using Zhengtong.Exchange.Nodes.Machine;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Organisations;
using Zhengtong.Tests.Exchange.Support;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Exchange.Nodes;

/// <summary>A department's machine of a test: its folder and the token it may enrol with.</summary>
internal sealed record Machine(string Folder, Guid Node, string Token, DepartmentTable Table)
{
    internal NodeFolder Open() => new(Folder);
}

/// <summary>A platform, an agreement between two departments, and for each side that wants one a machine with the department's database, which the platform does not reach.</summary>
internal sealed class NodeScene : IAsyncDisposable
{
    /// <summary>Small batches and short waits.</summary>
    internal static readonly (string, string)[] Platform =
        [("Exchange:BatchRows", "200"), ("Exchange:TickMilliseconds", "100"), ("Exchange:Nodes:PollMilliseconds", "50"), ("Http:PerMinute:Visitor", "0")];

    internal static readonly (string, string)[] Node =
        [("Node:HeartbeatSeconds", "1"), ("Node:NewsSeconds", "5"), ("Node:MostBackoffSeconds", "1"), ("Node:TickMilliseconds", "100")];

    private readonly string folder;
    private readonly List<ServedProcess> processes = [];
    private readonly Stack<WebApplication> inThisProcess = new();
    private readonly WebApplication app;

    private NodeScene(string folder, Deployment deployment, WebApplication app, Route route, Machine? provider, Machine? consumer) =>
        (this.folder, Deployment, this.app, Route, Provider, Consumer) = (folder, deployment, app, route, provider!, consumer!);

    internal Deployment Deployment { get; }

    internal Route Route { get; }

    internal Machine Provider { get; }

    internal Machine Consumer { get; }

    internal Uri Address => new(Deployment.Urls);

    internal IServiceProvider Services => app.Services;

    internal static async Task<NodeScene> PrepareAsync(DataSourceKind from, DataSourceKind to, bool provides = true, bool receives = true, Action<RouteSettings>? change = null)
    {
        var folder = Directory.CreateTempSubdirectory("zhengtong-nodes-").FullName;
        var deployment = new Deployment(
            Path.Combine(folder, "platform"), PlatformFixture.PostgresServer is null ? null : await PlatformFixture.CreatePostgresDatabaseAsync(), $"http://127.0.0.1:{FreePort()}", Demo: false);
        // Never started: it only looks into the database.
        var app = Zhengtong.Platform.Build(deployment);
        await app.PrepareOnCopyAsync();
        var route = await ExchangeFixture.PrepareAsync(app.Services, deployment, from, to, s =>
        {
            s.WithDelivery = false;
            change?.Invoke(s);
        });
        var provider = provides ? await MachineAsync(app.Services, folder, "provider", route.Provider, route.Source) : null;
        var consumer = receives ? await MachineAsync(app.Services, folder, "consumer", route.Consumer, route.Target) : null;
        return new NodeScene(folder, deployment, app, route, provider, consumer);
    }

    /// <summary>Makes a node by the slice, moves the department's side of the agreement to it, and gives its machine the connection.</summary>
    internal static async Task<Machine> MachineAsync(IServiceProvider services, string folder, string name, Organisation organisation, DepartmentTable table)
    {
        await using var scope = services.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<ZhengtongDb>();
        var made = await CreateAsync(scope.ServiceProvider, organisation, name);
        // As the node's first report would; that comes only when the platform serves.
        var source = new DataSource { Id = Guid.CreateVersion7(TimeProvider.System.GetUtcNow()), OrganisationId = organisation.Id, NodeId = made.Id, Name = $"{name}-db", Kind = table.Kind, Connection = null, CreatedAt = TimeProvider.System.GetUtcNow() };
        db.DataSources.Add(source);
        foreach (var mount in await db.Mounts.Where(m => m.OrganisationId == organisation.Id).ToListAsync()) { mount.DataSourceId = source.Id; }
        foreach (var intake in await db.Intakes.Where(i => i.OrganisationId == organisation.Id).ToListAsync()) { intake.DataSourceId = source.Id; }
        await db.SaveChangesAsync();
        // What the platform knew of the database before: a department with a node has never told it.
        await db.DataSources.Where(s => s.OrganisationId == organisation.Id && s.NodeId == null).ExecuteDeleteAsync();
        // The file moves to the department's machine.
        var own = Path.Combine(folder, name);
        if (table.Kind == DataSourceKind.Sqlite)
        {
            Directory.CreateDirectory(own);
            foreach (var file in Directory.GetFiles(Path.GetDirectoryName(table.Path)!, Path.GetFileName(table.Path) + "*")) { File.Move(file, Path.Combine(own, Path.GetFileName(file))); }
            table = DepartmentTable.Sqlite(own, Path.GetFileNameWithoutExtension(table.Path));
        }

        var connection = table.Kind == DataSourceKind.Sqlite ? table.Path : table.Registered;
        (await NodeVerb.SourceAsync(Path.Combine(own, "node"), $"{name}-db", table.Kind, new StringReader(connection), TextWriter.Null, CancellationToken.None)).ShouldBe(0);
        return new Machine(Path.Combine(own, "node"), made.Id, made.Token, table);
    }

    /// <summary>A node of the organisation, made by the slice.</summary>
    internal static async Task<NodeTokenResponse> CreateAsync(IServiceProvider services, Organisation organisation, string name)
    {
        var answer = await CreateNode.Handle(
            new CreateNodeRequest(name), new Actor(Guid.CreateVersion7(TimeProvider.System.GetUtcNow()), "张三", organisation.Id, default, new HashSet<Role>()), services.GetRequiredService<ZhengtongDb>(),
            services.GetRequiredService<PlatformAuthority>(), services.GetRequiredService<IOptions<NodeOptions>>(), services.GetRequiredService<TimeProvider>(), CancellationToken.None);
        return answer.Result.ShouldBeOfType<Microsoft.AspNetCore.Http.HttpResults.Created<NodeTokenResponse>>().Value!;
    }

    internal async Task<ServedProcess> ServeAsync(params (string, string)[] more) => Kept(await ServedProcess.ReadyAsync(Deployment, [.. Platform, .. more]));

    internal ServedProcess Run(Machine machine, params (string, string)[] further) => Kept(ServedProcess.StartNode(machine.Folder, [.. Node, .. further]));

    /// <summary>The platform within this process, by a clock of the test's own.</summary>
    internal async Task<WebApplication> ServeAsync(TimeProvider clock, params (string, string)[] further)
    {
        var served = Zhengtong.Platform.Build(Deployment, b => Set(b, clock, [.. Platform, .. further]));
        await served.PrepareOnCopyAsync();
        return await StartedAsync(served);
    }

    /// <summary>A node within this process, by a clock of the test's own.</summary>
    internal async Task<WebApplication> RunAsync(Machine machine, TimeProvider clock) =>
        await StartedAsync(await NodeProgram.BuildAsync(machine.Open(), "http://127.0.0.1:0", b => Set(b, clock, Node), CancellationToken.None));

    private async Task<WebApplication> StartedAsync(WebApplication one)
    {
        inThisProcess.Push(one);
        await one.StartAsync();
        return one;
    }

    private static void Set(WebApplicationBuilder builder, TimeProvider clock, (string Name, string Value)[] settings)
    {
        builder.Services.Replace(ServiceDescriptor.Singleton(clock));
        foreach (var (name, value) in settings) { builder.Configuration[name] = value; }
    }

    internal async Task EnrolAsync(Machine machine)
    {
        var said = new StringWriter();
        (await NodeVerb.EnrolAsync(machine.Folder, Address.ToString(), machine.Token, TextReader.Null, said, CancellationToken.None)).ShouldBe(0, said.ToString());
    }

    /// <summary>The source's rows and the target's, wherever the tables moved to.</summary>
    internal DepartmentTable Source => Provider?.Table ?? Route.Source;

    internal DepartmentTable Target => Consumer?.Table ?? Route.Target;

    internal Task EqualAsync(int seconds = 180) => UntilAsync(
        async () => await Target.CountAsync("received") == await Source.CountAsync("enterprise") && (await Source.RowsAsync()).SequenceEqual(await Target.RowsAsync("received")),
        "source and target did not become equal", seconds);

    internal Task UntilAsync(Func<Task<bool>> holds, string what, int seconds = 180) => Waiting.UntilAsync(holds, () => Task.FromResult($"{what}\n{Said}"), seconds);

    internal async Task<T> WithDb<T>(Func<ZhengtongDb, Task<T>> act)
    {
        await using var scope = app.Services.CreateAsyncScope();
        return await act(scope.ServiceProvider.GetRequiredService<ZhengtongDb>());
    }

    /// <summary>Every batch in its order, with both proofs, told once by the ledger and applied once by the target.</summary>
    internal async Task ProveAsync()
    {
        var delivery = await WithDb(db => db.Deliveries.AsNoTracking().SingleAsync(d => d.AgreementId == Route.Agreement));
        // The rows are there before the receipt of the last batch is.
        await UntilAsync(() => WithDb(db => db.Batches.AllAsync(b => b.ReceivedAt != null)), "receipts are missing");
        delivery = await WithDb(db => db.Deliveries.AsNoTracking().SingleAsync(d => d.Id == delivery.Id));
        var batches = await WithDb(db => db.Batches.AsNoTracking().Where(b => b.DeliveryId == delivery.Id).OrderBy(b => b.Sequence).ToListAsync());
        batches.ShouldNotBeEmpty();
        batches.Select(b => b.Sequence).ShouldBe(Enumerable.Range(1, batches.Count).Select(n => (long)n));
        (delivery.BatchesReceived, delivery.RowsReceived).ShouldBe((batches.Count, batches.Sum(b => b.Rows)));
        var subjects = batches.ConvertAll(b => $"{delivery.Id:D}/{b.Sequence}");
        foreach (var told in new[] { "exchange.batch-sealed", "exchange.batch-received" })
        {
            (await WithDb(db => db.Ledger.Where(e => e.Event == told).Select(e => e.Subject).ToListAsync())).ShouldBe(subjects, ignoreOrder: true);
        }

        (await Target.QueryAsync("SELECT sequence, manifest_digest FROM zhengtong_watermark ORDER BY sequence")).ShouldBe(batches.ConvertAll(b => $"{b.Sequence}|{b.ManifestDigest}"));
        (await Target.QueryAsync("SELECT counter_receipt FROM zhengtong_watermark ORDER BY sequence")).ShouldBe(batches.ConvertAll(b => b.CounterReceipt!));
        await UntilAsync(() => Task.FromResult(!RelayFiles().Any()), "the relay is not empty");
    }

    internal IEnumerable<string> RelayFiles() => Directory.Exists(Path.Combine(Deployment.DataDirectory, "relay"))
        ? Directory.EnumerateFiles(Path.Combine(Deployment.DataDirectory, "relay"), "*", SearchOption.AllDirectories) : [];

    internal string Said => string.Join("\n----\n", processes.Select(p => p.Output));

    public async ValueTask DisposeAsync()
    {
        foreach (var process in processes) { process.Dispose(); }
        foreach (var one in inThisProcess)
        {
            await one.StopAsync();
            await one.DisposeAsync();
        }

        await app.DisposeAsync();
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        Directory.Delete(folder, recursive: true);
    }

    private ServedProcess Kept(ServedProcess process)
    {
        processes.Add(process);
        return process;
    }

    /// <summary>A port that stays the same when the platform comes back.</summary>
    internal static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
