using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Catalogue.Model;
using Zhengtong.Kernel.Jobs;
using Zhengtong.Kernel.Metering;
using Zhengtong.OpenData.Model;
using Zhengtong.OpenData.Quality;
using Zhengtong.Tests.OpenData.Support;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.OpenData.Quality;

/// <summary>Published datasets get their score of the day, a new one with each version, and anybody reads them.</summary>
[OnDatabase]
public sealed class DatasetQualityTests(PlatformFixture platform)
{
    [Fact]
    public async Task Get_PublishedDataset_ShowsScoresAndHowToMend()
    {
        var made = await platform.PublishAsync(await platform.Department(), MadeFile.Table("p.csv", [new("编号", ColumnType.Integer) { IsKey = true }, new("名称")], ["1", "甲"], ["1", "乙"], ["2", "丙"], ["3", null]));
        await SettleAsync();
        var quality = await platform.Visitor().GetFromJsonAsync<JsonElement>($"/api/v1/datasets/{made.Id}/quality");
        quality.GetProperty("metadata").GetDouble().ShouldBe(395);
        quality.GetProperty("grade").GetString().ShouldBe("excellent");
        // 7 of 8 cells, no fault, 3 of 4 keys, fresh: 26.25 + 30 + 15 + 20.
        quality.GetProperty("content").GetDouble().ShouldBe(91.3, 0.051);
        quality.GetProperty("uniqueness").GetDouble().ShouldBe(0.75);
        var licence = quality.GetProperty("metrics").EnumerateArray().Single(m => m.GetProperty("earned").GetDouble() < m.GetProperty("points").GetInt32());
        licence.GetProperty("id").GetString().ShouldBe("licence-vocabulary");
        licence.GetProperty("mend").GetString()!.ShouldContain("licence");
        quality.GetProperty("remarks").EnumerateArray().Select(r => r.GetProperty("kind").GetString()).ShouldBe(["missing", "key-repeats"], ignoreOrder: true);
        quality.GetProperty("trend").GetArrayLength().ShouldBe(1);
    }

    [Fact]
    public async Task Get_NewVersion_ReplacesTheScoreOfTheDay()
    {
        var first = await platform.PublishAsync(await platform.Department(), MadeFile.Text("a.txt", "x"));
        await SettleAsync();
        var before = await ScoreOf(first.Id);
        await platform.PublishNextAsync(first, MadeFile.Table("a.csv", [new("a")], ["x"]));
        await SettleAsync();
        var scores = await platform.WithDb(db => db.QualityScores.AsNoTracking().Where(q => q.DatasetId == first.Id).ToListAsync());
        var only = scores.ShouldHaveSingleItem();
        only.Id.ShouldBe(before.Id);
        only.Metadata.ShouldBeGreaterThan(before.Metadata);
        await SettleAsync();
        (await ScoreOf(first.Id)).ComputedAt.ShouldBe(only.ComputedAt, "It stood well already");
    }

    [Fact]
    public async Task Score_OnAnotherDay_MakesATrend()
    {
        var clock = new MovableClock();
        await using var own = await OwnPlatform.StartAsync(b => b.Services.AddSingleton<TimeProvider>(clock));
        var department = await own.WithDb(async db =>
        {
            var now = clock.GetUtcNow();
            var code = Zhengtong.Kernel.Regions.RegionCode.Parse("610000");
            if (!await db.Regions.AnyAsync(r => r.Code == code)) { db.Regions.Add(new() { Code = code, Name = "x", Level = code.Level, Parent = null }); }
            var made = new Zhengtong.Kernel.Organisations.Organisation
            {
                Id = Guid.CreateVersion7(now), CreditCode = Zhengtong.Kernel.Organisations.CreditCode.FromBody("11610000000000009"), Name = "D", ShortName = "D", Region = code, Kind = Zhengtong.Kernel.Organisations.OrganisationKind.Department,
            };
            db.Organisations.Add(made);
            await db.SaveChangesAsync();
            return made;
        });
        var dataset = await Published.PublishAsync(own.App.Services, department.Id, Published.Description() with { UpdateCycle = UpdateCycle.Daily }, "x-trend", [MadeFile.Text("a.txt", "x")]);
        var jobs = own.App.Services.GetRequiredService<Reconcilers>();
        await jobs.SettleAsync<ScoreDatasets>(default);
        clock.Ahead = TimeSpan.FromDays(4);
        await jobs.SettleAsync<ScoreDatasets>(default);
        var quality = await own.Visitor().GetFromJsonAsync<JsonElement>($"/api/v1/datasets/{dataset.Id}/quality");
        // Without a table only timeliness counts: fresh, then half.
        quality.GetProperty("trend").EnumerateArray().Select(d => d.GetProperty("content").GetDouble()).ShouldBe([100, 50]);
        quality.GetProperty("remarks")[0].GetProperty("kind").GetString().ShouldBe("late");
    }

