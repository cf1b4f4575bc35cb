using System.Net;
using System.Net.Http.Json;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Zhengtong.Cloud.Model;
using Zhengtong.Cloud.Resources;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;
using Zhengtong.Kernel.Organisations;
using Zhengtong.Tests.Cloud.Engines;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Cloud.Resources;

/// <summary>A terminal over a real websocket; behind it the engine in memory.</summary>
[OnDatabase]
public sealed class OpenTerminalTests(PlatformFixture platform)
{
    [Fact]
    public async Task Shell_TakesTypingAndSizesAndEnds_AndTheLedgerKeepsWhoAndHowLongAndNothingTyped()
    {
        var (owner, id, engine) = await DeliveredAsync(platform);
        var (client, officer) = await platform.SignedInAs(owner, Role.DepartmentOfficer);
        await using (var line = await TestLine.OpenAsync(platform, client, id, "?columns=100&rows=30"))
        {
            await line.UntilAsync("shell 100x30");
            await line.TypeAsync("口令 Zhengtong-secret\r");
            await line.UntilAsync("口令 Zhengtong-secret\r");
            await line.SayAsync("""{"columns":132,"rows":43}""");
            await line.UntilAsync("132x43");
            foreach (var nonsense in new[] { "", "[]", "{", """{"columns":0,"rows":1e99}""", """{"columns":"x"}""" }) { await line.SayAsync(nonsense); }
            await line.TypeAsync("exit");
            (await line.UntilClosedAsync()).ShouldBe((WebSocketCloseStatus.NormalClosure, "ended"));
        }

        var entries = await EntriesAsync(id, 2);
        entries.Select(e => e.Event).ShouldBe(["cloud.terminal-opened", "cloud.terminal-closed"]);
        entries.ShouldAllBe(e => e.ActorId == officer.Id && e.ActorOrganisation == owner.Id && !e.Data.Contains("secret"));
        var closed = JsonDocument.Parse(entries[1].Data).RootElement.GetProperty("after");
        (closed.GetProperty("end").GetString(), closed.GetProperty("seconds").GetInt64()).ShouldSatisfyAllConditions(c => c.Item1.ShouldBe("Ended"), c => c.Item2.ShouldBeInRange(0, 120));
        engine.OpenTerminals.ShouldBe(0);
    }

    [Fact]
    public async Task Refused_BeforeItOpens_ForOthersOtherPagesProgramsAndWhatDoesNotRun()
    {
        var (owner, id, engine) = await DeliveredAsync(platform);
        var client = await platform.SignedIn(owner, Role.DepartmentOfficer);
        (await AskAsync(await platform.SignedIn(await platform.Department(), Role.DepartmentOfficer), id)).ShouldBe((HttpStatusCode.NotFound, "cloud.resource-not-found"));
        (await AskAsync(await platform.SignedIn(await platform.Department(), Role.PlatformOperator), id)).ShouldBe((HttpStatusCode.Forbidden, "kernel.forbidden"));
        (await AskAsync(platform.Visitor(), id)).ShouldBe((HttpStatusCode.Unauthorized, "kernel.not-signed-in"));
        foreach (var origin in new[] { "https://evil.example", "null", "", $"http://{platform.Address.Authority}.evil.example", $"http://{platform.Address.Host}:1" }) { (await AskAsync(client, id, origin)).ShouldBe((HttpStatusCode.BadRequest, "cloud.terminal-only"), origin); }
        (await (await client.GetAsync($"/api/v1/cloud/resources/{id}/terminal")).ReadProblemCode()).ShouldBe("cloud.terminal-only");
        foreach (var query in new[] { "?columns=0", "?rows=1001", "?kind=vnc", "?kind=1" }) { (await AskAsync(client, id, query: query)).Status.ShouldBe(HttpStatusCode.BadRequest, query); }
        var revision = (await platform.WithDb(db => db.CloudResources.AsNoTracking().SingleAsync(r => r.Id == id))).Revision;
        (await client.PostAsJsonAsync($"/api/v1/cloud/resources/{id}/power", new { isOn = false, revision })).StatusCode.ShouldBe(HttpStatusCode.OK);
        await RunningInstance.UntilAsync(platform.App, id, r => r.State == CloudResourceState.Stopped);
        (await AskAsync(client, id)).ShouldBe((HttpStatusCode.Conflict, "cloud.resource-not-there"));
        (await client.GetPage($"/work/cloud/resources/{id}/terminal")).ShouldNotContain("data-terminal");
        engine.OpenTerminals.ShouldBe(0);
        (await platform.WithDb(db => db.Ledger.CountAsync(e => e.Subject == id.ToString() && e.Event.StartsWith("cloud.terminal")))).ShouldBe(0);
    }

