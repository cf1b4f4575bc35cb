using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Notices;
using Zhengtong.Kernel.Organisations;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Kernel.Notices;

[OnDatabase]
public sealed class NoticesTests(PlatformFixture platform)
{
    [Fact]
    public async Task Notices_AreOfTheOwnOrganisation_AndReadByEachPersonForThemselves()
    {
        var (own, other) = (await platform.Department(), await platform.Department());
        for (var n = 0; n < 3; n++) { await TellAsync(own, $"资源 {n}"); }
        using var one = await platform.SignedIn(own, Role.DepartmentOfficer);
        using var colleague = await platform.SignedIn(own, Role.DepartmentLeader);
        using var stranger = await platform.SignedIn(other, Role.DepartmentOfficer);

        var read = await one.GetFromJsonAsync<JsonElement>("/api/v1/notices");
        read.GetProperty("total").GetInt64().ShouldBe(3);
        var newest = read.GetProperty("items")[0];
        newest.GetProperty("sentence").GetString().ShouldBe("资源 2: data have been under way for too long without a receipt");
        (newest.GetProperty("tone").GetString(), newest.GetProperty("isRead").GetBoolean()).ShouldBe(("warning", false));
        var id = newest.GetProperty("id").GetGuid();

        (await stranger.PostAsJsonAsync("/api/v1/notices/read", new { ids = new[] { id } })).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await UnreadAsync(one)).ShouldBe(3);
        (await one.PostAsJsonAsync("/api/v1/notices/read", new { ids = new[] { id } })).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await one.PostAsJsonAsync("/api/v1/notices/read", new { ids = new[] { id } })).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await UnreadAsync(one)).ShouldBe(2);
        (await UnreadAsync(colleague)).ShouldBe(3);
        (await UnreadAsync(stranger)).ShouldBe(0);
        (await stranger.GetFromJsonAsync<JsonElement>("/api/v1/notices")).GetProperty("total").GetInt64().ShouldBe(0);
        (await one.PostAsJsonAsync("/api/v1/notices/read", new { })).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await UnreadAsync(one)).ShouldBe(0);
        using var visitor = platform.Visitor();
        (await (await visitor.GetAsync("/api/v1/notices")).ReadProblemCode()).ShouldBe("kernel.not-signed-in");
        (await (await visitor.PostAsJsonAsync("/api/v1/notices/read", new { })).ReadProblemCode()).ShouldBe("kernel.not-signed-in");
    }

    [Fact]
    public async Task Page_ShowsTheBellAndMarksAllAsRead()
    {
        var own = await platform.Department();
        await TellAsync(own, "企业登记信息");
        using var client = await platform.SignedIn(own, Role.DepartmentOfficer);
        (await client.GetPage("/work")).ShouldContain("1 unread");
        WebUtility.HtmlDecode(await client.GetPage("/work/notices?unread=true")).ShouldContain("企业登记信息");
        (await client.Submit("/work/notices", "read")).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await client.GetPage("/work")).ShouldNotContain("1 unread");
        WebUtility.HtmlDecode(await client.GetPage("/work/notices?unread=true")).ShouldNotContain("企业登记信息");
        WebUtility.HtmlDecode(await client.GetPage("/work/notices")).ShouldContain("企业登记信息");
    }

    [Fact]
    public async Task OldNotices_GoWithTheirMarks()
    {
        var own = await platform.Department();
        var now = TimeProvider.System.GetUtcNow();
        var old = await TellAsync(own, "旧", now.AddDays(-DropOldNotices.KeepDays - 1));
        var kept = await TellAsync(own, "新", now.AddDays(-DropOldNotices.KeepDays + 1));
        using var client = await platform.SignedIn(own, Role.DepartmentOfficer);
        await client.PostAsJsonAsync("/api/v1/notices/read", new { });
        await using var scope = platform.App.Services.CreateAsyncScope();
        await scope.ServiceProvider.GetRequiredService<DropOldNotices>().ReconcileAsync(CancellationToken.None);
        (await platform.WithDb(db => db.Notices.Where(n => n.OrganisationId == own.Id).Select(n => n.Id).ToListAsync())).ShouldBe([kept]);
        (await platform.WithDb(db => db.NoticeReads.CountAsync(r => r.NoticeId == old))).ShouldBe(0);
    }

    private static async Task<long> UnreadAsync(HttpClient client) => (await client.GetFromJsonAsync<JsonElement>("/api/v1/notices?unread=true")).GetProperty("total").GetInt64();

    private Task<Guid> TellAsync(Organisation organisation, string about, DateTimeOffset? at = null) => platform.WithDb(async db =>
    {
        var notice = Notice.Of(organisation.Id, NoticeTone.Warning, "exchange.alarm.lag-raised", "/work/exchange/monitor/alarms", at ?? TimeProvider.System.GetUtcNow(), about);
        db.Notices.Add(notice);
        await db.SaveChangesAsync();
        return notice.Id;
    });
}
