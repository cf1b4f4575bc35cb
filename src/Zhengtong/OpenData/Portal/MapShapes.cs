using System.Globalization;
using System.Text;
using System.Text.Json;
using Zhengtong.OpenData.Model;
using Zhengtong.OpenData.Tables;

namespace Zhengtong.OpenData.Portal;

/// <summary>The places of a table as paths of a drawing whose ground is its extent in WGS 84.</summary>
/// <param name="Dots">Points, as path of lines without length; empty for none.</param>
/// <param name="Lines">Lines and outlines of areas; empty for none.</param>
/// <param name="Width">Width of the drawing in its own units.</param>
/// <param name="Height">Height of the drawing in its own units.</param>
/// <param name="Extent">West, south, east, north of what is drawn, in degrees of WGS 84.</param>
/// <param name="Drawn">Rows drawn.</param>
public sealed record MapShapes(string Dots, string Lines, double Width, double Height, IReadOnlyList<double> Extent, long Drawn)
{
    /// <summary>Most rows that are drawn; the page stays small.</summary>
    internal const int MostRows = 1500;

    private const int MostCoordinates = 6000;
    private const double Long = 1000;

    /// <summary>The first rows that are left of the question, drawn; null when the table has no place.</summary>
    internal static async Task<MapShapes?> OfAsync(TableEngine engine, DataTable table, TableQuery query, CancellationToken ct)
    {
        if (table.Places is not { Extent.Count: 4 } places) { return null; }
        IReadOnlyList<string> columns = places.Geometry > 0 ? [NameOf(table, places.Geometry)] : [NameOf(table, places.Longitude), NameOf(table, places.Latitude)];
        var answer = await engine.AskAsync(table, query with { Columns = columns, Limit = MostRows, Offset = 0, After = null, Count = false, Orders = [] }, TableLimits.Public, ct);
        var shapes = answer.Rows.Select(r => places.Geometry > 0 ? Read(r[0] as string) : Pair(r[0], r[1])).OfType<Shape>().ToList();
        return shapes.Count == 0 ? null : Draw(shapes, places);
    }

    private static MapShapes Draw(List<Shape> shapes, TablePlaces places)
    {
        // The extent is that of WGS 84; a shift of hundreds of metres is taken back as a whole, which no eye sees on this scale.
        var all = shapes.SelectMany(s => s.Parts).SelectMany(p => p).ToList();
        var (west, south, east, north) = (all.Min(p => p.X), all.Min(p => p.Y), all.Max(p => p.X), all.Max(p => p.Y));
        var narrow = Math.Max(0.1, Math.Cos((south + north) / 2 * Math.PI / 180));
        var (wide, high) = (Math.Max((east - west) * narrow, 1e-6), Math.Max(north - south, 1e-6));
        var scale = Long / Math.Max(wide, high);
        var (width, height) = (Math.Max(wide * scale, Long / 3), Math.Max(high * scale, Long / 3));
        var (left, top) = ((width - (wide * scale)) / 2, (height - (high * scale)) / 2);
        var (dots, lines, count, drawn) = (new StringBuilder(), new StringBuilder(), 0, 0L);
        foreach (var shape in shapes.TakeWhile(_ => count < MostCoordinates))
        {
            drawn++;
            foreach (var part in shape.Parts)
            {
                count += part.Count;
                if (part.Count == 1) { dots.Append(CultureInfo.InvariantCulture, $"M{X(part[0])} {Y(part[0])}h0"); continue; }
                // Every so-many-th corner of a long outline is enough to see its form.
                var step = Math.Max(1, part.Count / 200);
                lines.Append('M').AppendJoin('L', part.Where((_, n) => n % step == 0 || n == part.Count - 1).Select(p => $"{X(p)} {Y(p)}"));
            }
        }

        var shown = places.System is CoordinateSystem.Wgs84 or CoordinateSystem.Cgcs2000 ? new[] { west, south, east, north } : [.. places.Extent];
        return new MapShapes(dots.ToString(), lines.ToString(), width, height, shown, drawn);

        string X((double X, double Y) p) => (left + ((p.X - west) * narrow * scale)).ToString("0.#", CultureInfo.InvariantCulture);

        string Y((double X, double Y) p) => (top + ((north - p.Y) * scale)).ToString("0.#", CultureInfo.InvariantCulture);
    }

    private static string NameOf(DataTable table, int position) => table.Columns.First(c => c.Position == position).Name;

    private static Shape? Pair(object? longitude, object? latitude)
    {
        if (longitude is null || latitude is null) { return null; }
        var (x, y) = (Convert.ToDouble(longitude, CultureInfo.InvariantCulture), Convert.ToDouble(latitude, CultureInfo.InvariantCulture));
        return IsPlace(x, y) ? new Shape([[(x, y)]]) : null;
    }

    private static Shape? Read(string? geometry)
    {
        if (geometry is null) { return null; }
        try
        {
            using var json = JsonDocument.Parse(geometry);
            var parts = new List<List<(double X, double Y)>>();
            Collect(json.RootElement, parts, 0);
            return parts.Count == 0 ? null : new Shape(parts);
        }
        // What is no geometry after all is not drawn.
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException or FormatException) { return null; }
    }

    private static void Collect(JsonElement geometry, List<List<(double X, double Y)>> parts, int depth)
    {
        if (depth > 8 || geometry.ValueKind != JsonValueKind.Object) { return; }
        if (geometry.TryGetProperty("geometries", out var several))
        {
            foreach (var one in several.EnumerateArray()) { Collect(one, parts, depth + 1); }
        }
        else if (geometry.TryGetProperty("coordinates", out var coordinates))
        {
            var isPoints = geometry.GetProperty("type").GetString() is "Point" or "MultiPoint";
            Gather(coordinates, parts, isPoints, 0);
        }
    }

    private static void Gather(JsonElement coordinates, List<List<(double X, double Y)>> parts, bool isPoints, int depth)
    {
        if (depth > 6 || coordinates.GetArrayLength() == 0) { return; }
        if (coordinates[0].ValueKind == JsonValueKind.Number)
        {
            if (Place(coordinates) is { } single) { parts.Add([single]); }
        }
        else if (!isPoints && coordinates[0].GetArrayLength() > 0 && coordinates[0][0].ValueKind == JsonValueKind.Number)
        {
            var line = coordinates.EnumerateArray().Select(Place).OfType<(double X, double Y)>().ToList();
            if (line.Count > 1) { parts.Add(line); }
        }
        else
        {
            foreach (var inner in coordinates.EnumerateArray()) { Gather(inner, parts, isPoints, depth + 1); }
        }
    }

    private static (double X, double Y)? Place(JsonElement pair) =>
        pair.GetArrayLength() >= 2 && pair[0].GetDouble() is var x && pair[1].GetDouble() is var y && IsPlace(x, y) ? (x, y) : null;

    private static bool IsPlace(double x, double y) => Math.Abs(x) <= 180 && Math.Abs(y) <= 90;

    /// <summary>Points one by one, lines and rings as they run.</summary>
    private sealed record Shape(IReadOnlyList<List<(double X, double Y)>> Parts);
}
