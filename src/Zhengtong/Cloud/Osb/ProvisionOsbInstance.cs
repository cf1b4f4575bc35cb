using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Catalogue;
using Zhengtong.Cloud.Model;
using Zhengtong.Cloud.Orders;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Calendar;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Jobs;
using Zhengtong.Kernel.Secrets;

namespace Zhengtong.Cloud.Osb;

internal static class ProvisionOsbInstance
{
    internal const string Operation = "provision";

    internal static void Map(IEndpointRouteBuilder group) => group.MapPut("/service_instances/{instance}", Handle);

    /// <summary>Order an instance: an order of the consumer's department as any other, drafted and submitted at once. It is decided, held and delivered like those; the consumer asks how it stands.
    /// The same request again is answered as the first was, after a crash in its middle too.</summary>
    internal static async Task<OsbAnswer> Handle(
        string instance, HttpContext http, ZhengtongDb db, CloudServiceLookup services, Vault vault, OrganisationKeys keys, WorkingCalendar calendar, OrderGrant grant, Reconcilers reconcilers, TimeProvider clock, CancellationToken ct)
    {
        var caller = OsbCaller.Of(http);
        if (!OsbRequests.IsId(instance)) { return OsbAnswer.Refuse(400, null, Text.Of("cloud.osb.id")); }
        if (await OsbRequests.ReadAsync(http) is not { } body) { return OsbAnswer.Refuse(400, null, Text.Of("cloud.osb.unreadable")); }
        foreach (var needed in (string[])["service_id", "plan_id", "organization_guid", "space_guid"])
        {
            if (string.IsNullOrEmpty(body.Word(needed))) { return OsbAnswer.Refuse(400, null, Text.Of("cloud.osb.missing", needed)); }
        }

        var (parameters, fault) = OsbParameters.Of(body);
        if (parameters is null) { return OsbAnswer.Refuse(400, null, fault!); }
        var digest = DigestOf(body, "service_id", "plan_id", "organization_guid", "space_guid", "parameters");
        for (var attempt = 1; ; attempt++)
        {
            var known = await OsbStanding.FindAsync(db, caller, instance, ct);
            if (known is { State: not OsbState.Gone })
            {
                if (known.Instance.Digest != digest) { return OsbAnswer.Refuse(409, null, Text.Of("cloud.osb.other-attributes")); }
                switch (known.State)
                {
                    case OsbState.There:
                        return OsbAnswer.Ok(new { });
                    case OsbState.Removing:
                        return OsbAnswer.Refuse(422, "ConcurrencyError", Text.Of("cloud.osb.removing"));
                    case OsbState.Failed:
                        return OsbAnswer.Refuse(409, null, known.Said ?? Text.Of("cloud.osb.failed"));
                }

                if (!OsbRequests.Waits(http)) { return AsyncRequired(); }
                return known.State == OsbState.Making ? OsbAnswer.Accepted(Operation) : await SubmitAsync(known.Instance, known.Order.Id);
            }

            if (await services.FindPublishedAsync(body.Word("service_id")!, ct) is not { } service || !OsbCatalogue.Serves(service.Form)) { return OsbAnswer.Refuse(400, null, Text.Of("cloud.osb.unknown", "service_id")); }
            if (OsbCatalogue.PlanOf(service, body.Word("plan_id")!) is not { } plan) { return OsbAnswer.Refuse(400, null, Text.Of("cloud.osb.unknown", "plan_id")); }
            if (!OsbRequests.Waits(http)) { return AsyncRequired(); }

            var system = await db.BusinessSystems.AsNoTracking().SingleAsync(s => s.Id == caller.SystemId, ct);
            var text = new DraftCloudOrderRequest(new CloudOrderText(system.Id, system.Zone, null, [new CloudOrderItem(parameters.Name ?? NameOf(instance), service.Code, plan.Code, parameters.Amounts, null, 1, false, null)],
                parameters.Until ?? ChinaTime.DateOf(clock.GetUtcNow()).AddDays(caller.Days), parameters.Ground ?? Text.Of("cloud.osb.ground", caller.Actor.Name)));
            if (RequestFaults.Of(text) is { Count: > 0 } faults) { return OsbAnswer.Refuse(CloudProblems.OrderInvalid.For(faults)); }
            try
            {
                await using var transaction = await db.Database.BeginTransactionAsync(ct);
                if (known is not null)
                {
                    // What it named before is gone for good.
                    await db.OsbInstances.Where(i => i.Id == known.Instance.Id).ExecuteDeleteAsync(ct);
                    db.ChangeTracker.Clear();
                }

                var drafted = await DraftCloudOrder.Handle(text, caller.Actor, db, services, vault, clock, ct);
                if (drafted.Result is not Created<CloudOrderDrafted> { Value: { } draft }) { return OsbAnswer.Refuse((ProblemHttpResult)drafted.Result); }
                var now = clock.GetUtcNow();
                var row = new OsbInstance
                {
                    Id = Guid.CreateVersion7(now), ConsumerId = caller.Id, RemoteId = instance, ServiceCode = service.Code, PlanCode = plan.Code, Digest = digest, OrderId = draft.Id, CreatedAt = now,
                };
                db.OsbInstances.Add(row);
                await db.SaveChangesAsync(ct);
                await transaction.CommitAsync(ct);
                return await SubmitAsync(row, draft.Id);
            }
            catch (Exception e) when (DatabaseErrors.IsLostRace(e) && attempt == 1)
            {
                // The same came twice at once: the other made it.
                db.ChangeTracker.Clear();
            }
        }

        async Task<OsbAnswer> SubmitAsync(OsbInstance row, Guid id)
        {
            var order = await db.CloudOrders.AsNoTracking().SingleAsync(o => o.Id == id, ct);
            var submitted = await SubmitCloudOrder.Handle(id, new SubmitCloudOrderRequest(order.Revision), caller.Actor, db, services, keys, calendar, grant, clock, ct);
            if (submitted.Result is ProblemHttpResult refused)
            {
                db.ChangeTracker.Clear();
                order = await db.CloudOrders.AsNoTracking().SingleAsync(o => o.Id == id, ct);
                if (order.State == OrderState.Draft)
                {
                    // A refusal leaves nothing behind.
                    await WithdrawCloudOrder.Handle(id, new WithdrawCloudOrderRequest(Text.Of("cloud.osb.not-submitted"), order.Revision), caller.Actor, db, clock, ct);
                    await db.OsbInstances.Where(i => i.Id == row.Id).ExecuteDeleteAsync(ct);
                    return OsbAnswer.Refuse(refused);
                }
            }

            reconcilers.Wake<Delivery.DeliverResources>();
            return OsbAnswer.Accepted(Operation);
        }
    }

