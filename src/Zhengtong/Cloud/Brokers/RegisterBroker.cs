using System.ComponentModel.DataAnnotations;
using System.Text;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Model;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;
using Zhengtong.Kernel.Secrets;

namespace Zhengtong.Cloud.Brokers;

/// <summary>A new service broker.</summary>
/// <param name="Name">2 to 100 characters, unique.</param>
/// <param name="Address">What <c>/v2</c> stands below: http or https, without a user's name, query or fragment; at most 500 characters.</param>
/// <param name="Account">Account that it knows the platform by, 1 to 200 characters without a colon.</param>
/// <param name="Password">Its password, 1 to 1,000 characters; kept sealed and never shown.</param>
public sealed record RegisterBrokerRequest(
    [Required, StringLength(100, MinimumLength = 2)] string Name, [Required, StringLength(500, MinimumLength = 1)] string Address, [Required, RegularExpression("[^:\\p{Cc}]{1,200}")] string Account,
    [Required, RegularExpression("[^\\p{Cc}]{1,1000}")] string Password);

/// <summary>The broker that was registered.</summary>
/// <param name="Id">Its id.</param>
public sealed record BrokerRegistered(Guid Id);

internal static class RegisterBroker
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/cloud/brokers", Handle).Requires(Right.ManagePools).ProducesProblem(403).ProducesProblem(409).Idempotent();

    /// <summary>Register a service broker 服务代理 that speaks Open Service Broker API 2.17. Read its catalogue next.</summary>
    /// <response code="201">Registered; ledger event cloud.broker-registered, without the password.</response>
    /// <response code="400">cloud.invalid</response>
    /// <response code="409">cloud.broker-taken</response>
    internal static async Task<Results<Created<BrokerRegistered>, ProblemHttpResult>> Handle(RegisterBrokerRequest request, Actor actor, ZhengtongDb db, Vault vault, TimeProvider clock, CancellationToken ct)
    {
        if (!BrokerConnections.IsAddress(request.Address)) { return CloudProblems.Invalid.For(new Dictionary<string, string[]> { ["address"] = [Text.Of("cloud.broker.address")] }); }
        if (await db.ServiceBrokers.AnyAsync(b => b.Name == request.Name, ct)) { return CloudProblems.BrokerTaken.Because(request.Name); }

        var now = clock.GetUtcNow();
        var id = Guid.CreateVersion7(now);
        var broker = new ServiceBroker { Id = id, Name = request.Name, Address = request.Address, Credentials = SealOf(vault, id, request.Account, request.Password), CreatedAt = now };
        db.ServiceBrokers.Add(broker);
        db.Ledger.Add(LedgerEntry.Of("cloud.broker-registered", id, actor, now, after: new { broker.Name, broker.Address }));
        try { await db.SaveChangesAsync(ct); }
        catch (DbUpdateException e) when (e.IsUniqueViolation()) { return CloudProblems.BrokerTaken.Because(request.Name); }
        return TypedResults.Created($"/api/v1/cloud/brokers/{id}", new BrokerRegistered(id));
    }

    internal static byte[] SealOf(Vault vault, Guid broker, string account, string password) => vault.Seal(Encoding.UTF8.GetBytes($"{account}\n{password}"), ServiceBroker.PurposeOf(broker));
}
