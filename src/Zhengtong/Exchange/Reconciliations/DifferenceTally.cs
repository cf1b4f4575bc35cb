using System.Buffers.Binary;

namespace Zhengtong.Exchange.Reconciliations;

/// <summary>Differences as they are found: all are counted, the first ones are listed, and of the missing and the different rows the digests of the keys are kept for a repair.</summary>
internal sealed class DifferenceTally
{
    private readonly List<Difference> listed = [];
    private readonly List<byte> repairable = [];

    internal long Missing { get; private set; }

    internal long Extra { get; private set; }

    internal long Different { get; private set; }

    internal void Add(UInt128 key, Difference difference)
    {
        switch (difference.Kind)
        {
            case DifferenceKind.Missing: Missing++; break;
            case DifferenceKind.Extra: Extra++; break;
            default: Different++; break;
        }

        if (listed.Count < DifferenceList.MostListed) { listed.Add(difference); }
        if (difference.Kind == DifferenceKind.Extra || repairable.Count >= DifferenceList.MostRepaired * 16) { return; }
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, key);
        repairable.AddRange(bytes);
    }

    /// <summary>What is kept of them.</summary>
    /// <param name="salt">Base64; empty where only the two sides' nodes know it.</param>
    internal DifferenceList ToList(string salt) => new(salt, listed, Convert.ToBase64String(repairable.ToArray()));
}
