using System.Collections.Concurrent;
using System.Globalization;
using DuckDB.NET.Data;
using Zhengtong.Kernel;
using Zhengtong.OpenData.Model;
using Zhengtong.OpenData.Tables;

namespace Zhengtong.OpenData.Portal;

/// <summary>Calculates the pictures that readers ask for. A published table never changes, so that each is calculated once as long as it is remembered.</summary>
internal sealed class BuiltCharts(TableEngine engine)
{
    /// <summary>Most points of a line or a cloud; the page stays small.</summary>
    internal const int MostPoints = 600;

    private const int MostSlices = 5;
    private const int MostKept = 500;
    private readonly ConcurrentDictionary<string, TableChart?> kept = new(StringComparer.Ordinal);

    /// <summary>The picture; null when there is nothing to see. Maps are drawn by <see cref="MapShapes"/>.</summary>
    /// <exception cref="TableQueryException">The rows cannot be asked for so.</exception>
    /// <exception cref="TableQueryTooCostlyException">It took too long.</exception>
    internal async Task<TableChart?> OfAsync(DataTable table, ChartAsked asked, CancellationToken ct)
    {
        // The words of other values are those of the reader's language.
        var name = $"{table.Content}{CultureInfo.CurrentUICulture.Name}{(asked with { Title = "", Rows = asked.Rows with { Version = null } }).Address("/")}";
        if (kept.TryGetValue(name, out var known)) { return known; }
        var chart = asked.Form == ChartForm.Scatter ? await CloudAsync(table, asked, ct) : await GroupsAsync(table, asked, ct);
        if (kept.Count >= MostKept) { kept.Clear(); }
        return kept[name] = chart;
    }

    /// <summary>The rows, spread evenly over the file where there are too many.</summary>
    private async Task<TableChart?> CloudAsync(DataTable table, ChartAsked asked, CancellationToken ct)
    {
        var (x, y) = (table.Find(asked.X!)!, table.Find(asked.Y!)!);
        var points = await RunAsync(table, asked, (run, from) =>
        {
            var both = $"{x.Physical} IS NOT NULL AND {y.Physical} IS NOT NULL AND isfinite(CAST({x.Physical} AS DOUBLE)) AND isfinite(CAST({y.Physical} AS DOUBLE))";
            var rows = Convert.ToInt64(One(run, $"SELECT count(*) FROM {from.Sql} AND {both}", from.Values), CultureInfo.InvariantCulture);
            var every = Math.Max(1, (rows + MostPoints - 1) / MostPoints);
            return Read(run, string.Create(CultureInfo.InvariantCulture,
                $"SELECT CAST(x AS DOUBLE), CAST(y AS DOUBLE) FROM (SELECT {x.Physical} AS x, {y.Physical} AS y, row_number() OVER (ORDER BY _id) AS n FROM {from.Sql} AND {both}) WHERE (n - 1) % {every} = 0 ORDER BY n"), from.Values,
                reader => new ChartPoint(Number(reader.GetDouble(0)), reader.GetDouble(1)) { X = reader.GetDouble(0) });
        }, ct);
        return points.Count < 2 ? null : new TableChart(ChartKind.Scatter, x, y, points);
    }

