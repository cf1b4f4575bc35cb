using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Zhengtong.Cloud.Model;
using Zhengtong.Cloud.Savings;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Metering;
using Zhengtong.Tests.Cloud.Metering;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Cloud.Savings;

/// <summary>Savings by a stated method, every figure with what it was counted from.</summary>
[OnDatabase]
public sealed class SavingsTests(PlatformFixture platform)
{
    private static readonly SavingsParameters Parameters = new(P(16), P(64), P(200), P(50_000), P(5), P(0.5m), P(1_000), P(0.5m), P(0.8m), P(12_000), P(100));

    [Fact]
    public void Count_OfAWholeYear_FollowsTheMethod()
    {
        HeldInYear[] held = [new(new Guid(1, 0, 0, [0, 0, 0, 0, 0, 0, 0, 0]), 8, 16, NetworkZone.GovernmentExtranet), new(new Guid(2, 0, 0, [0, 0, 0, 0, 0, 0, 0, 0]), 2, 32, NetworkZone.Internet)];
        var method = new SavingsMethod { Version = 3, FromYear = 2026, Parameters = Parameters, SetAt = default, SetBy = Guid.Empty, Reason = "" };
        var figures = SavingsCounting.Of(method, held, [(Guid.Empty, "ZD-1", 30_000m)], 1).ToDictionary(f => f.Name);
        // 10 cores / (16 x 0.2) = 3.1; 48 GiB / (64 x 0.2) = 3.75: four servers.
        figures["servers"].Value.ShouldBe(4);
        figures["server-cost"].Value.ShouldBe(4 * 50_000m * 0.3m);
        figures["room-cost"].Value.ShouldBe(2_000);
        figures["power-cost"].Value.ShouldBe(4 * 0.5m * 8760 * 0.8m);
        figures["line-cost"].Value.ShouldBe(24_000);
        figures["saved"].Value.ShouldBe(figures["avoided"].Value - 30_000);
        // Every input is another figure of the answer, a parameter with version and document, a resource or a bill.
        foreach (var input in figures.Values.SelectMany(f => f.Inputs))
        {
            if (input.Source.Length > 0) { input.Source.ShouldMatch("^(v3: Notice|resource:|bill:)"); }
            else if (input.Name != "part-of-year") { figures[input.Name].Value.ShouldBe(input.Value); }
        }

        figures.Values.ShouldAllBe(f => f.Inputs.Count > 0);
        SavingsCounting.Of(method, [], [], 0).ShouldAllBe(f => f.Value == 0);
    }

    [Fact]
    public async Task Method_IsSetByForm_AndWhereThereIsNone_ThePageSaysWhatToDo()
    {
        var (officer, authority) = (await platform.SignedIn(await platform.Department(), Role.DepartmentOfficer), await platform.SignedIn(await platform.Department(), Role.Authority));
        (await officer.GetPage("/work/cloud/savings?year=2001")).ShouldContain("2001");
        (await officer.GetPage("/work/cloud/savings?year=2001")).ShouldNotContain("/work/cloud/savings/method");
        const string Form = "/work/cloud/savings/method";
        string[] names = ["coresPerServer", "memoryGiBPerServer", "utilisation", "serverPrice", "serverYears", "squareMetresPerServer", "squareMetrePrice", "kilowattsPerServer", "kilowattHourPrice", "linePrice", "upkeepShare"];
        (string, string)[] fields = [("fromYear", "2195"), ("reason", "测算办法"), .. names.SelectMany(n => new[] { ($"parameters.{n}.value", n == "serverPrice" ? "45000.5" : "2"), ($"parameters.{n}.source", $"文件 {n}") })];
        var wrong = await authority.Submit(Form, "method", [.. fields.Select(f => f.Item1 == "parameters.linePrice.value" ? (f.Item1, "dear") : f)]);
        wrong.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await wrong.Content.ReadAsStringAsync()).ShouldContain("value=\"dear\"");
        (await authority.Submit(Form, "method", fields)).StatusCode.ShouldBe(HttpStatusCode.Redirect);
        (await authority.GetPage(Form)).ShouldContain("45000.5");
        (await officer.GetPage("/work/cloud/savings?year=2195")).ShouldNotContain("2195 年还没有");
        (await officer.GetAsync(Form)).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task Savings_OfADepartment_AreReadByItAndItsAuthority()
    {
        var world = await MeteredWorld.MakeAsync(platform, "620100");
        await world.ResourceAsync(new DateTimeOffset(2023, 12, 31, 16, 0, 0, TimeSpan.Zero), new DateTimeOffset(2024, 12, 31, 16, 0, 0, TimeSpan.Zero), cores: 10_000);
        var (officer, authority) = (await platform.SignedIn(world.Department, Role.DepartmentOfficer), await platform.SignedIn(await platform.Department(region: "620000"), Role.Authority));
        (await (await officer.PostAsJsonAsync("/api/v1/cloud/savings-methods", new { fromYear = 2024, parameters = Parameters, reason = "测算办法" })).ReadProblemCode()).ShouldBe("kernel.forbidden");
        (await (await authority.PostAsJsonAsync("/api/v1/cloud/savings-methods", new { fromYear = 2024, parameters = Parameters with { ServerYears = P(0) }, reason = "测算办法" })).ReadProblemCode()).ShouldBe("cloud.invalid");
        (await authority.PostAsJsonAsync("/api/v1/cloud/savings-methods", new { fromYear = 2024, parameters = Parameters, reason = "测算办法" })).StatusCode.ShouldBe(HttpStatusCode.Created);
        (await (await officer.GetAsync("/api/v1/cloud/savings/2010")).ReadProblemCode()).ShouldBe("cloud.no-savings-method");
        var year = await officer.GetFromJsonAsync<JsonElement>("/api/v1/cloud/savings/2024");
        year.GetProperty("total").GetProperty("servers").GetDecimal().ShouldBe(4);
        year.GetProperty("departments").GetArrayLength().ShouldBe(1);
        var seen = await authority.GetFromJsonAsync<JsonElement>("/api/v1/cloud/savings/2024?region=620100");
        seen.GetProperty("departments").EnumerateArray().Select(d => d.GetProperty("organisationId").GetGuid()).ShouldContain(world.Department.Id);
        await using var scope = platform.App.Services.CreateAsyncScope();
        var indicators = scope.ServiceProvider.GetRequiredService<Indicators>();
        var question = new IndicatorQuestion(new DateTimeOffset(2023, 12, 31, 16, 0, 0, TimeSpan.Zero), new DateTimeOffset(2024, 12, 31, 16, 0, 0, TimeSpan.Zero), world.Department.Id);
        (await indicators.ReadAsync("cloud.saved", question, default))!.Answer.Value.ShouldBe(year.GetProperty("total").GetProperty("saved").GetDecimal());
        (await indicators.ReadAsync("cloud.cpu-used", question, default))!.Answer.Value.ShouldBeNull();
        (await indicators.ReadAsync("cloud.cost", question, default))!.Answer.Value.ShouldBeNull();
    }

    private static SavingsParameter P(decimal value) => new(value, "Notice 1/2024");
}
