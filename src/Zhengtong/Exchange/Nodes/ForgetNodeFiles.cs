using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Exchange.Files;

namespace Zhengtong.Exchange.Nodes;

internal static class ForgetNodeFiles
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/files/forgotten", Handle);

    /// <summary>Which of these files are gone, so that the node forgets their content keys too.</summary>
    /// <response code="200">Those that are purged, refused or unknown.</response>
    internal static async Task<Ok<ForgottenNodeFiles>> Handle(ForgetNodeFilesRequest request, NodeCaller caller, ZhengtongDb db, CancellationToken ct)
    {
        var ids = request.Files;
        var kept = await db.ExchangedFiles.Where(f => ids.Contains(f.Id) && f.NodeId == caller.Id && (f.State == FileState.Uploading || f.State == FileState.Published)).Select(f => f.Id).ToListAsync(ct);
        return TypedResults.Ok(new ForgottenNodeFiles([.. ids.Except(kept)]));
    }
}
