using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Zhengtong.Kernel.Identity;
using Zhengtong.Tests.Agreements;
using Zhengtong.Tests.Catalogue.Slices;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.OpenData.Publishing;

[OnDatabase]
public sealed class CreateDatasetTests(PlatformFixture platform)
{
    [Fact]
    public async Task Create_Visitor_Refused401_AndLeader403()
    {
        var body = new { name = Openers.NewName(), description = Openers.Description() };
        (await platform.Visitor().PostAsJsonAsync("/api/v1/datasets", body)).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        var leader = await platform.SignedIn(await platform.Department(), Role.DepartmentLeader);
        (await (await leader.PostAsJsonAsync("/api/v1/datasets", body)).ReadProblemCode()).ShouldBe("kernel.forbidden");
    }

    [Fact]
    public async Task Create_Valid_IsADraftThatOnlyItsDepartmentSees()
    {
        var openers = await Openers.Meet(platform);
        var id = await openers.Begun();
        (await openers.Events(id)).ShouldBe(["open-data.created"]);
        var seen = await openers.Read(id);
        seen.GetProperty("state").GetString().ShouldBe("draft");
        seen.GetProperty("underWay").GetProperty("number").GetInt32().ShouldBe(1);
        seen.GetProperty("version").ValueKind.ShouldBe(JsonValueKind.Null);
        foreach (var other in new[] { platform.Visitor(), await platform.SignedIn(await platform.Department(), Role.DepartmentOfficer) })
        {
            (await (await other.GetAsync($"/api/v1/datasets/{id}")).ReadProblemCode()).ShouldBe("open-data.not-found");
            (await (await other.GetAsync($"/api/v1/datasets/{id}/versions/1")).ReadProblemCode()).ShouldBe("open-data.not-found");
        }
    }

    [Fact]
    public async Task Create_Invalid_NamesEveryFaultAtOnce()
    {
        var openers = await Openers.Meet(platform);
        var description = Openers.Description();
        (description["licence"], description["themes"], description["keywords"], description["openAttribute"]) = ("none", new[] { "weather" }, new[] { "a|b" }, "conditional");
        (description["from"], description["to"], description["region"], description["contactMail"]) = ("2026-02-01", "2026-01-01", "610000", "nobody");
        var problem = await (await openers.Officer.PostAsJsonAsync("/api/v1/datasets", new { name = "New Park", description })).ReadProblem();
        problem.GetProperty("code").GetString().ShouldBe("open-data.invalid");
        problem.GetProperty("errors").EnumerateObject().Select(e => e.Name).Order().ShouldBe(new[]
        {
            "description.contactMail", "description.keywords", "description.licence", "description.openCondition", "description.region", "description.themes", "description.to", "name",
        });
        foreach (var reserved in new[] { "new", "edit", "search" })
        {
            (await (await openers.Officer.PostAsJsonAsync("/api/v1/datasets", new { name = reserved, description = Openers.Description() })).ReadProblemCode()).ShouldBe("open-data.invalid");
        }
    }

    [Fact]
    public async Task Create_NameTaken_Refused_AlsoOfTwoAtOnce()
    {
        var openers = await Openers.Meet(platform);
        var body = new { name = Openers.NewName(), description = Openers.Description() };
        var answers = await Task.WhenAll(openers.Officer.PostAsJsonAsync("/api/v1/datasets", body), openers.Colleague.PostAsJsonAsync("/api/v1/datasets", body));
        answers.Select(a => a.StatusCode).Order().ShouldBe([HttpStatusCode.Created, HttpStatusCode.Conflict]);
        (await (await openers.Officer.PostAsJsonAsync("/api/v1/datasets", body)).ReadProblemCode()).ShouldBe("open-data.name-taken");
    }

    [Theory]
    [InlineData("unconditional", "unconditional", true)]
    [InlineData("conditional", "unconditional", false)]
    [InlineData("conditional", "conditional", true)]
    [InlineData("notShared", "conditional", false)]
    [InlineData("notShared", "notOpen", true)]
    public async Task Create_FromAResource_OpensNoWiderThanItIsShared(string sharing, string attribute, bool allowed)
    {
        var openers = await Openers.Meet(platform);
        var registered = await Parties.Created(await openers.Officer.PostAsJsonAsync("/api/v1/resources", new
        {
            name = "公园", @abstract = "", sharingType = sharing, sharingCondition = "须申请", updateCycle = "yearly", items = new[] { new { name = "编号", column = "id", type = "integer", isKey = true } },
        }));
        var resource = registered.GetProperty("id").GetGuid();
        var description = Openers.Description();
        (description["openAttribute"], description["openCondition"]) = (attribute, attribute == "unconditional" ? null : "条件或依据");
        var body = new { name = Openers.NewName(), resourceId = resource, description };
        (await (await openers.Officer.PostAsJsonAsync("/api/v1/datasets", body)).ReadProblemCode()).ShouldBe("open-data.resource-not-found", "A draft of the catalogue is not opened");
        (await openers.Officer.PostAsJsonAsync($"/api/v1/resources/{resource}/publication", new { revision = 1 })).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        var answer = await openers.Officer.PostAsJsonAsync("/api/v1/datasets", body);
        if (allowed) { answer.StatusCode.ShouldBe(HttpStatusCode.Created, await answer.Content.ReadAsStringAsync()); }
        else { (await answer.ReadProblem()).GetProperty("errors").EnumerateObject().Single().Name.ShouldBe("description.openAttribute"); }
    }

    [Fact]
    public async Task Create_FromAnotherDepartmentsResource_IsNotFound()
    {
        var parties = await Parties.Meet(platform, RegisterResourceTests.Enterprises());
        var body = new { name = Openers.NewName(), resourceId = parties.Resource, description = Openers.Description() };
        (await (await parties.ConsumerOfficer.PostAsJsonAsync("/api/v1/datasets", body)).ReadProblemCode()).ShouldBe("open-data.resource-not-found");
    }
}
