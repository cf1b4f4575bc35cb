using System.Net;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Agreements;
using Zhengtong.Exchange.Gateway;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Exchange.Gateway;

/// <summary>No more calls than agreed, whoever asks, however often, and whatever dies meanwhile.</summary>
[OnDatabase, Collection<GatewayTests>]
public sealed class CallLimitsTests(GatewayFixture gateway)
{
    [Fact]
    public async Task Quota_Spent_RefusesUntilTheNextDay()
    {
        var scene = await gateway.SceneAsync(s => s.Limits = new(3, 100, 10));
        using var client = gateway.Client();
        for (var n = 0; n < 3; n++)
        {
            var answer = await client.GetAsync($"{scene.Plain}/firms/1");
            answer.StatusCode.ShouldBe(HttpStatusCode.OK);
            answer.Headers.GetValues("RateLimit").Single().ShouldStartWith($"\"day\";r={2 - n};t=");
        }

        var spent = await client.GetAsync($"{scene.Plain}/firms/1");
        spent.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        (await spent.ReadProblemCode()).ShouldBe("exchange.quota-spent");
        spent.Headers.RetryAfter!.Delta!.Value.ShouldBeInRange(TimeSpan.FromSeconds(1), TimeSpan.FromDays(1));
        spent.Headers.GetValues("RateLimit").Single().ShouldStartWith("\"day\";r=0;t=");
        var r1 = await client.SendAsync(scene.Call(HttpMethod.Get, "/firms/1"));
        r1.StatusCode.ShouldBe(HttpStatusCode.InternalServerError);
        r1.Headers.GetValues("X-Road-Error").ShouldBe(["Server.ServerProxy.AccessDenied.QuotaSpent"]);
        r1.Headers.RetryAfter.ShouldNotBeNull();
        // What is refused does not count, and is not counted again.
        scene.Seen.Count.ShouldBe(3);
        (await gateway.WithDb(db => db.ApiQuotas.SingleAsync(q => q.AgreementId == scene.Agreement.Id))).Reserved.ShouldBe(3);
    }

    [Fact]
    public async Task Quota_ManyAtOnceInSeveralProcesses_IsNeverExceeded()
    {
        var scene = await gateway.SceneAsync();
        var terms = scene.Agreement.Terms() with { Limits = new ApiLimits(250, 100_000, 1000) };
        CallLimits[] processes = [Process(), Process(), Process()];
        var admitted = await Task.WhenAll(Enumerable.Range(0, 400).Select(n => Task.Run(async () =>
        {
            var (admission, _) = await processes[n % 3].AdmitAsync(terms, CancellationToken.None);
            admission?.Dispose();
            return admission is not null;
        })));
        // Never more; of the last blocks a process may hold a few that only its own next calls would use.
        admitted.Count(a => a).ShouldBeInRange(230, 250);
        (await ReservedAsync(scene)).ShouldBe(250);
    }

    [Fact]
    public async Task Quota_AfterACrash_LosesAtMostABlockAndDoublesNothing()
    {
        var scene = await gateway.SceneAsync();
        var terms = scene.Agreement.Terms() with { Limits = new ApiLimits(1000, 100_000, 1000) };
        var used = await UseAsync(Process(), terms, 25);
        // The process is gone without a word: five of its block of ten are lost.
        (await ReservedAsync(scene)).ShouldBe(30);
        var next = Process();
        used += await UseAsync(next, terms, 25);
        (await ReservedAsync(scene)).ShouldBe(60);
        // One that ends in peace gives back what it has not used.
        await next.StopAsync(CancellationToken.None);
        (await ReservedAsync(scene)).ShouldBe(55);
        used += await UseAsync(Process(), terms, 2000);
        used.ShouldBe(995);
        (await ReservedAsync(scene)).ShouldBe(1000);
    }

    [Fact]
    public async Task Quota_NextDayInChina_BeginsAnew()
    {
        var scene = await gateway.SceneAsync();
        var terms = scene.Agreement.Terms() with { Limits = new ApiLimits(5, 100_000, 1000) };
        var clock = new MovableClock();
        var limits = new CallLimits(gateway.Services.GetRequiredService<IServiceScopeFactory>(), clock);
        (await UseAsync(limits, terms, 9)).ShouldBe(5);
        clock.Ahead = CallLimits.LeftOfDay(clock.GetUtcNow()) + TimeSpan.FromSeconds(1);
        (await UseAsync(limits, terms, 9)).ShouldBe(5);
    }

