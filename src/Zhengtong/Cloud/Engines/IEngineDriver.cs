namespace Zhengtong.Cloud.Engines;

/// <summary>A kind of engine that pools may name: reads a pool's address and secret, and makes the engine that is there.</summary>
internal interface IEngineDriver
{
    /// <summary>What pools call it: a lower-case letter, then letters, digits and hyphens, at most 40 characters. Unique.</summary>
    string Name { get; }

    /// <summary>What is wrong with an address and a secret, in the reader's language, by the field: <c>address</c>, <c>secret</c>. Empty when <see cref="Open"/> can read them. Asks nobody.</summary>
    /// <param name="address">1 to 500 characters.</param>
    /// <param name="secret">At most 20,000 characters; null for none.</param>
    IReadOnlyDictionary<string, string> Faults(string address, string? secret);

    /// <summary>The engine there; no line is opened yet.</summary>
    /// <param name="owner">The platform's name in the marks of what it makes.</param>
    /// <param name="address">Where it is.</param>
    /// <param name="secret">Keys for it; null for none.</param>
    /// <exception cref="FormatException">Something is wrong with address or secret.</exception>
    CloudEngine Open(string owner, string address, string? secret);
}
