namespace Zhengtong.Exchange.Nodes;

/// <summary>How a front-end node is seen.</summary>
public enum NodeState
{
    /// <summary>Made here; nobody has enrolled with its token yet.</summary>
    Awaited,
    /// <summary>It reports as it should.</summary>
    Healthy,
    /// <summary>It has not reported for longer than it may.</summary>
    Silent,
    /// <summary>Its requests are refused.</summary>
    Revoked,
}

/// <summary>前置机: a department's own machine that reads from or writes to its databases. It only dials out, and keeps its private keys and connections to itself.</summary>
internal sealed class FrontEndNode
{
    internal required Guid Id { get; init; }

    internal required Guid OrganisationId { get; init; }

    /// <summary>2 to 60 characters, unique within the organisation.</summary>
    internal required string Name { get; init; }

    internal required DateTimeOffset CreatedAt { get; init; }

    /// <summary>SHA-256 of the outstanding token's secret, lower-case hex; null when there is none.</summary>
    internal string? TokenDigest { get; private set; }

    internal DateTimeOffset? TokenExpiresAt { get; private set; }

    internal DateTimeOffset? EnrolledAt { get; private set; }

    internal DateTimeOffset? RevokedAt { get; private set; }

    internal DateTimeOffset? LastSeenAt { get; private set; }

    /// <summary>Since when it should have reported; null while it does.</summary>
    internal DateTimeOffset? SilentSince { get; private set; }

    /// <summary>The program's version, as reported.</summary>
    internal string? Version { get; private set; }

    /// <summary>How far its clock is ahead of the platform's, in milliseconds.</summary>
    internal long ClockAhead { get; private set; }

    internal long? DiskFreeBytes { get; private set; }

    /// <summary>Batches it has sealed and could not hand in yet.</summary>
    internal long SpooledBatches { get; private set; }

    /// <summary>Seconds since the oldest of them was sealed; 0 when there is none.</summary>
    internal long LagSeconds { get; private set; }

    /// <summary>The last report as JSON, <see cref="NodeHeartbeat"/>; null before the first.</summary>
    internal string? Report { get; private set; }

    /// <summary>From 1.</summary>
    internal int Revision { get; private set; } = 1;

    internal NodeState State => RevokedAt is not null ? NodeState.Revoked : EnrolledAt is null ? NodeState.Awaited : SilentSince is not null ? NodeState.Silent : NodeState.Healthy;

    /// <summary>Gives out a new token; one given out before is no longer good.</summary>
    internal void Invite(string tokenDigest, DateTimeOffset expiresAt)
    {
        (TokenDigest, TokenExpiresAt) = (tokenDigest, expiresAt);
        Revision++;
    }

    /// <summary>Somebody came with the token: it is used up.</summary>
    internal void Enrol(DateTimeOffset now)
    {
        (TokenDigest, TokenExpiresAt) = (null, null);
        (EnrolledAt, LastSeenAt, RevokedAt, SilentSince) = (now, now, null, null);
        Revision++;
    }

    internal void Revoke(DateTimeOffset now)
    {
        (RevokedAt, TokenDigest, TokenExpiresAt) = (now, null, null);
        Revision++;
    }

    internal void Seen(NodeHeartbeat heartbeat, string report, DateTimeOffset now)
    {
        (LastSeenAt, SilentSince, Report) = (now, null, report);
        (Version, DiskFreeBytes, SpooledBatches, LagSeconds) = (heartbeat.Version, heartbeat.DiskFreeBytes, heartbeat.SpooledBatches, heartbeat.LagSeconds);
        ClockAhead = (long)(heartbeat.Time - now).TotalMilliseconds;
        Revision++;
    }

    internal void FallSilent(DateTimeOffset now)
    {
        SilentSince = now;
        Revision++;
    }
}

/// <summary>A certificate that the platform's authority issued to a node. Its public key is that of the node's request key.</summary>
internal sealed class NodeCertificate
{
    /// <summary>Lower-case hex, 40 digits.</summary>
    internal required string Serial { get; init; }

    internal required Guid NodeId { get; init; }

    /// <summary>X.509, DER.</summary>
    internal required byte[] Certificate { get; init; }

    /// <summary>SubjectPublicKeyInfo, DER.</summary>
    internal required byte[] PublicKey { get; init; }

    internal required DateTimeOffset NotBefore { get; init; }

    internal required DateTimeOffset NotAfter { get; init; }

    internal DateTimeOffset? RevokedAt { get; set; }
}

/// <summary>A request's nonce that was seen; kept while a request that old could still pass.</summary>
internal sealed class NodeNonce
{
    internal required Guid NodeId { get; init; }

    internal required string Nonce { get; init; }

    internal required DateTimeOffset At { get; init; }
}
