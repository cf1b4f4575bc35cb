using System.Text.Json.Serialization;
using Zhengtong.Agreements.Model;
using Zhengtong.Catalogue.Model;
using Zhengtong.Kernel.Regions;

namespace Zhengtong.Cloud.Model;

/// <summary>What an order asks for.</summary>
public enum OrderKind
{
    /// <summary>新增: new resources.</summary>
    New,
    /// <summary>变更: other amounts or another end for a resource that is there.</summary>
    Change,
}

/// <summary>Where an order stands.</summary>
public enum OrderState
{
    /// <summary>草稿.</summary>
    Draft,
    /// <summary>已提交: sealed by the department, waits for the decision.</summary>
    Submitted,
    /// <summary>已批准: held, sealed by both sides, delivered by itself.</summary>
    Granted,
    /// <summary>不予批准.</summary>
    Refused,
    /// <summary>已撤回 by the department.</summary>
    Withdrawn,
}

/// <summary>One line of an order: so many alike.</summary>
/// <param name="Name">What the department calls it, 2 to 50 characters; of several alike a number follows.</param>
/// <param name="Service">Code of the cloud service.</param>
/// <param name="Version">The version that was ordered.</param>
/// <param name="ServiceName">What it was called.</param>
/// <param name="Form">By what it is delivered.</param>
/// <param name="Plan">Code of the plan.</param>
/// <param name="PlanName">What it was called.</param>
/// <param name="Amounts">What each is to have.</param>
/// <param name="Image">What an instance is made from; null for other forms.</param>
/// <param name="Count">How many, 1 to 50.</param>
/// <param name="IsApart">反亲和: each on a host of its own.</param>
/// <param name="UserDataDigest">Lower-case hex SHA-256 of the cloud-init user data; null for none.</param>
/// <param name="Monthly">Yuan a month for one at the prices when it was written, rounded to cents; null where a price is missing.</param>
/// <param name="Backup">The backup that it is made from; null when it begins empty.</param>
/// <param name="Volumes">Of a change, and of what is made from a backup: the data volumes that the resource is to have, counted in the amount of disk; null for none.</param>
internal sealed record OrderItem(
    string Name, string Service, int Version, string ServiceName, ServiceForm Form, string Plan, string PlanName, IReadOnlyList<ResourceAmount> Amounts, string? Image, int Count, bool IsApart, string? UserDataDigest,
    decimal? Monthly, Guid? Backup = null, IReadOnlyList<DataVolume>? Volumes = null);

/// <summary>An order 云资源申请 of a department: what for, what, how long, on what ground. Submitted, it is sealed by the department and not changed any more.</summary>
internal sealed class CloudOrder
{
    internal required Guid Id { get; init; }

    /// <summary>YY-year-six digits.</summary>
    internal required string Number { get; init; }

    internal required OrderKind Kind { get; init; }

    internal required Guid OrganisationId { get; init; }

    /// <summary>The department's region: authorities above it decide.</summary>
    internal required RegionCode Region { get; init; }

    /// <summary>Who provides every service in it; one order has one provider.</summary>
    internal required Guid ProviderId { get; set; }

    /// <summary>The project at whose quota it is held; null for the department's own.</summary>
    internal required Guid? ProjectId { get; set; }

    internal required Guid SystemId { get; set; }

    internal required NetworkZone Zone { get; set; }

    internal required int Protection { get; set; }

    /// <summary>1 to 20.</summary>
    internal required IReadOnlyList<OrderItem> Items { get; set; }

    /// <summary>Of a change: the resource. Of a new order: null.</summary>
    internal Guid? ResourceId { get; init; }

    /// <summary>Of a change: the end as it was; null otherwise.</summary>
    internal DateTimeOffset? UntilBefore { get; init; }

    /// <summary>End of the period, exclusive.</summary>
    internal required DateTimeOffset Until { get; set; }

    /// <summary>申请依据, 2 to 500 characters.</summary>
    internal required string Ground { get; set; }

    internal OrderState State { get; private set; } = OrderState.Draft;

    internal required Guid CreatedBy { get; init; }

    internal required DateTimeOffset CreatedAt { get; init; }

    internal Guid? SubmittedBy { get; private set; }

    internal DateTimeOffset? SubmittedAt { get; private set; }

    internal Guid? DecidedBy { get; private set; }

    internal DateTimeOffset? DecidedAt { get; private set; }

    /// <summary>Of a refusal: a code of <see cref="Orders.OrderReview"/>.</summary>
    internal string? ReasonCode { get; private set; }

    /// <summary>Why it was refused or withdrawn.</summary>
    internal string? Reason { get; private set; }

    /// <summary>Of a granted change: when it was taken back because its maker refused it for good; null when it was not.</summary>
    internal DateTimeOffset? UndoneAt { get; private set; }

    /// <summary>Why its maker refused it, a code of docs/engines.md or of the delivery; null when it did not.</summary>
    internal string? UndoneCode { get; private set; }

    /// <summary>The canonical document that both sides sign; null for a draft, never changed once written.</summary>
    internal string? Document { get; private set; }

    /// <summary>Lower-case hex digest of the document's UTF-8 bytes, by its suite.</summary>
    internal string? Digest { get; private set; }

