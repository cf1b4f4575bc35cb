namespace Zhengtong.Cloud.Model;

/// <summary>What a broker offers, in the parts that the platform uses.</summary>
/// <param name="Offerings">At most 500.</param>
public sealed record BrokerCatalogue(IReadOnlyList<BrokerOffering> Offerings);

/// <summary>A service offering of a broker.</summary>
/// <param name="Id">Its id, at most 200 characters.</param>
/// <param name="Name">Its name, unique in the catalogue.</param>
/// <param name="Description">What it is, shortened to 500 characters.</param>
/// <param name="IsBindable">Whether its instances can be bound, unless a plan says otherwise.</param>
/// <param name="InstancesRetrievable">Whether instances can be read.</param>
/// <param name="BindingsRetrievable">Whether bindings can be read.</param>
/// <param name="Plans">1 to 200.</param>
public sealed record BrokerOffering(string Id, string Name, string Description, bool IsBindable, bool InstancesRetrievable, bool BindingsRetrievable, IReadOnlyList<BrokerPlan> Plans);

/// <summary>A plan of an offering.</summary>
/// <param name="Id">Its id, at most 200 characters, unique in the catalogue.</param>
/// <param name="Name">Its name, unique in the offering.</param>
/// <param name="Description">What it is, shortened to 500 characters.</param>
/// <param name="IsFree">Whether it costs nothing.</param>
/// <param name="IsBindable">Whether instances of it can be bound.</param>
/// <param name="IsUpdateable">Whether an instance may change to another plan.</param>
/// <param name="PollingSeconds">How long an operation may go on; null when the broker does not say.</param>
/// <param name="Maintenance">Its maintenance version; null when the broker does not say.</param>
public sealed record BrokerPlan(string Id, string Name, string Description, bool IsFree, bool IsBindable, bool IsUpdateable, int? PollingSeconds, string? Maintenance);

/// <summary>A service broker 服务代理 of somebody else (Open Service Broker API 2.17) from which the platform orders.</summary>
internal sealed class ServiceBroker
{
    internal required Guid Id { get; init; }

    /// <summary>2 to 100 characters, unique.</summary>
    internal required string Name { get; set; }

    /// <summary>What <c>/v2</c> stands below: absolute, http or https, without query; at most 500 characters.</summary>
    internal required string Address { get; set; }

    /// <summary>Account and password with a line end between, sealed by the vault (<see cref="PurposeOf"/>).</summary>
    internal required byte[] Credentials { get; set; }

    /// <summary>False: nothing new is ordered from it.</summary>
    internal bool IsOpen { get; set; } = true;

    /// <summary>The catalogue that was accepted; null before the first.</summary>
    internal BrokerCatalogue? Catalogue { get; set; }

    /// <summary>The catalogue that was read last and waits to be accepted; null when none does.</summary>
    internal BrokerCatalogue? Proposed { get; set; }

    /// <summary>Lower-case hex SHA-256 of the proposed one: who accepts names it, and so what was shown.</summary>
    internal string? ProposedDigest { get; set; }

    internal required DateTimeOffset CreatedAt { get; init; }

    /// <summary>From 1; of two changes at once one acts.</summary>
    internal int Revision { get; private set; } = 1;

    internal void Touch() => Revision++;

    /// <summary>What the seal of its credentials is bound to.</summary>
    internal static string PurposeOf(Guid broker) => $"cloud-broker:{broker}";

    /// <summary>The offering and plan of these ids, as accepted; null when there is none.</summary>
    internal (BrokerOffering Offering, BrokerPlan Plan)? Find(string offering, string plan) =>
        Catalogue?.Offerings.FirstOrDefault(o => o.Id == offering) is { } o && o.Plans.FirstOrDefault(p => p.Id == plan) is { } p ? (o, p) : null;
}

/// <summary>Which plan of a broker stands behind a plan of a cloud service.</summary>
internal sealed class BrokeredPlan
{
    internal required string ServiceCode { get; init; }

    internal required string PlanCode { get; init; }

    internal required Guid BrokerId { get; set; }

    internal required string OfferingId { get; set; }

    internal required string PlanId { get; set; }

    /// <summary>JSON object that goes with each order, at most 10,000 characters; null for none. A text <c>$disk</c> in it stands for how much disk is ordered.</summary>
    internal string? Parameters { get; set; }
}

/// <summary>How far an instance or a binding at a broker is. Written down before each call, so that whoever comes after a crash knows what may have been asked.</summary>
internal enum BrokeredPhase
{
    /// <summary>Nothing was asked.</summary>
    New,
    /// <summary>It was asked for; whether it is there nobody knows.</summary>
    Making,
    /// <summary>The broker makes it and is asked from time to time.</summary>
    MakingAwaited,
    /// <summary>It is there.</summary>
    There,
    /// <summary>Another plan was asked for.</summary>
    Changing,
    /// <summary>The broker changes it and is asked from time to time.</summary>
    ChangingAwaited,
    /// <summary>It is to go, and the broker is asked until it has.</summary>
    Ending,
    /// <summary>The broker removes it and is asked from time to time.</summary>
    EndingAwaited,
    /// <summary>The broker has nothing of it.</summary>
    Gone,
    /// <summary>The broker refused it and has nothing of it.</summary>
    Failed,
}

/// <summary>An instance or a binding at a broker.</summary>
internal sealed class Brokered
{
    internal const int LongestRemoteId = 200;
    internal const int LongestOperation = 10_000;

    internal required Guid Id { get; init; }

    internal required Guid ResourceId { get; init; }