    [Fact]
    public async Task Limits_MessageSizeNumberAndConsole_AreKept()
    {
        var (owner, id, engine) = await DeliveredAsync(platform);
        var client = await platform.SignedIn(owner, Role.DepartmentOfficer);
        await using (var line = await TestLine.OpenAsync(platform, client, id))
        {
            await line.TypeAsync(new string('a', 64 * 1024));
            await line.UntilAsync(new string('a', 64 * 1024));
            await line.TypeAsync(new string('b', (64 * 1024) + 1));
            (await line.UntilClosedAsync()).ShouldBe((WebSocketCloseStatus.MessageTooBig, "too-large"));
        }

        await UntilClosedAsync(engine);
        var lines = new List<TestLine>();
        for (var n = 0; n < 4; n++) { lines.Add(await TestLine.OpenAsync(platform, client, id, n == 0 ? "?kind=console" : "")); }
        await lines[0].UntilAsync("console 80x24");
        (await AskAsync(client, id)).ShouldBe((HttpStatusCode.Conflict, "cloud.terminals-many"));
        // Another officer has terminals of their own, but there is one console.
        var colleague = await platform.SignedIn(owner, Role.DepartmentOfficer);
        await using (var line = await TestLine.OpenAsync(platform, colleague, id, "?kind=console")) { (await line.UntilClosedAsync()).ShouldBe((WebSocketCloseStatus.InternalServerError, "busy")); }
        foreach (var line in lines) { await line.DisposeAsync(); }
        await UntilClosedAsync(engine);
        await using var again = await TestLine.OpenAsync(platform, client, id);
        await again.UntilAsync("shell");
        // Whoever is gone without a word leaves nothing behind.
        again.Abort();
        await UntilClosedAsync(engine);
    }

    [Fact]
    public async Task Console_OpenedByTwoAtTheSameMoment_IsOnesAndTheOtherIsToldThatItIsBusy()
    {
        var (owner, id, engine) = await DeliveredAsync(platform);
        var (one, two) = (await platform.SignedIn(owner, Role.DepartmentOfficer), await platform.SignedIn(owner, Role.DepartmentOfficer));
        for (var round = 0; round < 5; round++)
        {
            var lines = await Task.WhenAll(TestLine.OpenAsync(platform, one, id, "?kind=console"), TestLine.OpenAsync(platform, two, id, "?kind=console"));
            var loser = await Task.WhenAny(lines.Select(l => l.UntilClosedAsync()).ToArray());
            (await loser).ShouldBe((WebSocketCloseStatus.InternalServerError, "busy"));
            await Eventually(() => Task.FromResult(engine.OpenTerminals == 1 ? engine : null));
            foreach (var line in lines) { line.Abort(); }
            await UntilClosedAsync(engine);
            await Eventually(async () => await platform.WithDb(db => db.TerminalLeases.AnyAsync(l => l.Key.StartsWith("console:"))) ? null : engine);
        }
    }

    /// <summary>Two processes of one platform share its database, and what is counted stands there.</summary>
    [Fact]
    public async Task Places_OfTwoProcesses_AreOne_AndThoseOfADeadOneExpire()
    {
        var clock = new MovableClock();
        var (here, there) = (Seats(), Seats());
        var account = Guid.CreateVersion7(TimeProvider.System.GetUtcNow());
        var taken = await Task.WhenAll(Enumerable.Range(0, 12).Select(n => (n % 2 == 0 ? here : there).TryTakeAsync(account, default)));
        taken.Count(s => s is not null).ShouldBeInRange(1, 4);
        var all = taken.OfType<TerminalSeats.Seat>().ToList();
        while (await there.TryTakeAsync(account, default) is { } more) { all.Add(more); }
        all.Count.ShouldBe(4);
        (await here.TryTakeAsync(Guid.CreateVersion7(TimeProvider.System.GetUtcNow()), default)).ShouldNotBeNull();
        await all[0].DisposeAsync();
        (await here.TryTakeAsync(account, default)).ShouldNotBeNull();
        (await there.TryTakeAsync(account, default)).ShouldBeNull();

        // Renewed they stay; what nobody renews is another's after its time, and its former holder learns of it.
        clock.Ahead = TimeSpan.FromSeconds(40);
        (await all[1].KeepAsync(default)).ShouldBeTrue();
        clock.Ahead = TimeSpan.FromSeconds(60);
        (await there.TryTakeAsync(account, default)).ShouldNotBeNull();
        (await there.TryTakeAsync(account, default)).ShouldNotBeNull();
        (await there.TryTakeAsync(account, default)).ShouldNotBeNull();
        (await there.TryTakeAsync(account, default)).ShouldBeNull();
        (await all[1].KeepAsync(default)).ShouldBeTrue();
        (await all[2].KeepAsync(default)).ShouldBeFalse();

        TerminalSeats Seats() => new(platform.App.Services.GetRequiredService<IServiceScopeFactory>(), Options.Create(new Zhengtong.Cloud.CloudOptions()), clock);
    }

