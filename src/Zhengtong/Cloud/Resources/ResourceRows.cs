using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Model;
using Zhengtong.Kernel;

namespace Zhengtong.Cloud.Resources;

/// <summary>A resource.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Number">As people name it.</param>
/// <param name="Name">What its department calls it.</param>
/// <param name="Form">By what it is delivered.</param>
/// <param name="OrganisationId">Whose it is.</param>
/// <param name="Organisation">Its name.</param>
/// <param name="SystemId">The business system that it is for.</param>
/// <param name="System">The system's name.</param>
/// <param name="Amounts">What it has, by kind; vCPU in thousandths of a core, memory in MiB, disk in GiB.</param>
/// <param name="Wish">What it is to be.</param>
/// <param name="State">What it is.</param>
/// <param name="Problem">Why it is not as it is to be, a code; null when it is.</param>
/// <param name="Sentence">The problem in the reader's language, and what to do.</param>
/// <param name="Address">What it answers on; null when nothing.</param>
/// <param name="Pool">Where it is; null before it has a place.</param>
/// <param name="Host">On which host.</param>
/// <param name="Until">End of the period that it was granted for, exclusive.</param>
/// <param name="CreatedAt">When it was granted.</param>
/// <param name="DeliveredAt">When it was first there.</param>
/// <param name="RemovedAt">When it was gone.</param>
/// <param name="Revision">To be sent with a change.</param>
/// <param name="Volumes">Data volumes of an instance; the amount of disk counts them.</param>
public sealed record CloudResourceRow(
    Guid Id, string Number, string Name, ResourceForm Form, Guid OrganisationId, string Organisation, Guid SystemId, string System, IReadOnlyList<ResourceAmount> Amounts, ResourceWish Wish, CloudResourceState State,
    string? Problem, string? Sentence, string? Address, string? Pool, string? Host, DateTimeOffset Until, DateTimeOffset CreatedAt, DateTimeOffset? DeliveredAt, DateTimeOffset? RemovedAt, int Revision, IReadOnlyList<VolumeRow> Volumes);

/// <summary>A data volume.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Size">Its size.</param>
/// <param name="Path">Where it is mounted.</param>
/// <param name="IsLeaving">True when it is being removed.</param>
public sealed record VolumeRow(string Name, int Size, string Path, bool IsLeaving);

/// <summary>Resources as they are shown.</summary>
internal static class ResourceRows
{
    /// <summary>In their order; four questions however many there are, none of them about samples.</summary>
    internal static async Task<IReadOnlyList<CloudResourceRow>> ShowAsync(ZhengtongDb db, IReadOnlyList<CloudResource> resources, CancellationToken ct)
    {
        var organisationIds = resources.Select(r => r.OrganisationId).Distinct().ToList();
        var systemIds = resources.Select(r => r.SystemId).Distinct().ToList();
        var hostIds = resources.Select(r => r.HostId).OfType<Guid>().Distinct().ToList();
        var poolIds = resources.Select(r => r.PoolId).OfType<Guid>().Distinct().ToList();
        var organisations = await db.Organisations.AsNoTracking().Where(o => organisationIds.Contains(o.Id)).ToDictionaryAsync(o => o.Id, o => o.Name, ct);
        var systems = await db.BusinessSystems.AsNoTracking().Where(s => systemIds.Contains(s.Id)).ToDictionaryAsync(s => s.Id, s => s.Name, ct);
        var pools = await db.ResourcePools.AsNoTracking().Where(p => poolIds.Contains(p.Id)).ToDictionaryAsync(p => p.Id, p => p.Name, ct);
        var hosts = await db.CloudHosts.AsNoTracking().Where(h => hostIds.Contains(h.Id)).ToDictionaryAsync(h => h.Id, h => h.Name, ct);
        return [.. resources.Select(r => new CloudResourceRow(
            r.Id, r.Number, r.Name, r.Form, r.OrganisationId, organisations[r.OrganisationId], r.SystemId, systems[r.SystemId], r.Amounts, r.Wish, r.State, r.Problem, SentenceOf(r.Problem), r.Address,
            r.PoolId is { } pool ? pools[pool] : null, r.HostId is { } host ? hosts.GetValueOrDefault(host) : null, r.Until, r.CreatedAt, r.DeliveredAt, r.RemovedAt, r.Revision,
            [.. r.Volumes.Select(v => new VolumeRow(v.Name, v.Size, v.Path, v.IsLeaving))]))];
    }

    /// <summary>What a code means and what to do next; codes that only operators can read say whom to ask.</summary>
    internal static string? SentenceOf(string? problem) => problem is null ? null : Text.Find($"cloud.delivery.problem.{problem}") ?? Text.Of("cloud.delivery.problem.other", problem);
}
