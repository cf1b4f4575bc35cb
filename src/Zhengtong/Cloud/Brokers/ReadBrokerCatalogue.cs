using System.Security.Cryptography;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Model;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Secrets;

namespace Zhengtong.Cloud.Brokers;

/// <summary>What would change with a broker's new catalogue.</summary>
/// <param name="What">The thing: <c>offering / plan</c>, or an offering alone.</param>
/// <param name="Change"><c>added</c>, <c>removed</c> or <c>changed</c>.</param>
/// <param name="InUse">How many instances stand under it.</param>
public sealed record CatalogueChange(string What, string Change, int InUse);

/// <summary>A broker's catalogue as it was just read.</summary>
/// <param name="Digest">To be named when it is accepted: hex SHA-256 of what was read.</param>
/// <param name="Changes">Against the one in force; empty when nothing changes.</param>
/// <param name="Catalogue">What was read.</param>
public sealed record CatalogueRead(string Digest, IReadOnlyList<CatalogueChange> Changes, BrokerCatalogue Catalogue);

internal static class ReadBrokerCatalogue
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/cloud/brokers/{id:guid}/catalogue-readings", Handle)
        .Requires(Right.ManagePools).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409);

    /// <summary>Read a broker's catalogue and show what would change. Nothing changes until it is accepted.</summary>
    /// <response code="200">What was read, and the changes.</response>
    /// <response code="400">cloud.invalid: the catalogue is not right, errors say what</response>
    /// <response code="404">cloud.broker-not-found</response>
    /// <response code="409">cloud.broker-unreachable, cloud.secret-lost, cloud.changed-meanwhile</response>
    internal static async Task<Results<Ok<CatalogueRead>, ProblemHttpResult>> Handle(Guid id, ZhengtongDb db, BrokerConnections connections, Vault vault, CancellationToken ct)
    {
        var broker = await db.ServiceBrokers.SingleOrDefaultAsync(b => b.Id == id, ct);
        if (broker is null) { return CloudProblems.BrokerNotFound.Because($"{id}"); }
        string credentials;
        try { credentials = BrokeredFulfilment.CredentialsOf(vault, broker); }
        catch (CryptographicException) { return CloudProblems.SecretLost.Because(); }
        var answer = await connections.SendAsync(broker.Address, credentials, HttpMethod.Get, "/v2/catalog", null, null, ct);
        if (answer.Status != 200) { return CloudProblems.BrokerUnreachable.Because(answer.Status == 0 ? null : $"HTTP {answer.Status}"); }
        if (answer.Body is not { } body) { return CloudProblems.Invalid.For(new Dictionary<string, string[]> { ["catalogue"] = [Text.Of("cloud.broker.unreadable")] }); }
        var (catalogue, faults) = CatalogueReading.Read(body);
        if (catalogue is null) { return CloudProblems.Invalid.For(new Dictionary<string, string[]> { ["catalogue"] = [.. faults] }); }

        (broker.Proposed, broker.ProposedDigest) = (catalogue, CatalogueReading.DigestOf(catalogue));
        try { await db.SaveChangesAsync(ct); }
        catch (DbUpdateConcurrencyException) { return CloudProblems.ChangedMeanwhile.Because(broker.Name); }
        return TypedResults.Ok(new CatalogueRead(broker.ProposedDigest, await ChangesAsync(db, broker, catalogue, ct), catalogue));
    }

    internal static async Task<IReadOnlyList<CatalogueChange>> ChangesAsync(ZhengtongDb db, ServiceBroker broker, BrokerCatalogue next, CancellationToken ct)
    {
        var used = await db.BrokeredThings.Where(b => b.BrokerId == broker.Id && b.InstanceOf != null && b.Phase != BrokeredPhase.Gone && b.Phase != BrokeredPhase.Failed)
            .GroupBy(b => new { b.OfferingId, b.PlanId }).Select(g => new { g.Key.OfferingId, g.Key.PlanId, Count = g.Count() }).ToListAsync(ct);
        var (before, after) = (Plans(broker.Catalogue), Plans(next));
        return [.. before.Keys.Union(after.Keys).Select(key =>
        {
            var (was, now) = (before.GetValueOrDefault(key), after.GetValueOrDefault(key));
            var change = was is null ? "added" : now is null ? "removed" : was.Value == now.Value ? null : "changed";
            return change is null ? null : new CatalogueChange((now ?? was)!.Value.Name, change, used.Where(u => (u.OfferingId, u.PlanId) == key).Sum(u => u.Count));
        }).OfType<CatalogueChange>().OrderBy(c => c.What, StringComparer.Ordinal)];
    }

    private static Dictionary<(string, string), (string Name, BrokerPlan Plan, bool IsBindable, bool Instances, bool Bindings)?> Plans(BrokerCatalogue? catalogue) =>
        (catalogue?.Offerings ?? []).SelectMany(o => o.Plans.Select(p => (Key: (o.Id, p.Id), Value: ($"{o.Name} / {p.Name}", p, o.IsBindable, o.InstancesRetrievable, o.BindingsRetrievable))))
            .ToDictionary(x => x.Key, x => ((string, BrokerPlan, bool, bool, bool)?)x.Value);
}
