using System.Security.Cryptography;
using System.Text;
using Microsoft.Net.Http.Headers;

namespace Zhengtong.OpenData.Descriptions;

/// <summary>A document that anybody may read: with an entity tag and a date, so that a reader who has it is told so (RFC 9110), and written in pieces.</summary>
internal sealed class PublicAnswer : IResult
{
    private readonly string mediaType;
    private readonly string state;
    private readonly DateTimeOffset? modified;
    private readonly Func<Stream, CancellationToken, Task> write;

    /// <param name="mediaType">Its media type, with its character set where it has one.</param>
    /// <param name="state">What tells one state of its content from another; address and program are added.</param>
    /// <param name="modified">When its content last changed; null when that is not known.</param>
    /// <param name="write">Writes it.</param>
    internal PublicAnswer(string mediaType, string state, DateTimeOffset? modified, Func<Stream, CancellationToken, Task> write) =>
        (this.mediaType, this.state, this.modified, this.write) = (mediaType, state, modified, write);

    /// <summary>Address of the same document without negotiation; null when this is it.</summary>
    internal string? ContentLocation { get; init; }

    /// <summary>What it is saved as; null to be shown.</summary>
    internal string? FileName { get; init; }

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var (request, response) = (httpContext.Request, httpContext.Response);
        // Weak: the pipeline compresses, so bytes may differ where content does not. Another version of the program may write the same state in other words.
        var content = SHA256.HashData(Encoding.UTF8.GetBytes($"{typeof(PublicAnswer).Module.ModuleVersionId}\n{PortalAddress.Of(httpContext).Base}\n{mediaType}\n{state}"));
        var tag = new EntityTagHeaderValue($"\"{Convert.ToHexStringLower(content.AsSpan(0, 16))}\"", isWeak: true);
        var stamp = modified is { } at ? new DateTimeOffset(at.UtcTicks - (at.UtcTicks % TimeSpan.TicksPerSecond), TimeSpan.Zero) : (DateTimeOffset?)null;
        var (asked, answer) = (request.GetTypedHeaders(), response.GetTypedHeaders());
        (answer.ETag, answer.LastModified) = (tag, stamp);
        response.Headers.CacheControl = "public, no-cache";
        if (ContentLocation is not null) { response.Headers.ContentLocation = ContentLocation; }
        var known = asked.IfNoneMatch is { Count: > 0 } tags ? tags.Any(t => t.Equals(EntityTagHeaderValue.Any) || t.Compare(tag, useStrongComparison: false)) : stamp <= asked.IfModifiedSince;
        if (known)
        {
            response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        response.ContentType = mediaType;
        if (FileName is not null)
        {
            var disposition = new ContentDispositionHeaderValue("attachment");
            disposition.SetHttpFileName(FileName);
            answer.ContentDisposition = disposition;
        }

        if (!HttpMethods.IsHead(request.Method)) { await write(response.Body, httpContext.RequestAborted); }
    }
}
