using Microsoft.AspNetCore.Http.HttpResults;
using Zhengtong.OpenData.Model;

namespace Zhengtong.OpenData.Portal;

/// <summary>The address of a theme as other portals write it: leads to its datasets.</summary>
internal static class ShowGroup
{
    internal static void Map(IEndpointRouteBuilder app) => app.MapGet("/group/{name}", Handle).AllowAnonymous().ExcludeFromDescription();

    internal static Results<RedirectHttpResult, ProblemHttpResult> Handle(string name) =>
        Theme.Find(name) is { } theme ? TypedResults.Redirect($"/dataset?theme={theme.Id}") : OpenDataProblems.NotFound.Because();
}
