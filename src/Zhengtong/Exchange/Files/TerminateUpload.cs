using Microsoft.AspNetCore.Http.HttpResults;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.Exchange.Files;

/// <summary>tus termination: an unfinished upload is given up.</summary>
internal static class TerminateUpload
{
    internal static void Map(IEndpointRouteBuilder app) => app.MapDelete($"{Tus.Path}/{{id:guid}}", Handle).AddEndpointFilter(Tus.GuardAsync).ExcludeFromDescription();

    internal static async Task<Results<NoContent, ProblemHttpResult>> Handle(Guid id, Actor actor, FileIntake intake, CancellationToken ct) =>
        await intake.TerminateAsync(actor, id, ct) is { } problem ? problem : TypedResults.NoContent();
}
