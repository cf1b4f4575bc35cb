using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;
using Zhengtong.Kernel.Objects;
using Zhengtong.OpenData.Model;
using Zhengtong.OpenData.Publishing;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.OpenData.Publishing;

[OnDatabase]
public sealed class ApproveVersionTests(PlatformFixture platform)
{
    [Fact]
    public async Task Approve_Examined_PublishesManifestIndexLedgerAndReferencesTogether()
    {
        var openers = await Openers.Meet(platform);
        var id = await openers.Examined();
        var version = (await openers.Read(id)).GetProperty("underWay").GetProperty("id").GetGuid();
        var answer = await openers.Post(openers.Leader, id, "draft/approval");
        answer.StatusCode.ShouldBe(HttpStatusCode.OK, await answer.Content.ReadAsStringAsync());
        var digest = (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("manifest").GetString()!;

        var seen = await openers.Read(id, platform.Visitor());
        seen.GetProperty("state").GetString().ShouldBe("published");
        seen.GetProperty("version").GetProperty("manifest").GetString().ShouldBe(digest);
        seen.GetProperty("underWay").ValueKind.ShouldBe(JsonValueKind.Null);
        var file = seen.GetProperty("version").GetProperty("resources")[0].GetProperty("sha256").GetString()!;
        (await openers.Objects(version)).Order().ShouldBe(new[] { digest, file }.Order());
        (await openers.Events(id))[^1].ShouldBe("open-data.published");
        (await platform.WithDb(db => db.SearchEntries.CountAsync(e => e.Kind == DatasetSearch.Kind && e.Subject == id))).ShouldBe(1);
        (await (await openers.Post(openers.Leader, id, "draft/approval")).ReadProblemCode()).ShouldBe("open-data.wrong-state");
    }

    [Fact]
    public async Task Manifest_IsCanonicalNamesEveryFile_AndOpenSslVerifiesIt()
    {
        var openers = await Openers.Meet(platform);
        var id = await openers.Published();
        var visitor = platform.Visitor();
        var manifest = await visitor.GetByteArrayAsync($"/api/v1/datasets/{id}/versions/1/manifest");
        var read = JsonDocument.Parse(manifest).RootElement;
        var version = (await openers.Read(id)).GetProperty("version");
        Digest.Of(manifest).Value.ShouldBe(version.GetProperty("manifest").GetString());
        read.GetProperty("resources")[0].GetProperty("sha256").GetString().ShouldBe(version.GetProperty("resources")[0].GetProperty("sha256").GetString());
        read.GetProperty("publisher").GetProperty("name").GetString().ShouldBe(openers.Department.Name);
        read.EnumerateObject().Select(m => m.Name).ShouldBe(read.EnumerateObject().Select(m => m.Name).Order(StringComparer.Ordinal));
        read.TryGetProperty("previous", out _).ShouldBeFalse();

        var folder = Directory.CreateTempSubdirectory("zhengtong-manifest-").FullName;
        try
        {
            await File.WriteAllBytesAsync(Path.Combine(folder, "manifest.json"), manifest);
            await File.WriteAllBytesAsync(Path.Combine(folder, "manifest.sig"), await visitor.GetByteArrayAsync($"/api/v1/datasets/{id}/versions/1/manifest.sig"));
            await File.WriteAllTextAsync(Path.Combine(folder, "key.pem"), await visitor.GetStringAsync("/ledger/key.pem"));
            (await OpenSslAsync(folder)).ShouldBe(0);
            manifest[^2] ^= 1;
            await File.WriteAllBytesAsync(Path.Combine(folder, "manifest.json"), manifest);
            (await OpenSslAsync(folder)).ShouldNotBe(0);
        }
        finally { Directory.Delete(folder, recursive: true); }
    }

    [Fact]
    public async Task SecondVersion_NamesTheManifestBefore_AndAsOfGivesTheOneInForce()
    {
        var openers = await Openers.Meet(platform);
        var id = await openers.Published();
        var first = (await openers.Read(id)).GetProperty("version");
        (await (await openers.Leader.PostAsync($"/api/v1/datasets/{id}/versions", null)).ReadProblemCode()).ShouldBe("kernel.forbidden");
        var begun = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => openers.Officer.PostAsync($"/api/v1/datasets/{id}/versions", null)));
        begun.Count(b => b.StatusCode == HttpStatusCode.Created).ShouldBe(1);
        (await (await openers.Officer.PostAsync($"/api/v1/datasets/{id}/versions", null)).ReadProblemCode()).ShouldBe("open-data.draft-exists");
        (await platform.Visitor().GetAsync($"/api/v1/datasets/{id}/versions/2")).StatusCode.ShouldBe(HttpStatusCode.NotFound, "A draft is not for the public");
        (await DraftTests.Put(openers.Officer, id, "*", new { description = Openers.Description("公园名录二版"), changeNote = "新增公园" })).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await openers.Read(id, platform.Visitor())).GetProperty("version").GetProperty("description").GetProperty("title").GetString().ShouldBe("公园名录", "The public sees the published one until the new one is");
        await openers.Published(id);

        var second = JsonDocument.Parse(await platform.Visitor().GetByteArrayAsync($"/api/v1/datasets/{id}/versions/2/manifest")).RootElement;
        second.GetProperty("previous").GetString().ShouldBe(first.GetProperty("manifest").GetString());
        // The first one was published in another year.
        var firstId = first.GetProperty("id").GetGuid();
        var earlier = new DateTimeOffset(2025, 12, 31, 15, 30, 0, TimeSpan.Zero);
        await platform.WithDb(db => db.DatasetVersions.Where(v => v.Id == firstId).ExecuteUpdateAsync(s => s.SetProperty(v => v.PublishedAt, earlier)));
        async Task<int> NumberAsync(string asOf) => (await platform.Visitor().GetFromJsonAsync<JsonElement>($"/api/v1/datasets/{id}?asOf={asOf}")).GetProperty("version").GetProperty("number").GetInt32();
        (await NumberAsync("2025-12-31")).ShouldBe(1, "23:30 in China is still that day");
        (await NumberAsync("2026-01-01")).ShouldBe(1);
        (await NumberAsync("9999-12-31")).ShouldBe(2);
        (await (await platform.Visitor().GetAsync($"/api/v1/datasets/{id}?asOf=2025-12-30")).ReadProblemCode()).ShouldBe("open-data.version-not-found");
        (await platform.Visitor().GetAsync($"/api/v1/datasets/{id}?asOf=yesterday")).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await platform.Visitor().GetFromJsonAsync<JsonElement>($"/api/v1/datasets/{id}/versions")).GetProperty("items").EnumerateArray().Select(v => v.GetProperty("number").GetInt32()).ShouldBe([2, 1]);
    }

    [Fact]
    public async Task Approve_OfManyAtOnce_PublishesOnce()
    {
        var openers = await Openers.Meet(platform);
        var id = await openers.Examined();
        var revision = await openers.Revision(id);
        var answers = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => openers.Leader.PostAsJsonAsync($"/api/v1/datasets/{id}/draft/approval", new { revision })));
        answers.Count(a => a.StatusCode == HttpStatusCode.OK).ShouldBe(1, string.Join(' ', answers.Select(a => a.StatusCode)));
        answers.Count(a => a.StatusCode == HttpStatusCode.Conflict).ShouldBe(5);
        (await openers.Events(id)).Count(e => e == "open-data.published").ShouldBe(1);
    }

    [Fact]
    public async Task Approve_ThatDiesInTheSave_HasPublishedNothing()
    {
        var openers = await Openers.Meet(platform);
        var id = await openers.Examined();
        await using var scope = platform.App.Services.CreateAsyncScope();
        var services = scope.ServiceProvider;
        var db = services.GetRequiredService<ZhengtongDb>();
        var leader = new Actor(Guid.CreateVersion7(TimeProvider.System.GetUtcNow()), "leader", openers.Department.Id, openers.Department.Region, new HashSet<Role> { Role.DepartmentLeader });
        // Behind the manifest, before anything of the publication is saved.
        db.SavingChanges += (_, _) =>
        {
            if (db.ChangeTracker.Entries<LedgerEntry>().Any(e => e.Entity.Event == "open-data.published")) { throw new IOException("The process dies here"); }
        };
        await Should.ThrowAsync<IOException>(() => ApproveVersion.Handle(id, new DatasetVersionSeen(OpenersRevision(db, id)), leader, db, services.GetRequiredService<ObjectStore>(), services.GetRequiredService<LedgerKeys>(), TimeProvider.System, default));

        (await openers.Read(id)).GetProperty("state").GetString().ShouldBe("draft");
        (await platform.Visitor().GetAsync($"/api/v1/datasets/{id}")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await platform.WithDb(other => other.SearchEntries.CountAsync(e => e.Subject == id))).ShouldBe(0);
        await Openers.Done(await openers.Post(openers.Leader, id, "draft/approval"));
        (await openers.Events(id)).Count(e => e == "open-data.published").ShouldBe(1);
    }

    [Fact]
    public async Task Approve_FindingThatCameLate_IsRefused()
    {
        var openers = await Openers.Meet(platform);
        var id = await openers.Examined();
        await platform.WithDb(async db =>
        {
            var version = await db.DatasetVersions.SingleAsync(v => v.DatasetId == id);
            db.OpeningFindings.Add(new OpeningFinding { Id = Guid.CreateVersion7(TimeProvider.System.GetUtcNow()), VersionId = version.Id, Kind = "mobile", Severity = FindingSeverity.Blocks, Cells = 1, Share = 1, FoundAt = TimeProvider.System.GetUtcNow() });
            return await db.SaveChangesAsync();
        });
        (await (await openers.Post(openers.Leader, id, "draft/approval")).ReadProblemCode()).ShouldBe("open-data.finding-stands");
    }

    [Fact]
    public async Task Withdraw_TakesDataAndSearchAway_AndANewVersionBringsItBack()
    {
        var openers = await Openers.Meet(platform);
        var id = await openers.Published();
        var revision = (await openers.Read(id)).GetProperty("revision").GetInt32();
        var body = new { reason = "数据有误", revision };
        (await platform.Visitor().PostAsJsonAsync($"/api/v1/datasets/{id}/withdrawal", body)).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        (await (await openers.Officer.PostAsJsonAsync($"/api/v1/datasets/{id}/withdrawal", body)).ReadProblemCode()).ShouldBe("kernel.forbidden");
        var stranger = await platform.SignedIn(await platform.Department(), Role.DepartmentLeader);
        (await (await stranger.PostAsJsonAsync($"/api/v1/datasets/{id}/withdrawal", body)).ReadProblemCode()).ShouldBe("open-data.not-publisher");
        (await (await openers.Leader.PostAsJsonAsync($"/api/v1/datasets/{id}/withdrawal", new { reason = "数据有误", revision = revision + 9 })).ReadProblemCode()).ShouldBe("open-data.changed-meanwhile");
        var answers = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => openers.Leader.PostAsJsonAsync($"/api/v1/datasets/{id}/withdrawal", body)));
        answers.Count(a => a.StatusCode == HttpStatusCode.NoContent).ShouldBe(1);

        var seen = await openers.Read(id, platform.Visitor());
        seen.GetProperty("state").GetString().ShouldBe("withdrawn");
        seen.GetProperty("withdrawnBecause").GetString().ShouldBe("数据有误");
        seen.GetProperty("version").GetProperty("resources").GetArrayLength().ShouldBe(0);
        (await platform.Visitor().GetFromJsonAsync<JsonElement>($"/api/v1/datasets?publisher={openers.Department.Id}")).GetProperty("total").GetInt32().ShouldBe(0);
        (await platform.WithDb(db => db.SearchEntries.CountAsync(e => e.Subject == id))).ShouldBe(0);
        (await platform.WithDb(db => db.Ledger.SingleAsync(e => e.Subject == id.ToString() && e.Event == "open-data.withdrawn"))).Reason.ShouldBe("数据有误");

        await Openers.Created(await openers.Officer.PostAsync($"/api/v1/datasets/{id}/versions", null));
        (await DraftTests.Put(openers.Officer, id, "*", new { description = Openers.Description(), changeNote = "已更正" })).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        await openers.Published(id);
        seen = await openers.Read(id, platform.Visitor());
        seen.GetProperty("state").GetString().ShouldBe("published");
        seen.GetProperty("withdrawnBecause").ValueKind.ShouldBe(JsonValueKind.Null);
    }

    [Fact]
    public async Task List_Public_FindsByTitleThemeAndAttribute_AndMineShowsDrafts()
    {
        var openers = await Openers.Meet(platform);
        var word = $"湿地{Guid.CreateVersion7(TimeProvider.System.GetUtcNow()):N}";
        var described = await openers.Begun(Openers.Description($"{word}名录"));
        await Openers.Created(await openers.Upload(described, "a.csv", "x"));
        var id = await openers.Published(described);
        var draft = await openers.Begun();
        async Task<List<Guid>> IdsAsync(HttpClient by, string query) => [.. (await by.GetFromJsonAsync<JsonElement>($"/api/v1/datasets?publisher={openers.Department.Id}&{query}")).GetProperty("items").EnumerateArray().Select(d => d.GetProperty("id").GetGuid())];
        (await IdsAsync(platform.Visitor(), "")).ShouldBe([id]);
        (await IdsAsync(platform.Visitor(), $"q={Uri.EscapeDataString(word)}")).ShouldBe([id]);
        (await IdsAsync(platform.Visitor(), "q=none-such-word")).ShouldBeEmpty();
        (await IdsAsync(platform.Visitor(), "q=%25%25")).ShouldBeEmpty();
        (await IdsAsync(platform.Visitor(), "theme=environment")).ShouldBe([id]);
        (await IdsAsync(platform.Visitor(), "theme=health")).ShouldBeEmpty();
        (await IdsAsync(platform.Visitor(), "attribute=conditional")).ShouldBeEmpty();
        (await IdsAsync(openers.Officer, "mine=true")).ShouldBe([draft, id], ignoreOrder: true);
        (await IdsAsync(openers.Officer, "mine=true&underWay=draft")).ShouldBe([draft]);
        (await IdsAsync(openers.Officer, "mine=true&state=published")).ShouldBe([id]);
        (await (await platform.Visitor().GetAsync("/api/v1/datasets?mine=true")).ReadProblemCode()).ShouldBe("kernel.forbidden");
        (await (await platform.Visitor().GetAsync("/api/v1/datasets?after=x")).ReadProblemCode()).ShouldBe("kernel.cursor-unknown");
        var name = (await openers.Read(id)).GetProperty("name").GetString();
        (await platform.Visitor().GetFromJsonAsync<JsonElement>($"/api/v1/datasets/{name}")).GetProperty("id").GetGuid().ShouldBe(id);
    }

    private static int OpenersRevision(ZhengtongDb db, Guid id) => db.DatasetVersions.AsNoTracking().Single(v => v.DatasetId == id && v.State != VersionState.Published).Revision;

    private static async Task<int> OpenSslAsync(string folder)
    {
        using var openssl = Process.Start(new ProcessStartInfo("openssl", ["dgst", "-sha256", "-verify", "key.pem", "-signature", "manifest.sig", "manifest.json"]) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true })!;
        await openssl.WaitForExitAsync();
        return openssl.ExitCode;
    }
}
