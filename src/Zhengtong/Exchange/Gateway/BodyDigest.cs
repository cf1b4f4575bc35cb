using System.Buffers;
using System.Net;
using System.Security.Cryptography;
using Zhengtong.Exchange.Evidence;

namespace Zhengtong.Exchange.Gateway;

/// <summary>Digest and size of a body while it streams by; the body itself when it is short.</summary>
internal sealed class BodyDigest(int keep) : IDisposable
{
    private byte[] kept = [];
    /// <summary>Null while the body is kept: what is whole is hashed in one go.</summary>
    private IncrementalHash? hash;
    private byte[]? digest;

    internal long Bytes { get; private set; }

    /// <summary>SHA-512 of what has come, after which nothing more may; null when nothing came.</summary>
    internal byte[]? Value => Bytes == 0 ? null : digest ??= hash?.GetHashAndReset() ?? SHA512.HashData(kept.AsSpan(0, (int)Bytes));

    /// <summary>The whole body when it is short; null otherwise. Its bytes are lent until this is disposed.</summary>
    internal KeptBody? Kept => hash is null && Bytes > 0 ? new KeptBody(kept.AsMemory(0, (int)Bytes)) : null;

    internal void Append(ReadOnlySpan<byte> piece)
    {
        if (hash is null && Bytes + piece.Length <= keep) { Keep(piece); }
        else
        {
            if (hash is null)
            {
                hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA512);
                hash.AppendData(kept.AsSpan(0, (int)Bytes));
            }

            hash.AppendData(piece);
        }

        Bytes += piece.Length;
    }

    public void Dispose()
    {
        hash?.Dispose();
        if (kept.Length > 0) { ArrayPool<byte>.Shared.Return(kept); }
        kept = [];
    }

    private void Keep(ReadOnlySpan<byte> piece)
    {
        var count = (int)Bytes;
        if (kept.Length < count + piece.Length)
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Min(keep, Math.Max(2 * kept.Length, count + piece.Length)));
            kept.AsSpan(0, count).CopyTo(larger);
            if (kept.Length > 0) { ArrayPool<byte>.Shared.Return(kept); }
            kept = larger;
        }

        piece.CopyTo(kept.AsSpan(count));
    }
}

/// <summary>The consumer's body on its way to the provider: a piece at a time, hashed as it goes.</summary>
/// <param name="source">The request's body.</param>
/// <param name="length">Its length; null when it is not known beforehand.</param>
/// <param name="digest">Takes every piece.</param>
/// <param name="moves">Called with each piece that went.</param>
internal sealed class RelayedBody(Stream source, long? length, BodyDigest digest, Action moves) : HttpContent
{
    private const int Piece = 64 * 1024;

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(Piece);
        try
        {
            while (await source.ReadAsync(buffer, cancellationToken) is var count and > 0)
            {
                digest.Append(buffer.AsSpan(0, count));
                await stream.WriteAsync(buffer.AsMemory(0, count), cancellationToken);
                if (length is null) { await stream.FlushAsync(cancellationToken); }
                moves();
            }
        }
        finally { ArrayPool<byte>.Shared.Return(buffer); }
    }

    protected override bool TryComputeLength(out long computed)
    {
        computed = length ?? 0;
        return length is not null;
    }
}

/// <summary>The answer on its way to the consumer. The last piece is held back until the call is recorded, so that nobody holds an answer that nobody can prove.</summary>
internal sealed class HeldAnswer(HttpResponse response, BodyDigest digest) : IDisposable
{
    private byte[] held = [];
    private int count;

    /// <summary>Sends the piece before, keeps this one.</summary>
    internal async ValueTask WriteAsync(ReadOnlyMemory<byte> piece, CancellationToken ct)
    {
        if (piece.IsEmpty) { return; }
        await SendAsync(ct);
        if (held.Length < piece.Length)
        {
            if (held.Length > 0) { ArrayPool<byte>.Shared.Return(held); }
            held = ArrayPool<byte>.Shared.Rent(piece.Length);
        }

        piece.CopyTo(held);
        count = piece.Length;
        digest.Append(piece.Span);
    }

    /// <summary>Bytes not sent yet.</summary>
    internal int Count => count;

    internal async ValueTask SendAsync(CancellationToken ct)
    {
        if (count == 0) { return; }
        var sending = count;
        count = 0;
        await response.Body.WriteAsync(held.AsMemory(0, sending), ct);
    }

    public void Dispose()
    {
        if (held.Length > 0) { ArrayPool<byte>.Shared.Return(held); }
        held = [];
    }
}
