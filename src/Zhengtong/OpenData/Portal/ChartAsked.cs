using System.Globalization;
using Microsoft.AspNetCore.WebUtilities;
using Zhengtong.Kernel;
using Zhengtong.OpenData.Model;
using Zhengtong.Web;

namespace Zhengtong.OpenData.Portal;

/// <summary>What a reader may have drawn.</summary>
internal enum ChartForm
{
    /// <summary>Lying bars, a bar for each value.</summary>
    Bar,
    /// <summary>A line along numbers or times.</summary>
    Line,
    /// <summary>Shares of a whole.</summary>
    Pie,
    /// <summary>A point for each row, by two numbers.</summary>
    Scatter,
    /// <summary>Places, coloured by a number.</summary>
    Map,
}

/// <summary>What becomes of the rows that share a value.</summary>
internal enum ChartAggregate
{
    /// <summary>How many they are.</summary>
    Count,
    /// <summary>Their sum.</summary>
    Sum,
    /// <summary>Their mean.</summary>
    Average,
    /// <summary>The smallest.</summary>
    Least,
    /// <summary>The greatest.</summary>
    Greatest,
    /// <summary>The one in the middle.</summary>
    Median,
}

/// <summary>How times are put together.</summary>
internal enum ChartSpan
{
    /// <summary>As fits the column's first and last time.</summary>
    Auto,
    /// <summary>By year.</summary>
    Year,
    /// <summary>By month.</summary>
    Month,
    /// <summary>By day.</summary>
    Day,
    /// <summary>By hour.</summary>
    Hour,
}

/// <summary>Which picture the address asks for: <c>?kind=bar&amp;x=column&amp;by=sum&amp;y=column&amp;span=month&amp;most=12&amp;title=words</c>, of the rows that <see cref="RowsAsked"/> reads from the same address.</summary>
internal sealed record ChartAsked
{
    /// <summary>Numbers of bars or slices on offer.</summary>
    internal static readonly IReadOnlyList<int> Mosts = [12, 6, 24, 50];

    private const int LongestTitle = 100;

    /// <summary>How it is drawn.</summary>
    internal ChartForm Form { get; init; }

    /// <summary>The column along which it is drawn; null when nobody chose.</summary>
    internal string? X { get; init; }

    /// <summary>The column of numbers; null where rows are counted.</summary>
    internal string? Y { get; init; }

    /// <summary>What becomes of the rows that share a value of <see cref="X"/>.</summary>
    internal ChartAggregate By { get; init; }

    /// <summary>How times are put together.</summary>
    internal ChartSpan Span { get; init; }

    /// <summary>Most bars or slices, one of <see cref="Mosts"/>.</summary>
    internal int Most { get; init; } = Mosts[0];

    /// <summary>The reader's own title; empty for ours.</summary>
    internal string Title { get; init; } = "";

    /// <summary>The rows it is drawn of.</summary>
    internal required RowsAsked Rows { get; init; }

    /// <summary>Reads the query of an address.</summary>
    /// <param name="query">With or without the question mark.</param>
    /// <param name="table">The table it is about.</param>
    internal static ChartAsked Of(string query, DataTable table)
    {
        var fields = QueryHelpers.ParseQuery(query);
        string Whole(string name) => fields.TryGetValue(name, out var values) ? values[0] ?? "" : "";
        T Choice<T>(string name) where T : struct, Enum => Enum.TryParse<T>(Whole(name), ignoreCase: true, out var choice) && Enum.IsDefined(choice) ? choice : default;
        var title = Whole("title").Trim();
        return new ChartAsked
        {
            Form = Choice<ChartForm>("kind"),
            X = Whole("x") is { Length: > 0 } x ? x : null,
            Y = Whole("y") is { Length: > 0 } y ? y : null,
            By = Choice<ChartAggregate>("by"),
            Span = Choice<ChartSpan>("span"),
            Most = int.TryParse(Whole("most"), NumberStyles.None, CultureInfo.InvariantCulture, out var most) && Mosts.Contains(most) ? most : Mosts[0],
            Title = title.Length > LongestTitle ? title[..LongestTitle] : title,
            Rows = RowsAsked.Of(query, table) with { Page = 1, After = null, Chart = null, Sort = null, Descending = false, Size = Web.Components.Listing.Sizes[0], Columns = [] },
        };
    }

    /// <summary>Why it cannot be drawn, in the reader's language; null when it can.</summary>
    internal string? FaultIn(DataTable table)
    {
        if (Rows.FaultsIn(table) is { Count: > 0 } faults) { return faults.First().Value; }
        foreach (var name in new[] { X, Y })
        {
            if (name is not null && table.Find(name) is null) { return Text.Of("open-data.portal.fault.column", name); }
        }

        var (x, y) = (X is null ? null : table.Find(X), Y is null ? null : table.Find(Y));
        if (Form == ChartForm.Map)
        {
            if (table.Places is null) { return Text.Of("open-data.portal.build.no-places"); }
            return y is not null && !PortalWords.IsNumber(y.Type) ? Text.Of("open-data.portal.build.number-needed", y.Name) : null;
        }

        if (x is null) { return Text.Of("open-data.portal.build.choose-x"); }
        if (x.Type is ColumnType.Json or ColumnType.Geometry) { return Text.Of("open-data.portal.build.no-values", x.Name); }
        if (Form is ChartForm.Line or ChartForm.Scatter && !(PortalWords.IsNumber(x.Type) || (PortalWords.IsTime(x.Type) && Form == ChartForm.Line))) { return Text.Of("open-data.portal.build.course-needed", x.Name); }
        if (Form == ChartForm.Scatter) { return y is null || !PortalWords.IsNumber(y.Type) ? Text.Of("open-data.portal.build.choose-y") : null; }
        if (Form == ChartForm.Pie && By is not (ChartAggregate.Count or ChartAggregate.Sum)) { return Text.Of("open-data.portal.build.whole-needed"); }
        if (By == ChartAggregate.Count) { return null; }
        if (y is null) { return Text.Of("open-data.portal.build.choose-y"); }
        return PortalWords.IsNumber(y.Type) ? null : Text.Of("open-data.portal.build.number-needed", y.Name);
    }

    /// <summary>The address that asks for it.</summary>
    internal string Address(string path) => QueryHelpers.AddQueryString(Rows.Address(path), Fields().Select(f => KeyValuePair.Create(f.Name, (string?)f.Value)));

    private IEnumerable<(string Name, string Value)> Fields()
    {
        yield return ("kind", Show.Kebab(Form.ToString()));
        if (X is not null) { yield return ("x", X); }
        if (By != ChartAggregate.Count) { yield return ("by", Show.Kebab(By.ToString())); }
        if (Y is not null) { yield return ("y", Y); }
        if (Span != ChartSpan.Auto) { yield return ("span", Show.Kebab(Span.ToString())); }
        if (Most != Mosts[0]) { yield return ("most", Most.ToString(CultureInfo.InvariantCulture)); }
        if (Title.Length > 0) { yield return ("title", Title); }
    }
}
