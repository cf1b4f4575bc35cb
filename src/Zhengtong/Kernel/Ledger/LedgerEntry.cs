using System.Text.Json;
using System.Text.Json.Serialization;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.Kernel.Ledger;

/// <summary>One thing that happened. Added in the same save as the change it tells of; sequenced into the Merkle tree (RFC 6962) behind it.</summary>
internal sealed class LedgerEntry
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter() },
    };

    internal required Guid Id { get; init; }

    /// <summary>Module, dot, past participle: <c>agreements.sealed</c>. Listed in docs/audit-events.md.</summary>
    internal required string Event { get; init; }

    /// <summary>Id of the thing it happened to.</summary>
    internal required string Subject { get; init; }

    internal required DateTimeOffset At { get; init; }

    internal required Guid ActorId { get; init; }

    internal required string ActorName { get; init; }

    internal required Guid ActorOrganisation { get; init; }

    /// <summary>Why, in the actor's words.</summary>
    internal string? Reason { get; init; }

    /// <summary>JSON: <c>before</c>, <c>after</c>, and whatever else proves it. No personal data beyond names of officers, never a payload.</summary>
    internal required string Data { get; init; }

    /// <summary>Place in the tree, from 0; null until sequenced.</summary>
    internal long? Index { get; set; }

    /// <summary>An entry for the change being saved.</summary>
    internal static LedgerEntry Of(string @event, object subject, Actor actor, DateTimeOffset now, string? reason = null, object? before = null, object? after = null) => new()
    {
        Id = Guid.CreateVersion7(now),
        Event = @event,
        Subject = subject.ToString()!,
        // Databases keep microseconds; the hash must survive the round trip.
        At = new DateTimeOffset(now.UtcTicks - (now.UtcTicks % TimeSpan.TicksPerMicrosecond), TimeSpan.Zero),
        ActorId = actor.Id,
        ActorName = actor.Name,
        ActorOrganisation = actor.Organisation,
        Reason = reason,
        Data = JsonSerializer.Serialize(new { before, after }, Json),
    };
}
