using System.Buffers.Binary;
using System.Security.Cryptography;
using Zhengtong.Kernel.Objects;

namespace Zhengtong.Cloud.Backups;

/// <summary>How a backup is encrypted: AES-256-GCM in segments of <see cref="Segment"/> bytes of plaintext, each nonce, ciphertext and tag. Bound into each are the backup, its place and whether it
/// is the last: a segment of another backup, at another place, or an end that came too early does not open.</summary>
internal static class BackupContent
{
    internal const int KeySize = 32;
    internal const int Segment = 1 << 20;
    internal const int Overhead = NonceSize + TagSize;
    private const int NonceSize = 12;
    private const int TagSize = 16;

    /// <summary>Encrypts; returns the bytes written.</summary>
    internal static int Seal(byte[] key, Guid backup, long index, bool last, ReadOnlySpan<byte> plain, Span<byte> to)
    {
        RandomNumberGenerator.Fill(to[..NonceSize]);
        using var aes = new AesGcm(key, TagSize);
        aes.Encrypt(to[..NonceSize], plain, to.Slice(NonceSize, plain.Length), to.Slice(NonceSize + plain.Length, TagSize), PlaceOf(backup, index, last));
        return plain.Length + Overhead;
    }

    /// <summary>Decrypts; returns the bytes written.</summary>
    /// <exception cref="CryptographicException">Another key, backup or place, another end, or altered bytes.</exception>
    internal static int Open(byte[] key, Guid backup, long index, bool last, ReadOnlySpan<byte> segment, Span<byte> to)
    {
        var length = segment.Length - Overhead;
        if (length < 0) { throw new CryptographicException("The backup ends too early"); }
        using var aes = new AesGcm(key, TagSize);
        aes.Decrypt(segment[..NonceSize], segment[NonceSize..^TagSize], segment[^TagSize..], to[..length], PlaceOf(backup, index, last));
        return length;
    }

    private static byte[] PlaceOf(Guid backup, long index, bool last)
    {
        var place = new byte[25];
        backup.TryWriteBytes(place, bigEndian: true, out _);
        BinaryPrimitives.WriteInt64BigEndian(place.AsSpan(16), index);
        place[24] = last ? (byte)1 : (byte)0;
        return place;
    }
}

/// <summary>Gives what another stream gives, a segment at a time, sealed or opened. Two segments are in memory.</summary>
internal sealed class BackupStream : Stream
{
    private readonly Stream source;
    private readonly byte[] key;
    private readonly Guid backup;
    private readonly bool seals;
    private readonly Func<Task>? atEnd;
    private readonly byte[] ready;
    private byte[] current;
    private byte[] following;
    private int currentLength = -1;
    private int given;
    private int made;
    private long index;
    private bool ended;

    private BackupStream(Stream source, byte[] key, Guid backup, bool seals, Func<Task>? atEnd)
    {
        (this.source, this.key, this.backup, this.seals, this.atEnd) = (source, key, backup, seals, atEnd);
        var taken = seals ? BackupContent.Segment : BackupContent.Segment + BackupContent.Overhead;
        (current, following, ready) = (new byte[taken], new byte[taken], new byte[BackupContent.Segment + BackupContent.Overhead]);
    }

    /// <summary>True once it was found that the bytes are not those of the backup: whoever reads through another library learns of it only here.</summary>
    internal bool IsDamaged { get; private set; }

    /// <summary>Bytes read from the source.</summary>
    internal long Taken { get; private set; }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    /// <summary>The sealed form of what the source gives.</summary>
    /// <param name="source">Plaintext.</param>
    /// <param name="key">32 bytes.</param>
    /// <param name="backup">Bound into each segment.</param>
    /// <param name="atEnd">Asked when the source has ended, before the last segment is given: throws when what came is not whole.</param>
    internal static BackupStream Sealing(Stream source, byte[] key, Guid backup, Func<Task> atEnd) => new(source, key, backup, seals: true, atEnd);

    /// <summary>The plaintext of a sealed source.</summary>
    internal static BackupStream Opening(Stream source, byte[] key, Guid backup) => new(source, key, backup, seals: false, null);

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (given == made)
        {
            if (ended) { return 0; }
            await NextAsync(cancellationToken);
        }

        var count = Math.Min(buffer.Length, made - given);
        ready.AsMemory(given, count).CopyTo(buffer);
        given += count;
        return count;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("Read asynchronously");

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void Flush() { }

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            source.Dispose();
            CryptographicOperations.ZeroMemory(key);
        }

        base.Dispose(disposing);
    }

    private async Task NextAsync(CancellationToken ct)
    {
        try { await ReadNextAsync(ct); }
        catch (Exception e) when (!seals && e is CryptographicException or DamagedObjectException)
        {
            IsDamaged = true;
            throw;
        }
    }

    private async Task ReadNextAsync(CancellationToken ct)
    {
        if (currentLength < 0) { currentLength = await FillAsync(current, ct); }
        var next = currentLength == current.Length ? await FillAsync(following, ct) : 0;
        var last = next == 0;
        if (last && atEnd is not null) { await atEnd(); }
        var segment = current.AsSpan(0, currentLength);
        made = seals ? BackupContent.Seal(key, backup, index, last, segment, ready) : BackupContent.Open(key, backup, index, last, segment, ready);
        (given, ended, currentLength) = (0, last, next);
        (current, following) = (following, current);
        index++;
    }

    private async Task<int> FillAsync(byte[] buffer, CancellationToken ct)
    {
        var count = await source.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, ct);
        Taken += count;
        return count;
    }
}
