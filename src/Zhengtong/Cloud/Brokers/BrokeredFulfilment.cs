using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Zhengtong.Cloud.Delivery;
using Zhengtong.Cloud.Model;
using Zhengtong.Kernel.Secrets;

namespace Zhengtong.Cloud.Brokers;

/// <summary>Service instances and bindings at brokers. What is about to be asked is written down before it is asked; who comes after a crash asks the same again, which a broker answers as it did.
/// What a failed making may have left is deleted, and until it is gone nothing else happens (orphan mitigation of Open Service Broker API 2.17): after 5xx, silence, an unreadable 201 or 202, another 2xx and a failed
/// operation; never after 200, 408 or another 4xx. What was adopted is never deleted.</summary>
internal sealed class BrokeredFulfilment(IServiceScopeFactory scopes, BrokerConnections connections, Vault vault, IOptions<BrokersOptions> options, TimeProvider clock) : IFulfilment
{
    public ResourceForm Form => ResourceForm.Brokered;

    public async Task<DeliveryStep> StepAsync(CloudResource resource, CancellationToken ct)
    {
        // A scope of its own: what is written here is saved alone.
        await using var scope = scopes.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<ZhengtongDb>();
        var wanted = await db.BrokeredPlans.AsNoTracking().SingleOrDefaultAsync(p => p.ServiceCode == resource.ServiceCode && p.PlanCode == resource.PlanCode, ct);
        var instance = await db.BrokeredThings.SingleOrDefaultAsync(b => b.InstanceOf == resource.Id, ct);
        if (instance is null)
        {
            if (resource.Wish == ResourceWish.Removed || resource.DeliveredAt is not null) { return new DeliveryStep(Sight.Absent); }
            if (wanted is null) { return DeliveryStep.NotNow("no-brokered-plan"); }
            db.BrokeredThings.Add(instance = Brokered.Of(resource, wanted, clock.GetUtcNow()));
            await db.SaveChangesAsync(ct);
        }

        var broker = await db.ServiceBrokers.AsNoTracking().SingleAsync(b => b.Id == instance.BrokerId, ct);
        if (!broker.IsOpen && instance.Phase == BrokeredPhase.New && resource.Wish != ResourceWish.Removed) { return DeliveryStep.NotNow("broker-closed"); }
        string credentials;
        try { credentials = CredentialsOf(vault, broker); }
        // Sealed under another master key: it never opens again.
        catch (CryptographicException) { return DeliveryStep.Never("secret-lost"); }
        var talk = new BrokerTalk(db, connections, vault, options.Value, clock, broker, credentials, resource);

        if (resource.Wish == ResourceWish.Removed) { return await RemoveAsync(talk, db, instance, resource, ct); }
        var wait = await talk.DriveAsync(instance, instance, isToGo: false, wanted, ct);
        switch (instance.Phase)
        {
            case BrokeredPhase.Failed:
                return DeliveryStep.Never(instance.Problem ?? "broker-refused", resource.DeliveredAt is null ? Sight.Absent : Sight.Lost);
            case BrokeredPhase.There when instance.Problem == "gone":
                return new DeliveryStep(Sight.Absent);
            case BrokeredPhase.There or BrokeredPhase.Changing or BrokeredPhase.ChangingAwaited:
                var bindings = await BindAsync(talk, db, instance, resource, ct);
                if (instance.Phase == BrokeredPhase.There && instance.Problem is null && bindings is null && resource.Wish == ResourceWish.Stopped) { return DeliveryStep.Never("not-supported", Sight.Running); }
                if (instance is { Phase: BrokeredPhase.There, Problem: "broker-refused-change" or "plan-not-updateable" } && resource.Former is { } former) { return await BackAsync(db, instance, resource, former, ct); }
                // What the broker refused and nobody can take back stays so until somebody orders another.
                if (instance is { Phase: BrokeredPhase.There, Problem: not null }) { return new DeliveryStep(Sight.Running, instance.Problem, Address: instance.Dashboard); }
                return instance.Phase == BrokeredPhase.There && bindings is null
                    ? new DeliveryStep(Sight.Running, Address: instance.Dashboard) : new DeliveryStep(Sight.Running, instance.Problem ?? "broker-under-way", Address: instance.Dashboard, After: wait ?? bindings);
            default:
                return instance.Problem is { } problem ? new DeliveryStep(Sight.Changing, problem, After: wait) : new DeliveryStep(Sight.Changing, After: wait);
        }
    }

