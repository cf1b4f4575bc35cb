using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;
using Zhengtong.OpenData.Model;

namespace Zhengtong.OpenData.Links;

/// <summary>A link and what was found behind it last.</summary>
/// <param name="Id">Of the link.</param>
/// <param name="OwnerId">Our dataset, or the harvested one.</param>
/// <param name="IsHarvested">True when the owner is a harvested dataset.</param>
/// <param name="Title">Title of the owner.</param>
/// <param name="Organisation">Short name of who answers for it.</param>
/// <param name="Address">Where it leads; for a file of ours its path here.</param>
/// <param name="State">How it stands.</param>
/// <param name="Status">The status answered last; null when there was no answer.</param>
/// <param name="Fault">Why there was no answer; null when there was one.</param>
/// <param name="Failures">Failures in a row.</param>
/// <param name="FailingSince">Since when there is nothing behind it.</param>
/// <param name="CheckedAt">When it was looked at last; null before the first time.</param>
public sealed record LinkRow(
    Guid Id, Guid OwnerId, bool IsHarvested, string Title, string Organisation, string Address, LinkState State, int? Status, string? Fault, int Failures, DateTimeOffset? FailingSince, DateTimeOffset? CheckedAt);

internal static class ListLinks
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/open-data/links", Handle).Requires(Right.ReadWork).ProducesProblem(400).ProducesProblem(403);

    /// <summary>List links: those that fail or are dead, or of one state; of the caller's department, and for those who look after the portal of all.</summary>
    /// <param name="state">Only this state; nothing for those that fail or are dead.</param>
    /// <param name="organisation">Only those of this organisation.</param>
    /// <param name="page">Which part of the list.</param>
    /// <response code="200">A page, the newest links first.</response>
    /// <response code="400">kernel.cursor-unknown</response>
    internal static async Task<Results<Ok<Page<LinkRow>>, ProblemHttpResult>> Handle(Choice<LinkState>? state, Guid? organisation, [AsParameters] PageQuery page, Actor actor, ZhengtongDb db, Paging paging, CancellationToken ct)
    {
        var wanted = Seen(db, actor);
        if (organisation is not null) { wanted = wanted.Where(l => l.OrganisationId == organisation); }
        wanted = state?.Value is { } only ? wanted.Where(l => l.State == only) : wanted.Where(l => l.State == LinkState.Failing || l.State == LinkState.Dead);
        var found = await paging.ReadAsync(wanted, page, l => l.Failures, l => l.Id, l => new LinkRow(
            l.Id, l.OwnerId, l.IsHarvested, l.Title, db.Organisations.Where(o => o.Id == l.OrganisationId).Select(o => o.ShortName).First(), l.Address, l.State, l.Status, l.Fault, l.Failures, l.FailingSince, l.CheckedAt), descending: true, ct);
        return found is null ? KernelProblems.CursorUnknown.Because() : TypedResults.Ok(found);
    }

    /// <summary>What the actor may see of all links.</summary>
    internal static IQueryable<CheckedLink> Seen(ZhengtongDb db, Actor actor) =>
        actor.May(Right.ManagePortal) ? db.CheckedLinks.AsNoTracking() : db.CheckedLinks.AsNoTracking().Where(l => l.OrganisationId == actor.Organisation);
}
