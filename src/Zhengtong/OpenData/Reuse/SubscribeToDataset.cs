using System.ComponentModel.DataAnnotations;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;
using Zhengtong.Kernel.Secrets;
using Zhengtong.OpenData.Keys;
using Zhengtong.OpenData.Model;
using Zhengtong.OpenData.Publishing;

namespace Zhengtong.OpenData.Reuse;

/// <summary>Where new versions are sent.</summary>
/// <param name="Address">An http or https address on the public network, at most 500 characters.</param>
public sealed record SubscribeToDatasetRequest([Required, StringLength(500)] string Address);

/// <summary>A subscription with the secret that its messages are signed with.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Secret">64 hex digits; shown this once. A message carries <c>X-Zhengtong-Signature: sha256=HEX</c>, the HMAC-SHA-256 of the header <c>X-Zhengtong-Timestamp</c>, a point, and the body, under this text.</param>
public sealed record DatasetSubscriptionTaken(Guid Id, string Secret);

internal static class SubscribeToDataset
{
    /// <summary>Subscriptions of one key.</summary>
    private const int MostOfOne = 100;

    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/datasets/{dataset}/subscriptions", Handle).AllowAnonymous().ProducesProblem(400).ProducesProblem(404).ProducesProblem(409).ProducesProblem(429);

    /// <summary>Have each new version of a dataset, and its withdrawal, sent to an address, with a developer's key. A message that is not taken (2xx) is sent again for about two days; 410 ends the subscription.</summary>
    /// <param name="dataset">Id or name of the dataset.</param>
    /// <param name="token">The key's token.</param>
    /// <param name="request">Where to.</param>
    /// <param name="http">The call.</param>
    /// <param name="actor">Who asks.</param>
    /// <param name="db">The database.</param>
    /// <param name="voices">How much one address may write.</param>
    /// <param name="vault">Seals the secret.</param>
    /// <param name="clock">When.</param>
    /// <param name="ct">Stops it.</param>
    /// <response code="201">Subscribed; ledger event open-data.subscribed.</response>
    /// <response code="400">kernel.invalid</response>
    /// <response code="404">open-data.not-found, open-data.key-not-found</response>
    /// <response code="409">open-data.wrong-state: the dataset is not published.</response>
    /// <response code="429">open-data.too-many-writings</response>
    internal static async Task<Results<Created<DatasetSubscriptionTaken>, ProblemHttpResult>> Handle(
        [StringLength(100)] string dataset, [FromHeader(Name = PublicLimits.Header)] string? token, SubscribeToDatasetRequest request, HttpContext http, Actor actor, ZhengtongDb db, Voices voices, Vault vault, TimeProvider clock, CancellationToken ct)
    {
        if (await PublicDatasets.FindAsync(db, dataset, Actor.Visitor, ct) is not { } found) { return OpenDataProblems.NotFound.Because(dataset); }
        if (found.State != DatasetState.Published) { return OpenDataProblems.WrongState.Because(found.Title); }
        if (await GetKey.FindAsync(token, db, ct) is not { } key) { return OpenDataProblems.KeyNotFound.Because(); }
        if (!SubmitApp.IsWeb(request.Address)) { return KernelProblems.Invalid.For(new Dictionary<string, string[]> { ["address"] = [Text.Of("open-data.reuse.link-wrong")] }); }
        if (!voices.MayWrite(http, new Voice(VoiceKind.Developer, $"k{key.Id:N}", key.Id)) || await db.DatasetSubscriptions.CountAsync(s => s.KeyId == key.Id, ct) >= MostOfOne) { return OpenDataProblems.TooManyWritings.Because(); }

        var now = clock.GetUtcNow();
        var (id, secret) = (Guid.CreateVersion7(now), Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32)));
        db.DatasetSubscriptions.Add(new DatasetSubscription
        {
            Id = id, DatasetId = found.Id, KeyId = key.Id, Address = request.Address.Trim(), Secret = vault.Seal(Encoding.ASCII.GetBytes(secret), PurposeOf(id)), At = now, ToldVersion = found.Current, NextAt = now,
        });
        db.Ledger.Add(LedgerEntry.Of("open-data.subscribed", id, actor, now, after: new { dataset = found.Id, key = key.Id, host = new Uri(request.Address.Trim()).Host }));
        await db.SaveChangesAsync(ct);
        return TypedResults.Created($"/api/v1/dataset-subscriptions/{id}", new DatasetSubscriptionTaken(id, secret));
    }

    /// <summary>What the sealed secret is bound to.</summary>
    internal static string PurposeOf(Guid subscription) => $"webhook:{subscription}";
}
