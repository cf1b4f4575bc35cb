using System.Globalization;
using System.Text.RegularExpressions;
using Zhengtong.Catalogue.Model;
using Zhengtong.Kernel.Search;
using Zhengtong.OpenData.Model;

namespace Zhengtong.OpenData.Quality;

/// <summary>Something in the content that could be better.</summary>
/// <param name="ResourceId">The resource; null when it is about the whole dataset.</param>
/// <param name="Column">Published name of the column; null when it is not about one.</param>
/// <param name="Kind">Permanent; its title is the text <c>open-data.quality.remark.KIND</c>, how to mend it <c>open-data.quality.remedy.KIND</c>.</param>
/// <param name="Count">How many cells, rows or days.</param>
/// <param name="Share">Of all, 0 to 1; 0 where there is none.</param>
internal sealed record QualityRemark(Guid? ResourceId, string? Column, string Kind, long Count, double Share);

/// <summary>How good the content itself is, 0 to 100: completeness 30, validity 30, uniqueness 20, timeliness 20. What cannot be measured, such as the completeness of a picture, is left out and
/// the rest counts for a hundred.</summary>
/// <param name="Completeness">Share of cells with a value, 0 to 1; null without tables.</param>
/// <param name="Validity">Share of rows that could be read as their columns say, times the share of columns without a fault; null without tables.</param>
/// <param name="Uniqueness">Share of rows that are no repetition by the key, or as a whole where no key is declared; null when not measured.</param>
/// <param name="Timeliness">1 while it is younger than its cycle and a little grace, 0 from three times as old.</param>
/// <param name="Remarks">What could be better, at most 500.</param>
internal sealed record ContentScore(double? Completeness, double? Validity, double? Uniqueness, double Timeliness, IReadOnlyList<QualityRemark> Remarks)
{
    internal const int MostRemarks = 500;

    /// <summary>0 to 100.</summary>
    internal double Points
    {
        get
        {
            var parts = new (double? Share, int Weight)[] { (Completeness, 30), (Validity, 30), (Uniqueness, 20), (Timeliness, 20) };
            return 100 * parts.Sum(p => p.Share * p.Weight ?? 0) / parts.Where(p => p.Share is not null).Sum(p => p.Weight);
        }
    }
}

/// <summary>How many rows of a table are different by its key.</summary>
/// <param name="ResourceId">The resource.</param>
/// <param name="Rows">All rows.</param>
/// <param name="Different">Different ones.</param>
/// <param name="ByKey">True when a key is declared; else whole rows were compared.</param>
internal sealed record TableUniqueness(Guid ResourceId, long Rows, long Different, bool ByKey);

/// <summary>Computes <see cref="ContentScore"/> from what was counted when the tables were written.</summary>
internal static partial class ContentScoring
{
    private const double ManyMissing = 0.05;
    private static readonly HashSet<string> Placeholders = new(["-", "--", "—", "/", "\\", "无", "na", "n/a", "null", "none", "nan", "未知", "暂无", "不详", "空", "?", "？", "."], StringComparer.Ordinal);
    private static readonly string[] DateWords = ["日期", "时间", "date", "time"];
    private static readonly string[] NumberWords = ["数量", "金额", "人数", "面积", "价格", "总数", "amount", "count", "price"];

