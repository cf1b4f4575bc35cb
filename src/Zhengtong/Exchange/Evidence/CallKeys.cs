using System.Collections.Concurrent;
using System.Security.Cryptography;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Secrets;

namespace Zhengtong.Exchange.Evidence;

/// <summary>Gives each pair of provider and consumer a content key for about a minute, so that two key exchanges serve all their calls of that time.</summary>
internal sealed class CallKeys(IServiceScopeFactory scopes, TimeProvider clock) : IDisposable
{
    private static readonly TimeSpan Life = TimeSpan.FromMinutes(1);
    private readonly ConcurrentDictionary<(Guid Provider, Guid Consumer, SuiteName Suite), (ContentKey Key, DateTimeOffset Until)> current = [];
    private readonly SemaphoreSlim making = new(1);

    /// <summary>The pair's key now; its wrapped form is durable before this returns.</summary>
    internal async ValueTask<ContentKey> CurrentAsync(Guid provider, Guid consumer, Suite suite, CancellationToken ct)
    {
        var pair = (provider, consumer, suite.Name);
        if (Find(pair) is { } present) { return present; }
        await making.WaitAsync(ct);
        try
        {
            if (Find(pair) is { } meanwhile) { return meanwhile; }
            var now = clock.GetUtcNow();
            foreach (var old in current.Where(c => c.Value.Until <= now)) { current.TryRemove(old); }
            var made = await MakeAsync(provider, consumer, suite, now, ct);
            current[pair] = (made, now + Life);
            return made;
        }
        finally { making.Release(); }
    }

    /// <summary>The content key of a call, opened by a receiving key of this party.</summary>
    /// <exception cref="CryptographicException">The party's key does not open it.</exception>
    internal static async Task<ContentKey> OpenAsync(ZhengtongDb db, OrganisationKeys keys, Guid id, Guid party, CancellationToken ct)
    {
        var row = await db.CallKeys.AsNoTracking().SingleAsync(k => k.Id == id, ct);
        var (keyId, exchange, wrapped) = row.ProviderId == party ? (row.ProviderKey, row.ProviderExchange, row.ProviderWrapped) : (row.ConsumerKey, row.ConsumerExchange, row.ConsumerWrapped);
        if (await keys.FindAsync(keyId, ct) is not { Use: KeyUse.Receive } key || key.OrganisationId != party) { throw new CryptographicException($"Key {keyId} is not the party's"); }
        using var receiver = keys.OpenReceiver(key);
        var suite = Suite.Of(row.Suite);
        return new ContentKey(id, suite, new ContentKey(id, suite, receiver.FindSecret(exchange)).Decrypt(Wrapping, id, wrapped));
    }

    public void Dispose() => making.Dispose();

    private static ReadOnlySpan<byte> Wrapping => "zhengtong-call-key-1"u8;

    private ContentKey? Find((Guid, Guid, SuiteName) pair) => current.TryGetValue(pair, out var found) && found.Until > clock.GetUtcNow() ? found.Key : null;

    private async Task<ContentKey> MakeAsync(Guid provider, Guid consumer, Suite suite, DateTimeOffset now, CancellationToken ct)
    {
        await using var scope = scopes.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<ZhengtongDb>();
        var keys = scope.ServiceProvider.GetRequiredService<OrganisationKeys>();
        var (own, other) = (await keys.CurrentAsync(provider, suite, KeyUse.Receive, ct), await keys.CurrentAsync(consumer, suite, KeyUse.Receive, ct));
        var made = new ContentKey(Guid.CreateVersion7(now), suite, RandomNumberGenerator.GetBytes(ContentKey.Size));
        var (providers, consumers) = (Wrap(made, own), Wrap(made, other));
        db.CallKeys.Add(new CallKey
        {
            Id = made.Id, ProviderId = provider, ConsumerId = consumer, Suite = suite.Name, CreatedAt = now,
            ProviderKey = own.KeyId, ProviderExchange = providers.Exchange, ProviderWrapped = providers.Wrapped,
            ConsumerKey = other.KeyId, ConsumerExchange = consumers.Exchange, ConsumerWrapped = consumers.Wrapped,
        });
        await db.SaveChangesAsync(ct);
        return made;
    }

    private static (byte[] Exchange, byte[] Wrapped) Wrap(ContentKey made, OrganisationKey receiver)
    {
        var (exchange, secret) = made.Suite.MakeSecret(receiver.PublicKey);
        var wrapped = new ContentKey(made.Id, made.Suite, secret).Encrypt(Wrapping, made.Id, made.Secret);
        CryptographicOperations.ZeroMemory(secret);
        return (exchange, wrapped);
    }
}
