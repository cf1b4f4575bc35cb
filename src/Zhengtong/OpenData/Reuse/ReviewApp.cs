using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;

namespace Zhengtong.OpenData.Reuse;

/// <summary>Whether an app is shown.</summary>
/// <param name="Show">True shows it.</param>
/// <param name="Reason">Why it is not shown, 2 to 500 characters; its maker reads it. Not needed to show it.</param>
/// <param name="Revision">The revision of the app that the caller saw.</param>
public sealed record ReviewAppRequest(bool Show, [StringLength(500)] string? Reason, [Range(1, int.MaxValue)] int Revision);

internal static class ReviewApp
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/apps/{id:guid}/review", Handle).Requires(Right.OpenData).ProducesProblem(400).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409);

    /// <summary>Show an app that uses data of the caller's department, or refuse it on a ground. Its maker is told; it may be decided again.</summary>
    /// <response code="204">Decided; ledger event open-data.app-shown or open-data.app-refused.</response>
    /// <response code="400">kernel.invalid</response>
    /// <response code="404">open-data.app-not-found</response>
    /// <response code="409">open-data.changed-meanwhile</response>
    internal static async Task<Results<NoContent, ProblemHttpResult>> Handle(Guid id, ReviewAppRequest request, Actor actor, ZhengtongDb db, TimeProvider clock, CancellationToken ct)
    {
        if (!await ListApps.OfDepartment(db, actor).AnyAsync(a => a.Id == id, ct) || await db.ShowcaseApps.SingleOrDefaultAsync(a => a.Id == id && a.State != AppState.Retracted, ct) is not { } app) { return OpenDataProblems.AppNotFound.Because($"{id}"); }
        if (!request.Show && Plain.OrNull(request.Reason) is not { Length: >= 2 }) { return KernelProblems.Invalid.For(new Dictionary<string, string[]> { ["reason"] = [Text.Of("open-data.reuse.reason-missing")] }); }
        if (app.Revision != request.Revision) { return OpenDataProblems.ChangedMeanwhile.Because(app.Name); }

        var now = clock.GetUtcNow();
        app.Review(actor.Id, request.Show ? null : request.Reason!.Trim(), now);
        db.KeyNotices.Add(request.Show ? KeyNotice.Of(app.KeyId, "open-data.reuse.app-shown", "/open/apps", now, app.Name) : KeyNotice.Of(app.KeyId, "open-data.reuse.app-refused", "/open/apps", now, app.Name, app.RefusedBecause!));
        db.Ledger.Add(LedgerEntry.Of(request.Show ? "open-data.app-shown" : "open-data.app-refused", id, actor, now, app.RefusedBecause));
        try { await db.SaveChangesAsync(ct); }
        catch (DbUpdateConcurrencyException) { return OpenDataProblems.ChangedMeanwhile.Because(app.Name); }
        return TypedResults.NoContent();
    }
}
