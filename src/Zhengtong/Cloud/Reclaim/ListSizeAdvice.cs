using Microsoft.AspNetCore.Http.HttpResults;
using Zhengtong.Catalogue;
using Zhengtong.Cloud.Metering;
using Zhengtong.Cloud.Model;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.Cloud.Reclaim;

/// <summary>What the evidence says of a resource.</summary>
public enum UseVerdict
{
    /// <summary>证据不足: too few days or too little of them is known.</summary>
    Unknown,
    /// <summary>闲置.</summary>
    Idle,
    /// <summary>低利用率.</summary>
    UnderUsed,
    /// <summary>适当.</summary>
    Fit,
}

/// <summary>A recommended size.</summary>
/// <param name="Way">How careful it is.</param>
/// <param name="Cores">Processor in thousandths of a core.</param>
/// <param name="MemoryMiB">Memory.</param>
/// <param name="SavingPerMonth">Yuan a month of 730 hours by the hourly prices in force; null when the plan has none.</param>
public sealed record SizeAdviceRow(SizingWay Way, long Cores, long MemoryMiB, decimal? SavingPerMonth);

/// <summary>A resource with what its evidence says.</summary>
/// <param name="ResourceId">The resource.</param>
/// <param name="Number">Its number.</param>
/// <param name="Name">Its name.</param>
/// <param name="OrganisationId">The department that has it.</param>
/// <param name="Verdict">What the evidence says by the rules in force.</param>
/// <param name="Days">Days of evidence.</param>
/// <param name="Coverage">How much of the days asked for is known, in thousandths.</param>
/// <param name="CpuMean">Mean of the processor, in thousandths of what it has.</param>
/// <param name="CpuPeak">The highest.</param>
/// <param name="Advice">Smaller sizes, the most careful first; none when it is fit or not known well enough.</param>
public sealed record SizeAdviceFor(Guid ResourceId, string Number, string Name, Guid OrganisationId, UseVerdict Verdict, int Days, int Coverage, int CpuMean, int CpuPeak, IReadOnlyList<SizeAdviceRow> Advice);

internal static class ListSizeAdvice
{
    private const decimal HoursOfAMonth = 730;

    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/cloud/size-advice", Handle).Requires(Right.ReadWork).ProducesProblem(400).ProducesProblem(403);

    /// <summary>List running instances with what 30 days of evidence say, and for those that are idle or under-used smaller sizes with the expected saving.</summary>
    /// <param name="organisation">Only resources of this organisation.</param>
    /// <param name="page">Which part of the list.</param>
    /// <response code="200">A page of resources, by number.</response>
    /// <response code="400">kernel.cursor-unknown</response>
    internal static async Task<Results<Ok<Page<SizeAdviceFor>>, ProblemHttpResult>> Handle(Guid? organisation, [AsParameters] PageQuery page, Actor actor, ZhengtongDb db, Paging paging, TimeProvider clock, CancellationToken ct)
    {
        var resources = ResourceReach.Resources(db, actor).Where(r => r.State == CloudResourceState.Running && r.Form == ResourceForm.Instance);
        if (organisation is { } owner) { resources = resources.Where(r => r.OrganisationId == owner); }
        if (await paging.ReadAsync(resources, page, r => r.Number, r => r.Id, r => r, descending: false, ct) is not { } read) { return KernelProblems.CursorUnknown.Because(); }
        var (rules, now) = (await Finding.RulesAsync(db, ct), clock.GetUtcNow());
        var prices = (await CloudPriceLookup.AtAsync(db, [.. read.Items.Select(r => r.ServiceCode).Distinct()], now, ct)).ToDictionary(p => (p.ServiceCode, p.PlanCode, p.Meter), p => p.Amount);
        var found = (await Finding.OfAsync(db, read.Items, rules, now, ct)).ToDictionary(e => e.Resource.Id);
        return TypedResults.Ok(new Page<SizeAdviceFor>([.. read.Items.Select(r => Row(r, found.GetValueOrDefault(r.Id), rules, prices))], read.Next, read.Total));
    }

    private static SizeAdviceFor Row(CloudResource resource, Evident? evident, ReclaimRules rules, Dictionary<(string, string, string), decimal> prices)
    {
        var evidence = evident?.Evidence ?? default;
        var verdict = evident?.Suffices(rules) != true ? UseVerdict.Unknown : evidence.CpuMean < rules.IdleCpu ? UseVerdict.Idle : evidence.CpuMean < rules.UnderusedCpu ? UseVerdict.UnderUsed : UseVerdict.Fit;
        var (cores, memory) = (resource.Amounts.Get("vcpu"), resource.Amounts.Get("memory"));
        decimal? Price(string meter) => prices.TryGetValue((resource.ServiceCode, resource.PlanCode, meter), out var amount) ? amount : null;
        var (core, gib) = (Price("vcpu-hour"), Price("gib-memory-hour"));
        return new SizeAdviceFor(resource.Id, resource.Number, resource.Name, resource.OrganisationId, verdict, evidence.Days, evidence.Coverage, evidence.CpuMean, evidence.CpuPeak, verdict is UseVerdict.Unknown or UseVerdict.Fit ? []
            : [.. Sizing.Of(cores, memory, evident!.Days).Select(a => new SizeAdviceRow(a.Way, a.Cores, a.MemoryMiB,
                core is null && gib is null ? null : decimal.Round(HoursOfAMonth * (((cores - a.Cores) / 1000m * (core ?? 0)) + ((memory - a.MemoryMiB) / 1024m * (gib ?? 0))), 2)))]);
    }
}
