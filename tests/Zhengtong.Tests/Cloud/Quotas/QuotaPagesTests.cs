using System.Net;
using System.Text.RegularExpressions;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Identity;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Cloud.Quotas;

/// <summary>Quotas by forms, as a browser without script sends them, in a province that no other test uses.</summary>
[OnDatabase]
public sealed class QuotaPagesTests(PlatformFixture platform)
{
    private const string Quotas = "/work/cloud/quotas";

    [Fact]
    public async Task Quota_OpenedAndSetByForms_IsSeenByItsDepartment_AndInTheFile()
    {
        var authority = await platform.SignedIn(await platform.Department(region: "360000"), Role.Authority);
        var department = await platform.Department(region: "360100");
        var officer = await platform.SignedIn(department, Role.DepartmentOfficer);
        (await officer.GetPage(Quotas)).ShouldContain("No quotas yet.");

        var wrong = await authority.Submit(Quotas, "open", ("region", "abc"), ("limits.vcpu", "many"), ("limits.memory", "0.0001"), ("reason", ""));
        wrong.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        var said = await wrong.Content.ReadAsStringAsync();
        foreach (var part in new[] { "#f-region", "#f-limits-vcpu", "#f-limits-memory", "#f-reason", "value=\"many\"", "value=\"abc\"" }) { said.ShouldContain(part); }

        await Opened(authority, ("region", "360000"), ("limits.vcpu", "100"), ("limits.memory", "200.5"));
        var city = await Opened(authority, ("region", "360100"), ("limits.vcpu", "50"));
        var page = await Opened(authority, ("organisationId", $"{department.Id}"), ("limits.vcpu", "20"));
        var again = await authority.Submit(Quotas, "open", ("organisationId", $"{department.Id}"), ("limits.vcpu", "7"), ("reason", "年度核定"));
        again.StatusCode.ShouldBe(HttpStatusCode.Conflict);
        said = await again.Content.ReadAsStringAsync();
        said.ShouldContain("It has a quota already");
        said.ShouldContain("value=\"7\"");

        await Taken(Guid.Parse(page[^36..]), 4_000);
        var tree = await authority.GetPage($"{Quotas}?region=36");
        foreach (var part in new[] { "4 / 100", "0 / 200.5", "4 / 50", "4 / 20", page, city }) { tree.ShouldContain(part); }
        (await authority.GetPage($"{Quotas}?region=36&level=City")).ShouldNotContain(page);

        await SetByForm(authority, page);

        (await authority.Submit(page, "project", ("name", "x"), ("ground", "立项批复"))).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await authority.Submit(page, "project", ("name", "一网通办"), ("given.vcpu", ""), ("ground", "立项批复"))).StatusCode.ShouldBe(HttpStatusCode.Redirect);
        (await platform.WithDb(db => db.QuotaNodes.CountAsync(n => n.OrganisationId == department.Id && n.Name == "一网通办"))).ShouldBe(1);

        // The department sees its own, and decides nothing of it.
        var own = await officer.GetPage(Quotas);
        own.ShouldContain("4 / 30");
        own.ShouldNotContain(city);
        own.ShouldNotContain("value=\"open\"");
        var seen = await officer.GetPage(page);
        seen.ShouldNotContain("value=\"set\"");
        seen.ShouldNotContain("value=\"project\"");
        (await officer.GetAsync(city)).StatusCode.ShouldBe(HttpStatusCode.NotFound);

        var csv = await (await authority.GetAsync($"{Quotas}/export.csv?region=36")).Content.ReadAsStringAsync();
        csv.Split("\r\n", StringSplitOptions.RemoveEmptyEntries).Length.ShouldBe(5);
        csv.ShouldContain($"{department.ShortName},Department,4 / 30");
    }

    /// <summary>Below what is held it stays as it is, and so does what was typed.</summary>
    private async Task SetByForm(HttpClient authority, string page)
    {
        var low = await authority.Submit(page, "set", ("limits.vcpu", "3"), ("reason", "压减配额"));
        low.StatusCode.ShouldBe(HttpStatusCode.Conflict);
        var said = await low.Content.ReadAsStringAsync();
        said.ShouldContain("4 cores is held, the new limit is 3 cores, 1 cores too low");
        said.ShouldContain("value=\"3\"");
        said.ShouldContain("压减配额");
        (await Limit(page)).ShouldBe(20_000);

        (await authority.Submit(page, "set", ("limits.vcpu", "30"), ("reason", "追加配额"))).StatusCode.ShouldBe(HttpStatusCode.Redirect);
        (await Limit(page)).ShouldBe(30_000);
        var late = await authority.Submit(page, "set", ("revision", "1"), ("limits.vcpu", "40"), ("reason", "追加配额"));
        late.StatusCode.ShouldBe(HttpStatusCode.PreconditionFailed);
        (await late.Content.ReadAsStringAsync()).ShouldContain("value=\"40\"");
        (await Limit(page)).ShouldBe(30_000);
        (await authority.GetPage(page)).ShouldContain("Quota set");
    }

    private async Task Taken(Guid node, long cores) => await platform.WithDb(async db =>
    {
        await using var transaction = await db.Database.BeginTransactionAsync();
        (await Zhengtong.Cloud.Quotas.Holds.TakeAsync(db, new(CloudWorld.NewId(), node, [new("vcpu", cores)]), Actor.Platform, TimeProvider.System.GetUtcNow(), default)).IsSo.ShouldBeTrue();
        await transaction.CommitAsync();
        return true;
    });

    private async Task<long?> Limit(string page)
    {
        var node = Guid.Parse(page[^36..]);
        return await platform.WithDb(db => db.QuotaCounters.Where(c => c.NodeId == node && c.Kind == "vcpu").Select(c => c.Limit).SingleAsync());
    }

    /// <summary>The page of what the form made.</summary>
    private static async Task<string> Opened(HttpClient authority, params (string Name, string Value)[] fields)
    {
        var sent = await authority.Submit(Quotas, "open", [.. fields, ("reason", "年度核定")]);
        sent.StatusCode.ShouldBe(HttpStatusCode.Redirect, await sent.Content.ReadAsStringAsync());
        var page = Regex.Match(sent.Headers.Location!.ToString(), "/work/cloud/quotas/[0-9a-f-]{36}").Value;
        page.ShouldNotBeEmpty();
        return page;
    }
}
