using System.Globalization;
using Microsoft.AspNetCore.Http.HttpResults;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;
using Zhengtong.Web;

namespace Zhengtong.Cloud.Savings;

/// <summary>The savings of a year by department, as a file.</summary>
internal static class ExportSavings
{
    internal static void Map(IEndpointRouteBuilder app) => app.MapGet("/work/cloud/savings/export.{format}", Handle).Requires(Right.ReadWork).ExcludeFromDescription();

    internal static async Task<IResult> Handle(string format, int? year, Actor actor, ZhengtongDb db, TimeProvider clock, CancellationToken ct)
    {
        var asked = year is >= 2000 and <= 2200 ? year.Value : ChinaTime.DateOf(clock.GetUtcNow()).Year;
        var answer = (await ReadSavings.Handle(asked, null, null, actor, db, clock, ct)).Result;
        return answer is Ok<YearSavings> { Value: { } savings } ? TableExport.Of(format, string.Create(CultureInfo.InvariantCulture, $"savings-{asked}"), SavingsPage.Columns(), savings.Departments.ToAsyncEnumerable()) : answer;
    }
}
