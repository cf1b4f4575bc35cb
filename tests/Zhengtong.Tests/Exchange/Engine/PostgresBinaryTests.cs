using System.Globalization;
using System.Numerics;
using System.Text;
using Apache.Arrow;
using Apache.Arrow.Ipc;
using CsCheck;
using Zhengtong.Agreements;
using Zhengtong.Catalogue.Model;
using Zhengtong.Exchange.Engine;

namespace Zhengtong.Tests.Exchange.Engine;

public sealed class PostgresBinaryTests
{
    private static readonly ItemType[] Types = Enum.GetValues<ItemType>();
    private static readonly AgreedItem[] Items = [.. Types.Select(t => new AgreedItem($"{t}", $"c_{t}", t, null, false))];

    private static readonly Gen<string> Decimals = Gen.Select(Gen.Bool, Gen.String[Gen.Char['0', '9'], 1, 45], Gen.String[Gen.Char['0', '9'], 0, 25])
        .Select((negative, whole, fraction) => BigInteger.Parse(whole, CultureInfo.InvariantCulture) is var number
            && (number != 0 || fraction.Any(c => c != '0')) && negative ? $"-{number}{(fraction.Length > 0 ? $".{fraction}" : "")}" : $"{number}{(fraction.Length > 0 ? $".{fraction}" : "")}");

    /// <summary>A row: for each type a value as text, or null.</summary>
    private static readonly Gen<object?[]> Row = Gen.Select(
        Gen.String[0, 40].Select(Storable), Gen.Long, Decimals, Gen.Double, Gen.Bool, Gen.Int[-700_000, 2_900_000], Gen.Long[-60_000_000_000_000_000, 250_000_000_000_000_000], Gen.Byte.Array[0, 40])
        .Select(v => new object?[] { v.Item1, v.Item2, v.Item3, v.Item4, v.Item5, v.Item6, v.Item7, v.Item8 })
        .SelectMany(values => Gen.Int[0, 255].Select(nulls => values.Select((v, n) => (nulls & (1 << n)) != 0 ? null : v).ToArray()));

    [Fact]
    public void Numeric_AnyDecimal_ComesBackDigitForDigit() => Decimals.Sample(text =>
    {
        var binary = new byte[PostgresNumeric.MaxBinaryLength(text.Length)];
        var length = PostgresNumeric.Parse(Encoding.ASCII.GetBytes(text), binary);
        var back = new byte[PostgresNumeric.MaxTextLength(binary.AsSpan(0, length))];
        Encoding.ASCII.GetString(back, 0, PostgresNumeric.Format(binary.AsSpan(0, length), back)).ShouldBe(text);
    }, iter: 20_000);

    [Theory]
    [InlineData("")]
    [InlineData("-")]
    [InlineData("1.")]
    [InlineData(".5")]
    [InlineData("1e5")]
    [InlineData("1,5")]
    [InlineData("--1")]
    [InlineData("１")]
    public void Numeric_NoDecimal_IsRefused(string text) =>
        Should.Throw<InvalidDataException>(() => PostgresNumeric.Parse(Encoding.UTF8.GetBytes(text), new byte[100]));

    [Fact]
    public void Rows_ThroughArrowAndBinaryCopy_ComeBackWithEveryValue() => Row.Array[1, 60].Sample(rows =>
    {
        var columns = Types.Select(t => new ColumnBuffer(t)).ToArray();
        foreach (var row in rows)
        {
            for (var n = 0; n < columns.Length; n++) { Append(columns[n], row[n]); }
        }

        var schema = ColumnBuffer.SchemaOf(Items, new Dictionary<string, string>());
        using var stream = new MemoryStream();
        using (var writer = new ArrowStreamWriter(stream, schema, leaveOpen: true))
        {
            writer.WriteRecordBatch(new RecordBatch(schema, columns.Select(c => c.Build()), rows.Length));
            writer.WriteEnd();
        }

        var views = BatchOpening.Read(stream.ToArray(), Items, rows.Length).Columns;
        var binary = Write(views, rows.Length);
        var back = Types.Select(t => new ColumnBuffer(t)).ToArray();
        Read(binary, back).ShouldBeTrue();
        for (var row = 0; row < rows.Length; row++)
        {
            for (var n = 0; n < back.Length; n++) { ValueOf(back[n], row).ShouldBe(rows[row][n]); }
        }
    }, iter: 300);

