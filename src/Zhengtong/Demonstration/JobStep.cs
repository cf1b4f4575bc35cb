namespace Zhengtong.Demonstration;

/// <summary>One thing done in the main job.</summary>
/// <param name="Name">Last word of its text key <c>demonstration.job.NAME</c>.</param>
/// <param name="Who">The account that did it, or the platform.</param>
/// <param name="Result">What came of it: numbers, states, digests.</param>
/// <param name="Took">How long it took.</param>
internal sealed record JobStep(string Name, string Who, string Result, TimeSpan Took);
