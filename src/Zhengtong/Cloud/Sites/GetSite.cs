using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Model;
using Zhengtong.Cloud.Resources;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.Cloud.Sites;

/// <summary>A site.</summary>
/// <param name="Name">In its address.</param>
/// <param name="Address">Where visitors find it, from the root of the platform.</param>
/// <param name="Server">Whose web server answers.</param>
/// <param name="Port">Port that it answers on inside.</param>
/// <param name="Files">How many files the last upload had; null before the first.</param>
/// <param name="Bytes">How many bytes in them.</param>
/// <param name="UploadedAt">When that was.</param>
/// <param name="Status">HTTP status that its first page was just answered with; null when it did not answer within two seconds.</param>
/// <param name="Revision">To be sent with a change; 0 while nothing was said of it.</param>
public sealed record SiteDetail(string Name, string Address, SiteServer Server, int Port, int? Files, long? Bytes, DateTimeOffset? UploadedAt, int? Status, int Revision)
{
    /// <summary>True when somebody answers, if only with a refusal.</summary>
    public bool Answers => Status is not null;
}

internal static class GetSite
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/cloud/resources/{id:guid}/site", Handle).Requires(Right.ReadWork).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409);

    /// <summary>Read what was said of a site, and ask it whether it answers now.</summary>
    /// <response code="200">The site.</response>
    /// <response code="404">cloud.resource-not-found</response>
    /// <response code="409">cloud.not-a-site</response>
    internal static async Task<Results<Ok<SiteDetail>, ProblemHttpResult>> Handle(Guid id, Actor actor, ZhengtongDb db, SiteDirectory directory, SiteVisits visits, CancellationToken ct)
    {
        if (await ResourceAccess.Visible(db, actor).AsNoTracking().SingleOrDefaultAsync(r => r.Id == id, ct) is not { } resource) { return CloudProblems.ResourceNotFound.Because($"{id}"); }
        if (resource.Form != ResourceForm.Site) { return CloudProblems.NotASite.Because(resource.Number); }
        var said = await db.CloudSites.AsNoTracking().SingleOrDefaultAsync(s => s.ResourceId == id, ct);
        var site = said ?? CloudSite.Of(resource);
        var status = await directory.DoorAsync(db, resource, said, ct) is { } door ? await visits.ProbeAsync(door, ct) : null;
        return TypedResults.Ok(new SiteDetail(
            site.Name, $"{SiteTransformer.PrefixOf(site.Name)}/", site.Server, site.Port, site.Files is null ? null : site.FileCount, site.Files is null ? null : site.FileBytes, site.UploadedAt, status, said?.Revision ?? 0));
    }
}
