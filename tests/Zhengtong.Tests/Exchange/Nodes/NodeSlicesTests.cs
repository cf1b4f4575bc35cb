using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Exchange.Nodes;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Exchange.Nodes;

/// <summary>Nodes over the API and on their page.</summary>
[OnDatabase]
public sealed class NodeSlicesTests(PlatformFixture platform)
{
    [Fact]
    public async Task Nodes_WithoutTheRightOrOfAnotherDepartment_AreRefused()
    {
        (await platform.Visitor().GetAsync("/api/v1/nodes")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        var (own, other) = (await platform.Department(), await platform.Department());
        var reader = await platform.SignedIn(own, Role.Auditor);
        (await reader.PostAsJsonAsync("/api/v1/nodes", new { name = "前置机" })).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        (await reader.GetAsync("/work/exchange/nodes")).StatusCode.ShouldNotBe(HttpStatusCode.OK);
        var client = await platform.SignedIn(own, Role.DepartmentOfficer);
        var made = await client.PostAsJsonAsync("/api/v1/nodes", new { name = "前置机" });
        made.StatusCode.ShouldBe(HttpStatusCode.Created);
        var id = (await made.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetGuid();
        (await (await client.PostAsJsonAsync("/api/v1/nodes", new { name = "前置机" })).ReadProblemCode()).ShouldBe("exchange.name-taken");
        (await (await client.PostAsJsonAsync("/api/v1/nodes", new { name = "x" })).ReadProblemCode()).ShouldBe("kernel.invalid");
        var stranger = await platform.SignedIn(other, Role.DepartmentOfficer);
        (await stranger.GetFromJsonAsync<JsonElement>("/api/v1/nodes")).GetProperty("items").GetArrayLength().ShouldBe(0);
        (await (await stranger.PostAsync($"/api/v1/nodes/{id}/tokens", null)).ReadProblemCode()).ShouldBe("exchange.node-unknown");
        (await (await stranger.PostAsJsonAsync($"/api/v1/nodes/{id}/revocation", new { reason = "不要了" })).ReadProblemCode()).ShouldBe("exchange.node-unknown");
        (await client.PostAsJsonAsync($"/api/v1/nodes/{id}/revocation", new { reason = "不要了" })).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await (await client.PostAsJsonAsync($"/api/v1/nodes/{id}/revocation", new { reason = "不要了" })).ReadProblemCode()).ShouldBe("exchange.node-revoked");
        (await client.GetFromJsonAsync<JsonElement>("/api/v1/nodes")).GetProperty("items")[0].GetProperty("state").GetString().ShouldBe("revoked");
    }

    [Fact]
    public async Task Page_MakeAndRevoke_ShowsTheTokenOnceAndTheStates()
    {
        var client = await platform.SignedIn(await platform.Department(), Role.DepartmentOfficer);
        async Task<string> SubmitAsync(string form, params (string, string)[] fields) => await (await client.Submit("/work/exchange/nodes", form, fields)).Content.ReadAsStringAsync();
        var page = await client.GetStringAsync("/work/exchange/nodes");
        page.ShouldContain("No front-end nodes yet");
        var made = await SubmitAsync("create", ("name", "楼下的前置机"));
        made.ShouldContain("ztn1.");
        made.ShouldContain("Awaited");
        (await client.GetStringAsync("/work/exchange/nodes")).ShouldNotContain("ztn1.");
        var id = (await client.GetFromJsonAsync<JsonElement>("/api/v1/nodes")).GetProperty("items")[0].GetProperty("id").GetString()!;
        (await SubmitAsync("invite", ("Invited", id))).ShouldContain("ztn1.");
        (await SubmitAsync("revoke", ("node", id), ("reason", ""))).ShouldContain("Awaited");
        (await SubmitAsync("revoke", ("node", id), ("reason", "机器报废"))).ShouldContain("Revoked");
    }

    [Fact]
    public async Task AllNodes_OfTwoDepartments_AreSeenByOperatorAndAuditorAloneFilteredAndExported()
    {
        var (one, two) = (await platform.Department(), await platform.Department());
        var name = $"前置机{Guid.CreateVersion7(TimeProvider.System.GetUtcNow()):N}"[..30];
        foreach (var department in new[] { one, two })
        {
            var officer = await platform.SignedIn(department, Role.DepartmentOfficer);
            (await officer.PostAsJsonAsync("/api/v1/nodes", new { name })).StatusCode.ShouldBe(HttpStatusCode.Created);
            (await (await officer.GetAsync("/api/v1/nodes/all")).ReadProblemCode()).ShouldBe("kernel.forbidden");
            (await officer.GetAsync("/work/exchange/all-nodes")).StatusCode.ShouldNotBe(HttpStatusCode.OK);
            (await officer.GetAsync("/work/exchange/all-nodes.csv")).StatusCode.ShouldNotBe(HttpStatusCode.OK);
        }

        (await (await platform.Visitor().GetAsync("/api/v1/nodes/all")).ReadProblemCode()).ShouldBe("kernel.not-signed-in");
        await platform.WithDb(async db =>
        {
            var now = TimeProvider.System.GetUtcNow();
            var node = await db.FrontEndNodes.SingleAsync(n => n.Name == name && n.OrganisationId == one.Id);
            var delivery = Guid.CreateVersion7(now);
            var report = new NodeHeartbeat("9.9.9", now, 1_000_000, 3, 120, [], [new NodeDeliveryState(delivery, NodeRole.Provider, "exchange.source-unreachable", null, null, null)]);
            node.Enrol(now);
            node.Seen(report, JsonSerializer.Serialize(report, CanonicalJson.Options), now);
            db.NodeCertificates.Add(new NodeCertificate { Serial = $"{delivery:N}00000000", NodeId = node.Id, Certificate = [], PublicKey = [], NotBefore = now, NotAfter = now.AddHours(1) });
            return await db.SaveChangesAsync();
        });

        foreach (var role in new[] { Role.PlatformOperator, Role.Auditor })
        {
            var watcher = await platform.SignedIn(await platform.Department(), role);
            async Task<JsonElement[]> ListAsync(string query) => [.. (await watcher.GetFromJsonAsync<JsonElement>($"/api/v1/nodes/all?q={Uri.EscapeDataString(name)}{query}")).GetProperty("items").EnumerateArray()];
            (await ListAsync("")).Length.ShouldBe(2);
            var node = (await ListAsync("&state=healthy")).ShouldHaveSingleItem();
            node.GetProperty("organisation").GetString().ShouldBe(one.Name);
            (node.GetProperty("version").GetString(), node.GetProperty("spooledBatches").GetInt64(), node.GetProperty("deliveries").GetInt32()).ShouldBe(("9.9.9", 3, 1));
            node.GetProperty("concerns").EnumerateArray().Select(c => c.GetString()).ShouldBe(["queue", "disk", "certificate"]);
            node.GetProperty("problems").EnumerateArray().Select(c => c.GetString()).ShouldBe(["exchange.source-unreachable"]);
            foreach (var concern in new[] { "queue", "disk", "certificate" }) { (await ListAsync($"&concern={concern}")).ShouldHaveSingleItem(); }
            (await ListAsync("&state=silent")).ShouldBeEmpty();
            (await (await watcher.GetAsync("/api/v1/nodes/all?after=nonsense")).ReadProblemCode()).ShouldBe("kernel.cursor-unknown");

            var page = await watcher.GetStringAsync($"/work/exchange/all-nodes?q={Uri.EscapeDataString(name)}&concern=disk");
            page.ShouldContain(one.Name);
            page.ShouldNotContain(two.Name);
            page.ShouldNotContain(">exchange.");
            var csv = await watcher.GetStringAsync($"/work/exchange/all-nodes.csv?q={Uri.EscapeDataString(name)}");
            csv.ShouldContain(one.Name);
            csv.ShouldContain(two.Name);
        }
    }
}
