using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http.HttpResults;
using Zhengtong.Kernel;

namespace Zhengtong.Cloud.OpenStack;

/// <summary>A refusal as OpenStack's services say it: compute and images <c>{"itemNotFound":{"code":404,"message":"..."}}</c>, identity <c>{"error":{"code":401,"message":"...","title":"..."}}</c>.</summary>
internal sealed class OpenStackRefusal : IResult, IStatusCodeHttpResult
{
    private readonly int status;
    private readonly string message;

    private OpenStackRefusal(int status, string message) => (this.status, this.message) = (status, message);

    /// <inheritdoc/>
    public int? StatusCode => status;

    internal static OpenStackRefusal BadRequest(string message) => new(400, message);

    internal static OpenStackRefusal Unauthorized(string message) => new(401, message);

    internal static OpenStackRefusal Forbidden(string message) => new(403, message);

    internal static OpenStackRefusal NotFound(string what) => new(404, Text.Of("cloud.openstack.not-found", what));

    internal static OpenStackRefusal Conflict(string message) => new(409, message);

    internal static OpenStackRefusal NoSuchVersion(string message) => new(406, message);

    /// <summary>One of our own refusals, with all it says; a quota that is exceeded is forbidden there.</summary>
    internal static OpenStackRefusal Of(ProblemHttpResult problem)
    {
        var details = problem.ProblemDetails;
        var code = details.Extensions.TryGetValue("code", out var known) ? known as string : null;
        var errors = details.Extensions.TryGetValue("errors", out var found) && found is IReadOnlyDictionary<string, string[]> faults
            ? string.Join("; ", faults.Select(f => $"{f.Key}: {string.Join(' ', f.Value)}")) : null;
        var said = string.Join(": ", new[] { details.Title, details.Detail, errors }.Where(s => !string.IsNullOrEmpty(s)));
        return new OpenStackRefusal(code == CloudProblems.QuotaExceeded.Code || code == CloudProblems.OrderNoQuota.Code ? 403 : problem.StatusCode, code is null ? said : $"{said} ({code})");
    }

    public Task ExecuteAsync(HttpContext httpContext)
    {
        httpContext.Response.StatusCode = status;
        var isIdentity = httpContext.Request.Path.StartsWithSegments($"{OpenStackModule.Root}/identity");
        var body = new JsonObject { ["code"] = status, ["message"] = message };
        if (isIdentity) { body["title"] = Microsoft.AspNetCore.WebUtilities.ReasonPhrases.GetReasonPhrase(status); }
        return httpContext.Response.WriteAsJsonAsync(new JsonObject { [isIdentity ? "error" : NameOf(status)] = body }, httpContext.RequestAborted);
    }

    private static string NameOf(int status) => status switch
    {
        400 => "badRequest", 401 => "unauthorized", 403 => "forbidden", 404 => "itemNotFound", 405 => "badMethod", 406 => "notAcceptable", 409 => "conflictingRequest", 413 or 429 => "overLimit", 503 => "serviceUnavailable",
        >= 500 => "computeFault", _ => "badRequest",
    };
}
