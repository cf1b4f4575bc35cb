using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Jobs;
using Zhengtong.OpenData.Import;
using Zhengtong.OpenData.Import.Slices;
using Zhengtong.OpenData.Model;

namespace Zhengtong.OpenData.Publishing;

/// <summary>The page's form for files. Its parts are read one after the other, so that a large file is never held anywhere but in the store.</summary>
internal static class AddFileByForm
{
    private const string TokenField = "__RequestVerificationToken";
    private const int FieldLength = 4000;

    internal static void Map(IEndpointRouteBuilder app) => app.MapPost("/work/open-data/{id:guid}/files", Handle).Requires(Right.OpenData).TakesUpTo(null).DisableRequestTimeout().ExcludeFromDescription();

    /// <summary>Leads back to the page, which says what came of it.</summary>
    internal static async Task<RedirectHttpResult> Handle(Guid id, HttpContext http, Actor actor, ZhengtongDb db, Reconcilers reconcilers, DraftFiles files, IAntiforgery antiforgery, TimeProvider clock, CancellationToken ct)
    {
        var (added, problem) = await TakeAsync(id, http, actor, files, antiforgery, ct);
        // What can be a table becomes one without being asked for; how it is read can be changed afterwards.
        if (added is not null && (FileImport.Reads(added.Format) || ImportAccess.FormatOf(added.FileName) is not null))
        {
            db.ChangeTracker.Clear();
            await ImportResource.Handle(id, added.Id, new ImportResourceRequest(), actor, db, reconcilers, clock, ct);
        }

        return TypedResults.LocalRedirect($"/work/open-data/{id}?{(problem is null ? "done=file-added" : $"refused={problem.ProblemDetails.Extensions["code"]}")}");
    }

    private static async Task<(DatasetResource? Added, ProblemHttpResult? Problem)> TakeAsync(Guid dataset, HttpContext http, Actor actor, DraftFiles files, IAntiforgery antiforgery, CancellationToken ct)
    {
        if (!MediaTypeHeaderValue.TryParse(http.Request.ContentType, out var type) || HeaderUtilities.RemoveQuotes(type.Boundary).Value is not { Length: > 0 and <= 200 } boundary) { return (null, KernelProblems.UnsupportedMedia.Because()); }
        var parts = new MultipartReader(boundary, http.Request.Body) { HeadersLengthLimit = 16 * 1024 };
        var trusted = false;
        Guid? replaces = null;
        while (await parts.ReadNextSectionAsync(ct) is { } part)
        {
            if (!ContentDispositionHeaderValue.TryParse(part.ContentDisposition, out var disposition)) { return (null, KernelProblems.Malformed.Because()); }
            switch (HeaderUtilities.RemoveQuotes(disposition.Name).Value)
            {
                case TokenField:
                    // By its header, or antiforgery would read the form itself.
                    http.Request.Headers["RequestVerificationToken"] = await ReadAsync(part, ct);
                    trusted = await antiforgery.IsRequestValidAsync(http);
                    break;
                case "replaces":
                    if (Guid.TryParse(await ReadAsync(part, ct), out var id)) { replaces = id; }
                    break;
                case "file":
                    // The token stands before the file, so that nothing of an untrusted form is taken in.
                    if (!trusted) { return (null, KernelProblems.FormExpired.Because()); }
                    var name = disposition.FileNameStar is { HasValue: true, Length: > 0 } star ? star.Value! : HeaderUtilities.RemoveQuotes(disposition.FileName).Value ?? "";
                    return await files.AddAsync(dataset, new NewDatasetFile(name, null, replaces), part.Body, actor, ct);
                default: break;
            }
        }

        return (null, KernelProblems.Malformed.Because("file"));
    }

    private static async Task<string> ReadAsync(MultipartSection part, CancellationToken ct)
    {
        using var reader = new StreamReader(part.Body);
        var text = new char[FieldLength];
        return new string(text, 0, await reader.ReadBlockAsync(text, ct));
    }
}
