using Zhengtong.Cloud.Model;

namespace Zhengtong.Cloud.Delivery;

/// <summary>What was last seen of a resource where it is made.</summary>
internal enum Sight
{
    /// <summary>It is not there: not yet, or no more.</summary>
    Absent,
    /// <summary>On its way.</summary>
    Changing,
    /// <summary>There, and running.</summary>
    Running,
    /// <summary>There, and stopped.</summary>
    Stopped,
    /// <summary>There, but its maker cannot tell how it stands.</summary>
    Lost,
    /// <summary>Nobody could be asked.</summary>
    Unknown,
}

/// <summary>How a resource stands after a step, and what to do next.</summary>
/// <param name="Sight">What was seen last.</param>
/// <param name="Problem">Why it is not as it is to be, a code of docs/engines.md or docs/cloud.md; null when it is, or when the next step may follow at once.</param>
/// <param name="IsFinal">True when asking again is of no use: somebody must decide.</param>
/// <param name="Address">What it answers on; null when it has none, or none was seen.</param>
/// <param name="After">When the next step is due; null for the usual, which grows with each failure.</param>
/// <param name="IsNear">True when what is missing comes within moments: then the next step is waited for.</param>
internal sealed record DeliveryStep(Sight Sight, string? Problem = null, bool IsFinal = false, string? Address = null, TimeSpan? After = null, bool IsNear = false)
{
    /// <summary>The work was begun and failed, and nobody says why.</summary>
    internal const string FailedWithoutReason = "failed";

    /// <summary>Names of the volumes that were to go and are gone: what they held is given back.</summary>
    internal IReadOnlyList<string> GoneVolumes { get; init; } = [];

    /// <summary>Why its maker will not carry out the changes since <see cref="CloudResource.Former"/>, a code: they are taken back, and what it had goes on. Null when it was not refused.</summary>
    internal string? RefusedChange { get; init; }

    /// <summary>With a refused change: volumes that had grown already, by name, GiB.</summary>
    internal IReadOnlyDictionary<string, int> GrownVolumes { get; init; } = new Dictionary<string, int>();

    /// <summary>Nobody could be asked, or they could not answer; later again.</summary>
    internal static DeliveryStep NotNow(string problem, Sight sight = Sight.Unknown) => new(sight, problem);

    /// <summary>It will not be so.</summary>
    internal static DeliveryStep Never(string problem, Sight sight = Sight.Unknown) => new(sight, problem, IsFinal: true);
}

/// <summary>How a task ended, if it did.</summary>
/// <param name="IsDone">True when it is done.</param>
/// <param name="Problem">Why not; null when it is done.</param>
/// <param name="IsFinal">True when it never will be.</param>
internal readonly record struct TaskStep(bool IsDone, string? Problem = null, bool IsFinal = false)
{
    internal static readonly TaskStep Done = new(true);

    internal static TaskStep NotNow(string problem) => new(false, problem);

    internal static TaskStep Never(string problem) => new(false, problem, IsFinal: true);
}

/// <summary>Makes, changes and ends the resources of one form. A step looks at what is there, does the one next thing that brings it nearer to what <see cref="CloudResource.Wish"/> and
/// <see cref="CloudResource.Amounts"/> say, and tells what it then saw. It may be repeated at any time, after a crash between any two of its lines too: it finds its own work by the resource's id
/// (<see cref="CloudResource.EngineName"/>), never makes a second one, and never touches what it did not make. It changes nothing of ours: <see cref="Delivering"/> writes down what it tells.</summary>
internal interface IFulfilment
{
    ResourceForm Form { get; }

    /// <summary>One step towards what is wished.</summary>
    /// <param name="resource">As it stands in the database; already marked as begun.</param>
    /// <param name="ct">Stops waiting, not what was begun.</param>
    Task<DeliveryStep> StepAsync(CloudResource resource, CancellationToken ct);

    /// <summary>Does a task, or goes on with it.</summary>
    Task<TaskStep> DoAsync(CloudResource resource, ResourceTask task, CancellationToken ct) => Task.FromResult(TaskStep.Never("not-supported"));
}
