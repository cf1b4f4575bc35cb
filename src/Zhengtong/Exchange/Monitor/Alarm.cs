namespace Zhengtong.Exchange.Monitor;

/// <summary>What an alarm 告警 is about.</summary>
public enum AlarmKind
{
    /// <summary>What was sent is under way for too long: seconds.</summary>
    Lag,
    /// <summary>Nothing came for more than the agreed cycles: seconds.</summary>
    Silence,
    /// <summary>It failed again and again: failed runs in a row, or failed calls within an hour.</summary>
    Failures,
    /// <summary>The day's calls are almost used: calls.</summary>
    Quota,
    /// <summary>A key or certificate nears its end: days left.</summary>
    Key,
    /// <summary>A front-end node does not report: seconds.</summary>
    NodeSilence,
    /// <summary>A front-end node's disk is nearly full: bytes free.</summary>
    NodeDisk,
    /// <summary>A front-end node's certificate nears its end and was not renewed: seconds left.</summary>
    NodeCertificate,
}

/// <summary>Something about an exchange that somebody must look at: raised once, cleared when it is over, acknowledged by a person with a ground.</summary>
internal sealed class Alarm
{
    internal required Guid Id { get; init; }

    internal required AlarmKind Kind { get; init; }

    /// <summary>What it is about: <c>agreement:id</c>, <c>key:id</c>, <c>certificate:name</c>, <c>node:id</c>; at most 100 characters.</summary>
    internal required string Subject { get; init; }

    /// <summary>Kind and subject while it is open, so that the same is never raised twice; null when it is over. Unique.</summary>
    internal string? Open { get; private set; }

    /// <summary>The agreement; null for keys and certificates.</summary>
    internal Guid? AgreementId { get; init; }

    /// <summary>Whose it is; of a key its holder.</summary>
    internal required Guid ProviderId { get; init; }

    /// <summary>The other side; of a key its holder again.</summary>
    internal required Guid ConsumerId { get; init; }

    /// <summary>Resource and agreement, or the key: as people name it, at most 200 characters.</summary>
    internal required string Name { get; init; }

    /// <summary>The figure when it was raised, in the unit of its kind.</summary>
    internal required long Figure { get; init; }

    /// <summary>What it must not pass; of a key what it must not fall below.</summary>
    internal required long Limit { get; init; }

    internal required DateTimeOffset RaisedAt { get; init; }

    /// <summary>When its reason was last found to hold.</summary>
    internal DateTimeOffset SeenAt { get; private set; }

    internal DateTimeOffset? ClearedAt { get; private set; }

    internal DateTimeOffset? AcknowledgedAt { get; private set; }

    /// <summary>Who took it on, as shown.</summary>
    internal string? AcknowledgedBy { get; private set; }

    /// <summary>What that person found or will do, 2 to 500 characters.</summary>
    internal string? Ground { get; private set; }

    /// <summary>From 1; of two that change it at once, one loses here.</summary>
    internal int Revision { get; private set; } = 1;

    internal static Alarm Raise(AlarmFinding finding, DateTimeOffset now) => new()
    {
        Id = Guid.CreateVersion7(now), Kind = finding.Kind, Subject = finding.Subject, Open = finding.Key, AgreementId = finding.AgreementId, ProviderId = finding.ProviderId,
        ConsumerId = finding.ConsumerId, Name = finding.Name.Length > 200 ? finding.Name[..200] : finding.Name, Figure = finding.Figure, Limit = finding.Limit, RaisedAt = now, SeenAt = now,
    };

    internal void Seen(DateTimeOffset now) => SeenAt = now;

    internal void Clear(DateTimeOffset now)
    {
        (ClearedAt, Open) = (now, null);
        Revision++;
    }

    internal void Acknowledge(string by, string ground, DateTimeOffset now)
    {
        (AcknowledgedBy, Ground, AcknowledgedAt) = (by, ground, now);
        Revision++;
    }
}
