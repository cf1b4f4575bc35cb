using Zhengtong.Kernel.Regions;

namespace Zhengtong.Cloud.Model;

/// <summary>By what a resource is delivered.</summary>
public enum ResourceForm
{
    /// <summary>云主机: an instance at the engine of a pool.</summary>
    Instance,
    /// <summary>云数据库: a database with a role of its own on a managed server.</summary>
    Database,
    /// <summary>网站: a container web system behind the platform's gateway.</summary>
    Site,
    /// <summary>A service instance of a registered service broker (Open Service Broker API 2.17).</summary>
    Brokered,
    /// <summary>A service of people, such as operation or assessment: delivered when its provider says so.</summary>
    Attended,
}

/// <summary>What a resource is to be.</summary>
public enum ResourceWish
{
    /// <summary>There, and running.</summary>
    Running,
    /// <summary>There, and stopped.</summary>
    Stopped,
    /// <summary>Gone, and what it held given back.</summary>
    Removed,
}

/// <summary>What a resource is, as its engine was last seen.</summary>
public enum CloudResourceState
{
    /// <summary>Not begun, or waiting for what <see cref="CloudResource.Problem"/> says.</summary>
    Waiting,
    /// <summary>On its way: made, started, stopped, changed.</summary>
    Changing,
    /// <summary>There, and running.</summary>
    Running,
    /// <summary>There, and stopped.</summary>
    Stopped,
    /// <summary>Its engine cannot tell, or no longer has it.</summary>
    Lost,
    /// <summary>It will not become what it is to be unless somebody decides: <see cref="CloudResource.Problem"/> says why.</summary>
    Failed,
    /// <summary>Gone for good; what it held was given back.</summary>
    Removed,
}

/// <summary>A resource 云资源 of a department: the desired state that the reconciler (<c>cloud.delivery</c>) brings its engine to. Its id is the consumer of its hold and of its place on a host, and gives the name by which
/// the engine knows it, so that an attempt after a crash finds what the one before it made.</summary>
internal sealed class CloudResource
{
    internal const int LongestProblem = 60;

    internal required Guid Id { get; init; }

    /// <summary>ZY-year-six digits, as people name it; unique.</summary>
    internal required string Number { get; init; }

    /// <summary>What its department calls it, 2 to 60 characters.</summary>
    internal required string Name { get; set; }

    internal required ResourceForm Form { get; init; }

    /// <summary>The order that it was granted by, and which of its items, from 1.</summary>
    internal required Guid OrderId { get; init; }

    internal required int Item { get; init; }

    /// <summary>The department that has it.</summary>
    internal required Guid OrganisationId { get; init; }

    internal required RegionCode Region { get; init; }

    /// <summary>The node of the tree of quotas at which it is held.</summary>
    internal required Guid NodeId { get; init; }

    /// <summary>The business system that it is for.</summary>
    internal required Guid SystemId { get; init; }

    /// <summary>Code of the cloud service and of its plan: what it is priced by.</summary>
    internal required string ServiceCode { get; init; }

    internal required string PlanCode { get; set; }

    internal required NetworkZone Zone { get; init; }

    /// <summary>等保 level of its system, 1 to 5.</summary>
    internal required int Protection { get; init; }

    /// <summary>What it is to have, and what is held for it; in the form of <see cref="Model.Amounts.Of"/>.</summary>
    internal required IReadOnlyList<ResourceAmount> Amounts { get; set; }

    /// <summary>Data volumes beside its own disk, with those that still have to go; what it has of disk counts them.</summary>
    internal IReadOnlyList<KeptVolume> Volumes { get; set; } = [];

    /// <summary>Those it is to have.</summary>
    internal IReadOnlyList<DataVolume> WantedVolumes => [.. Volumes.Where(v => !v.IsLeaving).Select(v => new DataVolume(v.Name, v.Size, v.Path))];

    /// <summary>Its volumes when it is to have these: what is not named stays until it is gone.</summary>
    internal IReadOnlyList<KeptVolume> VolumesWith(IReadOnlyList<DataVolume> wanted) =>
        [.. wanted.Select(v => new KeptVolume(v.Name, v.Size, v.Path)), .. Volumes.Where(v => wanted.All(w => w.Name != v.Name)).Select(v => v with { IsLeaving = true })];

    /// <summary>How it stood before the changes that its maker has not carried out yet; null when there are none. What a maker refuses for good goes back to it.</summary>
    internal FormerStanding? Former { get; set; }

