using System.Globalization;
using System.Text;
using System.Text.Json;
using Zhengtong.OpenData.Model;
using Zhengtong.OpenData.Tables;

namespace Zhengtong.OpenData.Portal;

/// <summary>Rows of one colour on a map.</summary>
/// <param name="Dots">Points, as path of lines without length; empty for none.</param>
/// <param name="Lines">Lines; empty for none.</param>
/// <param name="Areas">Outlines of areas and their holes; empty for none.</param>
internal sealed record MapLayer(string Dots, string Lines, string Areas);

/// <summary>A range of numbers with a colour of its own.</summary>
/// <param name="From">The smallest in it.</param>
/// <param name="To">The greatest in it.</param>
/// <param name="Rows">How many rows are in it.</param>
internal sealed record MapClass(double From, double To, int Rows);

/// <summary>A row on the map, for the table behind it.</summary>
/// <param name="Label">What it is called; empty where no column says.</param>
/// <param name="Value">Its number; null where it has none or none is asked for.</param>
/// <param name="Longitude">Degrees of WGS 84, of its first point.</param>
/// <param name="Latitude">Degrees of WGS 84, of its first point.</param>
internal sealed record MapPlace(string Label, double? Value, double Longitude, double Latitude);

/// <summary>The places of a table as paths of a drawing, in Web Mercator; public because a component takes it, what it holds is not.</summary>
public sealed class MapShapes
{
    /// <summary>Most rows that are drawn; the page stays small.</summary>
    internal const int MostRows = 1500;

    /// <summary>Most rows of the table behind the map.</summary>
    internal const int MostPlaces = 200;

    private const int MostClasses = 5;
    private const int MostCoordinates = 6000;
    private const double Long = 1000;

    /// <summary>One for each class and a last one for rows without a number; only one when nothing is coloured.</summary>
    internal IReadOnlyList<MapLayer> Layers { get; init; } = [];

    /// <summary>What the colours mean, from the smallest; empty when nothing is coloured.</summary>
    internal IReadOnlyList<MapClass> Classes { get; init; } = [];

    /// <summary>The column that colours; null when nothing is coloured.</summary>
    internal TableColumn? Measure { get; init; }

    /// <summary>The column that names; null where there is none.</summary>
    internal TableColumn? Naming { get; init; }

    /// <summary>The first rows, for the table behind the map.</summary>
    internal IReadOnlyList<MapPlace> Places { get; init; } = [];

    /// <summary>Width of the drawing in its own units.</summary>
    internal double Width { get; init; }

    /// <summary>Height of the drawing in its own units.</summary>
    internal double Height { get; init; }

    /// <summary>West, south, east, north of what is drawn, in degrees of WGS 84.</summary>
    internal IReadOnlyList<double> Extent { get; init; } = [];

    /// <summary>West, south, east, north of all places of the table, in degrees of the ground.</summary>
    internal IReadOnlyList<double> Whole { get; init; } = [];

    /// <summary>Rows drawn.</summary>
    internal long Drawn { get; init; }

    /// <summary>Left and upper side of the drawing on the world from 0 to 1, and how many units of the drawing the world is wide.</summary>
    internal (double West, double North, double Scale) Frame { get; init; }

    /// <summary>The pictures below it; none on an empty ground.</summary>
    internal IReadOnlyList<MapTile> Tiles { get; init; } = [];

    /// <summary>The map below it.</summary>
    internal BaseMap Ground { get; init; } = null!;

    /// <summary>The address of vector tiles of all rows, with <c>{z}</c>, <c>{x}</c> and <c>{y}</c> in it, where the drawing holds only the first, or where the base map is none that stands in a drawing; null otherwise.</summary>
    /// <param name="path">Path of the page of rows.</param>
    /// <param name="asked">Which rows.</param>
    /// <param name="rows">How many they are.</param>
    internal string? TilesOf(string path, RowsAsked asked, long rows)
    {
        if (Drawn >= rows && Ground.Style is null) { return null; }
        var address = (asked with { Page = 1, After = null, Chart = null, Sort = null, Descending = false, Columns = [], Size = Web.Components.Listing.Sizes[0] }).Address($"{path}/tiles/{{z}}/{{x}}/{{y}}.mvt");
        return Ground.System == CoordinateSystem.Gcj02 ? $"{address}{(address.Contains('?', StringComparison.Ordinal) ? '&' : '?')}ground=gcj02" : address;
    }

