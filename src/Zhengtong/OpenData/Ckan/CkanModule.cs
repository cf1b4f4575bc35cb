using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http.Timeouts;
using Zhengtong.Kernel.Http;
using Zhengtong.OpenData.Keys;

namespace Zhengtong.OpenData.Ckan;

/// <summary>CKAN's Action API, version 3, its read side: the addresses. What they answer is in docs/ckan.md.</summary>
internal static class CkanModule
{
    internal static void AddCkan(this WebApplicationBuilder builder) => builder.Services.AddSingleton<DatastoreAnswers>();

    internal static void MapCkan(this WebApplication app)
    {
        string[] methods = ["GET", "POST"];
        var timeout = new RequestTimeoutPolicy { Timeout = TimeSpan.FromSeconds(app.Configuration.GetValue("Http:TimeoutSeconds", 100)), WriteTimeoutResponse = CkanEndpoint.RefuseTimedOutAsync };
        var group = app.MapGroup("").AllowAnonymous().ExcludeFromDescription().WithMetadata(new TooManyAnswer(CkanEndpoint.RefuseTooManyAsync));
        group.WithRequestTimeout(timeout).WithPublicLimits("ckan", CkanEndpoint.ScopeOf, CkanEndpoint.Refused);
        // What a browser asks before a call is no call.
        var before = app.MapGroup("").AllowAnonymous().ExcludeFromDescription();
        foreach (var root in (string[])["/api", "/api/3"])
        {
            group.MapMethods($"{root}/action/{{name}}", methods, CkanEndpoint.HandleAsync);
            before.MapMethods($"{root}/action/{{name}}", ["OPTIONS"], CkanEndpoint.Preflight);
        }

        group.MapGet("/api", http => VersionAsync(http, 1));
        foreach (var version in (int[])[1, 2, 3]) { group.MapGet($"/api/{version}", http => VersionAsync(http, version)); }
        foreach (var root in (string[])["/api", "/api/1", "/api/2", "/api/3"])
        {
            group.MapGet($"{root}/util/dataset/autocomplete", CkanUtil.DatasetsAsync);
            group.MapGet($"{root}/util/tag/autocomplete", CkanUtil.TagsAsync);
            group.MapGet($"{root}/util/resource/format_autocomplete", CkanUtil.FormatsAsync);
            group.MapGet($"{root}/util/group/autocomplete", CkanUtil.GroupsAsync);
            group.MapGet($"{root}/util/organization/autocomplete", CkanUtil.OrganisationsAsync);
            group.MapGet($"{root}/util/user/autocomplete", CkanUtil.UsersAsync);
        }

        group.MapGet("/datastore/dump/{id}", DatastoreDump.HandleAsync).DisableRequestTimeout();
        before.MapMethods("/datastore/dump/{id}", ["OPTIONS"], CkanEndpoint.Preflight);
    }

    private static Task VersionAsync(HttpContext http, int version)
    {
        CkanEndpoint.Share(http);
        http.Response.ContentType = "application/json;charset=utf-8";
        return http.Response.WriteAsync(new JsonObject { ["version"] = version }.ToJsonString(), http.RequestAborted);
    }
}
