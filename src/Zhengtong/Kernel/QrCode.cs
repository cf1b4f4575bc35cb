using System.Globalization;
using System.Text;

namespace Zhengtong.Kernel;

/// <summary>QR codes (ISO/IEC 18004), drawn on the server: byte mode, error correction M, versions 1 to 10, at most 213 bytes of UTF-8.</summary>
internal static class QrCode
{
    // ISO/IEC 18004, table 9, level M: correction codewords of each block, then data codewords of each block.
    private static readonly (int Correction, int[] Data)[] Versions =
    [
        (10, [16]), (16, [28]), (26, [44]), (18, [32, 32]), (24, [43, 43]), (16, [27, 27, 27, 27]), (18, [31, 31, 31, 31]),
        (22, [38, 38, 39, 39]), (22, [36, 36, 36, 37, 37]), (26, [43, 43, 43, 43, 44]),
    ];

    // Annex E: centres of the alignment patterns.
    private static readonly int[][] Alignments = [[], [6, 18], [6, 22], [6, 26], [6, 30], [6, 34], [6, 22, 38], [6, 24, 42], [6, 26, 46], [6, 28, 50]];

    /// <summary>The code as an SVG picture: black modules on white, with the quiet zone of four modules.</summary>
    /// <param name="text">What a reader shall read.</param>
    /// <param name="label">What the picture is, for those who do not see it.</param>
    /// <exception cref="ArgumentException">The text is longer than 213 bytes.</exception>
    internal static string ToSvg(string text, string label)
    {
        var modules = Encode(text);
        var size = modules.GetLength(0);
        var path = new StringBuilder();
        for (var y = 0; y < size; y++)
        {
            for (var x = 0; x < size; x++)
            {
                if (!modules[y, x]) { continue; }
                var from = x;
                while (x + 1 < size && modules[y, x + 1]) { x++; }
                path.Append(CultureInfo.InvariantCulture, $"M{from + 4} {y + 4}h{x - from + 1}v1h-{x - from + 1}z");
            }
        }

        return string.Create(CultureInfo.InvariantCulture,
            $"""<svg xmlns="http://www.w3.org/2000/svg" class="qr" viewBox="0 0 {size + 8} {size + 8}" width="{(size + 8) * 4}" height="{(size + 8) * 4}" role="img" aria-label="{System.Net.WebUtility.HtmlEncode(label)}" shape-rendering="crispEdges"><path fill="#fff" d="M0 0h{size + 8}v{size + 8}H0z"/><path d="{path}"/></svg>""");
    }

    /// <summary>The modules, row by row, true for dark.</summary>
    internal static bool[,] Encode(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        var version = 1 + Array.FindIndex(Versions, v => (v.Data.Sum() * 8) >= 4 + (Array.IndexOf(Versions, v) < 9 ? 8 : 16) + (bytes.Length * 8));
        if (version == 0) { throw new ArgumentException($"{bytes.Length} bytes are more than a code of version 10 holds (213)", nameof(text)); }
        var codewords = Interleave(DataOf(bytes, version), version);

        bool[,]? best = null;
        var least = int.MaxValue;
        for (var mask = 0; mask < 8; mask++)
        {
            var modules = Draw(codewords, version, mask);
            if (PenaltyOf(modules) is var penalty && penalty < least) { (best, least) = (modules, penalty); }
        }

        return best!;
    }

    /// <summary>Reed-Solomon correction codewords over GF(256) with x^8+x^4+x^3+x^2+1.</summary>
    internal static byte[] CorrectionOf(ReadOnlySpan<byte> data, int count)
    {
        // The generator polynomial without its leading one, highest power first.
        var generator = new byte[count];
        generator[^1] = 1;
        byte root = 1;
        for (var i = 0; i < count; i++)
        {
            for (var j = 0; j < count; j++)
            {
                generator[j] = (byte)(Multiply(generator[j], root) ^ (j + 1 < count ? generator[j + 1] : 0));
            }

            root = Multiply(root, 2);
        }

        var rest = new byte[count];
        foreach (var b in data)
        {
            var factor = (byte)(b ^ rest[0]);
            Array.Copy(rest, 1, rest, 0, count - 1);
            rest[^1] = 0;
            for (var j = 0; j < count; j++) { rest[j] ^= Multiply(generator[j], factor); }
        }

        return rest;
    }

