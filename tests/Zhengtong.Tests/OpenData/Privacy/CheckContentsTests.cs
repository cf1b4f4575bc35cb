using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Jobs;
using Zhengtong.Kernel.Objects;
using Zhengtong.Kernel.Organisations;
using Zhengtong.OpenData.Model;
using Zhengtong.OpenData.Privacy;
using Zhengtong.Tests.OpenData.Support;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.OpenData.Privacy;

/// <summary>A proposed version is checked, whatever dies on the way, and what is found tells no value.</summary>
[OnDatabase]
public sealed class CheckContentsTests(PlatformFixture platform)
{
    private static readonly string[] Values = ["11010519491231002X", "13987654321", "zhang.san.made@qq.com", "张建国"];

    private static MadeFile Persons => MadeFile.Table("persons.csv", [new("姓名"), new("身份证号"), new("手机"), new("邮箱"), new("性别"), new("年龄", ColumnType.Integer)],
        [Values[3], Values[0], Values[1], Values[2], "男", "77"], ["李四", null, null, null, "女", "30"]);

    [Fact]
    public async Task Check_TableWithPersons_FindsThemAndStoresNoValue()
    {
        var department = await platform.Department();
        var (dataset, version) = await ProposeAsync(department, Published.Description(), Persons);
        await SettleAsync();

        var findings = await FindingsAsync(version);
        findings.Where(f => f.Severity == FindingSeverity.Blocks).Select(f => $"{f.Kind} {f.Column}").ShouldBe(
            ["identity-card 身份证号", "mobile 手机", "private-mail 邮箱", "person-name 姓名"], ignoreOrder: true);
        findings.ShouldContain(f => f.Kind == "small-groups" && f.Cells == 2 && f.Detail!.Contains("k=5"));
        findings.Single(f => f.Kind == "identity-card").ShouldSatisfyAllConditions(f => f.Cells.ShouldBe(1), f => f.Share.ShouldBe(1), f => f.Content.ShouldNotBeNull());
        (await platform.WithDb(db => db.DatasetVersions.Where(v => v.Id == version).Select(v => v.Check).SingleAsync())).ShouldBe(OpeningCheck.Done);
        (await platform.WithDb(db => db.Ledger.CountAsync(e => e.Subject == version.ToString() && e.Event == "open-data.content-checked"))).ShouldBe(1);

        var stored = JsonSerializer.Serialize(findings.Select(f => new { f.Column, f.Kind, f.Sample, f.Detail }), Readable)
            + string.Concat(await platform.WithDb(db => db.Ledger.Where(e => e.Subject == version.ToString()).Select(e => e.Data).ToListAsync()));
        foreach (var value in Values) { stored.ShouldNotContain(value); }

        var client = await platform.SignedIn(department, Role.DepartmentOfficer);
        var progress = await client.GetFromJsonAsync<JsonElement>($"/api/v1/datasets/{dataset}/versions/1/content-check");
        (progress.GetProperty("state").GetString(), progress.GetProperty("rows").GetInt64(), progress.GetProperty("rowsRead").GetInt64(), progress.GetProperty("blocking").GetInt32()).ShouldBe(("done", 2, 2, 4));
    }

    [Fact]
    public async Task Check_Again_ChangesNothing()
    {
        var (_, version) = await ProposeAsync(await platform.Department(), Published.Description(), Persons);
        await SettleAsync();
        var first = (await FindingsAsync(version)).ConvertAll(f => (f.Id, f.Kind));
        await SettleAsync();
        (await FindingsAsync(version)).ConvertAll(f => (f.Id, f.Kind)).ShouldBe(first);
        (await platform.WithDb(db => db.Ledger.CountAsync(e => e.Subject == version.ToString() && e.Event == "open-data.content-checked"))).ShouldBe(1);
    }

