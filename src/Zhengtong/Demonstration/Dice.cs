namespace Zhengtong.Demonstration;

/// <summary>SplitMix64 (Steele, Lea, Flood 2014): small, even, and the same figures on every machine for the same seed. For synthetic data only, never for secrets.</summary>
internal struct Dice(ulong seed)
{
    private ulong state = seed;

    /// <summary>A seed for one thing of many, far from its neighbours'.</summary>
    internal static ulong Mix(ulong seed, ulong part)
    {
        var dice = new Dice(seed ^ (part * 0xD1B54A32D192ED03));
        return dice.Next();
    }

    internal ulong Next()
    {
        state += 0x9E3779B97F4A7C15;
        var z = (state ^ (state >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    /// <summary>0 up to, not including, the bound.</summary>
    internal int Below(int bound) => (int)(((Next() >> 32) * (ulong)bound) >> 32);

    /// <summary>Both ends included.</summary>
    internal int Between(int low, int high) => low + Below(high - low + 1);

    internal T Pick<T>(IReadOnlyList<T> of) => of[Below(of.Count)];
}
