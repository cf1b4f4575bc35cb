using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.Cloud.Osb;

/// <summary>The consuming platform whose request this is.</summary>
/// <param name="Id">The consumer.</param>
/// <param name="SystemId">The business system that its orders are for.</param>
/// <param name="Days">Days that an order lasts which says nothing else.</param>
/// <param name="Actor">As the ledger names it: it may order, and nothing more.</param>
internal sealed record OsbCaller(Guid Id, Guid SystemId, int Days, Actor Actor)
{
    internal static OsbCaller Of(HttpContext http) => http.Features.GetRequiredFeature<OsbCaller>();
}

/// <summary>Lets only requests of consuming platforms through that speak Open Service Broker API 2.x, and gives every answer the protocol's shape. Order of checks: account, version, then what was asked.</summary>
internal static class OsbRequests
{
    /// <summary>What a consuming platform registers as the broker's address; <c>/v2</c> stands below.</summary>
    internal const string Root = "/osb";

    /// <summary>The newest version that is spoken; every 2.x is understood.</summary>
    internal const string Version = "2.17";

    private const string VersionHeader = "X-Broker-API-Version";
    private const string IdentityHeader = "X-Broker-API-Request-Identity";
    private const int LongestHeader = 500;

    internal static RouteGroupBuilder OsbGroup(this WebApplication app) => app.MapGroup($"{Root}/v2").AllowAnonymous().ExcludeFromDescription().WithTags("Cloud")
        .WithMetadata(new TooManyAnswer(http => OsbAnswer.Refuse(429, null, KernelProblems.TooMany.Title).ExecuteAsync(http))).AddEndpointFilter(GuardAsync);

    /// <summary>The body's JSON object; null when it is none. Members that are not known are passed over, as the protocol demands.</summary>
    internal static async Task<JsonElement?> ReadAsync(HttpContext http)
    {
        try
        {
            using var document = await JsonDocument.ParseAsync(http.Request.Body, new JsonDocumentOptions { MaxDepth = 32, AllowDuplicateProperties = false }, http.RequestAborted);
            return document.RootElement.ValueKind == JsonValueKind.Object ? document.RootElement.Clone() : null;
        }
        catch (JsonException) { return null; }
    }

    /// <summary>Whether the caller can wait for what is not done at once.</summary>
    internal static bool Waits(HttpContext http) => string.Equals(http.Request.Query["accepts_incomplete"], "true", StringComparison.OrdinalIgnoreCase);

    internal static string? Word(this JsonElement thing, string member) => thing.TryGetProperty(member, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    /// <summary>An id as the platform keeps it: 1 to 200 characters that a text may hold.</summary>
    internal static bool IsId(string? text) => text is { Length: > 0 and <= Model.OsbInstance.LongestRemoteId } && !text.Any(c => char.IsControl(c) || char.IsSurrogate(c));

    private static async ValueTask<object?> GuardAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;
        // What is told of instances and bindings may hold secrets.
        http.Response.Headers.CacheControl = "no-store";
        if (http.Request.Headers[IdentityHeader] is [{ Length: > 0 and <= LongestHeader } identity] && identity.All(c => c is >= ' ' and <= '~')) { http.Response.Headers[IdentityHeader] = identity; }
        if (await CallerAsync(http) is not { } caller)
        {
            http.Response.Headers.WWWAuthenticate = "Basic realm=\"osb\", charset=\"UTF-8\"";
            return OsbAnswer.Refuse(401, null, Text.Of("cloud.osb.account"));
        }

        if (http.Request.Headers[VersionHeader] is not [{ } version] || !version.StartsWith("2.", StringComparison.Ordinal)) { return OsbAnswer.Refuse(412, null, Text.Of("cloud.osb.version", Version)); }
        http.Features.Set(caller);
        try { return await next(context); }
        catch (BadHttpRequestException e) { return OsbAnswer.Refuse(e.StatusCode, null, Text.Of("cloud.osb.unreadable")); }
    }

    private static async Task<OsbCaller?> CallerAsync(HttpContext http)
    {
        var header = http.Request.Headers.Authorization.ToString();
        if (header.Length > LongestHeader || !header.StartsWith("Basic ", StringComparison.OrdinalIgnoreCase)) { return null; }
        string given;
        try { given = Encoding.UTF8.GetString(Convert.FromBase64String(header[6..].Trim())); }
        catch (FormatException) { return null; }
        var colon = given.IndexOf(':', StringComparison.Ordinal);
        if (colon != 33 || given[0] != 'c' || !Guid.TryParseExact(given[1..colon], "N", out var id)) { return null; }
        var db = http.RequestServices.GetRequiredService<ZhengtongDb>();
        var known = await db.OsbConsumers.AsNoTracking().Where(c => c.Id == id && c.RevokedAt == null)
            .Join(db.Organisations, c => c.OrganisationId, o => o.Id, (c, o) => new { Consumer = c, o.Region }).SingleOrDefaultAsync(http.RequestAborted);
        if (known is null || !CryptographicOperations.FixedTimeEquals(HashOf(given[(colon + 1)..]), known.Consumer.PasswordHash)) { return null; }
        return new OsbCaller(id, known.Consumer.SystemId, known.Consumer.Days,
            new Actor(id, known.Consumer.Name, known.Consumer.OrganisationId, known.Region, new HashSet<Role>()) { Scopes = new HashSet<Right> { Right.Apply } });
    }

    internal static byte[] HashOf(string password) => SHA256.HashData(Encoding.UTF8.GetBytes(password));
}
