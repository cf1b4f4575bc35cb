using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http.Timeouts;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Objects;
using Zhengtong.OpenData.Publishing;

namespace Zhengtong.OpenData.Ckan;

/// <summary>A file that came with a call, in the field <c>upload</c>.</summary>
/// <param name="FileName">As its sender calls it.</param>
/// <param name="Content">Its bytes in the object store, where they are collected unless a draft names them.</param>
internal sealed record CkanUpload(string FileName, PutObject Content)
{
    private const int MostFields = 200;
    private const int LongestField = 100_000;

    /// <summary>True for the form that files come in.</summary>
    internal static bool IsMultipart(HttpRequest request) => request.ContentType?.StartsWith("multipart/form-data", StringComparison.OrdinalIgnoreCase) == true;

    /// <summary>Reads a multipart form part by part: the file goes to the store as it comes, whatever its size.</summary>
    /// <exception cref="CkanFault">400: not such a form; 409: the file is larger than the platform takes.</exception>
    /// <exception cref="IOException">No space is left for the file.</exception>
    internal static async Task<(JsonObject Given, CkanUpload? Upload)> ReadAsync(HttpContext http, CancellationToken ct)
    {
        http.Features.Get<IHttpRequestTimeoutFeature>()?.DisableTimeout();
        if (!MediaTypeHeaderValue.TryParse(http.Request.ContentType, out var type) || HeaderUtilities.RemoveQuotes(type.Boundary).Value is not { Length: > 0 and <= 200 } boundary) { throw Unreadable(); }
        var most = http.RequestServices.GetRequiredService<IOptions<DatasetFilesOptions>>().Value.MaxBytes;
        var store = http.RequestServices.GetRequiredService<ObjectStore>();
        var (given, upload, fields) = (new JsonObject(), default(CkanUpload), 0);
        try
        {
            var parts = new MultipartReader(boundary, http.Request.Body) { HeadersLengthLimit = 16 * 1024 };
            while (await parts.ReadNextSectionAsync(ct) is { } part)
            {
                if (!ContentDispositionHeaderValue.TryParse(part.ContentDisposition, out var disposition) || ++fields > MostFields) { throw Unreadable(); }
                var name = CkanRequest.Clean(HeaderUtilities.RemoveQuotes(disposition.Name).Value ?? "");
                var file = disposition.FileNameStar is { HasValue: true, Length: > 0 } star ? star.Value : HeaderUtilities.RemoveQuotes(disposition.FileName).Value;
                if (name == "upload" && file is { Length: > 0 })
                {
                    if (upload is not null) { throw Unreadable(); }
                    upload = new CkanUpload(CkanRequest.Clean(file), await store.PutAsync(new BoundedStream(part.Body, most), ct));
                    continue;
                }

                using var reader = new StreamReader(part.Body);
                var text = new char[LongestField + 1];
                var length = await reader.ReadBlockAsync(text, ct);
                if (length > LongestField) { throw CkanFault.Invalid(name, $"Length is more than maximum {LongestField}"); }
                var value = JsonValue.Create(CkanRequest.Clean(new string(text, 0, length)));
                if (given[name] is JsonArray several) { several.Add(value); }
                else if (given[name] is { } first) { given[name] = new JsonArray(first.DeepClone(), value); }
                else { given[name] = value; }
            }
        }
        catch (FileTooLongException) { throw CkanFault.Invalid("upload", Text.Of("open-data.file-too-large")); }
        catch (InvalidDataException) { throw Unreadable(); }
        // A full disk is no fault of the form: the endpoint says so.
        catch (IOException e) when (e is not BadHttpRequestException && !DatabaseErrors.IsOutOfSpace(e)) { throw Unreadable(); }
        return (given, upload);
    }

    private static CkanFault Unreadable() => CkanFault.BadRequest("JSON Error: Error decoding form data.");
}