    [Fact]
    public void Read_InPieces_GivesTheSameRows()
    {
        var columns = Types.Select(t => new ColumnBuffer(t)).ToArray();
        object?[] values = ["文字", 5L, "-1.50", 2.5, true, 19_000, 1_700_000_000_000_000L, new byte[] { 0, 255 }];
        for (var row = 0; row < 3; row++)
        {
            for (var n = 0; n < columns.Length; n++) { Append(columns[n], values[n]); }
        }

        var views = columns.Select((c, n) => new ColumnView(Types[n], c.Build())).ToArray();
        var binary = Write(views, 3);
        for (var cut = 0; cut < binary.Length; cut++)
        {
            var back = Types.Select(t => new ColumnBuffer(t)).ToArray();
            Read(binary.AsSpan(0, cut).ToArray(), back).ShouldBeFalse();
            back[0].Count.ShouldBeLessThanOrEqualTo(3);
        }
    }

    [Fact]
    public void Read_DamagedStream_RefusesOrReadsButNeverFailsOtherwise()
    {
        var columns = Types.Select(t => new ColumnBuffer(t)).ToArray();
        object?[] values = ["文字", 5L, "-1234567.50", 2.5, true, 19_000, 1_700_000_000_000_000L, new byte[] { 0, 255 }];
        for (var n = 0; n < columns.Length; n++) { Append(columns[n], values[n]); }
        var good = Write([.. columns.Select((c, n) => new ColumnView(Types[n], c.Build()))], 1);

        Gen.Select(Gen.Int[0, good.Length - 1], Gen.Byte).Array[1, 6].Sample(changes =>
        {
            var bytes = good.ToArray();
            foreach (var (at, value) in changes) { bytes[at] = value; }
            try { Read(bytes, [.. Types.Select(t => new ColumnBuffer(t))]); }
            catch (InvalidDataException) { }
        }, iter: 20_000);
        Gen.Byte.Array[0, 200].Sample(bytes =>
        {
            try { Read([.. PostgresBinary.Header, .. bytes], [.. Types.Select(t => new ColumnBuffer(t))]); }
            catch (InvalidDataException) { }
        }, iter: 20_000);
    }

    [Fact]
    public void View_BuffersShorterThanTheyClaim_AreRefused()
    {
        var data = new ArrayData(Apache.Arrow.Types.Int64Type.Default, 10, 0, 0, [ArrowBuffer.Empty, new ArrowBuffer(new byte[8])]);
        Should.Throw<InvalidDataException>(() => new ColumnView(ItemType.Integer, ArrowArrayFactory.BuildArray(data)));
        var text = new ArrayData(Apache.Arrow.Types.StringType.Default, 1, 0, 0, [ArrowBuffer.Empty, new ArrowBuffer(new byte[] { 0, 0, 0, 0, 100, 0, 0, 0 }), new ArrowBuffer(new byte[3])]);
        Should.Throw<InvalidDataException>(() => new ColumnView(ItemType.Text, ArrowArrayFactory.BuildArray(text)));
    }

    private static byte[] Write(IReadOnlyList<ColumnView> views, int rows)
    {
        var writer = new PostgresRowWriter(views, [.. views.Select(v => v.Type == ItemType.Decimal ? -1 : 8)], [.. views.Select(_ => (string?)null)]);
        writer.WriteHeader();
        for (var row = 0; row < rows; row++) { writer.WriteRow(row); }
        writer.WriteTrailer();
        return writer.Written.ToArray();
    }

    /// <summary>True when the stream came to its end.</summary>
    private static bool Read(byte[] bytes, ColumnBuffer[] columns)
    {
        var reader = new PostgresRowReader(columns, []);
        var at = 0;
        while (reader.Take(bytes.AsSpan(at)) is var taken && taken > 0) { at += taken; }
        return reader.Ended;
    }

    /// <summary>PostgreSQL's text holds no zero character, and UTF-8 no lone surrogate.</summary>
    private static string Storable(string text) => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text.Replace("\0", "", StringComparison.Ordinal)));

    private static void Append(ColumnBuffer column, object? value)
    {
        switch (value)
        {
            case null: column.AppendNull(); break;
            case string text: column.AppendBytes(Encoding.UTF8.GetBytes(text)); break;
            case byte[] bytes: column.AppendBytes(bytes); break;
            case bool yes: column.AppendBoolean(yes); break;
            case int days: column.AppendDays(days); break;
            case double real: column.AppendDouble(real); break;
            case long number: column.AppendInt64(number); break;
            default: throw new NotSupportedException();
        }
    }

    private static object? ValueOf(ColumnBuffer column, int row) => column.IsNull(row) ? null : column.Type switch
    {
        ItemType.Text or ItemType.Decimal => Encoding.UTF8.GetString(column.BytesAt(row)),
        ItemType.Binary => column.BytesAt(row).ToArray(),
        ItemType.Boolean => column.BooleanAt(row),
        ItemType.Date => column.DaysAt(row),
        ItemType.Float => column.DoubleAt(row),
        _ => column.Int64At(row),
    };
}
