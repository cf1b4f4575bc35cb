using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Zhengtong.Cloud.Engines;
using Zhengtong.Cloud.Engines.Lxd;

namespace Zhengtong.Tests.Cloud.Engines;

/// <summary>How the driver takes what an engine should never say: each test is a server on a unix socket that says it.</summary>
public sealed class LxdLineTests : IAsyncDisposable
{
    private static readonly CancellationToken Ct = CancellationToken.None;
    private static readonly InstanceId Id = new(EngineName.Parse("p"), EngineName.Parse("c1"));
    private const string Operation = "0f9d3a4e-6a0e-4a52-9a43-0d7c7bb0b5a1";
    private const string Ours = """{"type":"sync","metadata":{"name":"c1","project":"p","status":"Stopped","config":{"user.zt.owner":"us"},"devices":{}}}""";
    private readonly string folder = Directory.CreateTempSubdirectory("ztline").FullName;
    private readonly List<string> asked = [];
    private WebApplication? app;

    private LxdOptions Options => new("us") { Socket = Path.Combine(folder, "s"), AnswerTime = TimeSpan.FromSeconds(2), WorkTime = TimeSpan.FromSeconds(4), Silence = TimeSpan.FromSeconds(1), MostBytes = 200_000 };

    [Fact]
    public async Task Ask_NobodyListens_IsUnreachableAndMayBeRepeated()
    {
        using var engine = new LxdEngine(Options, TimeProvider.System);
        var answer = await engine.FindAsync(Id, Ct);
        (answer.Outcome, answer.Code, answer.MayRepeat).ShouldBe((EngineOutcome.Unreachable, "no-connection", true));
    }

    [Fact]
    public async Task Change_AnswerNeverComes_IsUnknown()
    {
        using var engine = await ServeAsync(async c =>
        {
            if (c.Request.Method == "POST") { await Task.Delay(Timeout.Infinite, c.RequestAborted); }
            await SayAsync(c, 404, """{"type":"error","error_code":404,"error":"Instance not found"}""");
        });
        Said(await engine.CreateAsync(Order(), Ct)).ShouldBe((EngineOutcome.Unknown, "silent"));
    }

    [Fact]
    public async Task Look_AnswerNeverComes_IsUnreachable()
    {
        using var engine = await ServeAsync(c => Task.Delay(Timeout.Infinite, c.RequestAborted));
        Said(await engine.FindAsync(Id, Ct)).ShouldBe((EngineOutcome.Unreachable, "silent"));
    }

    [Fact]
    public async Task Change_LineCutInMidAnswer_IsUnknown()
    {
        using var engine = await ServeAsync(async c =>
        {
            c.Response.ContentLength = 1000;
            await c.Response.WriteAsync("{\"type\":");
            await c.Response.Body.FlushAsync();
            c.Abort();
        });
        Said(await engine.CreateAsync(Order(), Ct)).ShouldBe((EngineOutcome.Unknown, "line-lost"));
    }

