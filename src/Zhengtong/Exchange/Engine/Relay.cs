using Zhengtong.Kernel;
using Zhengtong.Kernel.Objects;

namespace Zhengtong.Exchange.Engine;

/// <summary>Where ciphertexts wait between provider and consumer, in the object store that all processes share. Nobody but the consumer can read one; after the counter-receipt it is removed.
/// They pass without the store's books: which of them are needed, the batches say, and a million of them cost the database nothing.</summary>
internal sealed class Relay(ObjectStore objects)
{
    /// <summary>Keeps a ciphertext under its digest; it is durable when this returns.</summary>
    internal Task StoreAsync(Guid delivery, string digest, ReadOnlyMemory<byte> ciphertext, CancellationToken ct) => ExplainedAsync(async () =>
    {
        await objects.PutPassingAsync(NameOf(delivery, digest), ciphertext, ct);
        return digest;
    });

    /// <summary>Reads a ciphertext into the buffer; null when it is not there. The receiver checks its digest.</summary>
    internal Task<ReadOnlyMemory<byte>?> FetchAsync(Guid delivery, string digest, Growing into, CancellationToken ct) =>
        ExplainedAsync(() => objects.ReadPassingAsync(NameOf(delivery, digest), into.Reset, ct));

    internal Task RemoveAsync(Guid delivery, string digest, CancellationToken ct) => objects.RemovePassingAsync(NameOf(delivery, digest), ct);

    /// <summary>Digests of the ciphertexts that are there.</summary>
    internal async Task<IReadOnlyList<string>> ListAsync(Guid delivery, CancellationToken ct) =>
        [.. (await objects.ListPassingAsync(FolderOf(delivery), ct)).Select(name => name[(FolderOf(delivery).Length + 1)..])];

    /// <summary>Removes what a crash left behind: everything of the delivery that no waiting batch names.</summary>
    internal async Task SweepAsync(Guid delivery, IReadOnlyCollection<string> waiting, CancellationToken ct)
    {
        var kept = waiting.Select(digest => NameOf(delivery, digest)).ToHashSet();
        foreach (var name in await objects.ListPassingAsync(FolderOf(delivery), ct))
        {
            if (!kept.Contains(name)) { await objects.RemovePassingAsync(name, ct); }
        }
    }

    private static async Task<T> ExplainedAsync<T>(Func<Task<T>> act)
    {
        try { return await act(); }
        catch (Exception e) when (DatabaseErrors.IsOutOfSpace(e)) { throw new ExchangeFault(ExchangeProblems.StoreFull, [], e); }
        catch (Exception e) when (e is not OperationCanceledException and not OutOfMemoryException) { throw new ExchangeFault(ExchangeProblems.StoreUnavailable, [], e); }
    }

    private static string NameOf(Guid delivery, string digest) => $"{FolderOf(delivery)}/{digest}";

    private static string FolderOf(Guid delivery) => $"relay/{delivery:D}";
}