    [Fact]
    public async Task Check_DiedInTheMiddle_GoesOnWithTheNextResource()
    {
        // The first was read and saved, then the process died.
        var (_, version) = await ProposeAsync(await platform.Department(), Published.Description(), isHalfDone: true, MadeFile.Text("a.txt", Values[0]), MadeFile.Text("b.txt", Values[1]));
        var resources = await platform.WithDb(db => db.DatasetVersions.Where(v => v.Id == version).Select(v => v.Resources).SingleAsync());
        await SettleAsync();
        (await FindingsAsync(version)).ShouldHaveSingleItem().ResourceId.ShouldBe(resources[1].Id);
    }

    [Fact]
    public async Task Check_ProposedAnew_KeepsWhatWasLetPassInTheSameBytes()
    {
        var (_, version) = await ProposeAsync(await platform.Department(), Published.Description(), MadeFile.Text("a.txt", Values[0]), MadeFile.Text("b.txt", Values[1]));
        await SettleAsync();
        await platform.WithDb(async db =>
        {
            foreach (var finding in await db.OpeningFindings.Where(f => f.VersionId == version).ToListAsync()) { finding.Override(Guid.CreateVersion7(TimeProvider.System.GetUtcNow()), "依法公开", "某法第一条", TimeProvider.System.GetUtcNow()); }
            return await db.SaveChangesAsync();
        });
        await platform.WithDb(async db =>
        {
            var made = await db.DatasetVersions.SingleAsync(v => v.Id == version);
            made.Return("改");
            var store = platform.App.Services.GetRequiredService<ObjectStore>();
            made.Draft(made.Description, [made.Resources[0], await Published.ResourceAsync(store, made.Resources[1].Id, MadeFile.Text("b.txt", $"新 {Values[1]}"))], "");
            made.Propose(Guid.CreateVersion7(TimeProvider.System.GetUtcNow()), TimeProvider.System.GetUtcNow());
            return await db.SaveChangesAsync();
        });
        await SettleAsync();
        var findings = await FindingsAsync(version);
        findings.Select(f => (f.Kind, f.Stands)).ShouldBe([("identity-card", false), ("mobile", true)], ignoreOrder: true);
    }

    [Fact]
    public async Task Check_NamesAndDescriptions_AreReadToo()
    {
        var description = Published.Description() with { Notes = $"联系人手机 {Values[1]}", ContactMail = Values[2] };
        var (_, version) = await ProposeAsync(await platform.Department(), description,
            MadeFile.Table($"{Values[0]}.csv", [new("a"), new($"工号{Values[1]}")], ["x", $"见{Values[0]}"]) with { Name = "名单" });
        await SettleAsync();
        var findings = await FindingsAsync(version);
        findings.Where(f => f.Content is null).Select(f => $"{f.Kind} {f.Detail}").ShouldBe(
            ["mobile notes", "private-mail contact-mail", "identity-card file-name", "mobile header-2"], ignoreOrder: true);
        findings.ShouldContain(f => f.Kind == "identity-card" && f.Content != null && f.Column == null && f.Detail == "header-hidden");
        foreach (var finding in findings)
        {
            foreach (var value in Values) { $"{finding.Column} {finding.Sample} {finding.Detail}".ShouldNotContain(value); }
        }
    }

    [Fact]
    public async Task Progress_OfAnotherDepartment_Is404()
    {
        var (dataset, _) = await ProposeAsync(await platform.Department(), Published.Description(), MadeFile.Text("a.txt", "x"));
        var other = await platform.SignedIn(await platform.Department(), Role.DepartmentOfficer);
        (await (await other.GetAsync($"/api/v1/datasets/{dataset}/versions/1/content-check")).ReadProblemCode()).ShouldBe("open-data.not-found");
        (await (await platform.Visitor().GetAsync($"/api/v1/datasets/{dataset}/versions/1/content-check")).ReadProblemCode()).ShouldBe("kernel.not-signed-in");
    }