    /// <summary>Every piece but the scan for uniqueness, which is made where rows can be read.</summary>
    internal static ContentScore Of(DatasetVersion version, IReadOnlyList<TableUniqueness> uniqueness, DateOnly published, DateOnly today)
    {
        var remarks = new List<QualityRemark>();
        var (cells, filled, rows, readable, columns, sound) = (0L, 0L, 0L, 0L, 0L, 0L);
        foreach (var resource in version.Resources)
        {
            if (resource.Table is not { } table) { continue; }
            rows += table.Rows + resource.BadRowCount;
            readable += table.Rows;
            if (resource.BadRowCount > 0) { remarks.Add(new(resource.Id, null, "bad-rows", resource.BadRowCount, (double)resource.BadRowCount / (table.Rows + resource.BadRowCount))); }
            foreach (var column in table.Columns)
            {
                columns++;
                cells += table.Rows;
                var placeholders = column.Type == ColumnType.Text ? column.Profile.Frequent.Where(f => Placeholders.Contains(Bigrams.Fold(f.Value).Trim())).Sum(f => f.Count) : 0;
                var missing = Math.Min(table.Rows, column.Profile.Nulls + placeholders);
                filled += table.Rows - missing;
                if (table.Rows == 0) { sound++; continue; }
                if (placeholders > 0) { remarks.Add(Remark("placeholder", placeholders)); }
                if (column.Profile.Nulls < table.Rows && (double)column.Profile.Nulls / table.Rows > ManyMissing) { remarks.Add(Remark("missing", column.Profile.Nulls)); }
                if (column.Profile.Distinct == 1 && column.Profile.Nulls == 0 && table.Rows >= 10) { remarks.Add(Remark("constant", table.Rows)); }
                var fault = FaultOf(column, table.Rows);
                if (fault is null) { sound++; } else { remarks.Add(Remark(fault, table.Rows)); }

                QualityRemark Remark(string kind, long count) => new(resource.Id, column.Name, kind, count, (double)count / table.Rows);
            }

            if (table.Places?.Extent is [var west, var south, var east, var north] && (west < 73 || south < 3 || east > 136 || north > 54)) { remarks.Add(new(resource.Id, null, "places-abroad", 0, 0)); }
        }

        foreach (var table in uniqueness.Where(u => u.Different < u.Rows))
        {
            remarks.Add(new(table.ResourceId, null, table.ByKey ? "key-repeats" : "rows-repeat", table.Rows - table.Different, (double)(table.Rows - table.Different) / table.Rows));
        }

        var timeliness = TimelinessOf(version.Description.UpdateCycle, published, today);
        if (timeliness < 1) { remarks.Add(new(null, null, "late", today.DayNumber - published.DayNumber, 0)); }
        var measured = uniqueness.Sum(u => u.Rows);
        return new ContentScore(
            cells == 0 ? null : (double)filled / cells,
            columns == 0 ? null : (rows == 0 ? 1 : (double)readable / rows) * sound / columns,
            measured == 0 ? null : (double)uniqueness.Sum(u => u.Different) / measured,
            timeliness, [.. remarks.OrderByDescending(r => r.Share).Take(ContentScore.MostRemarks)]);
    }

    /// <summary>1 until the cycle and a grace of a few days are over, then down in a straight line to 0 at three times as long.</summary>
    internal static double TimelinessOf(UpdateCycle cycle, DateOnly published, DateOnly today)
    {
        var days = cycle switch
        {
            UpdateCycle.Realtime => 1, UpdateCycle.Daily => 2, UpdateCycle.Weekly => 9, UpdateCycle.Monthly => 36, UpdateCycle.Quarterly => 100, UpdateCycle.Yearly => 380, _ => 0,
        };
        if (days == 0) { return 1; }
        var age = Math.Max(0, today.DayNumber - published.DayNumber);
        return Math.Clamp(((3.0 * days) - age) / (2.0 * days), 0, 1);
    }

    private static string? FaultOf(TableColumn column, long rows)
    {
        if (column.Profile.Nulls >= rows) { return "empty"; }
        if (Nameless().IsMatch(column.Name) && column.Title is null) { return "nameless"; }
        if (column.Type != ColumnType.Text || column.Profile.Least is not { } least || column.Profile.Greatest is not { } greatest) { return null; }
        var header = Bigrams.Fold($"{column.Name} {column.Title}");
        if (DateWords.Any(w => header.Contains(w, StringComparison.Ordinal)) && IsDate(least) && IsDate(greatest)) { return "date-as-text"; }
        return NumberWords.Any(w => header.Contains(w, StringComparison.Ordinal)) && IsNumber(least) && IsNumber(greatest) ? "number-as-text" : null;
    }

    private static bool IsDate(string text) => DateTime.TryParseExact(text, ["yyyy-M-d", "yyyy/M/d", "yyyyMMdd", "yyyy.M.d", "yyyy-M-d H:mm:ss", "yyyy/M/d H:mm:ss", "yyyy'年'M'月'd'日'"], CultureInfo.InvariantCulture, DateTimeStyles.None, out _);

    private static bool IsNumber(string text) =>
        decimal.TryParse(text, NumberStyles.AllowDecimalPoint | NumberStyles.AllowLeadingSign | NumberStyles.AllowThousands, CultureInfo.InvariantCulture, out _) && !(text.Length > 1 && text[0] == '0' && text[1] != '.');

    [GeneratedRegex(@"^(?:column|col|field|unnamed|字段|列|c|f|x)[\s:_.-]*\d*$", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Nameless();
}
