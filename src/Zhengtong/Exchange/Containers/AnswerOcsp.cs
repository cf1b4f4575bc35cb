using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Zhengtong.Exchange.Containers;

/// <summary>Whether certificates that this platform issued still hold: OCSP (RFC 6960, appendix A) for everybody, in the body of a POST or in the address of a GET.</summary>
internal static class AnswerOcsp
{
    internal const string Address = "/ocsp";
    private const string MediaType = "application/ocsp-response";

    /// <summary>How long whoever stands between may keep an answer: so long a revocation may take to be heard.</summary>
    private const int KeepSeconds = 300;

    internal static void Map(IEndpointRouteBuilder app)
    {
        app.MapPost(Address, Handle).AllowAnonymous().DisableAntiforgery().ExcludeFromDescription();
        app.MapGet($"{Address}/{{**request}}", HandleInAddress).AllowAnonymous().ExcludeFromDescription();
    }

    internal static async Task<FileContentHttpResult> Handle(HttpContext http, OcspResponder responder, CancellationToken ct)
    {
        var bytes = new byte[OcspRequest.MostBytes + 1];
        var length = await http.Request.Body.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, ct);
        http.Response.Headers.CacheControl = "no-store";
        return await AnswerAsync(OcspRequest.Parse(bytes.AsMemory(0, length)), responder, ct);
    }

    internal static async Task<FileContentHttpResult> HandleInAddress(HttpContext http, OcspResponder responder, CancellationToken ct)
    {
        // As it came: base 64 has slashes, escaped or not.
        var raw = http.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        var start = raw.IndexOf(Address, StringComparison.OrdinalIgnoreCase) + Address.Length + 1;
        var text = Uri.UnescapeDataString(raw[Math.Min(start, raw.Length)..].Split('?')[0]);
        var bytes = new byte[OcspRequest.MostBytes];
        var request = Convert.TryFromBase64String(text, bytes, out var length) ? OcspRequest.Parse(bytes.AsMemory(0, length)) : null;
        http.Response.Headers.CacheControl = request is { Nonce: null } ? $"public, max-age={KeepSeconds}, no-transform, must-revalidate" : "no-store";
        return await AnswerAsync(request, responder, ct);
    }

    private static async Task<FileContentHttpResult> AnswerAsync(OcspRequest? request, OcspResponder responder, CancellationToken ct) =>
        TypedResults.Bytes(request is null ? OcspAnswer.Malformed : await responder.AnswerAsync(request, ct), MediaType);
}
