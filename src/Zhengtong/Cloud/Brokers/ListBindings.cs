using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Model;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.Cloud.Brokers;

/// <summary>A binding of a resource at a broker.</summary>
/// <param name="Id">Its id.</param>
/// <param name="HasCredentials">True when they can be shown.</param>
/// <param name="IsEnding">True when it is to go.</param>
/// <param name="Problem">Why it is not there, a code of docs/cloud.md; null when nothing is wrong.</param>
/// <param name="CreatedAt">When it was asked for.</param>
public sealed record BindingRow(Guid Id, bool HasCredentials, bool IsEnding, string? Problem, DateTimeOffset CreatedAt);

internal static class ListBindings
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/cloud/resources/{id:guid}/bindings", Handle).Requires(Right.ReadWork).ProducesProblem(400).ProducesProblem(403).ProducesProblem(404);

    /// <summary>List the bindings of a resource of the own department, the newest first.</summary>
    /// <param name="id">The resource.</param>
    /// <param name="page">Which part of the list.</param>
    /// <response code="200">A page of bindings.</response>
    /// <response code="400">kernel.cursor-unknown</response>
    /// <response code="404">cloud.brokered-not-found</response>
    internal static async Task<Results<Ok<Page<BindingRow>>, ProblemHttpResult>> Handle(Guid id, [AsParameters] PageQuery page, Actor actor, ZhengtongDb db, Paging paging, CancellationToken ct)
    {
        if (!await db.CloudResources.AnyAsync(r => r.Id == id && r.OrganisationId == actor.Organisation && r.Form == ResourceForm.Brokered, ct)) { return CloudProblems.BrokeredNotFound.Because($"{id}"); }
        return await paging.ReadAsync(db.BrokeredThings.AsNoTracking().Where(b => b.ResourceId == id && b.InstanceOf == null && b.Phase != BrokeredPhase.Gone), page, b => b.CreatedAt, b => b.Id,
            b => new BindingRow(b.Id, b.Credentials != null, b.IsEnding, b.Problem, b.CreatedAt), descending: true, ct) is { } read ? TypedResults.Ok(read) : KernelProblems.CursorUnknown.Because();
    }
}