    [Theory]
    [InlineData("sign-out")]
    [InlineData("lock")]
    [InlineData("post")]
    [InlineData("password")]
    public async Task SessionEnds_ItsTerminalIsClosed(string how)
    {
        var (owner, id, engine) = await DeliveredAsync(platform);
        var (client, officer) = await platform.SignedInAs(owner, Role.DepartmentOfficer);
        await using var other = await TestLine.OpenAsync(platform, await platform.SignedIn(owner, Role.DepartmentOfficer), id);
        await using var line = await TestLine.OpenAsync(platform, client, id);
        await line.UntilAsync("shell");
        await other.UntilAsync("shell");
        if (how == "sign-out") { (await client.DeleteAsync("/api/v1/session")).StatusCode.ShouldBe(HttpStatusCode.NoContent); }
        else
        {
            await platform.WithDb(async db =>
            {
                var account = await db.Users.Include(u => u.Posts).SingleAsync(u => u.Id == officer.Id);
                if (how == "lock") { account.LockedAt = TimeProvider.System.GetUtcNow(); }
                else if (how == "post") { account.Withdraw(Role.DepartmentOfficer, TimeProvider.System.GetUtcNow()); }
                else { account.EndSessions(TimeProvider.System.GetUtcNow()); }
                return await db.SaveChangesAsync();
            });
        }

        (await line.UntilClosedAsync()).ShouldBe((WebSocketCloseStatus.PolicyViolation, "session-over"));
        await other.TypeAsync("still here");
        await other.UntilAsync("still here");
        engine.OpenTerminals.ShouldBe(1);
    }

    [Fact]
    public async Task NobodyTypes_OrThePlatformStops_ItIsClosed()
    {
        var clock = new MovableClock();
        var own = new PlatformFixture { Configure = b => b.Services.AddSingleton<TimeProvider>(clock) };
        await own.InitializeAsync();
        TestLine? line = null;
        try
        {
            var (owner, id, engine) = await DeliveredAsync(own);
            var client = await own.SignedIn(owner, Role.DepartmentOfficer);
            await using (var idle = await TestLine.OpenAsync(own, client, id))
            {
                await idle.UntilAsync("shell");
                clock.Ahead = TimeSpan.FromMinutes(14);
                await Task.Delay(1500, TestContext.Current.CancellationToken);
                await idle.TypeAsync("here");
                await idle.UntilAsync("here");
                clock.Ahead = TimeSpan.FromMinutes(28);
                await idle.SayAsync("""{"columns":90,"rows":20}""");
                await idle.UntilAsync("90x20");
                clock.Ahead = TimeSpan.FromMinutes(29.5);
                (await idle.UntilClosedAsync()).ShouldBe((WebSocketCloseStatus.PolicyViolation, "idle"));
            }

            clock.Ahead = TimeSpan.Zero;
            line = await TestLine.OpenAsync(own, client, id);
            await line.UntilAsync("shell");
            var closed = line.UntilClosedAsync();
            await own.App.StopAsync(TestContext.Current.CancellationToken);
            (await closed).ShouldBe((WebSocketCloseStatus.EndpointUnavailable, "stopping"));
            engine.OpenTerminals.ShouldBe(0);
            (await own.WithDb(db => db.Ledger.CountAsync(e => e.Subject == id.ToString() && e.Event == "cloud.terminal-closed"))).ShouldBe(2);
        }
        finally
        {
            if (line is not null) { await line.DisposeAsync(); }
            await own.DisposeAsync();
        }
    }

