using System.Net;
using System.Net.Http.Json;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Objects;
using Zhengtong.OpenData.Publishing;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.OpenData.Publishing;

[OnDatabase]
public sealed class DraftTests(PlatformFixture platform)
{
    [Fact]
    public async Task AddFile_Streams_KeepsBytesNameAndReference()
    {
        var openers = await Openers.Meet(platform);
        var id = await openers.Begun();
        (await openers.Upload(id, "a.csv", "x", by: platform.Visitor())).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        (await openers.Upload(id, "a.csv", "x", by: openers.Leader)).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        (await (await openers.Upload(id, "a.csv", "x", by: await platform.SignedIn(await platform.Department(), Role.DepartmentOfficer))).ReadProblemCode()).ShouldBe("open-data.not-found");
        (await (await openers.Upload(id, "///", "x")).ReadProblemCode()).ShouldBe("open-data.invalid");

        var added = await Openers.Created(await openers.Upload(id, "../../etc/公园\u202e.CSV", "编号\r\n1\r\n", "&name=%E5%85%AC%E5%9B%AD"));
        added.GetProperty("fileName").GetString().ShouldBe("公园.CSV");
        added.GetProperty("name").GetString().ShouldBe("公园");
        added.GetProperty("format").GetString().ShouldBe("CSV");
        added.GetProperty("mediaType").GetString().ShouldBe("text/csv");
        var digest = added.GetProperty("sha256").GetString()!;
        digest.ShouldBe(Digest.Of("编号\r\n1\r\n"u8).Value);
        var version = (await openers.Read(id)).GetProperty("underWay").GetProperty("id").GetGuid();
        (await openers.Objects(version)).ShouldBe([digest]);
        (await openers.Events(id)).ShouldBe(["open-data.created", "open-data.file-added"]);
        (await openers.Officer.GetByteArrayAsync($"/work/open-data/{id}/files/{added.GetProperty("id").GetGuid()}")).ShouldBe("编号\r\n1\r\n"u8.ToArray());

        var replaced = await Openers.Created(await openers.Upload(id, "b.pdf", "%PDF", $"&replaces={added.GetProperty("id").GetGuid()}"));
        replaced.GetProperty("id").GetGuid().ShouldBe(added.GetProperty("id").GetGuid());
        replaced.GetProperty("format").GetString().ShouldBe("PDF");
        (await openers.Objects(version)).ShouldBe([Digest.Of("%PDF"u8).Value]);
        (await (await openers.Upload(id, "c.csv", "x", $"&replaces={Guid.CreateVersion7(TimeProvider.System.GetUtcNow())}")).ReadProblemCode()).ShouldBe("open-data.resource-not-found");
    }

    [Theory]
    [InlineData("C:\\Users\\x\\report.xlsx", "report.xlsx")]
    [InlineData("a\u0000b.csv", "ab.csv")]
    [InlineData(" ..hidden", "hidden")]
    [InlineData("a<b>:\"c\"|?*.csv", "a_b___c____.csv")]
    [InlineData("..", null)]
    [InlineData("", null)]
    public void SafeName_Hostile_IsOneSafeSegment(string given, string? expected) => DraftFiles.SafeName(given).ShouldBe(expected);

    [Fact]
    public void SafeName_Long_KeepsItsEnding()
    {
        var name = DraftFiles.SafeName(new string('长', 400) + ".geojson")!;
        name.Length.ShouldBe(200);
        name.ShouldEndWith(".geojson");
        FileFormat.Of(name).Name.ShouldBe("GEOJSON");
        FileFormat.Of("noending").Name.ShouldBe("FILE");
    }

    [Fact]
    public async Task AddFile_AboveTheLimit_IsRefusedAndLeavesNothing()
    {
        await using var own = await OwnPlatform.StartAsync(b => b.Configuration["OpenData:Files:MaxBytes"] = "10");
        var stream = new BoundedStream(new MemoryStream(new byte[11]), 10);
        var store = own.App.Services.GetRequiredService<ObjectStore>();
        await Should.ThrowAsync<FileTooLongException>(() => store.PutAsync(stream, default));
        (await own.WithDb(db => db.StoredObjects.CountAsync())).ShouldBe(0);
        own.App.Services.GetRequiredService<Microsoft.Extensions.Options.IOptions<DatasetFilesOptions>>().Value.MaxBytes.ShouldBe(10);
    }

