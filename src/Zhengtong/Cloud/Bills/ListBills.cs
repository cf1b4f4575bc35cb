using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.Cloud.Bills;

internal static class ListBills
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/cloud/bills", Handle).Requires(Right.ReadWork).ProducesProblem(400).ProducesProblem(403);

    /// <summary>List bills, the newest month first: the own organisation's; of the region and below for the authority, all for the operator. Drafts are counted each night.</summary>
    /// <param name="month">Only this month: 2026-11.</param>
    /// <param name="organisation">Only bills of this organisation.</param>
    /// <param name="state">Only bills in this state.</param>
    /// <param name="page">Which part of the list.</param>
    /// <response code="200">A page of bills.</response>
    /// <response code="400">kernel.cursor-unknown</response>
    internal static async Task<Results<Ok<Page<BillRow>>, ProblemHttpResult>> Handle(
        [RegularExpression("[0-9]{4}-(0[1-9]|1[0-2])")] string? month, Guid? organisation, Choice<BillState>? state, [AsParameters] PageQuery page, Actor actor, ZhengtongDb db, Paging paging, CancellationToken ct)
    {
        var bills = BillRows.Visible(db, actor);
        if (BillMonth.Parse(month) is { } asked) { bills = bills.Where(b => b.Month == asked.First); }
        if (organisation is { } owner) { bills = bills.Where(b => b.OrganisationId == owner); }
        if (state is { } one) { bills = bills.Where(b => b.State == one.Value); }
        return await paging.ReadAsync(bills, page, b => b.Month, b => b.Id, b => b, descending: true, ct) is { } read
            ? TypedResults.Ok(new Page<BillRow>(await BillRows.ShowAsync(db, read.Items, ct), read.Next, read.Total)) : KernelProblems.CursorUnknown.Because();
    }
}
