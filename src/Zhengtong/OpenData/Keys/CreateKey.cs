using System.Collections.Concurrent;
using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;
using Zhengtong.Kernel.Mail;
using Zhengtong.OpenData.Reuse;

namespace Zhengtong.OpenData.Keys;

/// <summary>What a developer says to get a key.</summary>
/// <param name="Name">What the key is for, 2 to 100 characters.</param>
/// <param name="Mail">Where to reach you when something breaks, or will change; at most 200 characters; may be left out. Where the platform sends mail, a letter asks to confirm it.</param>
/// <param name="Scopes">What it will be used for: catalogue, rows, sql, downloads; at least one.</param>
public sealed record CreateDeveloperKeyRequest(
    [Required, StringLength(100, MinimumLength = 2)] string Name, [EmailAddress, StringLength(200)] string? Mail, [Required, MinLength(1), MaxLength(4)] IReadOnlyList<KeyScope> Scopes);

/// <summary>A key with its token.</summary>
/// <param name="Id">The key's id.</param>
/// <param name="Token">What to send as X-API-Key: <c>ztk_</c> and 64 hex digits. Shown this once.</param>
/// <param name="PerMinute">Calls a minute.</param>
/// <param name="PerDay">Calls a day, from midnight in China.</param>
public sealed record DeveloperKeyTokenResponse(Guid Id, string Token, int PerMinute, long PerDay);

internal static class CreateKey
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/developer-keys", Handle).AllowAnonymous().ProducesProblem(429);

    /// <summary>Take a developer's key. Nobody has to be asked: it opens nothing that is not public, it only allows more calls than a visitor has, and shows what was used.</summary>
    /// <response code="201">The key; ledger event open-data.key-created.</response>
    /// <response code="429">open-data.too-many-keys</response>
    internal static async Task<Results<Created<DeveloperKeyTokenResponse>, ProblemHttpResult>> Handle(
        CreateDeveloperKeyRequest request, HttpContext http, Actor actor, ZhengtongDb db, KeysTaken taken, Voices voices, SubscriptionMail mail, IOptions<PublicLimitsOptions> options, TimeProvider clock, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        if (!taken.MayTake(RateLimits.AddressOf(http.Connection.RemoteIpAddress), ChinaTime.DateOf(now))) { return OpenDataProblems.TooManyKeys.Because(); }

        var token = DeveloperKey.NewToken();
        var key = new DeveloperKey
        {
            Id = Guid.CreateVersion7(now),
            Name = request.Name.Trim(),
            Mail = string.IsNullOrWhiteSpace(request.Mail) ? null : request.Mail.Trim(),
            Scopes = [.. request.Scopes.Distinct().Order()],
            TokenHash = DeveloperKey.HashOf(token),
            Beginning = token[..12],
            PerMinute = options.Value.KeyPerMinute,
            PerDay = options.Value.KeyPerDay,
            CreatedAt = now,
        };
        db.DeveloperKeys.Add(key);
        db.Ledger.Add(LedgerEntry.Of("open-data.key-created", key.Id, actor, now, after: new { key.Scopes, key.PerMinute, key.PerDay }));
        // Where mail is set up, notices to the key's holder go there too, once it is confirmed. A key is no less good without.
        if (mail.IsOn && MailAddress.Parse(key.Mail) is { } address && voices.MayAskForMail(http)) { await mail.AskAsync(MailTopic.Key, key.Id, Text.Of("open-data.mail.about-key"), address, MailRhythm.AtOnce, actor, now, ct); }
        await db.SaveChangesAsync(ct);
        return TypedResults.Created("/api/v1/developer-keys/current", new DeveloperKeyTokenResponse(key.Id, token, key.PerMinute, key.PerDay));
    }
}

/// <summary>How many keys each address took today in this process: who has many keys would have no limit.</summary>
internal sealed class KeysTaken(IOptions<PublicLimitsOptions> options)
{
    private readonly ConcurrentDictionary<(string Address, DateOnly Day), int> taken = new();

    /// <summary>Counts one more, unless the address has had its number.</summary>
    internal bool MayTake(string address, DateOnly day)
    {
        if (options.Value.KeysPerAddress <= 0) { return true; }
        foreach (var old in taken.Keys.Where(t => t.Day < day)) { taken.TryRemove(old, out _); }
        return taken.AddOrUpdate((address, day), 1, (_, n) => n + 1) <= options.Value.KeysPerAddress;
    }
}
