using System.Globalization;
using Zhengtong.OpenData.Model;
using Zhengtong.OpenData.Tables;

namespace Zhengtong.OpenData.Tiles;

/// <summary>Draws the places of published tables as vector tiles. Up to <see cref="MostWhole"/> rows of a tile are drawn as they are, with their first columns. Of more, each of 128 by 128 fields shows
/// one dot for all places in it, with their number, and the largest lines and areas are drawn besides; so that a tile stays small however many rows there are. A published table never changes:
/// what was drawn is kept as long as there is room.</summary>
internal sealed class TileDrawing(TableEngine engine)
{
    /// <summary>Name of the one layer.</summary>
    internal const string Layer = "rows";

    /// <summary>Property of a dot that stands for several rows: how many. No column's name begins so.</summary>
    internal const string CountName = "_count";

    /// <summary>Most rows that a tile shows one by one.</summary>
    internal const int MostWhole = 5_000;

    private const int MostLarge = 1_000;
    private const int MostProperties = 12;
    private const int LongestText = 120;
    private const int Fields = 128;
    private const long MostKept = 64 << 20;

    private readonly Remembered<byte[]> kept = new(MostKept, tile => tile.Length + 256L);

    /// <summary>The columns that features carry, in order.</summary>
    internal static IReadOnlyList<TableColumn> PropertiesOf(DataTable table) =>
        [.. table.Columns.Where(c => c.Type is not (ColumnType.Json or ColumnType.Geometry) && c.Position != table.Places!.Longitude && c.Position != table.Places.Latitude).Take(MostProperties)];

    /// <summary>The tile; empty when it shows nothing.</summary>
    /// <param name="table">The table; it has places.</param>
    /// <param name="query">Which rows: its condition and text count, nothing else.</param>
    /// <param name="asked">What tells this question from others to the same table.</param>
    /// <param name="cell">Where.</param>
    /// <param name="ground">The system that it is drawn in.</param>
    /// <param name="ct">Stops it.</param>
    /// <exception cref="TableQueryException">The rows cannot be asked for so.</exception>
    /// <exception cref="TableQueryTooCostlyException">It took too much.</exception>
    internal async Task<byte[]> DrawAsync(DataTable table, TableQuery query, string asked, MapCell cell, CoordinateSystem ground, CancellationToken ct)
    {
        var key = string.Create(CultureInfo.InvariantCulture, $"{table.Content}|{cell.Zoom}/{cell.X}/{cell.Y}|{ground}|{asked}");
        if (kept.TryGet(key, out var known)) { return known; }
        query = new TableQuery { Where = new Condition.All([.. query.Where is { } where ? [where] : Array.Empty<Condition>(), cell.Box(ground)]), Text = query.Text };
        var tile = new VectorTile(Layer);
        var rows = (await engine.AskAsync(table, query with { Limit = 0, Count = true }, TableLimits.Public, ct)).Total!.Value;
        if (rows > MostWhole) { await DrawManyAsync(table, query, cell, ground, tile, ct); }
        else if (rows > 0) { await DrawRowsAsync(table, query with { Limit = MostWhole }, cell, ground, tile, ct); }
        return kept.Keep(key, tile.ToBytes());
    }

    private async Task DrawRowsAsync(DataTable table, TableQuery query, MapCell cell, CoordinateSystem ground, VectorTile tile, CancellationToken ct)
    {
        var places = table.Places!;
        string[] own = places.Geometry > 0 ? [NameOf(table, places.Geometry)] : [NameOf(table, places.Longitude), NameOf(table, places.Latitude)];
        var properties = PropertiesOf(table);
        var answer = await engine.AskAsync(table, query with { Columns = ["_id", .. own, .. properties.Select(c => c.Name)] }, TableLimits.Public, ct);
        var outline = new TileOutline(cell, places.System, ground);
        foreach (var row in answer.Rows)
        {
            outline.Clear();
            if (places.Geometry > 0)
            {
                if (row[1] is string geometry) { outline.Geometry(geometry); }
            }
            else if (row[1] is { } longitude && row[2] is { } latitude) { outline.Point(Convert.ToDouble(longitude, CultureInfo.InvariantCulture), Convert.ToDouble(latitude, CultureInfo.InvariantCulture)); }

            var (id, given) = ((long)row[0]!, properties.Select((c, n) => (c.Name, Value: Property(row[n + 1 + own.Length]))));
            if (outline.Rings.Count > 0) { tile.Add(id, TileShape.Areas, outline.Rings, given); }
            if (outline.Lines.Count > 0) { tile.Add(id, TileShape.Lines, outline.Lines, given); }
            if (outline.Points.Count > 0) { tile.Add(id, TileShape.Points, outline.Points, given); }
        }
    }

