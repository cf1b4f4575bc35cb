using System.Text;

namespace Zhengtong.Cloud.Engines.Lxd;

/// <summary>The engine's errors as outcomes. It tells many things with one code and in words only, some of them late, as the end of an operation; so both are looked at.</summary>
internal static class LxdErrors
{
    private const int MostText = 500;

    /// <summary>What words in an error say, the most telling first. Matched without regard to case, whatever the code.</summary>
    private static readonly (string Words, EngineOutcome Outcome, string Code)[] Told =
    [
        ("reached maximum number of", EngineOutcome.LimitReached, "count"),
        ("reached maximum aggregate value", EngineOutcome.LimitReached, "sum"),
        ("is too low", EngineOutcome.LimitReached, "in-use"),
        ("cluster member is evacuated", EngineOutcome.Full, "member-evacuated"),
        ("no space left on device", EngineOutcome.Full, "disk"),
        ("disk quota exceeded", EngineOutcome.Full, "disk"),
        ("cannot allocate memory", EngineOutcome.Full, "memory"),
        ("no ip addresses available", EngineOutcome.Full, "addresses"),
        ("already exists", EngineOutcome.AlreadyExists, "exists"),
        ("already in use", EngineOutcome.AlreadyExists, "exists"),
        ("already in trust store", EngineOutcome.AlreadyExists, "exists"),
        ("already running", EngineOutcome.Refused, "already-running"),
        ("already stopped", EngineOutcome.Refused, "already-stopped"),
        ("instance is not running", EngineOutcome.Refused, "not-running"),
        ("instance is running", EngineOutcome.Busy, "running"),
        ("failed shutting down instance", EngineOutcome.Busy, "still-running"),
        ("is busy running a", EngineOutcome.Busy, "busy"),
        ("already connected", EngineOutcome.Busy, "in-use"),
        ("only empty projects", EngineOutcome.Busy, "not-empty"),
        ("is currently in use", EngineOutcome.Busy, "in-use"),
        ("network is in use", EngineOutcome.Busy, "in-use"),
        ("acl that is in use", EngineOutcome.Busy, "in-use"),
        ("still in use", EngineOutcome.Busy, "in-use"),
        ("database is locked", EngineOutcome.Busy, "busy"),
        ("doesn't match", EngineOutcome.Busy, "changed-meanwhile"),
        ("missing event connection", EngineOutcome.Unknown, "member-lost"),
        ("unable to connect", EngineOutcome.Unknown, "member-lost"),
        ("connection refused", EngineOutcome.Unknown, "member-lost"),
        ("image alias not found", EngineOutcome.NotFound, "image"),
        ("image not found", EngineOutcome.NotFound, "image"),
        ("cluster member not found", EngineOutcome.NotFound, "member"),
        ("cluster group", EngineOutcome.NotFound, "group"),
        ("project not found", EngineOutcome.NotFound, "project"),
        ("failed loading network", EngineOutcome.NotFound, "network"),
        ("network not found", EngineOutcome.NotFound, "network"),
        ("storage pool not found", EngineOutcome.NotFound, "pool"),
        ("not allowed in project", EngineOutcome.Refused, "not-allowed"),
        ("not clustered", EngineOutcome.Refused, "not-supported"),
        ("not supported on this server", EngineOutcome.Refused, "not-supported"),
        ("not authorized", EngineOutcome.Refused, "not-authorized"),
        ("certificate is restricted", EngineOutcome.Refused, "not-authorized"),
    ];

    /// <summary>An error by its code and its words.</summary>
    /// <param name="status">HTTP status; 400 for the end of an operation that failed.</param>
    /// <param name="text">The engine's words.</param>
    internal static EngineAnswer Of(int status, string text)
    {
        var said = Plain(text);
        foreach (var (words, outcome, code) in Told)
        {
            if (said.Contains(words, StringComparison.OrdinalIgnoreCase)) { return new EngineAnswer(outcome, code, said); }
        }

        return status switch
        {
            401 or 403 => new EngineAnswer(EngineOutcome.Refused, "not-allowed", said),
            404 => new EngineAnswer(EngineOutcome.NotFound, "object", said),
            409 => new EngineAnswer(EngineOutcome.AlreadyExists, "exists", said),
            412 => new EngineAnswer(EngineOutcome.Busy, "changed-meanwhile", said),
            423 or 429 => new EngineAnswer(EngineOutcome.Busy, "busy", said),
            501 => new EngineAnswer(EngineOutcome.Refused, "not-supported", said),
            502 or 503 or 504 => new EngineAnswer(EngineOutcome.Unreachable, "not-ready", said),
            // What it finds wrong with an order it often says as an inner error.
            _ when IsOrderFault(said) => new EngineAnswer(EngineOutcome.Refused, "invalid", said),
            _ when said.EndsWith("not found", StringComparison.OrdinalIgnoreCase) => new EngineAnswer(EngineOutcome.NotFound, "object", said),
            >= 400 and < 500 => new EngineAnswer(EngineOutcome.Refused, "failed", said),
            _ => new EngineAnswer(EngineOutcome.Unknown, "engine-error", said),
        };
    }

    private static bool IsOrderFault(string said) => new[] { "invalid", "unknown configuration key", "failed checking if instance", "cgroup item", "failed parsing", "no root device", "unsupported compression", "unexpected eof", "has no \"limits" }
        .Any(w => said.Contains(w, StringComparison.OrdinalIgnoreCase));

    /// <summary>The words, short and without control characters: they go to logs and pages.</summary>
    private static string Plain(string text)
    {
        var plain = new StringBuilder(Math.Min(text.Length, MostText));
        foreach (var letter in text)
        {
            if (plain.Length == MostText) { break; }
            plain.Append(char.IsControl(letter) || char.IsSurrogate(letter) ? ' ' : letter);
        }

        return plain.ToString().Trim();
    }
}
