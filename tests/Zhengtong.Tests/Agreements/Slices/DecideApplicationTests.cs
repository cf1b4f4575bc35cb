using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Identity;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Agreements.Slices;

/// <summary>Confirming, refusing and withdrawing: three ends of one application.</summary>
[OnDatabase]
public sealed class DecideApplicationTests(PlatformFixture platform)
{
    [Fact]
    public async Task Confirm_ByTheApplicant_IsRefused()
    {
        var parties = await Parties.Meet(platform);
        var response = await parties.ConsumerOfficer.PostAsJsonAsync($"/api/v1/applications/{await parties.Applied()}/confirmation", new { revision = 1 });
        (await response.ReadProblemCode()).ShouldBe("agreements.not-provider");
    }

    [Fact]
    public async Task Confirm_ByAStranger_IsNotFound()
    {
        var parties = await Parties.Meet(platform);
        var stranger = await platform.SignedIn(await platform.Department(), Role.DepartmentOfficer);
        var response = await stranger.PostAsJsonAsync($"/api/v1/applications/{await parties.Applied()}/confirmation", new { revision = 1 });
        (await response.ReadProblemCode()).ShouldBe("agreements.application-not-found");
    }

    [Fact]
    public async Task Confirm_TwelveOfficersAtOnce_DrawsUpOneAgreement()
    {
        var parties = await Parties.Meet(platform);
        var id = await parties.Applied();
        var responses = await Task.WhenAll(Enumerable.Range(0, 12).Select(n =>
            (n % 2 == 0 ? parties.ProviderOfficer : parties.ProviderLeader).PostAsJsonAsync($"/api/v1/applications/{id}/confirmation", new { revision = 1 })));
        responses.Count(r => r.StatusCode == HttpStatusCode.Created).ShouldBe(1);
        responses.Count(r => r.StatusCode == HttpStatusCode.Conflict).ShouldBe(11);
        (await platform.WithDb(db => db.Agreements.CountAsync(a => a.ApplicationId == id))).ShouldBe(1);
        (await platform.WithDb(db => db.Ledger.CountAsync(e => e.Subject == id.ToString() && e.Event == "agreements.confirmed"))).ShouldBe(1);
    }

    [Fact]
    public async Task Confirm_AfterTheResourceWasWithdrawn_IsRefused()
    {
        var parties = await Parties.Meet(platform);
        var id = await parties.Applied();
        (await parties.ProviderOfficer.PostAsJsonAsync($"/api/v1/resources/{parties.Resource}/withdrawal", new { reason = "重新编目", revision = 2 })).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await (await parties.ProviderOfficer.PostAsJsonAsync($"/api/v1/applications/{id}/confirmation", new { revision = 1 })).ReadProblemCode()).ShouldBe("agreements.resource-changed");
    }

    [Fact]
    public async Task Refuse_WithGroundAndReason_IsReadByTheApplicant()
    {
        var parties = await Parties.Meet(platform);
        var id = await parties.Applied();
        (await parties.ProviderOfficer.PostAsJsonAsync($"/api/v1/applications/{id}/refusal", new { ground = "sensitive", reason = "涉及商业秘密", revision = 1 })).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        var seen = await parties.ConsumerOfficer.GetFromJsonAsync<JsonElement>($"/api/v1/applications/{id}");
        seen.GetProperty("state").GetString().ShouldBe("refused");
        seen.GetProperty("refusalGround").GetString().ShouldBe("sensitive");
        seen.GetProperty("reason").GetString().ShouldBe("涉及商业秘密");
        (await platform.WithDb(db => db.Ledger.CountAsync(e => e.Subject == id.ToString() && e.Event == "agreements.refused"))).ShouldBe(1);
    }

    [Fact]
    public async Task Withdraw_ThenConfirm_IsRefusedAsSettled()
    {
        var parties = await Parties.Meet(platform);
        var id = await parties.Applied();
        (await parties.ConsumerOfficer.PostAsJsonAsync($"/api/v1/applications/{id}/withdrawal", new { reason = "不再需要", revision = 1 })).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await (await parties.ProviderOfficer.PostAsJsonAsync($"/api/v1/applications/{id}/confirmation", new { revision = 2 })).ReadProblemCode()).ShouldBe("agreements.not-submitted");
    }

    [Fact]
    public async Task List_MadeAndReceived_AreToldApart()
    {
        var parties = await Parties.Meet(platform);
        await parties.Applied();
        (await parties.ProviderOfficer.GetFromJsonAsync<JsonElement>("/api/v1/applications?received=true")).GetProperty("total").GetInt32().ShouldBe(1);
        (await parties.ProviderOfficer.GetFromJsonAsync<JsonElement>("/api/v1/applications?received=false")).GetProperty("total").GetInt32().ShouldBe(0);
        (await parties.ConsumerOfficer.GetFromJsonAsync<JsonElement>("/api/v1/applications?received=false&state=submitted")).GetProperty("items").GetArrayLength().ShouldBe(1);
    }
}
