using System.IO.Pipelines;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Net.Http.Headers;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;
using Zhengtong.OpenData.Keys;
using Zhengtong.OpenData.Reuse;
using Zhengtong.OpenData.Tables;

namespace Zhengtong.OpenData.Ckan;

/// <summary>Calls an action and puts its answer into CKAN's envelope.</summary>
internal static partial class CkanEndpoint
{
    internal static readonly JsonSerializerOptions Written = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>How answers are written.</summary>
    internal static readonly JsonWriterOptions Writing = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>GET and POST of an action.</summary>
    internal static async Task HandleAsync(HttpContext http, string name, ZhengtongDb db, TableEngine engine, TimeProvider clock, ILoggerFactory loggers)
    {
        Share(http);
        try
        {
            var action = CkanActions.Find(name) ?? throw CkanFault.BadRequest($"Action name not known: {CkanFault.Shortened(name)}");
            if (!action.Reads && HttpMethods.IsGet(http.Request.Method)) { throw CkanFault.BadRequest("JSON Error: Invalid request. Please use POST method for your request"); }
            var actor = await CkanTokens.CallerOfAsync(http.Request, db, clock.GetUtcNow(), http.RequestAborted);
            var mayWrite = !action.Reads && actor.May(Right.OpenData);
            // Who may change something sends rows and files; everybody else keeps to the small body of any request. Only a form with a file is read part by part.
            var streams = mayWrite && action.TakesFile && CkanUpload.IsMultipart(http.Request);
            if (mayWrite && http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size) { size.MaxRequestBodySize = streams ? null : CkanRequest.MostBytes; }
            var (given, upload) = streams ? await CkanUpload.ReadAsync(http, http.RequestAborted) : (await CkanRequest.ReadAsync(http.Request, action.Reads, http.RequestAborted), null);
            given.Remove("callback");
            var session = Actor.Of(http.User);
            var result = await action.Act(new CkanCall(new CkanParameters(given), db, engine, BaseOf(http), clock.GetUtcNow(), http.RequestAborted)
            {
                Actor = actor,
                Session = session.IsProgram ? Actor.Visitor : session,
                Services = http.RequestServices,
                Upload = upload,
                Granted = await GrantedAsync(http),
            });
            await SendAsync(http, name, result);
        }
        catch (CkanFault fault) { await RefuseAsync(http, name, fault); }
        catch (TableQueryTooCostlyException e) { await RefuseAsync(http, name, CkanFault.Invalid("query", Costly(e))); }
        catch (BadHttpRequestException e) when (!http.Response.HasStarted) { await RefuseAsync(http, name, CkanFault.Of(e.StatusCode, "Bad Request Error", e.StatusCode == 413 ? "Request body too large" : "The request cannot be read")); }
        catch (Exception e) when (e is not OperationCanceledException && !http.Response.HasStarted)
        {
            Failed(loggers.CreateLogger(typeof(CkanEndpoint)), CkanFault.Shortened(name), e);
            await RefuseAsync(http, name, DatabaseErrors.IsOutOfSpace(e) ? CkanFault.StoreFull() : CkanFault.Of(500, "Internal Server Error", "Internal Server Error"));
        }
    }

    /// <summary>CKAN's own words for time; it knows no other bound.</summary>
    internal static string Costly(TableQueryTooCostlyException e) => e.Of switch { TableCost.Memory => "Search needs too much memory", TableCost.Size => "Search result too large", _ => "Search took too long" };

    /// <summary>Anybody's page may read what everybody may read.</summary>
    internal static void Share(HttpContext http)
    {
        var headers = http.Response.Headers;
        headers.AccessControlAllowOrigin = "*";
        headers.AccessControlAllowMethods = "GET, POST, OPTIONS";
        headers.AccessControlAllowHeaders = "X-CKAN-API-KEY, Authorization, Content-Type";
    }

    /// <summary>What a browser asks before it calls from another site's page.</summary>
    internal static IResult Preflight(HttpContext http)
    {
        Share(http);
        http.Response.Headers.AccessControlMaxAge = "86400";
        return TypedResults.NoContent();
    }

    /// <summary>Too many calls from one address; Retry-After is set already.</summary>
    internal static Task RefuseTooManyAsync(HttpContext http)
    {
        Share(http);
        return RefuseAsync(http, NameOf(http), CkanFault.Of(429, "Too Many Requests Error", "Too many requests from this address; the header Retry-After says in how many seconds to go on"));
    }

