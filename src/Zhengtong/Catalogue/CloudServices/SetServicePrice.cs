using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Catalogue.Model;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;

namespace Zhengtong.Catalogue.CloudServices;

/// <summary>A price of a plan by a meter.</summary>
/// <param name="Plan">Code of a plan of the service.</param>
/// <param name="Meter">A meter of the plan.</param>
/// <param name="Amount">Yuan a unit, 0 to 1,000,000,000, at most 8 decimal places.</param>
/// <param name="ValidFrom">First moment, inclusive; not in the past unless it corrects.</param>
/// <param name="ValidUntil">End, exclusive; null for as long as no other follows.</param>
/// <param name="Source">The document that sets it, 2 to 200 characters.</param>
/// <param name="Ground">Why an earlier price is corrected, 2 to 500 characters; null for a price that follows the others.</param>
public sealed record SetServicePriceRequest(
    [Required, StringLength(40, MinimumLength = 1)] string Plan, [Required, StringLength(40, MinimumLength = 1)] string Meter, [Range(0, 1_000_000_000)] decimal Amount,
    DateTimeOffset ValidFrom, DateTimeOffset? ValidUntil, [Required, StringLength(200, MinimumLength = 2)] string Source, [StringLength(500, MinimumLength = 2)] string? Ground = null);

internal static class SetServicePrice
{
    private const int MostDecimals = 8;

    /// <summary>A price may begin so much in the past and still count as beginning now: whoever wrote it needed the time.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromMinutes(5);

    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/cloud-services/{code}/prices", Handle).Requires(Right.PublishCloudServices).Idempotent().ProducesProblem(403).ProducesProblem(404).ProducesProblem(409);

    /// <summary>Set a price of a plan 服务价格. It follows those that are set: one without an end ends where it begins. With a ground it corrects: it takes the place of whatever was set for its period, and what lies beyond goes on.</summary>
    /// <response code="204">Set; ledger event catalogue.price-set.</response>
    /// <response code="400">catalogue.price-invalid</response>
    /// <response code="404">catalogue.service-not-found</response>
    /// <response code="409">catalogue.price-overlaps: it begins before another ends, errors say which; catalogue.changed-meanwhile</response>
    internal static async Task<Results<NoContent, ProblemHttpResult>> Handle(string code, SetServicePriceRequest request, Actor actor, ZhengtongDb db, TimeProvider clock, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var plans = (await db.CloudServices.AsNoTracking().Where(s => s.Code == code).Select(s => s.Plans).ToListAsync(ct)).SelectMany(p => p).ToList();
        if (plans.Count == 0) { return CatalogueProblems.ServiceNotFound.Because(code); }
        if (Faults(request, plans, now) is { Count: > 0 } faults) { return CatalogueProblems.PriceInvalid.For(faults); }

        var series = await db.PriceSeries.Include(s => s.Prices).SingleOrDefaultAsync(s => s.ServiceCode == code && s.PlanCode == request.Plan && s.Meter == request.Meter, ct);
        if (series is null) { db.PriceSeries.Add(series = new PriceSeries { Id = Guid.CreateVersion7(now), ServiceCode = code, PlanCode = request.Plan, Meter = request.Meter }); }
        var before = Told(series);
        var known = series.Prices.ToHashSet();
        var price = new ServicePrice
        {
            Id = Guid.CreateVersion7(now), Amount = request.Amount, ValidFrom = request.ValidFrom.ToUniversalTime(), ValidUntil = request.ValidUntil?.ToUniversalTime(), Source = request.Source, Ground = request.Ground,
        };
        if (request.Ground is not null) { series.Correct(price, now); }
        else if (series.Follow(price) is { Count: > 0 } others)
        {
            return CatalogueProblems.PriceOverlaps.For(new Dictionary<string, string[]>
            {
                ["validFrom"] = [.. others.Select(o => Text.Of("catalogue.price.overlaps", ChinaTime.Show(o.ValidFrom), o.ValidUntil is { } end ? ChinaTime.Show(end) : Text.Of("catalogue.price.open"), o.Amount))],
            });
        }

        // Keys are made here: without this the tracker would take new prices for old ones.
        foreach (var added in series.Prices.Where(p => !known.Contains(p))) { db.Entry(added).State = EntityState.Added; }
        db.Ledger.Add(LedgerEntry.Of("catalogue.price-set", code, actor, now, request.Ground ?? request.Source, before, new { request.Plan, request.Meter, prices = Told(series) }));
        try { await db.SaveChangesAsync(ct); }
        catch (Exception e) when (DatabaseErrors.IsLostRace(e)) { return CatalogueProblems.ChangedMeanwhile.Because(code); }
        return TypedResults.NoContent();
    }

    private static Dictionary<string, string[]> Faults(SetServicePriceRequest request, IReadOnlyList<ServicePlan> plans, DateTimeOffset now)
    {
        var faults = new Dictionary<string, string[]>();
        if (!plans.Any(p => p.Code == request.Plan)) { faults["plan"] = [Text.Of("catalogue.price.plan-unknown")]; }
        else if (!plans.Any(p => p.Code == request.Plan && p.Meters.Contains(request.Meter))) { faults["meter"] = [Text.Of("catalogue.price.meter-unknown")]; }
        if (request.Amount.Scale > MostDecimals && decimal.Round(request.Amount, MostDecimals) != request.Amount) { faults["amount"] = [Text.Of("catalogue.price.decimals")]; }
        if (request.ValidUntil <= request.ValidFrom) { faults["validUntil"] = [Text.Of("catalogue.price.ends-before")]; }
        if (request.ValidFrom.Year is < 2000 or > 2200 || request.ValidUntil?.Year > 2200) { faults["validFrom"] = [Text.Of("catalogue.price.far")]; }
        else if (request.Ground is null && request.ValidFrom < now - Grace) { faults["ground"] = [Text.Of("catalogue.price.past")]; }
        return faults;
    }

    private static IReadOnlyList<object> Told(PriceSeries series) => [.. series.Prices.OrderBy(p => p.ValidFrom).ThenBy(p => p.Id).Select(p => new { p.Id, p.Amount, p.ValidFrom, p.ValidUntil })];
}
