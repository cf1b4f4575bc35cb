namespace Zhengtong.Cloud.Model;

/// <summary>A counter that does not equal the sum of the movements.</summary>
/// <param name="Node">Id of the node, or of the host.</param>
/// <param name="Kind">Code of the kind.</param>
/// <param name="ReservedCounted">What the counter says is reserved; 0 for a host.</param>
/// <param name="ReservedTrue">What the movements say is reserved; 0 for a host.</param>
/// <param name="ActiveCounted">What the counter says is active, or allocated on a host.</param>
/// <param name="ActiveTrue">What the movements say is active, or the claims on the host.</param>
public sealed record CounterDifference(Guid Node, string Kind, long ReservedCounted, long ReservedTrue, long ActiveCounted, long ActiveTrue);

/// <summary>One recount of the counters from the movements.</summary>
internal sealed class QuotaRecount
{
    /// <summary>So many differences are kept; their number always is.</summary>
    internal const int MostKept = 500;

    internal required Guid Id { get; init; }

    internal required DateTimeOffset At { get; init; }

    /// <summary>Who asked; empty for the platform itself.</summary>
    internal required Guid ActorId { get; init; }

    /// <summary>How many movements were summed.</summary>
    internal required long Movements { get; init; }

    /// <summary>How many counters were compared.</summary>
    internal required long Counters { get; init; }

    internal required int DifferenceCount { get; init; }

    internal required IReadOnlyList<CounterDifference> Differences { get; init; }

    /// <summary>True when the counters were set to the sums.</summary>
    internal required bool IsMended { get; init; }

    /// <summary>On what ground they were mended.</summary>
    internal string? Reason { get; init; }
}