    /// <summary>The first rows that are left of the question, drawn; null when no row has a place.</summary>
    /// <param name="engine">Where the rows come from.</param>
    /// <param name="table">The table.</param>
    /// <param name="query">Which rows.</param>
    /// <param name="measure">A column of numbers that colours them; null for one colour.</param>
    /// <param name="ground">What they are drawn on.</param>
    /// <param name="ct">Stops it.</param>
    internal static async Task<MapShapes?> OfAsync(TableEngine engine, DataTable table, TableQuery query, TableColumn? measure, BaseMap ground, CancellationToken ct)
    {
        if (table.Places is not { Extent.Count: 4 } places) { return null; }
        var naming = table.Columns.FirstOrDefault(c => c.Type == ColumnType.Text && c.Position != places.Geometry && !c.IsKey) ?? table.Columns.FirstOrDefault(c => c.Type == ColumnType.Text);
        List<string> columns = places.Geometry > 0 ? [NameOf(table, places.Geometry)] : [NameOf(table, places.Longitude), NameOf(table, places.Latitude)];
        var own = columns.Count;
        if (measure is not null) { columns.Add(measure.Name); }
        if (naming is not null) { columns.Add(naming.Name); }
        var answer = await engine.AskAsync(table, query with { Columns = columns, Limit = MostRows, Offset = 0, After = null, Count = false, Orders = [] }, TableLimits.Public, ct);
        var shapes = new List<Shape>();
        foreach (var row in answer.Rows)
        {
            if ((places.Geometry > 0 ? Read(row[0] as string) : Pair(row[0], row[1])) is not { } shape) { continue; }
            double? value = measure is null || row[own] is null ? null : Convert.ToDouble(row[own], CultureInfo.InvariantCulture);
            // Drawn where they are on the ground, whatever system they were declared in.
            shapes.Add(shape with
            {
                Parts = [.. shape.Parts.Select(p => p with { Points = [.. p.Points.Select(x => Coordinates.Convert(x.X, x.Y, places.System, CoordinateSystem.Wgs84))] })],
                Value = value is { } number && double.IsFinite(number) ? number : null,
                Label = naming is null ? "" : row[^1] as string ?? "",
            });
        }

        return shapes.Count == 0 ? null : Draw(shapes, measure, naming, ground, places.Extent);
    }

    private static MapShapes Draw(List<Shape> shapes, TableColumn? measure, TableColumn? naming, BaseMap ground, IReadOnlyList<double> whole)
    {
        var (one, other) = (Coordinates.FromWgs84(whole[0], whole[1], ground.System), Coordinates.FromWgs84(whole[2], whole[3], ground.System));
        var all = shapes.SelectMany(s => s.Parts).SelectMany(p => p.Points).ToList();
        double[] extent = [all.Min(p => p.X), all.Min(p => p.Y), all.Max(p => p.X), all.Max(p => p.Y)];
        var placed = all.Select(Placed).ToList();
        var (left, top, right, bottom) = (placed.Min(p => p.X), placed.Min(p => p.Y), placed.Max(p => p.X), placed.Max(p => p.Y));
        var (wide, high) = (Math.Max(right - left, 1e-6), Math.Max(bottom - top, 1e-6));
        var scale = Long / Math.Max(wide, high);
        var (width, height) = (Math.Max(wide * scale, Long / 3), Math.Max(high * scale, Long / 3));
        var (west, north) = (((left + right) / 2) - (width / scale / 2), ((top + bottom) / 2) - (height / scale / 2));
        var breaks = measure is null ? [] : Breaks([.. shapes.Select(s => s.Value).OfType<double>().Order()]);
        var drawings = Enumerable.Range(0, measure is null ? 1 : breaks.Count + 1).Select(_ => (Dots: new StringBuilder(), Lines: new StringBuilder(), Areas: new StringBuilder())).ToList();
        var (count, drawn, rows) = (0, 0, new int[breaks.Count]);
        foreach (var shape in shapes.TakeWhile(_ => count < MostCoordinates))
        {
            drawn++;
            var at = shape.Value is { } value && measure is not null ? breaks.FindIndex(b => value <= b.To) : drawings.Count - 1;
            if (at < rows.Length) { rows[at]++; }
            foreach (var part in shape.Parts)
            {
                count += part.Points.Count;
                if (part.Points.Count == 1) { drawings[at].Dots.Append(CultureInfo.InvariantCulture, $"M{Point(part.Points[0])}h0"); continue; }
                // Every so-many-th corner of a long outline is enough to see its form.
                var step = Math.Max(1, part.Points.Count / 200);
                var to = part.IsRing ? drawings[at].Areas : drawings[at].Lines;
                to.Append('M').AppendJoin('L', part.Points.Where((_, n) => n % step == 0 || n == part.Points.Count - 1).Select(Point));
                if (part.IsRing) { to.Append('Z'); }
            }
        }

        const double Margin = 20;
        return new MapShapes
        {
            Layers = [.. drawings.Select(d => new MapLayer(d.Dots.ToString(), d.Lines.ToString(), d.Areas.ToString()))],
            Classes = [.. breaks.Select((b, n) => new MapClass(b.From, b.To, rows[n]))],
            Measure = measure,
            Naming = naming,
            Places = [.. shapes.Take(Math.Min(drawn, MostPlaces)).Select(s => new MapPlace(s.Label, s.Value, s.Parts[0].Points[0].X, s.Parts[0].Points[0].Y))],
            Width = width,
            Height = height,
            Extent = extent,
            Whole = [one.Longitude, one.Latitude, other.Longitude, other.Latitude],
            Drawn = drawn,
            Frame = (west, north, scale),
            Tiles = [.. ground.Cover(west - (Margin / scale), north - (Margin / scale), (width + (2 * Margin)) / scale, (height + (2 * Margin)) / scale, scale).Select(t => t with { X = t.X - Margin, Y = t.Y - Margin })],
            Ground = ground,
        };

        (double X, double Y) Placed((double X, double Y) p)
        {
            var (x, y) = Coordinates.FromWgs84(p.X, p.Y, ground.System);
            return BaseMap.Project(x, y);
        }

        string Point((double X, double Y) p)
        {
            var (x, y) = Placed(p);
            return string.Create(CultureInfo.InvariantCulture, $"{Tenth((x - west) * scale)} {Tenth((y - north) * scale)}");
        }

        // Nothing is written as -0.
        static double Tenth(double value) => Math.Round(value, 1) + 0.0;
    }

