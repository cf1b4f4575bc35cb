using System.Net;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Exchange.Files;
using Zhengtong.Exchange.Nodes;
using Zhengtong.Exchange.Nodes.Machine;
using Zhengtong.Kernel.Organisations;
using Zhengtong.Kernel.Secrets;
using Zhengtong.Tests.Exchange.Files;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Exchange.Nodes;

/// <summary>A department's machine with a folder for files, at the end of a line that a test slows.</summary>
internal sealed record FileMachine(string Root, Guid Node, string Token, Link Line)
{
    /// <summary>The node's own folder.</summary>
    internal string Folder => Path.Combine(Root, "node");

    /// <summary>The department's folder for files.</summary>
    internal string Files => Path.Combine(Root, "files");

    internal NodeFolder Open() => new(Folder);
}

/// <summary>A platform as a process of its own, a provider of files and its consumers, each with or without a machine.</summary>
internal sealed class NodeFileScene : IAsyncDisposable
{
    private static readonly (string, string)[] Node = [("Node:HeartbeatSeconds", "1"), ("Node:NewsSeconds", "5"), ("Node:MostBackoffSeconds", "1"), ("Node:StillSeconds", "0"), ("Node:FolderMilliseconds", "200")];

    private readonly string folder;
    private readonly WebApplication app;
    private readonly List<ServedProcess> processes = [];

    private NodeFileScene(string folder, Deployment deployment, WebApplication app, FileParties parties) => (this.folder, Deployment, this.app, Parties) = (folder, deployment, app, parties);

    internal Deployment Deployment { get; }

    internal FileParties Parties { get; }

    /// <summary>Null where the provider is hosted.</summary>
    internal FileMachine? Provider { get; private set; }

    /// <summary>By agreement; without those that are hosted.</summary>
    internal Dictionary<Guid, FileMachine> Consumers { get; } = [];

    internal Uri Address => new(Deployment.Urls);

    internal static async Task<NodeFileScene> PrepareAsync(bool provides, params (SuiteName Suite, bool OnNode)[] takers)
    {
        var folder = Directory.CreateTempSubdirectory("zhengtong-node-files-").FullName;
        var deployment = new Deployment(
            Path.Combine(folder, "platform"), PlatformFixture.PostgresServer is null ? null : await PlatformFixture.CreatePostgresDatabaseAsync(), $"http://127.0.0.1:{NodeScene.FreePort()}", Demo: false);
        var app = Zhengtong.Platform.Build(deployment);
        await app.PrepareOnCopyAsync();
        var scene = new NodeFileScene(folder, deployment, app, await FileParties.MakeAsync(app.Services, [.. takers.Select(t => t.Suite)]));
        if (provides) { scene.Provider = await scene.MachineAsync("provider", scene.Parties.Provider); }
        foreach (var ((consumer, agreement), number) in scene.Parties.Takers.Select((t, n) => (t, n)).Where(t => takers[t.n].OnNode))
        {
            var machine = scene.Consumers[agreement.Id] = await scene.MachineAsync($"consumer{number}", consumer);
            await scene.WithDb(async db =>
            {
                db.FileInboxes.Add(new FileInbox { AgreementId = agreement.Id, OrganisationId = consumer.Id, NodeId = machine.Node, SetAt = TimeProvider.System.GetUtcNow() });
                return await db.SaveChangesAsync();
            });
        }

        return scene;
    }

    internal async Task<ServedProcess> ServeAsync() => Kept(await ServedProcess.ReadyAsync(Deployment, ("Http:PerMinute:Visitor", "0"), ("Exchange:Nodes:PollMilliseconds", "50")));

    internal async Task EnrolAsync(FileMachine machine)
    {
        var said = new StringWriter();
        (await NodeVerb.EnrolAsync(machine.Folder, $"http://127.0.0.1:{machine.Line.Port}", machine.Token, TextReader.Null, said, CancellationToken.None)).ShouldBe(0, said.ToString());
    }

    internal ServedProcess Run(FileMachine machine, params (string, string)[] settings) => Kept(ServedProcess.StartNode(machine.Folder, [.. Node, ("Node:FilesFolder", machine.Files), .. settings]));

    /// <summary>Puts a file into the provider's outbox, as a program does that writes carefully.</summary>
    internal async Task<string> DropAsync(string name, byte[] bytes)
    {
        var outbox = Directory.CreateDirectory(Path.Combine(Provider!.Files, "outbox", Parties.Resource.Code.Replace('/', '_'))).FullName;
        var draft = Path.Combine(outbox, $".{name}");
        await File.WriteAllBytesAsync(draft, bytes);
        File.Move(draft, Path.Combine(outbox, name));
        return Path.Combine(outbox, name);
    }

