using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Model;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.Cloud.Resources;

internal static class ListResources
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/cloud/resources", Handle).Requires(Right.ReadWork).ProducesProblem(400).ProducesProblem(403);

    /// <summary>List resources, the newest first: the own organisation's, or those of the caller's reach.</summary>
    /// <param name="q">Only those whose number or name begins with this, at most 60 characters.</param>
    /// <param name="form">Only those of this form.</param>
    /// <param name="state">Only those in this state; without it all but those that are gone.</param>
    /// <param name="system">Only those of this business system.</param>
    /// <param name="organisation">Only those of this organisation.</param>
    /// <param name="order">Only those of this order.</param>
    /// <param name="page">Which part of the list.</param>
    /// <response code="200">A page of resources.</response>
    /// <response code="400">kernel.cursor-unknown</response>
    internal static async Task<Results<Ok<Page<CloudResourceRow>>, ProblemHttpResult>> Handle(
        string? q, Choice<ResourceForm>? form, Choice<CloudResourceState>? state, Guid? system, Guid? organisation, Guid? order, [AsParameters] PageQuery page, Actor actor, ZhengtongDb db, Paging paging, CancellationToken ct)
    {
        var found = ResourceAccess.Visible(db, actor).AsNoTracking();
        if (q is { Length: > 0 and <= 60 }) { found = found.Where(r => r.Number.StartsWith(q) || r.Name.StartsWith(q)); }
        if (form is { } of) { found = found.Where(r => r.Form == of.Value); }
        found = state is { } in_ ? found.Where(r => r.State == in_.Value) : order is null ? found.Where(r => r.State != CloudResourceState.Removed) : found;
        if (system is { } one) { found = found.Where(r => r.SystemId == one); }
        if (organisation is { } whose) { found = found.Where(r => r.OrganisationId == whose); }
        if (order is { } by) { found = found.Where(r => r.OrderId == by); }
        return await paging.ReadAsync(found, page, r => r.CreatedAt, r => r.Id, r => r, descending: true, ct) is { } read
            ? TypedResults.Ok(new Page<CloudResourceRow>(await ResourceRows.ShowAsync(db, read.Items, ct), read.Next, read.Total)) : KernelProblems.CursorUnknown.Because();
    }
}
