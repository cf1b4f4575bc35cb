using System.Text;
using System.Text.Json.Nodes;
using Zhengtong.OpenData.Keys;
using Zhengtong.OpenData.Tables;

namespace Zhengtong.OpenData.OData;

/// <summary>A refusal of the interface.</summary>
/// <param name="status">400: not understood; 404: no such thing; 501: understood and not offered.</param>
/// <param name="detail">What is wrong, in English as the standard's tools expect.</param>
internal sealed class ODataException(int status, string detail) : Exception(detail)
{
    /// <summary>400, 404 or 501.</summary>
    internal int Status { get; } = status;
}

/// <summary>Headers and refusals (OData JSON Format 4.0, section 19).</summary>
internal static class ODataAnswer
{
    internal static async ValueTask<object?> FaultsAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;
        http.Response.Headers["OData-Version"] = "4.0";
        http.Response.Headers.AccessControlAllowOrigin = "*";
        try { return await next(context); }
        catch (ODataException e) { return Refusal(e.Status, e.Message); }
        catch (TableQueryException e) { return Refusal(400, e.Message); }
        catch (TableQueryTooCostlyException e) { return Refusal(503, e.Message); }
    }

    /// <summary>How much the answer says of itself: <c>none</c>, <c>minimal</c> or <c>full</c>, from <c>$format</c> or Accept.</summary>
    /// <exception cref="ODataException">Another format than JSON.</exception>
    internal static string MetadataLevel(HttpContext http)
    {
        var format = http.Request.Query["$format"].FirstOrDefault();
        if (format is not null && format != "json" && !format.StartsWith("application/json", StringComparison.Ordinal)) { throw new ODataException(501, "$format: only json"); }
        var asked = format is null or "json" ? http.Request.Headers.Accept.ToString() : format;
        return asked.Contains("metadata=none", StringComparison.Ordinal) ? "none" : asked.Contains("metadata=full", StringComparison.Ordinal) ? "full" : "minimal";
    }

    /// <summary>A call that was not let in.</summary>
    internal static IResult Refused(HttpContext http, Admission admission) => Refusal(admission.Problem!.Status, admission.Problem.Title);

    private static IResult Refusal(int status, string message) => Results.Text(new JsonObject
    {
        ["error"] = new JsonObject
        {
            ["code"] = status switch { 404 => "NotFound", 501 => "NotImplemented", 429 => "TooManyRequests", 401 => "Unauthorized", 403 => "Forbidden", 503 => "TooCostly", _ => "BadRequest" },
            ["message"] = message,
            ["details"] = new JsonArray(),
        },
    }.ToJsonString(), "application/json;odata.metadata=minimal", Encoding.UTF8, status);
}
