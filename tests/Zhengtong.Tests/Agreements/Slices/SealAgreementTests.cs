using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Agreements;
using Zhengtong.Kernel.Secrets;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Agreements.Slices;

[OnDatabase]
public sealed class SealAgreementTests(PlatformFixture platform)
{
    [Fact]
    public async Task Post_ByAnOfficerWithoutTheRight_Is403()
    {
        var parties = await Parties.Meet(platform);
        var (id, digest) = await parties.Confirmed();
        (await (await parties.ProviderOfficer.PostAsJsonAsync($"/api/v1/agreements/{id}/seals", new { digest })).ReadProblemCode()).ShouldBe("kernel.forbidden");
    }

    [Fact]
    public async Task Post_AnotherDigest_IsRefused()
    {
        var parties = await Parties.Meet(platform);
        var (id, _) = await parties.Confirmed();
        (await (await parties.ProviderLeader.PostAsJsonAsync($"/api/v1/agreements/{id}/seals", new { digest = new string('0', 64) })).ReadProblemCode()).ShouldBe("agreements.other-document");
    }

    [Fact]
    public async Task Post_OneSideTwice_IsRefusedAndStaysWithoutForce()
    {
        var parties = await Parties.Meet(platform);
        var (id, digest) = await parties.Confirmed();
        (await parties.ProviderLeader.PostAsJsonAsync($"/api/v1/agreements/{id}/seals", new { digest })).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await (await parties.ProviderLeader.PostAsJsonAsync($"/api/v1/agreements/{id}/seals", new { digest })).ReadProblemCode()).ShouldBe("agreements.already-sealed");
        (await parties.ProviderLeader.GetFromJsonAsync<JsonElement>($"/api/v1/agreements/{id}")).GetProperty("state").GetString().ShouldBe("awaitingSeals");
    }

    [Fact]
    public async Task Post_BothSides_IsInForceAndEachSealVerifiesOutsideThePlatform()
    {
        var parties = await Parties.Meet(platform);
        var id = await parties.InForce();
        var agreement = await parties.ConsumerOfficer.GetFromJsonAsync<JsonElement>($"/api/v1/agreements/{id}");
        agreement.GetProperty("state").GetString().ShouldBe("inForce");
        var text = Encoding.UTF8.GetBytes(agreement.GetProperty("text").GetString()!);
        Convert.ToHexStringLower(SHA256.HashData(text)).ShouldBe(agreement.GetProperty("digest").GetString());
        var seals = agreement.GetProperty("seals").EnumerateArray().ToList();
        seals.Select(s => s.GetProperty("organisation").GetGuid()).ShouldBe([parties.Provider.Id, parties.Consumer.Id]);
        foreach (var seal in seals)
        {
            using var key = ECDsa.Create();
            key.ImportSubjectPublicKeyInfo(seal.GetProperty("publicKey").GetBytesFromBase64(), out _);
            var signature = seal.GetProperty("signature").GetBytesFromBase64();
            key.VerifyData(text, signature, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence).ShouldBeTrue();
            text[^2] ^= 1;
            key.VerifyData(text, signature, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence).ShouldBeFalse();
            text[^2] ^= 1;
        }

        (await platform.WithDb(db => db.Ledger.CountAsync(e => e.Subject == id.ToString() && e.Event == "agreements.in-force"))).ShouldBe(1);
    }

    [Fact]
    public async Task Post_BothSidesUnderTheNationalSuite_SealsAndDigestAreOfThatSuite()
    {
        var parties = await Parties.Meet(platform);
        parties.Suite = "national";
        var id = await parties.InForce();
        var agreement = await parties.ConsumerOfficer.GetFromJsonAsync<JsonElement>($"/api/v1/agreements/{id}");
        (agreement.GetProperty("state").GetString(), agreement.GetProperty("suite").GetString()).ShouldBe(("inForce", "national"));
        var text = agreement.GetProperty("text").GetString()!;
        text.ShouldContain("\"suite\":\"national\"");
        agreement.GetProperty("digest").GetString().ShouldBe(Suite.National.DigestOf(text));
        foreach (var seal in agreement.GetProperty("seals").EnumerateArray())
        {
            var (key, signature) = (seal.GetProperty("publicKey").GetBytesFromBase64(), seal.GetProperty("signature").GetBytesFromBase64());
            Suite.National.Verify(key, Encoding.UTF8.GetBytes(text), signature).ShouldBeTrue();
            Suite.National.Verify(key, Encoding.UTF8.GetBytes(text + " "), signature).ShouldBeFalse();
            seal.GetProperty("keyId").GetString().ShouldBe(Suite.National.KeyIdOf(key));
        }
    }

    [Fact]
    public async Task Lookup_OfASealedAgreement_GivesExactlyTheAgreedItems()
    {
        var parties = await Parties.Meet(platform);
        var id = await parties.InForce();
        var terms = await platform.WithDb(db => new AgreementsLookup(db).FindAsync(id, default));
        terms!.Items.Select(i => (i.Column, i.IsKey)).ShouldBe([("credit_code", true), ("name", false)]);
        terms.AllowsDelivery(TimeProvider.System.GetUtcNow()).ShouldBeTrue();
        terms.AllowsDelivery(terms.Until).ShouldBeFalse();
    }

    [Fact]
    public async Task Suspend_ResumeByTheOther_IsRefused_AndRevocationIsFinal()
    {
        var parties = await Parties.Meet(platform);
        var id = await parties.InForce();
        (await parties.ConsumerLeader.PostAsJsonAsync($"/api/v1/agreements/{id}/suspension", new { reason = "核对数据", revision = 3 })).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await (await parties.ProviderLeader.PostAsJsonAsync($"/api/v1/agreements/{id}/resumption", new { reason = "继续", revision = 4 })).ReadProblemCode()).ShouldBe("agreements.not-suspender");
        (await parties.ConsumerLeader.PostAsJsonAsync($"/api/v1/agreements/{id}/resumption", new { reason = "核对完毕", revision = 4 })).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await (await parties.ProviderLeader.PostAsJsonAsync($"/api/v1/agreements/{id}/revocation", new { reason = "职能调整", revision = 4 })).ReadProblemCode()).ShouldBe("agreements.changed-meanwhile");
        (await parties.ProviderLeader.PostAsJsonAsync($"/api/v1/agreements/{id}/revocation", new { reason = "职能调整", revision = 5 })).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await (await parties.ProviderLeader.PostAsJsonAsync($"/api/v1/agreements/{id}/revocation", new { reason = "再次终止", revision = 6 })).ReadProblemCode()).ShouldBe("agreements.ended");
        (await platform.WithDb(db => new AgreementsLookup(db).FindAsync(id, default)))!.AllowsDelivery(TimeProvider.System.GetUtcNow()).ShouldBeFalse();
    }
}
