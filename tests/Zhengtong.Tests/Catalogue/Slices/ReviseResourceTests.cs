using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Zhengtong.Kernel.Identity;
using Zhengtong.Tests.Agreements;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Catalogue.Slices;

[OnDatabase]
public sealed class ReviseResourceTests(PlatformFixture platform)
{
    [Fact]
    public async Task Put_WithTheSeenRevision_RewritesTheDraft_AndAStaleOneIsRefused()
    {
        var client = await platform.SignedIn(await platform.Department(), Role.DepartmentOfficer);
        var id = (await Parties.Created(await client.PostAsJsonAsync("/api/v1/resources", RegisterResourceTests.Enterprises()))).GetProperty("id").GetGuid();
        var seen = (await client.GetAsync($"/api/v1/resources/{id}")).Headers.ETag!;
        (await Put(client, id, null)).StatusCode.ShouldBe(HttpStatusCode.PreconditionRequired);
        (await Put(client, id, seen.Tag)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await Put(client, id, seen.Tag)).StatusCode.ShouldBe(HttpStatusCode.PreconditionFailed);
        var now = await client.GetFromJsonAsync<JsonElement>($"/api/v1/resources/{id}");
        now.GetProperty("name").GetString().ShouldBe("企业年报");
        now.GetProperty("items").EnumerateArray().Select(i => i.GetProperty("column").GetString()).ShouldBe(["report_id", "year"]);
    }

    [Fact]
    public async Task Put_PublishedResource_IsRefused()
    {
        var parties = await Parties.Meet(platform);
        (await (await Put(parties.ProviderOfficer, parties.Resource, "\"2\"")).ReadProblemCode()).ShouldBe("catalogue.not-draft");
        (await (await Put(parties.ConsumerOfficer, parties.Resource, "\"2\"")).ReadProblemCode()).ShouldBe("catalogue.not-provider");
    }

    private static Task<HttpResponseMessage> Put(HttpClient client, Guid id, string? seen)
    {
        var request = new HttpRequestMessage(HttpMethod.Put, $"/api/v1/resources/{id}")
        {
            Content = JsonContent.Create(new
            {
                name = "企业年报", @abstract = "", sharingType = "unconditional", updateCycle = "yearly",
                items = new object[] { new { name = "编号", column = "report_id", type = "integer", isKey = true }, new { name = "年度", column = "year", type = "integer", isKey = false } },
            }),
        };
        if (seen is not null) { request.Headers.TryAddWithoutValidation("If-Match", seen); }
        return client.SendAsync(request);
    }
}
