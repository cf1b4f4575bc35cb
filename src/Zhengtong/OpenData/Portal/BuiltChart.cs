using Zhengtong.Kernel;
using Zhengtong.Kernel.Http;
using Zhengtong.OpenData.Model;
using Zhengtong.OpenData.Reuse;
using Zhengtong.OpenData.Tables;
using Zhengtong.Web;

namespace Zhengtong.OpenData.Portal;

/// <summary>A picture with all that its page says; public because components are, what it holds is not.</summary>
public sealed class ShownChart
{
    internal PublicDataset Found { get; init; } = null!;

    internal DatasetResource Resource { get; init; } = null!;

    internal DataTable Table { get; init; } = null!;

    internal ChartAsked Asked { get; init; } = null!;

    /// <summary>Why nothing is drawn; null when something is.</summary>
    internal string? Fault { get; init; }

    /// <summary>The chart; null for a map and when there is nothing to see.</summary>
    internal TableChart? Chart { get; init; }

    /// <summary>The map; null for a chart and when there is nothing to see.</summary>
    internal MapShapes? Map { get; init; }

    /// <summary>Where the map has tiles of all its rows; null when the drawing shows them all, or colours them.</summary>
    internal string? Tiles => Map is null || Asked.Y is not null ? null : Map.TilesOf(RowsPath, Asked.Rows, Rows);

    /// <summary>Rows that the map is drawn of.</summary>
    internal long Rows { get; init; }

    /// <summary>Path of the page of rows.</summary>
    internal string RowsPath => $"{Found.Address}/resource/{Resource.Id}";

    /// <summary>Where the figures come from.</summary>
    internal string Source => Text.Of("open-data.portal.chart.origin", Found.Publisher.Name, Found.Version.Description.Title, Show.Day(Found.Version.PublishedAt ?? Found.Dataset.ModifiedAt));

    /// <summary>The reader's title, or the table's name.</summary>
    internal string Heading => Asked.Title.Length > 0 ? Asked.Title : Asked.Form == ChartForm.Map && Asked.Y is { } y ? $"{Resource.Name}: {y}" : Resource.Name;
}

/// <summary>Reads what an address asks to be drawn and draws it, for the page and for where it is embedded.</summary>
internal sealed class BuiltChart(TableEngine engine, BuiltCharts charts, BaseMap ground)
{
    /// <summary>Null when there is no such table that the reader may read.</summary>
    /// <param name="db">The database.</param>
    /// <param name="readers">What was granted to the reader; null draws only what everybody may read, for frames on other sites.</param>
    /// <param name="name">Name of the dataset.</param>
    /// <param name="resource">The file.</param>
    /// <param name="query">What is asked for.</param>
    /// <param name="ct">Stops it.</param>
    internal async Task<ShownChart?> OfAsync(ZhengtongDb db, Readers? readers, string name, Guid resource, string query, CancellationToken ct)
    {
        var version = Microsoft.AspNetCore.WebUtilities.QueryHelpers.ParseQuery(query).TryGetValue("version", out var given) && Guid.TryParse(given, out var id) ? id : (Guid?)null;
        var dataset = readers is null ? await PublicDataset.FindAsync(db, name, version, ct) : await PublicDataset.FindAsync(db, readers, name, version, ct);
        if (dataset is not { GivesData: true } found || found.Find(resource) is not { Table: { } table } file) { return null; }
        var asked = ChartAsked.Of(query, table);
        // Nobody chose yet: what tells most.
        if (asked.X is null && asked.Form != ChartForm.Map) { asked = asked with { X = TableCharts.Drawable(table).FirstOrDefault()?.Name }; }
        var (fault, chart, map, rows) = (asked.FaultIn(table), (TableChart?)null, (MapShapes?)null, 0L);
        try
        {
            if (fault is null && asked.Form == ChartForm.Map)
            {
                rows = (await engine.AskAsync(table, asked.Rows.WholeOf(table) with { Limit = 0, Count = true }, TableLimits.Public, ct)).Total ?? 0;
                map = await MapShapes.OfAsync(engine, table, asked.Rows.WholeOf(table), asked.Y is null ? null : table.Find(asked.Y), ground, ct);
            }
            else if (fault is null) { chart = await charts.OfAsync(table, asked, ct); }
        }
        catch (TableQueryException e) { fault = ExportRows.Told(e); }
        catch (TableQueryTooCostlyException) { fault = Text.Of("open-data.portal.fault.costly"); }
        return new ShownChart { Found = found, Resource = file, Table = table, Asked = asked, Fault = fault, Chart = chart, Map = map, Rows = rows };
    }

    /// <summary>Lets any site show the answer in a frame.</summary>
    internal static void AllowFrames(HttpContext http) =>
        http.Response.Headers.ContentSecurityPolicy = SecurityHeaders.PolicyOf(http.RequestServices).Replace("frame-ancestors 'none'", "frame-ancestors *", StringComparison.Ordinal);
}