    /// <summary>The 15 format bits of level M and a mask, highest first.</summary>
    internal static int FormatOf(int mask)
    {
        var rest = mask;
        for (var i = 0; i < 10; i++) { rest = (rest << 1) ^ ((rest >> 9) * 0x537); }
        return ((mask << 10) | rest) ^ 0x5412;
    }

    /// <summary>The 18 version bits, highest first; used from version 7 on.</summary>
    internal static int VersionBitsOf(int version)
    {
        var rest = version;
        for (var i = 0; i < 12; i++) { rest = (rest << 1) ^ ((rest >> 11) * 0x1F25); }
        return (version << 12) | rest;
    }

    private static byte Multiply(byte a, byte b)
    {
        var product = 0;
        for (var bit = 7; bit >= 0; bit--)
        {
            product = (product << 1) ^ ((product >> 7) * 0x11D);
            product ^= ((b >> bit) & 1) * a;
        }

        return (byte)product;
    }

    private static byte[] DataOf(byte[] bytes, int version)
    {
        var capacity = Versions[version - 1].Data.Sum();
        var bits = new List<bool>();
        void Add(int value, int count) { for (var i = count - 1; i >= 0; i--) { bits.Add(((value >> i) & 1) == 1); } }
        Add(0b0100, 4);
        Add(bytes.Length, version < 10 ? 8 : 16);
        foreach (var b in bytes) { Add(b, 8); }
        Add(0, Math.Min(4, (capacity * 8) - bits.Count));
        Add(0, (8 - (bits.Count % 8)) % 8);
        for (var pad = 0xEC; bits.Count < capacity * 8; pad ^= 0xEC ^ 0x11) { Add(pad, 8); }
        return [.. bits.Chunk(8).Select(octet => (byte)octet.Aggregate(0, (value, bit) => (value << 1) | (bit ? 1 : 0)))];
    }

    private static byte[] Interleave(byte[] data, int version)
    {
        var (correction, sizes) = Versions[version - 1];
        var blocks = new List<byte[]>();
        var at = 0;
        foreach (var size in sizes) { blocks.Add(data[at..(at += size)]); }
        var corrections = blocks.ConvertAll(block => CorrectionOf(block, correction));
        var all = new List<byte>();
        for (var i = 0; i < sizes.Max(); i++) { all.AddRange(blocks.Where(b => i < b.Length).Select(b => b[i])); }
        for (var i = 0; i < correction; i++) { all.AddRange(corrections.Select(c => c[i])); }
        return [.. all];
    }