    [Fact]
    public async Task Get_WithdrawnOrUnknown_Is404()
    {
        var made = await platform.PublishAsync(await platform.Department(), MadeFile.Text("a.txt", "x"));
        await SettleAsync();
        (await platform.Visitor().GetAsync($"/api/v1/datasets/{made.Id}/quality")).StatusCode.ShouldBe(HttpStatusCode.OK);
        await platform.WithDb(async db =>
        {
            (await db.Datasets.SingleAsync(d => d.Id == made.Id)).Withdraw(TimeProvider.System.GetUtcNow());
            return await db.SaveChangesAsync();
        });
        (await (await platform.Visitor().GetAsync($"/api/v1/datasets/{made.Id}/quality")).ReadProblemCode()).ShouldBe("open-data.not-found");
        (await (await platform.Visitor().GetAsync($"/api/v1/datasets/{made.Version.Id}/quality")).ReadProblemCode()).ShouldBe("open-data.not-found");
    }

    [Fact]
    public async Task Ranking_Departments_StandBestFirstPageByPage()
    {
        var (good, poor) = (await platform.Department(), await platform.Department());
        await platform.PublishAsync(good, MadeFile.Table("a.csv", [new("a")], ["x"]));
        await platform.PublishAsync(poor, Published.Description() with { Keywords = [], ContactPhone = null, From = null }, MadeFile.Text("a.bin", "x"));
        await platform.PublishAsync(poor, Published.Description() with { Keywords = [], ContactPhone = null, From = null }, MadeFile.Text("a.bin", "x"));
        await SettleAsync();
        var (rows, after) = (new List<RankedDepartment>(), (string?)null);
        do
        {
            var page = await platform.Visitor().GetFromJsonAsync<JsonElement>($"/api/v1/open-data/ranking?limit=200{(after is null ? "" : $"&after={after}")}");
            rows.AddRange(page.GetProperty("items").Deserialize<List<RankedDepartment>>(JsonSerializerOptions.Web)!);
            after = page.GetProperty("next").GetString();
        }
        while (after is not null);
        rows.Select(r => r.OrganisationId).ShouldBeUnique();
        rows.Select(r => r.Overall).ShouldBeInOrder(SortDirection.Descending);
        var (first, second) = (rows.FindIndex(r => r.OrganisationId == good.Id), rows.FindIndex(r => r.OrganisationId == poor.Id));
        first.ShouldBeLessThan(second);
        (rows[second].Datasets, rows[second].Organisation).ShouldBe((2, poor.Name));
        var small = await platform.Visitor().GetFromJsonAsync<JsonElement>("/api/v1/open-data/ranking?limit=1");
        var next = await platform.Visitor().GetFromJsonAsync<JsonElement>($"/api/v1/open-data/ranking?limit=1&after={small.GetProperty("next").GetString()}");
        next.GetProperty("items").GetArrayLength().ShouldBe(1);
        next.GetProperty("items")[0].GetProperty("organisationId").GetGuid().ShouldNotBe(small.GetProperty("items")[0].GetProperty("organisationId").GetGuid());
        (await (await platform.Visitor().GetAsync("/api/v1/open-data/ranking?after=x")).ReadProblemCode()).ShouldBe("kernel.cursor-unknown");
    }

    [Fact]
    public async Task Indicators_OfADepartment_AreItsOwn()
    {
        var department = await platform.Department();
        var made = await platform.PublishAsync(department, MadeFile.Table("a.csv", [new("a")], ["x"]));
        await SettleAsync();
        await using var scope = platform.App.Services.CreateAsyncScope();
        var indicators = scope.ServiceProvider.GetRequiredService<Indicators>();
        var now = TimeProvider.System.GetUtcNow();
        var question = new IndicatorQuestion(now.AddDays(-1), now.AddDays(1), department.Id);
        (await indicators.ReadAsync("open-data.datasets-published", question, default))!.Answer.Value.ShouldBe(1);
        (await indicators.ReadAsync("open-data.metadata-score", question, default))!.Answer.Value.ShouldBe(395);
        (await indicators.ReadAsync("open-data.content-score", question, default))!.Answer.Value.ShouldBe(100);
        (await indicators.ReadAsync("open-data.content-score", question with { Organisation = made.Id }, default))!.Answer.Value.ShouldBeNull();
    }

    private Task<long> SettleAsync() => platform.App.Services.GetRequiredService<Reconcilers>().SettleAsync<ScoreDatasets>(default);

    private Task<QualityScore> ScoreOf(Guid dataset) => platform.WithDb(db => db.QualityScores.AsNoTracking().SingleAsync(q => q.DatasetId == dataset));
}
