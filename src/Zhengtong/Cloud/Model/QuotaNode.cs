using Zhengtong.Kernel.Regions;

namespace Zhengtong.Cloud.Model;

/// <summary>Where in the tree a quota stands.</summary>
public enum QuotaLevel
{
    /// <summary>省.</summary>
    Province = 1,
    /// <summary>市.</summary>
    City = 2,
    /// <summary>县.</summary>
    County = 3,
    /// <summary>部门.</summary>
    Department = 4,
    /// <summary>项目.</summary>
    Project = 5,
}

/// <summary>A place in the tree of quotas 配额: a region, an organisation, or a named project of an organisation. Its place never changes, so its path may be kept.</summary>
internal sealed class QuotaNode
{
    internal required Guid Id { get; init; }

    /// <summary>The node above; null for a root.</summary>
    internal Guid? ParentId { get; init; }

    internal required QuotaLevel Level { get; init; }

    /// <summary>How many nodes stand above it.</summary>
    internal required int Depth { get; init; }

    /// <summary>Ids from the root to itself, 32 hex digits each, joined by slashes.</summary>
    internal required string Path { get; init; }

    /// <summary>What it is for, unique: <c>region:610000</c>, <c>organisation:ID</c>, <c>project:ID:NAME</c>.</summary>
    internal required string Key { get; init; }

    /// <summary>The region, or that of the organisation when the node was made.</summary>
    internal required RegionCode Region { get; init; }

    /// <summary>The organisation of a department's or project's node.</summary>
    internal Guid? OrganisationId { get; init; }

    /// <summary>A project's name, 2 to 100 characters; null for others, which are called as their region or organisation is.</summary>
    internal string? Name { get; init; }

    internal required DateTimeOffset CreatedAt { get; init; }

    /// <summary>From 1; grows with each change of its limits.</summary>
    internal int Revision { get; private set; } = 1;

    /// <summary>Ids from the root to itself.</summary>
    internal Guid[] Line => [.. Path.Split('/').Select(Guid.Parse)];

    /// <summary>A project whose limit for a kind nobody set is bounded by its department; every other node holds nothing of what was not granted.</summary>
    internal bool IsOpenByDefault => Level == QuotaLevel.Project;

    /// <summary>Its limits changed.</summary>
    internal void Touch() => Revision++;

    /// <summary>A node below another, or a root.</summary>
    internal static QuotaNode Below(QuotaNode? parent, QuotaLevel level, string key, RegionCode region, Guid? organisation, string? name, DateTimeOffset now)
    {
        var id = Guid.CreateVersion7(now);
        return new QuotaNode
        {
            Id = id, ParentId = parent?.Id, Level = level, Depth = parent is null ? 0 : parent.Depth + 1, Path = parent is null ? $"{id:N}" : $"{parent.Path}/{id:N}",
            Key = key, Region = region, OrganisationId = organisation, Name = name, CreatedAt = now,
        };
    }

    internal static string KeyOf(RegionCode region) => $"region:{region}";

    internal static string KeyOf(Guid organisation) => $"organisation:{organisation}";

    internal static string KeyOf(Guid organisation, string project) => $"project:{organisation}:{project}";
}

/// <summary>What a node may hold of a kind, and what it holds. The counters are a cache of the movements (<see cref="HoldMovement"/>) that the database itself keeps within the limit.</summary>
internal sealed class QuotaCounter
{
    internal required Guid NodeId { get; init; }

    internal required string Kind { get; init; }

    /// <summary>The most that may be held, from 0; null: no limit of its own, what stands above bounds it.</summary>
    internal long? Limit { get; set; }

    /// <summary>Held by what is approved and not yet there. Changed by statements alone (<see cref="Quotas.Counters"/>), never through the tracker.</summary>
    internal long Reserved { get; init; }

    /// <summary>Held by what is there.</summary>
    internal long Active { get; init; }
}
