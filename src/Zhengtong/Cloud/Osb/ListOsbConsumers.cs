using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.Cloud.Osb;

/// <summary>A platform that orders through the broker.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Name">Its name.</param>
/// <param name="Organisation">Name of the department in whose name it orders.</param>
/// <param name="SystemId">The business system that its orders are for.</param>
/// <param name="Days">Days that an order lasts which says nothing else.</param>
/// <param name="Instances">How many instances it knows.</param>
/// <param name="CreatedAt">When it was registered.</param>
/// <param name="RevokedAt">From when it is refused; null while it may order.</param>
public sealed record OsbConsumerRow(Guid Id, string Name, string Organisation, Guid SystemId, int Days, int Instances, DateTimeOffset CreatedAt, DateTimeOffset? RevokedAt);

internal static class ListOsbConsumers
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/cloud/osb-consumers", Handle).Requires(Right.ManagePools).ProducesProblem(400).ProducesProblem(403);

    /// <summary>List the platforms that order through the broker, by name.</summary>
    /// <param name="page">Which part of the list.</param>
    /// <response code="200">A page of consuming platforms.</response>
    /// <response code="400">kernel.cursor-unknown</response>
    internal static async Task<Results<Ok<Page<OsbConsumerRow>>, ProblemHttpResult>> Handle([AsParameters] PageQuery page, ZhengtongDb db, Paging paging, CancellationToken ct) =>
        await paging.ReadAsync(db.OsbConsumers.AsNoTracking(), page, c => c.Name, c => c.Id, c => new OsbConsumerRow(c.Id, c.Name, db.Organisations.Where(o => o.Id == c.OrganisationId).Select(o => o.Name).First(), c.SystemId, c.Days,
            db.OsbInstances.Count(i => i.ConsumerId == c.Id), c.CreatedAt, c.RevokedAt), descending: false, ct) is { } read ? TypedResults.Ok(read) : KernelProblems.CursorUnknown.Because();
}