    /// <summary>Ranges that hold about equally many of the numbers, at most <see cref="MostClasses"/>; the same number is never in two.</summary>
    private static List<(double From, double To)> Breaks(List<double> sorted)
    {
        var ranges = new List<(double From, double To)>();
        for (var from = 0; from < sorted.Count;)
        {
            var to = Math.Min(sorted.Count - 1, Math.Max(from, ((ranges.Count + 1) * sorted.Count / MostClasses) - 1));
            if (ranges.Count == MostClasses - 1) { to = sorted.Count - 1; }
            while (to + 1 < sorted.Count && sorted[to + 1].Equals(sorted[to])) { to++; }
            ranges.Add((sorted[from], sorted[to]));
            from = to + 1;
        }

        return ranges;
    }

    private static string NameOf(DataTable table, int position) => table.Columns.First(c => c.Position == position).Name;

    private static Shape? Pair(object? longitude, object? latitude)
    {
        if (longitude is null || latitude is null) { return null; }
        var (x, y) = (Convert.ToDouble(longitude, CultureInfo.InvariantCulture), Convert.ToDouble(latitude, CultureInfo.InvariantCulture));
        return IsPlace(x, y) ? new Shape([new ShapePart([(x, y)], false)]) : null;
    }

    private static Shape? Read(string? geometry)
    {
        if (geometry is null) { return null; }
        try
        {
            using var json = JsonDocument.Parse(geometry);
            var parts = new List<ShapePart>();
            Collect(json.RootElement, parts, 0);
            return parts.Count == 0 ? null : new Shape(parts);
        }
        // What is no geometry after all is not drawn.
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException or FormatException) { return null; }
    }

    private static void Collect(JsonElement geometry, List<ShapePart> parts, int depth)
    {
        if (depth > 8 || geometry.ValueKind != JsonValueKind.Object) { return; }
        if (geometry.TryGetProperty("geometries", out var several))
        {
            foreach (var one in several.EnumerateArray()) { Collect(one, parts, depth + 1); }
        }
        else if (geometry.TryGetProperty("coordinates", out var coordinates))
        {
            var type = geometry.GetProperty("type").GetString();
            Gather(coordinates, parts, type is "Point" or "MultiPoint", type is "Polygon" or "MultiPolygon", 0);
        }
    }

    private static void Gather(JsonElement coordinates, List<ShapePart> parts, bool isPoints, bool isAreas, int depth)
    {
        if (depth > 6 || coordinates.GetArrayLength() == 0) { return; }
        if (coordinates[0].ValueKind == JsonValueKind.Number)
        {
            if (Place(coordinates) is { } single) { parts.Add(new ShapePart([single], false)); }
        }
        else if (!isPoints && coordinates[0].GetArrayLength() > 0 && coordinates[0][0].ValueKind == JsonValueKind.Number)
        {
            var line = coordinates.EnumerateArray().Select(Place).OfType<(double X, double Y)>().ToList();
            if (line.Count > 1) { parts.Add(new ShapePart(line, isAreas)); }
        }
        else
        {
            foreach (var inner in coordinates.EnumerateArray()) { Gather(inner, parts, isPoints, isAreas, depth + 1); }
        }
    }

    private static (double X, double Y)? Place(JsonElement pair) =>
        pair.GetArrayLength() >= 2 && pair[0].GetDouble() is var x && pair[1].GetDouble() is var y && IsPlace(x, y) ? (x, y) : null;

    private static bool IsPlace(double x, double y) => Math.Abs(x) <= 180 && Math.Abs(y) <= 90;

    /// <summary>A point, a line or a ring.</summary>
    private sealed record ShapePart(IReadOnlyList<(double X, double Y)> Points, bool IsRing);

    /// <summary>A row's place, in degrees of its declared system at first and of WGS 84 then.</summary>
    private sealed record Shape(IReadOnlyList<ShapePart> Parts)
    {
        internal double? Value { get; init; }

        internal string Label { get; init; } = "";
    }
}
