using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.OpenData.Reuse;

/// <summary>A request whose turn is the actor's department.</summary>
internal static class OwnRequest
{
    /// <summary>The request, still to be answered and as the caller saw it, or why not: open-data.request-not-found, open-data.request-settled, open-data.changed-meanwhile.</summary>
    internal static async Task<(DataRequest? Found, ProblemHttpResult? Problem)> FindAsync(ZhengtongDb db, Guid id, int revision, Actor actor, CancellationToken ct)
    {
        var found = await db.DataRequests.SingleOrDefaultAsync(r => r.Id == id && r.DepartmentId == actor.Organisation, ct);
        if (found is null) { return (null, OpenDataProblems.RequestNotFound.Because($"{id}")); }
        if (!found.IsOpen) { return (null, OpenDataProblems.RequestSettled.Because()); }
        return found.Revision == revision ? (found, null) : (null, OpenDataProblems.ChangedMeanwhile.Because());
    }
}
