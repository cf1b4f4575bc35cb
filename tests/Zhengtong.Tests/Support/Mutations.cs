using System.Text;
using Zhengtong.Demonstration;

namespace Zhengtong.Tests.Support;

/// <summary>Inputs as an attacker or a broken line would change them: bits, bytes, runs, lengths, pieces of one good input inside another. The same seed gives the same inputs.</summary>
internal sealed class Mutations(ulong seed, params IReadOnlyList<byte[]> good)
{
    private static readonly byte[][] Edges =
    [
        [0], [0xFF], [0x7F, 0xFF, 0xFF, 0xFF], [0xFF, 0xFF, 0xFF, 0xFF], [0x80, 0, 0, 0], [0, 0, 0, 0x80], "9223372036854775808"u8.ToArray(), "-1"u8.ToArray(), "1e999"u8.ToArray(), "null"u8.ToArray(),
        "[[[[[[[["u8.ToArray(), "{\"a\":"u8.ToArray(), "\""u8.ToArray(), "\\u0000"u8.ToArray(), "\\ud800"u8.ToArray(), [0xC0, 0xAE], [0xED, 0xA0, 0x80], "\r\n"u8.ToArray(), "="u8.ToArray(), "AAAA"u8.ToArray(),
    ];

    private Dice dice = new(seed);

    /// <summary>So many inputs; none is one of the good ones.</summary>
    internal IEnumerable<byte[]> Take(int count)
    {
        for (var n = 0; n < count;)
        {
            var bytes = new List<byte>(good[dice.Below(good.Count)]);
            for (var changes = 1 + dice.Below(4); changes > 0; changes--) { Change(bytes); }
            if (good.Any(g => g.AsSpan().SequenceEqual(bytes.ToArray()))) { continue; }
            n++;
            yield return [.. bytes];
        }
    }

    /// <summary>The same as text; what is no UTF-8 becomes replacement characters, as when a request is read.</summary>
    internal IEnumerable<string> TakeText(int count) => Take(count).Select(Encoding.UTF8.GetString);

    private void Change(List<byte> bytes)
    {
        var at = bytes.Count == 0 ? 0 : dice.Below(bytes.Count);
        switch (dice.Below(9))
        {
            case 0 when bytes.Count > 0: bytes[at] ^= (byte)(1 << dice.Below(8)); break;
            case 1 when bytes.Count > 0: bytes[at] = (byte)dice.Below(256); break;
            case 2 when bytes.Count > 0: bytes.RemoveRange(at, Math.Min(1 + dice.Below(16), bytes.Count - at)); break;
            case 3: bytes.InsertRange(at, Edges[dice.Below(Edges.Length)]); break;
            case 4 when bytes.Count > 0: bytes.RemoveRange(at, bytes.Count - at); break;
            case 5 when bytes.Count > 0: bytes.InsertRange(dice.Below(bytes.Count), bytes.GetRange(at, Math.Min(1 + dice.Below(64), bytes.Count - at))); break;
            case 6:
                var other = good[dice.Below(good.Count)];
                var from = other.Length == 0 ? 0 : dice.Below(other.Length);
                bytes.InsertRange(at, other[from..Math.Min(other.Length, from + 1 + dice.Below(64))]);
                break;
            case 7 when bytes.Count > 4:
                // A field that holds a length, overwritten in place.
                var edge = Edges[dice.Below(5)];
                at = Math.Min(at, bytes.Count - edge.Length);
                for (var n = 0; n < edge.Length; n++) { bytes[at + n] = edge[n]; }
                break;
            default: bytes.Add((byte)dice.Below(256)); break;
        }
    }
}