    /// <summary>The department's seal, set when it submits.</summary>
    internal Seal? ConsumerSeal { get; private set; }

    /// <summary>The provider's seal, set when it is granted.</summary>
    internal Seal? ProviderSeal { get; private set; }

    /// <summary>From 1; of two changes at once one acts.</summary>
    internal int Revision { get; private set; } = 1;

    internal bool IsOpen => State is OrderState.Draft or OrderState.Submitted;

    /// <summary>How many resources it asks for.</summary>
    internal int Count => Items.Sum(i => i.Count);

    /// <summary>What all of it has together.</summary>
    internal IReadOnlyList<ResourceAmount> Total => Amounts.Of(Items.SelectMany(i => i.Amounts.Select(a => a with { Amount = a.Amount * i.Count })));

    /// <summary>Yuan a month for all of it; what has no price counts nothing.</summary>
    internal decimal Monthly => Items.Sum(i => (i.Monthly ?? 0) * i.Count);

    internal void Touch() => Revision++;

    internal void Submit(string document, string digest, Seal seal, Guid by, DateTimeOffset now) =>
        (Document, Digest, ConsumerSeal, SubmittedBy, SubmittedAt, State, Revision) = (document, digest, seal, by, now, OrderState.Submitted, Revision + 1);

    internal void Grant(Seal seal, Guid by, DateTimeOffset now) => (ProviderSeal, DecidedBy, DecidedAt, State, Revision) = (seal, by, now, OrderState.Granted, Revision + 1);

    internal void Refuse(string code, string reason, Guid by, DateTimeOffset now) =>
        (ReasonCode, Reason, DecidedBy, DecidedAt, State, Revision) = (code, reason, by, now, OrderState.Refused, Revision + 1);

    /// <summary>Its maker refused it, and what was held for it was given back: what both sides signed stays as it is.</summary>
    internal void Undo(string code, DateTimeOffset now) => (UndoneCode, UndoneAt, Revision) = (code, now, Revision + 1);

    internal void Withdraw(string reason, Guid by, DateTimeOffset now) => (Reason, DecidedBy, DecidedAt, State, Revision) = (reason, by, now, OrderState.Withdrawn, Revision + 1);
}

/// <summary>The cloud-init user data of an order's item: sealed, for it may hold keys. Gone once the order is decided.</summary>
internal sealed class OrderUserData
{
    internal required Guid OrderId { get; init; }

    /// <summary>Which item, from 1.</summary>
    internal required int Item { get; init; }

    internal required byte[] Sealed { get; set; }

    /// <summary>What the seal is bound to.</summary>
    internal static string PurposeOf(Guid order, int item) => $"cloud-order-data:{order}:{item}";
}

/// <summary>What both sides of an order sign. Serialised canonically (RFC 8785); the names of its members are part of the format.</summary>
/// <param name="Format"><see cref="CurrentFormat"/>.</param>
/// <param name="Id">The order.</param>
/// <param name="Number">As people name it.</param>
/// <param name="Kind">What it asks for.</param>
/// <param name="Provider">Who gives.</param>
/// <param name="Consumer">Who takes.</param>
/// <param name="System">The business system that it is for.</param>
/// <param name="Project">Id of the project at whose quota it is held; null for the department's own.</param>
/// <param name="Zone">The network.</param>
/// <param name="Items">What is given.</param>
/// <param name="Prices">The prices in force when it was submitted.</param>
/// <param name="Resource">Of a change: number of the resource.</param>
/// <param name="Until">Until when, exclusive.</param>
/// <param name="Ground">On what ground.</param>
/// <param name="Suite">The cryptographic suite of its seals, <see cref="Kernel.Secrets.Suite.Word"/>.</param>
/// <param name="At">When it was submitted.</param>
internal sealed record OrderDocument(
    string Format, Guid Id, string Number, OrderKind Kind, AgreementParty Provider, AgreementParty Consumer, OrderedSystem System, Guid? Project, NetworkZone Zone, IReadOnlyList<OrderedItem> Items,
    IReadOnlyList<OrderedPrice> Prices, string? Resource, DateTimeOffset Until, string Ground, string Suite, DateTimeOffset At)
{
    internal const string CurrentFormat = "zhengtong-cloud-order-1";
}

/// <summary>The business system in an order's document.</summary>
internal sealed record OrderedSystem(Guid Id, string Name, int Protection, string? ProtectionRecord, NetworkZone Zone);

/// <summary>An item in an order's document.</summary>
internal sealed record OrderedItem(string Name, string Service, int Version, string Plan, IReadOnlyList<ResourceAmount> Amounts, string? Image, int Count, bool IsApart, string? UserDataDigest)
{
    /// <summary>The backup that it is made from; left out where there is none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public OrderedBackup? Backup { get; init; }

    /// <summary>Data volumes; left out where there are none, so that documents without them stay as they always were.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<DataVolume>? Volumes { get; init; }
}

/// <summary>The backup from which an item in an order's document is made.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Of">Number of the resource that it was taken from.</param>
/// <param name="At">When.</param>
internal sealed record OrderedBackup(Guid Id, string Of, DateTimeOffset At);

/// <summary>A price in an order's document: yuan a unit in digits with a point.</summary>
internal sealed record OrderedPrice(string Service, string Plan, string Meter, string Amount);
