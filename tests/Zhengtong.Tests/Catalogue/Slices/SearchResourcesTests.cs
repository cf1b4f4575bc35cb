using System.Net.Http.Json;
using System.Text.Json;
using Zhengtong.Kernel.Identity;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Catalogue.Slices;

[OnDatabase]
public sealed class SearchResourcesTests(PlatformFixture platform)
{
    [Fact]
    public async Task Get_Paged_SeesEachResourceOnceAndOnlyOwnDrafts()
    {
        var owner = await platform.SignedIn(await platform.Department(), Role.DepartmentOfficer);
        var mark = Guid.CreateVersion7(TimeProvider.System.GetUtcNow()).ToString("N");
        for (var n = 0; n < 5; n++)
        {
            var created = await owner.PostAsJsonAsync("/api/v1/resources", new
            {
                name = $"资源{n}", @abstract = mark, sharingType = "unconditional", updateCycle = "daily",
                items = new[] { new { name = "编号", column = "id", type = "integer", isKey = true } },
            });
            var id = (await created.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetGuid();
            if (n < 3) { await owner.PostAsJsonAsync($"/api/v1/resources/{id}/publication", new { revision = 1 }); }
        }

        (await Walk(owner, $"/api/v1/resources?q={mark.ToUpperInvariant()}&limit=2")).ShouldBe(["资源4", "资源3", "资源2", "资源1", "资源0"]);
        var other = await platform.SignedIn(await platform.Department(), Role.DepartmentOfficer);
        (await Walk(other, $"/api/v1/resources?q={mark}&limit=2")).ShouldBe(["资源2", "资源1", "资源0"]);
        (await other.GetFromJsonAsync<JsonElement>($"/api/v1/resources?q={mark}")).GetProperty("total").GetInt32().ShouldBe(3);
    }

    [Theory]
    [InlineData("%")]
    [InlineData("'; DROP TABLE resources; --")]
    [InlineData("<script>alert(1)</script>")]
    public async Task Get_HostileWords_FindNothingAndBreakNothing(string words)
    {
        var client = await platform.SignedIn(await platform.Department(), Role.DepartmentOfficer);
        (await client.GetFromJsonAsync<JsonElement>($"/api/v1/resources?q={Uri.EscapeDataString(words)}")).GetProperty("total").GetInt32().ShouldBe(0);
    }

    private static async Task<List<string>> Walk(HttpClient client, string address)
    {
        var names = new List<string>();
        for (var next = ""; ;)
        {
            var page = await client.GetFromJsonAsync<JsonElement>(address + (next == "" ? "" : $"&after={next}"));
            names.AddRange(page.GetProperty("items").EnumerateArray().Select(i => i.GetProperty("name").GetString()!));
            if (page.GetProperty("next").GetString() is not { } more) { return names; }
            next = more;
        }
    }
}
