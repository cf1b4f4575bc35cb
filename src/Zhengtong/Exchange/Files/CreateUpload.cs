using Microsoft.AspNetCore.Http.HttpResults;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.Exchange.Files;

/// <summary>tus creation: <c>POST /tus</c>, with the first bytes when the client sends them along.</summary>
internal static class CreateUpload
{
    internal static void Map(IEndpointRouteBuilder app) => app.MapPost(Tus.Path, Handle).AddEndpointFilter(Tus.GuardAsync).TakesUpTo(null).DisableRequestTimeout().ExcludeFromDescription();

    internal static async Task<Results<StatusCodeHttpResult, ProblemHttpResult>> Handle(HttpContext http, Actor actor, FileIntake intake, CancellationToken ct)
    {
        var (request, response) = (http.Request, http.Response);
        var (valid, length) = Tus.Whole(request, "Upload-Length");
        var deferred = request.Headers["Upload-Defer-Length"].ToString();
        if (!valid || deferred is not ("" or "1") || (length is null) == (deferred.Length == 0)) { return ExchangeProblems.UploadLength.Because("Upload-Length"); }
        var header = request.Headers["Upload-Metadata"].ToString();
        if (Tus.Metadata(header) is not { } metadata) { return ExchangeProblems.UploadMetadata.Because("Upload-Metadata"); }
        if (!Guid.TryParse(metadata.GetValueOrDefault("resource"), out var resource)) { return ExchangeProblems.UploadMetadata.Because("resource"); }
        var hasBytes = request.ContentLength is > 0 || request.Headers.TransferEncoding.Count > 0;
        if (hasBytes && !Tus.HasContentType(request)) { return KernelProblems.UnsupportedMedia.Because(Tus.ContentType); }
        if (hasBytes && request.ContentLength > length) { return ExchangeProblems.UploadTooLarge.Because($"{length}"); }
        var (named, checksum) = Tus.ChecksumOf(request);
        if (!named) { return ExchangeProblems.ChecksumUnknown.Because(string.Join(' ', Tus.Algorithms.Keys)); }

        var asked = new NewFile(resource, metadata.GetValueOrDefault("filename", ""), metadata.GetValueOrDefault("filetype", ""), length, header);
        var (file, problem) = await intake.BeginAsync(actor, asked, ct);
        if (file is null) { return problem!; }
        if (hasBytes)
        {
            (var appended, problem) = await intake.AppendAsync(actor, file.Id, 0, request.Body, null, checksum, endsHere: false, ct);
            // The upload is there all the same; its address is told with the refusal of its bytes.
            response.Headers.Location = $"{Tus.Path}/{file.Id}";
            if (appended is null) { return problem!; }
            file = appended;
        }

        response.Headers.Location = $"{Tus.Path}/{file.Id}";
        Tus.Say(response, file);
        return TypedResults.StatusCode(StatusCodes.Status201Created);
    }
}
