using System.Linq.Expressions;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Model;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.Cloud.Brokers;

/// <summary>A service broker.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Name">Its name.</param>
/// <param name="Address">Where it is.</param>
/// <param name="IsOpen">False: nothing new is ordered from it.</param>
/// <param name="HasCatalogue">True once a catalogue of it was accepted.</param>
/// <param name="Instances">How many instances it has of ours.</param>
/// <param name="Orphans">How many of its instances and bindings are being removed because their making failed.</param>
/// <param name="Revision">To be sent with a change.</param>
public sealed record BrokerRow(Guid Id, string Name, string Address, bool IsOpen, bool HasCatalogue, int Instances, int Orphans, int Revision);

internal static class ListBrokers
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/cloud/brokers", Handle).Requires(Right.SeePools).ProducesProblem(400).ProducesProblem(403);

    /// <summary>List the service brokers, by name.</summary>
    /// <param name="page">Which part of the list.</param>
    /// <response code="200">A page of brokers.</response>
    /// <response code="400">kernel.cursor-unknown</response>
    internal static async Task<Results<Ok<Page<BrokerRow>>, ProblemHttpResult>> Handle([AsParameters] PageQuery page, ZhengtongDb db, Paging paging, CancellationToken ct) =>
        await paging.ReadAsync(db.ServiceBrokers.AsNoTracking(), page, b => b.Name, b => b.Id, Shown(db), descending: false, ct) is { } read ? TypedResults.Ok(read) : KernelProblems.CursorUnknown.Because();

    internal static Expression<Func<ServiceBroker, BrokerRow>> Shown(ZhengtongDb db) => b => new BrokerRow(b.Id, b.Name, b.Address, b.IsOpen, b.Catalogue != null,
        db.BrokeredThings.Count(x => x.BrokerId == b.Id && x.InstanceOf != null && x.Phase != BrokeredPhase.Gone && x.Phase != BrokeredPhase.Failed),
        db.BrokeredThings.Count(x => x.BrokerId == b.Id && x.IsOrphan), b.Revision);
}
