namespace Zhengtong.Cloud.Delivery;

/// <summary>What an officer decided about an orphan.</summary>
public enum OrphanDecision
{
    /// <summary>Nothing yet: it is left alone.</summary>
    None,
    /// <summary>It stays, and is named no more.</summary>
    Keep,
    /// <summary>It is removed.</summary>
    Remove,
}

/// <summary>An instance at an engine that bears the platform's mark and that no resource knows. Never removed but by an officer's decision: it may be somebody's work, known to a record that was lost.</summary>
internal sealed class EngineOrphan
{
    internal required Guid Id { get; init; }

    internal required Guid PoolId { get; init; }

    internal required string Project { get; init; }

    internal required string Name { get; init; }

    /// <summary>The resource that its mark names, though there is none; null without a mark.</summary>
    internal Guid? ResourceId { get; init; }

    internal required bool IsRunning { get; set; }

    internal required DateTimeOffset FirstSeenAt { get; init; }

    internal required DateTimeOffset SeenAt { get; set; }

    internal OrphanDecision Decision { get; set; }

    /// <summary>On what ground, 2 to 500 characters; null until it is decided.</summary>
    internal string? Reason { get; set; }

    /// <summary>From 1; of two decisions at once one acts.</summary>
    internal int Revision { get; private set; } = 1;

    internal void Touch() => Revision++;
}
