using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Zhengtong.OpenData.Tiles;

/// <summary>What a feature of a tile is.</summary>
internal enum TileShape
{
    /// <summary>One or more points.</summary>
    Points = 1,
    /// <summary>One or more lines.</summary>
    Lines = 2,
    /// <summary>One or more areas: each outer ring, clockwise as it is seen, followed by its holes the other way round.</summary>
    Areas = 3,
}

/// <summary>Writes one Mapbox Vector Tile (specification 2.1) of one layer: protocol buffers, keys and values written once each, places as steps from the one before.</summary>
/// <param name="layer">Name of the layer.</param>
internal sealed class VectorTile(string layer)
{
    /// <summary>As HTTP names it.</summary>
    internal const string MediaType = "application/vnd.mapbox-vector-tile";

    private const int MoveTo = 1, LineTo = 2, ClosePath = 7;
    private readonly Dictionary<string, int> keys = new(StringComparer.Ordinal);
    private readonly Dictionary<object, int> values = [];
    private readonly ArrayBufferWriter<byte> features = new();
    private readonly ArrayBufferWriter<byte> one = new();
    private readonly ArrayBufferWriter<byte> part = new();

    /// <summary>Features written.</summary>
    internal int Count { get; private set; }

    /// <summary>Adds a feature.</summary>
    /// <param name="id">Its number.</param>
    /// <param name="shape">What it is.</param>
    /// <param name="parts">Points of one point each, lines of at least two, or rings of at least three whose last is not their first again; in units of the tile.</param>
    /// <param name="properties">Names and values: text, whole number, floating point or truth; what is null is left out.</param>
    internal void Add(long id, TileShape shape, IReadOnlyList<IReadOnlyList<(int X, int Y)>> parts, IEnumerable<(string Name, object? Value)> properties)
    {
        one.ResetWrittenCount();
        Number(one, 1, (ulong)id);
        part.ResetWrittenCount();
        foreach (var (name, value) in properties)
        {
            if (value is null) { continue; }
            Varint(part, (ulong)At(keys, name));
            Varint(part, (ulong)At(values, value));
        }

        Bytes(one, 2, part.WrittenSpan);
        Number(one, 3, (ulong)shape);
        part.ResetWrittenCount();
        var (x, y) = (0, 0);
        if (shape == TileShape.Points)
        {
            Command(MoveTo, parts.Count);
            foreach (var point in parts) { Step(point[0]); }
        }
        else
        {
            foreach (var line in parts)
            {
                Command(MoveTo, 1);
                Step(line[0]);
                Command(LineTo, line.Count - 1);
                for (var n = 1; n < line.Count; n++) { Step(line[n]); }
                if (shape == TileShape.Areas) { Command(ClosePath, 1); }
            }
        }

        Bytes(one, 4, part.WrittenSpan);
        Bytes(features, 2, one.WrittenSpan);
        Count++;

        void Command(int command, int times) => Varint(part, (ulong)(((uint)times << 3) | (uint)command));

        void Step((int X, int Y) to)
        {
            Varint(part, Signed(to.X - x));
            Varint(part, Signed(to.Y - y));
            (x, y) = to;
        }
    }

    /// <summary>The tile; no byte at all when nothing is in it.</summary>
    internal byte[] ToBytes()
    {
        if (Count == 0) { return []; }
        var body = new ArrayBufferWriter<byte>(features.WrittenCount + 1024);
        Number(body, 15, 2);
        Bytes(body, 1, Encoding.UTF8.GetBytes(layer));
        body.Write(features.WrittenSpan);
        foreach (var key in keys.Keys) { Bytes(body, 3, Encoding.UTF8.GetBytes(key)); }
        foreach (var value in values.Keys) { Bytes(body, 4, Written(value)); }
        Number(body, 5, MapCell.Extent);
        var tile = new ArrayBufferWriter<byte>(body.WrittenCount + 8);
        Bytes(tile, 3, body.WrittenSpan);
        return tile.WrittenSpan.ToArray();
    }

    private static int At<T>(Dictionary<T, int> all, T value) where T : notnull
    {
        if (!all.TryGetValue(value, out var at)) { all[value] = at = all.Count; }
        return at;
    }

    private static ReadOnlySpan<byte> Written(object value)
    {
        var to = new ArrayBufferWriter<byte>(16);
        switch (value)
        {
            case string text: Bytes(to, 1, Encoding.UTF8.GetBytes(text)); break;
            case double number:
                Varint(to, (3 << 3) | 1);
                BinaryPrimitives.WriteDoubleLittleEndian(to.GetSpan(8), number);
                to.Advance(8);
                break;
            case long number when number >= 0: Number(to, 5, (ulong)number); break;
            case long number: Number(to, 6, Signed(number)); break;
            case bool flag: Number(to, 7, flag ? 1UL : 0); break;
            default: throw new ArgumentException($"A property is never a {value.GetType()}", nameof(value));
        }

        return to.WrittenSpan;
    }

    private static ulong Signed(long number) => (ulong)((number << 1) ^ (number >> 63));

    private static void Number(ArrayBufferWriter<byte> to, int field, ulong number)
    {
        Varint(to, (ulong)field << 3);
        Varint(to, number);
    }

    private static void Bytes(ArrayBufferWriter<byte> to, int field, ReadOnlySpan<byte> bytes)
    {
        Varint(to, ((ulong)field << 3) | 2);
        Varint(to, (ulong)bytes.Length);
        to.Write(bytes);
    }

    private static void Varint(ArrayBufferWriter<byte> to, ulong number)
    {
        var span = to.GetSpan(10);
        var n = 0;
        for (; number >= 0x80; number >>= 7) { span[n++] = (byte)(number | 0x80); }
        span[n++] = (byte)number;
        to.Advance(n);
    }
}
