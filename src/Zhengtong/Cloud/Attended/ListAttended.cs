using System.Linq.Expressions;
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
/// <param name="Plan">Code of the plan.</param>
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
        return await paging.ReadAsync(wanted, page, a => a.Service.AskedAt, a => a.Resource.Id, Row(db), descending: true, ct) is { } found ? TypedResults.Ok(found) : KernelProblems.CursorUnknown.Because();
    }

    /// <summary>Those that the actor's organisation provides.</summary>
    internal static IQueryable<Attending> Own(ZhengtongDb db, Actor actor) => db.AttendedServices.AsNoTracking().Where(a => a.ProviderId == actor.Organisation)
        .Join(db.CloudResources.AsNoTracking(), a => a.ResourceId, r => r.Id, (a, r) => new Attending { Service = a, Resource = r });

    internal static Expression<Func<Attending, AttendedRow>> Row(ZhengtongDb db) => a => new AttendedRow(
        a.Resource.Id, a.Resource.Number, a.Resource.Name, db.CloudServices.Where(s => s.Code == a.Resource.ServiceCode).OrderByDescending(s => s.Version).Select(s => s.Name).First(), a.Resource.PlanCode,
        db.Organisations.Where(o => o.Id == a.Resource.OrganisationId).Select(o => o.ShortName).First(), db.BusinessSystems.Where(s => s.Id == a.Resource.SystemId).Select(s => s.Name).First(),
        a.Service.State, a.Service.AskedAt, a.Resource.Until, a.Service.Note, a.Service.AnsweredAt, a.Service.EndedAt, a.Service.Revision);
}

/// <summary>A service of people with its resource.</summary>
internal sealed class Attending
{
    internal required AttendedService Service { get; init; }

    internal required CloudResource Resource { get; init; }
}
