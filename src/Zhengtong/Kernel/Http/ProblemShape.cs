using System.Diagnostics;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Mvc;

namespace Zhengtong.Kernel.Http;

/// <summary>One shape for every refusal, whoever made it: a slice, validation, authorization or the server itself.</summary>
internal static class ProblemShape
{
    /// <summary>The Kernel's problem for a status that nobody explained.</summary>
    internal static ProblemType For(int status) => status switch
    {
        401 => KernelProblems.NotSignedIn,
        403 => KernelProblems.Forbidden,
        404 => KernelProblems.NotFound,
        405 => KernelProblems.MethodNotAllowed,
        413 => KernelProblems.TooLarge,
        415 => KernelProblems.UnsupportedMedia,
        429 => KernelProblems.TooMany,
        >= 500 => KernelProblems.Internal,
        _ => KernelProblems.Malformed,
    };

    /// <summary>Gives code, title, type and trace id to a problem that lacks them.</summary>
    internal static void Complete(ProblemDetails problem, HttpContext http)
    {
        if (!problem.Extensions.ContainsKey("code"))
        {
            var type = problem is HttpValidationProblemDetails ? KernelProblems.Invalid : For(problem.Status ?? http.Response.StatusCode);
            problem.Extensions["code"] = type.Code;
            problem.Title = type.Title;
            problem.Type = $"/docs/errors#{type.Code}";
            if (problem is HttpValidationProblemDetails invalid) { invalid.Errors = invalid.Errors.ToDictionary(e => AsOnTheWire(e.Key), e => e.Value); }
        }

        problem.Extensions["traceId"] = Activity.Current?.Id ?? http.TraceIdentifier;
    }

    /// <summary>Writes the problem of the response's status, unless a body stands there already.</summary>
    internal static Task WriteAsync(HttpContext http) => For(http.Response.StatusCode) switch
    {
        var type when type.Status != http.Response.StatusCode => new ProblemType(type.Code, http.Response.StatusCode).Because().ExecuteAsync(http),
        var type => type.Because().ExecuteAsync(http),
    };

    /// <summary><c>Items[0].SharingType</c> becomes <c>items[0].sharingType</c>.</summary>
    private static string AsOnTheWire(string path) =>
        string.Join('.', path.Split('.').Select(part => part.Length == 0 ? part : char.ToLowerInvariant(part[0]) + part[1..]));
}

/// <summary>Turns a request that cannot be read (malformed JSON, wrong types, too large) into its problem; anything else is a fault of ours and stays hidden.</summary>
internal sealed class UnreadableRequests : IExceptionHandler
{
    public async ValueTask<bool> TryHandleAsync(HttpContext http, Exception exception, CancellationToken ct)
    {
        if (exception is not BadHttpRequestException unreadable) { return false; }
        http.Response.StatusCode = unreadable.StatusCode;
        var type = ProblemShape.For(unreadable.StatusCode);
        var where = unreadable.InnerException is System.Text.Json.JsonException json ? $"{json.Path} ({json.LineNumber}:{json.BytePositionInLine})" : null;
        await type.Because(where).ExecuteAsync(http);
        return true;
    }
}