    private async Task<TableChart?> GroupsAsync(DataTable table, ChartAsked asked, CancellationToken ct)
    {
        var (x, y) = (table.Find(asked.X!)!, asked.By == ChartAggregate.Count ? null : table.Find(asked.Y!)!);
        var isCourse = asked.Form == ChartForm.Line;
        var span = PortalWords.IsTime(x.Type) ? asked.Span == ChartSpan.Auto ? SpanOf(x) : asked.Span : (ChartSpan?)null;
        if (x.Type == ColumnType.Date && span == ChartSpan.Hour) { span = ChartSpan.Day; }
        var key = span is { } by ? $"date_trunc('{by.ToString().ToLowerInvariant()}', {x.Physical})" : x.Physical;
        var label = span is { } told ? $"strftime({key}, '{FormatOf(told)}')" : $"CAST({key} AS VARCHAR)";
        var place = span is not null ? $"CAST(epoch({key}) AS DOUBLE)" : PortalWords.IsNumber(x.Type) ? $"CAST({key} AS DOUBLE)" : "NULL::DOUBLE";
        var value = asked.By switch
        {
            ChartAggregate.Sum => $"sum({y!.Physical})",
            ChartAggregate.Average => $"avg({y!.Physical})",
            ChartAggregate.Least => $"min({y!.Physical})",
            ChartAggregate.Greatest => $"max({y!.Physical})",
            ChartAggregate.Median => $"median({y!.Physical})",
            _ => "count(*)",
        };
        var points = await RunAsync(table, asked, (run, from) =>
        {
            var grouped = $"SELECT {key} AS k, any_value({label}) AS l, any_value({place}) AS p, CAST({value} AS DOUBLE) AS v FROM {from.Sql}{(isCourse ? $" AND {x.Physical} IS NOT NULL" : "")} GROUP BY 1";
            // A course keeps its order, bars and slices begin with the greatest.
            var shown = isCourse ? $"ORDER BY k LIMIT {MostPoints}" : string.Create(CultureInfo.InvariantCulture, $"ORDER BY v DESC NULLS LAST, k NULLS LAST LIMIT {(asked.Form == ChartForm.Pie ? Math.Min(asked.Most, MostSlices) : asked.Most)}");
            var found = Read(run, $"SELECT l, p, v FROM ({grouped}) WHERE v IS NOT NULL AND isfinite(v) {shown}", from.Values, reader =>
                new ChartPoint(reader.IsDBNull(0) ? Text.Of("open-data.portal.null") : Cut(reader.GetString(0)), reader.GetDouble(2)) { X = reader.IsDBNull(1) ? null : reader.GetDouble(1) });
            if (asked.Form != ChartForm.Pie || found.Count < Math.Min(asked.Most, MostSlices)) { return found; }
            // What a whole is made of is shown whole.
            var whole = Convert.ToDouble(One(run, $"SELECT CAST({value} AS DOUBLE) FROM {from.Sql}", from.Values) ?? 0.0, CultureInfo.InvariantCulture);
            if (whole - found.Sum(p => p.Value) is > 0 and var rest && rest > whole * 1e-9) { found.Add(new ChartPoint(Text.Of("open-data.portal.build.others"), rest)); }
            return found;
        }, ct);
        if (points.Count < (isCourse ? 2 : 1) || (asked.Form == ChartForm.Pie && (points.Exists(p => p.Value < 0) || points.Sum(p => p.Value) <= 0))) { return null; }
        return new TableChart(asked.Form switch { ChartForm.Line => ChartKind.Line, ChartForm.Pie => ChartKind.Pie, _ => ChartKind.Bars }, x, y, points) { By = asked.By };
    }

    private Task<List<ChartPoint>> RunAsync(DataTable table, ChartAsked asked, Func<TableRun, (string Sql, IReadOnlyList<string> Values), List<ChartPoint>> act, CancellationToken ct)
    {
        var selection = new TableSelection(table, asked.Rows.WholeOf(table));
        return engine.RunAsync([table], TableLimits.Public, run => act(run, ($"{run.From} WHERE {(selection.Where is { } where ? $"({where})" : "TRUE")}", selection.Values)), ct);
    }

    private static object? One(TableRun run, string sql, IReadOnlyList<string> values)
    {
        using var command = run.Command(sql, values);
        return command.ExecuteScalar() is var found and not DBNull ? found : null;
    }

    private static List<ChartPoint> Read(TableRun run, string sql, IReadOnlyList<string> values, Func<DuckDBDataReader, ChartPoint> of)
    {
        using var command = run.Command(sql, values);
        using var reader = command.ExecuteReader();
        var points = new List<ChartPoint>();
        while (reader.Read()) { points.Add(of(reader)); }
        return points;
    }

    private static string FormatOf(ChartSpan span) => span switch { ChartSpan.Year => "%Y", ChartSpan.Month => "%Y-%m", ChartSpan.Day => "%Y-%m-%d", _ => "%Y-%m-%d %H:00" };

    private static ChartSpan SpanOf(TableColumn column)
    {
        if (!DateTime.TryParse(column.Profile.Least, CultureInfo.InvariantCulture, out var least) || !DateTime.TryParse(column.Profile.Greatest, CultureInfo.InvariantCulture, out var greatest)) { return ChartSpan.Day; }
        return (greatest - least).TotalDays switch { > 3650 => ChartSpan.Year, > 180 => ChartSpan.Month, > 3 => ChartSpan.Day, _ => column.Type == ColumnType.Date ? ChartSpan.Day : ChartSpan.Hour };
    }

    private static string Number(double value) => value.ToString("R", CultureInfo.InvariantCulture);

    private static string Cut(string text) => text.Length > 200 ? text[..200] : text;
}
