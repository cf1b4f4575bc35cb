using System.Diagnostics;
using System.Text.RegularExpressions;
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
        504 => KernelProblems.TimedOut,
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
        }

        problem.Extensions["traceId"] = Activity.Current?.Id ?? http.TraceIdentifier;
    }
}

/// <summary>Turns a request that cannot be read (malformed JSON, wrong types, too large) into its problem; anything else is for <see cref="OurFaults"/>.</summary>
internal sealed partial class UnreadableRequests : IExceptionHandler
{
    public async ValueTask<bool> TryHandleAsync(HttpContext http, Exception exception, CancellationToken ct)
    {
        if (exception is not BadHttpRequestException unreadable) { return false; }
        http.Response.StatusCode = unreadable.StatusCode;
        var type = ProblemShape.For(unreadable.StatusCode);
        await type.Because(Where(unreadable)).ExecuteAsync(http);
        return true;
    }

    /// <summary>The place in the body, or the parameter, that could not be read. The serializer says only in its message which members are missing or unknown.</summary>
    private static string? Where(BadHttpRequestException unreadable)
    {
        if (unreadable.InnerException is not System.Text.Json.JsonException json)
        {
            return Parameter().Match(unreadable.Message) is { Success: true } parameter ? parameter.Groups[1].Value : null;
        }

        var place = $"{json.Path} ({json.LineNumber}:{json.BytePositionInLine})";
        if (Missing().Match(json.Message) is { Success: true } missing) { return $"{Text.Of("kernel.malformed.missing", missing.Groups[1].Value.Replace("'", "", StringComparison.Ordinal))}; {place}"; }
        if (Unknown().Match(json.Message) is { Success: true } unknown) { return $"{Text.Of("kernel.malformed.unknown", unknown.Groups[1].Value)}; {place}"; }
        return place;
    }

    [GeneratedRegex("""parameter "[^"]*?(\w+)" from""")]
    private static partial Regex Parameter();

    [GeneratedRegex("was missing required properties including: (.*?)\\.( Path:|$)")]
    private static partial Regex Missing();

    [GeneratedRegex("The JSON property '([^']*)' could not be mapped")]
    private static partial Regex Unknown();
}
