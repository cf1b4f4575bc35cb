using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Zhengtong.Cloud.Osb;

/// <summary>An answer as Open Service Broker API 2.17 shapes it.</summary>
/// <param name="status">HTTP status.</param>
/// <param name="body">Names as on the wire; what is null is left out.</param>
internal sealed class OsbAnswer(int status, object body) : IResult, IStatusCodeHttpResult
{
    private static readonly JsonSerializerOptions Json = new() { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Seconds after which to ask again, where something is under way.</summary>
    private const string Wait = "5";

    public int? StatusCode => status;

    internal static OsbAnswer Ok(object body) => new(200, body);

    internal static OsbAnswer Nothing(int status) => new(status, new { });

    /// <summary>Under way; an identical request is answered with the same operation.</summary>
    internal static OsbAnswer Accepted(string operation) => new(202, new { operation });

    /// <summary>A refusal. It MUST have changed nothing.</summary>
    /// <param name="status">4xx or 5xx.</param>
    /// <param name="error">One of the protocol's words, or a code of docs/errors.md; null for none.</param>
    /// <param name="description">A sentence in the reader's language.</param>
    internal static OsbAnswer Refuse(int status, string? error, string description) => new(status, new { error, description });

    /// <summary>What a slice refuses. 409 means something else in this protocol: what conflicts here cannot be done now, 422.</summary>
    internal static OsbAnswer Refuse(ProblemHttpResult problem)
    {
        var details = problem.ProblemDetails;
        var faults = details.Extensions.TryGetValue("errors", out var errors) && errors is IReadOnlyDictionary<string, string[]> fields ? string.Join(" ", fields.Select(f => $"{f.Key}: {string.Join(" ", f.Value)}")) : details.Detail;
        return Refuse(problem.StatusCode is 400 ? 400 : 422, details.Extensions.TryGetValue("code", out var code) ? code as string : null, string.IsNullOrEmpty(faults) ? details.Title! : $"{details.Title}: {faults}");
    }

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        httpContext.Response.StatusCode = status;
        if (status == 202) { httpContext.Response.Headers.RetryAfter = Wait; }
        await httpContext.Response.WriteAsJsonAsync(body, Json, httpContext.RequestAborted);
    }
}
