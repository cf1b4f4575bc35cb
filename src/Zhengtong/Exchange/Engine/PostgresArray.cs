using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;

namespace Zhengtong.Exchange.Engine;

/// <summary>
/// PostgreSQL's arrays travel as text: JSON, because every database can keep it and every program read it. Numbers and truth values are JSON's own, the rest are strings; a decimal keeps every
/// digit and trailing zero; times are ISO 8601, UTC; what JSON has no number for is the string <c>NaN</c>, <c>Infinity</c> or <c>-Infinity</c>, dates and times without an end are
/// <c>infinity</c> and <c>-infinity</c>. The number of the first element is not kept: arrays begin at 1.
/// </summary>
/// <remarks>Binary form (src/backend/utils/adt/arrayfuncs.c, array_send): number of dimensions, whether there are nulls, the elements' type; for each dimension its size and first number; each element
/// as length and bytes. All big-endian. One object for each reader or writer; not thread-safe.</remarks>
internal sealed class PostgresArray
{
    /// <summary>PostgreSQL's own limit.</summary>
    private const int MostDimensions = 6;
    private const string Day = "yyyy-MM-dd";
    private const string Time = "yyyy-MM-ddTHH:mm:ss.ffffffZ";

    private enum Element : uint
    {
        None = 0, Bool = 16, Int8 = 20, Int2 = 21, Int4 = 23, Text = 25, Float4 = 700, Float8 = 701, Bpchar = 1042, Varchar = 1043, Date = 1082, Timestamp = 1114, Timestamptz = 1184, Numeric = 1700, Uuid = 2950,
    }

    private readonly ArrayBufferWriter<byte> json = new();
    private readonly Utf8JsonWriter writer;