    /// <summary>What a key needs for a call.</summary>
    internal static KeyScope ScopeOf(HttpContext http) => http.Request.Path.StartsWithSegments("/datastore") ? KeyScope.Downloads
        : NameOf(http) is "datastore_search_sql" ? KeyScope.Sql : NameOf(http).StartsWith("datastore_", StringComparison.Ordinal) ? KeyScope.Rows : KeyScope.Catalogue;

    /// <summary>A call that was not let in: over a limit, or with a key that is not good for it.</summary>
    internal static IResult Refused(HttpContext http, Admission admission)
    {
        Share(http);
        var fault = admission.Problem == OpenDataProblems.TooMany
            ? CkanFault.Of(429, "Too Many Requests Error", "Too many requests; the header Retry-After says in how many seconds to go on")
            : CkanFault.Forbidden(admission.Problem!.Title);
        return Results.Text(BodyOf(http, NameOf(http), fault), "application/json", Encoding.UTF8, fault.Status);
    }

    /// <summary>The call took longer than a request may.</summary>
    internal static Task RefuseTimedOutAsync(HttpContext http) => RefuseAsync(http, NameOf(http), CkanFault.Of(504, "Timeout Error", "The request took too long"));

    internal static ValueTask<IReadOnlySet<Guid>> GrantedAsync(HttpContext http) => http.RequestServices.GetRequiredService<Readers>().GrantedAsync(http.RequestAborted);

    internal static string BaseOf(HttpContext http) => $"{http.Request.Scheme}://{http.Request.Host}{http.Request.PathBase}";

    private static string NameOf(HttpContext http) => http.GetRouteValue("name") as string ?? "";

    private static string HelpOf(HttpContext http, string name) => $"{BaseOf(http)}/api/3/action/help_show?name={Uri.EscapeDataString(CkanFault.Shortened(name))}";

    private static Task RefuseAsync(HttpContext http, string name, CkanFault fault)
    {
        http.Response.StatusCode = fault.Status;
        http.Response.ContentType = "application/json;charset=utf-8";
        return http.Response.WriteAsync(BodyOf(http, name, fault), Encoding.UTF8, http.RequestAborted);
    }

    private static string BodyOf(HttpContext http, string name, CkanFault fault)
    {
        JsonNode body = fault.Body is JsonObject error ? new JsonObject { ["help"] = HelpOf(http, name), ["success"] = false, ["error"] = error.DeepClone() } : fault.Body.DeepClone();
        return body.ToJsonString(Written);
    }

    private static async Task SendAsync(HttpContext http, string name, object? result)
    {
        var callback = HttpMethods.IsGet(http.Request.Method) && http.Request.Query["callback"] is [{ } function] && FunctionName().IsMatch(function) ? function : null;
        var response = http.Response;
        if (result is CkanWritten { Tag: { } tag } && HttpMethods.IsGet(http.Request.Method) && callback is null)
        {
            // Packed on the way it is other bytes.
            var entity = new EntityTagHeaderValue($"\"{tag}\"", isWeak: true);
            response.Headers.ETag = entity.ToString();
            response.Headers.CacheControl = "no-cache";
            if (http.Request.GetTypedHeaders().IfNoneMatch.Any(t => t.Compare(entity, useStrongComparison: false) || t.Equals(EntityTagHeaderValue.Any)))
            {
                response.StatusCode = StatusCodes.Status304NotModified;
                return;
            }
        }

        response.ContentType = callback is null ? "application/json;charset=utf-8" : "application/javascript;charset=utf-8";
        var body = response.BodyWriter;
        if (callback is not null) { await body.WriteAsync(Encoding.ASCII.GetBytes(callback + "(")); }
        await using (var json = new Utf8JsonWriter(body, Writing))
        {
            json.WriteStartObject();
            json.WriteString("help", HelpOf(http, name));
            json.WriteBoolean("success", true);
            json.WritePropertyName("result");
            if (result is CkanWritten written) { await written.Write(json, () => FlushAsync(json, body, http.RequestAborted)); }
            else if (result is JsonNode node) { node.WriteTo(json, Written); }
            else { json.WriteNullValue(); }
            json.WriteEndObject();
        }

        if (callback is not null) { await body.WriteAsync(");"u8.ToArray()); }
        await body.FlushAsync(http.RequestAborted);
    }

    private static async Task FlushAsync(Utf8JsonWriter json, PipeWriter body, CancellationToken ct)
    {
        await json.FlushAsync(ct);
        await body.FlushAsync(ct);
    }

    [GeneratedRegex(@"^[A-Za-z_$][A-Za-z0-9_$.\[\]]{0,99}$")]
    private static partial Regex FunctionName();

    [LoggerMessage(Level = LogLevel.Error, Message = "The CKAN action {Action} failed")]
    private static partial void Failed(ILogger logger, string action, Exception exception);
}
