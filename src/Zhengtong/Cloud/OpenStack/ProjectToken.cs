using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.WebUtilities;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.Cloud.OpenStack;

/// <summary>What a token says. It is the platform's to read alone, and at each request the account or program behind it is looked at anew.</summary>
/// <param name="Caller">Id of the officer or the program.</param>
/// <param name="IsProgram">True for a program.</param>
/// <param name="Proof">The officer's security stamp, or the generation of the program's secret: another one ends the token.</param>
/// <param name="HasSecondFactor">True when the officer proved more than a password.</param>
/// <param name="Project">The business system that it is for; null for none.</param>
/// <param name="IssuedAt">When it was made.</param>
/// <param name="ExpiresAt">Its end; a token made from a token ends with that one.</param>
internal sealed record ProjectToken(Guid Caller, bool IsProgram, string Proof, bool HasSecondFactor, Guid? Project, DateTimeOffset IssuedAt, DateTimeOffset ExpiresAt);

/// <summary>Tokens on the wire: sealed and signed by the platform's key ring, so that every process of it reads them and none is kept.</summary>
internal sealed class ProjectTokens(IDataProtectionProvider protection, IdentityPolicy policy, TimeProvider clock)
{
    private const int Longest = 2048;

    private readonly IDataProtector protector = protection.CreateProtector("openstack-project-token");

    internal TimeSpan Lifetime => policy.TokenTime;

    internal string Write(ProjectToken token) => WebEncoders.Base64UrlEncode(protector.Protect(JsonSerializer.SerializeToUtf8Bytes(token)));

    /// <summary>What a token says; null for one that we did not make, or that is over.</summary>
    internal ProjectToken? Read(string? text)
    {
        if (text is null or { Length: > Longest }) { return null; }
        try
        {
            return JsonSerializer.Deserialize<ProjectToken>(protector.Unprotect(WebEncoders.Base64UrlDecode(text))) is { } token && token.ExpiresAt > clock.GetUtcNow() ? token : null;
        }
        catch (Exception e) when (e is CryptographicException or FormatException or JsonException) { return null; }
    }
}