    [Fact]
    public async Task Anonymity_ChosenColumns_IsMeasured()
    {
        var department = await platform.Department();
        var rows = Enumerable.Range(0, 20).Select(n => new[] { n % 2 == 0 ? "男" : "女", n < 18 ? "西安" : "宝鸡", $"{n}" }).ToArray();
        var (dataset, version) = await ProposeAsync(department, Published.Description(), MadeFile.Table("t.csv", [new("性别"), new("城市"), new("序号")], rows));
        var resource = await platform.WithDb(async db => (await db.DatasetVersions.SingleAsync(v => v.Id == version)).Resources[0].Id);
        var client = await platform.SignedIn(department, Role.DepartmentOfficer);
        var answer = await client.PostAsJsonAsync($"/api/v1/datasets/{dataset}/versions/1/anonymity", new { resource, columns = new[] { "性别", "城市" }, k = 5 });
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        // Nine of each in Xi'an, one of each in Baoji.
        (await answer.Content.ReadFromJsonAsync<Anonymity>()).ShouldBe(new Anonymity(5, 20, 4, 1, 2, 2));
        (await (await client.PostAsJsonAsync($"/api/v1/datasets/{dataset}/versions/1/anonymity", new { resource, columns = new[] { "没有" } })).ReadProblemCode()).ShouldBe("open-data.invalid");
        (await (await client.PostAsJsonAsync($"/api/v1/datasets/{dataset}/versions/1/anonymity", new { resource = dataset, columns = new[] { "性别" } })).ReadProblemCode()).ShouldBe("open-data.not-found");
    }

    private static readonly JsonSerializerOptions Readable = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private Task<long> SettleAsync() => platform.App.Services.GetRequiredService<Reconcilers>().SettleAsync<CheckContents>(default);

    private Task<List<OpeningFinding>> FindingsAsync(Guid version) => platform.WithDb(db => db.OpeningFindings.AsNoTracking().Where(f => f.VersionId == version).OrderBy(f => f.Id).ToListAsync());

    private Task<(Guid Dataset, Guid Version)> ProposeAsync(Organisation department, DatasetDescription description, params IReadOnlyList<MadeFile> files) => ProposeAsync(department, description, isHalfDone: false, files);

    /// <summary>A proposed version, perhaps with a check that died behind its first file.</summary>
    private async Task<(Guid Dataset, Guid Version)> ProposeAsync(Organisation department, DatasetDescription description, bool isHalfDone, params IReadOnlyList<MadeFile> files)
    {
        var now = TimeProvider.System.GetUtcNow();
        var store = platform.App.Services.GetRequiredService<ObjectStore>();
        var dataset = new Dataset { Id = Guid.CreateVersion7(now), Name = Published.NewName(), PublisherId = department.Id, Description = description, CreatedAt = now, ModifiedAt = now };
        dataset.Describe(description);
        var resources = new List<DatasetResource>();
        foreach (var file in files) { resources.Add(await Published.ResourceAsync(store, Guid.CreateVersion7(now), file)); }
        var version = new DatasetVersion { Id = Guid.CreateVersion7(now), DatasetId = dataset.Id, Number = 1, Description = description, Resources = resources, CreatedAt = now };
        version.Propose(Guid.CreateVersion7(now), new DateTimeOffset(now.UtcTicks - (now.UtcTicks % TimeSpan.TicksPerMicrosecond), TimeSpan.Zero));
        if (isHalfDone) { version.BeginCheck(); }
        return await platform.WithDb(async db =>
        {
            db.Datasets.Add(dataset);
            db.DatasetVersions.Add(version);
            if (isHalfDone) { db.CheckRuns.Add(new CheckRun { VersionId = version.Id, ProposedAt = version.ProposedAt!.Value, Rows = 0, StartedAt = now, Checked = [resources[0].Id] }); }
            await db.SaveChangesAsync();
            return (dataset.Id, version.Id);
        });
    }
}