    /// <summary>The broker will not carry the change out: it was told nothing that it keeps, and goes on as before. Written down first: who dies here finds the change still ordered, asks once more and comes here again.</summary>
    private static async Task<DeliveryStep> BackAsync(ZhengtongDb db, Brokered instance, CloudResource resource, FormerStanding former, CancellationToken ct)
    {
        var (refused, before) = (instance.Problem!, await db.BrokeredPlans.AsNoTracking().SingleOrDefaultAsync(p => p.ServiceCode == resource.ServiceCode && p.PlanCode == former.Plan, ct));
        (instance.Ordered, instance.Problem) = (Brokered.OrderOf(former.Plan, former.Amounts), null);
        if (before is not null) { instance.Parameters = BrokeredParameters.Fill(before.Parameters, former.Amounts); }
        instance.Touch();
        await db.SaveChangesAsync(ct);
        return new DeliveryStep(Sight.Running, refused, Address: instance.Dashboard) { RefusedChange = refused };
    }

    internal static string CredentialsOf(Vault vault, ServiceBroker broker) => Encoding.UTF8.GetString(vault.Open(broker.Credentials, ServiceBroker.PurposeOf(broker.Id)));

    /// <summary>Bindings first, then the instance.</summary>
    private static async Task<DeliveryStep> RemoveAsync(BrokerTalk talk, ZhengtongDb db, Brokered instance, CloudResource resource, CancellationToken ct)
    {
        foreach (var binding in await db.BrokeredThings.Where(b => b.ResourceId == resource.Id && b.InstanceOf == null && b.Phase != BrokeredPhase.Gone).OrderBy(b => b.CreatedAt).ToListAsync(ct))
        {
            var pause = await talk.DriveAsync(binding, instance, isToGo: true, null, ct);
            if (binding.Phase != BrokeredPhase.Gone) { return new DeliveryStep(Sight.Running, binding.Problem, After: pause); }
        }

        var wait = await talk.DriveAsync(instance, instance, isToGo: true, null, ct);
        return instance.Phase == BrokeredPhase.Gone ? new DeliveryStep(Sight.Absent) : new DeliveryStep(Sight.Changing, instance.Problem, After: wait);
    }

    /// <summary>Brings the bindings to what they are to be; null when all are.</summary>
    private async Task<TimeSpan?> BindAsync(BrokerTalk talk, ZhengtongDb db, Brokered instance, CloudResource resource, CancellationToken ct)
    {
        TimeSpan? wait = null;
        var open = await db.BrokeredThings.Where(b => b.ResourceId == resource.Id && b.InstanceOf == null && b.Phase != BrokeredPhase.Gone
            && (b.IsEnding || (b.Phase != BrokeredPhase.Failed && (b.Phase != BrokeredPhase.There || b.Credentials == null)))).OrderBy(b => b.CreatedAt).ToListAsync(ct);
        foreach (var binding in open)
        {
            var pause = await talk.DriveAsync(binding, instance, binding.IsEnding, null, ct);
            if (binding.Phase is not (BrokeredPhase.Gone or BrokeredPhase.Failed) && (binding.Phase != BrokeredPhase.There || binding.Credentials is null || binding.IsEnding))
            {
                wait = pause ?? TimeSpan.FromSeconds(options.Value.PollSeconds);
            }
        }

        return wait;
    }
}

