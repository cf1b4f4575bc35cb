using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Organisations;
using Zhengtong.Tests.Catalogue.Slices;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Agreements;

/// <summary>A provider with a published resource and a consumer, each with an officer and a leader; takes them to the step a test needs, over HTTP.</summary>
internal sealed class Parties
{
    internal required Organisation Provider { get; init; }

    internal required Organisation Consumer { get; init; }

    internal required HttpClient ProviderOfficer { get; init; }

    internal required HttpClient ProviderLeader { get; init; }

    internal required HttpClient ConsumerOfficer { get; init; }

    internal required HttpClient ConsumerLeader { get; init; }

    internal required Guid Resource { get; init; }

    /// <summary>The last day applied for.</summary>
    internal string LastDay { get; } = "2027-12-31";

    /// <summary>The suite applied for; null says nothing.</summary>
    internal string? Suite { get; set; }

    internal static async Task<Parties> Meet(PlatformFixture platform, object? resource = null)
    {
        var (provider, consumer) = (await platform.Department(), await platform.Department());
        var officer = await platform.SignedIn(provider, Role.DepartmentOfficer);
        var registered = await Created(await officer.PostAsJsonAsync("/api/v1/resources", resource ?? RegisterResourceTests.Enterprises()));
        var id = registered.GetProperty("id").GetGuid();
        (await officer.PostAsJsonAsync($"/api/v1/resources/{id}/publication", new { revision = 1 })).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        return new Parties
        {
            Provider = provider,
            Consumer = consumer,
            ProviderOfficer = officer,
            ProviderLeader = await platform.SignedIn(provider, Role.DepartmentLeader),
            ConsumerOfficer = await platform.SignedIn(consumer, Role.DepartmentOfficer),
            ConsumerLeader = await platform.SignedIn(consumer, Role.DepartmentLeader),
            Resource = id,
        };
    }

    internal object Wish(params string[] columns) => new
    {
        resourceId = Resource,
        columns = columns.Length == 0 ? ["name"] : columns,
        purpose = "食品经营许可核验企业登记信息",
        legalGround = "食品安全法",
        everySeconds = 60,
        until = LastDay,
        suite = Suite,
    };

    internal async Task<Guid> Applied() => (await Created(await ConsumerOfficer.PostAsJsonAsync("/api/v1/applications", Wish()))).GetProperty("id").GetGuid();

    internal async Task<(Guid Id, string Digest)> Confirmed()
    {
        var drawn = await Created(await ProviderOfficer.PostAsJsonAsync($"/api/v1/applications/{await Applied()}/confirmation", new { revision = 1 }));
        return (drawn.GetProperty("agreementId").GetGuid(), drawn.GetProperty("digest").GetString()!);
    }

    internal async Task<Guid> InForce()
    {
        var (id, digest) = await Confirmed();
        foreach (var leader in new[] { ProviderLeader, ConsumerLeader })
        {
            (await leader.PostAsJsonAsync($"/api/v1/agreements/{id}/seals", new { digest })).StatusCode.ShouldBe(HttpStatusCode.OK);
        }

        return id;
    }

    internal static async Task<JsonElement> Created(HttpResponseMessage response)
    {
        response.StatusCode.ShouldBe(HttpStatusCode.Created, await response.Content.ReadAsStringAsync());
        return await response.Content.ReadFromJsonAsync<JsonElement>();
    }
}