    [Fact]
    public async Task Page_AloneTakesInlineStyles_AndOthersGetTheirRefusal()
    {
        var (owner, id, _) = await DeliveredAsync(platform);
        var client = await platform.SignedIn(owner, Role.DepartmentOfficer);
        var page = await client.GetAsync($"/work/cloud/resources/{id}/terminal");
        var policy = page.Headers.GetValues("Content-Security-Policy").Single();
        policy.ShouldEndWith("; style-src 'self' 'unsafe-inline'");
        policy.ShouldNotContain("script-src");
        (await page.Content.ReadAsStringAsync()).ShouldContain($"/work/cloud/resources/{id}#run-form");
        var back = await client.GetAsync($"/work/cloud/resources/{id}");
        back.Headers.GetValues("Content-Security-Policy").Single().ShouldNotContain("unsafe-inline");
        (await back.Content.ReadAsStringAsync()).ShouldContain($"href=\"/work/cloud/resources/{id}/terminal\" data-enhance-nav=\"false\"");
        (await (await platform.SignedIn(await platform.Department(), Role.DepartmentOfficer)).GetAsync($"/work/cloud/resources/{id}/terminal")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    private static async Task<(Organisation Owner, Guid Resource, PretendEngine Engine)> DeliveredAsync(PlatformFixture platform)
    {
        var (owner, address) = (await platform.Department(), $"pretend:{Guid.CreateVersion7(TimeProvider.System.GetUtcNow())}");
        return (owner, await RunningInstance.DeliverAsync(platform.App, owner.Id, "pretend", address), PretendDriver.Of(platform.App).At(address));
    }

    /// <summary>What is answered to one who asks to open it, as a browser would.</summary>
    private async Task<(HttpStatusCode Status, string Code)> AskAsync(HttpClient client, Guid id, string? origin = null, string query = "")
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/api/v1/cloud/resources/{id}/terminal{query}");
        foreach (var (name, value) in new[] { ("Connection", "Upgrade"), ("Upgrade", "websocket"), ("Sec-WebSocket-Version", "13"), ("Sec-WebSocket-Key", Convert.ToBase64String(new byte[16])) }) { request.Headers.TryAddWithoutValidation(name, value); }
        if ((origin ?? $"http://{platform.Address.Authority}") is { Length: > 0 } from) { request.Headers.Add("Origin", from); }
        using var response = await client.SendAsync(request);
        return (response.StatusCode, await response.ReadProblemCode());
    }

    private Task<List<LedgerEntry>> EntriesAsync(Guid id, int count) => Eventually(async () =>
    {
        var entries = await platform.WithDb(db => db.Ledger.AsNoTracking().Where(e => e.Subject == id.ToString() && e.Event.StartsWith("cloud.terminal")).OrderBy(e => e.Id).ToListAsync());
        return entries.Count >= count ? entries : null;
    });

    private static Task UntilClosedAsync(PretendEngine engine) => Eventually(() => Task.FromResult(engine.OpenTerminals == 0 ? engine : null));

    private static async Task<T> Eventually<T>(Func<Task<T?>> find) where T : class
    {
        var until = TimeProvider.System.GetUtcNow().AddSeconds(30);
        while (true)
        {
            if (await find() is { } found) { return found; }
            TimeProvider.System.GetUtcNow().ShouldBeLessThan(until, "it did not come to that");
            await Task.Delay(50);
        }
    }
}

/// <summary>A person's side of a terminal.</summary>
internal sealed class TestLine : IAsyncDisposable
{
    private readonly ClientWebSocket socket = new();
    private readonly CancellationTokenSource limit = new(TimeSpan.FromSeconds(60));
    private readonly byte[] buffer = new byte[16 * 1024];
    private readonly MemoryStream shown = new();

    internal string Shown => Encoding.UTF8.GetString(shown.GetBuffer(), 0, (int)shown.Length);

    internal static async Task<TestLine> OpenAsync(PlatformFixture platform, HttpClient client, Guid id, string query = "")
    {
        var line = new TestLine();
        line.socket.Options.SetRequestHeader("Origin", $"http://{platform.Address.Authority}");
        await line.socket.ConnectAsync(new Uri($"ws://{platform.Address.Authority}/api/v1/cloud/resources/{id}/terminal{query}"), client, line.limit.Token);
        return line;
    }

    internal Task TypeAsync(string typed) => socket.SendAsync(Encoding.UTF8.GetBytes(typed), WebSocketMessageType.Binary, endOfMessage: true, limit.Token);

    internal Task SayAsync(string message) => socket.SendAsync(Encoding.UTF8.GetBytes(message), WebSocketMessageType.Text, endOfMessage: true, limit.Token);

    internal void Abort() => socket.Abort();

    internal async Task UntilAsync(string words)
    {
        while (!Shown.Contains(words, StringComparison.Ordinal)) { (await ReadAsync()).ShouldBeTrue($"closed ({socket.CloseStatusDescription}) without {words[..Math.Min(40, words.Length)]}: {Shown[..Math.Min(400, Shown.Length)]}"); }
    }

    internal async Task<(WebSocketCloseStatus?, string?)> UntilClosedAsync()
    {
        while (await ReadAsync()) { }
        return (socket.CloseStatus, socket.CloseStatusDescription);
    }

    public async ValueTask DisposeAsync()
    {
        if (socket.State is WebSocketState.Open or WebSocketState.CloseReceived)
        {
            try { await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, limit.Token); }
            catch (WebSocketException) { /* The other side was faster. */ }
        }

        socket.Dispose();
        limit.Dispose();
    }

    private async Task<bool> ReadAsync()
    {
        var part = await socket.ReceiveAsync(buffer.AsMemory(), limit.Token);
        if (part.MessageType == WebSocketMessageType.Close) { return false; }
        shown.Write(buffer, 0, part.Count);
        return true;
    }
}
