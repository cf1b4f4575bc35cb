using System.Diagnostics.CodeAnalysis;

namespace Zhengtong.Cloud.Engines;

/// <summary>How a call to an engine ended. Closed: whoever keeps a desired state true decides by it what to do next.</summary>
internal enum EngineOutcome
{
    /// <summary>It is as asked for, whether it was before or is so now.</summary>
    Done,
    /// <summary>The object, or something the call names (the code says what), is not there.</summary>
    NotFound,
    /// <summary>Another object has the name. Read it: it may be the work of an earlier attempt.</summary>
    AlreadyExists,
    /// <summary>The engine will not, now or later; asking again is of no use.</summary>
    Refused,
    /// <summary>The project's own limit at the engine is reached: the second wall, behind the platform's quota.</summary>
    LimitReached,
    /// <summary>The engine, or the member asked for, has no room left.</summary>
    Full,
    /// <summary>Not now: something else is under way, or the object is in use. Ask again.</summary>
    Busy,
    /// <summary>The engine was not reached, and nothing of the call has happened. Ask again.</summary>
    Unreachable,
    /// <summary>It may have happened or not. Look at the object itself before asking again.</summary>
    Unknown,
}

/// <summary>The answer of a call that gives back nothing but its outcome.</summary>
/// <param name="Outcome">How it ended.</param>
/// <param name="Code">Why it was not done, in lower-case words with hyphens (docs/engines.md); empty when it was.</param>
/// <param name="Text">The engine's own words, at most 500 characters without control characters; for operators, never for the public.</param>
internal record EngineAnswer(EngineOutcome Outcome, string Code = "", string Text = "")
{
    /// <summary>It was done.</summary>
    internal static EngineAnswer Done { get; } = new(EngineOutcome.Done);

    internal static EngineAnswer Refused(string code, string text = "") => new(EngineOutcome.Refused, code, text);

    internal static EngineAnswer NotFound(string code, string text = "") => new(EngineOutcome.NotFound, code, text);

    /// <summary>True when it was done.</summary>
    internal virtual bool IsDone => Outcome == EngineOutcome.Done;

    /// <summary>True when the same call may be made again without looking first.</summary>
    internal bool MayRepeat => Outcome is EngineOutcome.Busy or EngineOutcome.Unreachable;

    /// <summary>The same failure, of a call that would have given something back.</summary>
    internal EngineAnswer<T> As<T>() where T : notnull =>
        Outcome == EngineOutcome.Done ? throw new InvalidOperationException("Only a failure is passed on") : new EngineAnswer<T>(Outcome, default, Code, Text);
}

/// <summary>The answer of a call that gives something back.</summary>
/// <param name="Outcome">How it ended.</param>
/// <param name="Value">What was asked for; there when the outcome is <see cref="EngineOutcome.Done"/>, and only then.</param>
/// <param name="Code">Why it was not done.</param>
/// <param name="Text">The engine's own words.</param>
internal sealed record EngineAnswer<T>(EngineOutcome Outcome, T? Value, string Code = "", string Text = "") : EngineAnswer(Outcome, Code, Text) where T : notnull
{
    internal EngineAnswer(T value) : this(EngineOutcome.Done, value) { }

    /// <summary>True when it was done.</summary>
    [MemberNotNullWhen(true, nameof(Value))]
    internal override bool IsDone => Outcome == EngineOutcome.Done && Value is not null;
}
