using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Model;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.Cloud.Attended;

/// <summary>A service of people that was granted.</summary>
/// <param name="ResourceId">The resource.</param>
/// <param name="Number">Its number.</param>
/// <param name="Name">What its department calls it.</param>
/// <param name="Service">Name of the cloud service.</param>
/// <param name="Plan">Name of the plan.</param>
/// <param name="Department">Short name of the department.</param>
/// <param name="System">The business system.</param>
/// <param name="State">How far it is.</param>
/// <param name="AskedAt">When it was granted to the department and the provider was told.</param>
/// <param name="Until">End of its period, exclusive.</param>
/// <param name="Note">What the provider said last; null before.</param>
/// <param name="AnsweredAt">When it said so.</param>
/// <param name="EndedAt">When it was given back.</param>
/// <param name="Revision">To be sent with an answer.</param>
public sealed record AttendedRow(
    Guid ResourceId, string Number, string Name, string Service, string Plan, string Department, string System, AttendedState State, DateTimeOffset AskedAt, DateTimeOffset Until, string? Note, DateTimeOffset? AnsweredAt,
    DateTimeOffset? EndedAt, int Revision);

internal static class ListAttended
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/cloud/attended-services", Handle).Requires(Right.DraftCloudServices).ProducesProblem(400).ProducesProblem(403);

    /// <summary>List services of people 人工服务 that the own organisation provides, the newest first.</summary>
    /// <param name="state">Only those in this state.</param>
    /// <param name="page">Which part of the list.</param>
    /// <response code="200">A page.</response>
    /// <response code="400">kernel.cursor-unknown</response>
    internal static async Task<Results<Ok<Page<AttendedRow>>, ProblemHttpResult>> Handle(Choice<AttendedState>? state, [AsParameters] PageQuery page, Actor actor, ZhengtongDb db, Paging paging, CancellationToken ct)
    {
        var wanted = Own(db, actor);
        if (state is { Value: var only }) { wanted = wanted.Where(a => a.Service.State == only); }
        var found = await paging.ReadAsync(wanted, page, a => a.Service.AskedAt, a => a.Resource.Id, a => a, descending: true, ct);
        return found is null ? KernelProblems.CursorUnknown.Because() : TypedResults.Ok(new Page<AttendedRow>([.. found.Items.Select(RowOf)], found.Next, found.Total));
    }

    /// <summary>Those that the actor's organisation provides.</summary>
    internal static IQueryable<Attending> Own(ZhengtongDb db, Actor actor) =>
        from a in db.AttendedServices.AsNoTracking()
        where a.ProviderId == actor.Organisation
        join r in db.CloudResources.AsNoTracking() on a.ResourceId equals r.Id
        join o in db.CloudOrders.AsNoTracking() on r.OrderId equals o.Id
        join s in db.BusinessSystems.AsNoTracking() on r.SystemId equals s.Id
        join d in db.Organisations.AsNoTracking() on r.OrganisationId equals d.Id
        select new Attending { Service = a, Resource = r, Order = o, System = s, Department = d.ShortName };

    internal static AttendedRow RowOf(Attending a) => new(
        a.Resource.Id, a.Resource.Number, a.Resource.Name, a.Order.Items[a.Resource.Item - 1].ServiceName, a.Order.Items[a.Resource.Item - 1].PlanName, a.Department, a.System.Name, a.Service.State, a.Service.AskedAt, a.Resource.Until,
        a.Service.Note, a.Service.AnsweredAt, a.Service.EndedAt, a.Service.Revision);
}

/// <summary>A service of people with what it was granted by.</summary>
internal sealed class Attending
{
    internal required AttendedService Service { get; init; }

    internal required CloudResource Resource { get; init; }

    internal required CloudOrder Order { get; init; }

    internal required BusinessSystem System { get; init; }

    internal required string Department { get; init; }
}
