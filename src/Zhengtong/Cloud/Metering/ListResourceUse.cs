using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Model;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.Cloud.Metering;

/// <summary>A resource with its newest figures.</summary>
/// <param name="Id">The resource.</param>
/// <param name="Number">Its number.</param>
/// <param name="Name">Its name.</param>
/// <param name="OrganisationId">The department that has it.</param>
/// <param name="Organisation">Short name of the department.</param>
/// <param name="SystemId">The business system that it is for.</param>
/// <param name="System">Name of the business system.</param>
/// <param name="Form">By what it is delivered.</param>
/// <param name="State">What it is.</param>
/// <param name="Cores">Processor that it has, in thousandths of a core; 0 where it has none of its own.</param>
/// <param name="MemoryMiB">Memory that it has.</param>
/// <param name="DiskGiB">Disk that it has.</param>
/// <param name="Cpu">Processor in use, in thousandths of a core; null when nothing newer than five minutes is known.</param>
/// <param name="MemoryUsedMiB">Memory in use; null likewise.</param>
/// <param name="DiskUsedMiB">Disk in use; null likewise.</param>
/// <param name="ReadAt">When it was last read; null when it never was.</param>
public sealed record ResourceUseRow(
    Guid Id, string Number, string Name, Guid OrganisationId, string Organisation, Guid SystemId, string System, ResourceForm Form, CloudResourceState State, long Cores, long MemoryMiB, long DiskGiB,
    int? Cpu, int? MemoryUsedMiB, int? DiskUsedMiB, DateTimeOffset? ReadAt);

internal static class ListResourceUse
{
    /// <summary>Figures that are older are not shown as those of now.</summary>
    internal static readonly TimeSpan Fresh = TimeSpan.FromMinutes(5);

    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/cloud/usage", Handle).Requires(Right.ReadWork).ProducesProblem(400).ProducesProblem(403);

    /// <summary>List resources with what they use now, by number: the own organisation's; of the region and below for the authority, all for the operator.</summary>
    /// <param name="organisation">Only resources of this organisation.</param>
    /// <param name="system">Only resources of this business system.</param>
    /// <param name="page">Which part of the list.</param>
    /// <response code="200">A page of resources.</response>
    /// <response code="400">kernel.cursor-unknown</response>
    internal static async Task<Results<Ok<Page<ResourceUseRow>>, ProblemHttpResult>> Handle(
        Guid? organisation, Guid? system, [AsParameters] PageQuery page, Actor actor, ZhengtongDb db, Paging paging, TimeProvider clock, CancellationToken ct)
    {
        var resources = ResourceReach.Resources(db, actor).Where(r => r.State != CloudResourceState.Removed);
        if (organisation is { } owner) { resources = resources.Where(r => r.OrganisationId == owner); }
        if (system is { } one) { resources = resources.Where(r => r.SystemId == one); }
        return await paging.ReadAsync(resources, page, r => r.Number, r => r.Id, r => r, descending: false, ct) is { } read
            ? TypedResults.Ok(new Page<ResourceUseRow>(await ShowAsync(db, read.Items, clock.GetUtcNow(), ct), read.Next, read.Total)) : KernelProblems.CursorUnknown.Because();
    }

    /// <summary>Resources with their newest figures; three questions however many there are, none of them to samples.</summary>
    internal static async Task<IReadOnlyList<ResourceUseRow>> ShowAsync(ZhengtongDb db, IReadOnlyList<CloudResource> resources, DateTimeOffset now, CancellationToken ct)
    {
        var (ids, organisations, systems) = (resources.Select(r => r.Id).ToList(), resources.Select(r => r.OrganisationId).Distinct().ToList(), resources.Select(r => r.SystemId).Distinct().ToList());
        var latest = await db.MeterLatest.AsNoTracking().Where(l => ids.Contains(l.ResourceId)).ToDictionaryAsync(l => l.ResourceId, ct);
        var names = await db.Organisations.Where(o => organisations.Contains(o.Id)).ToDictionaryAsync(o => o.Id, o => o.ShortName, ct);
        var titles = await db.BusinessSystems.Where(s => systems.Contains(s.Id)).ToDictionaryAsync(s => s.Id, s => s.Name, ct);
        return [.. resources.Select(r =>
        {
            var last = latest.GetValueOrDefault(r.Id);
            var fresh = last is not null && now - last.At <= Fresh ? last : null;
            return new ResourceUseRow(r.Id, r.Number, r.Name, r.OrganisationId, names[r.OrganisationId], r.SystemId, titles[r.SystemId], r.Form, r.State, r.Amounts.Get("vcpu"), r.Amounts.Get("memory"), r.Amounts.Get("disk"),
                fresh?.Cpu, fresh?.MemoryMiB, fresh?.DiskMiB, last?.At);
        })];
    }
}
