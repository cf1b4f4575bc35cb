using System.Text.Json;
using Zhengtong.OpenData.Model;

namespace Zhengtong.OpenData.Tiles;

/// <summary>Draws GeoJSON geometries into a tile: each position converted to the ground's system, what lies outside cut off, corners that cannot be seen left out.</summary>
/// <param name="cell">The tile.</param>
/// <param name="from">The system of the geometries.</param>
/// <param name="ground">The system that is drawn in.</param>
internal sealed class TileOutline(MapCell cell, CoordinateSystem from, CoordinateSystem ground)
{
    /// <summary>Units of a tile that a corner may be away from the line that stands for it: less than half a picture element of a tile of 512.</summary>
    private const double Tolerance = 3;

    private const double Low = -MapCell.Margin, High = MapCell.Extent + MapCell.Margin;
    private const int Deepest = 8;

    /// <summary>Points found, one in each.</summary>
    internal List<IReadOnlyList<(int X, int Y)>> Points { get; } = [];

    /// <summary>Lines found.</summary>
    internal List<IReadOnlyList<(int X, int Y)>> Lines { get; } = [];

    /// <summary>Rings found, each outer one before its holes.</summary>
    internal List<IReadOnlyList<(int X, int Y)>> Rings { get; } = [];

    /// <summary>Forgets what was found.</summary>
    internal void Clear()
    {
        Points.Clear();
        Lines.Clear();
        Rings.Clear();
    }

    /// <summary>Draws a place of the declared system.</summary>
    internal void Point(double longitude, double latitude)
    {
        if (Placed(longitude, latitude) is not ({ } x, { } y) || x is < Low or > High || y is < Low or > High) { return; }
        Points.Add([((int)Math.Round(x), (int)Math.Round(y))]);
    }

    /// <summary>Draws a GeoJSON geometry; what is none draws nothing.</summary>
    internal void Geometry(string text)
    {
        try
        {
            using var json = JsonDocument.Parse(text);
            Geometry(json.RootElement, 0);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException or FormatException or IndexOutOfRangeException) { Clear(); }
    }

    private void Geometry(JsonElement geometry, int depth)
    {
        if (depth > Deepest || geometry.ValueKind != JsonValueKind.Object) { return; }
        if (geometry.TryGetProperty("geometries", out var several))
        {
            foreach (var inner in several.EnumerateArray()) { Geometry(inner, depth + 1); }
            return;
        }

        var coordinates = geometry.GetProperty("coordinates");
        switch (geometry.GetProperty("type").GetString())
        {
            case "Point": Position(coordinates); break;
            case "MultiPoint":
                foreach (var point in coordinates.EnumerateArray()) { Position(point); }
                break;
            case "LineString": Line(coordinates); break;
            case "MultiLineString":
                foreach (var line in coordinates.EnumerateArray()) { Line(line); }
                break;
            case "Polygon": Area(coordinates); break;
            case "MultiPolygon":
                foreach (var area in coordinates.EnumerateArray()) { Area(area); }
                break;
        }
    }

    private void Position(JsonElement pair)
    {
        if (pair.GetArrayLength() >= 2) { Point(pair[0].GetDouble(), pair[1].GetDouble()); }
    }

    private void Line(JsonElement coordinates)
    {
        foreach (var piece in Cut(Read(coordinates)))
        {
            var drawn = Rounded(Thinned(piece));
            if (drawn.Count > 1) { Lines.Add(drawn); }
            // Too short to be seen as a line.
            else if (drawn.Count == 1) { Lines.Add([drawn[0], (drawn[0].X + 1, drawn[0].Y)]); }
        }
    }

    private void Area(JsonElement rings)
    {
        var isOuter = true;
        foreach (var ring in rings.EnumerateArray())
        {
            var cut = Within(Read(ring));
            var drawn = cut.Count < 3 ? [] : Closed(Rounded(Thinned([.. cut, cut[0]])));
            var area = Doubled(drawn);
            if (isOuter && area == 0 && cut.Count > 0)
            {
                // Too small to be seen, and yet there: a square of a picture element.
                var (x, y) = ((int)Math.Round(cut.Average(p => p.X)), (int)Math.Round(cut.Average(p => p.Y)));
                Rings.Add([(x - 4, y - 4), (x + 4, y - 4), (x + 4, y + 4), (x - 4, y + 4)]);
                return;
            }

            if (area == 0)
            {
                if (isOuter) { return; }
                continue;
            }

            // With y to the south, what is clockwise to the eye has a positive area.
            if (area > 0 != isOuter) { drawn.Reverse(); }
            Rings.Add(drawn);
            isOuter = false;
        }
    }

    private List<(double X, double Y)> Read(JsonElement coordinates)
    {
        var points = new List<(double X, double Y)>(coordinates.GetArrayLength());
        foreach (var pair in coordinates.EnumerateArray())
        {
            if (pair.GetArrayLength() >= 2 && Placed(pair[0].GetDouble(), pair[1].GetDouble()) is ({ } x, { } y)) { points.Add((x, y)); }
        }

        return points;
    }

    private (double? X, double? Y) Placed(double longitude, double latitude)
    {
        if (!(Math.Abs(longitude) <= 180 && Math.Abs(latitude) <= 90)) { return (null, null); }
        var (x, y) = Coordinates.Convert(longitude, latitude, from == CoordinateSystem.None ? CoordinateSystem.Wgs84 : from, ground);
        return cell.Place(x, y);
    }

