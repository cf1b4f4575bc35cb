using Microsoft.AspNetCore.Http.HttpResults;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.Exchange.Files;

/// <summary>tus for clients that may send only POST: <c>X-HTTP-Method-Override</c> names what is meant.</summary>
internal static class OverrideUpload
{
    internal static void Map(IEndpointRouteBuilder app) =>
        app.MapPost($"{Tus.Path}/{{id:guid}}", Handle).AddEndpointFilter(Tus.GuardAsync).TakesUpTo(null).DisableRequestTimeout().ExcludeFromDescription();

    internal static async Task<Results<NoContent, ProblemHttpResult>> Handle(Guid id, HttpContext http, Actor actor, FileIntake intake, CancellationToken ct) =>
        http.Request.Headers["X-HTTP-Method-Override"].ToString() switch
        {
            "PATCH" => await AppendUpload.Handle(id, http, actor, intake, ct),
            "DELETE" => await TerminateUpload.Handle(id, actor, intake, ct),
            _ => KernelProblems.MethodNotAllowed.Because("X-HTTP-Method-Override"),
        };
}
