using Zhengtong.OpenData.Model;

namespace Zhengtong.OpenData.Tables;

/// <summary>How a row becomes a line of text: written by the engine itself, whole columns at a time, because that is several times faster than cell by cell.</summary>
/// <param name="Separator">Between cells: a comma or a tab.</param>
/// <param name="True">For yes.</param>
/// <param name="False">For no.</param>
internal sealed record LineForm(char Separator, string True, string False)
{
    /// <summary>True when fractions of a second have all six digits; else as many as they need.</summary>
    internal bool HasWholeFractions { get; init; }

    /// <summary>True when cells are quoted also for a separator that is not the line's own and for a space at either end, and a line never begins with nothing.</summary>
    internal bool IsCautious { get; init; }

    /// <summary>The bytes of the line as an expression over the columns: our own words and physical names only.</summary>
    internal string Sql(IReadOnlyList<AnswerColumn> columns) => $"encode(concat({string.Join($", '{Separator}', ", columns.Select((c, n) => Cell(c, IsCautious && n == 0)))}, chr(10)))";

    private string Cell(AnswerColumn column, bool isFirst)
    {
        var name = TableSelection.Sql(column.Column);
        var text = column.Type switch
        {
            ColumnType.Text or ColumnType.Json or ColumnType.Geometry => Quoted(name),
            ColumnType.Boolean => $"CASE WHEN {name} THEN '{True}' WHEN NOT {name} THEN '{False}' END",
            ColumnType.Timestamp when HasWholeFractions => $"CASE WHEN date_part('microsecond', {name}) % 1000000 = 0 THEN replace(CAST({name} AS VARCHAR), ' ', 'T') ELSE strftime({name}, '%Y-%m-%dT%H:%M:%S.%f') END",
            ColumnType.Timestamp => $"replace(CAST({name} AS VARCHAR), ' ', 'T')",
            // As .NET writes them: without a point where there is no fraction.
            ColumnType.Float => $"CASE WHEN {name} = trunc({name}) AND abs({name}) < 1e15 THEN CAST(CAST({name} AS BIGINT) AS VARCHAR) WHEN isfinite({name}) THEN upper(CAST({name} AS VARCHAR)) "
                + $"WHEN isnan({name}) THEN 'NaN' WHEN {name} > 0 THEN 'Infinity' WHEN {name} < 0 THEN '-Infinity' END",
            _ => $"CAST({name} AS VARCHAR)",
        };
        // An empty line would be no row.
        return isFirst ? $"coalesce(nullif({text}, ''), '\"\"')" : text;
    }

    private string Quoted(string name)
    {
        IEnumerable<string> stops = IsCautious ? ["'\"'", "chr(10)", "chr(13)", "','", "chr(9)"] : ["'\"'", "chr(10)", "chr(13)", $"'{Separator}'"];
        var needs = string.Join(" OR ", stops.Select(s => $"contains({name}, {s})"));
        if (IsCautious) { needs += $" OR starts_with({name}, ' ') OR ends_with({name}, ' ')"; }
        return $"CASE WHEN {needs} THEN concat('\"', replace({name}, '\"', '\"\"'), '\"') ELSE {name} END";
    }
}
