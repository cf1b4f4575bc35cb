using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Model;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;
using Zhengtong.Kernel.Notices;

namespace Zhengtong.Cloud.Osb;

/// <summary>A platform that is to order through the broker.</summary>
/// <param name="Name">2 to 100 characters, unique.</param>
/// <param name="OrganisationId">The department in whose name it orders.</param>
/// <param name="SystemId">The department's business system that its orders are for.</param>
/// <param name="Days">Days that an order lasts which says nothing else, 1 to 3,650.</param>
/// <param name="Reason">On whose request, 2 to 500 characters; the ledger keeps it.</param>
public sealed record RegisterOsbConsumerRequest(
    [Required, StringLength(100, MinimumLength = 2)] string Name, Guid OrganisationId, Guid SystemId, [Range(1, 3650)] int Days, [Required, StringLength(500, MinimumLength = 2)] string Reason);

/// <summary>The consuming platform, with what it signs in with.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Address">What it registers as the broker's address, from the platform's root.</param>
/// <param name="Account">Its account.</param>
/// <param name="Password">43 characters; shown this once.</param>
public sealed record OsbConsumerRegistered(Guid Id, string Address, string Account, string Password);

internal static class RegisterOsbConsumer
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/cloud/osb-consumers", Handle).Requires(Right.ManagePools).ProducesProblem(403).ProducesProblem(409);

    /// <summary>Let a platform of others 接入平台 order through the broker (Open Service Broker API 2.17), in the name of one department and for one of its systems. Its orders are reviewed, held and billed as the
    /// department's own; the department is told.</summary>
    /// <response code="201">Registered; ledger event cloud.osb-consumer-registered, without the password.</response>
    /// <response code="400">cloud.invalid</response>
    /// <response code="409">cloud.osb-consumer-taken</response>
    internal static async Task<Results<Created<OsbConsumerRegistered>, ProblemHttpResult>> Handle(RegisterOsbConsumerRequest request, HttpContext http, Actor actor, ZhengtongDb db, TimeProvider clock, CancellationToken ct)
    {
        if (!await db.BusinessSystems.AnyAsync(s => s.Id == request.SystemId && s.OrganisationId == request.OrganisationId && s.RetiredAt == null, ct))
        {
            return CloudProblems.Invalid.For(new Dictionary<string, string[]> { ["systemId"] = [Text.Of("cloud.order.system-unknown")] });
        }

        if (await db.OsbConsumers.AnyAsync(c => c.Name == request.Name, ct)) { return CloudProblems.OsbConsumerTaken.Because(request.Name); }
        var (now, password) = (clock.GetUtcNow(), ApiClients.NewSecret());
        var consumer = new OsbConsumer
        {
            Id = Guid.CreateVersion7(now), Name = request.Name, OrganisationId = request.OrganisationId, SystemId = request.SystemId, Days = request.Days, PasswordHash = OsbRequests.HashOf(password), CreatedAt = now,
        };
        db.OsbConsumers.Add(consumer);
        db.Ledger.Add(LedgerEntry.Of("cloud.osb-consumer-registered", consumer.Id, actor, now, request.Reason, after: new { consumer.Name, organisation = consumer.OrganisationId, system = consumer.SystemId, consumer.Days }));
        db.Notices.Add(Notice.Of(consumer.OrganisationId, NoticeTone.Info, "cloud.notice.osb-consumer", "/work/cloud/orders", now, consumer.Name));
        try { await db.SaveChangesAsync(ct); }
        catch (DbUpdateException e) when (e.IsUniqueViolation()) { return CloudProblems.OsbConsumerTaken.Because(request.Name); }
        http.Response.Headers.CacheControl = "no-store";
        return TypedResults.Created($"/api/v1/cloud/osb-consumers/{consumer.Id}", new OsbConsumerRegistered(consumer.Id, OsbRequests.Root, consumer.Account, password));
    }
}
