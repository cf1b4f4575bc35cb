using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Objects;
using Zhengtong.Kernel.Secrets;

namespace Zhengtong.Exchange.Files;

/// <summary>The encrypted content of files: AES-256-GCM in segments of <see cref="SegmentSize"/> bytes, each a passing object <c>files/{file}/{index}</c> of nonce, ciphertext and tag.
/// docs/files.md is the format's description.</summary>
/// <remarks>Bound into each segment are the file, its place and whether it is the last: a segment of another file, at another place, or an end that came too early does not open.
/// A nonce is random and not the place's number, for a segment is written again when an upload goes on behind a cut, with the same beginning and another end.</remarks>
internal sealed class FileContent(ObjectStore objects)
{
    /// <summary>Bytes of plaintext in each segment but the last.</summary>
    internal const int SegmentSize = 4 * 1024 * 1024;

    /// <summary>Bytes by which a segment is longer than its plaintext.</summary>
    internal const int Overhead = NonceSize + TagSize;

    /// <summary>Where a segment's text begins.</summary>
    internal const int TextAt = NonceSize;

    internal const int KeySize = 32;
    private const int NonceSize = 12;
    private const int TagSize = 16;

    /// <summary>How many segments so many bytes have; an empty file has one, which says that it is empty.</summary>
    internal static int SegmentsOf(long length) => (int)Math.Max(1, (length + SegmentSize - 1) / SegmentSize);

    /// <summary>Which segment holds the byte before this offset: the one that goes on there.</summary>
    internal static int TailOf(long offset) => offset == 0 ? 0 : (int)((offset - 1) / SegmentSize);

    /// <summary>Encrypts and keeps a segment; it is durable when this returns.</summary>
    internal async Task WriteAsync(byte[] key, Guid file, int index, bool last, ReadOnlyMemory<byte> plain, CancellationToken ct)
    {
        var rented = SegmentBuffers.Rent();
        try
        {
            var sealedSegment = rented.AsMemory(0, plain.Length + Overhead);
            Seal(key, file, index, last, plain.Span, sealedSegment.Span);
            await objects.PutPassingAsync(NameOf(file, index), sealedSegment, ct);
        }
        finally { SegmentBuffers.Return(rented); }
    }

    /// <summary>The same of so many bytes that stand at <see cref="TextAt"/> of a buffer of <see cref="SegmentBuffers"/>; they are encrypted in their place.</summary>
    internal Task WriteAsync(byte[] key, Guid file, int index, bool last, byte[] buffer, int length, CancellationToken ct)
    {
        var segment = buffer.AsMemory(0, length + Overhead);
        Seal(key, file, index, last, segment.Span.Slice(TextAt, length), segment.Span);
        return objects.PutPassingAsync(NameOf(file, index), segment, ct);
    }

    /// <summary>Reads and opens a segment into the buffer; the bytes it holds, or -1 when it is not there.</summary>
    /// <exception cref="CryptographicException">Another key, file or place, another end, or altered bytes.</exception>
    internal async Task<int> ReadAsync(byte[] key, Guid file, int index, bool last, Memory<byte> plain, CancellationToken ct)
    {
        var rented = SegmentBuffers.Rent();
        try
        {
            var found = await objects.ReadPassingAsync(NameOf(file, index), length => length <= SegmentSize + Overhead
                ? rented.AsMemory(0, length) : throw new CryptographicException($"Segment {index} is too long"), ct);
            return found is { } segment ? Open(key, file, index, last, segment.Span, plain.Span) : -1;
        }
        finally { SegmentBuffers.Return(rented); }
    }

    /// <summary>Keeps a segment that a node encrypted; it is durable when this returns.</summary>
    internal Task PutAsync(Guid file, int index, ReadOnlyMemory<byte> segment, CancellationToken ct) => objects.PutPassingAsync(NameOf(file, index), segment, ct);

    /// <summary>A segment as it lies there, for a node to open; null when it is not there.</summary>
    internal Task<ReadOnlyMemory<byte>?> FetchAsync(Guid file, int index, CancellationToken ct) => objects.ReadPassingAsync(NameOf(file, index), length => new byte[length], ct);

