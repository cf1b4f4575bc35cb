using System.Security.Cryptography;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Catalogue;
using Zhengtong.Cloud.Model;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Secrets;

namespace Zhengtong.Cloud.Brokers;

/// <summary>A plan of a cloud service behind which a plan of the broker stands.</summary>
/// <param name="Service">Code of the cloud service.</param>
/// <param name="Plan">Code of its plan.</param>
/// <param name="OfferingId">Id of the broker's offering.</param>
/// <param name="PlanId">Id of the offering's plan.</param>
/// <param name="Parameters">What goes with each order; null for nothing.</param>
/// <param name="Prices">What departments pay for it now.</param>
public sealed record BrokeredPlanRow(string Service, string Plan, string OfferingId, string PlanId, string? Parameters, IReadOnlyList<BrokeredPrice> Prices);

/// <summary>A price in force.</summary>
/// <param name="Meter">What is counted.</param>
/// <param name="Amount">Yuan a unit.</param>
public sealed record BrokeredPrice(string Meter, decimal Amount);

/// <summary>A call that did not come to what was asked.</summary>
/// <param name="At">When it was sent.</param>
/// <param name="Act">What was asked.</param>
/// <param name="ResourceId">For which resource.</param>
/// <param name="Resource">Its number.</param>
/// <param name="IsMitigation">True when it removes what may have been left by a failure.</param>
/// <param name="Status">HTTP status; 0 when there was no answer, null when it is not known.</param>
/// <param name="Verdict">What the platform made of it: <c>again</c>, <c>not-heard</c>, <c>orphan</c>, <c>refused</c>; null while it is not known.</param>
public sealed record BrokerCallRow(DateTimeOffset At, BrokerAct Act, Guid ResourceId, string Resource, bool IsMitigation, int? Status, string? Verdict);

/// <summary>A service broker with what it offers and how it answers.</summary>
/// <param name="Broker">As in lists.</param>
/// <param name="Account">Account that it knows the platform by; null when its seal is lost.</param>
/// <param name="Catalogue">What it offers, as accepted; null before the first.</param>
/// <param name="Proposed">What was read last and waits to be accepted; null when nothing does.</param>
/// <param name="Plans">What is delivered from it, by service and plan.</param>
/// <param name="Troubles">The last 50 calls that did not come to what was asked, the newest first.</param>
public sealed record BrokerDetail(BrokerRow Broker, string? Account, BrokerCatalogue? Catalogue, CatalogueRead? Proposed, IReadOnlyList<BrokeredPlanRow> Plans, IReadOnlyList<BrokerCallRow> Troubles);

internal static class GetBroker
{
    private const int MostCalls = 50;

    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/cloud/brokers/{id:guid}", Handle).Requires(Right.ManagePools).ProducesProblem(403).ProducesProblem(404);

    /// <summary>Read a service broker: its catalogue, what was read and waits, what is delivered from it, and the calls that went wrong.</summary>
    /// <response code="200">The broker.</response>
    /// <response code="404">cloud.broker-not-found</response>
    internal static async Task<Results<Ok<BrokerDetail>, ProblemHttpResult>> Handle(Guid id, ZhengtongDb db, Vault vault, TimeProvider clock, CancellationToken ct)
    {
        if (await db.ServiceBrokers.AsNoTracking().SingleOrDefaultAsync(b => b.Id == id, ct) is not { } broker) { return CloudProblems.BrokerNotFound.Because($"{id}"); }
        var row = await db.ServiceBrokers.AsNoTracking().Where(b => b.Id == id).Select(ListBrokers.Shown(db)).SingleAsync(ct);
        var plans = await db.BrokeredPlans.AsNoTracking().Where(p => p.BrokerId == id).OrderBy(p => p.ServiceCode).ThenBy(p => p.PlanCode).ToListAsync(ct);
        var prices = await CloudPriceLookup.AtAsync(db, [.. plans.Select(p => p.ServiceCode).Distinct()], clock.GetUtcNow(), ct);
        var troubles = await db.BrokerCalls.AsNoTracking().Where(c => c.Verdict == null || c.Verdict == "again" || c.Verdict == "not-heard" || c.Verdict == "orphan" || c.Verdict == "refused")
            .Join(db.BrokeredThings.Where(b => b.BrokerId == id), c => c.BrokeredId, b => b.Id, (c, b) => new { Call = c, b.ResourceId })
            .Join(db.CloudResources, c => c.ResourceId, r => r.Id, (c, r) => new { c.Call, c.ResourceId, r.Number })
            .OrderByDescending(c => c.Call.At).ThenByDescending(c => c.Call.Id).Take(MostCalls)
            .Select(c => new BrokerCallRow(c.Call.At, c.Call.Act, c.ResourceId, c.Number, c.Call.IsMitigation, c.Call.Status, c.Call.Verdict)).ToListAsync(ct);
        return TypedResults.Ok(new BrokerDetail(row, AccountOf(vault, broker), broker.Catalogue,
            broker is { Proposed: { } proposed, ProposedDigest: { } digest } ? new CatalogueRead(digest, await ReadBrokerCatalogue.ChangesAsync(db, broker, proposed, ct), proposed) : null,
            [.. plans.Select(p => new BrokeredPlanRow(p.ServiceCode, p.PlanCode, p.OfferingId, p.PlanId, p.Parameters,
                [.. prices.Where(c => c.ServiceCode == p.ServiceCode && c.PlanCode == p.PlanCode).Select(c => new BrokeredPrice(c.Meter, c.Amount))]))], troubles));
    }

    private static string? AccountOf(Vault vault, ServiceBroker broker)
    {
        try { return BrokeredFulfilment.CredentialsOf(vault, broker).Split('\n')[0]; }
        // Sealed under another master key: both must be told anew.
        catch (CryptographicException) { return null; }
    }
}
