using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;

namespace Zhengtong.Cloud.Brokers;

/// <summary>Which catalogue is accepted.</summary>
/// <param name="Digest">The digest that was shown with it.</param>
public sealed record AcceptBrokerCatalogueRequest([Required, RegularExpression("[0-9a-f]{64}")] string Digest);

internal static class AcceptBrokerCatalogue
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/cloud/brokers/{id:guid}/catalogue", Handle)
        .Requires(Right.ManagePools).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409);

    /// <summary>Accept the catalogue that was read last. A plan that instances stand under may not go.</summary>
    /// <response code="204">In force; ledger event cloud.broker-catalogue-accepted.</response>
    /// <response code="404">cloud.broker-not-found</response>
    /// <response code="409">cloud.broker-catalogue-changed: another one was read meanwhile; cloud.broker-plan-used, cloud.changed-meanwhile</response>
    internal static async Task<Results<NoContent, ProblemHttpResult>> Handle(Guid id, AcceptBrokerCatalogueRequest request, Actor actor, ZhengtongDb db, TimeProvider clock, CancellationToken ct)
    {
        var broker = await db.ServiceBrokers.SingleOrDefaultAsync(b => b.Id == id, ct);
        if (broker is null) { return CloudProblems.BrokerNotFound.Because($"{id}"); }
        if (broker.Proposed is not { } proposed || broker.ProposedDigest != request.Digest) { return CloudProblems.BrokerCatalogueChanged.Because(broker.ProposedDigest); }
        var changes = await ReadBrokerCatalogue.ChangesAsync(db, broker, proposed, ct);
        if (changes.FirstOrDefault(c => c is { Change: "removed", InUse: > 0 }) is { } used) { return CloudProblems.BrokerPlanUsed.Because($"{used.What}: {used.InUse}"); }

        (broker.Catalogue, broker.Proposed, broker.ProposedDigest) = (proposed, null, null);
        broker.Touch();
        db.Ledger.Add(LedgerEntry.Of("cloud.broker-catalogue-accepted", id, actor, clock.GetUtcNow(), after: new { request.Digest, changes = changes.Take(200) }));
        try { await db.SaveChangesAsync(ct); }
        catch (DbUpdateConcurrencyException) { return CloudProblems.ChangedMeanwhile.Because(broker.Name); }
        return TypedResults.NoContent();
    }
}
