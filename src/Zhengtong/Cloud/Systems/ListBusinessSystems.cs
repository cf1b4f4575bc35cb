using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Model;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.Cloud.Systems;

/// <summary>A business system in a list.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Name">Its name.</param>
/// <param name="Purpose">What it is for.</param>
/// <param name="Protection">等保 level.</param>
/// <param name="ProtectionRecord">Number of the record of that grading.</param>
/// <param name="Zone">The network that it stands in.</param>
/// <param name="Resources">How many resources it has that are not gone.</param>
/// <param name="CreatedAt">When it was registered.</param>
/// <param name="RetiredAt">When it was taken out of service; null while it is in use.</param>
/// <param name="Revision">To be sent with a change.</param>
public sealed record BusinessSystemRow(
    Guid Id, string Name, string Purpose, int Protection, string? ProtectionRecord, NetworkZone Zone, int Resources, DateTimeOffset CreatedAt, DateTimeOffset? RetiredAt, int Revision);

internal static class ListBusinessSystems
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/cloud/systems", Handle).Requires(Right.ReadWork).ProducesProblem(400);

    /// <summary>List the business systems of the own department, the newest first.</summary>
    /// <param name="retired">True: those out of service; false or not said: those in use.</param>
    /// <param name="page">Which part of the list.</param>
    /// <response code="200">A page.</response>
    /// <response code="400">kernel.cursor-unknown</response>
    internal static async Task<Results<Ok<Page<BusinessSystemRow>>, ProblemHttpResult>> Handle(bool? retired, [AsParameters] PageQuery page, Actor actor, ZhengtongDb db, Paging paging, CancellationToken ct)
    {
        var wanted = db.BusinessSystems.AsNoTracking().Where(s => s.OrganisationId == actor.Organisation && (retired == true ? s.RetiredAt != null : s.RetiredAt == null));
        var found = await paging.ReadAsync(wanted, page, s => s.CreatedAt, s => s.Id, s => new BusinessSystemRow(
            s.Id, s.Name, s.Purpose, s.Protection, s.ProtectionRecord, s.Zone, db.CloudResources.Count(r => r.SystemId == s.Id && r.State != CloudResourceState.Removed), s.CreatedAt, s.RetiredAt, s.Revision), descending: true, ct);
        return found is null ? KernelProblems.CursorUnknown.Because() : TypedResults.Ok(found);
    }
}