    [Fact]
    public async Task Rate_TwoCallersAtOnce_ShareTheSecond()
    {
        var scene = await gateway.SceneAsync(s => s.Limits = new(1000, 5, 100));
        using var one = gateway.Client();
        using var other = gateway.Client();
        await one.GetAsync($"{scene.Plain}/firms/1");
        await Task.Delay(1100);
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(n => (n % 2 == 0 ? one : other).GetAsync($"{scene.Plain}/firms/1")));
        answers.Count(a => a.StatusCode == HttpStatusCode.OK).ShouldBe(5);
        var refused = answers.First(a => a.StatusCode != HttpStatusCode.OK);
        refused.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        (await refused.ReadProblemCode()).ShouldBe("exchange.too-fast");
        refused.Headers.RetryAfter!.Delta.ShouldBe(TimeSpan.FromSeconds(1));
        (await one.SendAsync(scene.Call(HttpMethod.Get, "/firms/1"))).Headers.GetValues("X-Road-Error").ShouldBe(["Server.ServerProxy.AccessDenied.TooFast"]);
        await Task.Delay(1100);
        (await one.GetAsync($"{scene.Plain}/firms/1")).StatusCode.ShouldBe(HttpStatusCode.OK);
        scene.Seen.Count.ShouldBe(7);
    }

    [Fact]
    public async Task Concurrency_Reached_RefusesTheNextUntilOneIsOver()
    {
        var scene = await gateway.SceneAsync(s => s.Limits = new(1000, 1000, 2));
        var over = new TaskCompletionSource();
        scene.Answer(async _ => await over.Task);
        using var client = gateway.Client();
        Task<HttpResponseMessage>[] running = [client.GetAsync($"{scene.Plain}/firms/1"), client.SendAsync(scene.Call(HttpMethod.Get, "/firms/2"))];
        for (var n = 0; scene.Seen.Count < 2 && n < 100; n++) { await Task.Delay(50); }
        var third = await client.GetAsync($"{scene.Plain}/firms/3");
        (await third.ReadProblemCode()).ShouldBe("exchange.too-many-at-once");
        (await client.SendAsync(scene.Call(HttpMethod.Get, "/firms/3"))).Headers.GetValues("X-Road-Error").ShouldBe(["Server.ServerProxy.AccessDenied.TooManyAtOnce"]);
        over.SetResult();
        (await Task.WhenAll(running)).ShouldAllBe(a => a.StatusCode == HttpStatusCode.OK);
        (await client.GetAsync($"{scene.Plain}/firms/4")).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Usage_OfCalls_IsWrittenOnceASecondAndAddsUp()
    {
        var scene = await gateway.SceneAsync();
        using var client = gateway.Client();
        for (var n = 0; n < 20; n++) { (await client.GetAsync($"{scene.Plain}/firms/1")).StatusCode.ShouldBe(HttpStatusCode.OK); }
        for (var n = 0; n < 50 && await SumAsync(scene, CallMeter.Calls) < 20; n++) { await Task.Delay(100); }
        (await SumAsync(scene, CallMeter.Calls)).ShouldBe(20);
        (await SumAsync(scene, CallMeter.Bytes)).ShouldBe(20L * """{"name":"企业","code":"1"}"""u8.Length);
        (await gateway.WithDb(db => db.Usage.CountAsync(u => u.AgreementId == scene.Agreement.Id && u.Meter == CallMeter.Calls))).ShouldBeLessThan(10);
    }

    private CallLimits Process() => new(gateway.Services.GetRequiredService<IServiceScopeFactory>(), TimeProvider.System);

    private Task<long> SumAsync(Scene scene, string meter) => gateway.WithDb(db => db.Usage.Where(u => u.AgreementId == scene.Agreement.Id && u.Meter == meter).SumAsync(u => u.Quantity));

    private Task<long> ReservedAsync(Scene scene) => gateway.WithDb(db => db.ApiQuotas.Where(q => q.AgreementId == scene.Agreement.Id).SumAsync(q => q.Reserved));

    private static async Task<int> UseAsync(CallLimits limits, AgreementTerms terms, int calls)
    {
        var used = 0;
        for (var n = 0; n < calls; n++)
        {
            var (admission, _) = await limits.AdmitAsync(terms, CancellationToken.None);
            if (admission is null) { break; }
            admission.Dispose();
            used++;
        }

        return used;
    }
}