    internal PostgresArray() => writer = new Utf8JsonWriter(json, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, MaxDepth = MostDimensions + 1 });

    /// <summary>True for arrays of types whose values can be read without loss.</summary>
    internal static bool Gives(string type) => ElementOf(type) != Element.None;

    /// <summary>True for arrays that keep what is read from any other; a column that rounds, pads or cuts does not.</summary>
    internal static bool Takes(TableColumn column) => ElementOf(column.Type) switch
    {
        Element.None or Element.Float4 or Element.Bpchar => false,
        Element.Numeric => column.Scale is null,
        Element.Timestamp or Element.Timestamptz => column.Scale is null or 6,
        _ => true,
    };

    private static Element ElementOf(string type) => type switch
    {
        "_bool" => Element.Bool, "_int2" => Element.Int2, "_int4" => Element.Int4, "_int8" => Element.Int8, "_text" => Element.Text, "_varchar" => Element.Varchar, "_bpchar" => Element.Bpchar,
        "_float4" => Element.Float4, "_float8" => Element.Float8, "_numeric" => Element.Numeric, "_uuid" => Element.Uuid, "_date" => Element.Date, "_timestamp" => Element.Timestamp, "_timestamptz" => Element.Timestamptz,
        _ => Element.None,
    };

    /// <summary>Puts an array in its binary form into a buffer, as JSON.</summary>
    /// <exception cref="InvalidDataException">The bytes are no such array.</exception>
    /// <exception cref="OverflowException">A time is outside of the years 1 to 9999.</exception>
    internal void Append(ColumnBuffer column, ReadOnlySpan<byte> field)
    {
        json.ResetWrittenCount();
        writer.Reset();
        var rest = field;
        var dimensions = TakeInt32(ref rest);
        TakeInt32(ref rest);
        var element = (Element)(uint)TakeInt32(ref rest);
        if (dimensions is < 0 or > MostDimensions) { throw new InvalidDataException($"An array has {dimensions} dimensions"); }
        Span<int> sizes = stackalloc int[dimensions];
        for (var n = 0; n < dimensions; n++)
        {
            sizes[n] = TakeInt32(ref rest);
            TakeInt32(ref rest);
        }

        // Each element is 4 bytes at least.
        var most = (long)rest.Length / 4;
        foreach (var size in sizes) { most = size > 0 ? most / size : throw new InvalidDataException($"A dimension has {size} elements"); }
        if (dimensions > 0 && most == 0) { throw new InvalidDataException("An array is shorter than its elements"); }

        if (dimensions == 0)
        {
            writer.WriteStartArray();
            writer.WriteEndArray();
        }
        else
        {
            Read(element, sizes, ref rest);
        }

        if (rest.Length > 0) { throw new InvalidDataException("An array is longer than its elements"); }
        writer.Flush();
        column.AppendBytes(json.WrittenSpan);
    }

    private void Read(Element element, scoped ReadOnlySpan<int> sizes, ref ReadOnlySpan<byte> rest)
    {
        writer.WriteStartArray();
        for (var n = 0; n < sizes[0]; n++)
        {
            if (sizes.Length > 1) { Read(element, sizes[1..], ref rest); continue; }
            var length = TakeInt32(ref rest);
            if (length < 0) { writer.WriteNullValue(); continue; }
            if (length > rest.Length) { throw new InvalidDataException("An array ends within an element"); }
            Read(element, rest[..length]);
            rest = rest[length..];
        }

        writer.WriteEndArray();
    }

    private void Read(Element element, ReadOnlySpan<byte> value)
    {
        switch (element)
        {
            case Element.Bool when value.Length == 1: writer.WriteBooleanValue(value[0] != 0); break;
            case Element.Int2 when value.Length == 2: writer.WriteNumberValue(BinaryPrimitives.ReadInt16BigEndian(value)); break;
            case Element.Int4 when value.Length == 4: writer.WriteNumberValue(BinaryPrimitives.ReadInt32BigEndian(value)); break;
            case Element.Int8 when value.Length == 8: writer.WriteNumberValue(BinaryPrimitives.ReadInt64BigEndian(value)); break;
            case Element.Float4 when value.Length == 4: WriteFloat(BinaryPrimitives.ReadSingleBigEndian(value)); break;
            case Element.Float8 when value.Length == 8: WriteFloat(BinaryPrimitives.ReadDoubleBigEndian(value)); break;
            case Element.Text or Element.Varchar or Element.Bpchar: writer.WriteStringValue(Utf8.IsValid(value) ? value : throw Unfit()); break;
            case Element.Uuid when value.Length == 16: writer.WriteStringValue(new Guid(value, bigEndian: true)); break;
            case Element.Date when value.Length == 4: writer.WriteStringValue(DateOf(BinaryPrimitives.ReadInt32BigEndian(value))); break;
            case Element.Timestamp or Element.Timestamptz when value.Length == 8: writer.WriteStringValue(TimeOf(BinaryPrimitives.ReadInt64BigEndian(value))); break;
            case Element.Numeric: WriteNumeric(value); break;
            default: throw new InvalidDataException($"An element of {value.Length} bytes is no {element}");
        }
    }

    private void WriteFloat(double value)
    {
        if (double.IsFinite(value)) { writer.WriteNumberValue(value); } else { writer.WriteStringValue(value.ToString(CultureInfo.InvariantCulture)); }
    }

    private void WriteNumeric(ReadOnlySpan<byte> value)
    {
        var text = ArrayPool<byte>.Shared.Rent(PostgresNumeric.MaxTextLength(value));
        try
        {
            var written = text.AsSpan(0, PostgresNumeric.Format(value, text));
            if (written[^1] is >= (byte)'0' and <= (byte)'9') { writer.WriteRawValue(written, skipInputValidation: true); } else { writer.WriteStringValue(written); }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(text);
        }
    }

    private static string DateOf(int days) => days switch
    {
        int.MaxValue => "infinity",
        int.MinValue => "-infinity",
        _ => DateOnly.FromDayNumber(InYears(days + (long)DateOnly.FromDateTime(DateTime.UnixEpoch).DayNumber + PostgresBinary.EpochDays, DateOnly.MaxValue.DayNumber)).ToString(Day, CultureInfo.InvariantCulture),
    };

    private static string TimeOf(long microseconds)
    {
        if (microseconds is long.MaxValue or long.MinValue) { return microseconds > 0 ? "infinity" : "-infinity"; }
        var since = (Int128)microseconds + PostgresBinary.EpochMicroseconds + (DateTime.UnixEpoch.Ticks / TimeSpan.TicksPerMicrosecond);
        if (since < 0 || since > DateTime.MaxValue.Ticks / TimeSpan.TicksPerMicrosecond) { throw new OverflowException("A time outside of the years 1 to 9999"); }
        return new DateTime((long)since * TimeSpan.TicksPerMicrosecond, DateTimeKind.Utc).ToString(Time, CultureInfo.InvariantCulture);
    }

    private static int InYears(long days, int most) => days is >= 0 && days <= most ? (int)days : throw new OverflowException("A day outside of the years 1 to 9999");

    private static int TakeInt32(ref ReadOnlySpan<byte> rest)
    {
        if (rest.Length < 4) { throw new InvalidDataException("An array ends within a number"); }
        var value = BinaryPrimitives.ReadInt32BigEndian(rest);
        rest = rest[4..];
        return value;
    }

    /// <summary>The binary form of an array that is written as JSON; valid until the next call.</summary>
    /// <param name="type">The column's type, one that <see cref="Takes"/> allows.</param>
    /// <param name="text">JSON.</param>
    /// <exception cref="OverflowException">It is no array, an element is none of the type, or arrays within it have different lengths.</exception>
    internal ReadOnlySpan<byte> BinaryOf(string type, ReadOnlySpan<byte> text)
    {
        json.ResetWrittenCount();
        var element = ElementOf(type);
        try
        {
            var reader = new Utf8JsonReader(text, new JsonReaderOptions { MaxDepth = MostDimensions + 1 });
            using var document = JsonDocument.ParseValue(ref reader);
            if (reader.Read()) { throw Unfit(); }
            var root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Array) { throw Unfit(); }
            List<int> sizes = [];
            var hasNull = root.GetArrayLength() > 0 && Measure(root, 0, sizes);
            PutInt32(sizes.Count);
            PutInt32(hasNull ? 1 : 0);
            PutInt32((int)element);
            foreach (var size in sizes)
            {
                PutInt32(size);
                PutInt32(1);
            }

            Write(element, root);
        }
        catch (Exception e) when (e is JsonException or InvalidDataException or InvalidOperationException or FormatException) { throw Unfit(); }
        return json.WrittenSpan;
    }

    /// <summary>Notes how many elements there are in each dimension; true when one of them is null.</summary>
    private static bool Measure(JsonElement array, int depth, List<int> sizes)
    {
        var length = array.GetArrayLength();
        if (depth == sizes.Count) { sizes.Add(length); }
        if (length == 0 || sizes[depth] != length || depth == MostDimensions) { throw Unfit(); }
        var (arrays, hasNull) = (0, false);
        foreach (var element in array.EnumerateArray())
        {
            if (element.ValueKind == JsonValueKind.Array)
            {
                arrays++;
                hasNull |= Measure(element, depth + 1, sizes);
            }
            else
            {
                hasNull |= element.ValueKind == JsonValueKind.Null;
            }
        }

        // All of them, or none; and none where others go deeper.
        return arrays == length || (arrays == 0 && sizes.Count == depth + 1) ? hasNull : throw Unfit();
    }

    private void Write(Element element, JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.Array)
        {
            foreach (var inner in value.EnumerateArray()) { Write(element, inner); }
            return;
        }

        if (value.ValueKind == JsonValueKind.Null)
        {
            PutInt32(-1);
            return;
        }

        switch (element)
        {
            case Element.Bool: Room(1)[0] = value.GetBoolean() ? (byte)1 : (byte)0; break;
            case Element.Int2: BinaryPrimitives.WriteInt16BigEndian(Room(2), value.GetInt16()); break;
            case Element.Int4: BinaryPrimitives.WriteInt32BigEndian(Room(4), value.GetInt32()); break;
            case Element.Int8: BinaryPrimitives.WriteInt64BigEndian(Room(8), value.GetInt64()); break;
            case Element.Float8: BinaryPrimitives.WriteDoubleBigEndian(Room(8), value.ValueKind == JsonValueKind.Number ? value.GetDouble() : EndlessOf(value.GetString()!)); break;
            case Element.Uuid: value.GetGuid().TryWriteBytes(Room(16), bigEndian: true, out _); break;
            case Element.Date: BinaryPrimitives.WriteInt32BigEndian(Room(4), DaysOf(value.GetString()!)); break;
            case Element.Timestamp or Element.Timestamptz: BinaryPrimitives.WriteInt64BigEndian(Room(8), MicrosecondsOf(value.GetString()!)); break;
            case Element.Text or Element.Varchar: Put(System.Text.Encoding.UTF8.GetBytes(value.GetString()!)); break;
            case Element.Numeric:
                var text = System.Text.Encoding.UTF8.GetBytes(value.ValueKind == JsonValueKind.Number ? value.GetRawText() : value.GetString()!);
                var binary = new byte[PostgresNumeric.MaxBinaryLength(text.Length)];
                Put(binary.AsSpan(0, PostgresNumeric.Parse(text, binary)));
                break;
            default: throw new NotSupportedException($"{element}");
        }
    }

    private static double EndlessOf(string text) => text switch { "NaN" => double.NaN, "Infinity" => double.PositiveInfinity, "-Infinity" => double.NegativeInfinity, _ => throw Unfit() };

    private static int DaysOf(string text) => text switch
    {
        "infinity" => int.MaxValue,
        "-infinity" => int.MinValue,
        _ => DateOnly.ParseExact(text, Day, CultureInfo.InvariantCulture).DayNumber - DateOnly.FromDateTime(DateTime.UnixEpoch).DayNumber - PostgresBinary.EpochDays,
    };

    private static long MicrosecondsOf(string text) => text switch
    {
        "infinity" => long.MaxValue,
        "-infinity" => long.MinValue,
        _ => ((DateTime.ParseExact(text, Time, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal) - DateTime.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond) - PostgresBinary.EpochMicroseconds,
    };

    /// <summary>Length and room of an element of fixed width.</summary>
    private Span<byte> Room(int bytes)
    {
        PutInt32(bytes);
        var room = json.GetSpan(bytes)[..bytes];
        json.Advance(bytes);
        return room;
    }

    private void Put(ReadOnlySpan<byte> value) => value.CopyTo(Room(value.Length));

    private void PutInt32(int value)
    {
        BinaryPrimitives.WriteInt32BigEndian(json.GetSpan(4), value);
        json.Advance(4);
    }

    private static OverflowException Unfit() => new("Not an array of the column's type");
}
