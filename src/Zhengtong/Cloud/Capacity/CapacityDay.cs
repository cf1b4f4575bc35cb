namespace Zhengtong.Cloud.Capacity;

/// <summary>What a pool had of a kind on a day, and how much of it was allocated and used: as last seen that day.</summary>
internal sealed class CapacityDay
{
    internal required Guid PoolId { get; init; }

    internal required DateOnly Day { get; init; }

    internal required string Kind { get; init; }

    /// <summary>What is physically there.</summary>
    internal required long Total { get; set; }

    /// <summary>What may be allocated.</summary>
    internal required long Capacity { get; set; }

    internal required long Allocated { get; set; }

    /// <summary>What instances really used; null where nothing measures it.</summary>
    internal long? Used { get; set; }
}
