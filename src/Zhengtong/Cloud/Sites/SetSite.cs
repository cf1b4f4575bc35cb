using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Delivery;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Jobs;
using Zhengtong.Kernel.Ledger;

namespace Zhengtong.Cloud.Sites;

/// <summary>What a site is called, and who answers for it.</summary>
/// <param name="Name">In its address <c>/sites/{name}/</c>: 3 to 40 lower-case letters, digits and hyphens, a letter first and no hyphen last; unique in the platform.</param>
/// <param name="Server">Whose web server answers.</param>
/// <param name="Port">Port that the own server answers on inside, 1 to 65535; the platform's answers on 80.</param>
/// <param name="Revision">The revision the caller saw; 0 for a site of which nothing was said yet.</param>
public sealed record SetSiteRequest([Required, StringLength(CloudSite.LongestName, MinimumLength = 3)] string Name, SiteServer Server, [Range(1, 65_535)] int Port, [Range(0, int.MaxValue)] int Revision);

internal static class SetSite
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPut("/cloud/resources/{id:guid}/site", Handle).Requires(Right.Apply).ProducesProblem(400).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409);

    /// <summary>Name a site of the own organisation and say who answers for it. Its former address leads nowhere any more.</summary>
    /// <response code="204">Set; ledger event cloud.site-set.</response>
    /// <response code="400">cloud.invalid</response>
    /// <response code="404">cloud.resource-not-found</response>
    /// <response code="409">cloud.not-a-site, cloud.resource-gone, cloud.site-name-taken, cloud.changed-meanwhile</response>
    internal static async Task<Results<NoContent, ProblemHttpResult>> Handle(
        Guid id, SetSiteRequest request, Actor actor, ZhengtongDb db, SiteUploads uploads, Reconcilers reconcilers, TimeProvider clock, CancellationToken ct)
    {
        var (resource, refusal) = await uploads.OwnAsync(id, actor, ct);
        if (resource is null) { return refusal!; }
        var port = request.Server == SiteServer.Platform ? CloudSite.DefaultPort : request.Port;
        if (!CloudSite.IsName(request.Name) && request.Name != CloudSite.DefaultNameOf(resource)) { return CloudProblems.Invalid.For(new Dictionary<string, string[]> { ["name"] = [Text.Of("cloud.site.name-form")] }); }
        var site = await db.CloudSites.SingleOrDefaultAsync(s => s.ResourceId == id, ct);
        if ((site?.Revision ?? 0) != request.Revision) { return CloudProblems.ChangedMeanwhile.Because($"{resource.Number}: {site?.Revision ?? 0}"); }
        if (await db.CloudSites.AnyAsync(s => s.Name == request.Name && s.ResourceId != id, ct)) { return CloudProblems.SiteNameTaken.Because(request.Name); }

        var now = clock.GetUtcNow();
        object? before = site is null ? null : new { site.Name, site.Server, site.Port };
        if (site is null) { db.CloudSites.Add(site = CloudSite.Of(resource)); }
        else { site.Touch(); }
        (site.Name, site.Server, site.Port) = (request.Name, request.Server, port);
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        db.Ledger.Add(LedgerEntry.Of("cloud.site-set", id, actor, now, before: before, after: new { resource.Number, site.Name, site.Server, site.Port }));
        try { await db.SaveChangesAsync(ct); }
        catch (DbUpdateConcurrencyException) { return CloudProblems.ChangedMeanwhile.Because(resource.Number); }
        catch (DbUpdateException e) when (e.IsUniqueViolation()) { return CloudProblems.SiteNameTaken.Because(request.Name); }
        await SiteUploads.DueAsync(db, id, now, ct);
        await transaction.CommitAsync(ct);
        reconcilers.Wake<DeliverResources>();
        return TypedResults.NoContent();
    }
}
