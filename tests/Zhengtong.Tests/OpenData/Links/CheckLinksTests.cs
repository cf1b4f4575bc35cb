using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Jobs;
using Zhengtong.Kernel.Notices;
using Zhengtong.OpenData.Links;
using Zhengtong.OpenData.Model;
using Zhengtong.Tests.OpenData.Harvest;
using Zhengtong.Tests.OpenData.Support;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.OpenData.Links;

/// <summary>What is found behind links, and who is told.</summary>
[OnDatabase]
public sealed class CheckLinksTests : IAsyncLifetime
{
    private readonly Harvester harvester = new();
    private FakePortal portal = null!;

    public async ValueTask InitializeAsync()
    {
        await harvester.InitializeAsync();
        portal = await FakePortal.StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await portal.DisposeAsync();
        await harvester.DisposeAsync();
    }

    private Task CheckAsync() => harvester.Own.App.Services.GetRequiredService<Reconcilers>().SettleAsync<CheckLinks>(CancellationToken.None);

    private Task<List<CheckedLink>> LinksAsync(Guid owner) => harvester.Own.WithDb(db => db.CheckedLinks.AsNoTracking().Where(l => l.OwnerId == owner).OrderBy(l => l.Address).ToListAsync());

    private Task DueAsync() => harvester.Own.WithDb(db => db.CheckedLinks.ExecuteUpdateAsync(l => l.SetProperty(x => x.NextAt, DateTimeOffset.UnixEpoch)));

    private void Answer(Func<string, string, int> status) => portal.Answer = http =>
    {
        http.Response.StatusCode = status(http.Request.Method, http.Request.Path.Value!);
        return Task.CompletedTask;
    };

    [Fact]
    public async Task Check_LinksOfEachKind_FindsWhatIsThere()
    {
        Answer((method, path) => path switch
        {
            "/good" => 200,
            // Servers that do not answer HEAD are asked for the first byte.
            "/no-head" => method == "HEAD" ? 405 : 206,
            "/moved" => 404,
            "/broken" => 500,
            "/busy" => 429,
            _ => 404,
        });
        var made = await PublishAsync($"网站 {portal.Address}/good，备份 <{portal.Address}/no-head>. [旧]({portal.Address}/moved) {portal.Address}/broken {portal.Address}/busy http://169.254.169.254/latest");
        await CheckAsync();
        var found = (await LinksAsync(made.Id)).ToDictionary(l => l.Content is null ? new Uri(l.Address).AbsolutePath : "file");
        found["/good"].State.ShouldBe(LinkState.Good);
        (found["/no-head"].State, found["/no-head"].Status).ShouldBe((LinkState.Good, 206));
        (found["/moved"].State, found["/moved"].Status).ShouldBe((LinkState.Failing, 404));
        found["/broken"].State.ShouldBe(LinkState.Failing);
        (found["/busy"].State, found["/busy"].Failures).ShouldBe((LinkState.Unchecked, 0));
        (found["/latest"].State, found["/latest"].Fault).ShouldBe((LinkState.Failing, "forbidden-address"));
        found["file"].State.ShouldBe(LinkState.Good);
        portal.Calls.Count(c => c == "/good").ShouldBe(1);
        portal.Calls.Count(c => c == "/busy").ShouldBe(1, "Who asks to wait is not asked once more");
        await CheckAsync();
        portal.Calls.Count(c => c == "/good").ShouldBe(1, "A good link is not asked for again at once");
    }

