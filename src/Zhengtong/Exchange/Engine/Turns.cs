using Zhengtong.Exchange.Timetables;

namespace Zhengtong.Exchange.Engine;

/// <summary>A delivery that waits to be run, or to be stopped.</summary>
internal readonly record struct Turn(Guid Delivery, bool IsAllowed, DeliveryPriority Priority);

/// <summary>Who is next. Of those that are due, whoever has been due longest; each step of lower priority counts as having become due so much later. So a low one waits longer, but never
/// behind more than what became due before it or within that time after it, however many high ones follow.</summary>
internal sealed class Turns(TimeSpan step)
{
    private readonly PriorityQueue<Turn, DateTimeOffset> later = new(), due = new();

    internal void Clear()
    {
        later.Clear();
        due.Clear();
    }

    internal void Add(Turn turn, DateTimeOffset at) => later.Enqueue(turn, at);

    /// <summary>Takes the next that is due; null when none is.</summary>
    internal Turn? Take(DateTimeOffset now) => IsDue(now) ? due.Dequeue() : null;

    /// <summary>True when one is due.</summary>
    internal bool IsDue(DateTimeOffset now)
    {
        while (later.TryPeek(out var turn, out var at) && at <= now)
        {
            later.Dequeue();
            due.Enqueue(turn, RankOf(at, turn.Priority, step));
        }

        return due.Count > 0;
    }

    /// <summary>When the next one will be due; null when there is none.</summary>
    internal DateTimeOffset? NextAt => later.TryPeek(out _, out var at) ? at : null;

    /// <summary>By which those that are due are ordered: the lowest first.</summary>
    internal static DateTimeOffset RankOf(DateTimeOffset at, DeliveryPriority priority, TimeSpan step) => at + ((int)priority * step);
}
