using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Jobs;
using Zhengtong.Kernel.Ledger;
using Zhengtong.Kernel.Secrets;
using Zhengtong.OpenData.Model;

namespace Zhengtong.OpenData.Reuse;

/// <summary>Connections to subscribers' addresses: none into our own networks, nothing followed, nothing kept.</summary>
internal sealed class WebhookConnections : IDisposable
{
    private readonly HttpMessageInvoker invoker;

    public WebhookConnections(IOptions<ReuseOptions> options) => invoker = new HttpMessageInvoker(PlainHandler.Of(5, 1, new AddressGuard(options.Value.ForbiddenNetworks)));

    /// <summary>The answer's status; its body is not read.</summary>
    /// <exception cref="HttpRequestException">No connection, no answer, or none that is HTTP.</exception>
    internal async Task<HttpStatusCode> SendAsync(HttpRequestMessage request, CancellationToken ct)
    {
        using var response = await invoker.SendAsync(request, ct);
        return response.StatusCode;
    }

    public void Dispose() => invoker.Dispose();
}

/// <summary>Tells subscribers of new versions and withdrawals: what an address was told is compared with what is, each message signed, tried again with growing pauses, given up after about two days.</summary>
internal sealed class SendWebhooks(ZhengtongDb db, WebhookConnections connections, Vault vault, LedgerKeys keys, TimeProvider clock) : IReconciler
{
    private const int AtOnce = 50;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    public string Name => "open-data.webhooks";

    public TimeSpan Every => TimeSpan.FromSeconds(10);

    public async Task<Pass> ReconcileAsync(CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var waiting = await db.DatasetSubscriptions.Where(s => s.DeadSince == null && s.NextAt <= now && db.DeveloperKeys.Any(k => k.Id == s.KeyId && k.RevokedAt == null))
            .Join(db.Datasets, s => s.DatasetId, d => d.Id, (s, d) => new { Subscription = s, Dataset = d })
            .Where(x => x.Dataset.Current > x.Subscription.ToldVersion || (x.Dataset.State == DatasetState.Withdrawn) != x.Subscription.ToldWithdrawn)
            .OrderBy(x => x.Subscription.NextAt).ThenBy(x => x.Subscription.Id).Take(AtOnce).ToListAsync(ct);
        if (waiting.Count == 0) { return Pass.Settled(); }
        var origin = (await keys.CurrentAsync(ct)).Origin;
        long told = 0;
        // Slow addresses wait beside one another, not behind.
        foreach (var group in waiting.Chunk(10))
        {
            var results = await Task.WhenAll(group.Select(x => SendAsync(x.Subscription, x.Dataset, origin, ct)));
            foreach (var (x, (result, isTaken, forGood)) in group.Zip(results))
            {
                var subscription = x.Subscription;
                if (isTaken)
                {
                    subscription.Told(x.Dataset.Current, x.Dataset.State == DatasetState.Withdrawn, result);
                    told++;
                }
                else { Fail(subscription, x.Dataset, result, forGood); }
                try { await db.SaveChangesAsync(ct); }
                // Its holder ended it meanwhile.
                catch (DbUpdateConcurrencyException e)
                {
                    foreach (var entry in e.Entries) { entry.State = EntityState.Detached; }
                }
            }
        }

        return waiting.Count < AtOnce ? Pass.Settled(told) : Pass.Unfinished(told);
    }

    /// <summary>What a message is signed with: hex of the HMAC-SHA-256 of the moment, a point, and the body.</summary>
    internal static string SignatureOf(ReadOnlySpan<byte> secret, string timestamp, ReadOnlySpan<byte> body)
    {
        using var hmac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, secret);
        hmac.AppendData(Encoding.ASCII.GetBytes($"{timestamp}."));
        hmac.AppendData(body);
        return Convert.ToHexStringLower(hmac.GetHashAndReset());
    }

    private void Fail(DatasetSubscription subscription, Dataset dataset, string result, bool forGood)
    {
        var now = clock.GetUtcNow();
        subscription.Failed(result, forGood, now);
        if (subscription.DeadSince is null) { return; }
        db.KeyNotices.Add(KeyNotice.Of(subscription.KeyId, "open-data.reuse.warn.dead", $"/dataset/{dataset.Name}", now, dataset.Title, subscription.Address, subscription.LastResult ?? ""));
        db.Ledger.Add(LedgerEntry.Of("open-data.subscription-dead", subscription.Id, Actor.Platform, now, after: new { dataset = dataset.Id, subscription.Failures, subscription.LastResult }));
    }

    private async Task<(string Result, bool IsTaken, bool ForGood)> SendAsync(DatasetSubscription subscription, Dataset dataset, string origin, CancellationToken ct)
    {
        var withdrawn = dataset.State == DatasetState.Withdrawn;
        var body = JsonSerializer.SerializeToUtf8Bytes(new
        {
            @event = withdrawn ? "dataset.withdrawn" : "dataset.published",
            subscription = subscription.Id,
            platform = origin,
            dataset = new { id = dataset.Id, name = dataset.Name, title = dataset.Title, path = $"/dataset/{dataset.Name}" },
            version = new { number = dataset.Current, id = dataset.CurrentVersionId },
            at = dataset.ModifiedAt,
        }, JsonSerializerOptions.Web);
        var timestamp = clock.GetUtcNow().ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        try
        {
            var secret = vault.Open(subscription.Secret, SubscribeToDataset.PurposeOf(subscription.Id));
            using var request = new HttpRequestMessage(HttpMethod.Post, subscription.Address) { Content = new ByteArrayContent(body) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } } };
            request.Headers.TryAddWithoutValidation("User-Agent", "Zhengtong-Webhook");
            request.Headers.TryAddWithoutValidation("X-Zhengtong-Timestamp", timestamp);
            request.Headers.TryAddWithoutValidation("X-Zhengtong-Signature", $"sha256={SignatureOf(secret, timestamp, body)}");
            using var bound = CancellationTokenSource.CreateLinkedTokenSource(ct);
            bound.CancelAfter(Patience);
            var status = (int)await connections.SendAsync(request, bound.Token);
            return ($"HTTP {status}", status is >= 200 and < 300, status == 410);
        }
        // Sealed under another master key: it never opens again, and must not keep the others waiting.
        catch (CryptographicException) { return ("secret-lost", false, true); }
        // No more is told than that it failed: what lies in our own networks is nobody's to learn.
        catch (HttpRequestException) { return ("no-connection", false, false); }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested) { return ("no-answer", false, false); }
    }
}