    [Fact]
    public async Task Revise_WithTheSeenRevision_RewritesDescriptionOrderAndNames()
    {
        var openers = await Openers.Meet(platform);
        var id = await openers.Begun();
        var first = (await Openers.Created(await openers.Upload(id, "a.csv", "a"))).GetProperty("id").GetGuid();
        var second = (await Openers.Created(await openers.Upload(id, "b.csv", "b"))).GetProperty("id").GetGuid();
        var body = new { description = Openers.Description("绿地名录"), changeNote = "首次", resources = new[] { new { id = second, name = "乙", description = "说明" }, new { id = first, name = "甲", description = "" } } };
        var seen = (await openers.Officer.GetAsync($"/api/v1/datasets/{id}/versions/1")).Headers.ETag!.Tag;
        (await Put(openers.Officer, id, null, body)).StatusCode.ShouldBe(HttpStatusCode.PreconditionRequired);
        (await Put(openers.Officer, id, "\"1\"", body)).StatusCode.ShouldBe(HttpStatusCode.PreconditionFailed);
        (await Put(openers.Officer, id, seen, body)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await Put(openers.Officer, id, seen, body)).StatusCode.ShouldBe(HttpStatusCode.PreconditionFailed);
        var now = (await openers.Read(id)).GetProperty("underWay");
        now.GetProperty("description").GetProperty("title").GetString().ShouldBe("绿地名录");
        now.GetProperty("resources").EnumerateArray().Select(r => r.GetProperty("name").GetString()).ShouldBe(["乙", "甲"]);
        (await openers.Events(id)).ShouldContain("open-data.draft-revised");
        (await platform.WithDb(db => db.Datasets.Where(d => d.Id == id).Select(d => d.Title).SingleAsync())).ShouldBe("绿地名录", "A list shows the draft before the first publication");

        var lacking = new { description = Openers.Description(), changeNote = "", resources = new[] { new { id = second, name = "乙", description = "" } } };
        (await (await Put(openers.Officer, id, "*", lacking)).ReadProblem()).GetProperty("errors").TryGetProperty("resources", out _).ShouldBeTrue();
        (await Put(platform.Visitor(), id, "*", body)).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        (await (await Put(openers.Officer, Guid.CreateVersion7(TimeProvider.System.GetUtcNow()), "*", body)).ReadProblemCode()).ShouldBe("open-data.not-found");
    }

    [Fact]
    public async Task Revise_OfTwoAtOnce_OneIsRefused()
    {
        var openers = await Openers.Meet(platform);
        var id = await openers.Begun();
        var body = new { description = Openers.Description(), changeNote = "" };
        var answers = await Task.WhenAll(Enumerable.Range(0, 6).Select(n => Put(n % 2 == 0 ? openers.Officer : openers.Colleague, id, "\"1\"", body)));
        answers.Count(a => a.StatusCode == HttpStatusCode.NoContent).ShouldBe(1);
        (await openers.Events(id)).Count(e => e == "open-data.draft-revised").ShouldBe(1);
    }

    [Fact]
    public async Task RemoveResource_TakesFileAndReference()
    {
        var openers = await Openers.Meet(platform);
        var id = await openers.WithFile();
        var under = (await openers.Read(id)).GetProperty("underWay");
        var file = under.GetProperty("resources")[0].GetProperty("id").GetGuid();
        (await Delete(openers.Officer, id, file, null)).StatusCode.ShouldBe(HttpStatusCode.PreconditionRequired);
        (await (await Delete(openers.Officer, id, Guid.CreateVersion7(TimeProvider.System.GetUtcNow()), "*")).ReadProblemCode()).ShouldBe("open-data.resource-not-found");
        (await Delete(openers.Officer, id, file, "*")).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await openers.Objects(under.GetProperty("id").GetGuid())).ShouldBeEmpty();
        (await openers.Events(id))[^1].ShouldBe("open-data.file-removed");
    }

    internal static Task<HttpResponseMessage> Put(HttpClient client, Guid id, string? seen, object body)
    {
        var request = new HttpRequestMessage(HttpMethod.Put, $"/api/v1/datasets/{id}/draft") { Content = JsonContent.Create(body) };
        if (seen is not null) { request.Headers.TryAddWithoutValidation("If-Match", seen); }
        return client.SendAsync(request);
    }

    private static Task<HttpResponseMessage> Delete(HttpClient client, Guid id, Guid file, string? seen)
    {
        var request = new HttpRequestMessage(HttpMethod.Delete, $"/api/v1/datasets/{id}/draft/files/{file}");
        if (seen is not null) { request.Headers.TryAddWithoutValidation("If-Match", seen); }
        return client.SendAsync(request);
    }
}
