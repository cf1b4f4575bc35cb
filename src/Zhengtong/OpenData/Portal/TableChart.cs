using System.Collections.Concurrent;
using System.Globalization;
using Zhengtong.Kernel.Objects;
using Zhengtong.OpenData.Model;
using Zhengtong.OpenData.Tables;

namespace Zhengtong.OpenData.Portal;

/// <summary>How a table is drawn.</summary>
internal enum ChartKind
{
    /// <summary>Lying bars: the most frequent values.</summary>
    Frequent,
    /// <summary>Standing bars: rows in ranges of numbers.</summary>
    Histogram,
    /// <summary>Standing bars: rows in spans of time.</summary>
    Calendar,
    /// <summary>A line: a number over time.</summary>
    Line,
    /// <summary>Lying bars: a number for each value.</summary>
    Bars,
    /// <summary>Slices of a whole.</summary>
    Pie,
    /// <summary>A point for each row.</summary>
    Scatter,
}

/// <summary>One bar or point.</summary>
/// <param name="Label">The value, range or time.</param>
/// <param name="Value">Rows, or the number.</param>
internal sealed record ChartPoint(string Label, double Value)
{
    /// <summary>Where it stands along the picture: the number, or seconds since 1970; null where it only has its turn.</summary>
    internal double? X { get; init; }
}

/// <summary>A picture of a column; public because a component takes it, what it holds is not.</summary>
public sealed class TableChart
{
    internal TableChart(ChartKind kind, TableColumn column, TableColumn? measure, IReadOnlyList<ChartPoint> points) => (Kind, Column, Measure, Points) = (kind, column, measure, points);

    /// <summary>How it is drawn.</summary>
    internal ChartKind Kind { get; }

    /// <summary>What it is about; the times of a line.</summary>
    internal TableColumn Column { get; }

    /// <summary>The number of a line; null where rows are counted.</summary>
    internal TableColumn? Measure { get; }

    /// <summary>What became of the rows that share a value; null for pictures that we chose.</summary>
    internal ChartAggregate? By { get; init; }

    /// <summary>In order; at least two, but for bars and slices that a reader asked for.</summary>
    internal IReadOnlyList<ChartPoint> Points { get; }
}

/// <summary>Chooses and calculates the pictures. A published table never changes, so that each is calculated once.</summary>
internal sealed class TableCharts(TableEngine engine)
{
    private const int MostKept = 1000;
    private const int MostBars = 12;
    private const int MostSpans = 24;
    private const int MostLinePoints = 400;
    private readonly ConcurrentDictionary<(Digest Table, string Column), TableChart?> kept = new();

    /// <summary>The columns that can be drawn, the most telling first: times, then words that repeat, then numbers.</summary>
    internal static IReadOnlyList<TableColumn> Drawable(DataTable table) => [.. table.Columns.Where(CanDraw).OrderBy(Rank).ThenBy(c => c.Position)];

    /// <summary>The picture of the column, of the first drawable one for null; null when there is nothing to see.</summary>
    internal async Task<TableChart?> OfAsync(DataTable table, string? column, CancellationToken ct)
    {
        var drawable = Drawable(table);
        if ((column is null ? drawable.FirstOrDefault() : drawable.FirstOrDefault(c => c.Name == column)) is not { } chosen) { return null; }
        if (kept.TryGetValue((table.Content, chosen.Name), out var known)) { return known; }
        if (kept.Count >= MostKept) { kept.Clear(); }
        var points = await CalculateAsync(table, chosen, ct);
        return kept[(table.Content, chosen.Name)] = points is { Points.Count: >= 2 } ? points : null;
    }

    private static int Rank(TableColumn column) => PortalWords.IsTime(column.Type) ? 0 : column.Profile.Frequent.Count > 1 ? 1 : 2;

    private static bool CanDraw(TableColumn column) => column.Profile.Distinct > 1 && (column.Profile.Frequent.Count > 1 && column.Type is not (ColumnType.Json or ColumnType.Geometry)
        || (PortalWords.IsNumber(column.Type) || PortalWords.IsTime(column.Type)) && column.Profile is { Least: not null, Greatest: not null });

    private async Task<TableChart?> CalculateAsync(DataTable table, TableColumn column, CancellationToken ct)
    {
        if (PortalWords.IsTime(column.Type))
        {
            // Every row another time, and a number beside it: a course, not a frequency.
            var measure = table.Columns.FirstOrDefault(c => PortalWords.IsNumber(c.Type) && c.Profile.Distinct > 1 && (table.Places is not { } p || (c.Position != p.Longitude && c.Position != p.Latitude)));
            return measure is not null && table.Rows <= MostLinePoints && column.Profile.Distinct >= (table.Rows - column.Profile.Nulls) * 0.9
                ? await LineAsync(table, column, measure, ct) : await CalendarAsync(table, column, ct);
        }

        var few = column.Profile.Frequent.Count > 1 && (!PortalWords.IsNumber(column.Type) || column.Profile.Distinct <= 20);
        return few ? new TableChart(ChartKind.Frequent, column, null, [.. column.Profile.Frequent.Take(MostBars).Select(f => new ChartPoint(f.Value, f.Count))]) : await HistogramAsync(table, column, ct);
    }