    /// <summary>One dot for each field that has rows; what is larger than a field is drawn itself.</summary>
    private async Task DrawManyAsync(DataTable table, TableQuery query, MapCell cell, CoordinateSystem ground, VectorTile tile, CancellationToken ct)
    {
        var selection = new TableSelection(table, query);
        var invariant = CultureInfo.InvariantCulture;
        const string Longitude = "((_west + _east) / 2)", Latitude = "least(85.05, greatest(-85.05, (_south + _north) / 2))";
        var fields = string.Create(invariant, $"{cell.Across * Fields}");
        var (across, down) = ($"CAST(floor(({Longitude} + 180) / 360 * {fields}) AS BIGINT)", $"CAST(floor((1 - asinh(tan(radians({Latitude}))) / pi()) / 2 * {fields}) AS BIGINT)");
        var size = string.Create(invariant, $"greatest(_east - _west, _north - _south) >= {360.0 / cell.Across / Fields:R}");
        var hasShapes = table.Places!.Geometry > 0;
        var (large, dots) = await engine.RunAsync([table], TableLimits.Public, run =>
        {
            var largest = new List<long>();
            if (hasShapes)
            {
                using var command = run.Command(string.Create(invariant, $"SELECT _id FROM {run.From} WHERE {selection.Where} AND {size} ORDER BY greatest(_east - _west, _north - _south) DESC, _id LIMIT {MostLarge}"), selection.Values);
                using var reader = command.ExecuteReader();
                while (reader.Read()) { largest.Add(reader.GetInt64(0)); }
            }

            var found = new List<(long Id, long Rows, double Longitude, double Latitude)>();
            var small = hasShapes ? $" AND NOT ({size})" : "";
            using var dotted = run.Command($"SELECT min(_id), count(*), arg_min({Longitude}, _id), arg_min({Latitude}, _id) FROM {run.From} WHERE {selection.Where}{small} GROUP BY {across}, {down} ORDER BY 1", selection.Values);
            using var each = dotted.ExecuteReader();
            while (each.Read()) { found.Add((each.GetInt64(0), each.GetInt64(1), each.GetDouble(2), each.GetDouble(3))); }
            return (largest, found);
        }, ct, needsMuch: false);
        if (large.Count > 0)
        {
            var these = new Condition.In("_id", [.. large.Select(id => id.ToString(invariant))]);
            await DrawRowsAsync(table, new TableQuery { Where = these, Limit = MostLarge }, cell, ground, tile, ct);
        }

        var outline = new TileOutline(cell, CoordinateSystem.Wgs84, ground);
        foreach (var (id, rows, longitude, latitude) in dots)
        {
            outline.Clear();
            outline.Point(longitude, latitude);
            if (outline.Points.Count > 0) { tile.Add(id, TileShape.Points, outline.Points, [(CountName, rows)]); }
        }
    }

    /// <summary>The value as a tile has it: exact or as text.</summary>
    private static object? Property(object? cell) => cell switch
    {
        null => null,
        long number when number is <= 9_007_199_254_740_991 and >= -9_007_199_254_740_991 => number,
        double number when double.IsFinite(number) => number,
        decimal number when (decimal)(double)Math.Clamp(number, -1e15m, 1e15m) == number => (double)number,
        bool flag => flag,
        _ when Cell.TextOf(cell) is { } text => text.Length <= LongestText ? text : text[..(char.IsHighSurrogate(text[LongestText - 1]) ? LongestText - 1 : LongestText)] + "…",
        _ => null,
    };

    private static string NameOf(DataTable table, int position) => table.Columns.First(c => c.Position == position).Name;
}
