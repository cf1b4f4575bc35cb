namespace Zhengtong.OpenData.Tables;

/// <summary>A number of places for which callers wait. Whoever holds the fewest comes next, and of those who hold as many, whoever waits longest: a caller with a hundred questions holds up
/// its own. None but the platform itself may hold more than its part, however few others there are. Several places are taken together or not at all, so that nobody sits on one and waits for another.</summary>
/// <param name="total">Places.</param>
/// <param name="most">Most places of one caller, 1 to all of them.</param>
internal sealed class FairSlots(int total, int most)
{
    /// <summary>The platform's own work, which no part is set for.</summary>
    internal const string Platform = "";

    private readonly Lock gate = new();
    private readonly Dictionary<string, int> held = new(StringComparer.Ordinal);
    private readonly LinkedList<Waiter> waiting = [];
    private readonly int all = total;
    private int free = total;

    /// <summary>Waits for places; give them back by disposing of what is returned.</summary>
    /// <param name="caller">Who asks.</param>
    /// <param name="count">How many at once, 1 to what a caller may hold.</param>
    /// <param name="ct">Ends the waiting.</param>
    internal async Task<IDisposable> TakeAsync(string caller, int count, CancellationToken ct)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, caller == Platform ? all : most);
        ct.ThrowIfCancellationRequested();
        var waiter = new Waiter(caller, count);
        lock (gate)
        {
            waiting.AddLast(waiter);
            Grant();
        }

        await using var leaving = ct.UnsafeRegister(_ => Leave(waiter, ct), null);
        await waiter.Given.Task;
        return new Places(this, caller, count);
    }

    private void Leave(Waiter waiter, CancellationToken ct)
    {
        lock (gate)
        {
            // What was given in this moment stays given.
            if (!waiting.Remove(waiter)) { return; }
            Grant();
        }

        waiter.Given.TrySetCanceled(ct);
    }

    private void Release(string caller, int count)
    {
        lock (gate)
        {
            free += count;
            if ((held[caller] -= count) == 0) { held.Remove(caller); }
            Grant();
        }
    }

    private void Grant()
    {
        while (free > 0 && waiting.Count > 0)
        {
            LinkedListNode<Waiter>? next = null;
            var fewest = int.MaxValue;
            for (var node = waiting.First; node is not null; node = node.Next)
            {
                var holds = held.GetValueOrDefault(node.Value.Caller);
                if (holds >= fewest || (node.Value.Caller != Platform && holds + node.Value.Count > most)) { continue; }
                (next, fewest) = (node, holds);
                if (holds == 0) { break; }
            }

            // Who needs two and finds one waits for the second: nobody passes by, or it would wait for ever.
            if (next is null || next.Value.Count > free) { return; }
            waiting.Remove(next);
            free -= next.Value.Count;
            held[next.Value.Caller] = fewest + next.Value.Count;
            next.Value.Given.TrySetResult();
        }
    }

    private sealed class Waiter(string caller, int count)
    {
        internal string Caller { get; } = caller;

        internal int Count { get; } = count;

        internal TaskCompletionSource Given { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    private sealed class Places(FairSlots slots, string caller, int count) : IDisposable
    {
        private int given = 1;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref given, 0) == 1) { slots.Release(caller, count); }
        }
    }
}
