using Zhengtong.Kernel.Objects;

namespace Zhengtong.Exchange.Engine;

/// <summary>Where ciphertexts wait between provider and consumer, in the object store that all processes share. Nobody but the consumer can read one; after the counter-receipt it is removed.
/// They pass without the store's books: which of them are needed, the batches say, and a million of them cost the database nothing.</summary>
internal sealed class Relay(ObjectStore objects)
{
    /// <summary>Keeps a ciphertext under its digest; it is durable when this returns.</summary>
    internal Task StoreAsync(Guid delivery, string digest, ReadOnlyMemory<byte> ciphertext, CancellationToken ct) => objects.PutPassingAsync(NameOf(delivery, digest), ciphertext, ct);

    /// <summary>Reads a ciphertext into the buffer; null when it is not there or cannot be read. The receiver checks its digest.</summary>
    internal Task<ReadOnlyMemory<byte>?> FetchAsync(Guid delivery, string digest, Growing into, CancellationToken ct) => objects.ReadPassingAsync(NameOf(delivery, digest), into.Reset, ct);

    internal Task RemoveAsync(Guid delivery, string digest, CancellationToken ct) => objects.RemovePassingAsync(NameOf(delivery, digest), ct);

    /// <summary>Removes what a crash left behind: everything of the delivery that no waiting batch names.</summary>
    internal async Task SweepAsync(Guid delivery, IReadOnlyCollection<string> waiting, CancellationToken ct)
    {
        var kept = waiting.Select(digest => NameOf(delivery, digest)).ToHashSet();
        foreach (var name in await objects.ListPassingAsync(FolderOf(delivery), ct))
        {
            if (!kept.Contains(name)) { await objects.RemovePassingAsync(name, ct); }
        }
    }

    private static string NameOf(Guid delivery, string digest) => $"{FolderOf(delivery)}/{digest}";

    private static string FolderOf(Guid delivery) => $"relay/{delivery:D}";
}
