namespace Zhengtong.Web.Components;

/// <summary>One thing that happened, for <c>Timeline</c>.</summary>
/// <param name="What">What, in the reader's language.</param>
/// <param name="Who">Who did it.</param>
/// <param name="At">When.</param>
/// <param name="Reason">Why, in the words of who did it; null when none was given.</param>
/// <param name="Proof">Address of the sealed proof; null when there is none yet.</param>
public sealed record TimelineEntry(string What, string Who, DateTimeOffset At, string? Reason = null, string? Proof = null);
