using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;

namespace Zhengtong.OpenData.Reuse;

/// <summary>The decision about an application.</summary>
/// <param name="Grant">True lets the key read the rows.</param>
/// <param name="Until">The last day of the grant, no later than asked for; left out, as asked for.</param>
/// <param name="Ground">Why it is refused, 2 to 500 characters; not needed to grant.</param>
/// <param name="Revision">The revision of the application that the caller saw.</param>
public sealed record DecideAccessRequest(bool Grant, DateOnly? Until, [StringLength(500)] string? Ground, [Range(1, int.MaxValue)] int Revision);

internal static class DecideAccess
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/access-applications/{id:guid}/decision", Handle).Requires(Right.OpenData).ProducesProblem(400).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409);

    /// <summary>Grant or refuse an application for a dataset of the caller's department; a person decides, and the key's holder is told.</summary>
    /// <response code="204">Decided; ledger event open-data.access-granted or open-data.access-refused.</response>
    /// <response code="400">kernel.invalid: no ground, or a last day that has passed or is later than asked for.</response>
    /// <response code="403">open-data.person-needed</response>
    /// <response code="404">open-data.access-not-found</response>
    /// <response code="409">open-data.access-decided, open-data.changed-meanwhile</response>
    internal static async Task<Results<NoContent, ProblemHttpResult>> Handle(Guid id, DecideAccessRequest request, Actor actor, ZhengtongDb db, TimeProvider clock, CancellationToken ct)
    {
        if (actor.IsProgram) { return OpenDataProblems.PersonNeeded.Because(actor.Name); }
        var (found, problem) = await FindAsync(db, id, request.Revision, AccessState.Waiting, actor, ct);
        if (found is null) { return problem!; }
        var now = clock.GetUtcNow();
        var until = request.Until ?? found.Until;
        if (request.Grant && (until < ChinaTime.DateOf(now) || until > found.Until)) { return Wrong("until", Text.Of("open-data.reuse.until-later")); }
        if (!request.Grant && Plain.OrNull(request.Ground) is not { Length: >= 2 }) { return Wrong("ground", Text.Of("open-data.reuse.reason-missing")); }

        if (request.Grant) { found.Grant(actor.Id, until, now); }
        else { found.Refuse(actor.Id, request.Ground!.Trim(), now); }

        var dataset = await db.Datasets.AsNoTracking().Where(d => d.Id == found.DatasetId).Select(d => new { d.Name, d.Title }).SingleAsync(ct);
        db.KeyNotices.Add(request.Grant ? KeyNotice.Of(found.KeyId, "open-data.reuse.notice-granted", $"/dataset/{dataset.Name}", now, dataset.Title, until.ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture))
            : KeyNotice.Of(found.KeyId, "open-data.reuse.notice-refused", $"/dataset/{dataset.Name}", now, dataset.Title, found.Ground!));
        db.Ledger.Add(LedgerEntry.Of(request.Grant ? "open-data.access-granted" : "open-data.access-refused", id, actor, now, found.Ground, after: new { dataset = found.DatasetId, key = found.KeyId, found.Until, late = ChinaTime.DateOf(now) > found.DueOn }));
        try { await db.SaveChangesAsync(ct); }
        catch (DbUpdateConcurrencyException) { return OpenDataProblems.ChangedMeanwhile.Because(); }
        return TypedResults.NoContent();
    }

    /// <summary>The application for a dataset of the actor's department in that state, as the caller saw it, or why not.</summary>
    internal static async Task<(AccessApplication? Found, ProblemHttpResult? Problem)> FindAsync(ZhengtongDb db, Guid id, int revision, AccessState state, Actor actor, CancellationToken ct)
    {
        var found = await db.AccessApplications.SingleOrDefaultAsync(a => a.Id == id && db.Datasets.Any(d => d.Id == a.DatasetId && d.PublisherId == actor.Organisation), ct);
        if (found is null) { return (null, OpenDataProblems.AccessNotFound.Because($"{id}")); }
        if (found.State != state) { return (null, OpenDataProblems.AccessDecided.Because()); }
        return found.Revision == revision ? (found, null) : (null, OpenDataProblems.ChangedMeanwhile.Because());
    }

    private static ProblemHttpResult Wrong(string field, string fault) => KernelProblems.Invalid.For(new Dictionary<string, string[]> { [field] = [fault] });
}
