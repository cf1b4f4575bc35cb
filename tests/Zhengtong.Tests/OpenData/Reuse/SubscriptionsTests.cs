using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Hosting;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Zhengtong.Kernel.Ledger;
using Zhengtong.Kernel.Secrets;
using Zhengtong.OpenData.Reuse;
using Zhengtong.Tests.OpenData.Support;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.OpenData.Reuse;

/// <summary>Subscriptions: what is sent, how it is signed, when it is given up, and where it is never sent.</summary>
[OnDatabase]
public sealed class SubscriptionsTests(PlatformFixture platform)
{
    /// <summary>Further ahead than the platform's own sender ever looks in a test run.</summary>
    private static readonly TimeSpan Ahead = TimeSpan.FromDays(2);

    private static MadeFile Parks(string park) => MadeFile.Table("parks.csv", [new("名称")], [park]);

    [Fact]
    public async Task NewVersion_AndWithdrawal_AreSentOnceEachAndSigned()
    {
        await using var receiver = await Receiver.StartAsync();
        var made = await platform.PublishAsync(await platform.Department(), Parks("a"));
        var token = await Key();
        var (_, secret) = await Subscribed(token, made.Name, receiver.Address);
        await Send(Ahead);
        receiver.Got.ShouldBeEmpty("It knows of the version that was public when it subscribed");

        await platform.PublishNextAsync(made, Parks("b"));
        await Send(Ahead);
        await Send(Ahead);
        var (headers, body) = receiver.Got.ShouldHaveSingleItem();
        headers["X-Zhengtong-Signature"].ShouldBe($"sha256={Hmac(secret, $"{headers["X-Zhengtong-Timestamp"]}.{body}")}");
        var message = JsonDocument.Parse(body).RootElement;
        message.GetProperty("event").GetString().ShouldBe("dataset.published");
        message.GetProperty("version").GetProperty("number").GetInt32().ShouldBe(2);
        message.GetProperty("dataset").GetProperty("name").GetString().ShouldBe(made.Name);

        await platform.WithDb(async db =>
        {
            (await db.Datasets.SingleAsync(d => d.Id == made.Id)).Withdraw("wrong", TimeProvider.System.GetUtcNow());
            return await db.SaveChangesAsync();
        });
        await Send(Ahead);
        await Send(Ahead);
        receiver.Got.Count.ShouldBe(2);
        JsonDocument.Parse(receiver.Got.Last().Body).RootElement.GetProperty("event").GetString().ShouldBe("dataset.withdrawn");
    }

    [Fact]
    public async Task Refused_IsTriedAgainWithGrowingPausesAndThenGivenUpWithANotice()
    {
        await using var receiver = await Receiver.StartAsync(500);
        var made = await platform.PublishAsync(await platform.Department(), Parks("a"));
        var token = await Key();
        var (id, _) = await Subscribed(token, made.Name, receiver.Address);
        await platform.PublishNextAsync(made, Parks("b"));
        var ahead = Ahead;
        for (var n = 1; n <= DatasetSubscription.MostFailures; n++)
        {
            await Send(ahead);
            receiver.Got.Count.ShouldBe(n);
            // At once again: the pause is not over.
            await Send(ahead);
            receiver.Got.Count.ShouldBe(n);
            ahead += TimeSpan.FromMinutes(Math.Min(360, Math.Pow(2, n - 1)) + 1);
        }

        await Send(ahead + TimeSpan.FromDays(9));
        receiver.Got.Count.ShouldBe(DatasetSubscription.MostFailures);
        var listed = (await Read(token, "/api/v1/developer-keys/current/subscriptions")).EnumerateArray().Single();
        listed.GetProperty("lastResult").GetString().ShouldBe("HTTP 500");
        listed.GetProperty("deadSince").ValueKind.ShouldBe(JsonValueKind.String);
        (await Read(token, "/api/v1/developer-keys/current/notices")).EnumerateArray().Single().GetProperty("sentence").GetString()!.ShouldContain("no more are sent");
        (await platform.WithDb(db => db.Ledger.CountAsync(e => e.Subject == id.ToString() && e.Event == "open-data.subscription-dead"))).ShouldBe(1);
    }

    [Fact]
    public void Refused_IsGivenUpAfterAboutTwoDays()
    {
        var began = TimeProvider.System.GetUtcNow();
        var subscription = new DatasetSubscription { Id = Guid.Empty, DatasetId = Guid.Empty, KeyId = Guid.Empty, Address = "https://example.org/", Secret = [], At = began, ToldVersion = 1 };
        var now = began;
        for (subscription.Failed("HTTP 500", false, now); subscription.DeadSince is null; subscription.Failed("HTTP 500", false, now)) { now = subscription.NextAt; }
        (now - began).ShouldBeInRange(TimeSpan.FromHours(40), TimeSpan.FromHours(56));
    }