    /// <summary>The pieces of a line that lie within (Liang and Barsky, segment by segment).</summary>
    private static IEnumerable<List<(double X, double Y)>> Cut(List<(double X, double Y)> line)
    {
        var piece = new List<(double X, double Y)>();
        for (var n = 1; n < line.Count; n++)
        {
            var (a, b) = (line[n - 1], line[n]);
            var (dx, dy) = (b.X - a.X, b.Y - a.Y);
            var (enter, leave) = (0.0, 1.0);
            if (!(Side(-dx, a.X - Low, ref enter, ref leave) && Side(dx, High - a.X, ref enter, ref leave) && Side(-dy, a.Y - Low, ref enter, ref leave) && Side(dy, High - a.Y, ref enter, ref leave)))
            {
                if (piece.Count > 1) { yield return piece; }
                piece = [];
                continue;
            }

            if (piece.Count == 0) { piece.Add((a.X + (enter * dx), a.Y + (enter * dy))); }
            piece.Add((a.X + (leave * dx), a.Y + (leave * dy)));
            if (leave < 1)
            {
                yield return piece;
                piece = [];
            }
        }

        if (piece.Count > 1) { yield return piece; }
    }

    private static bool Side(double p, double q, ref double enter, ref double leave)
    {
        if (p == 0) { return q >= 0; }
        var r = q / p;
        if (p < 0) { enter = Math.Max(enter, r); }
        else { leave = Math.Min(leave, r); }
        return enter <= leave;
    }

    /// <summary>A ring within the tile and its margin (Sutherland and Hodgman, side by side); its last is not its first again.</summary>
    private static List<(double X, double Y)> Within(List<(double X, double Y)> ring)
    {
        if (ring.Count > 1 && ring[0] == ring[^1]) { ring.RemoveAt(ring.Count - 1); }
        for (var side = 0; side < 4 && ring.Count > 0; side++)
        {
            var kept = new List<(double X, double Y)>(ring.Count + 4);
            for (var n = 0; n < ring.Count; n++)
            {
                var (a, b) = (ring[n], ring[(n + 1) % ring.Count]);
                var (from, to) = (Inside(a, side), Inside(b, side));
                if (from >= 0) { kept.Add(a); }
                if (from >= 0 != to >= 0)
                {
                    var t = from / (from - to);
                    kept.Add((a.X + (t * (b.X - a.X)), a.Y + (t * (b.Y - a.Y))));
                }
            }

            ring = kept;
        }

        return ring;
    }

    private static double Inside((double X, double Y) p, int side) => side switch { 0 => p.X - Low, 1 => High - p.X, 2 => p.Y - Low, _ => High - p.Y };

    /// <summary>Leaves out corners that lie on the line between their neighbours, as nearly as can be seen (Ramer, Douglas and Peucker, without recursion).</summary>
    private static List<(double X, double Y)> Thinned(List<(double X, double Y)> line)
    {
        if (line.Count < 3) { return line; }
        var keep = new bool[line.Count];
        keep[0] = keep[^1] = true;
        var spans = new Stack<(int From, int To)>();
        spans.Push((0, line.Count - 1));
        while (spans.TryPop(out var span))
        {
            var (worst, at) = (Tolerance * Tolerance, -1);
            for (var n = span.From + 1; n < span.To; n++)
            {
                var away = Away(line[n], line[span.From], line[span.To]);
                if (away > worst) { (worst, at) = (away, n); }
            }

            if (at < 0) { continue; }
            keep[at] = true;
            spans.Push((span.From, at));
            spans.Push((at, span.To));
        }

        return [.. line.Where((_, n) => keep[n])];
    }

    private static double Away((double X, double Y) p, (double X, double Y) a, (double X, double Y) b)
    {
        var (dx, dy) = (b.X - a.X, b.Y - a.Y);
        var length = (dx * dx) + (dy * dy);
        var t = length == 0 ? 0 : Math.Clamp((((p.X - a.X) * dx) + ((p.Y - a.Y) * dy)) / length, 0, 1);
        var (x, y) = (p.X - a.X - (t * dx), p.Y - a.Y - (t * dy));
        return (x * x) + (y * y);
    }

    private static List<(int X, int Y)> Rounded(List<(double X, double Y)> line)
    {
        var rounded = new List<(int X, int Y)>(line.Count);
        foreach (var (x, y) in line)
        {
            var point = ((int)Math.Round(x), (int)Math.Round(y));
            if (rounded.Count == 0 || rounded[^1] != point) { rounded.Add(point); }
        }

        return rounded;
    }

    private static List<(int X, int Y)> Closed(List<(int X, int Y)> ring)
    {
        if (ring.Count > 1 && ring[0] == ring[^1]) { ring.RemoveAt(ring.Count - 1); }
        return ring;
    }

    /// <summary>Twice the area of a ring by the surveyor's formula; 0 for what encloses nothing.</summary>
    private static long Doubled(List<(int X, int Y)> ring)
    {
        long sum = 0;
        for (var n = 0; n < ring.Count; n++)
        {
            var (a, b) = (ring[n], ring[(n + 1) % ring.Count]);
            sum += ((long)a.X * b.Y) - ((long)b.X * a.Y);
        }

        return ring.Count < 3 ? 0 : sum;
    }
}
