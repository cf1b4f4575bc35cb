using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Regions;

namespace Zhengtong.Kernel.Metering;

/// <summary>What was used in a period.</summary>
/// <param name="Sums">Sums by period, meter, organisation and agreement; the earliest first.</param>
/// <param name="Pending">Records on the whole platform that the sums do not hold yet; normally 0 within seconds.</param>
public sealed record UsageResponse(IReadOnlyList<UsageSum> Sums, long Pending);

/// <summary>The sum of a meter in one hour or day.</summary>
/// <param name="StartsAt">Beginning of the hour, or of the day in China.</param>
/// <param name="Meter">What is counted.</param>
/// <param name="Unit">The base unit.</param>
/// <param name="Organisation">Who used it.</param>
/// <param name="Agreement">Under which agreement; null where there is none.</param>
/// <param name="Quantity">Base units, exact.</param>
/// <param name="Records">How many records.</param>
public sealed record UsageSum(DateTimeOffset StartsAt, string Meter, string Unit, Guid Organisation, Guid? Agreement, long Quantity, long Records);

internal static class ReadUsage
{
    private const int Most = 5_000;

    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/usage", Handle).Requires(Right.ReadWork).ProducesProblem(403);

    /// <summary>Read what was used: by the caller's organisation, or by an organisation or region in reach. At most 5,000 sums; ask for shorter periods when there are more.</summary>
    /// <param name="by"><c>hour</c> or <c>day</c>, the default.</param>
    /// <param name="meter">Only this meter, at most 100 characters.</param>
    /// <param name="from">Beginning, included; default 30 days before <paramref name="to"/>.</param>
    /// <param name="to">End, excluded; default now.</param>
    /// <param name="organisation">An organisation in reach.</param>
    /// <param name="region">A region in reach; its organisations and those below.</param>
    /// <response code="200">The sums.</response>
    /// <response code="403">kernel.out-of-reach</response>
    internal static async Task<Results<Ok<UsageResponse>, ProblemHttpResult>> Handle(
        [AllowedValues(null, "hour", "day")] string? by, [StringLength(100)] string? meter, DateTimeOffset? from, DateTimeOffset? to, Guid? organisation, RegionCode? region,
        Actor actor, ZhengtongDb db, TimeProvider clock, CancellationToken ct)
    {
        if (await FiguresReach.RefusalAsync(actor, organisation, region, db, ct) is { } refusal) { return refusal; }
        var end = (to ?? clock.GetUtcNow()).ToUniversalTime();
        var start = (from ?? end.AddDays(-30)).ToUniversalTime();
        var period = by == "hour" ? RollUpPeriod.Hour : RollUpPeriod.Day;
        var organisations = new IndicatorQuestion(start, end, region is null ? organisation ?? actor.Organisation : organisation, region).OrganisationsOf(db);
        var sums = await db.UsageRollUps.AsNoTracking()
            .Where(u => u.Period == period && u.StartsAt >= start && u.StartsAt < end && (meter == null || u.Meter == meter) && organisations.Contains(u.OrganisationId))
            .OrderBy(u => u.StartsAt).ThenBy(u => u.Meter).ThenBy(u => u.OrganisationId).ThenBy(u => u.AgreementId).Take(Most)
            .Select(u => new UsageSum(u.StartsAt, u.Meter, u.Unit, u.OrganisationId, u.AgreementId == Guid.Empty ? null : u.AgreementId, u.Quantity, u.Records)).ToListAsync(ct);
        return TypedResults.Ok(new UsageResponse(sums, await db.Usage.LongCountAsync(u => !u.IsRolledUp, ct)));
    }
}