/// <summary>One resource's talk with its broker: calls, what is written down before and after each, and what an answer means.</summary>
internal sealed class BrokerTalk(
    ZhengtongDb db, BrokerConnections connections, Vault vault, BrokersOptions options, TimeProvider clock, ServiceBroker broker, string credentials, CloudResource resource)
{
    /// <summary>One act towards what an instance or binding is to be, with what is saved; returns when to come again, null for at once or as usual.</summary>
    /// <param name="thing">The instance or a binding of it.</param>
    /// <param name="instance">The instance.</param>
    /// <param name="isToGo">Whether it is to be removed.</param>
    /// <param name="wanted">What stands behind the instance's plan now; null when nothing does, and for bindings.</param>
    /// <param name="ct">Stops it.</param>
    internal async Task<TimeSpan?> DriveAsync(Brokered thing, Brokered instance, bool isToGo, BrokeredPlan? wanted, CancellationToken ct)
    {
        switch (thing.Phase)
        {
            case BrokeredPhase.New when isToGo || thing.IsAdopted:
                thing.Phase = isToGo ? BrokeredPhase.Gone : BrokeredPhase.There;
                await SaveAsync(thing, ct);
                return null;
            // An answer that nobody could read is no reason to undo what it was about, but nobody wants it any more.
            case BrokeredPhase.Failed when isToGo && thing is { Problem: "broker-malformed", IsAdopted: false }:
                thing.Phase = BrokeredPhase.Ending;
                await SaveAsync(thing, ct);
                return await EndAsync(thing, instance, isToGo, ct);
            // What else failed left nothing behind.
            case BrokeredPhase.Failed when isToGo:
                thing.Phase = BrokeredPhase.Gone;
                await SaveAsync(thing, ct);
                return null;
            case BrokeredPhase.There or BrokeredPhase.Making or BrokeredPhase.MakingAwaited or BrokeredPhase.Changing or BrokeredPhase.ChangingAwaited when isToGo:
                (thing.Phase, thing.Operation, thing.Problem) = (thing.IsAdopted ? BrokeredPhase.Gone : BrokeredPhase.Ending, null, null);
                await SaveAsync(thing, ct);
                return thing.Phase == BrokeredPhase.Gone ? null : await EndAsync(thing, instance, isToGo, ct);
            case BrokeredPhase.New or BrokeredPhase.Making:
                return await MakeAsync(thing, instance, ct);
            case BrokeredPhase.MakingAwaited or BrokeredPhase.ChangingAwaited or BrokeredPhase.EndingAwaited:
                return await AskAsync(thing, instance, isToGo, ct);
            case BrokeredPhase.Ending:
                return await EndAsync(thing, instance, isToGo, ct);
            case BrokeredPhase.There when thing.IsBinding && thing.Credentials is null:
                return await FetchAsync(thing, instance, ct);
            case BrokeredPhase.There when !thing.IsBinding && thing.Problem != "gone" && Brokered.OrderOf(resource) is var order && order != thing.Ordered:
                var parameters = BrokeredParameters.Fill(wanted?.Parameters, resource.Amounts);
                var isElsewhere = wanted is null || wanted.BrokerId != thing.BrokerId || wanted.OfferingId != thing.OfferingId;
                var isNothing = !isElsewhere && wanted!.PlanId == thing.PlanId && parameters == thing.Parameters;
                (thing.Ordered, thing.NextPlanId, thing.Problem) = (order, isElsewhere || isNothing ? null : wanted!.PlanId, isElsewhere ? "plan-not-updateable" : null);
                if (!isElsewhere) { thing.Parameters = parameters; }
                if (thing.NextPlanId is not null) { return await ChangeAsync(thing, ct); }
                await SaveAsync(thing, ct);
                return null;
            case BrokeredPhase.Changing:
                return await ChangeAsync(thing, ct);
            case BrokeredPhase.There when !thing.IsBinding:
                await LookAsync(thing, ct);
                return null;
            default:
                return null;
        }
    }

    private async Task<TimeSpan?> MakeAsync(Brokered thing, Brokered instance, CancellationToken ct)
    {
        thing.IsUnsure |= thing.Phase == BrokeredPhase.Making;
        thing.Phase = BrokeredPhase.Making;
        var context = new { platform = "egov", organization_guid = $"{resource.OrganisationId}", space_guid = $"{resource.SystemId}" };
        object body = thing.IsBinding
            ? new { service_id = thing.OfferingId, plan_id = thing.PlanId, context }
            : new
            {
                service_id = thing.OfferingId, plan_id = thing.PlanId, organization_guid = context.organization_guid, space_guid = context.space_guid, context, parameters = ParametersOf(thing.Parameters),
                maintenance_info = broker.Find(thing.OfferingId, thing.PlanId)?.Plan.Maintenance is { } version ? new { version } : null,
            };
        var call = await BeginAsync(thing, thing.IsBinding ? BrokerAct.Bind : BrokerAct.Provision, ct);
        var answer = await SendAsync(HttpMethod.Put, $"{PathOf(thing, instance)}?accepts_incomplete=true", body, ct);
        switch (answer)
        {
            case { Status: 200 or 201 } when IsRead(thing, answer):
                if (thing.IsBinding) { thing.Credentials = SealOf(thing, answer); }
                thing.Dashboard ??= DashboardOf(answer);
                (thing.Phase, thing.Problem) = (BrokeredPhase.There, null);
                return await EndCallAsync(thing, call, answer, "there", null, ct);
            case { Status: 202 } when answer.IsText("operation", Brokered.LongestOperation):
                thing.Dashboard ??= DashboardOf(answer);
                return await AwaitAsync(thing, call, answer, BrokeredPhase.MakingAwaited, ct);
            case { Silence: BrokerSilence.NotHeard }:
                // Nobody can have heard it; what an earlier call came to is no clearer for it.
                thing.Problem = "broker-unreachable";
                Untouched(thing);
                return await EndCallAsync(thing, call, answer, "not-heard", null, ct);
            case { Status: 408 or 425 or 429 } or { Status: 422, Error: "ConcurrencyError" }:
                thing.Problem = "broker-busy";
                if (answer.Status != 422) { Untouched(thing); }
                return await EndCallAsync(thing, call, answer, "again", answer.Wait, ct);
            case { Status: 401 or 403 }:
                thing.Problem = "broker-credentials";
                Untouched(thing);
                return await EndCallAsync(thing, call, answer, "again", null, ct);
            // The specification names these: whatever it was, it is not to be undone.
            case { Status: 200 }:
                return await FailAsync(thing, call, answer, "broker-malformed", ct);
            case { Status: >= 300 and < 500 } when !thing.IsUnsure:
                return await FailAsync(thing, call, answer, answer.Status == 409 ? "broker-conflict" : "broker-refused", ct);
            default:
                return await OrphanAsync(thing, call, answer, answer.Status switch { 0 => "broker-silent", >= 500 => "broker-failed", >= 300 => "broker-refused", _ => "broker-malformed" }, ct);
        }
    }

    /// <summary>A call that came to nothing for sure: unless an earlier one had no answer, nothing is there.</summary>
    private static void Untouched(Brokered thing) => thing.Phase = thing.IsUnsure ? thing.Phase : BrokeredPhase.New;

    private async Task<TimeSpan?> ChangeAsync(Brokered thing, CancellationToken ct)
    {
        if (thing.NextPlanId != thing.PlanId && broker.Find(thing.OfferingId, thing.PlanId) is not { Plan.IsUpdateable: true })
        {
            (thing.Phase, thing.NextPlanId, thing.Problem) = (BrokeredPhase.There, null, "plan-not-updateable");
            await SaveAsync(thing, ct);
            return null;
        }

        thing.Phase = BrokeredPhase.Changing;
        var call = await BeginAsync(thing, BrokerAct.Update, ct);
        var answer = await SendAsync(HttpMethod.Patch, $"{PathOf(thing, thing)}?accepts_incomplete=true", new
        {
            service_id = thing.OfferingId, plan_id = thing.NextPlanId, parameters = ParametersOf(thing.Parameters), previous_values = new { service_id = thing.OfferingId, plan_id = thing.PlanId },
        }, ct);
        switch (answer)
        {
            case { Status: 200 }:
                return await ChangedAsync(thing, call, answer, ct);
            case { Status: 202 } when answer.IsText("operation", Brokered.LongestOperation):
                return await AwaitAsync(thing, call, answer, BrokeredPhase.ChangingAwaited, ct);
            case { Status: 0 or 408 or 425 or 429 or 401 or 403 or >= 500 } or { Status: 422, Error: "ConcurrencyError" }:
                // Nothing is undone after any answer to a change: the same is asked again.
                thing.Problem = answer.Silence == BrokerSilence.NotHeard ? "broker-unreachable" : answer.Status == 0 ? "broker-silent" : answer.Status >= 500 ? "broker-failed" : "broker-busy";
                return await EndCallAsync(thing, call, answer, "again", answer.Wait, ct);
            default:
                (thing.Phase, thing.NextPlanId, thing.Problem) = (BrokeredPhase.There, null, "broker-refused-change");
                return await EndCallAsync(thing, call, answer, "refused", null, ct);
        }
    }

    private async Task<TimeSpan?> ChangedAsync(Brokered thing, BrokerCall? call, BrokerAnswer answer, CancellationToken ct)
    {
        (thing.PlanId, thing.NextPlanId, thing.Phase, thing.Problem, thing.Operation) = (thing.NextPlanId ?? thing.PlanId, null, BrokeredPhase.There, null, null);
        if (DashboardOf(answer) is { } dashboard) { thing.Dashboard = dashboard; }
        return await EndCallAsync(thing, call, answer, "changed", null, ct);
    }

    private async Task<TimeSpan?> EndAsync(Brokered thing, Brokered instance, bool isToGo, CancellationToken ct)
    {
        // Whatever led here: what the platform did not make it does not remove.
        if (thing.IsAdopted) { return await FailAsync(thing, null, new BrokerAnswer(0, null), thing.Problem ?? "broker-failed", ct); }
        var call = await BeginAsync(thing, thing.IsBinding ? BrokerAct.Unbind : BrokerAct.Deprovision, ct);
        var answer = await SendAsync(HttpMethod.Delete, $"{PathOf(thing, instance)}?{IdsOf(thing)}&accepts_incomplete=true", null, ct);
        switch (answer)
        {
            case { Status: 200 or 410 }:
                return await GoneAsync(thing, call, answer, isToGo, ct);
            case { Status: 202 }:
                return await AwaitAsync(thing, call, answer, BrokeredPhase.EndingAwaited, ct);
            default:
                // Again and again, until it is gone.
                thing.Problem = answer.Silence == BrokerSilence.NotHeard ? "broker-unreachable" : thing.IsOrphan ? thing.Problem ?? "broker-orphan" : answer.Status is 401 or 403 ? "broker-credentials" : "broker-keeps";
                return await EndCallAsync(thing, call, answer, "again", answer.Wait, ct);
        }
    }

    private async Task<TimeSpan?> GoneAsync(Brokered thing, BrokerCall? call, BrokerAnswer answer, bool isToGo, CancellationToken ct)
    {
        thing.Operation = null;
        if (thing.IsOrphan && !isToGo && !thing.IsEnding)
        {
            // It left nothing behind: another try under another name, or somebody decides.
            (thing.IsOrphan, thing.IsUnsure) = (false, false);
            if (thing.Attempts < options.Attempts)
            {
                (thing.Phase, thing.RemoteId, thing.Attempts) = (BrokeredPhase.New, $"{Guid.CreateVersion7(clock.GetUtcNow())}", thing.Attempts + 1);
                return await EndCallAsync(thing, call, answer, "gone", TimeSpan.FromSeconds(options.PollSeconds), ct);
            }

            thing.Phase = BrokeredPhase.Failed;
            return await EndCallAsync(thing, call, answer, "gone", null, ct);
        }

        (thing.Phase, thing.IsOrphan, thing.Problem, thing.Credentials) = (BrokeredPhase.Gone, false, null, null);
        return await EndCallAsync(thing, call, answer, "gone", null, ct);
    }

    /// <summary>Asks how an operation stands.</summary>
    private async Task<TimeSpan?> AskAsync(Brokered thing, Brokered instance, bool isToGo, CancellationToken ct)
    {
        var operation = thing.Operation is { } known ? $"&operation={Uri.EscapeDataString(known)}" : "";
        var answer = await SendAsync(HttpMethod.Get, $"{PathOf(thing, instance)}/last_operation?{IdsOf(thing)}{operation}", null, ct);
        var isOver = thing.AwaitedUntil <= clock.GetUtcNow();
        switch (thing.Phase, answer.Status, answer.Text("state"))
        {
            case (BrokeredPhase.EndingAwaited, 410, _) or (BrokeredPhase.EndingAwaited, 200, "succeeded"):
                return await GoneAsync(thing, null, answer, isToGo, ct);
            case (BrokeredPhase.MakingAwaited, 200, "succeeded"):
                (thing.Phase, thing.Operation, thing.Problem) = (BrokeredPhase.There, null, null);
                await SaveAsync(thing, ct);
                return thing.IsBinding ? await FetchAsync(thing, instance, ct) : null;
            case (BrokeredPhase.ChangingAwaited, 200, "succeeded"):
                return await ChangedAsync(thing, null, answer, ct);
            case (BrokeredPhase.MakingAwaited, 200, "failed"):
                return await OrphanAsync(thing, null, answer, "broker-failed", ct);
            case (BrokeredPhase.MakingAwaited, _, _) when isOver:
                return await OrphanAsync(thing, null, answer, "broker-too-slow", ct);
            case (BrokeredPhase.ChangingAwaited, 200, "failed"):
                (thing.Phase, thing.NextPlanId, thing.Operation, thing.Problem) = (BrokeredPhase.There, null, null, "broker-refused-change");
                await SaveAsync(thing, ct);
                return null;
            case (BrokeredPhase.ChangingAwaited, _, _) when isOver:
                // Nobody knows which plan it stands under: the same is asked again.
                (thing.Phase, thing.Operation, thing.Problem) = (BrokeredPhase.Changing, null, "broker-too-slow");
                await SaveAsync(thing, ct);
                return null;
            case (BrokeredPhase.EndingAwaited, 200, "failed"):
            case (BrokeredPhase.EndingAwaited, _, _) when isOver:
                (thing.Phase, thing.Operation, thing.Problem) = (BrokeredPhase.Ending, null, thing.IsOrphan ? thing.Problem : "broker-keeps");
                await SaveAsync(thing, ct);
                return TimeSpan.FromSeconds(options.PollSeconds);
            default:
                return answer.Wait ?? TimeSpan.FromSeconds(options.PollSeconds);
        }
    }

    /// <summary>Reads the credentials of a binding that was made behind the answer.</summary>
    private async Task<TimeSpan?> FetchAsync(Brokered thing, Brokered instance, CancellationToken ct)
    {
        var answer = await SendAsync(HttpMethod.Get, PathOf(thing, instance), null, ct);
        if (answer.Status == 200 && IsRead(thing, answer))
        {
            (thing.Credentials, thing.Problem) = (SealOf(thing, answer), null);
            await SaveAsync(thing, ct);
            return null;
        }

        // Made, they say, and never to be read: nobody could use it.
        if (thing.AwaitedUntil <= clock.GetUtcNow()) { return await OrphanAsync(thing, null, answer, "broker-too-slow", ct); }
        return TimeSpan.FromSeconds(options.PollSeconds);
    }

    /// <summary>Whether a broker that can be asked still has the instance.</summary>
    private async Task LookAsync(Brokered thing, CancellationToken ct)
    {
        if (broker.Find(thing.OfferingId, thing.PlanId) is { Offering.InstancesRetrievable: true })
        {
            var answer = await SendAsync(HttpMethod.Get, $"{PathOf(thing, thing)}?{IdsOf(thing)}", null, ct);
            if (answer.Status is 404 or 410) { thing.Problem = "gone"; }
            else if (answer.Status == 200)
            {
                if (thing.Problem == "gone") { thing.Problem = null; }
                thing.Dashboard ??= DashboardOf(answer);
            }
        }

        if (db.ChangeTracker.HasChanges()) { await SaveAsync(thing, ct); }
    }

    private async Task<TimeSpan?> AwaitAsync(Brokered thing, BrokerCall call, BrokerAnswer answer, BrokeredPhase phase, CancellationToken ct)
    {
        var most = broker.Find(thing.OfferingId, thing.PlanId)?.Plan.PollingSeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : TimeSpan.FromMinutes(options.OperationMinutes);
        var operation = answer.IsText("operation", Brokered.LongestOperation) ? answer.Text("operation") : null;
        (thing.Phase, thing.Operation, thing.AwaitedUntil) = (phase, operation, clock.GetUtcNow() + most);
        if (!thing.IsOrphan) { thing.Problem = null; }
        return await EndCallAsync(thing, call, answer, "awaited", answer.Wait ?? TimeSpan.FromSeconds(options.PollSeconds), ct);
    }

    private async Task<TimeSpan?> FailAsync(Brokered thing, BrokerCall? call, BrokerAnswer answer, string problem, CancellationToken ct)
    {
        (thing.Phase, thing.Problem, thing.Operation) = (BrokeredPhase.Failed, problem, null);
        return await EndCallAsync(thing, call, answer, "refused", null, ct);
    }

    private async Task<TimeSpan?> OrphanAsync(Brokered thing, BrokerCall? call, BrokerAnswer answer, string problem, CancellationToken ct)
    {
        (thing.Phase, thing.IsOrphan, thing.Problem, thing.Operation) = (BrokeredPhase.Ending, true, problem, null);
        // At once: what nobody wants should not be paid for.
        return await EndCallAsync(thing, call, answer, "orphan", TimeSpan.Zero, ct);
    }

    /// <summary>Written before the call.</summary>
    private async Task<BrokerCall> BeginAsync(Brokered thing, BrokerAct act, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var call = new BrokerCall { Id = Guid.CreateVersion7(now), BrokeredId = thing.Id, Act = act, RemoteId = thing.RemoteId, IsMitigation = thing.IsOrphan, At = now };
        db.BrokerCalls.Add(call);
        await SaveAsync(thing, ct);
        return call;
    }

    /// <summary>Written behind it, with what follows from it.</summary>
    private async Task<TimeSpan?> EndCallAsync(Brokered thing, BrokerCall? call, BrokerAnswer answer, string verdict, TimeSpan? wait, CancellationToken ct)
    {
        if (call is not null) { (call.AnsweredAt, call.Status, call.Verdict) = (clock.GetUtcNow(), answer.Status, verdict); }
        await SaveAsync(thing, ct);
        return wait;
    }

    private async Task SaveAsync(Brokered thing, CancellationToken ct)
    {
        thing.Touch();
        await db.SaveChangesAsync(ct);
    }

    private Task<BrokerAnswer> SendAsync(HttpMethod method, string path, object? body, CancellationToken ct) =>
        connections.SendAsync(broker.Address, credentials, method, path, body, new { organization_guid = $"{resource.OrganisationId}", platform = "egov" }, ct);

    private static string PathOf(Brokered thing, Brokered instance) => thing.IsBinding
        ? $"/v2/service_instances/{Uri.EscapeDataString(instance.RemoteId)}/service_bindings/{Uri.EscapeDataString(thing.RemoteId)}" : $"/v2/service_instances/{Uri.EscapeDataString(thing.RemoteId)}";

    private static string IdsOf(Brokered thing) => $"service_id={Uri.EscapeDataString(thing.OfferingId)}&plan_id={Uri.EscapeDataString(thing.PlanId)}";

    private static JsonElement? ParametersOf(string? parameters) => parameters is null ? null : JsonSerializer.Deserialize<JsonElement>(parameters);

    /// <summary>What is there was told in a form that can be read.</summary>
    private static bool IsRead(Brokered thing, BrokerAnswer answer) =>
        answer.Body is { } body && (thing.IsBinding ? body.TryGetProperty("credentials", out var secret) && secret.ValueKind == JsonValueKind.Object : answer.IsText("dashboard_url", 10_000));

    private byte[] SealOf(Brokered thing, BrokerAnswer answer) => vault.Seal(Encoding.UTF8.GetBytes(answer.Body!.Value.GetProperty("credentials").GetRawText()), Brokered.PurposeOf(thing.Id));

    private static string? DashboardOf(BrokerAnswer answer) =>
        answer.Text("dashboard_url") is { Length: <= 500 } url && Uri.TryCreate(url, UriKind.Absolute, out var uri) && (uri.Scheme == Uri.UriSchemeHttp || uri.Scheme == Uri.UriSchemeHttps) ? url : null;
}
