using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Tests.Cloud.Orders;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Cloud.Migration;

/// <summary>Existing systems on their way into the common cloud.</summary>
[OnDatabase]
public sealed class MigrationTests(PlatformFixture platform)
{
    private const string Systems = "/api/v1/cloud/migration/systems";
    private const string Rooms = "/api/v1/cloud/migration/rooms";

    [Fact]
    public async Task System_DeclaredPlannedMoved_ThenItsRoomIsClosed()
    {
        var world = await OrderWorld.MakeAsync(platform);
        var (id, room) = await Declare(world, "旧系统");
        (await (await world.Officer.PostAsJsonAsync(Systems, Declared("旧系统"))).ReadProblemCode()).ShouldBe("cloud.legacy-taken");
        (await (await world.Officer.PutAsJsonAsync($"{Systems}/{id}/plan", new { targetDate = OrderWorld.Day(-1), revision = 1 })).ReadProblemCode()).ShouldBe("cloud.invalid");
        await OrderWorld.Done(world.Officer.PutAsJsonAsync($"{Systems}/{id}/plan", new { targetDate = OrderWorld.Day(30), revision = 1 }));
        (await (await world.Officer.PutAsJsonAsync($"{Systems}/{id}/plan", new { targetDate = OrderWorld.Day(30), revision = 1 })).ReadProblemCode()).ShouldBe("cloud.changed-meanwhile");
        var move = new { systemId = world.System, revision = 2 };
        (await (await world.Officer.PostAsJsonAsync($"{Systems}/{id}/move", move)).ReadProblemCode()).ShouldBe("cloud.legacy-nothing-there");
        (await (await Close(world.Officer, room, 1)).ReadProblemCode()).ShouldBe("cloud.room-in-use");

        await OrderWorld.Done(world.Grant(await world.Submitted()));
        await platform.WithDb(db => db.CloudResources.Where(r => r.SystemId == world.System).ExecuteUpdateAsync(s => s.SetProperty(r => r.DeliveredAt, TimeProvider.System.GetUtcNow())));
        await OrderWorld.Done(world.Officer.PostAsJsonAsync($"{Systems}/{id}/move", move));
        (await (await world.Officer.PostAsJsonAsync($"{Systems}/{id}/retirement", new { reason = "不再使用", revision = 3 })).ReadProblemCode()).ShouldBe("cloud.legacy-over");
        await OrderWorld.Done(Close(world.Officer, room, 1));
        (await (await Close(world.Officer, room, 2)).ReadProblemCode()).ShouldBe("cloud.room-closed");
        (await (await world.Officer.PostAsJsonAsync(Systems, Declared("又一个"))).ReadProblemCode()).ShouldBe("cloud.room-closed");
        var row = (await world.Officer.GetFromJsonAsync<JsonElement>($"{Systems}?state=moved")).GetProperty("items").EnumerateArray().Single();
        (row.GetProperty("system").GetString(), row.GetProperty("targetDate").GetString()).ShouldBe(("业务系统", OrderWorld.Day(30)));
        (await platform.WithDb(db => db.Ledger.Where(e => e.Subject == id.ToString()).OrderBy(e => e.Id).Select(e => e.Event).ToListAsync())).ShouldBe(["cloud.legacy-declared", "cloud.legacy-planned", "cloud.legacy-moved"]);
        (await platform.WithDb(db => db.Ledger.CountAsync(e => e.Subject == room.ToString() && e.Event == "cloud.room-closed"))).ShouldBe(1);
    }

    [Fact]
    public async Task List_IsTheOwnDepartments_AndTheRegionsForTheAuthority_AlsoAsCsv()
    {
        var (world, other) = (await OrderWorld.MakeAsync(platform), await OrderWorld.MakeAsync(platform));
        var (id, _) = await Declare(world, "只有我们看见");
        (await (await other.Officer.PostAsJsonAsync($"{Systems}/{id}/retirement", new { reason = "不是我的", revision = 1 })).ReadProblemCode()).ShouldBe("cloud.legacy-not-found");
        (await other.Officer.GetFromJsonAsync<JsonElement>(Systems)).GetProperty("items").GetArrayLength().ShouldBe(0);
        (await world.Authority.GetFromJsonAsync<JsonElement>($"{Systems}?organisation={world.Department.Id}")).GetProperty("items").GetArrayLength().ShouldBe(1);
        var csv = await world.Officer.GetAsync("/work/cloud/migration/export.csv?state=Declared");
        csv.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await csv.Content.ReadAsStringAsync()).Split("\r\n", StringSplitOptions.RemoveEmptyEntries).Length.ShouldBe(2);
        (await (await world.Officer.GetAsync("/work/cloud/migration/export.csv?state=Moved")).Content.ReadAsStringAsync()).ShouldNotContain("只有我们看见");
        (await world.Authority.PostAsJsonAsync(Systems, Declared("不行"))).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task Page_DeclaresPlansAndRetires_WithoutScript()
    {
        var world = await OrderWorld.MakeAsync(platform);
        const string Address = "/work/cloud/migration";
        var wrong = await world.Officer.Submit(Address, "declare", ("name", "x"), ("purpose", "办公"), ("room", "一号机房"), ("servers", "many"));
        wrong.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await world.Officer.Submit(Address, "declare", ("name", "老办公系统"), ("purpose", "办公"), ("room", "一号机房"), ("servers", "3"))).StatusCode.ShouldBe(HttpStatusCode.Redirect);
        var id = await platform.WithDb(db => db.LegacySystems.Where(s => s.OrganisationId == world.Department.Id).Select(s => s.Id).SingleAsync());
        (await world.Officer.Submit(Address, "plan", ("planned", $"{id}/1"), ("targetDate", OrderWorld.Day(10)))).StatusCode.ShouldBe(HttpStatusCode.Redirect);
        (await world.Officer.Submit(Address, "retire", ("retired", $"{id}/2"), ("reason", "无人使用"))).StatusCode.ShouldBe(HttpStatusCode.Redirect);
        (await world.Officer.GetPage(Address)).ShouldContain("Retired");
    }

    private static object Declared(string name) => new { name, purpose = "办理业务", room = "老机房", servers = 2 };

    private static async Task<(Guid Id, Guid Room)> Declare(OrderWorld world, string name)
    {
        var made = await (await OrderWorld.Done(world.Officer.PostAsJsonAsync(Systems, Declared(name)))).Content.ReadFromJsonAsync<JsonElement>();
        return (made.GetProperty("id").GetGuid(), made.GetProperty("roomId").GetGuid());
    }

    private static Task<HttpResponseMessage> Close(HttpClient officer, Guid room, int revision) => officer.PostAsJsonAsync($"{Rooms}/{room}/closing", new { ground = "机房整合", revision });
}
