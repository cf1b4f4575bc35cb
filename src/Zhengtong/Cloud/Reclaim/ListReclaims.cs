using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.Cloud.Reclaim;

/// <summary>The reclaiming of an idle resource.</summary>
/// <param name="Id">Its id.</param>
/// <param name="ResourceId">The resource.</param>
/// <param name="Number">Number of the resource.</param>
/// <param name="Name">Name of the resource.</param>
/// <param name="OrganisationId">The department that has it.</param>
/// <param name="Organisation">Short name of the department.</param>
/// <param name="State">Where it stands.</param>
/// <param name="Rules">Version of the rules it was found by; 0 is the program's own.</param>
/// <param name="CpuMean">Evidence: mean of the processor in thousandths of what it has.</param>
/// <param name="CpuPeak">Evidence: the highest peak of a day.</param>
/// <param name="Days">Evidence: days.</param>
/// <param name="Coverage">Evidence: how much of them is known, in thousandths.</param>
/// <param name="FoundAt">When it was found.</param>
/// <param name="ObjectUntil">End of the time to object, exclusive; null before the notice.</param>
/// <param name="Objection">What the department said.</param>
/// <param name="Answer">What the operator answered.</param>
/// <param name="RemoveAfter">Not removed before this; null before the stop.</param>
/// <param name="EndedAt">When it was over.</param>
/// <param name="Ground">Why it ended without reclaiming.</param>
/// <param name="Revision">To be sent with a step.</param>
public sealed record ReclaimRow(
    Guid Id, Guid ResourceId, string Number, string Name, Guid OrganisationId, string Organisation, ReclaimState State, int Rules, int CpuMean, int CpuPeak, int Days, int Coverage, DateTimeOffset FoundAt,
    DateTimeOffset? ObjectUntil, string? Objection, string? Answer, DateTimeOffset? RemoveAfter, DateTimeOffset? EndedAt, WithdrawalGround? Ground, int Revision);

internal static class ListReclaims
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/cloud/reclaims", Handle).Requires(Right.ReadWork).ProducesProblem(400).ProducesProblem(403);

    /// <summary>List reclaims of idle resources, the newest first: the own organisation's from the notice on; all for the operator.</summary>
    /// <param name="state">Only those in this state.</param>
    /// <param name="page">Which part of the list.</param>
    /// <response code="200">A page of reclaims.</response>
    /// <response code="400">kernel.cursor-unknown</response>
    internal static async Task<Results<Ok<Page<ReclaimRow>>, ProblemHttpResult>> Handle(Choice<ReclaimState>? state, [AsParameters] PageQuery page, Actor actor, ZhengtongDb db, Paging paging, CancellationToken ct)
    {
        var reclaims = db.Reclaims.AsNoTracking();
        if (!actor.May(Right.ManagePools)) { reclaims = reclaims.Where(r => r.OrganisationId == actor.Organisation && r.NoticedAt != null); }
        if (state is { } one) { reclaims = reclaims.Where(r => r.State == one.Value); }
        if (await paging.ReadAsync(reclaims, page, r => r.FoundAt, r => r.Id, r => r, descending: true, ct) is not { } read) { return KernelProblems.CursorUnknown.Because(); }
        var (ids, owners) = (read.Items.Select(r => r.ResourceId).ToList(), read.Items.Select(r => r.OrganisationId).Distinct().ToList());
        var resources = await db.CloudResources.AsNoTracking().Where(r => ids.Contains(r.Id)).Select(r => new { r.Id, r.Number, r.Name }).ToDictionaryAsync(r => r.Id, ct);
        var names = await db.Organisations.Where(o => owners.Contains(o.Id)).ToDictionaryAsync(o => o.Id, o => o.ShortName, ct);
        return TypedResults.Ok(new Page<ReclaimRow>([.. read.Items.Select(r => new ReclaimRow(r.Id, r.ResourceId, resources[r.ResourceId].Number, resources[r.ResourceId].Name, r.OrganisationId, names[r.OrganisationId], r.State, r.Rules,
            r.CpuMean, r.CpuPeak, r.Days, r.Coverage, r.FoundAt, r.ObjectUntil, r.Objection, r.Answer, r.RemoveAfter, r.EndedAt, r.Ground, r.Revision))], read.Next, read.Total));
    }
}