    private async Task<TableChart?> LineAsync(DataTable table, TableColumn time, TableColumn measure, CancellationToken ct)
    {
        var query = new TableQuery
        {
            Columns = [time.Name, measure.Name],
            Where = new Condition.All([new Condition.IsNull(time.Name, Negated: true), new Condition.IsNull(measure.Name, Negated: true)]),
            Orders = [new Order(time.Name)],
            Limit = MostLinePoints,
        };
        var answer = await engine.AskAsync(table, query, TableLimits.Public, ct);
        return new TableChart(ChartKind.Line, time, measure, [.. answer.Rows.Select(r => new ChartPoint(Cell.TextOf(r[0])!, Convert.ToDouble(r[1], CultureInfo.InvariantCulture)))]);
    }

    private async Task<TableChart?> HistogramAsync(DataTable table, TableColumn column, CancellationToken ct)
    {
        if (!double.TryParse(column.Profile.Least, NumberStyles.Float, CultureInfo.InvariantCulture, out var least)
            || !double.TryParse(column.Profile.Greatest, NumberStyles.Float, CultureInfo.InvariantCulture, out var greatest) || !(greatest > least) || !double.IsFinite(greatest - least)) { return null; }
        var step = Nice((greatest - least) / MostBars);
        if (column.Type == ColumnType.Integer) { step = Math.Max(1, Math.Round(step)); }
        var (first, bounds) = (Math.Floor(least / step) * step, new List<string>());
        // Decimal text: a bound may have no exponent and no trace of binary fractions.
        for (var n = 0; n <= MostBars * 2 && first + ((n - 1) * step) <= greatest; n++)
        {
            var bound = first + (n * step);
            if (Math.Abs(bound) > 1e15) { return null; }
            bounds.Add(((decimal)Math.Round(bound, 10)).ToString("0.##########", CultureInfo.InvariantCulture));
        }

        return await CountAsync(ChartKind.Histogram, table, column, bounds, n => $"{bounds[n]} – {bounds[n + 1]}", ct);
    }

    private async Task<TableChart?> CalendarAsync(DataTable table, TableColumn column, CancellationToken ct)
    {
        if (!Day(column.Profile.Least, out var least) || !Day(column.Profile.Greatest, out var greatest) || greatest <= least) { return null; }
        var days = greatest.DayNumber - least.DayNumber;
        var (unit, step) = days switch { < MostSpans => ('d', 1), < 31 * MostSpans => ('m', 1), _ => ('y', 1) };
        if (unit == 'm' && days < 62) { (unit, step) = ('d', (days / MostSpans) + 1); }
        if (unit == 'y') { step = ((greatest.Year - least.Year) / MostSpans) + 1; }
        var start = unit switch { 'y' => new DateOnly(least.Year / step * step is 0 ? 1 : least.Year / step * step, 1, 1), 'm' => new DateOnly(least.Year, least.Month, 1), _ => least };
        var bounds = new List<DateOnly>();
        for (var at = start; bounds.Count == 0 || bounds[^1] <= greatest;)
        {
            bounds.Add(at);
            if (at.Year + step > 9998) { break; }
            at = unit switch { 'y' => at.AddYears(step), 'm' => at.AddMonths(step), _ => at.AddDays(step) };
        }

        var format = unit switch { 'y' => "yyyy", 'm' => "yyyy-MM", _ => "yyyy-MM-dd" };
        return await CountAsync(ChartKind.Calendar, table, column, [.. bounds.Select(b => b.ToString(column.Type == ColumnType.Date ? "yyyy-MM-dd" : "yyyy-MM-dd'T'00:00:00", CultureInfo.InvariantCulture))],
            n => bounds[n].ToString(format, CultureInfo.InvariantCulture), ct);
    }

    private async Task<TableChart?> CountAsync(ChartKind kind, DataTable table, TableColumn column, IReadOnlyList<string> bounds, Func<int, string> label, CancellationToken ct)
    {
        var points = new List<ChartPoint>();
        for (var n = 0; n + 1 < bounds.Count; n++)
        {
            var range = new Condition.All([new Condition.Compare(column.Name, Comparison.GreaterOrEqual, bounds[n]), new Condition.Compare(column.Name, Comparison.Less, bounds[n + 1])]);
            var answer = await engine.AskAsync(table, new TableQuery { Columns = [column.Name], Where = range, Limit = 0, Count = true }, TableLimits.Public, ct);
            points.Add(new ChartPoint(label(n), answer.Total ?? 0));
        }

        return new TableChart(kind, column, null, points);
    }

    private static double Nice(double step)
    {
        var power = Math.Pow(10, Math.Floor(Math.Log10(step)));
        return power * ((step / power) switch { <= 1 => 1, <= 2 => 2, <= 5 => 5, _ => 10 });
    }

    private static bool Day(string? text, out DateOnly day) =>
        DateOnly.TryParseExact(text is { Length: >= 10 } ? text[..10] : text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out day);
}
