using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Regions;

namespace Zhengtong.Kernel.Organisations;

/// <summary>An organisation as lists show it.</summary>
/// <param name="Id">Its id.</param>
/// <param name="CreditCode">统一社会信用代码.</param>
/// <param name="Name">Full name.</param>
/// <param name="ShortName">Short name.</param>
/// <param name="Region">Code of its division.</param>
/// <param name="RegionName">The division's full name.</param>
/// <param name="Kind">What it is to the platform.</param>
/// <param name="ParentId">The organisation above it, if any.</param>
public sealed record OrganisationRow(Guid Id, string CreditCode, string Name, string ShortName, string Region, string RegionName, OrganisationKind Kind, Guid? ParentId);

internal static class ListOrganisations
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/organisations", Handle).RequiresSignIn();

    /// <summary>List the organisations on the platform, by name.</summary>
    /// <param name="text">Part of the name, the short name or the credit code, at most 100 characters.</param>
    /// <param name="region">Only those of this division and of all below it.</param>
    /// <param name="kind">Only this kind.</param>
    /// <param name="parent">Only those directly below this organisation.</param>
    /// <param name="page">Which part of the list.</param>
    /// <param name="db">The database.</param>
    /// <param name="paging">Reads by cursor.</param>
    /// <param name="ct">Stops it.</param>
    /// <response code="200">A page of organisations.</response>
    /// <response code="400">kernel.cursor-unknown</response>
    internal static async Task<Results<Ok<Page<OrganisationRow>>, ProblemHttpResult>> Handle(
        [StringLength(100)] string? text, RegionCode? region, Choice<OrganisationKind>? kind, Guid? parent, [AsParameters] PageQuery page, ZhengtongDb db, Paging paging, CancellationToken ct)
    {
        var rows = db.Organisations.AsNoTracking();
        if (text is { Length: > 0 })
        {
            var credit = text.ToUpperInvariant();
            rows = rows.Where(o => o.Name.Contains(text) || o.ShortName.Contains(text) || ((string)(object)o.CreditCode).Contains(credit));
        }

        if (region is { } top) { rows = rows.Within(top); }
        if (kind is { } one) { rows = rows.Where(o => o.Kind == one.Value); }
        if (parent is { } above) { rows = rows.Where(o => o.ParentId == above); }
        if (await paging.ReadAsync(rows, page, o => o.Name, o => o.Id, o => new { o.Id, o.CreditCode, o.Name, o.ShortName, o.Region, o.Kind, o.ParentId }, descending: false, ct) is not { } read)
        {
            return KernelProblems.CursorUnknown.Because();
        }

        var places = await RegionNames.FullAsync(db, read.Items.Select(o => o.Region), ct);
        return TypedResults.Ok(new Page<OrganisationRow>(
            [.. read.Items.Select(o => new OrganisationRow(o.Id, o.CreditCode.Value, o.Name, o.ShortName, o.Region.ToString(), places[o.Region], o.Kind, o.ParentId))], read.Next, read.Total));
    }
}