    [Fact]
    public async Task KeyGivenBack_NothingIsSentAnyMore()
    {
        await using var receiver = await Receiver.StartAsync();
        var made = await platform.PublishAsync(await platform.Department(), Parks("a"));
        var token = await Key();
        await Subscribed(token, made.Name, receiver.Address);
        (await Call(HttpMethod.Delete, "/api/v1/developer-keys/current", token)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        await platform.PublishNextAsync(made, Parks("b"));
        await Send(Ahead);
        receiver.Got.ShouldBeEmpty("Nobody could end it: its key is good for nothing");
    }

    [Fact]
    public async Task SecretThatNoLongerOpens_EndsThatOneAndKeepsNobodyWaiting()
    {
        await using var receiver = await Receiver.StartAsync();
        var made = await platform.PublishAsync(await platform.Department(), Parks("a"));
        var (lost, _) = await Subscribed(await Key(), made.Name, receiver.Address);
        await Subscribed(await Key(), made.Name, receiver.Address);
        byte[] other = [.. Enumerable.Repeat((byte)7, 92)];
        await platform.WithDb(db => db.DatasetSubscriptions.Where(s => s.Id == lost).ExecuteUpdateAsync(s => s.SetProperty(x => x.Secret, other)));
        await platform.PublishNextAsync(made, Parks("b"));
        await Send(Ahead);
        receiver.Got.Count.ShouldBe(1);
        var dead = await platform.WithDb(db => db.DatasetSubscriptions.AsNoTracking().SingleAsync(s => s.Id == lost));
        dead.LastResult.ShouldBe("secret-lost");
        dead.DeadSince.ShouldNotBeNull();
    }

    [Fact]
    public async Task Gone_EndsItAtOnce()
    {
        await using var receiver = await Receiver.StartAsync(410);
        var made = await platform.PublishAsync(await platform.Department(), Parks("a"));
        await Subscribed(await Key(), made.Name, receiver.Address);
        await platform.PublishNextAsync(made, Parks("b"));
        await Send(Ahead);
        await Send(Ahead + TimeSpan.FromDays(1));
        receiver.Got.Count.ShouldBe(1);
    }

    [Theory]
    [InlineData("http://127.0.0.1:{0}/")]
    [InlineData("http://localhost:{0}/")]
    [InlineData("http://[::ffff:127.0.0.1]:{0}/")]
    [InlineData("http://2130706433:{0}/")]
    public async Task Address_OfOurOwnNetworks_IsNeverCalled(string address)
    {
        await using var receiver = await Receiver.StartAsync();
        var made = await platform.PublishAsync(await platform.Department(), Parks("a"));
        var (id, _) = await Subscribed(await Key(), made.Name, string.Format(System.Globalization.CultureInfo.InvariantCulture, address, receiver.Address.Port));
        await platform.PublishNextAsync(made, Parks("b"));
        await Send(Ahead, new ReuseOptions());
        receiver.Got.ShouldBeEmpty();
        (await platform.WithDb(db => db.DatasetSubscriptions.AsNoTracking().SingleAsync(s => s.Id == id))).LastResult.ShouldBe("no-connection");
    }

    [Fact]
    public async Task Redirect_IsNotFollowed()
    {
        await using var inner = await Receiver.StartAsync();
        await using var receiver = await Receiver.StartAsync(307, inner.Address.ToString());
        var made = await platform.PublishAsync(await platform.Department(), Parks("a"));
        await Subscribed(await Key(), made.Name, receiver.Address);
        await platform.PublishNextAsync(made, Parks("b"));
        await Send(Ahead);
        receiver.Got.Count.ShouldBe(1);
        inner.Got.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("ftp://example.org/")]
    [InlineData("javascript:alert(1)")]
    [InlineData("https://me:secret@example.org/")]
    [InlineData("not an address")]
    public async Task Subscribe_ToNoAddressOfTheWeb_IsRefused(string address)
    {
        var made = await platform.PublishAsync(await platform.Department(), Parks("a"));
        var answer = await Call(HttpMethod.Post, $"/api/v1/datasets/{made.Name}/subscriptions", await Key(), new { address });
        (await answer.ReadProblemCode()).ShouldBe("kernel.invalid");
    }

    [Fact]
    public async Task Page_SubscribesListsAndEnds_WithoutScript()
    {
        var made = await platform.PublishAsync(await platform.Department(), Parks("a"));
        var (token, visitor) = (await Key(), platform.Visitor());
        (await visitor.GetPage($"/dataset/{made.Name}")).ShouldContain($"/open/subscriptions?dataset={made.Name}");
        var page = $"/open/subscriptions?dataset={made.Name}";
        (await visitor.GetPage(page)).ShouldContain($"/feeds/dataset/{made.Id}.atom");
        (await visitor.GetAsync($"/feeds/dataset/{made.Id}.atom")).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await visitor.Submit(page, "subscribe", ("token", token), ("address", "ftp://example.org"))).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        var subscribed = await visitor.Submit(page, "subscribe", ("token", token), ("address", "https://example.org/hook"));
        subscribed.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await subscribed.Content.ReadAsStringAsync()).ShouldContain("shown this once");
        var id = (await Read(token, "/api/v1/developer-keys/current/subscriptions")).EnumerateArray().Single().GetProperty("id").GetString()!;
        (await (await visitor.Submit("/open/subscriptions", "subscriptions", ("act", "show"), ("token", token))).Content.ReadAsStringAsync()).ShouldContain("https://example.org/hook");
        (await visitor.Submit("/open/subscriptions", "subscriptions", ("act", "end"), ("token", await Key()), ("end", id))).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await visitor.Submit("/open/subscriptions", "subscriptions", ("act", "end"), ("token", token), ("end", id))).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await Read(token, "/api/v1/developer-keys/current/subscriptions")).GetArrayLength().ShouldBe(0);
    }

    /// <summary>One pass of the sender as if so much time had gone by; into every network unless told otherwise.</summary>
    private async Task Send(TimeSpan ahead, ReuseOptions? options = null)
    {
        await using var scope = platform.App.Services.CreateAsyncScope();
        var services = scope.ServiceProvider;
        using var connections = new WebhookConnections(Options.Create(options ?? new ReuseOptions { ForbiddenNetworks = "" }));
        await new SendWebhooks(services.GetRequiredService<ZhengtongDb>(), connections, services.GetRequiredService<Vault>(), services.GetRequiredService<LedgerKeys>(), new MovableClock { Ahead = ahead }).ReconcileAsync(default);
    }

    private Task<(Guid Id, string Secret)> Subscribed(string token, string dataset, Uri address) => Subscribed(token, dataset, address.ToString());

    private async Task<(Guid Id, string Secret)> Subscribed(string token, string dataset, string address)
    {
        var answer = await Call(HttpMethod.Post, $"/api/v1/datasets/{dataset}/subscriptions", token, new { address });
        answer.StatusCode.ShouldBe(HttpStatusCode.Created, await answer.Content.ReadAsStringAsync());
        var taken = await answer.Content.ReadFromJsonAsync<JsonElement>();
        var id = taken.GetProperty("id").GetGuid();
        var later = TimeProvider.System.GetUtcNow() + Ahead - TimeSpan.FromHours(1);
        await platform.WithDb(db => db.DatasetSubscriptions.Where(s => s.Id == id).ExecuteUpdateAsync(s => s.SetProperty(x => x.NextAt, later)));
        return (id, taken.GetProperty("secret").GetString()!);
    }

    private async Task<string> Key() =>
        (await (await platform.Visitor().PostAsJsonAsync("/api/v1/developer-keys", new { name = "An app", scopes = new[] { "rows" } })).Content.ReadFromJsonAsync<JsonElement>()).GetProperty("token").GetString()!;

    private async Task<JsonElement> Read(string token, string address) => await (await Call(HttpMethod.Get, address, token)).Content.ReadFromJsonAsync<JsonElement>();

    private async Task<HttpResponseMessage> Call(HttpMethod method, string address, string token, object? body = null)
    {
        using var request = new HttpRequestMessage(method, address) { Content = body is null ? null : JsonContent.Create(body) };
        request.Headers.Add("X-API-Key", token);
        return await platform.Visitor().SendAsync(request);
    }

    private static string Hmac(string secret, string text) => Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.ASCII.GetBytes(secret), Encoding.UTF8.GetBytes(text)));

    /// <summary>A subscriber's server on this machine.</summary>
    private sealed class Receiver : IAsyncDisposable
    {
        private readonly WebApplication app;

        private Receiver(WebApplication app) => this.app = app;

        internal ConcurrentQueue<(Dictionary<string, string> Headers, string Body)> Got { get; } = new();

        internal Uri Address => new(app.Urls.First());

        internal static async Task<Receiver> StartAsync(int status = 204, string? location = null)
        {
            var builder = WebApplication.CreateSlimBuilder();
            builder.WebHost.UseUrls("http://127.0.0.1:0");
            builder.Logging.ClearProviders();
            var app = builder.Build();
            var receiver = new Receiver(app);
            app.Run(async http =>
            {
                using var reader = new StreamReader(http.Request.Body);
                receiver.Got.Enqueue((http.Request.Headers.ToDictionary(h => h.Key, h => h.Value.ToString(), StringComparer.OrdinalIgnoreCase), await reader.ReadToEndAsync()));
                if (location is not null) { http.Response.Headers.Location = location; }
                http.Response.StatusCode = status;
            });
            await app.StartAsync();
            return receiver;
        }

        public async ValueTask DisposeAsync()
        {
            await app.StopAsync();
            await app.DisposeAsync();
        }
    }
}