    /// <summary>Bytes of plaintext in one segment of a file of this length.</summary>
    internal static int SizeOf(long length, int index) => (int)Math.Min(SegmentSize, length - ((long)index * SegmentSize));

    /// <summary>The plaintext of a complete file in the store.</summary>
    internal FileReading Open(byte[] key, Guid file, long length) => new((index, last, plain, ct) => ReadAsync(key, file, index, last, plain, ct), key, file, length);

    /// <summary>Removes everything of a file.</summary>
    internal async Task RemoveAsync(Guid file, CancellationToken ct)
    {
        foreach (var name in await objects.ListPassingAsync(FolderOf(file), ct)) { await objects.RemovePassingAsync(name, ct); }
    }

    internal static void Seal(byte[] key, Guid file, int index, bool last, ReadOnlySpan<byte> plain, Span<byte> segment)
    {
        RandomNumberGenerator.Fill(segment[..NonceSize]);
        using var aes = new AesGcm(key, TagSize);
        aes.Encrypt(segment[..NonceSize], plain, segment[NonceSize..^TagSize], segment[^TagSize..], PlaceOf(file, index, last));
    }

    internal static int Open(byte[] key, Guid file, int index, bool last, ReadOnlySpan<byte> segment, Span<byte> plain)
    {
        var length = segment.Length - Overhead;
        if (length < 0 || length > plain.Length) { throw new CryptographicException($"Segment {index} has {segment.Length} bytes"); }
        using var aes = new AesGcm(key, TagSize);
        aes.Decrypt(segment[..NonceSize], segment[NonceSize..^TagSize], segment[^TagSize..], plain[..length], PlaceOf(file, index, last));
        return length;
    }

    internal static string NameOf(Guid file, int index) => $"{FolderOf(file)}/{index:D8}";

    private static string FolderOf(Guid file) => $"files/{file:D}";

    /// <summary>16 bytes of the file's id as it is written, 8 of the place, 1 that says whether the file ends here.</summary>
    private static byte[] PlaceOf(Guid file, int index, bool last)
    {
        var place = new byte[25];
        file.TryWriteBytes(place, bigEndian: true, out _);
        BinaryPrimitives.WriteInt64BigEndian(place.AsSpan(16), index);
        place[24] = last ? (byte)1 : (byte)0;
        return place;
    }
}

/// <summary>Buffers of exactly one sealed segment; the pool that all share would give twice as much.</summary>
internal static class SegmentBuffers
{
    private const int MostKept = 8;
    private static readonly ConcurrentBag<byte[]> Kept = [];

    internal static byte[] Rent() => Kept.TryTake(out var kept) ? kept : GC.AllocateUninitializedArray<byte>(FileContent.SegmentSize + FileContent.Overhead);

    internal static void Return(byte[] buffer)
    {
        if (Kept.Count < MostKept) { Kept.Add(buffer); }
    }
}

/// <summary>A content key on its way to one receiving key.</summary>
/// <param name="Suite">The suite that wraps it, <see cref="Kernel.Secrets.Suite.Word"/>.</param>
/// <param name="KeyId">Id of the receiving key.</param>
/// <param name="Exchange">Base64 of that from which the receiving key finds the secret.</param>
/// <param name="Wrapped">Base64 of the content key encrypted under the secret, tag behind it.</param>
internal sealed record KeyWrap(string Suite, string KeyId, string Exchange, string Wrapped)
{
    /// <summary>Wraps a content key to a receiving key.</summary>
    internal static KeyWrap To(OrganisationKey receiver, Guid file, byte[] contentKey)
    {
        var suite = Kernel.Secrets.Suite.Of(receiver.Suite);
        var (exchange, secret) = suite.MakeSecret(receiver.PublicKey);
        var wrapped = new byte[contentKey.Length + Kernel.Secrets.Suite.TagSize];
        suite.Encrypt(secret, InfoOf(file), [], contentKey, wrapped);
        CryptographicOperations.ZeroMemory(secret);
        return new KeyWrap(suite.Word, receiver.KeyId, Convert.ToBase64String(exchange), Convert.ToBase64String(wrapped));
    }

