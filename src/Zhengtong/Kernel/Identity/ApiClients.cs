using System.Security.Cryptography;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using OpenIddict.Abstractions;
using Zhengtong.Kernel.Ledger;
using static OpenIddict.Abstractions.OpenIddictConstants;

namespace Zhengtong.Kernel.Identity;

/// <summary>API clients as slices and the demonstration make them.</summary>
internal static class ApiClients
{
    /// <summary>Makes a program of an organisation, with its ledger entry in the same save.</summary>
    /// <param name="db">The context that <paramref name="applications"/> stands on.</param>
    /// <param name="applications">OpenIddict's door to clients; it keeps the secret as a hash.</param>
    /// <param name="actor">Who makes it.</param>
    /// <param name="organisation">Id of the organisation it acts for.</param>
    /// <param name="name">2 to 100 characters, unique within the organisation.</param>
    /// <param name="scopes">Names of <see cref="Scopes"/>; none in the slice, where the security administrator grants them.</param>
    /// <param name="now">The time.</param>
    /// <param name="ct">Stops it.</param>
    /// <returns>The client, and its secret: 43 characters, never to be had again.</returns>
    /// <exception cref="DbUpdateException">The name is taken (unique violation).</exception>
    internal static async Task<(ApiClient Client, string Secret)> CreateAsync(
        ZhengtongDb db, IOpenIddictApplicationManager applications, Actor actor, Guid organisation, string name, IEnumerable<string> scopes, DateTimeOffset now, CancellationToken ct)
    {
        var client = new ApiClient { Id = Guid.CreateVersion7(now), OrganisationId = organisation, Name = name, Granted = string.Join(' ', scopes), CreatedAt = now };
        var secret = NewSecret();
        db.ApiClients.Add(client);
        db.Ledger.Add(LedgerEntry.Of("kernel.client-created", client.Id, actor, now, after: new { organisation, name, scopes = client.Granted }));
        await applications.CreateAsync(new OpenIddictApplicationDescriptor
        {
            ClientId = client.ClientId,
            ClientSecret = secret,
            ClientType = ClientTypes.Confidential,
            DisplayName = name,
            Permissions = { Permissions.Endpoints.Token, Permissions.GrantTypes.ClientCredentials },
        }, ct);
        return (client, secret);
    }

    /// <summary>The refusal when the client's organisation lies outside the actor's region; null when it is in reach.</summary>
    internal static async Task<ProblemHttpResult?> OutOfReachAsync(ZhengtongDb db, Actor actor, ApiClient client, CancellationToken ct)
    {
        var organisation = await db.Organisations.AsNoTracking().SingleAsync(o => o.Id == client.OrganisationId, ct);
        return actor.Reaches(organisation.Region) ? null : KernelProblems.OutOfReach.Because(organisation.Name);
    }

    /// <summary>A secret of 256 random bits, base64url.</summary>
    internal static string NewSecret() => System.Buffers.Text.Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
}