    internal static OsbAnswer AsyncRequired() => OsbAnswer.Refuse(422, "AsyncRequired", Text.Of("cloud.osb.async-required"));

    /// <summary>Digest of the members that make a request the same as another, whatever their order.</summary>
    internal static string DigestOf(JsonElement body, params string[] members)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            foreach (var member in members)
            {
                if (!body.TryGetProperty(member, out var value) || value.ValueKind == JsonValueKind.Null) { continue; }
                writer.WritePropertyName(member);
                Write(writer, value);
            }

            writer.WriteEndObject();
        }

        return Convert.ToHexStringLower(SHA256.HashData(buffer.GetBuffer().AsSpan(0, (int)buffer.Length)));
    }

    private static void Write(Utf8JsonWriter writer, JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                writer.WriteStartObject();
                foreach (var member in value.EnumerateObject().OrderBy(m => m.Name, StringComparer.Ordinal))
                {
                    writer.WritePropertyName(member.Name);
                    Write(writer, member.Value);
                }

                writer.WriteEndObject();
                break;
            case JsonValueKind.Array:
                writer.WriteStartArray();
                foreach (var item in value.EnumerateArray()) { Write(writer, item); }
                writer.WriteEndArray();
                break;
            default:
                value.WriteTo(writer);
                break;
        }
    }

    /// <summary>A name for what its consumer knows by an id alone.</summary>
    private static string NameOf(string instance)
    {
        var name = new string([.. instance.Where(c => char.IsAsciiLetterOrDigit(c) || c == '-').Take(46)]).TrimStart('-');
        return $"osb-{name}";
    }
}
