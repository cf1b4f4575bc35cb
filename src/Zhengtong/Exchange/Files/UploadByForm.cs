using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.Exchange.Files;

/// <summary>The page's form where no script runs. Its parts are read one after the other and the file goes straight into encryption: a form that the server reads by itself
/// would lie in plaintext in a temporary file.</summary>
internal static class UploadByForm
{
    private const string TokenField = "__RequestVerificationToken";
    private const int TokenLength = 4000;

    internal static void Map(IEndpointRouteBuilder app) => app.MapPost("/work/exchange/resources/{id:guid}/upload", Handle)
        .Requires(Right.OperateExchange).TakesUpTo(null).DisableRequestTimeout().ExcludeFromDescription();

    /// <summary>Where the form of a resource goes.</summary>
    internal static string AddressOf(Guid resource) => $"/work/exchange/resources/{resource}/upload";

    /// <summary>Leads back to the page, which says what came of it.</summary>
    internal static async Task<RedirectHttpResult> Handle(
        Guid id, HttpContext http, Actor actor, FileIntake intake, IAntiforgery antiforgery, IOptions<FilesOptions> options, CancellationToken ct)
    {
        var problem = await TakeAsync(id, http, actor, intake, antiforgery, options.Value.FormBytes, ct);
        return TypedResults.LocalRedirect($"/work/exchange/resources/{id}/files?{(problem is null ? "done=true" : $"refused={problem.ProblemDetails.Extensions["code"]}")}");
    }

    private static async Task<ProblemHttpResult?> TakeAsync(
        Guid resource, HttpContext http, Actor actor, FileIntake intake, IAntiforgery antiforgery, long most, CancellationToken ct)
    {
        if (!MediaTypeHeaderValue.TryParse(http.Request.ContentType, out var type) || HeaderUtilities.RemoveQuotes(type.Boundary).Value is not { Length: > 0 and <= 200 } boundary) { return KernelProblems.UnsupportedMedia.Because(); }
        var parts = new MultipartReader(boundary, http.Request.Body) { HeadersLengthLimit = 16 * 1024 };
        var trusted = false;
        while (await parts.ReadNextSectionAsync(ct) is { } part)
        {
            if (!ContentDispositionHeaderValue.TryParse(part.ContentDisposition, out var disposition)) { return KernelProblems.Malformed.Because(); }
            var field = HeaderUtilities.RemoveQuotes(disposition.Name).Value;
            if (field == TokenField)
            {
                using var reader = new StreamReader(part.Body);
                var token = new char[TokenLength];
                var length = await reader.ReadBlockAsync(token, ct);
                // By its header, or antiforgery would read the form itself.
                http.Request.Headers["RequestVerificationToken"] = new string(token, 0, length);
                trusted = await antiforgery.IsRequestValidAsync(http);
            }
            else if (field == "file")
            {
                // The token stands before the file, so that nothing of an untrusted form is taken in.
                if (!trusted) { return KernelProblems.FormExpired.Because(); }
                return await TakeFileAsync(resource, disposition, part, actor, intake, most, ct);
            }
        }

        return ExchangeProblems.UploadMetadata.Because("file");
    }

    private static async Task<ProblemHttpResult?> TakeFileAsync(
        Guid resource, ContentDispositionHeaderValue disposition, MultipartSection part, Actor actor, FileIntake intake, long most, CancellationToken ct)
    {
        var name = disposition.FileNameStar is { HasValue: true, Length: > 0 } star ? star.Value! : HeaderUtilities.RemoveQuotes(disposition.FileName).Value ?? "";
        var (file, problem) = await intake.BeginAsync(actor, new NewFile(resource, name, part.ContentType?.Split(';')[0].Trim() ?? "", null), ct);
        if (file is null) { return problem; }
        var bytes = new Bounded(part.Body, most);
        (var taken, problem) = await intake.AppendAsync(actor, file.Id, 0, bytes, null, null, endsHere: true, ct);
        if (taken is { State: not FileState.Uploading }) { return null; }
        // A form cannot go on after a cut; what arrived is of no use.
        await intake.TerminateAsync(actor, file.Id, CancellationToken.None);
        return bytes.IsTooLong ? ExchangeProblems.UploadTooLarge.Because($"{most}") : problem ?? KernelProblems.Malformed.Because();
    }

    /// <summary>Breaks off, like a connection, behind so many bytes.</summary>
    private sealed class Bounded(Stream inner, long most) : Stream
    {
        private long read;

        internal bool IsTooLong => read > most;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => read; set => throw new NotSupportedException(); }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var count = await inner.ReadAsync(buffer, cancellationToken);
            read += count;
            return IsTooLong ? throw new IOException($"The form holds more than {most} bytes") : count;
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("Read asynchronously");

        public override void Flush() { }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
