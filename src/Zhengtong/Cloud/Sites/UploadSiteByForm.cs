using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.Cloud.Sites;

/// <summary>The page's form for a site's files, where no script runs.</summary>
internal static class UploadSiteByForm
{
    private const string TokenField = "__RequestVerificationToken";
    private const int TokenLength = 4000;

    internal static void Map(IEndpointRouteBuilder app) => app.MapPost("/work/cloud/resources/{id:guid}/site", Handle).Requires(Right.Apply).TakesUpTo(SiteArchive.MostZipBytes + 64 * 1024).DisableRequestTimeout().ExcludeFromDescription();

    /// <summary>Leads back to the page, which says what came of it.</summary>
    internal static async Task<RedirectHttpResult> Handle(Guid id, HttpContext http, Actor actor, SiteUploads uploads, IAntiforgery antiforgery, CancellationToken ct)
    {
        var problem = await TakeAsync(id, http, actor, uploads, antiforgery, ct);
        return TypedResults.LocalRedirect($"/work/cloud/resources/{id}?{(problem is null ? "done=site-uploaded" : $"refused={problem.ProblemDetails.Extensions["code"]}")}");
    }

    private static async Task<ProblemHttpResult?> TakeAsync(Guid id, HttpContext http, Actor actor, SiteUploads uploads, IAntiforgery antiforgery, CancellationToken ct)
    {
        if (!MediaTypeHeaderValue.TryParse(http.Request.ContentType, out var type) || HeaderUtilities.RemoveQuotes(type.Boundary).Value is not { Length: > 0 and <= 200 } boundary) { return KernelProblems.UnsupportedMedia.Because(); }
        var parts = new MultipartReader(boundary, http.Request.Body) { HeadersLengthLimit = 16 * 1024 };
        var trusted = false;
        while (await parts.ReadNextSectionAsync(ct) is { } part)
        {
            if (!ContentDispositionHeaderValue.TryParse(part.ContentDisposition, out var disposition)) { return KernelProblems.Malformed.Because(); }
            switch (HeaderUtilities.RemoveQuotes(disposition.Name).Value)
            {
                case TokenField:
                    using (var reader = new StreamReader(part.Body))
                    {
                        var token = new char[TokenLength];
                        var length = await reader.ReadBlockAsync(token, ct);
                        // By its header, or antiforgery would read the form itself.
                        http.Request.Headers["RequestVerificationToken"] = new string(token, 0, length);
                        trusted = await antiforgery.IsRequestValidAsync(http);
                    }

                    break;
                case "file":
                    // The token stands before the file, so that nothing of an untrusted form is taken in.
                    return trusted ? (await uploads.TakeAsync(id, part.Body, actor, ct)).Problem : KernelProblems.FormExpired.Because();
                default: break;
            }
        }

        return KernelProblems.Malformed.Because("file");
    }
}
