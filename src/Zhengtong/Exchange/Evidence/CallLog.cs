using System.Collections.Concurrent;
using System.Threading.Channels;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Zhengtong.Agreements;
using Zhengtong.Exchange.Engine;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Objects;
using Zhengtong.Kernel.Secrets;

namespace Zhengtong.Exchange.Evidence;

/// <summary>Records calls durably. Each caller encrypts its own call; one writer puts those that wait together into one transaction, so that the cost of a commit
/// is shared by all who wait for it. The queue is bounded: when the database is slow, callers wait.</summary>
internal sealed class CallLog(IServiceScopeFactory scopes, CallRows rows, CallKeys keys, ObjectStore objects, TimeProvider clock, IOptions<ExchangeOptions> options) : IAsyncDisposable
{
    /// <summary>Most calls in one save.</summary>
    internal const int MostAtOnce = 500;

    private readonly Channel<Waiting> queue = Channel.CreateBounded<Waiting>(new BoundedChannelOptions(options.Value.Calls.Queue) { SingleReader = true });
    private readonly ConcurrentDictionary<Guid, string> agreements = [];
    private readonly Lock starting = new();
    private Task? writing;

    /// <summary>Returns when the call is durable; sealing follows. A cancelled wait says nothing: the call may have been recorded.</summary>
    /// <exception cref="DbUpdateException">It could not be recorded; a call of this id exists.</exception>
    internal async ValueTask RecordAsync(CallRecord record, CancellationToken ct)
    {
        var suite = Suite.Parse(record.Suite);
        var key = await keys.CurrentAsync(record.Provider, record.Consumer, suite, ct);
        var evidence = CanonicalJson.Utf8Of(CallEvidence.Of(record, await DigestOfAsync(record.Agreement, ct)));
        var cipher = CallContent.Seal(key, record.Id, evidence, record.RequestHead, record.RequestBody?.Bytes, record.ResponseHead, record.ResponseBody?.Bytes);
        // Large ones would make the shared save slow for everybody.
        var stored = cipher.Length > options.Value.Calls.InlineBytes ? await objects.PutAsync(cipher, ct) : null;
        var waiting = new Waiting(new Call
        {
            Id = record.Id, MessageId = record.MessageId, AgreementId = record.Agreement, ProviderId = record.Provider, ConsumerId = record.Consumer, Suite = suite.Name,
            Service = record.Service, Method = record.Method, Status = record.Status, RequestBytes = record.RequestBytes, ResponseBytes = record.ResponseBytes,
            ReceivedAt = Moment.Of(record.ReceivedAt), AnsweredAt = Moment.Of(record.AnsweredAt), LeafHash = CallTree.HashLeaf(suite, evidence),
            KeyId = key.Id, Sealed = stored is null ? cipher : null, Object = stored?.Digest,
        });
        Start();
        await queue.Writer.WriteAsync(waiting, ct);
        await waiting.Done.Task.WaitAsync(ct);
    }

    public async ValueTask DisposeAsync()
    {
        queue.Writer.TryComplete();
        if (writing is not null) { await writing; }
    }

    /// <summary>How the object store names who needs a call's ciphertext.</summary>
    internal static string OwnerOf(Guid call) => $"exchange:call:{call:N}";

    private void Start()
    {
        if (writing is not null) { return; }
        lock (starting) { writing ??= Task.Run(WriteAsync); }
    }

    private async Task WriteAsync()
    {
        var group = new List<Waiting>(MostAtOnce);
        while (await queue.Reader.WaitToReadAsync())
        {
            if (options.Value.Calls.LingerMilliseconds > 0) { await Task.Delay(TimeSpan.FromMilliseconds(options.Value.Calls.LingerMilliseconds), clock); }
            while (group.Count < MostAtOnce && queue.Reader.TryRead(out var next)) { group.Add(next); }
            await SaveAsync(group);
            group.Clear();
        }
    }

    private async Task SaveAsync(IReadOnlyList<Waiting> group)
    {
        try
        {
            await rows.AddAsync([.. group.Select(w => w.Call)], Moment.Of(clock));
        }
        catch (DbUpdateException e) when (group.Count > 1 && e.IsUniqueViolation())
        {
            // One bad call must not take the others with it.
            foreach (var one in group) { await SaveAsync([one]); }
            return;
        }
        catch (Exception e)
        {
            foreach (var waiting in group) { waiting.Done.TrySetException(e); }
            return;
        }

        foreach (var waiting in group) { waiting.Done.TrySetResult(); }
    }

    /// <summary>A sealed agreement never changes, so neither does its digest.</summary>
    private async ValueTask<string> DigestOfAsync(Guid agreement, CancellationToken ct)
    {
        if (agreements.TryGetValue(agreement, out var known)) { return known; }
        await using var scope = scopes.CreateAsyncScope();
        var terms = await scope.ServiceProvider.GetRequiredService<AgreementsLookup>().FindAsync(agreement, ct) ?? throw new InvalidOperationException($"Agreement {agreement} is unknown");
        return agreements[agreement] = terms.Digest;
    }

    private sealed record Waiting(Call Call)
    {
        internal TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
