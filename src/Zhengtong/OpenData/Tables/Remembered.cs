using System.Diagnostics.CodeAnalysis;

namespace Zhengtong.OpenData.Tables;

/// <summary>Keeps what was calculated of tables that never change, within a bound: in two generations, of which the older goes when the younger holds half of what may be kept. What is asked for again is young again.</summary>
/// <param name="most">Most that is kept together.</param>
/// <param name="weigh">What one value counts; nothing for one each.</param>
internal sealed class Remembered<TValue>(long most, Func<TValue, long>? weigh = null)
{
    private readonly Lock gate = new();
    private Dictionary<string, TValue> young = new(StringComparer.Ordinal);
    private Dictionary<string, TValue> old = new(StringComparer.Ordinal);
    private long weight;

    /// <summary>What is kept now.</summary>
    internal int Count
    {
        get { lock (gate) { return young.Count + old.Count; } }
    }

    internal bool TryGet(string key, [MaybeNullWhen(false)] out TValue value)
    {
        lock (gate)
        {
            if (young.TryGetValue(key, out value)) { return true; }
            if (!old.Remove(key, out value)) { return false; }
            Add(key, value);
            return true;
        }
    }

    /// <summary>Keeps the value; one that alone is more than half of all is not kept.</summary>
    internal TValue Keep(string key, TValue value)
    {
        lock (gate)
        {
            old.Remove(key);
            if (!young.ContainsKey(key)) { Add(key, value); }
        }

        return value;
    }

    private void Add(string key, TValue value)
    {
        var own = weigh?.Invoke(value) ?? 1;
        if (own > most / 2) { return; }
        if (weight + own > most / 2) { (old, young, weight) = (young, new(StringComparer.Ordinal), 0); }
        young[key] = value;
        weight += own;
    }
}