    /// <summary>For the instance its resource, which has one; null for a binding.</summary>
    internal Guid? InstanceOf { get; init; }

    internal bool IsBinding => InstanceOf is null;

    internal required Guid BrokerId { get; set; }

    /// <summary>The id under which the broker knows it; another one for each attempt.</summary>
    internal required string RemoteId { get; set; }

    internal required string OfferingId { get; set; }

    internal required string PlanId { get; set; }

    /// <summary>Of an instance: the parameters that it was last asked for with, so that whoever asks again asks the same; null for none.</summary>
    internal string? Parameters { get; set; }

    /// <summary>Of an instance: digest of the order that the broker was last asked for (<see cref="OrderOf(CloudResource)"/>). Only another order changes it: what is there stays as it is when the plans behind it are set anew.</summary>
    internal string? Ordered { get; set; }

    /// <summary>While it changes: the plan that was asked for.</summary>
    internal string? NextPlanId { get; set; }

    internal BrokeredPhase Phase { get; set; } = BrokeredPhase.New;

    /// <summary>What the broker calls its operation; null when it said nothing.</summary>
    internal string? Operation { get; set; }

    /// <summary>When the operation is given up.</summary>
    internal DateTimeOffset? AwaitedUntil { get; set; }

    /// <summary>True when an earlier call for the same id had no answer: a refusal of the next does not say that nothing is there.</summary>
    internal bool IsUnsure { get; set; }

    /// <summary>True while it goes because its making failed in a way that may have left it there (orphan mitigation).</summary>
    internal bool IsOrphan { get; set; }

    /// <summary>接管: the platform did not make it, and MUST NOT delete it.</summary>
    internal bool IsAdopted { get; set; }

    /// <summary>A binding that is to go.</summary>
    internal bool IsEnding { get; set; }

    /// <summary>How many ids were tried.</summary>
    internal int Attempts { get; set; } = 1;

    /// <summary>Why it is as it is, a code; null when nothing is wrong.</summary>
    internal string? Problem { get; set; }

    /// <summary>Where its users look after it, at most 500 characters; null when the broker said nothing.</summary>
    internal string? Dashboard { get; set; }

    /// <summary>Of a binding: the JSON object that the broker gave, sealed by the vault (<see cref="PurposeOf"/>).</summary>
    internal byte[]? Credentials { get; set; }

    internal required DateTimeOffset CreatedAt { get; init; }

    /// <summary>From 1; of two changes at once one acts.</summary>
    internal int Revision { get; private set; } = 1;

    internal void Touch() => Revision++;

    /// <summary>An instance of a resource that nobody asked for yet.</summary>
    internal static Brokered Of(CloudResource resource, BrokeredPlan plan, DateTimeOffset now)
    {
        var instance = new Brokered
        {
            Id = Guid.CreateVersion7(now), ResourceId = resource.Id, InstanceOf = resource.Id, BrokerId = plan.BrokerId, RemoteId = "", OfferingId = plan.OfferingId, PlanId = plan.PlanId, CreatedAt = now,
        };
        instance.Begin(resource, plan, $"{resource.Id}");
        return instance;
    }

    /// <summary>From the beginning, under another id: nothing of what was asked before is there.</summary>
    internal void Begin(CloudResource resource, BrokeredPlan plan, string remoteId)
    {
        (BrokerId, OfferingId, PlanId, NextPlanId, RemoteId) = (plan.BrokerId, plan.OfferingId, plan.PlanId, null, remoteId);
        (Parameters, Ordered) = (Brokers.BrokeredParameters.Fill(plan.Parameters, resource.Amounts), OrderOf(resource));
        (Phase, Problem, Operation, AwaitedUntil, Dashboard, IsUnsure, IsOrphan, IsAdopted, Attempts) = (BrokeredPhase.New, null, null, null, null, false, false, false, 1);
    }

    /// <summary>Lower-case hex SHA-256 of what of a resource may be changed by an order.</summary>
    internal static string OrderOf(CloudResource resource) => OrderOf(resource.PlanCode, resource.Amounts);

    /// <summary>The same of other amounts.</summary>
    internal static string OrderOf(string plan, IReadOnlyList<ResourceAmount> amounts) => Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(
        string.Join('\n', [plan, .. amounts.Select(a => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{a.Kind} {a.Amount}"))]))));

    /// <summary>What the seal of its credentials is bound to.</summary>
    internal static string PurposeOf(Guid brokered) => $"cloud-brokered:{brokered}";
}

/// <summary>What a broker is asked to do.</summary>
public enum BrokerAct
{
    /// <summary>Make an instance.</summary>
    Provision,
    /// <summary>Give an instance another plan.</summary>
    Update,
    /// <summary>Remove an instance.</summary>
    Deprovision,
    /// <summary>Make a binding.</summary>
    Bind,
    /// <summary>Remove a binding.</summary>
    Unbind,
}

/// <summary>One call that may change something at a broker: written before it is sent, completed when it is answered.</summary>
internal sealed class BrokerCall
{
    internal required Guid Id { get; init; }

    internal required Guid BrokeredId { get; init; }

    internal required BrokerAct Act { get; init; }

    internal required string RemoteId { get; init; }

    /// <summary>True when it removes what may have been left by a failure.</summary>
    internal required bool IsMitigation { get; init; }

    internal required DateTimeOffset At { get; init; }

    internal DateTimeOffset? AnsweredAt { get; set; }

    /// <summary>HTTP status; 0 when there was no answer, null when it is not known.</summary>
    internal int? Status { get; set; }

    /// <summary>What the platform made of it, a word; null while it is not known.</summary>
    internal string? Verdict { get; set; }
}