    internal string SentOf(string name, string where = "sent") => Path.Combine(Provider!.Files, where, Parties.Resource.Code.Replace('/', '_'), name);

    /// <summary>What of an agreement's inbox is there; with <paramref name="drafts"/> what is only begun.</summary>
    internal List<FileInfo> Inbox(Guid agreement, bool drafts = false)
    {
        var inbox = new DirectoryInfo(Path.Combine(Consumers[agreement].Files, "inbox", Parties.Takers.Single(t => t.Agreement.Id == agreement).Agreement.Number));
        return inbox.Exists ? [.. inbox.EnumerateFiles().Where(f => f.Name.StartsWith('.') == drafts)] : [];
    }

    internal Task<T> WithDb<T>(Func<ZhengtongDb, Task<T>> act) => Parties.WithDb(act);

    internal Task<ExchangedFile?> FileAsync() => WithDb(db => db.ExchangedFiles.AsNoTracking().SingleOrDefaultAsync(f => f.ProviderId == Parties.Provider.Id && f.State != FileState.Purged));

    internal async Task UntilAsync(Func<Task<bool>> holds, string what, int seconds = 120)
    {
        var until = TimeProvider.System.GetUtcNow().AddSeconds(seconds);
        while (!await holds())
        {
            TimeProvider.System.GetUtcNow().ShouldBeLessThan(until, $"{what}\n{string.Join("\n----\n", processes.Select(p => p.Output))}");
            await Task.Delay(20);
        }
    }

    /// <summary>A request that the machine signs, as its node would; the code of the refusal, null when there is none.</summary>
    internal async Task<string?> AskAsync(FileMachine machine, HttpMethod method, string path, byte[] body, byte[]? instead = null, string type = "application/json")
    {
        using var http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false }) { BaseAddress = Address };
        using var key = machine.Open().OpenRequestKey();
        var (target, digest) = ($"/node/v1{path}", RequestSignature.DigestOf(SHA256.HashData(body)));
        var signature = RequestSignature.Make(machine.Open().Certificate!.Serial, TimeProvider.System);
        using var request = new HttpRequestMessage(method, target) { Content = new ByteArrayContent(instead ?? body) { Headers = { ContentType = new(type) } } };
        request.Headers.TryAddWithoutValidation(RequestSignature.DigestHeader, digest);
        request.Headers.TryAddWithoutValidation(RequestSignature.InputHeader, signature.Input);
        request.Headers.TryAddWithoutValidation(RequestSignature.SignatureHeader, signature.Sign(key, method.Method, target, digest));
        using var answer = await http.SendAsync(request);
        if (answer.IsSuccessStatusCode) { return null; }
        using var problem = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
        return problem.RootElement.GetProperty("code").GetString();
    }

    /// <summary>Every byte that the platform stored, files and database, holds none of these.</summary>
    internal async Task NothingPlainAsync(params string[] secrets)
    {
        var needles = secrets.SelectMany(s => new[] { System.Text.Encoding.UTF8.GetBytes(s), System.Text.Encoding.Unicode.GetBytes(s) }).ToList();
        long read = 0;
        await foreach (var (path, bytes) in StoredFiles.InAsync(Deployment.DataDirectory))
        {
            read += bytes.Length;
            foreach (var needle in needles) { bytes.AsSpan().IndexOf(needle).ShouldBe(-1, $"{path} holds {System.Text.Encoding.UTF8.GetString(needle)}"); }
        }

        if (Deployment.Database is { } database) { read += await NodeDeliveryTests.DatabaseAsync(database, needles); }
        read.ShouldBeGreaterThan(100_000);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in processes) { process.Dispose(); }
        foreach (var machine in Consumers.Values.Append(Provider).OfType<FileMachine>()) { await machine.Line.DisposeAsync(); }
        await app.DisposeAsync();
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        Directory.Delete(folder, recursive: true);
    }

    private async Task<FileMachine> MachineAsync(string name, Organisation organisation)
    {
        await using var scope = app.Services.CreateAsyncScope();
        var made = await NodeScene.CreateAsync(scope.ServiceProvider, organisation, name);
        var machine = new FileMachine(Path.Combine(folder, name), made.Id, made.Token, new Link(new IPEndPoint(IPAddress.Loopback, Address.Port)));
        Directory.CreateDirectory(machine.Files);
        return machine;
    }

    private ServedProcess Kept(ServedProcess process)
    {
        processes.Add(process);
        return process;
    }
}
