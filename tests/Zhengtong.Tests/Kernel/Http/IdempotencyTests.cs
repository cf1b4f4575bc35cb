using System.Net;
using System.Net.Http.Json;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;
using Zhengtong.Tests.Catalogue.Slices;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Kernel.Http;

[OnDatabase]
public sealed class IdempotencyTests(PlatformFixture platform)
{
    [Fact]
    public async Task Post_SameKeySameRequest_BringsTheSameAnswerAndActsOnce()
    {
        var client = await Officer();
        var first = await Post(client, "k-1", RegisterResourceTests.Enterprises());
        var second = await Post(client, "k-1", RegisterResourceTests.Enterprises());
        first.StatusCode.ShouldBe(HttpStatusCode.Created);
        second.StatusCode.ShouldBe(HttpStatusCode.Created);
        (await second.Content.ReadAsStringAsync()).ShouldBe(await first.Content.ReadAsStringAsync());
        second.Headers.Location.ShouldBe(first.Headers.Location);
        second.Content.Headers.ContentType.ShouldBe(first.Content.Headers.ContentType);
        second.Headers.GetValues("Idempotency-Replayed").ShouldBe(["true"]);
        first.Headers.Contains("Idempotency-Replayed").ShouldBeFalse();
    }

    [Fact]
    public async Task Post_SameKeyOtherRequest_Is422()
    {
        var client = await Officer();
        (await Post(client, "k-2", RegisterResourceTests.Enterprises())).StatusCode.ShouldBe(HttpStatusCode.Created);
        var other = await Post(client, "k-2", new { name = "另一个" });
        // Read before the key is looked at: what cannot be valid is answered as invalid.
        (await other.ReadProblemCode()).ShouldBe("kernel.malformed");
        var valid = await Post(client, "k-2", Named("另一个资源"));
        ((int)valid.StatusCode).ShouldBe(422);
        (await valid.ReadProblemCode()).ShouldBe("kernel.idempotency-mismatch");
    }

    [Fact]
    public async Task Post_TwelveAtOnceUnderOneKey_ActOnceAndAllBringTheSameAnswer()
    {
        var client = await Officer();
        var responses = await Task.WhenAll(Enumerable.Range(0, 12).Select(_ => Post(client, "k-3", RegisterResourceTests.Enterprises())));
        responses.ShouldAllBe(r => r.StatusCode == HttpStatusCode.Created);
        var bodies = await Task.WhenAll(responses.Select(r => r.Content.ReadAsStringAsync()));
        bodies.Distinct().Count().ShouldBe(1);
        responses.Count(r => r.Headers.Contains("Idempotency-Replayed")).ShouldBe(11);
        var id = bodies[0].Split('"')[3];
        (await platform.WithDb(db => db.Ledger.CountAsync(e => e.Subject == id && e.Event == "catalogue.registered"))).ShouldBe(1);
    }

    [Fact]
    public async Task Post_RefusedUnderAKey_MayBeSentAgainUnderIt()
    {
        var client = await Officer();
        (await Post(client, "k-4", RegisterResourceTests.Enterprises())).StatusCode.ShouldBe(HttpStatusCode.Created);
        (await Post(client, "k-5", RegisterResourceTests.Enterprises())).StatusCode.ShouldBe(HttpStatusCode.Conflict);
        (await Post(client, "k-5", Named("企业登记信息二"))).StatusCode.ShouldBe(HttpStatusCode.Created);
    }

    [Fact]
    public async Task Post_TwoCallersWithOneKey_DoNotMeet()
    {
        (await Post(await Officer(), "shared", RegisterResourceTests.Enterprises())).StatusCode.ShouldBe(HttpStatusCode.Created);
        var second = await Post(await Officer(), "shared", RegisterResourceTests.Enterprises());
        second.StatusCode.ShouldBe(HttpStatusCode.Created);
        second.Headers.Contains("Idempotency-Replayed").ShouldBeFalse();
    }

    [Theory]
    [InlineData("with space")]
    [InlineData("129")]
    public async Task Post_KeyOfAnotherForm_Is400(string key)
    {
        var response = await Post(await Officer(), key == "129" ? new string('k', 129) : key, RegisterResourceTests.Enterprises());
        var problem = await response.ReadProblem();
        problem.GetProperty("code").GetString().ShouldBe("kernel.invalid");
        problem.GetProperty("errors").TryGetProperty("Idempotency-Key", out _).ShouldBeTrue();
    }

    [Fact]
    public async Task Purge_AfterADay_ForgetsTheKey()
    {
        var client = await Officer();
        (await Post(client, "k-6", RegisterResourceTests.Enterprises())).StatusCode.ShouldBe(HttpStatusCode.Created);
        var now = TimeProvider.System.GetUtcNow();
        await platform.WithDb(db => new IdempotencyPurge(db, TimeProvider.System).ReconcileAsync(default));
        (await platform.WithDb(db => db.IdempotencyKeys.CountAsync(k => k.Key == "k-6"))).ShouldBe(1);
        // Only this key is made old: the other tests' keys stay.
        await platform.WithDb(db => db.IdempotencyKeys.Where(k => k.Key == "k-6").ExecuteUpdateAsync(s => s.SetProperty(k => k.At, now.AddHours(-25))));
        await platform.WithDb(db => new IdempotencyPurge(db, TimeProvider.System).ReconcileAsync(default));
        (await platform.WithDb(db => db.IdempotencyKeys.CountAsync(k => k.Key == "k-6"))).ShouldBe(0);
    }

    private async Task<HttpClient> Officer() => await platform.SignedIn(await platform.Department(), Role.DepartmentOfficer);

    private static object Named(string name) => new
    {
        name, @abstract = "", sharingType = "unconditional", updateCycle = "daily",
        items = new object[] { new { name = "编号", column = "id", type = "text", length = 18, isKey = true } },
    };

    private static Task<HttpResponseMessage> Post(HttpClient client, string key, object body)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/resources") { Content = JsonContent.Create(body) };
        request.Headers.TryAddWithoutValidation("Idempotency-Key", key);
        return client.SendAsync(request);
    }
}
