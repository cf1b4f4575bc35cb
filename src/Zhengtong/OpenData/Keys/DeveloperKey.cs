using System.Security.Cryptography;
using System.Text;

namespace Zhengtong.OpenData.Keys;

/// <summary>A developer's key 开发者密钥: who holds it asks more often than a visitor and sees what it used. By itself it opens nothing that is not public; what is open on conditions may be granted to it.</summary>
internal sealed class DeveloperKey
{
    /// <summary>How every token begins, so that one left in a repository is recognised.</summary>
    internal const string Mark = "ztk_";

    internal required Guid Id { get; init; }

    /// <summary>What the key is for, in its holder's words: 2 to 100 characters.</summary>
    internal required string Name { get; set; }

    /// <summary>Where its holder is reached when something breaks; null when not said. At most 200 characters.</summary>
    internal string? Mail { get; set; }

    /// <summary>The scopes: what the token may be used for.</summary>
    internal required IReadOnlyList<KeyScope> Scopes { get; init; }

    /// <summary>SHA-256 of the token, lower-case hex. The token itself is shown once and kept nowhere.</summary>
    internal required string TokenHash { get; set; }

    /// <summary>The token's first characters, to tell keys apart.</summary>
    internal required string Beginning { get; set; }

    /// <summary>Calls a minute; 1 to 100,000.</summary>
    internal required int PerMinute { get; set; }

    /// <summary>Calls a day, from midnight in China; 1 to 100,000,000.</summary>
    internal required long PerDay { get; set; }

    internal required DateTimeOffset CreatedAt { get; init; }

    /// <summary>Since when it is good for nothing; null while it is good.</summary>
    internal DateTimeOffset? RevokedAt { get; set; }

    /// <summary>From 1; grows with each change.</summary>
    internal int Revision { get; set; } = 1;

    /// <summary>A new token: 256 random bits.</summary>
    internal static string NewToken() => Mark + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));

    /// <summary>What is kept of a token.</summary>
    internal static string HashOf(string token) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(token)));
}

/// <summary>What a key may be used for.</summary>
public enum KeyScope
{
    /// <summary>Descriptions: datasets, resources, departments, themes.</summary>
    Catalogue,
    /// <summary>Rows and single files.</summary>
    Rows,
    /// <summary>SQL.</summary>
    Sql,
    /// <summary>Whole tables and packages.</summary>
    Downloads,
}

/// <summary>How often an interface was called on one day.</summary>
internal sealed class KeyUsage
{
    /// <summary>The key; <see cref="Guid.Empty"/> for all visitors together.</summary>
    internal required Guid KeyId { get; init; }

    /// <summary>Day in China.</summary>
    internal required DateOnly Day { get; init; }

    /// <summary>The interface: <c>ckan</c>, <c>ogc</c>, <c>odata</c>, <c>mcp</c>, <c>describe</c>, <c>catalogue</c>, <c>download</c>.</summary>
    internal required string Interface { get; init; }

    /// <summary>Calls let in.</summary>
    internal long Calls { get; set; }

    /// <summary>Calls refused because of a limit.</summary>
    internal long Refused { get; set; }
}