    [Fact]
    public async Task Check_AHostThatDoesNotAnswer_IsLeftAloneForAWhile()
    {
        Answer((_, _) => 200);
        var made = await PublishAsync($"{string.Concat(Enumerable.Range(0, 8).Select(n => $"http://127.0.0.1:1/{n} "))}{portal.Address}/good");
        await CheckAsync();
        var found = (await LinksAsync(made.Id)).Where(l => l.Content is null).ToList();
        found.Count(l => l is { State: LinkState.Failing, Fault: "unreachable" }).ShouldBe(5);
        found.Where(l => l.State == LinkState.Unchecked).ShouldAllBe(l => l.Failures == 0 && l.NextAt > TimeProvider.System.GetUtcNow());
        found.Single(l => l.State == LinkState.Good).Address.ShouldEndWith("/good");
    }

    [Fact]
    public async Task Check_DeadAndAlive_TellsTheDepartmentOnceEach()
    {
        var status = 404;
        Answer((_, _) => status);
        var made = await PublishAsync($"见 {portal.Address}/gone");
        for (var n = 0; n < 4; n++)
        {
            await CheckAsync();
            await DueAsync();
        }

        var link = (await LinksAsync(made.Id)).Single(l => l.Content is null);
        link.State.ShouldBe(LinkState.Dead);
        link.FailingSince.ShouldNotBeNull();
        (await NoticesAsync(made.Id)).Select(n => n.Tone).ShouldBe([NoticeTone.Warning]);
        (await harvester.PageAsync($"/dataset/{made.Name}")).ShouldContain("1 links of this dataset are dead.");
        status = 200;
        await CheckAsync();
        (await LinksAsync(made.Id)).Single(l => l.Content is null).State.ShouldBe(LinkState.Good);
        (await NoticesAsync(made.Id)).Select(n => n.Tone).ShouldBe([NoticeTone.Warning, NoticeTone.Good]);
        (await harvester.PageAsync($"/dataset/{made.Name}")).ShouldNotContain("links of this dataset are dead");
        (await harvester.Own.WithDb(db => db.Ledger.Where(e => e.Subject == harvester.Authority.Id.ToString() && e.Event.StartsWith("open-data.link-")).OrderBy(e => e.At).Select(e => e.Event).ToListAsync())).ShouldBe(["open-data.link-died", "open-data.link-revived"]);
    }

    [Fact]
    public async Task Check_ManyThatDie_AreOneNoticeAndOneEntryOfTheLedger()
    {
        var status = 404;
        Answer((_, _) => status);
        // More than one pass looks at.
        var made = await PublishAsync(string.Join(' ', Enumerable.Range(0, 60).Select(n => $"{portal.Address}/a{n:00}")));
        var other = await PublishAsync(string.Join(' ', Enumerable.Range(0, 60).Select(n => $"{portal.Address}/b{n:00}")));
        for (var n = 0; n < 3; n++)
        {
            await DueAsync();
            await CheckAsync();
        }

        (await LinksAsync(made.Id)).Concat(await LinksAsync(other.Id)).Count(l => l.State == LinkState.Dead).ShouldBe(120);
        var notice = (await SeveralAsync()).ShouldHaveSingleItem();
        (notice.Tone, notice.Arguments[0], notice.OrganisationId).ShouldBe((NoticeTone.Warning, "120", harvester.Authority.Id));
        Notice.Sentence(notice.TextKey, notice.Arguments).ShouldContain("/a00");
        notice.Arguments[1].Split("; ").Length.ShouldBe(3);
        status = 200;
        await DueAsync();
        await CheckAsync();
        (await SeveralAsync()).Select(n => n.TextKey).ShouldBe(["open-data.links.notice.dead-several", "open-data.links.notice.alive-several"]);
        (await harvester.Own.WithDb(db => db.Ledger.Where(e => e.Subject == harvester.Authority.Id.ToString() && e.Event.StartsWith("open-data.link-")).OrderBy(e => e.At).Select(e => e.Event).ToListAsync())).ShouldBe(["open-data.link-died", "open-data.link-revived"]);
        (await harvester.Own.WithDb(db => db.CheckedLinks.CountAsync(l => l.IsUntold))).ShouldBe(0);
    }

    [Fact]
    public void Found_DeadAndAliveBeforeAnybodyWasTold_IsNothingToTell()
    {
        var now = TimeProvider.System.GetUtcNow();
        var link = new CheckedLink { Id = Guid.CreateVersion7(now), OwnerId = Guid.CreateVersion7(now), IsHarvested = false, OrganisationId = Guid.CreateVersion7(now), Title = "公园", Address = "https://data.example/x", NextAt = now };
        link.Found(new LinkFinding(404, null), 1, now, now);
        link.IsUntold.ShouldBeTrue();
        link.Found(new LinkFinding(404, null), 1, now, now);
        link.IsUntold.ShouldBeTrue();
        link.Found(new LinkFinding(200, null), 1, now, now);
        link.IsUntold.ShouldBeFalse();
        link.Found(new LinkFinding(404, null), 1, now, now);
        link.Tell();
        link.Found(new LinkFinding(200, null), 1, now, now);
        link.IsUntold.ShouldBeTrue();
    }

    [Fact]
    public async Task Check_HarvestedDistributions_ShowsTheirStateAndForgetsWithdrawnOnes()
    {
        portal.Serve(() => [new Dictionary<string, object?>(FakePortal.Package(1)) { ["resources"] = new[] { new { name = "a", url = $"{portal.Address}/dead.csv", format = "CSV" } } }]);
        var search = portal.Answer;
        portal.Answer = http =>
        {
            if (http.Request.Path.StartsWithSegments("/api")) { return search(http); }
            http.Response.StatusCode = 410;
            return Task.CompletedTask;
        };
        var (source, _) = await harvester.HarvestAsync(HarvestKind.Ckan, portal.Address);
        var dataset = (await harvester.DatasetsAsync(source)).Single();
        for (var n = 0; n < 3; n++)
        {
            await CheckAsync();
            await DueAsync();
        }

        (await LinksAsync(dataset.Id)).ShouldAllBe(l => l.State == LinkState.Dead && l.Status == 410 && l.OrganisationId == harvester.Authority.Id);
        (await harvester.PageAsync($"/harvested/{dataset.Id}")).ShouldContain("Dead");
        await harvester.Own.WithDb(async db =>
        {
            (await db.HarvestSources.SingleAsync(s => s.Id == source)).Remove(TimeProvider.System.GetUtcNow());
            return await db.SaveChangesAsync();
        });
        await harvester.SettleAsync();
        await CheckAsync();
        (await LinksAsync(dataset.Id)).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("见 https://a.example/x。", "https://a.example/x")]
    [InlineData("[名](https://a.example/x(1)) ", "https://a.example/x")]
    [InlineData("<https://a.example/x?y=1&z=2>, http://b.example.", "https://a.example/x?y=1&z=2 http://b.example")]
    [InlineData("**https://a.example/x**", "https://a.example/x")]
    [InlineData("ftp://a.example javascript:alert(1) https:// http://u:p@a.example/", "")]
    public void Text_OfANote_GivesItsAddresses(string text, string expected) => string.Join(' ', LinksIn.Text(text)).ShouldBe(expected);

    private async Task<PublishedDataset> PublishAsync(string notes) => await Published.PublishAsync(
        harvester.Own.App.Services, harvester.Authority.Id, Published.Description() with { Notes = notes }, Published.NewName(), [MadeFile.Text("a.txt", notes)]);

    private Task<List<Notice>> SeveralAsync() => harvester.Own.WithDb(db => db.Notices.AsNoTracking().Where(n => n.TextKey.EndsWith("-several")).OrderBy(n => n.At).ToListAsync());

    private Task<List<Notice>> NoticesAsync(Guid dataset) => harvester.Own.WithDb(db => db.Notices.AsNoTracking().Where(n => n.Href == $"/work/open-data/{dataset}").OrderBy(n => n.At).ToListAsync());
}

/// <summary>The report over HTTP.</summary>
[OnDatabase]
public sealed class LinkReportTests(PlatformFixture platform)
{
    [Fact]
    public async Task Report_OfADepartment_ShowsItsOwnAndThePortalsKeeperAll()
    {
        var (one, other) = (await platform.Department(), await platform.Department());
        var now = TimeProvider.System.GetUtcNow();
        CheckedLink Link(Guid organisation)
        {
            var link = new CheckedLink { Id = Guid.CreateVersion7(now), OwnerId = Guid.CreateVersion7(now), IsHarvested = false, OrganisationId = organisation, Title = "公园", Address = "https://data.example/x", NextAt = now.AddDays(9) };
            link.Found(new LinkFinding(404, null), 1, now.AddDays(9), now);
            return link;
        }

        // Without a set of its owner nobody forgets it within this test: the job looks for sets.
        await platform.WithDb(db =>
        {
            db.CheckedLinks.AddRange(Link(one.Id), Link(one.Id), Link(other.Id));
            return db.SaveChangesAsync();
        });
        var officer = await platform.SignedIn(one, Zhengtong.Kernel.Identity.Role.DepartmentOfficer);
        (await officer.GetFromJsonAsync<JsonElement>("/api/v1/open-data/links")).GetProperty("total").GetInt32().ShouldBe(2);
        var departments = (await officer.GetFromJsonAsync<JsonElement>("/api/v1/open-data/links/departments")).GetProperty("items");
        departments.GetArrayLength().ShouldBe(1);
        (departments[0].GetProperty("dead").GetInt32(), departments[0].GetProperty("datasets").GetInt32()).ShouldBe((2, 2));
        (await officer.GetPage("/work/open-data/links")).ShouldContain("https://data.example/x");
        var keeper = await platform.SignedIn(other, Zhengtong.Kernel.Identity.Role.Authority);
        (await keeper.GetFromJsonAsync<JsonElement>($"/api/v1/open-data/links?state=dead&organisation={one.Id}")).GetProperty("total").GetInt32().ShouldBe(2);
        (await platform.Visitor().GetAsync("/api/v1/open-data/links")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }
}
