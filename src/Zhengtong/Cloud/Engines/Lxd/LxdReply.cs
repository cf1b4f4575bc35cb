using System.Text.Json;

namespace Zhengtong.Cloud.Engines.Lxd;

/// <summary>An answer of the engine's API.</summary>
/// <param name="Answer">How it ended.</param>
/// <param name="Metadata">What it tells: the object, the operation, or what the operation left. Undefined when there is nothing.</param>
/// <param name="Operation">The operation that was begun and must be waited for; null when all was done at once.</param>
/// <param name="ETag">The object's version, to change just this one; null when none was told.</param>
internal sealed record LxdReply(EngineAnswer Answer, JsonElement Metadata = default, Guid? Operation = null, string? ETag = null)
{
    internal bool IsDone => Answer.IsDone;

    /// <summary>Reads an envelope. Whether work has only begun is said by the HTTP status, not by the route: the same route does both.</summary>
    internal static LxdReply Read(int status, ReadOnlyMemory<byte> body, string? etag)
    {
        JsonElement envelope;
        try
        {
            using var document = JsonDocument.Parse(body);
            envelope = document.RootElement.Clone();
        }
        catch (JsonException)
        {
            return new LxdReply(status is >= 200 and < 300 ? new EngineAnswer(EngineOutcome.Unknown, "malformed") : LxdErrors.Of(status, ""));
        }

        if (status is < 200 or >= 300) { return new LxdReply(LxdErrors.Of(status, envelope.Text("error"))); }
        var metadata = envelope.Get("metadata");
        if (status != 202) { return new LxdReply(EngineAnswer.Done, metadata, null, etag); }
        return Guid.TryParse(metadata.Text("id"), out var operation) || Guid.TryParse(envelope.Text("operation").Split('?')[0].Split('/')[^1], out operation)
            ? new LxdReply(EngineAnswer.Done, metadata, operation) : new LxdReply(new EngineAnswer(EngineOutcome.Unknown, "malformed"));
    }
}
