using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Catalogue;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.Cloud.Bills;

/// <summary>A line of a bill.</summary>
/// <param name="Id">Its id; of a draft's line it changes each time.</param>
/// <param name="Position">From 1.</param>
/// <param name="Category">What it is.</param>
/// <param name="Corrects">The line of an earlier bill that it puts right; null when it puts none right.</param>
/// <param name="ResourceId">The resource; null for what rounds.</param>
/// <param name="ResourceNumber">Its number.</param>
/// <param name="ResourceName">Its name.</param>
/// <param name="System">Name of its business system.</param>
/// <param name="ServiceCode">Code of the service.</param>
/// <param name="PlanCode">Code of the plan.</param>
/// <param name="Meter">What is counted.</param>
/// <param name="PriceId">The price, a version.</param>
/// <param name="PriceSource">The document that sets the price.</param>
/// <param name="UnitPrice">Yuan a unit.</param>
/// <param name="Quantity">Units.</param>
/// <param name="Cost">Yuan: unit price times quantity.</param>
/// <param name="From">Beginning.</param>
/// <param name="Until">End, exclusive.</param>
public sealed record BillLineRow(
    Guid Id, int Position, ChargeCategory Category, Guid? Corrects, Guid? ResourceId, string? ResourceNumber, string? ResourceName, string? System, string? ServiceCode, string? PlanCode, string? Meter, Guid? PriceId, string? PriceSource,
    decimal? UnitPrice, decimal? Quantity, decimal Cost, DateTimeOffset From, DateTimeOffset Until);

/// <summary>Time of a resource for which no price is set.</summary>
/// <param name="ResourceNumber">The resource.</param>
/// <param name="PlanCode">Its plan.</param>
/// <param name="Meter">The meter whose prices leave a gap; null when the plan has none that can be counted.</param>
/// <param name="From">Beginning.</param>
/// <param name="Until">End, exclusive.</param>
public sealed record UnpricedRow(string ResourceNumber, string PlanCode, string? Meter, DateTimeOffset From, DateTimeOffset Until);

/// <summary>A bill with its lines.</summary>
/// <param name="Bill">The bill; a draft as counted now.</param>
/// <param name="Lines">The first 1,000 lines; the export has all.</param>
/// <param name="LineCount">How many there are.</param>
/// <param name="Unpriced">The first 100 stretches of time without a price.</param>
/// <param name="Revision">To be sent when it is closed.</param>
public sealed record BillDetail(BillRow Bill, IReadOnlyList<BillLineRow> Lines, int LineCount, IReadOnlyList<UnpricedRow> Unpriced, int Revision) : IRevisioned;

internal static class GetBill
{
    internal const int MostLines = 1_000;
    internal const int MostUnpriced = 100;

    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/cloud/bills/{id:guid}", Handle).Requires(Right.ReadWork).ProducesProblem(403).ProducesProblem(404);

    /// <summary>Read a bill with its lines by resource, meter and price. A draft is counted now.</summary>
    /// <response code="200">The bill.</response>
    /// <response code="404">cloud.bill-not-found</response>
    internal static async Task<Results<Ok<BillDetail>, ProblemHttpResult>> Handle(Guid id, Actor actor, ZhengtongDb db, TimeProvider clock, CancellationToken ct)
    {
        var bill = await BillRows.Visible(db, actor).SingleOrDefaultAsync(b => b.Id == id, ct);
        if (bill is null) { return CloudProblems.BillNotFound.Because($"{id}"); }
        var now = clock.GetUtcNow();
        var count = await Accounting.ReadAsync(db, bill, now, ct);
        if (bill.State == BillState.Draft) { (bill.Total, bill.Resources, bill.UnpricedCount, bill.CountedAt) = (count.Total, count.Resources, count.Unpriced.Count, now); }
        var unpriced = count.Unpriced.Take(MostUnpriced).ToList();
        var ids = unpriced.Select(u => u.ResourceId).Distinct().ToList();
        var numbers = await db.CloudResources.Where(r => ids.Contains(r.Id)).ToDictionaryAsync(r => r.Id, r => r.Number, ct);
        return TypedResults.Ok(new BillDetail((await BillRows.ShowAsync(db, [bill], ct))[0], await LinesAsync(db, [.. count.Lines.Take(MostLines)], ct), count.Lines.Count,
            [.. unpriced.Select(u => new UnpricedRow(numbers[u.ResourceId], u.PlanCode, u.Meter, u.From, u.Until))], bill.Revision));
    }

    /// <summary>Lines with the names of what they are for.</summary>
    internal static async Task<IReadOnlyList<BillLineRow>> LinesAsync(ZhengtongDb db, IReadOnlyList<BillLine> lines, CancellationToken ct)
    {
        var (resources, sources) = (new Dictionary<Guid, (string Number, string Name, string System)>(), new Dictionary<Guid, string>());
        foreach (var some in lines.Select(l => l.ResourceId).OfType<Guid>().Distinct().Chunk(500))
        {
            foreach (var r in await db.CloudResources.Where(r => some.Contains(r.Id)).Join(db.BusinessSystems, r => r.SystemId, s => s.Id, (r, s) => new { r.Id, r.Number, r.Name, System = s.Name }).ToListAsync(ct)) { resources[r.Id] = (r.Number, r.Name, r.System); }
        }

        if (lines.Count > 0)
        {
            var services = lines.Select(l => l.ServiceCode).OfType<string>().Distinct().ToList();
            foreach (var price in await CloudPriceLookup.OfAsync(db, services, lines.Min(l => l.From), lines.Max(l => l.Until).AddTicks(1), ct)) { sources[price.Id] = price.Source; }
        }

        return [.. lines.Select(l =>
        {
            var own = l.ResourceId is { } resource ? resources[resource] : default;
            return new BillLineRow(l.Id, l.Position, l.Category, l.Corrects, l.ResourceId, own.Number, own.Name, own.System, l.ServiceCode, l.PlanCode, l.Meter, l.PriceId, l.PriceId is { } price ? sources.GetValueOrDefault(price) : null,
                l.UnitPrice, l.Quantity, l.Cost, l.From, l.Until);
        })];
    }
}
