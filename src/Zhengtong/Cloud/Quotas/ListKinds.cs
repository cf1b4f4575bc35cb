using Microsoft.EntityFrameworkCore;
using Microsoft.AspNetCore.Http.HttpResults;
using Zhengtong.Cloud.Model;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.Cloud.Quotas;

/// <summary>A kind of resource that quotas count.</summary>
/// <param name="Code">Its code.</param>
/// <param name="Title">What it is called.</param>
/// <param name="Unit">What one is: m-core is a thousandth of a core.</param>
/// <param name="IsOnHost">True when hosts give it.</param>
public sealed record KindRow(string Code, string Title, string Unit, bool IsOnHost);

internal static class ListKinds
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/cloud/kinds", Handle).Requires(Right.ReadWork).ProducesProblem(403);

    /// <summary>List the kinds of resources that quotas count.</summary>
    /// <response code="200">The kinds, by code.</response>
    internal static async Task<Ok<IReadOnlyList<KindRow>>> Handle(ZhengtongDb db, CancellationToken ct) => TypedResults.Ok<IReadOnlyList<KindRow>>(
        [.. (await db.ResourceKinds.AsNoTracking().OrderBy(k => k.Code).ToListAsync(ct)).Select(k => new KindRow(k.Code, ResourceKind.TitleOf(k.Code, k.Name), k.Unit, k.IsOnHost))]);
}