    [Theory]
    [InlineData("<html>nonsense</html>")]
    [InlineData("{\"type\":\"async\"}")]
    [InlineData("{\"type\":\"async\",\"operation\":\"/1.0/../../etc/passwd\",\"metadata\":{\"id\":7}}")]
    [InlineData("[1,2")]
    [InlineData("")]
    public async Task Change_AcceptedWithNonsense_IsUnknown(string body)
    {
        using var engine = await ServeAsync(c => SayAsync(c, 202, body));
        Said(await engine.CreateAsync(Order(), Ct)).ShouldBe((EngineOutcome.Unknown, "malformed"));
        asked.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Look_AnswerTooLong_IsCutOff()
    {
        using var engine = await ServeAsync(async c =>
        {
            var piece = Encoding.ASCII.GetBytes(new string(' ', 64 * 1024));
            while (!c.RequestAborted.IsCancellationRequested) { await c.Response.Body.WriteAsync(piece, c.RequestAborted); }
        });
        Said(await engine.FindAsync(Id, Ct)).ShouldBe((EngineOutcome.Unknown, "answer-too-long"));
    }

    [Theory]
    [InlineData("{\"metadata\":[]}")]
    [InlineData("{\"metadata\":{\"config\":[],\"devices\":7}}")]
    [InlineData("{\"metadata\":\"c1\"}")]
    [InlineData("7")]
    public async Task Look_OtherShapes_AreNotOurs(string body)
    {
        using var engine = await ServeAsync(c => SayAsync(c, 200, body));
        Said(await engine.FindAsync(Id, Ct)).ShouldBe((EngineOutcome.Refused, "not-ours"));
        Said(await engine.DeleteAsync(Id, Ct)).ShouldBe((EngineOutcome.Refused, "not-ours"));
        asked.ShouldAllBe(a => a.StartsWith("GET ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Wait_StillRunning_IsAskedAgainUntilTheEnd()
    {
        var waits = 0;
        using var engine = await ServeAsync(c => c.Request.Method == "POST" ? SayAsync(c, 202, Begun)
            : SayAsync(c, 200, ++waits < 4 ? """{"type":"sync","metadata":{"status_code":103}}""" : """{"type":"sync","metadata":{"status_code":200,"metadata":null}}"""));
        (await engine.CreateAsync(Order(), Ct)).ShouldBeDone();
        waits.ShouldBe(4);
    }

    [Fact]
    public async Task Wait_OperationForgotten_IsUnknown()
    {
        using var engine = await ServeAsync(c => c.Request.Method == "POST" ? SayAsync(c, 202, Begun) : SayAsync(c, 404, """{"type":"error","error":"Operation not found"}"""));
        Said(await engine.CreateAsync(Order(), Ct)).ShouldBe((EngineOutcome.Unknown, "operation-forgotten"));
    }

    [Fact]
    public async Task Wait_WithoutEndOrCancelled_TellsTheOperationToStop()
    {
        using var engine = await ServeAsync(c => c.Request.Method == "POST" ? SayAsync(c, 202, Begun) : SayAsync(c, 200, """{"type":"sync","metadata":{"status_code":103}}"""));
        Said(await engine.CreateAsync(Order(), Ct)).ShouldBe((EngineOutcome.Unknown, "still-at-work"));
        lock (asked) { asked.ShouldContain($"DELETE /1.0/operations/{Operation}"); asked.Clear(); }
        using var stop = new CancellationTokenSource(TimeSpan.FromMilliseconds(300));
        await Should.ThrowAsync<OperationCanceledException>(() => engine.CreateAsync(Order(), stop.Token));
        lock (asked) { asked.ShouldContain($"DELETE /1.0/operations/{Operation}"); }
    }

    [Fact]
    public async Task Delete_FailsLate_IsToldByTheWords()
    {
        using var engine = await ServeAsync(c => c.Request.Method switch
        {
            "DELETE" => SayAsync(c, 202, Begun),
            _ when c.Request.Path.Value!.Contains("/wait", StringComparison.Ordinal) => SayAsync(c, 200, """{"type":"sync","metadata":{"status_code":400,"err":"Instance is busy running a \"backup\" operation"}}"""),
            _ => SayAsync(c, 200, Ours),
        });
        Said(await engine.DeleteAsync(Id, Ct)).ShouldBe((EngineOutcome.Busy, "busy"));
    }

    [Fact]
    public async Task Requests_NameTheProjectAndEscapeEverything()
    {
        using var engine = await ServeAsync(c => SayAsync(c, 200, """{"metadata":[]}"""));
        (await engine.ReadInstancesAsync(new InstanceFilter(Id.Project, "order", "A:1"), _ => { }, Ct)).ShouldBeDone();
        asked.ShouldBe(["GET /1.0/instances?recursion=1&project=p&filter=config.user.zt.owner%20eq%20us%20and%20config.user.zt.order%20eq%20A%3A1"]);
        LxdPath.Of(["a/b", "c d", "%2e"], ("x", "1&y=2"), ("z", null)).ShouldBe("/1.0/a%2Fb/c%20d/%252e?x=1%26y%3D2");
        Should.Throw<ArgumentException>(() => LxdPath.Of([".."]));
    }

    [Fact]
    public async Task ReadInstances_ManyInSmallPieces_GivesOursOnly()
    {
        using var engine = await ServeAsync(async c =>
        {
            var text = new StringBuilder("{\"type\":\"sync\",\"status_code\":200,\"other\":{\"metadata\":[1,{\"x\":[]}]},\"metadata\":[");
            for (var i = 0; i < 300; i++)
            {
                text.Append(i == 0 ? "" : ",").Append($$"""{"name":"c{{i}}","project":"p","status":"Running","config":{"user.zt.owner":"{{(i % 3 == 0 ? "them" : "us")}}","limits.cpu":"2","limits.memory":"1GiB","user.data":"{{new string('é', i * 20)}}"},"devices":{"root":{"size":"3GiB"} } }""");
            }

            var bytes = Encoding.UTF8.GetBytes(text.Append("],\"error\":\"\"}").ToString());
            for (var at = 0; at < bytes.Length; at += 7001)
            {
                await c.Response.Body.WriteAsync(bytes.AsMemory(at, Math.Min(7001, bytes.Length - at)));
                await c.Response.Body.FlushAsync();
            }
        });
        List<EngineInstance> found = [];
        (await engine.ReadInstancesAsync(new InstanceFilter(), found.Add, Ct)).ShouldBeDone();
        found.Count.ShouldBe(200);
        found.ShouldAllBe(i => i.Size == new EngineSize(2, 1024, 3, 0) && i.Status == InstanceStatus.Running);
    }

    [Theory]
    [InlineData("{\"metadata\":[{\"name\":\"c1\"", "malformed")]
    [InlineData("{\"metadata\":[{\"name\":\"c1\"}", "malformed")]
    [InlineData("{\"metadata\":{\"name\":\"c1\"}}", "malformed")]
    [InlineData("{\"metadata\":[{]", "malformed")]
    [InlineData("", "malformed")]
    public async Task ReadInstances_BrokenOff_IsNeverTakenForAll(string body, string code)
    {
        using var engine = await ServeAsync(c => SayAsync(c, 200, body));
        Said(await engine.ReadInstancesAsync(new InstanceFilter(), _ => { }, Ct)).ShouldBe((EngineOutcome.Unreachable, code));
    }

    [Fact]
    public async Task ReadInstances_OneTooLargeOrSilent_EndsInTime()
    {
        using (var engine = await ServeAsync(c => SayAsync(c, 200, $$"""{"metadata":[{"name":"{{new string('x', 900_000)}}"}]}"""))) { Said(await engine.ReadInstancesAsync(new InstanceFilter(), _ => { }, Ct)).ShouldBe((EngineOutcome.Unreachable, "malformed")); }
        await StopAsync();
        using var silent = await ServeAsync(async c =>
        {
            await c.Response.WriteAsync("{\"metadata\":[");
            await c.Response.Body.FlushAsync();
            await Task.Delay(Timeout.Infinite, c.RequestAborted);
        });
        Said(await silent.ReadInstancesAsync(new InstanceFilter(), _ => { }, Ct)).ShouldBe((EngineOutcome.Unreachable, "line-lost"));
    }

    [Fact]
    public async Task Restore_ThatTakesOurMarksAway_PutsThemBack()
    {
        var reads = 0;
        JsonNode? patched = null;
        using var engine = await ServeAsync(async c =>
        {
            if (c.Request.Method == "PATCH") { patched = await JsonNode.ParseAsync(c.Request.Body); }
            await SayAsync(c, 200, c.Request.Path.Value!.EndsWith("/c1", StringComparison.Ordinal) && c.Request.Method == "GET" && ++reads > 1
                ? """{"metadata":{"name":"c1","project":"p","status":"Stopped","config":{"user.zt.order":"old","user.zt.more":"x","limits.cpu":"4"},"devices":{}}}"""
                : """{"metadata":{"name":"c1","project":"p","status":"Stopped","config":{"user.zt.owner":"us","user.zt.order":"new"},"devices":{}}}""");
        });
        var restored = (await engine.RestoreAsync(Id, EngineName.Parse("s1"), Ct)).Given();
        restored.Size.Cpus.ShouldBe(4);
        restored.Marks.ShouldBe(new Dictionary<string, string> { ["order"] = "new" });
        patched!["config"]!.ToJsonString().ShouldBe("""{"user.zt.owner":"us","user.zt.order":"new","user.zt.more":""}""");
    }

    [Fact]
    public async Task Metrics_OfIncusOrHostile_AreReadOrPassedOver()
    {
        using var engine = await ServeAsync(c => c.Response.WriteAsync("""
            # HELP incus_cpu_seconds_total x
            # TYPE incus_cpu_seconds_total counter
            incus_cpu_seconds_total{cpu="0",mode="user",name="c1",project="p",type="container"} 1.5
            incus_cpu_seconds_total{cpu="0",mode="system",name="c1",project="p",type="container"} 0.25
            incus_cpu_seconds_total{cpu="0",mode="idle",name="c1",project="p",type="container"} 9e3
            incus_memory_MemTotal_bytes{name="c1",project="p"} 6.7108864e+07
            incus_memory_MemAvailable_bytes{name="c1",project="p"} 6e+07
            incus_network_receive_bytes_total{device="eth0",name="c1",project="p"} 100
            incus_network_receive_bytes_total{device="lo",name="c1",project="p"} 7
            incus_filesystem_size_bytes{device="/dev/x",fstype="ext4",mountpoint="/",name="c1",project="p"} 1000
            incus_filesystem_free_bytes{device="/dev/x",fstype="ext4",mountpoint="/",name="c1",project="p"} 400
            incus_procs_total{name="c1",project="p"} 12
            incus_procs_total{name="../etc",project="p"} 12
            incus_procs_total{name="c2",project="p"} NaN
            incus_procs_total{name="c3" 12
            incus_procs_total{name="c4",project="p"}
            incus_operations_total 3
            incus_procs_total{x="}\"{,name=\"c9\"",name="c5",project="p"} 4 1700000000
            """));
        var uses = (await engine.ReadMetricsAsync(null, Ct)).Given();
        uses.Select(u => u.Id.Name.ToString()).ShouldBe(["c1", "c5"], ignoreOrder: true);
        uses[0].ShouldBe(new InstanceUse(Id, 1.75, 7_108_864, 67_108_864, 600, 100, 0, 12));
        uses[1].Processes.ShouldBe(4);
    }

    [Fact]
    public void Connect_UnsafeOptions_AreRefused()
    {
        Should.Throw<ArgumentException>(() => new LxdEngine(new LxdOptions("us"), TimeProvider.System));
        Should.Throw<ArgumentException>(() => new LxdEngine(new LxdOptions("us") { Address = new Uri("http://127.0.0.1:8443") }, TimeProvider.System));
        Should.Throw<ArgumentException>(() => new LxdEngine(new LxdOptions("us") { Address = new Uri("https://127.0.0.1:8443"), ServerFingerprint = new string('a', 64) }, TimeProvider.System));
        Should.Throw<ArgumentException>(() => new LxdEngine(new LxdOptions("us") { Socket = "/" + new string('x', 120) }, TimeProvider.System));
        Should.Throw<ArgumentException>(() => new LxdEngine(new LxdOptions("a b") { Socket = "/tmp/x" }, TimeProvider.System));
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        Directory.Delete(folder, recursive: true);
    }

    private static string Begun => $$"""{"type":"async","status_code":100,"operation":"/1.0/operations/{{Operation}}","metadata":{"id":"{{Operation}}","class":"task","may_cancel":false} }""";

    private static (EngineOutcome Outcome, string Code) Said(EngineAnswer answer) => (answer.Outcome, answer.Code);

    private static InstanceOrder Order() => new(Id, "busybox", new EngineSize(1, 64, 1, 100), new Dictionary<string, string>());

    private static Task SayAsync(HttpContext context, int status, string body)
    {
        context.Response.StatusCode = status;
        return context.Response.WriteAsync(body);
    }

    private async Task<LxdEngine> ServeAsync(RequestDelegate answer)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(k =>
        {
            k.ListenUnixSocket(Options.Socket!);
            k.Limits.MinResponseDataRate = null;
        });
        app = builder.Build();
        app.Run(c =>
        {
            lock (asked) { asked.Add($"{c.Request.Method} {c.Features.Get<Microsoft.AspNetCore.Http.Features.IHttpRequestFeature>()!.RawTarget}"); }
            return answer(c);
        });
        await app.StartAsync();
        return new LxdEngine(Options, TimeProvider.System);
    }

    private async Task StopAsync()
    {
        if (app is null) { return; }
        using var soon = new CancellationTokenSource(TimeSpan.FromMilliseconds(200));
        try { await app.StopAsync(soon.Token); }
        catch (OperationCanceledException) { /* Some of its answers have no end. */ }
        await app.DisposeAsync();
        File.Delete(Options.Socket!);
        app = null;
    }
}
