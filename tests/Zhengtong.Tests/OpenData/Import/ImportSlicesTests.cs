using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Catalogue.Model;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Organisations;
using Zhengtong.OpenData.Import;
using Zhengtong.OpenData.Model;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.OpenData.Import;

[OnDatabase]
public sealed class ImportSlicesTests(PlatformFixture platform)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Post_NotSignedInOrNotThePublisher_IsRefused()
    {
        var (dataset, _) = await Draft(await platform.Department());
        (await (await platform.Visitor().PostAsync($"/api/v1/datasets/{dataset}/draft/imports?fileName=a.csv", Body("a\n1\n"))).ReadProblemCode()).ShouldBe("kernel.not-signed-in");
        var other = await platform.SignedIn(await platform.Department(), Role.DepartmentOfficer);
        (await (await other.PostAsync($"/api/v1/datasets/{dataset}/draft/imports?fileName=a.csv", Body("a\n1\n"))).ReadProblemCode()).ShouldBe("open-data.not-found");
        var leader = await platform.SignedIn(await platform.Department(), Role.DepartmentLeader);
        (await (await leader.PostAsync($"/api/v1/datasets/{dataset}/draft/imports?fileName=a.csv", Body("a\n1\n"))).ReadProblemCode()).ShouldBe("kernel.forbidden");
    }

    [Fact]
    public async Task Post_AFile_BecomesATableOfTheDraftWithItsLedgerEvents()
    {
        var department = await platform.Department();
        var client = await platform.SignedIn(department, Role.DepartmentOfficer);
        var (dataset, version) = await Draft(department);
        var (id, resource) = await Order(client, dataset, "企业名单.csv", "代码,数量\n001,5\n002,7\n坏\n");
        var job = await Ended(client, id);
        job.GetProperty("state").GetString().ShouldBe("done");
        job.GetProperty("encoding").GetString().ShouldBe("utf-8");
        job.GetProperty("badRows").GetInt64().ShouldBe(1);
        var columns = job.GetProperty("columns").EnumerateArray().ToList();
        columns.Select(c => (c.GetProperty("name").GetString(), c.GetProperty("type").GetString(), c.GetProperty("ground").GetString())).ShouldBe([("代码", "text", "leading-zeros"), ("数量", "integer", "all-values")]);

        var filled = (await platform.WithDb(db => db.DatasetVersions.SingleAsync(v => v.Id == version))).Resources.Single();
        (filled.Id, filled.Name, filled.Format, filled.MediaType, filled.Table!.Rows, filled.BadRowCount).ShouldBe((resource, "企业名单.csv", "CSV", "text/csv", 2, 1));
        var held = await platform.WithDb(db => db.ObjectReferences.Where(r => r.Owner == $"open-data:version:{version}").Select(r => r.Digest).ToListAsync());
        held.ShouldBe([filled.Content, filled.Table.Content, filled.BadRows!.Value], ignoreOrder: true);
        (await platform.WithDb(db => db.Ledger.Where(e => e.Subject == id.ToString()).Select(e => e.Event).ToListAsync())).ShouldBe(["open-data.import-ordered", "open-data.import-done"], ignoreOrder: true);

        // As bytes: a client that reads text takes the mark off.
        var csv = Encoding.UTF8.GetString(await client.GetByteArrayAsync($"/api/v1/imports/{id}/bad-rows.csv"));
        csv.ShouldBe("\uFEFFLine,Reason,Column,Value,As in the file\r\n4,Not as many cells as the header,,1 / 2,坏\r\n");
        (await client.GetFromJsonAsync<JsonElement>($"/api/v1/datasets/{dataset}/draft/imports")).GetProperty("items").GetArrayLength().ShouldBe(1);
        (await (await client.PostAsync($"/api/v1/imports/{id}/stop", null)).ReadProblemCode()).ShouldBe("open-data.import-ended");
    }

    [Fact]
    public async Task Post_AgainWithOtherColumns_ReplacesTheTableOnly()
    {
        var department = await platform.Department();
        var client = await platform.SignedIn(department, Role.DepartmentOfficer);
        var (dataset, version) = await Draft(department);
        var (first, resource) = await Order(client, dataset, "a.csv", "a,b\n001,5\nx,7\n");
        await Ended(client, first);
        var response = await client.PostAsJsonAsync($"/api/v1/datasets/{dataset}/draft/files/{resource}/imports", new { columns = new[] { new { position = 1, name = "编码", type = "integer", title = "行政区划代码" } } });
        response.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        var second = (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetGuid();
        (await Ended(client, second)).GetProperty("badRows").GetInt64().ShouldBe(1);
        var filled = (await platform.WithDb(db => db.DatasetVersions.SingleAsync(v => v.Id == version))).Resources.Single();
        (filled.Id, filled.Table!.Rows, filled.Table.Columns[0].Name, filled.Table.Columns[0].Type, filled.Table.Columns[0].Title).ShouldBe((resource, 1, "编码", ColumnType.Integer, "行政区划代码"));

        var refused = await client.PostAsJsonAsync($"/api/v1/imports/{first}/again", new { delimiter = "x", columns = new[] { new { position = 1, precision = 2, scale = 5 } } });
        (await refused.ReadProblem()).GetProperty("errors").EnumerateObject().Select(e => e.Name).ShouldBe(["delimiter", "columns[0].scale"], ignoreOrder: true);
    }

    [Fact]
    public async Task Post_WhatIsNoTable_FailsWithItsReasonAndTheDraftStays()
    {
        var department = await platform.Department();
        var client = await platform.SignedIn(department, Role.DepartmentOfficer);
        var (dataset, version) = await Draft(department);
        var (id, _) = await Order(client, dataset, "a.json", "x");
        var job = await Ended(client, id);
        (job.GetProperty("state").GetString(), job.GetProperty("fault").GetString(), job.GetProperty("faultTitle").GetString()).ShouldBe(("failed", "json", "The file is no JSON"));
        (await platform.WithDb(db => db.DatasetVersions.SingleAsync(v => v.Id == version))).Resources.ShouldBeEmpty();
        (await (await client.PostAsync($"/api/v1/datasets/{dataset}/draft/imports?fileName=a.exe", Body("x"))).ReadProblemCode()).ShouldBe("open-data.import-format");
        (await (await client.PostAsync($"/api/v1/datasets/{Guid.Empty}/draft/imports?fileName=a.csv", Body("x"))).ReadProblemCode()).ShouldBe("open-data.not-found");
        (await (await client.GetAsync($"/api/v1/imports/{Guid.Empty}")).ReadProblemCode()).ShouldBe("open-data.import-unknown");
    }

    [Fact]
    public async Task Run_WhenTheVersionIsNoDraftAnyMore_FailsAndChangesNothing()
    {
        var department = await platform.Department();
        var client = await platform.SignedIn(department, Role.DepartmentOfficer);
        var (dataset, version) = await Draft(department);
        var (id, _) = await Order(client, dataset, "a.csv", "a\n1\n", db => db.DatasetVersions.Where(v => v.Id == version).ExecuteUpdateAsync(v => v.SetProperty(x => x.State, VersionState.Proposed)));
        var job = await Ended(client, id);
        // The import may have been faster than the proposal.
        if (job.GetProperty("state").GetString() == "failed")
        {
            job.GetProperty("fault").GetString().ShouldBe("not-draft");
            (await platform.WithDb(db => db.DatasetVersions.SingleAsync(v => v.Id == version))).Resources.ShouldBeEmpty();
        }
    }

    [Fact]
    public async Task Run_LeftByAKilledProcess_BeginsAnewAndGivesUpAfterSomeTimes()
    {
        var department = await platform.Department();
        var client = await platform.SignedIn(department, Role.DepartmentOfficer);
        var (dataset, version) = await Draft(department);
        var left = await Left(dataset, version, attempts: 1);
        (await Ended(client, left)).GetProperty("state").GetString().ShouldBe("done");
        (await platform.WithDb(db => db.ImportJobs.SingleAsync(j => j.Id == left))).Attempts.ShouldBe(2);
        var poisonous = await Left(dataset, version, attempts: 5);
        (await Ended(client, poisonous)).GetProperty("fault").GetString().ShouldBe("attempts");
    }

    [Fact]
    public async Task Stop_WhileItRuns_EndsItSoonAndTheDraftStays()
    {
        var department = await platform.Department();
        var client = await platform.SignedIn(department, Role.DepartmentOfficer);
        var (dataset, version) = await Draft(department);
        var (id, _) = await Order(client, dataset, "a.csv", "a,b,c\n" + string.Concat(Enumerable.Repeat("1,2,3\n", 4_000_000)));
        (await (await client.PostAsync($"/api/v1/datasets/{dataset}/draft/imports?fileName=b.csv&resource={Guid.Empty}", Body("a\n1\n"))).ReadProblemCode()).ShouldBe("open-data.not-found");
        (await client.PostAsync($"/api/v1/imports/{id}/stop", null)).StatusCode.ShouldBe(HttpStatusCode.Accepted);
        (await Ended(client, id)).GetProperty("state").GetString().ShouldBe("stopped");
        (await platform.WithDb(db => db.DatasetVersions.SingleAsync(v => v.Id == version))).Resources.ShouldBeEmpty();
        (await platform.WithDb(db => db.Ledger.CountAsync(e => e.Subject == id.ToString() && e.Event == "open-data.import-stopped"))).ShouldBe(1);
    }

    [Fact]
    public void Sweep_ScratchOfAKilledProcess_GoesAndALivingOnesStays()
    {
        var folder = Directory.CreateTempSubdirectory("zhengtong-scratch-").FullName;
        try
        {
            var dead = Path.Combine(folder, "open-data", "scratch", "dead");
            Directory.CreateDirectory(dead);
            File.WriteAllText(Path.Combine(dead, "1.parquet"), "x");
            var deployment = new Deployment(folder, null, "", Demo: false);
            using var living = new TableScratch(deployment, TimeProvider.System);
            Directory.Exists(dead).ShouldBeFalse();
            var kept = living.NewPath("csv");
            File.WriteAllText(kept, "x");
            using (new TableScratch(deployment, TimeProvider.System)) { File.Exists(kept).ShouldBeTrue(); }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static ByteArrayContent Body(string text) => new(Encoding.UTF8.GetBytes(text)) { Headers = { ContentType = new("application/octet-stream") } };

    private async Task<(Guid Id, Guid Resource)> Order(HttpClient client, Guid dataset, string fileName, string text, Func<ZhengtongDb, Task<int>>? then = null)
    {
        var response = await client.PostAsync($"/api/v1/datasets/{dataset}/draft/imports?fileName={Uri.EscapeDataString(fileName)}", Body(text));
        if (then is not null) { await platform.WithDb(then); }
        response.StatusCode.ShouldBe(HttpStatusCode.Accepted, await response.Content.ReadAsStringAsync());
        var ordered = await response.Content.ReadFromJsonAsync<JsonElement>();
        return (ordered.GetProperty("id").GetGuid(), ordered.GetProperty("resource").GetGuid());
    }

    private static async Task<JsonElement> Ended(HttpClient client, Guid id)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (true)
        {
            var job = await client.GetFromJsonAsync<JsonElement>($"/api/v1/imports/{id}", patience.Token);
            if (job.GetProperty("state").GetString() is not ("waiting" or "running")) { return job; }
            await Task.Delay(50, patience.Token);
        }
    }

    /// <summary>An import as a killed process leaves it.</summary>
    private async Task<Guid> Left(Guid dataset, Guid version, int attempts)
    {
        var put = await new ImportBench(platform).Store.PutAsync("a\n1\n"u8.ToArray(), CancellationToken.None);
        var now = TimeProvider.System.GetUtcNow();
        var job = new ImportJob
        {
            Id = Guid.CreateVersion7(now), DatasetId = dataset, VersionId = version, ResourceId = Guid.CreateVersion7(now), Name = "a", FileName = "a.csv", Format = "CSV", Content = put.Digest, Bytes = put.Length,
            Choices = ImportChoices.None, RequestedBy = Guid.Empty, CreatedAt = now,
        }.Waits();
        for (var n = 0; n < attempts; n++) { job.Begin(now); }
        await platform.WithDb(async db =>
        {
            db.ImportJobs.Add(job);
            return await db.SaveChangesAsync();
        });
        return job.Id;
    }

    private async Task<(Guid Dataset, Guid Version)> Draft(Organisation department)
    {
        var now = TimeProvider.System.GetUtcNow();
        var description = new DatasetDescription { Title = "企业名单", Notes = "", OpenAttribute = OpenAttribute.Unconditional, Licence = Licence.All[0].Id, Themes = ["economy"], UpdateCycle = UpdateCycle.Daily, ContactName = "办公室" };
        var dataset = new Dataset { Id = Guid.CreateVersion7(now), Name = $"d-{Guid.CreateVersion7(now):N}", PublisherId = department.Id, Description = description, CreatedAt = now, ModifiedAt = now };
        var version = new DatasetVersion { Id = Guid.CreateVersion7(now), DatasetId = dataset.Id, Number = 1, Description = description, Resources = [], CreatedAt = now };
        await platform.WithDb(async db =>
        {
            db.Datasets.Add(dataset);
            db.DatasetVersions.Add(version);
            return await db.SaveChangesAsync();
        });
        return (dataset.Id, version.Id);
    }
}
