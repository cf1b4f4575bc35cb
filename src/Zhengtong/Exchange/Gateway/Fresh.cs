using System.Collections.Concurrent;

namespace Zhengtong.Exchange.Gateway;

/// <summary>What was read a moment ago, so that a thousand calls a second ask once.</summary>
/// <param name="clock">Measures how old a value is.</param>
/// <param name="life">How long a value is believed.</param>
internal sealed class Fresh<TKey, TValue>(TimeProvider clock, TimeSpan life) where TKey : notnull
{
    private const int Most = 10_000;
    private readonly ConcurrentDictionary<TKey, (TValue Value, long ReadAt)> values = new();

    internal bool TryGet(TKey key, out TValue value) => TryGet(key, out value, out _);

    /// <param name="key">Of what.</param>
    /// <param name="value">As it was read.</param>
    /// <param name="isAgeing">True when more than half of its time is over.</param>
    internal bool TryGet(TKey key, out TValue value, out bool isAgeing)
    {
        var found = values.TryGetValue(key, out var known);
        value = known.Value;
        var age = found ? clock.GetElapsedTime(known.ReadAt) : life;
        isAgeing = age > life / 2;
        return age < life;
    }

    /// <summary>Keeps a value read at a moment: what changed while it was read counts as unread.</summary>
    internal void Put(TKey key, TValue value, long readAt)
    {
        // Whoever asks for ever new keys must not fill the memory.
        if (values.Count >= Most) { values.Clear(); }
        values[key] = (value, readAt);
    }
}

/// <summary>Such values with what reads them. What many ask for at once is read by one of them; what is still asked for is read again before its time is over, and nobody waits.</summary>
/// <param name="clock">Measures how old a value is.</param>
/// <param name="life">How long a value is believed, from the beginning of its reading.</param>
/// <param name="read">Reads a value.</param>
internal sealed class FreshReading<TKey, TValue>(TimeProvider clock, TimeSpan life, Func<TKey, Task<TValue>> read) where TKey : notnull
{
    private readonly Fresh<TKey, TValue> values = new(clock, life);
    private readonly ConcurrentDictionary<TKey, Task<(TValue Value, long ReadAt)>> reading = new();

    internal ValueTask<TValue> ReadAsync(TKey key)
    {
        if (!values.TryGet(key, out var value, out var isAgeing)) { return new(WaitAsync(key)); }
        if (isAgeing && !reading.ContainsKey(key)) { _ = ReadAheadAsync(key); }
        return new(value);
    }

    private async Task<TValue> WaitAsync(TKey key)
    {
        var came = clock.GetTimestamp();
        while (true)
        {
            var (value, readAt) = await JoinAsync(key);
            // What began to be read before we came counts only while it is fresh.
            if (readAt >= came || clock.GetElapsedTime(readAt) < life) { return value; }
        }
    }

    private Task<(TValue Value, long ReadAt)> JoinAsync(TKey key)
    {
        var own = new TaskCompletionSource<(TValue, long)>(TaskCreationOptions.RunContinuationsAsynchronously);
        var first = reading.GetOrAdd(key, own.Task);
        if (first == own.Task) { _ = FillAsync(key, own); }
        return first;
    }

    private async Task FillAsync(TKey key, TaskCompletionSource<(TValue, long)> waiting)
    {
        try
        {
            var now = clock.GetTimestamp();
            var value = await read(key);
            values.Put(key, value, now);
            reading.TryRemove(key, out _);
            waiting.SetResult((value, now));
        }
        catch (Exception e)
        {
            reading.TryRemove(key, out _);
            waiting.SetException(e);
        }
    }

    private async Task ReadAheadAsync(TKey key)
    {
        try { await JoinAsync(key); }
        catch (Exception) { /* Whoever asks when its time is over reads it himself, and hears why it fails. */ }
    }
}
