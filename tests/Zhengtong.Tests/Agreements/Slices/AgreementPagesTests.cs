using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Agreements.Model;
using Zhengtong.Kernel.Identity;
using Zhengtong.Tests.Catalogue.Slices;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Agreements.Slices;

[OnDatabase]
public sealed class AgreementPagesTests(PlatformFixture platform)
{
    [Fact]
    public async Task Apply_WithoutTheRight_Is403()
    {
        var (_, resource) = await Published();
        var leader = await platform.SignedIn(await platform.Department(), Role.DepartmentLeader);
        (await leader.GetAsync($"/work/applications/new?resource={resource}")).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task Apply_UnknownResource_Is404()
    {
        var officer = await platform.SignedIn(await platform.Department(), Role.DepartmentOfficer);
        (await officer.GetAsync($"/work/applications/new?resource={Guid.Empty}")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Apply_Invalid_KeepsWhatWasTypedAndNamesTheFaults()
    {
        var (_, resource) = await Published();
        var officer = await platform.SignedIn(await platform.Department(), Role.DepartmentOfficer);
        var response = await officer.Submit($"/work/applications/new?resource={resource}", "apply", ("columns", "name"), ("purpose", "<i>"), ("legalGround", "Article 7"), ("everySeconds", "300"), ("until", "tomorrow"),
            ("rows[0].column", "name"), ("rows[0].operator", "AtLeast"), ("rows[0].values", ""), ("act", "apply"));
        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        var page = await response.Content.ReadAsStringAsync();
        page.ShouldContain("&lt;i&gt;");
        page.ShouldContain("value=\"tomorrow\"");
        page.ShouldContain("Article 7");
        page.ShouldContain("id=\"f-purpose-fault\"");
        page.ShouldContain("id=\"f-until-fault\"");
        page.ShouldMatch("value=\"name\" checked");
    }

    [Fact]
    public async Task Apply_RowConditionAdded_KeepsTheRest()
    {
        var (_, resource) = await Published();
        var officer = await platform.SignedIn(await platform.Department(), Role.DepartmentOfficer);
        var response = await officer.Submit($"/work/applications/new?resource={resource}", "apply", ("columns", "name"), ("purpose", "Licensing of shops"), ("act", "add"));
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        var page = await response.Content.ReadAsStringAsync();
        page.ShouldContain("name=\"rows[0].values\"");
        page.ShouldContain("Licensing of shops");
        page.ShouldMatch("value=\"name\" checked");
    }

    [Fact]
    public async Task Pages_NationalSuiteChosen_ApplicationAndDocumentShowIt()
    {
        var (provider, resource) = await Published();
        var (applicant, answerer) = (await platform.SignedIn(await platform.Department(), Role.DepartmentOfficer), await platform.SignedIn(provider, Role.DepartmentOfficer));
        var unknown = await applicant.Submit($"/work/applications/new?resource={resource}", "apply", [.. Filled(), ("suite", "rot13")]);
        (await unknown.Content.ReadAsStringAsync()).ShouldContain("id=\"f-suite-fault\"");

        var application = await Follow(applicant, await applicant.Submit($"/work/applications/new?resource={resource}", "apply", [.. Filled(), ("suite", "National")]));
        application.Page.ShouldContain("National (SM2, SM3, SM4-GCM)");
        var agreement = await Follow(answerer, await answerer.Submit(application.Path, "confirm"));
        agreement.Page.ShouldContain("National (SM2, SM3, SM4-GCM)");
        agreement.Page.ShouldContain("Its SM3 digest:");
    }

    [Fact]
    public async Task Pages_FromApplicationToTwoSeals_ShowEachStepToBothSides()
    {
        var (provider, resource) = await Published();
        var consumer = await platform.Department("Consumer <b>Bureau</b>");
        var (applicant, consumerLeader) = (await platform.SignedIn(consumer, Role.DepartmentOfficer), await platform.SignedIn(consumer, Role.DepartmentLeader));
        var (answerer, providerLeader) = (await platform.SignedIn(provider, Role.DepartmentOfficer), await platform.SignedIn(provider, Role.DepartmentLeader));

        var application = await Follow(applicant, await applicant.Submit($"/work/applications/new?resource={resource}", "apply", Filled()));
        application.Page.ShouldContain("Licensing <u>of</u> shops".Replace("<", "&lt;", StringComparison.Ordinal).Replace(">", "&gt;", StringComparison.Ordinal));
        (await answerer.GetPage("/work")).ShouldContain($"href=\"{application.Path}\"");
        (await applicant.GetPage("/work")).ShouldContain($"href=\"{application.Path}\"");
        (await answerer.GetPage("/work/applications?received=true")).ShouldContain($"href=\"{application.Path}\"");
        (await applicant.GetPage("/work/applications?received=true")).ShouldNotContain($"href=\"{application.Path}\"");

        var agreement = await Follow(answerer, await answerer.Submit(application.Path, "confirm"));
        agreement.Page.ShouldContain("Consumer &lt;b&gt;Bureau&lt;/b&gt;");
        (await providerLeader.GetPage("/work")).ShouldContain($"href=\"{agreement.Path}\"");
        (await answerer.GetPage(agreement.Path)).ShouldNotContain("value=\"seal\"");

        (await Follow(providerLeader, await providerLeader.Submit(agreement.Path, "seal"))).Page.ShouldContain("Sealed.");
        (await providerLeader.GetPage(agreement.Path)).ShouldNotContain("value=\"seal\"");
        var sealedBoth = await Follow(consumerLeader, await consumerLeader.Submit(agreement.Path, "seal"));
        sealedBoth.Page.ShouldContain("In force");
        System.Text.RegularExpressions.Regex.Matches(sealedBoth.Page, "class=\"star\"").Count.ShouldBe(2);

        var document = await consumerLeader.GetByteArrayAsync($"{agreement.Path}/document.json");
        sealedBoth.Page.ShouldContain(Convert.ToHexStringLower(SHA256.HashData(document)));
        var seals = JsonDocument.Parse(await consumerLeader.GetByteArrayAsync($"{agreement.Path}/seals.json")).RootElement.GetProperty("seals");
        foreach (var seal in seals.EnumerateArray())
        {
            using var key = ECDsa.Create();
            key.ImportSubjectPublicKeyInfo(seal.GetProperty("publicKey").GetBytesFromBase64(), out _);
            key.VerifyData(document, seal.GetProperty("signature").GetBytesFromBase64(), HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence).ShouldBeTrue();
        }

        seals.GetArrayLength().ShouldBe(2);
        (await answerer.GetPage($"/work/catalogue/{resource}")).ShouldContain($"href=\"{agreement.Path}\"");
        (await (await platform.SignedIn(await platform.Department(), Role.DepartmentLeader)).GetAsync(agreement.Path)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Change_SuspendResumeRevoke_NeedReasonsAndRevokingAsksOnceMore()
    {
        var (leader, path, id) = await InForce();
        (await leader.Submit(path, "change", ("reason", ""), ("act", "suspend"))).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await StateOf(id)).ShouldBe(AgreementState.InForce);
        (await Follow(leader, await leader.Submit(path, "change", ("reason", "Audit under way"), ("act", "suspend")))).Page.ShouldContain("Audit under way");
        (await StateOf(id)).ShouldBe(AgreementState.Suspended);
        (await leader.Submit(path, "change", ("reason", "Audit done"), ("act", "resume"))).StatusCode.ShouldBe(HttpStatusCode.Redirect);

        var asked = await leader.Submit(path, "change", ("reason", "No longer needed"), ("act", "revoke"));
        asked.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await StateOf(id)).ShouldBe(AgreementState.InForce);
        var page = await asked.Content.ReadAsStringAsync();
        page.ShouldContain("value=\"No longer needed\"");
        (await leader.PostAsync(path, new FormUrlEncodedContent(Page.Filled(page, "revoke")))).StatusCode.ShouldBe(HttpStatusCode.Redirect);
        (await StateOf(id)).ShouldBe(AgreementState.Revoked);
    }

    [Fact]
    public async Task Confirm_SomebodyElseWasFaster_SaysSo()
    {
        var (provider, resource) = await Published();
        var applicant = await platform.SignedIn(await platform.Department(), Role.DepartmentOfficer);
        var application = await Follow(applicant, await applicant.Submit($"/work/applications/new?resource={resource}", "apply", Filled()));
        var (fast, slow) = (await platform.SignedIn(provider, Role.DepartmentOfficer), await platform.SignedIn(provider, Role.DepartmentOfficer));
        var seen = await slow.GetPage(application.Path);
        await Follow(fast, await fast.Submit(application.Path, "confirm"));
        var response = await slow.PostAsync(application.Path, new FormUrlEncodedContent(Page.Filled(seen, "confirm")));
        response.StatusCode.ShouldBe(HttpStatusCode.Conflict);
        (await response.Content.ReadAsStringAsync()).ShouldContain("role=\"alert\"");
    }

    [Fact]
    public async Task Refuse_WithoutAReason_IsRefusedAtTheField()
    {
        var (provider, resource) = await Published();
        var applicant = await platform.SignedIn(await platform.Department(), Role.DepartmentOfficer);
        var application = await Follow(applicant, await applicant.Submit($"/work/applications/new?resource={resource}", "apply", Filled()));
        var answerer = await platform.SignedIn(provider, Role.DepartmentOfficer);
        var response = await answerer.Submit(application.Path, "refuse", ("ground", "Policy"), ("reason", ""));
        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        var page = await response.Content.ReadAsStringAsync();
        page.ShouldContain("id=\"f-reason-fault\"");
        page.ShouldMatch("value=\"Policy\" selected");
        (await Follow(answerer, await answerer.Submit(application.Path, "refuse", ("ground", "Policy"), ("reason", "Document 12 forbids it")))).Page.ShouldContain("Document 12 forbids it");
    }

    [Fact]
    public async Task Pages_WaitingApplication_CountWorkingDaysAndNameTheRule()
    {
        var (provider, resource) = await Published();
        var applicant = await platform.SignedIn(await platform.Department(), Role.DepartmentOfficer);
        var application = await Follow(applicant, await applicant.Submit($"/work/applications/new?resource={resource}", "apply", Filled()));
        var answerer = await platform.SignedIn(provider, Role.DepartmentOfficer);
        foreach (var address in new[] { application.Path, "/work" })
        {
            // Freely shared: one working day, whatever day it is today.
            var page = await answerer.GetPage(address);
            page.ShouldContain("Working days left: 1");
            page.ShouldContain("working days: 1 (政务数据共享条例)");
            page.ShouldNotContain("nowrap overdue");
        }

        var id = Guid.Parse(application.Path.Split('/')[^1]);
        var today = Zhengtong.Kernel.ChinaTime.DateOf(TimeProvider.System.GetUtcNow());
        foreach (var (due, said) in new[] { (today, "Less than one working day left"), (today.AddDays(-1), "Overdue") })
        {
            await platform.WithDb(db => db.Applications.Where(a => a.Id == id).ExecuteUpdateAsync(set => set.SetProperty(a => a.DueOn, due)));
            (await answerer.GetPage(application.Path)).ShouldContain($"nowrap overdue\">{said}");
            (await answerer.GetPage("/work")).ShouldContain($"nowrap overdue\">{said}");
        }
    }

    private static (string, string)[] Filled() =>
    [
        ("columns", "name"), ("purpose", "Licensing <u>of</u> shops"), ("legalGround", "Food Safety Law, article 35"), ("everySeconds", "300"),
        ("until", TimeProvider.System.GetUtcNow().AddDays(200).ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture)), ("act", "apply"),
    ];

    private async Task<AgreementState> StateOf(Guid id) => await platform.WithDb(db => db.Agreements.Where(a => a.Id == id).Select(a => a.State).SingleAsync());

    private async Task<(HttpClient Leader, string Path, Guid Id)> InForce()
    {
        var (provider, resource) = await Published();
        var consumer = await platform.Department();
        var (applicant, consumerLeader) = (await platform.SignedIn(consumer, Role.DepartmentOfficer), await platform.SignedIn(consumer, Role.DepartmentLeader));
        var (answerer, leader) = (await platform.SignedIn(provider, Role.DepartmentOfficer), await platform.SignedIn(provider, Role.DepartmentLeader));
        var application = await Follow(applicant, await applicant.Submit($"/work/applications/new?resource={resource}", "apply", Filled()));
        var agreement = await Follow(answerer, await answerer.Submit(application.Path, "confirm"));
        await Follow(leader, await leader.Submit(agreement.Path, "seal"));
        await Follow(consumerLeader, await consumerLeader.Submit(agreement.Path, "seal"));
        return (leader, agreement.Path, Guid.Parse(agreement.Path.Split('/')[^1]));
    }

    private async Task<(Zhengtong.Kernel.Organisations.Organisation Provider, Guid Resource)> Published()
    {
        var provider = await platform.Department();
        var officer = await platform.SignedIn(provider, Role.DepartmentOfficer);
        var made = await (await officer.PostAsJsonAsync("/api/v1/resources", RegisterResourceTests.Enterprises())).Content.ReadFromJsonAsync<JsonElement>();
        var id = made.GetProperty("id").GetGuid();
        (await officer.PostAsJsonAsync($"/api/v1/resources/{id}/publication", new { revision = 1 })).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        return (provider, id);
    }

    private async Task<(string Path, string Page)> Follow(HttpClient client, HttpResponseMessage response)
    {
        response.StatusCode.ShouldBe(HttpStatusCode.Redirect, await response.Content.ReadAsStringAsync());
        var address = new Uri(platform.Address, response.Headers.Location!.OriginalString);
        return (address.AbsolutePath, await client.GetPage(address.PathAndQuery));
    }
}
