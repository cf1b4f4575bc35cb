using System.Collections.Frozen;
using System.Globalization;
using System.Numerics;
using Zhengtong.OpenData.Model;

namespace Zhengtong.OpenData.Import;

/// <summary>Hears every value of a column and says what it may be without loss.</summary>
internal sealed class ColumnWitness(SourceColumn source, FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> missing, bool hasOwnMissing, int depth)
{
    private const int ShapeCount = 11;
    private readonly long[] fits = new long[ShapeCount];
    private readonly (long Line, string Value)[] against = new (long, string)[ShapeCount];
    private readonly Dictionary<string, long> markers = [];
    private readonly string name = source.Name.Trim().ToLowerInvariant();
    private Shapes all = Shapes.All;
    private long leadingZeros, longDigits, plusSigns;
    private bool? isPlace, isShape;

    internal SourceColumn Source { get; } = source;

    internal long Values { get; private set; }

    internal long Filled { get; private set; }

    internal long Grouped { get; private set; }

    internal IReadOnlyDictionary<string, long> Markers => markers;

    /// <summary>Smallest number met; only for columns whose name may mean a coordinate.</summary>
    internal double Least { get; private set; } = double.PositiveInfinity;

    /// <summary>Largest number met; only for columns whose name may mean a coordinate.</summary>
    internal double Greatest { get; private set; } = double.NegativeInfinity;

    internal int MostIntegerDigits { get; private set; }

    internal int MostScale { get; private set; }

    /// <summary>True where all numbers met are whole.</summary>
    internal bool IsWhole => (all & Shapes.Integer) != 0;

    internal void Hear(ReadOnlySpan<char> cell, CellKind kind, long line)
    {
        if (Source.Declared is not null and not ColumnType.Geometry || (cell.IsEmpty && kind != CellKind.Text))
        {
            if (!cell.IsEmpty) { Values++; }
            return;
        }

        // A column that is long since text costs nothing more.
        var text = cell.Trim();
        if (text.IsEmpty) { return; }
        if (text.Length <= 100 && (hasOwnMissing || (text.Length <= 7 && !char.IsAsciiDigit(text[^1]))) && missing.TryGetValue(text, out var marker))
        {
            markers[marker] = markers.GetValueOrDefault(marker) + 1;
            return;
        }

        Values++;
        var shape = CellShape.Of(text, kind, all, depth);
        var shapes = shape.Shapes;
        if ((shapes & Shapes.Json) != 0 && kind is CellKind.Json or CellKind.Text && (all & Shapes.Geometry) != 0 && (isShape ??= ColumnPlaces.IsGeometry(name)) && GeometryCheck.FaultOf(text.ToString()) is null) { shapes |= Shapes.Geometry; }
        switch (shape.Objection)
        {
            case '0':
                leadingZeros++;
                break;
            case '9':
                longDigits++;
                break;
            case '+':
                plusSigns++;
                break;
        }

        if (shape.IntegerDigits > MostIntegerDigits) { MostIntegerDigits = shape.IntegerDigits; }
        if (shape.Scale > MostScale) { MostScale = shape.Scale; }
        if (shape.IsGrouped) { Grouped++; }
        for (var left = (int)shapes; left != 0; left &= left - 1) { fits[BitOperations.TrailingZeroCount(left)]++; }
        var lost = all & ~shapes;
        if (lost != 0)
        {
            var witness = (line, HeaderNames.Cut(text.ToString(), 100));
            for (var left = (int)lost; left != 0; left &= left - 1) { against[BitOperations.TrailingZeroCount(left)] = witness; }
            all &= shapes;
        }

        if ((shapes & (Shapes.Float | Shapes.LongFloat)) != 0 && (isPlace ??= ColumnPlaces.MayBe(name)) && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number))
        {
            Least = Math.Min(Least, number);
            Greatest = Math.Max(Greatest, number);
        }
    }

    /// <summary>The type all values allow, and why.</summary>
    internal (ColumnType Type, string Ground) Decide()
    {
        if (Source.Declared is { } declared) { return (declared, "declared"); }
        if (Values == 0) { return (ColumnType.Text, "no-values"); }
        if ((all & Shapes.CompactDate) != 0 && ColumnPlaces.IsDate(name)) { return (ColumnType.Date, "named-date"); }
        if ((all & Shapes.Boolean) != 0) { return (ColumnType.Boolean, "all-values"); }
        if ((all & Shapes.Integer) != 0) { return (ColumnType.Integer, "all-values"); }
        if ((all & Shapes.Decimal) != 0) { return (MostIntegerDigits + MostScale <= 28 ? ColumnType.Decimal : ColumnType.Float, "all-values"); }
        if ((all & Shapes.Float) != 0) { return (ColumnType.Float, "all-values"); }
        // Coordinates are written with as many digits as a calculation gave; a float that gives the same digits back loses none.
        if (ColumnPlaces.IsDegrees(name) && longDigits > 0 && Values == fits[BitOperations.Log2((uint)Shapes.LongFloat)] + WholeOnly()) { return (ColumnType.Float, "all-values"); }
        if ((all & Shapes.Date) != 0) { return (ColumnType.Date, "all-values"); }
        if ((all & Shapes.Time) != 0) { return (ColumnType.Time, "all-values"); }
        if ((all & Shapes.Timestamp) != 0) { return (ColumnType.Timestamp, "all-values"); }
        if ((all & Shapes.Geometry) != 0) { return (ColumnType.Geometry, "all-values"); }
        if ((all & Shapes.Json) != 0) { return (ColumnType.Json, "all-values"); }
        var ground = leadingZeros > 0 ? "leading-zeros" : longDigits > 0 ? "long-digits" : plusSigns > 0 ? "plus-sign" : LikelyOf().Type is null ? "text" : "mixed";
        return (ColumnType.Text, ground);
    }

    /// <summary>What the column would be but for a few values; null where no type has half of them.</summary>
    internal (ColumnType? Type, long Against, string? Value, long? Line) LikelyOf()
    {
        if (Values == 0) { return (null, 0, null, null); }
        ReadOnlySpan<(Shapes Shape, ColumnType Type)> candidates =
        [
            (Shapes.Integer, ColumnType.Integer), (Shapes.Decimal, ColumnType.Decimal), (Shapes.Float, ColumnType.Float), (Shapes.Boolean, ColumnType.Boolean), (Shapes.Date, ColumnType.Date),
            (Shapes.Time, ColumnType.Time), (Shapes.Timestamp, ColumnType.Timestamp), (Shapes.Geometry, ColumnType.Geometry), (Shapes.Json, ColumnType.Json),
        ];
        var objections = leadingZeros + longDigits + plusSigns;
        var (best, count) = (-1, 0L);
        for (var n = 0; n < candidates.Length; n++)
        {
            var found = fits[BitOperations.Log2((uint)candidates[n].Shape)];
            if (found > count) { (best, count) = (n, found); }
        }

        if (best < 0 ? objections * 2 >= Values : (best < 3 ? count + objections : count) * 2 >= Values)
        {
            var chosen = candidates[Math.Max(best, 0)];
            var (line, value) = against[BitOperations.Log2((uint)chosen.Shape)];
            return (chosen.Type, Values - count, value, value is null ? null : line);
        }

        return (null, 0, null, null);
    }

    /// <summary>Numbers that are no fractions, which a float holds too.</summary>
    private long WholeOnly() => fits[BitOperations.Log2((uint)Shapes.Integer)];
}
