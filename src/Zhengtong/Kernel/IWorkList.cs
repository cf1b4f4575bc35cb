using Zhengtong.Kernel.Identity;

namespace Zhengtong.Kernel;

/// <summary>One thing on the page "my work".</summary>
/// <param name="Title">What, in the reader's language: <c>确认“企业登记信息”的申请</c>.</param>
/// <param name="Href">The page where it is done, from the root.</param>
/// <param name="Since">Since when it waits, or when it last changed.</param>
/// <param name="DueOn">The last day on which it is in time, in China; null without a time limit.</param>
/// <param name="Overdue">True when that time has passed.</param>
/// <param name="Note">A word beside it, in the reader's language: the other side, the state; null for none.</param>
/// <param name="DueBy">The rule of the time limit and where it stands, in the reader's language; null for none.</param>
internal sealed record WorkItem(string Title, string Href, DateTimeOffset Since, DateOnly? DueOn, bool Overdue, string? Note = null, string? DueBy = null);

/// <summary>What a module has for an officer's first page. Registered scoped; several may be.</summary>
internal interface IWorkList
{
    /// <summary>What waits for this actor and nobody stands before; the most pressing first, at most 50.</summary>
    Task<IReadOnlyList<WorkItem>> WaitingAsync(Actor actor, CancellationToken ct);

    /// <summary>What the actor's organisation started and is not finished; the newest first, at most 50.</summary>
    Task<IReadOnlyList<WorkItem>> StartedAsync(Actor actor, CancellationToken ct) => Task.FromResult<IReadOnlyList<WorkItem>>([]);
}
