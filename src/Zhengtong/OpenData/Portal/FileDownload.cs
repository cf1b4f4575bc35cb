using System.Buffers;
using Microsoft.AspNetCore.Http.Headers;
using Microsoft.Net.Http.Headers;
using Zhengtong.Kernel.Objects;

namespace Zhengtong.OpenData.Portal;

/// <summary>A file that lies somewhere, to be saved: whole or one range of it (RFC 9110), with its digest in <c>Repr-Digest</c> (RFC 9530), in constant memory.
/// A whole answer whose bytes turn out damaged is cut off before its end.</summary>
/// <param name="digest">SHA-256 of its bytes.</param>
/// <param name="length">Its size in bytes.</param>
/// <param name="mediaType">What it is.</param>
/// <param name="fileName">What it is saved as.</param>
/// <param name="modified">When it was published.</param>
/// <param name="open">Opens the range from the first place to the second, or the whole file for null.</param>
/// <param name="whenBegun">Called once before the first byte of a download that starts at the beginning.</param>
internal sealed class FileDownload(Digest digest, long length, string mediaType, string fileName, DateTimeOffset modified, Func<(long From, long To)?, CancellationToken, Task<Stream>> open, Func<Task> whenBegun) : IResult
{
    private const int BufferSize = 128 * 1024;

    /// <summary>Its entity tag, without quotation marks; the digest unless another was given out before the digest was known.</summary>
    internal string Tag { get; init; } = digest.Value;

    /// <summary>An object of the store.</summary>
    internal static FileDownload Of(ObjectStore store, Digest digest, long length, string mediaType, string fileName, DateTimeOffset modified, Func<Task> whenBegun) => new(digest, length, mediaType, fileName, modified,
        async (range, ct) => await (range is var (from, to) ? store.OpenRangeAsync(digest, from, to, ct) : store.OpenAsync(digest, ct)) ?? throw new IOException($"Object {digest} is published and not in the store"), whenBegun);

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var (request, response) = (httpContext.Request, httpContext.Response);
        var ct = httpContext.RequestAborted;
        var (tag, stamp) = (new EntityTagHeaderValue($"\"{Tag}\""), new DateTimeOffset(modified.UtcTicks / TimeSpan.TicksPerSecond * TimeSpan.TicksPerSecond, TimeSpan.Zero));
        var asked = request.GetTypedHeaders();
        var answer = response.GetTypedHeaders();
        answer.ETag = tag;
        answer.LastModified = stamp;
        response.Headers.AcceptRanges = "bytes";
        response.Headers.CacheControl = "no-cache";
        response.Headers["Repr-Digest"] = $"sha-256=:{Convert.ToBase64String(Convert.FromHexString(digest.Value))}:";
        if (asked.IfMatch is { Count: > 0 } must && !must.Any(t => t.Equals(EntityTagHeaderValue.Any) || t.Compare(tag, useStrongComparison: true)))
        {
            response.StatusCode = StatusCodes.Status412PreconditionFailed;
            return;
        }

        var known = asked.IfNoneMatch is { Count: > 0 } tags ? tags.Any(t => t.Equals(EntityTagHeaderValue.Any) || t.Compare(tag, useStrongComparison: false)) : asked.IfModifiedSince >= stamp;
        if (known)
        {
            response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        // The publisher's word for the type is shown but never opened as a page of ours: it is always saved.
        response.ContentType = mediaType;
        answer.ContentDisposition = Attachment(fileName);
        // Compressed on the way it would be another representation, with another digest and other ranges.
        response.Headers.ContentEncoding = "identity";
        var (from, to) = (0L, length - 1);
        if (RangeOf(asked, tag, stamp) is { } range)
        {
            if (Bounds(range) is not { } bounds)
            {
                response.StatusCode = StatusCodes.Status416RangeNotSatisfiable;
                answer.ContentRange = new ContentRangeHeaderValue(length);
                return;
            }

            (from, to) = bounds;
            response.StatusCode = StatusCodes.Status206PartialContent;
            answer.ContentRange = new ContentRangeHeaderValue(from, to, length);
        }

        response.ContentLength = to - from + 1;
        if (HttpMethods.IsHead(request.Method)) { return; }
        await using var content = await open(response.StatusCode == StatusCodes.Status206PartialContent ? (from, to) : null, ct);
        if (from == 0) { await whenBegun(); }
        await CopyAsync(content, response.Body, to - from + 1, ct);
    }

    /// <summary>A header that saves under the name in every browser: plain letters for old ones, the whole name beside (RFC 6266).</summary>
    internal static ContentDispositionHeaderValue Attachment(string fileName)
    {
        var header = new ContentDispositionHeaderValue("attachment");
        header.SetHttpFileName(fileName);
        return header;
    }

    /// <summary>The one range asked for; null for the whole, which also answers several ranges and a range of what has changed.</summary>
    private static RangeItemHeaderValue? RangeOf(RequestHeaders asked, EntityTagHeaderValue tag, DateTimeOffset stamp)
    {
        if (asked.Range is not { } range || range.Unit != "bytes" || range.Ranges.Count != 1) { return null; }
        if (asked.IfRange is { } condition && !(condition.EntityTag?.Compare(tag, useStrongComparison: true) ?? condition.LastModified == stamp)) { return null; }
        return range.Ranges.First();
    }

    private (long From, long To)? Bounds(RangeItemHeaderValue range) => range switch
    {
        { From: { } from } => from < length ? (from, Math.Min(range.To ?? long.MaxValue, length - 1)) : null,
        { To: { } last } => last > 0 && length > 0 ? (Math.Max(0, length - last), length - 1) : null,
        _ => null,
    };

    private static async Task CopyAsync(Stream content, Stream body, long bytes, CancellationToken ct)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            for (int read; bytes > 0 && (read = await content.ReadAsync(buffer.AsMemory(0, (int)Math.Min(buffer.Length, bytes)), ct)) > 0; bytes -= read)
            {
                // The read behind the last byte verifies a whole object, before its last block goes out.
                if (bytes == read && content is VerifyingStream && await content.ReadAsync(new byte[1], ct) > 0) { throw new IOException("The object is longer than its record"); }
                await body.WriteAsync(buffer.AsMemory(0, read), ct);
            }

            if (bytes > 0) { throw new EndOfStreamException($"{bytes} bytes are missing"); }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
