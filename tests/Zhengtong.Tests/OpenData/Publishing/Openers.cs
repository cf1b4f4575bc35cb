using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Organisations;
using Zhengtong.OpenData.Model;
using Zhengtong.OpenData.Publishing;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.OpenData.Publishing;

/// <summary>A department with two officers and a leader; takes a dataset to the step a test needs, over HTTP.</summary>
internal sealed class Openers
{
    internal required PlatformFixture Platform { get; init; }

    internal required Organisation Department { get; init; }

    /// <summary>Prepares and proposes.</summary>
    internal required HttpClient Officer { get; init; }

    /// <summary>Examines.</summary>
    internal required HttpClient Colleague { get; init; }

    internal required Officer ColleagueAccount { get; init; }

    internal required HttpClient Leader { get; init; }

    internal static async Task<Openers> Meet(PlatformFixture platform)
    {
        var department = await platform.Department();
        var (colleague, account) = await platform.SignedInAs(department, Role.DepartmentOfficer);
        return new Openers
        {
            Platform = platform,
            Department = department,
            Officer = await platform.SignedIn(department, Role.DepartmentOfficer),
            Colleague = colleague,
            ColleagueAccount = account,
            Leader = await platform.SignedIn(department, Role.DepartmentLeader),
        };
    }

    internal static string NewName() => $"parks-{Guid.CreateVersion7(TimeProvider.System.GetUtcNow()):N}";

    internal static Dictionary<string, object?> Description(string title = "公园名录") => new()
    {
        ["title"] = title, ["notes"] = "全市公园。", ["openAttribute"] = "unconditional", ["licence"] = "open-government-data", ["themes"] = new[] { "environment" }, ["keywords"] = new[] { "公园" },
        ["updateCycle"] = "yearly", ["contactName"] = "信息中心",
    };

    internal static async Task<JsonElement> Created(HttpResponseMessage response)
    {
        response.StatusCode.ShouldBe(HttpStatusCode.Created, await response.Content.ReadAsStringAsync());
        return await response.Content.ReadFromJsonAsync<JsonElement>();
    }

    internal static async Task Done(HttpResponseMessage response) => ((int)response.StatusCode).ShouldBeOneOf([200, 204], await response.Content.ReadAsStringAsync());

    internal async Task<Guid> Begun(Dictionary<string, object?>? description = null) =>
        (await Created(await Officer.PostAsJsonAsync("/api/v1/datasets", new { name = NewName(), description = description ?? Description() }))).GetProperty("id").GetGuid();

    internal Task<HttpResponseMessage> Upload(Guid id, string fileName, string content, string more = "", HttpClient? by = null) =>
        (by ?? Officer).PostAsync($"/api/v1/datasets/{id}/draft/files?fileName={Uri.EscapeDataString(fileName)}{more}", new ByteArrayContent(Encoding.UTF8.GetBytes(content)));

    internal async Task<Guid> WithFile(string content = "编号,名称\r\n1,兴庆宫公园\r\n")
    {
        var id = await Begun();
        await Created(await Upload(id, "parks.csv", content));
        return id;
    }

    internal Task<HttpResponseMessage> Post(HttpClient by, Guid id, string what, object? more = null) => PostAt(by, id, what, more);

    internal async Task<Guid> Proposed(Guid? dataset = null)
    {
        var id = dataset ?? await WithFile();
        await Done(await PostAt(Officer, id, "draft/proposal"));
        return id;
    }

    /// <summary>Proposed, and its content checked with these findings.</summary>
    internal async Task<Guid> Checked(Guid? dataset = null, params IReadOnlyList<(string Kind, FindingSeverity Severity)> findings)
    {
        var id = await Proposed(dataset);
        await Check(id, findings);
        return id;
    }

    /// <summary>Stands in for the check of the contents, which may come between.</summary>
    internal async Task Check(Guid id, params IReadOnlyList<(string Kind, FindingSeverity Severity)> findings)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await CheckOnce(id, findings);
                return;
            }
            catch (DbUpdateConcurrencyException) when (attempt < 10) { }
        }
    }

    private Task CheckOnce(Guid id, IReadOnlyList<(string Kind, FindingSeverity Severity)> findings) => Platform.WithDb(async db =>
    {
        var version = await db.DatasetVersions.SingleAsync(v => v.DatasetId == id && v.State != VersionState.Published);
        var now = TimeProvider.System.GetUtcNow();
        foreach (var (kind, severity) in findings)
        {
            db.OpeningFindings.Add(new OpeningFinding
            {
                Id = Guid.CreateVersion7(now), VersionId = version.Id, ResourceId = version.Resources[0].Id, Content = version.Resources[0].Content, Column = "名称", Kind = kind, Severity = severity, Cells = 3, Share = 0.5,
                Sample = "610***********123X", FoundAt = now,
            });
        }

        // The check itself may have been faster: it has the same steps once.
        if (version.Check != OpeningCheck.Done) { version.EndCheck(now); }
        return await db.SaveChangesAsync();
    });

    internal async Task<Guid> Examined(Guid? dataset = null)
    {
        var id = await Checked(dataset);
        await Done(await PostAt(Colleague, id, "draft/examination"));
        return id;
    }

    internal async Task<Guid> Published(Guid? dataset = null)
    {
        var id = await Examined(dataset);
        await Done(await PostAt(Leader, id, "draft/approval"));
        return id;
    }

    internal async Task<JsonElement> Read(Guid id, HttpClient? by = null) => await (by ?? Officer).GetFromJsonAsync<JsonElement>($"/api/v1/datasets/{id}");

    internal async Task<int> Revision(Guid id) => await Platform.WithDb(db => db.DatasetVersions.Where(v => v.DatasetId == id && v.State != VersionState.Published).Select(v => v.Revision).SingleOrDefaultAsync()) is var r and > 0 ? r : 1;

    internal Task<List<string>> Events(Guid id) => Platform.WithDb(db => db.Ledger.Where(e => e.Subject == id.ToString()).OrderBy(e => e.At).ThenBy(e => e.Id).Select(e => e.Event).ToListAsync());

    internal Task<List<string>> Objects(Guid version) => Platform.WithDb(async db => (await db.ObjectReferences.Where(r => r.Owner == VersionObjects.OwnerOf(version)).ToListAsync()).ConvertAll(r => r.Digest.Value));

    /// <summary>Sends the revision that stands, and more.</summary>
    private async Task<HttpResponseMessage> PostAt(HttpClient by, Guid id, string what, object? more = null)
    {
        var body = new Dictionary<string, object?> { ["revision"] = await Revision(id) };
        foreach (var property in more?.GetType().GetProperties() ?? []) { body[property.Name] = property.GetValue(more); }
        return await by.PostAsJsonAsync($"/api/v1/datasets/{id}/{what}", body);
    }
}
