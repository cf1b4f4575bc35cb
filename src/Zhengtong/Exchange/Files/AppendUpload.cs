using Microsoft.AspNetCore.Http.HttpResults;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.Exchange.Files;

/// <summary>tus <c>PATCH</c>: more bytes of an upload.</summary>
internal static class AppendUpload
{
    internal static void Map(IEndpointRouteBuilder app) =>
        app.MapPatch($"{Tus.Path}/{{id:guid}}", Handle).AddEndpointFilter(Tus.GuardAsync).TakesUpTo(null).DisableRequestTimeout().ExcludeFromDescription();

    internal static async Task<Results<NoContent, ProblemHttpResult>> Handle(Guid id, HttpContext http, Actor actor, FileIntake intake, CancellationToken ct)
    {
        var request = http.Request;
        if (!Tus.HasContentType(request)) { return KernelProblems.UnsupportedMedia.Because(Tus.ContentType); }
        var (valid, offset) = Tus.Whole(request, "Upload-Offset");
        if (!valid || offset is null) { return ExchangeProblems.UploadLength.Because("Upload-Offset"); }
        var (sized, length) = Tus.Whole(request, "Upload-Length");
        if (!sized) { return ExchangeProblems.UploadLength.Because("Upload-Length"); }
        var (named, checksum) = Tus.ChecksumOf(request);
        if (!named) { return ExchangeProblems.ChecksumUnknown.Because(string.Join(' ', Tus.Algorithms.Keys)); }

        var (known, gone) = await intake.FindAsync(actor, id, ct);
        if (known is null) { return gone!; }
        if ((length ?? known.Length) is { } most && request.ContentLength is > 0 and var more && offset == known.Offset && offset + more > most) { return ExchangeProblems.UploadTooLarge.Because($"{most}"); }

        var (file, problem) = await intake.AppendAsync(actor, id, offset.Value, request.Body, length, checksum, endsHere: false, ct);
        if (file is null) { return problem!; }
        Tus.Say(http.Response, file);
        return TypedResults.NoContent();
    }
}
