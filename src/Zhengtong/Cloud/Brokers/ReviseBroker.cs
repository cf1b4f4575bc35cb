using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;
using Zhengtong.Kernel.Secrets;

namespace Zhengtong.Cloud.Brokers;

/// <summary>What may change of a service broker.</summary>
/// <param name="Name">2 to 100 characters, unique.</param>
/// <param name="Address">Where the same broker is now.</param>
/// <param name="Account">Another account, with its password; null keeps both.</param>
/// <param name="Password">Another password, with its account; null keeps both.</param>
/// <param name="IsOpen">False: nothing new is ordered from it; what is there goes on.</param>
/// <param name="Reason">Why, 2 to 500 characters; the ledger keeps it.</param>
public sealed record ReviseBrokerRequest(
    [Required, StringLength(100, MinimumLength = 2)] string Name, [Required, StringLength(500, MinimumLength = 1)] string Address, [RegularExpression("[^:\\p{Cc}]{1,200}")] string? Account,
    [RegularExpression("[^\\p{Cc}]{1,1000}")] string? Password, bool IsOpen, [Required, StringLength(500, MinimumLength = 2)] string Reason);

internal static class ReviseBroker
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPut("/cloud/brokers/{id:guid}", Handle)
        .Requires(Right.ManagePools).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409).ProducesProblem(412).ProducesProblem(428);

    /// <summary>Change a service broker; name the revision seen in If-Match.</summary>
    /// <response code="204">Changed; ledger event cloud.broker-revised, without the password.</response>
    /// <response code="400">cloud.invalid</response>
    /// <response code="404">cloud.broker-not-found</response>
    /// <response code="409">cloud.broker-taken, cloud.changed-meanwhile</response>
    /// <response code="412">kernel.changed-meanwhile</response>
    /// <response code="428">kernel.precondition-needed</response>
    internal static async Task<Results<NoContent, ProblemHttpResult>> Handle(
        Guid id, ReviseBrokerRequest request, HttpContext http, Actor actor, ZhengtongDb db, Vault vault, TimeProvider clock, CancellationToken ct)
    {
        var broker = await db.ServiceBrokers.SingleOrDefaultAsync(b => b.Id == id, ct);
        if (broker is null) { return CloudProblems.BrokerNotFound.Because($"{id}"); }
        if (http.PreconditionFails(broker.Revision) is { } failed) { return failed; }
        var faults = new Dictionary<string, string[]>();
        if (!BrokerConnections.IsAddress(request.Address)) { faults["address"] = [Text.Of("cloud.broker.address")]; }
        if (request.Account is null != request.Password is null) { faults["password"] = [Text.Of("cloud.broker.both")]; }
        if (faults.Count > 0) { return CloudProblems.Invalid.For(faults); }

        var before = new { broker.Name, broker.Address, broker.IsOpen };
        (broker.Name, broker.Address, broker.IsOpen) = (request.Name, request.Address, request.IsOpen);
        if (request is { Account: { } account, Password: { } password }) { broker.Credentials = RegisterBroker.SealOf(vault, id, account, password); }
        broker.Touch();
        db.Ledger.Add(LedgerEntry.Of("cloud.broker-revised", id, actor, clock.GetUtcNow(), request.Reason, before, new { broker.Name, broker.Address, broker.IsOpen, newCredentials = request.Account is not null }));
        try { await db.SaveChangesAsync(ct); }
        catch (DbUpdateConcurrencyException) { return CloudProblems.ChangedMeanwhile.Because(broker.Name); }
        catch (DbUpdateException e) when (e.IsUniqueViolation()) { return CloudProblems.BrokerTaken.Because(request.Name); }
        return TypedResults.NoContent();
    }
}
