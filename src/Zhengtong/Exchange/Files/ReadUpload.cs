using System.Globalization;
using Microsoft.AspNetCore.Http.HttpResults;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.Exchange.Files;

/// <summary>tus <c>HEAD</c>: where an upload stands.</summary>
internal static class ReadUpload
{
    internal static void Map(IEndpointRouteBuilder app) => app.MapMethods($"{Tus.Path}/{{id:guid}}", ["HEAD"], Handle).AddEndpointFilter(Tus.GuardAsync).ExcludeFromDescription();

    internal static async Task<Results<Ok, ProblemHttpResult>> Handle(Guid id, HttpResponse response, Actor actor, FileIntake intake, CancellationToken ct)
    {
        var (file, problem) = await intake.FindAsync(actor, id, ct);
        if (file is null) { return problem!; }
        Tus.Say(response, file);
        if (file.Length is { } length) { response.Headers["Upload-Length"] = length.ToString(CultureInfo.InvariantCulture); }
        else { response.Headers["Upload-Defer-Length"] = "1"; }
        if (file.Metadata is { Length: > 0 } metadata) { response.Headers["Upload-Metadata"] = metadata; }
        return TypedResults.Ok();
    }
}