    private static bool[,] Draw(byte[] codewords, int version, int mask)
    {
        var size = 17 + (4 * version);
        var modules = new bool[size, size];
        var isFunction = new bool[size, size];
        void Set(int x, int y, bool dark)
        {
            modules[y, x] = dark;
            isFunction[y, x] = true;
        }

        for (var i = 0; i < size; i++) { Set(6, i, i % 2 == 0); Set(i, 6, i % 2 == 0); }
        foreach (var (cx, cy) in new[] { (3, 3), (size - 4, 3), (3, size - 4) })
        {
            for (var dy = -4; dy <= 4; dy++)
            {
                for (var dx = -4; dx <= 4; dx++)
                {
                    if (cx + dx < 0 || cy + dy < 0 || cx + dx >= size || cy + dy >= size) { continue; }
                    Set(cx + dx, cy + dy, Math.Max(Math.Abs(dx), Math.Abs(dy)) is not (2 or 4));
                }
            }
        }

        var centres = Alignments[version - 1];
        foreach (var cx in centres)
        {
            foreach (var cy in centres)
            {
                if ((cx == 6 && cy == 6) || (cx == 6 && cy == centres[^1]) || (cx == centres[^1] && cy == 6)) { continue; }
                for (var dy = -2; dy <= 2; dy++) { for (var dx = -2; dx <= 2; dx++) { Set(cx + dx, cy + dy, Math.Max(Math.Abs(dx), Math.Abs(dy)) != 1); } }
            }
        }

        DrawFormat(Set, size, FormatOf(mask));
        if (version >= 7)
        {
            var bits = VersionBitsOf(version);
            for (var i = 0; i < 18; i++)
            {
                var dark = ((bits >> i) & 1) == 1;
                Set(size - 11 + (i % 3), i / 3, dark);
                Set(i / 3, size - 11 + (i % 3), dark);
            }
        }

        var bit = 0;
        for (var right = size - 1; right >= 1; right -= 2)
        {
            if (right == 6) { right = 5; }
            for (var step = 0; step < size; step++)
            {
                var y = ((right + 1) & 2) == 0 ? size - 1 - step : step;
                for (var x = right; x > right - 2; x--)
                {
                    if (isFunction[y, x]) { continue; }
                    var dark = bit < codewords.Length * 8 && ((codewords[bit >> 3] >> (7 - (bit & 7))) & 1) == 1;
                    bit++;
                    modules[y, x] = dark ^ IsMasked(mask, x, y);
                }
            }
        }

        return modules;
    }

    private static void DrawFormat(Action<int, int, bool> set, int size, int format)
    {
        bool Bit(int i) => ((format >> i) & 1) == 1;
        for (var i = 0; i <= 5; i++) { set(8, i, Bit(i)); }
        set(8, 7, Bit(6));
        set(8, 8, Bit(7));
        set(7, 8, Bit(8));
        for (var i = 9; i < 15; i++) { set(14 - i, 8, Bit(i)); }
        for (var i = 0; i < 8; i++) { set(size - 1 - i, 8, Bit(i)); }
        for (var i = 8; i < 15; i++) { set(8, size - 15 + i, Bit(i)); }
        set(8, size - 8, true);
    }

    /// <summary>The eight masks of table 10.</summary>
    internal static bool IsMasked(int mask, int x, int y) => mask switch
    {
        0 => (x + y) % 2 == 0,
        1 => y % 2 == 0,
        2 => x % 3 == 0,
        3 => (x + y) % 3 == 0,
        4 => ((x / 3) + (y / 2)) % 2 == 0,
        5 => (x * y % 2) + (x * y % 3) == 0,
        6 => ((x * y % 2) + (x * y % 3)) % 2 == 0,
        _ => (((x + y) % 2) + (x * y % 3)) % 2 == 0,
    };

    /// <summary>How hard the picture is to read (7.8.3): long runs, blocks, patterns like a finder's, too much of one colour.</summary>
    private static int PenaltyOf(bool[,] modules)
    {
        var size = modules.GetLength(0);
        var penalty = 0;
        var dark = 0;
        for (var line = 0; line < size; line++)
        {
            foreach (var isRow in new[] { true, false })
            {
                bool At(int i) => isRow ? modules[line, i] : modules[i, line];
                var run = 1;
                for (var i = 1; i <= size; i++)
                {
                    if (i < size && At(i) == At(i - 1)) { run++; continue; }
                    if (run >= 5) { penalty += run - 2; }
                    run = 1;
                }

                for (var i = 0; i + 11 <= size; i++)
                {
                    var window = 0;
                    for (var j = 0; j < 11; j++) { window = (window << 1) | (At(i + j) ? 1 : 0); }
                    if (window is 0b10111010000 or 0b00001011101) { penalty += 40; }
                }
            }

            for (var x = 0; x < size; x++)
            {
                if (modules[line, x]) { dark++; }
                if (line > 0 && x > 0 && modules[line, x] == modules[line - 1, x] && modules[line, x] == modules[line, x - 1] && modules[line, x] == modules[line - 1, x - 1]) { penalty += 3; }
            }
        }

        return penalty + (Math.Abs((dark * 20) - (size * size * 10)) / (size * size) * 10);
    }
}
