using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Quotas;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Organisations;
using Zhengtong.Kernel.Regions;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Cloud.Quotas;

[OnDatabase]
[Collection("counters changed beside the movements")]
public sealed class RecountQuotasTests(PlatformFixture platform)
{
    [Fact]
    public async Task Post_CountersChangedBesideTheMovements_AreShownToldAndMended()
    {
        var world = await CloudWorld.MakeAsync(platform, 10, 10, 10);
        await world.Take(CloudWorld.Cores(world.Project, 4));
        var body = await Operator();
        var before = await Recount(body.Client, new { mend = false });
        Of(before, world.First.Id).ShouldBeEmpty();
        before.GetProperty("movements").GetInt64().ShouldBeGreaterThan(0);

        await platform.WithDb(db => db.QuotaCounters.Where(c => c.NodeId == world.First.Id && c.Kind == "vcpu").ExecuteUpdateAsync(set => set.SetProperty(c => c.Reserved, 1)));
        var after = await Recount(body.Client, new { mend = false });
        var found = Of(after, world.First.Id).Single();
        found.GetProperty("reservedCounted").GetInt64().ShouldBe(1);
        found.GetProperty("reservedTrue").GetInt64().ShouldBe(4);
        (await platform.WithDb(db => db.Notices.CountAsync(n => n.OrganisationId == body.Organisation.Id && n.TextKey == "cloud.notice.counters-differ"))).ShouldBeInRange(1, 2, "once; twice when another test counted at the same moment");
        await Recount(body.Client, new { mend = false });
        (await platform.WithDb(db => db.Notices.CountAsync(n => n.OrganisationId == body.Organisation.Id && n.TextKey == "cloud.notice.counters-differ"))).ShouldBeInRange(1, 2, "once; twice when another test counted at the same moment");

        // Less is counted than is to be given back: refused, and never below nothing.
        var hold = await platform.WithDb(db => db.Holds.AsNoTracking().SingleAsync(h => h.NodeId == world.Project.Id));
        await Should.ThrowAsync<CountersDriftedException>(() => world.Release(hold.ConsumerId));
        (await world.Held(world.First)).ShouldBe((1, 0));

        (await (await body.Client.PostAsJsonAsync("/api/v1/cloud/quota-recounts", new { mend = true })).ReadProblemCode()).ShouldBe("cloud.invalid");
        var mended = await Recount(body.Client, new { mend = true, reason = "核对流水后校正" });
        Of(mended, world.First.Id).Count().ShouldBe(1);
        mended.GetProperty("isMended").GetBoolean().ShouldBeTrue();
        (await world.Held(world.First)).ShouldBe((4, 0));
        (await world.Differences()).ShouldBeEmpty();
        var id = mended.GetProperty("id").GetGuid().ToString();
        (await platform.WithDb(db => db.Ledger.SingleAsync(e => e.Event == "cloud.counters-mended" && e.Subject == id))).Reason.ShouldBe("核对流水后校正");
        (await world.Release(hold.ConsumerId)).Result.ShouldBe(HoldResult.Done);

        var list = await body.Client.GetFromJsonAsync<JsonElement>("/api/v1/cloud/quota-recounts?limit=200");
        list.GetProperty("items").EnumerateArray().Select(r => r.GetProperty("id").GetString()).ShouldContain(id);
        (await (await (await platform.SignedIn(await platform.Department(), Role.Authority)).PostAsJsonAsync("/api/v1/cloud/quota-recounts", new { mend = false })).ReadProblemCode()).ShouldBe("kernel.forbidden");
    }

    private async Task<(HttpClient Client, Organisation Organisation)> Operator()
    {
        var organisation = new Organisation
        {
            Id = CloudWorld.NewId(), CreditCode = CreditCode.FromBody("12610000" + $"{CloudWorld.NewId():N}"[20..29].ToUpperInvariant()), Name = "平台运行中心", ShortName = "运行中心", Region = RegionCode.Parse("610000"), Kind = OrganisationKind.Operator,
        };
        await platform.WithDb(async db =>
        {
            db.Organisations.Add(organisation);
            return await db.SaveChangesAsync();
        });
        return (await platform.SignedIn(organisation, Role.PlatformOperator), organisation);
    }

    private static async Task<JsonElement> Recount(HttpClient client, object body)
    {
        var answer = await client.PostAsJsonAsync("/api/v1/cloud/quota-recounts", body);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK, await answer.Content.ReadAsStringAsync());
        return await answer.Content.ReadFromJsonAsync<JsonElement>();
    }

    private static IEnumerable<JsonElement> Of(JsonElement recount, Guid node) => recount.GetProperty("differences").EnumerateArray().Where(d => d.GetProperty("node").GetGuid() == node);
}