    /// <summary>What is held for it: while its maker has not carried a change out yet, of each kind the larger of what it had and what it is to have, so that it can always go back.</summary>
    internal IReadOnlyList<ResourceAmount> Held => HeldOf(Amounts, Former);

    internal static IReadOnlyList<ResourceAmount> HeldOf(IReadOnlyList<ResourceAmount> amounts, FormerStanding? former) => former is null ? amounts
        : Model.Amounts.Of(amounts.Concat(former.Amounts).Select(a => a.Kind).Distinct().Select(k => new ResourceAmount(k, Math.Max(amounts.Get(k), former.Amounts.Get(k)))));

    /// <summary>What it is billed for: what it has, not what it is to have.</summary>
    internal (string Plan, IReadOnlyList<ResourceAmount> Amounts) Had => Former is { } before ? (before.Plan, before.Amounts) : (PlanCode, Amounts);

    /// <summary>What to go back to when an order changes it now: of several changes before one is carried out how it stood before the first. What was never there has nothing to go back to.</summary>
    internal FormerStanding? FormerOf(Guid order) =>
        DeliveredAt is null ? null : Former is { } before ? before with { Orders = [.. before.Orders, order] } : new FormerStanding([order], PlanCode, Amounts, Volumes);

    /// <summary>What it has without its volumes.</summary>
    internal IReadOnlyList<ResourceAmount> OwnAmounts => OwnOf(Amounts, Volumes);

    /// <summary>Amounts without those volumes.</summary>
    internal static IReadOnlyList<ResourceAmount> OwnOf(IReadOnlyList<ResourceAmount> amounts, IReadOnlyList<KeptVolume> volumes) =>
        volumes.Count == 0 ? amounts : Model.Amounts.Of(amounts.Select(a => a.Kind == "disk" ? a with { Amount = a.Amount - volumes.Sum(v => (long)v.Size) } : a));

    /// <summary>What an instance is made from, at most 100 characters; null for other forms.</summary>
    internal string? Image { get; init; }

    /// <summary>cloud-init user data, sealed by the vault: it may hold keys; null for none.</summary>
    internal byte[]? UserData { get; init; }

    /// <summary>反亲和: resources of one group stand on different hosts; null for none.</summary>
    internal string? SpreadGroup { get; init; }

    /// <summary>The backup that it is made from (<see cref="ResourceBackup"/>), which may be gone once it is there; null when it begins empty.</summary>
    internal Guid? BackupId { get; set; }

    /// <summary>Of one that was restored under what was granted to another: that other, the first of them. Of a grant at most one stands at a time. Null for one that has a grant of its own.</summary>
    internal Guid? RootId { get; init; }

    /// <summary>Where it is; null until it has a place.</summary>
    internal Guid? PoolId { get; set; }

    internal Guid? HostId { get; set; }

    internal required ResourceWish Wish { get; set; }

    internal CloudResourceState State { get; set; } = CloudResourceState.Waiting;

    /// <summary>True once the engine was first asked to make it: from then on it may be there, whatever a call said.</summary>
    internal bool IsBegun { get; set; }

    /// <summary>Address that it answers on; null while it has none.</summary>
    internal string? Address { get; set; }

    /// <summary>Why it is not yet what it is to be, a code of docs/engines.md or of the delivery, at most 60 characters; null when it is.</summary>
    internal string? Problem { get; set; }

    /// <summary>Attempts since it last came a step further.</summary>
    internal int Attempts { get; set; }

    /// <summary>When the reconciler looks at it next; null when nothing is to be done and the rounds over all resources suffice.</summary>
    internal DateTimeOffset? NextAt { get; set; }

    /// <summary>When its engine was last seen to have it.</summary>
    internal DateTimeOffset? SeenAt { get; set; }

    /// <summary>End of the period that it was granted for, exclusive.</summary>
    internal required DateTimeOffset Until { get; set; }

    internal required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it was first there.</summary>
    internal DateTimeOffset? DeliveredAt { get; set; }

    internal DateTimeOffset? RemovedAt { get; set; }

    /// <summary>From 1; of two changes at once one acts.</summary>
    internal int Revision { get; private set; } = 1;

    /// <summary>The name at its engine: r and the 32 digits of its id.</summary>
    internal string EngineName => $"r{Id:N}";

    internal bool IsGone => State == CloudResourceState.Removed;

    internal void Touch() => Revision++;

