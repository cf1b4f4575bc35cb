using System.Net;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;
using OpenIddict.Validation.AspNetCore;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.Exchange.Gateway;

/// <summary>Who calls.</summary>
/// <param name="System">The information system; null when none is known by what it showed.</param>
/// <param name="Program">The API client behind a valid token of ours; null without one.</param>
internal readonly record struct Caller(KnownSystem? System, Guid? Program);

/// <summary>Recognises a consumer's information system: by a bearer token of its API client, by its client certificate, or by where it calls from.</summary>
internal sealed class CallerCheck(GatewayDirectory directory, TimeProvider clock, IOptions<GatewayOptions> options)
{
    private const string Scheme = OpenIddictValidationAspNetCoreDefaults.AuthenticationScheme;
    private readonly Fresh<string, (Guid Program, Guid Organisation)?> tokens = new(clock, TimeSpan.FromMilliseconds(options.Value.StaleMilliseconds));

    /// <summary>The first system of the organisation that what was shown fits.</summary>
    /// <param name="http">The request.</param>
    /// <param name="organisation">In whose name it calls.</param>
    /// <param name="subsystem">As which system; null for any of the organisation's.</param>
    internal async ValueTask<Caller> RecogniseAsync(HttpContext http, Guid organisation, string? subsystem)
    {
        var token = await TokenAsync(http);
        var certificate = Fingerprint(http);
        var address = http.Connection.RemoteIpAddress is { IsIPv4MappedToIPv6: true } mapped ? mapped.MapToIPv4() : http.Connection.RemoteIpAddress;
        foreach (var system in await directory.SystemsAsync(organisation))
        {
            if (subsystem is not null && system.Subsystem != subsystem) { continue; }
            if (token is { } shown && shown.Organisation == organisation && system.ClientId == shown.Program) { return new Caller(system, shown.Program); }
            if (certificate is not null && system.Certificates.Contains(certificate)) { return new Caller(system, token?.Program); }
            if (address is not null && Contains(system.Networks, address)) { return new Caller(system, token?.Program); }
        }

        return new Caller(null, token?.Program);
    }

    private static bool Contains(IReadOnlyList<IPNetwork> networks, IPAddress address)
    {
        foreach (var network in networks)
        {
            if (network.Contains(address)) { return true; }
        }

        return false;
    }

    /// <summary>SHA-256 of a certificate that is valid today. Who issued it is not asked: the department registered this very certificate.</summary>
    private string? Fingerprint(HttpContext http)
    {
        if (http.Connection.ClientCertificate is not { } certificate) { return null; }
        var now = clock.GetUtcNow();
        return certificate.NotBefore.ToUniversalTime() <= now && now < certificate.NotAfter.ToUniversalTime() ? Convert.ToHexStringLower(SHA256.HashData(certificate.RawDataMemory.Span)) : null;
    }

    /// <summary>The program behind a valid bearer token of this platform; null when there is none, or another's.</summary>
    private async ValueTask<(Guid Program, Guid Organisation)?> TokenAsync(HttpContext http)
    {
        var header = http.Request.Headers.Authorization.ToString();
        if (!header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase)) { return null; }
        var key = Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(header)));
        if (tokens.TryGet(key, out var known)) { return known; }
        var now = clock.GetTimestamp();
        // Outside the platform's own pipeline the handler must be told to look at the request first.
        if (await http.RequestServices.GetRequiredService<IAuthenticationHandlerProvider>().GetHandlerAsync(http, Scheme) is IAuthenticationRequestHandler handler) { await handler.HandleRequestAsync(); }
        var result = await http.AuthenticateAsync(Scheme);
        (Guid, Guid)? found = result.Principal is { } principal && Actor.Of(principal) is { IsSignedIn: true, IsProgram: true } actor ? (actor.Id, actor.Organisation) : null;
        tokens.Put(key, found, now);
        return found;
    }
}
