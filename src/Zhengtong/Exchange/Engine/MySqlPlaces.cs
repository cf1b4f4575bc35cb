using System.Globalization;
using System.Text;
using Zhengtong.Agreements.Model;

namespace Zhengtong.Exchange.Engine;

/// <summary>A SELECT and the values of its parameters in order: <c>@v0</c>, <c>@v1</c>, ...</summary>
internal sealed record MySqlQuestion(string Sql, IReadOnlyList<object> Values);

/// <summary>Conditions on columns, their values as parameters.</summary>
internal sealed class MySqlPlaces
{
    private readonly List<object> values = [];

    internal IReadOnlyList<object> Values => values;

    /// <summary>The column as it is ordered and compared in the order. An ENUM or SET is ordered by its number and compared as a text: here both by text.</summary>
    internal static string Ordered(TableColumn column) => column.Type is "enum" or "set" ? Bytes(column) : MySqlDatabase.Quote(column.Name);

    /// <summary>A parameter of the column's own type: compared with a text, numbers would be compared as floats.</summary>
    internal string Place(TableColumn column, string value)
    {
        var place = $"@v{values.Count}";
        values.Add(column.Type.Split(' ')[0] switch
        {
            "float" or "double" => double.Parse(value, CultureInfo.InvariantCulture),
            "binary" or "varbinary" or "tinyblob" or "blob" or "mediumblob" or "longblob" => Convert.FromHexString(value[2..]),
            "enum" or "set" => Encoding.UTF8.GetBytes(value),
            _ => value,
        });
        return column.Type.Split(' ') switch
        {
            ["bigint", "unsigned"] => $"CAST({place} AS UNSIGNED)",
            ["tinyint" or "tinyint(1)" or "smallint" or "mediumint" or "int" or "bigint" or "year" or "bit(1)", ..] => $"CAST({place} AS SIGNED)",
            ["decimal", ..] => $"CAST({place} AS DECIMAL(65, {column.Scale ?? 0}))",
            ["date"] => $"CAST({place} AS DATE)",
            ["datetime" or "timestamp"] => $"CAST({place} AS DATETIME(6))",
            ["time"] => $"CAST({place} AS TIME(6))",
            ["uuid"] => $"CAST({place} AS UUID)",
            ["inet4"] => $"CAST({place} AS INET4)",
            ["inet6"] => $"CAST({place} AS INET6)",
            _ => place,
        };
    }

    /// <summary>The condition that a row lies behind a position, written so that an index over the first column serves it: MySQL reads the whole index for (a, b) > (x, y).</summary>
    internal string Behind(IReadOnlyList<TableColumn> order, IReadOnlyList<string> position, bool isIncluded)
    {
        string[] columns = [.. order.Select(Ordered)];
        string[] places = [.. order.Zip(position).Select(c => Place(c.First, c.Second))];
        var last = isIncluded ? ">=" : ">";
        if (columns.Length == 1) { return $"{columns[0]} {last} {places[0]}"; }
        var alternatives = columns.Select((column, n) => string.Join(" AND ",
            [.. columns.Take(n).Zip(places).Select(c => $"{c.First} = {c.Second}"), $"{column} {(n == columns.Length - 1 ? last : ">")} {places[n]}"]));
        return $"({columns[0]} >= {places[0]} AND (({string.Join(") OR (", alternatives)})))";
    }

    /// <summary>An agreed row condition. Texts are compared byte by byte: by the column's own rules, which may take capital letters or accents for the same, rows would leave
    /// that were not agreed.</summary>
    internal string Condition(TableColumn column, RowCondition row)
    {
        if (IsText(column))
        {
            var (bytes, texts) = (Bytes(column), row.Values.Select(BytesPlace).ToList());
            return row.Operator switch
            {
                RowOperator.Equal => $"{bytes} = {texts[0]}",
                RowOperator.In => $"{bytes} IN ({string.Join(", ", texts)})",
                RowOperator.StartsWith => $"LEFT({bytes}, LENGTH({texts[0]})) = {texts[0]}",
                RowOperator.AtLeast => $"{bytes} >= {texts[0]}",
                RowOperator.AtMost => $"{bytes} <= {texts[0]}",
                _ => throw new NotSupportedException($"{row.Operator}"),
            };
        }

        var (name, places) = (MySqlDatabase.Quote(column.Name), row.Values.Select(v => Exact(column, v)).ToList());
        return row.Operator switch
        {
            RowOperator.Equal => $"{name} = {places[0]}",
            RowOperator.In => $"{name} IN ({string.Join(", ", places)})",
            RowOperator.AtLeast => $"{name} >= {places[0]}",
            RowOperator.AtMost => $"{name} <= {places[0]}",
            _ => throw new NotSupportedException($"{row.Operator}"),
        };
    }

    /// <summary>The text's beginning as UTF-8 bytes: all of it that a condition's value, at most 200 characters, can tell from another.</summary>
    private static string Bytes(TableColumn column) => $"CAST(LEFT(CONVERT({MySqlDatabase.Quote(column.Name)} USING utf8mb4), 201) AS BINARY)";

    private static bool IsText(TableColumn column) => column.Type.Split(' ')[0] is "char" or "varchar" or "tinytext" or "text" or "mediumtext" or "longtext" or "json" or "enum" or "set" or "uuid"
        or "inet4" or "inet6" or "time";

    private string BytesPlace(string value)
    {
        values.Add(Encoding.UTF8.GetBytes(value));
        return $"@v{values.Count - 1}";
    }

    /// <summary>A condition's value, which is written as the platform writes it: true, 2026-11-23T08:00:00Z, 12.50. It keeps all its digits, whatever the column keeps.</summary>
    private string Exact(TableColumn column, string value)
    {
        if (column.Type is "datetime" or "timestamp")
        {
            var moment = DateTimeOffset.Parse(value, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);
            return Place(column, moment.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss.ffffff", CultureInfo.InvariantCulture));
        }

        if (value is "true" or "false") { return Place(column, value == "true" ? "1" : "0"); }
        if (column.Type.Split(' ')[0] is not ("tinyint" or "tinyint(1)" or "smallint" or "mediumint" or "int" or "bigint" or "year" or "decimal")) { return Place(column, value); }
        values.Add(value);
        return $"CAST(@v{values.Count - 1} AS DECIMAL(65, 20))";
    }
}
