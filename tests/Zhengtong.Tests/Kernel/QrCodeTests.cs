using System.Text;
using CsCheck;
using Zhengtong.Kernel;

namespace Zhengtong.Tests.Kernel;

public sealed class QrCodeTests
{
    /// <summary>HELLO WORLD in alphanumeric mode, version 1-M: the worked example found in every text about QR codes.</summary>
    [Fact]
    public void CorrectionOf_WorkedExample_GivesItsCodewords() =>
        QrCode.CorrectionOf([32, 91, 11, 120, 209, 114, 220, 77, 67, 64, 236, 17, 236, 17, 236, 17], 10)
            .ShouldBe(new byte[] { 196, 35, 39, 119, 235, 215, 231, 226, 93, 23 });

    /// <summary>ISO/IEC 18004, tables C.1 and D.1.</summary>
    [Fact]
    public void FormatAndVersionBits_OfTheStandard_AreMade()
    {
        QrCode.FormatOf(0).ShouldBe(0b101010000010010);
        QrCode.FormatOf(5).ShouldBe(0b100000011001110);
        QrCode.VersionBitsOf(7).ShouldBe(0b000111110010010100);
        QrCode.VersionBitsOf(10).ShouldBe(0b001010010011010011);
    }

    [Fact]
    public void Encode_AnyTextThatFits_ReadsBackAsWritten() =>
        Gen.String[Gen.Char['!', '~'], 1, 213].Sample(text => Read(QrCode.Encode(text)) == text);

    [Fact]
    public void Encode_MoreThanFits_IsRefused() => Should.Throw<ArgumentException>(() => QrCode.Encode(new string('x', 214)));

    /// <summary>Reads as a scanner does, from the modules alone: version by size, mask by the format bits, codewords along the zigzag, blocks apart, each checked by its correction.</summary>
    private static string Read(bool[,] modules)
    {
        var size = modules.GetLength(0);
        var version = (size - 17) / 4;
        var format = 0;
        for (var i = 14; i >= 8; i--) { format = (format << 1) | (modules[size - 15 + i, 8] ? 1 : 0); }
        for (var i = 7; i >= 0; i--) { format = (format << 1) | (modules[8, size - 1 - i] ? 1 : 0); }
        var mask = Enumerable.Range(0, 8).Single(m => QrCode.FormatOf(m) == format);

        (int Correction, int[] Data)[] versions =
        [
            (10, [16]), (16, [28]), (26, [44]), (18, [32, 32]), (24, [43, 43]), (16, [27, 27, 27, 27]), (18, [31, 31, 31, 31]),
            (22, [38, 38, 39, 39]), (22, [36, 36, 36, 37, 37]), (26, [43, 43, 43, 43, 44]),
        ];
        int[][] centres = [[], [6, 18], [6, 22], [6, 26], [6, 30], [6, 34], [6, 22, 38], [6, 24, 42], [6, 26, 46], [6, 28, 50]];
        bool IsData(int x, int y)
        {
            if (x == 6 || y == 6 || (x < 9 && y < 9) || (x >= size - 8 && y < 9) || (x < 9 && y >= size - 8)) { return false; }
            if (version >= 7 && ((x >= size - 11 && y < 6) || (y >= size - 11 && x < 6))) { return false; }
            var own = centres[version - 1];
            return !own.Any(cx => own.Any(cy => Math.Abs(x - cx) <= 2 && Math.Abs(y - cy) <= 2
                && !((cx == 6 && cy == 6) || (cx == 6 && cy == own[^1]) || (cx == own[^1] && cy == 6))));
        }

        var bits = new List<bool>();
        var up = true;
        for (var right = size - 1; right > 0; right -= 2, up = !up)
        {
            if (right == 6) { right--; }
            for (var step = 0; step < size; step++)
            {
                var y = up ? size - 1 - step : step;
                foreach (var x in new[] { right, right - 1 }) { if (IsData(x, y)) { bits.Add(modules[y, x] ^ QrCode.IsMasked(mask, x, y)); } }
            }
        }

        var codewords = bits.Chunk(8).Where(c => c.Length == 8).Select(c => (byte)c.Aggregate(0, (v, b) => (v << 1) | (b ? 1 : 0))).ToList();
        var (correction, sizes) = versions[version - 1];
        var blocks = sizes.Select(_ => new List<byte>()).ToList();
        var at = 0;
        for (var i = 0; i < sizes.Max(); i++) { for (var b = 0; b < sizes.Length; b++) { if (i < sizes[b]) { blocks[b].Add(codewords[at++]); } } }
        foreach (var (b, block) in blocks.Index())
        {
            Enumerable.Range(0, correction).Select(i => codewords[at + (i * sizes.Length) + b]).ShouldBe(QrCode.CorrectionOf(block.ToArray(), correction));
        }

        var data = string.Concat(blocks.SelectMany(b => b).Select(b => b.ToString("b8", System.Globalization.CultureInfo.InvariantCulture)));
        data[..4].ShouldBe("0100");
        var counted = version < 10 ? 8 : 16;
        var length = Convert.ToInt32(data.Substring(4, counted), 2);
        return Encoding.UTF8.GetString([.. Enumerable.Range(0, length).Select(i => Convert.ToByte(data.Substring(4 + counted + (i * 8), 8), 2))]);
    }
}
