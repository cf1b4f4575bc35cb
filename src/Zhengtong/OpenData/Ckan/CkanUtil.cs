using System.Text;
using System.Text.Json.Nodes;
using Zhengtong.OpenData.Tables;

namespace Zhengtong.OpenData.Ckan;

/// <summary>The completions that old clients ask for below <c>/api/2/util</c>.</summary>
internal static class CkanUtil
{
    internal static Task DatasetsAsync(HttpContext http, ZhengtongDb db, TableEngine engine, TimeProvider clock) =>
        AnswerAsync(http, db, engine, clock, "package_autocomplete", "incomplete", 10, found => Result(found.DeepClone().AsArray()));

    internal static Task TagsAsync(HttpContext http, ZhengtongDb db, TableEngine engine, TimeProvider clock) =>
        AnswerAsync(http, db, engine, clock, "tag_autocomplete", "incomplete", 10, found => Result(Named(found, "Name")));

    internal static Task FormatsAsync(HttpContext http, ZhengtongDb db, TableEngine engine, TimeProvider clock) =>
        AnswerAsync(http, db, engine, clock, "format_autocomplete", "incomplete", 5, found => Result(Named(found, "Format")));

    internal static Task GroupsAsync(HttpContext http, ZhengtongDb db, TableEngine engine, TimeProvider clock) =>
        AnswerAsync(http, db, engine, clock, "group_autocomplete", "q", 20, found => found);

    internal static Task OrganisationsAsync(HttpContext http, ZhengtongDb db, TableEngine engine, TimeProvider clock) =>
        AnswerAsync(http, db, engine, clock, "organization_autocomplete", "q", 20, found => found);

    internal static Task UsersAsync(HttpContext http, ZhengtongDb db, TableEngine engine, TimeProvider clock) =>
        AnswerAsync(http, db, engine, clock, "user_autocomplete", "q", 20, found => found);

    private static async Task AnswerAsync(HttpContext http, ZhengtongDb db, TableEngine engine, TimeProvider clock, string action, string parameter, int limit, Func<JsonNode, JsonNode> shape)
    {
        CkanEndpoint.Share(http);
        var typed = CkanRequest.Clean(http.Request.Query[parameter].ToString()).Trim();
        JsonNode found = new JsonArray();
        if (typed.Length > 0)
        {
            // Without a text nothing can be completed; a limit that is no number is the usual one.
            var most = int.TryParse(http.Request.Query["limit"], out var asked) && asked is > 0 and <= 100 ? asked : limit;
            var call = new CkanCall(new CkanParameters(new JsonObject { ["q"] = typed, ["limit"] = most }), db, engine, CkanEndpoint.BaseOf(http), clock.GetUtcNow(), http.RequestAborted);
            found = (JsonNode)(await CkanActions.Find(action)!.Act(call))!;
        }

        http.Response.ContentType = "application/json;charset=utf-8";
        await http.Response.WriteAsync(shape(found).ToJsonString(CkanEndpoint.Written), Encoding.UTF8, http.RequestAborted);
    }

    private static JsonObject Result(JsonArray found) => new() { ["ResultSet"] = new JsonObject { ["Result"] = found } };

    private static JsonArray Named(JsonNode found, string member) => [.. found.AsArray().Select(f => new JsonObject { [member] = f?.DeepClone() })];
}
