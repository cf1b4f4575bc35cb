using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Organisations;
using Zhengtong.Tests.Exchange.Gateway;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Exchange.Evidence;

[OnDatabase]
public sealed class CallPagesTests(PlatformFixture platform)
{
    [Fact]
    public async Task Calls_OnAgreementAndReceiptPage_AreForTheTwoPartiesAlone()
    {
        await using var service = await DepartmentService.StartAsync();
        var services = platform.App.Services;
        var scene = await GatewayFixture.SceneAsync(services, service);
        List<Guid> ids = [];
        for (var n = 0; n < 3; n++) { ids.Add((await Calls.RecordAsync(services, Calls.Of(scene, $"/firms/{n}", null, [1, 2]))).Id); }
        await Calls.SealedAsync(services, [.. ids]);
        var message = (await platform.WithDb(db => db.Calls.AsNoTracking().SingleAsync(c => c.Id == ids[0]))).MessageId;
        var (list, receipt, page) = ($"/api/v1/agreements/{scene.Agreement.Id}/calls", $"/api/v1/calls/{ids[0]}/receipt", $"/work/exchange/calls/{ids[0]}");

        foreach (var party in new[] { scene.Provider, scene.Consumer })
        {
            using var client = await SignedIn(party);
            var read = await client.GetFromJsonAsync<JsonElement>(list);
            read.GetProperty("items").EnumerateArray().Select(i => i.GetProperty("id").GetGuid()).ShouldBe(ids.AsEnumerable().Reverse());
            read.GetProperty("items").EnumerateArray().ShouldAllBe(i => i.GetProperty("sealed").GetBoolean());
            (await client.GetFromJsonAsync<JsonElement>($"{list}?limit=2")).GetProperty("items").GetArrayLength().ShouldBe(2);
            (await client.GetFromJsonAsync<JsonElement>(receipt)).GetProperty("format").GetString().ShouldBe("zhengtong-call-receipt-1");
            (await client.GetPage($"/work/agreements/{scene.Agreement.Id}")).ShouldContain(page);
            var html = await client.GetPage(page);
            foreach (var shown in new[] { message, "firms", "/firms/0", scene.Provider.Name, scene.Consumer.Name }) { WebUtility.HtmlDecode(html).ShouldContain(shown); }
            html.ShouldContain("The receipt holds");
        }

        using var stranger = await SignedIn(await platform.Department());
        foreach (var address in new[] { list, receipt }) { (await stranger.GetAsync(address)).StatusCode.ShouldBe(HttpStatusCode.NotFound, address); }
        var refused = await stranger.GetAsync(page);
        refused.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await refused.Content.ReadAsStringAsync()).ShouldNotContain(message);
        // The operator sees that calls were made, and no receipt: it names what was called.
        using var operating = await platform.SignedIn(await platform.Department(), Role.PlatformOperator);
        (await operating.GetFromJsonAsync<JsonElement>(list)).GetProperty("items").GetArrayLength().ShouldBe(3);
        (await operating.GetAsync(receipt)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        using var visitor = platform.Visitor();
        foreach (var address in new[] { list, receipt }) { (await visitor.GetAsync(address)).StatusCode.ShouldBe(HttpStatusCode.Unauthorized, address); }
    }

    private Task<HttpClient> SignedIn(Organisation organisation) => platform.SignedIn(organisation, Role.DepartmentOfficer);
}
