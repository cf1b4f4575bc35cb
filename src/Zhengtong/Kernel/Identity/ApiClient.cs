namespace Zhengtong.Kernel.Identity;

/// <summary>A program of an organisation (OAuth 2 client credentials). Its secret stands hashed beside it, in OpenIddict's table.
/// Like an account it can do nothing until the security administrator grants it scopes.</summary>
internal sealed class ApiClient
{
    /// <summary>Also the <c>client_id</c>, as 32 hex digits.</summary>
    internal required Guid Id { get; init; }

    internal required Guid OrganisationId { get; init; }

    /// <summary>What the program is, 2 to 100 characters, unique within the organisation.</summary>
    internal required string Name { get; set; }

    /// <summary>Names of <see cref="Scopes"/> granted, separated by spaces.</summary>
    internal string Granted { get; set; } = "";

    /// <summary>From 1; a new secret counts it up and ends the tokens made with the old one.</summary>
    internal int SecretGeneration { get; set; } = 1;

    internal required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it was revoked, for good; null while it works.</summary>
    internal DateTimeOffset? RevokedAt { get; set; }

    /// <summary>From 1; grows with each change.</summary>
    internal int Revision { get; set; } = 1;

    internal string ClientId => Id.ToString("N");

    internal IEnumerable<string> Scopes => Granted.Split(' ', StringSplitOptions.RemoveEmptyEntries);
}

/// <summary>What a program may be allowed: each scope is one right, within its organisation.</summary>
internal static class Scopes
{
    internal static readonly IReadOnlyDictionary<string, Right> Of = new Dictionary<string, Right>
    {
        ["work"] = Right.ReadWork,
        ["catalogue"] = Right.Catalogue,
        ["apply"] = Right.Apply,
        ["confirm"] = Right.Confirm,
        ["seal"] = Right.Seal,
        ["exchange"] = Right.OperateExchange,
    };
}