    /// <summary>The content key, found by the organisation's receiving key that the hosted node holds.</summary>
    /// <exception cref="CryptographicException">The key is not there, or the wrap was made for another file or altered.</exception>
    internal static async Task<byte[]> OpenAsync(OrganisationKeys keys, string? text, Guid file, CancellationToken ct)
    {
        var wrap = text is null ? null : Parse(text);
        if (wrap is null || await keys.FindAsync(wrap.KeyId, ct) is not { Use: KeyUse.Receive } receiver) { throw new CryptographicException("The content key is gone"); }
        using var opening = keys.OpenReceiver(receiver);
        return wrap.Open(opening, file);
    }

    /// <summary>Reads a wrap strictly; null for anything else.</summary>
    internal static KeyWrap? Parse(string text) => Engine.Strict.Parse<KeyWrap>(text);

    /// <summary>The content key, found by the receiving key that it was wrapped to.</summary>
    /// <exception cref="CryptographicException">The wrap was made for another key or file, or altered.</exception>
    internal byte[] Open(ReceivingKey opening, Guid file)
    {
        var secret = opening.FindSecret(Convert.FromBase64String(Exchange));
        var contentKey = new byte[FileContent.KeySize];
        Kernel.Secrets.Suite.Parse(Suite).Decrypt(secret, InfoOf(file), [], Convert.FromBase64String(Wrapped), contentKey);
        CryptographicOperations.ZeroMemory(secret);
        return contentKey;
    }

    internal string ToText() => CanonicalJson.Of(this);

    /// <summary>What the wrapping key is derived for: the content key of this very file.</summary>
    private static byte[] InfoOf(Guid file) => [.. "zhengtong-file-key-1"u8, .. file.ToByteArray(bigEndian: true)];
}

/// <summary>Opens one segment into the buffer: the bytes it holds, or -1 when it is not there.</summary>
internal delegate Task<int> SegmentReader(int index, bool last, Memory<byte> plain, CancellationToken ct);

/// <summary>The plaintext of a complete file as a stream that can be read from any place, wherever its segments lie; one at a time is in memory.</summary>
internal sealed class FileReading(SegmentReader segments, byte[] key, Guid file, long length) : Stream
{
    private byte[]? plain = SegmentBuffers.Rent();
    private int held = -1;

    public override bool CanRead => true;

    public override bool CanSeek => true;

    public override bool CanWrite => false;

    public override long Length => length;

    public override long Position { get; set; }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (Position >= length || buffer.Length == 0)
        {
            // Nothing to give, but an empty file is proved empty.
            if (length == 0) { await HoldAsync(0, cancellationToken); }
            return 0;
        }

        var index = (int)(Position / FileContent.SegmentSize);
        await HoldAsync(index, cancellationToken);
        var from = (int)(Position % FileContent.SegmentSize);
        var count = Math.Min(buffer.Length, FileContent.SizeOf(length, index) - from);
        plain.AsMemory(from, count).CopyTo(buffer);
        Position += count;
        return count;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("Read asynchronously");

    public override long Seek(long offset, SeekOrigin origin) => Position = origin switch
    {
        SeekOrigin.Begin => offset,
        SeekOrigin.Current => Position + offset,
        _ => length + offset,
    };

    public override void Flush() { }

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (plain is { } rented)
        {
            plain = null;
            CryptographicOperations.ZeroMemory(rented);
            CryptographicOperations.ZeroMemory(key);
            SegmentBuffers.Return(rented);
        }

        base.Dispose(disposing);
    }

    private async Task HoldAsync(int index, CancellationToken ct)
    {
        if (held == index) { return; }
        held = -1;
        var read = await segments(index, index == FileContent.SegmentsOf(length) - 1, plain, ct);
        if (read < 0) { throw new IOException($"Segment {index} of file {file} is gone"); }
        if (read != FileContent.SizeOf(length, index)) { throw new CryptographicException($"Segment {index} of file {file} holds {read} bytes"); }
        held = index;
    }
}
