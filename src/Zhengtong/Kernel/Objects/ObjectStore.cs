using System.Security.Cryptography;
using Microsoft.EntityFrameworkCore;

namespace Zhengtong.Kernel.Objects;

/// <summary>An object that is durably stored.</summary>
/// <param name="Digest">Its name.</param>
/// <param name="Length">Bytes, from 0.</param>
internal sealed record PutObject(Digest Digest, long Length);

/// <summary>The bytes read are not those that were put.</summary>
internal sealed class DamagedObjectException(Digest digest, string found) : IOException($"Object {digest} is damaged: its bytes hash to {found}");

/// <summary>Bytes of any size under the SHA-256 of their content: batches, files, dataset versions. Memory use is constant.
/// An object that nobody refers to (<see cref="ObjectReference"/>) is collected after a grace period: put first, then add the reference in the save that needs it.</summary>
internal abstract class ObjectStore(Deployment deployment, IServiceScopeFactory scopes, TimeProvider clock)
{
    private const int BufferSize = 128 * 1024;

    /// <summary>Stores the stream to its end. When this returns, the object is on disk (or acknowledged by the service) and safe from collection for the grace period.
    /// Putting the same content twice keeps one object. MUST NOT be called inside an open transaction: it writes to the database on its own connection.</summary>
    internal async Task<PutObject> PutAsync(Stream content, CancellationToken ct)
    {
        var draft = deployment.PathOf("objects", "incoming", $"{Guid.CreateVersion7(clock.GetUtcNow()):N}");
        try
        {
            var put = await SpoolAsync(content, draft, ct);
            // The row comes first and is touched each time: a collector that holds it makes us wait until its deletion is done, and then we publish anew.
            await TouchAsync(put, ct);
            await PublishAsync(draft, put, ct);
            return put;
        }
        finally
        {
            File.Delete(draft);
        }
    }

    /// <summary>Stores bytes that are in memory already.</summary>
    internal async Task<PutObject> PutAsync(ReadOnlyMemory<byte> content, CancellationToken ct)
    {
        using var stream = new MemoryStream(content.ToArray(), writable: false);
        return await PutAsync(stream, ct);
    }

    /// <summary>The object's bytes from the beginning, or null when there is none. The checksum is verified as they are read:
    /// the read that reaches the end throws <see cref="DamagedObjectException"/> when the bytes are not those that were put.</summary>
    internal async Task<Stream?> OpenAsync(Digest digest, CancellationToken ct) =>
        await OpenRawAsync(digest, ct) is { } raw ? new VerifyingStream(raw, digest) : null;

    /// <summary>The object's bytes from one place on, or null when there is no object. They are not verified: only the whole has a digest. Whoever reads stops where the range ends.</summary>
    /// <param name="digest">The object.</param>
    /// <param name="from">First byte, from 0, below the object's length.</param>
    /// <param name="to">Last byte, included, below the object's length; more may follow in the stream.</param>
    /// <param name="ct">Stops it.</param>
    internal abstract Task<Stream?> OpenRangeAsync(Digest digest, long from, long to, CancellationToken ct);

    /// <summary>True when the object is there; its bytes are not read.</summary>
    internal abstract Task<bool> ExistsAsync(Digest digest, CancellationToken ct);

    /// <summary>A file of this machine that holds the object's bytes, for what can only read files; null when there is no such object. It is only ever read. It stays for at least an hour.</summary>
    internal abstract Task<string?> LocalPathAsync(Digest digest, CancellationToken ct);

    /// <summary>The folders below which <see cref="LocalPathAsync"/> finds files.</summary>
    internal abstract IReadOnlyList<string> LocalFolders { get; }

    /// <summary>Removes the bytes; nothing happens when they are gone already. Only the collector may call it: whoever refers to an object keeps it.</summary>
    internal abstract Task DeleteAsync(Digest digest, CancellationToken ct);

    /// <summary>Keeps bytes that are needed for a moment only, under a name their owner gives, such as <c>relay/0199.../abcd...</c>; whoever puts the name again replaces them. They have no row,
    /// no reference and no collector: the owner's own records say which it still needs, and it sweeps the rest. On disk (or acknowledged by the service) when this returns.</summary>
    internal abstract Task PutPassingAsync(string name, ReadOnlyMemory<byte> content, CancellationToken ct);

    /// <summary>Such bytes, or null when they are not there or not whole. They are not verified: the owner knows their digest.</summary>
    /// <param name="name">As they were put.</param>
    /// <param name="room">Gives a buffer of the length asked for.</param>
    /// <param name="ct">Stops reading.</param>
    internal abstract Task<ReadOnlyMemory<byte>?> ReadPassingAsync(string name, Func<int, Memory<byte>> room, CancellationToken ct);

    /// <summary>Removes such bytes; nothing happens when they are gone already.</summary>
    internal abstract Task RemovePassingAsync(string name, CancellationToken ct);

    /// <summary>The names of such bytes below a folder; those half written by a process that was killed among them.</summary>
    internal abstract Task<IReadOnlyList<string>> ListPassingAsync(string folder, CancellationToken ct);

    /// <summary>Makes the complete file the object, at once and durably; an object that is there already has the same bytes.</summary>
    protected abstract Task PublishAsync(string file, PutObject put, CancellationToken ct);

    /// <summary>The bytes as they lie there, or null.</summary>
    protected abstract Task<Stream?> OpenRawAsync(Digest digest, CancellationToken ct);

    private static async Task<PutObject> SpoolAsync(Stream content, string path, CancellationToken ct)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        await using var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0, FileOptions.Asynchronous);
        var buffer = System.Buffers.ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            long length = 0;
            for (int read; (read = await content.ReadAsync(buffer, ct)) > 0; length += read)
            {
                hash.AppendData(buffer, 0, read);
                await file.WriteAsync(buffer.AsMemory(0, read), ct);
            }

            file.Flush(flushToDisk: true);
            return new PutObject(Digest.OfHash(hash.GetHashAndReset()), length);
        }
        finally
        {
            System.Buffers.ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private async Task TouchAsync(PutObject put, CancellationToken ct)
    {
        await using var scope = scopes.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<ZhengtongDb>();
        var now = clock.GetUtcNow();
        while (await db.StoredObjects.Where(o => o.Digest == put.Digest).ExecuteUpdateAsync(o => o.SetProperty(x => x.TouchedAt, now), ct) == 0)
        {
            db.StoredObjects.Add(new StoredObject { Digest = put.Digest, Length = put.Length, TouchedAt = now });
            try
            {
                await db.SaveChangesAsync(ct);
                return;
            }
            catch (DbUpdateException e) when (e.IsUniqueViolation())
            {
                // The same content arrived twice in the same moment: touch theirs.
                db.ChangeTracker.Clear();
            }
        }
    }
}
