namespace Zhengtong.Cloud.Model;

/// <summary>A platform of somebody else 接入平台 that orders from ours as from a service broker, in the name of one department and for one of its business systems.</summary>
internal sealed class OsbConsumer
{
    internal required Guid Id { get; init; }

    /// <summary>2 to 100 characters, unique.</summary>
    internal required string Name { get; init; }

    /// <summary>The department in whose name it orders.</summary>
    internal required Guid OrganisationId { get; init; }

    /// <summary>The business system that its orders are for; their network and 等保 level are this one's.</summary>
    internal required Guid SystemId { get; init; }

    /// <summary>Days that an order lasts which says nothing else, 1 to 3,650.</summary>
    internal required int Days { get; init; }

    /// <summary>SHA-256 of its password, 32 bytes. The password has 256 random bits: nobody guesses it, however fast the hash.</summary>
    internal required byte[] PasswordHash { get; init; }

    internal required DateTimeOffset CreatedAt { get; init; }

    /// <summary>From when it is refused; null while it may order.</summary>
    internal DateTimeOffset? RevokedAt { get; set; }

    /// <summary>From 1; of two changes at once one acts.</summary>
    internal int Revision { get; private set; } = 1;

    /// <summary>The name that it signs in with: c and the 32 digits of its id.</summary>
    internal string Account => $"c{Id:N}";

    internal void Touch() => Revision++;
}

/// <summary>A service instance as a consuming platform knows it: an order of ours behind an id of theirs. How it stands is told by the order and by its resource.</summary>
internal sealed class OsbInstance
{
    internal const int LongestRemoteId = 200;

    internal required Guid Id { get; init; }

    internal required Guid ConsumerId { get; init; }

    /// <summary>The consumer's id for it, 1 to 200 characters; unique within the consumer.</summary>
    internal required string RemoteId { get; init; }

    internal required string ServiceCode { get; init; }

    internal required string PlanCode { get; init; }

    /// <summary>Lower-case hex SHA-256 of what was asked: the same id with other attributes is a conflict.</summary>
    internal required string Digest { get; init; }

    /// <summary>The order that it came of.</summary>
    internal required Guid OrderId { get; init; }

    /// <summary>The order of the last change; null when it was never changed.</summary>
    internal Guid? ChangeId { get; set; }

    internal required DateTimeOffset CreatedAt { get; init; }

    /// <summary>From 1; of two changes at once one acts.</summary>
    internal int Revision { get; private set; } = 1;

    internal void Touch() => Revision++;
}

/// <summary>A binding as a consuming platform knows it: a login of ours behind an id of theirs.</summary>
internal sealed class OsbBinding
{
    /// <summary>The login's id.</summary>
    internal required Guid Id { get; init; }

    internal required Guid InstanceId { get; init; }

    /// <summary>The consumer's id for it, 1 to 200 characters; unique within the instance.</summary>
    internal required string RemoteId { get; init; }

    /// <summary>Lower-case hex SHA-256 of what was asked.</summary>
    internal required string Digest { get; init; }

    internal required DateTimeOffset CreatedAt { get; init; }
}