    /// <summary>What the seal of its user data is bound to.</summary>
    internal static string PurposeOf(Guid resource) => $"cloud-user-data:{resource}";
}

/// <summary>How a resource stood before it was changed.</summary>
/// <param name="Orders">The orders that changed it since, the oldest first.</param>
/// <param name="Plan">Code of its plan.</param>
/// <param name="Amounts">What it had, and was billed for.</param>
/// <param name="Volumes">Its data volumes.</param>
internal sealed record FormerStanding(IReadOnlyList<Guid> Orders, string Plan, IReadOnlyList<ResourceAmount> Amounts, IReadOnlyList<KeptVolume> Volumes);

/// <summary>A stretch of time in which a resource was there with the same amounts in the same state: what is billed by. Written in the transaction that changes the resource, without gaps from its delivery to its end.</summary>
internal sealed class ResourceSpan
{
    internal required Guid Id { get; init; }

    internal required Guid ResourceId { get; init; }

    /// <summary>First moment, inclusive.</summary>
    internal required DateTimeOffset From { get; init; }

    /// <summary>End, exclusive; null while it lasts. Of a resource at most one lasts.</summary>
    internal DateTimeOffset? Until { get; set; }

    /// <summary>True while it ran; a stopped resource keeps its disk and what is held for it.</summary>
    internal required bool IsRunning { get; init; }

    /// <summary>Code of the plan that it stood under.</summary>
    internal required string PlanCode { get; init; }

    internal required IReadOnlyList<ResourceAmount> Amounts { get; init; }
}

/// <summary>What a department asks to be done once with a resource.</summary>
public enum ResourceTaskKind
{
    /// <summary>Stop and start.</summary>
    Restart,
    /// <summary>快照: keep the state as it is.</summary>
    Snapshot,
    /// <summary>Set back to a snapshot; of a database, to a backup.</summary>
    Restore,
    /// <summary>Remove a snapshot; of a database, a backup.</summary>
    DeleteSnapshot,
    /// <summary>备份: keep a copy outside the engine.</summary>
    BackUp,
}

/// <summary>How far a task is.</summary>
public enum ResourceTaskState
{
    /// <summary>Not begun.</summary>
    Waiting,
    /// <summary>The engine was asked; after a crash the engine is asked what became of it.</summary>
    Begun,
    /// <summary>Done.</summary>
    Done,
    /// <summary>It cannot be done; the problem says why.</summary>
    Failed,
}

/// <summary>A task of a resource, written down before its engine is asked.</summary>
internal sealed class ResourceTask
{
    internal required Guid Id { get; init; }

    internal required Guid ResourceId { get; init; }

    internal required ResourceTaskKind Kind { get; init; }

    /// <summary>Name of the snapshot or backup that it is about; null for a restart.</summary>
    internal string? Subject { get; init; }

    internal required Guid AskedBy { get; init; }

    internal required DateTimeOffset AskedAt { get; init; }

    internal ResourceTaskState State { get; set; } = ResourceTaskState.Waiting;

    /// <summary>Why it failed, a code; null when it did not.</summary>
    internal string? Problem { get; set; }

    internal int Attempts { get; set; }

    internal DateTimeOffset? NextAt { get; set; }

    internal DateTimeOffset? DoneAt { get; set; }

    /// <summary>From 1; of two changes at once one acts.</summary>
    internal int Revision { get; private set; } = 1;

    internal void Touch() => Revision++;
}

/// <summary>A business system 业务系统 of a department, which resources are for.</summary>
internal sealed class BusinessSystem
{
    internal required Guid Id { get; init; }

    internal required Guid OrganisationId { get; init; }

    /// <summary>2 to 100 characters, unique within its organisation.</summary>
    internal required string Name { get; set; }

    /// <summary>What it is for, 2 to 500 characters.</summary>
    internal required string Purpose { get; set; }

    /// <summary>等保 level that it is graded at, 1 to 5.</summary>
    internal required int Protection { get; set; }

    /// <summary>Number of the record of that grading 备案; null while it has none.</summary>
    internal string? ProtectionRecord { get; set; }

    internal required NetworkZone Zone { get; set; }

    internal required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it was taken out of service; null while it is in use.</summary>
    internal DateTimeOffset? RetiredAt { get; set; }

    /// <summary>From 1; grows with each change.</summary>
    internal int Revision { get; private set; } = 1;

    internal void Touch() => Revision++;
}
