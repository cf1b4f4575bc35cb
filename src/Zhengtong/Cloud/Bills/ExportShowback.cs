using Microsoft.AspNetCore.Http.HttpResults;
using Zhengtong.Kernel.Identity;
using Zhengtong.Web;

namespace Zhengtong.Cloud.Bills;

/// <summary>What the systems of a department cost in a month, as a file.</summary>
internal static class ExportShowback
{
    internal static void Map(IEndpointRouteBuilder app) => app.MapGet("/work/cloud/bills/showback/export.{format}", Handle).Requires(Right.ReadWork).ExcludeFromDescription();

    internal static async Task<IResult> Handle(string format, string? month, Guid? organisation, Actor actor, ZhengtongDb db, TimeProvider clock, CancellationToken ct)
    {
        var answer = (await ReadShowback.Handle(BillMonth.Parse(month) is { } asked ? asked.ToString() : null, organisation, actor, db, clock, ct)).Result;
        return answer is Ok<Showback> { Value: { } showback } ? TableExport.Of(format, $"showback-{showback.Month}", ShowbackPage.Columns(), showback.Systems.ToAsyncEnumerable()) : answer;
    }
}
