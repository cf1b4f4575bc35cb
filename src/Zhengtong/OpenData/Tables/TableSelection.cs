using System.Buffers.Binary;
using System.Buffers.Text;
using System.Globalization;
using System.Numerics;
using System.Security.Cryptography;
using System.Text;
using Zhengtong.Kernel.Search;
using Zhengtong.OpenData.Model;

namespace Zhengtong.OpenData.Tables;

/// <summary>A question checked against its table and written as DuckDB's SQL: physical names and our own words only, every value a parameter.</summary>
internal sealed class TableSelection
{
    /// <summary>Conditions within conditions.</summary>
    internal const int DeepestCondition = 32;

    /// <summary>Conditions and values together.</summary>
    internal const int MostConditions = 5_000;

    /// <summary>Columns of an order.</summary>
    internal const int MostOrders = 32;

    /// <summary>Words of a search.</summary>
    internal const int MostWords = 20;

    /// <summary>What half width and lower case leave as it is, but for A to Z: such text needs no folding. Space to tilde, Chinese punctuation, Chinese characters.</summary>
    private const string Foldable = @"[^ -~\x{3001}-\x{3011}\x{3400}-\x{4dbf}\x{4e00}-\x{9fff}]";

    private readonly DataTable table;
    private readonly TableQuery query;
    private readonly List<string> values = [];
    private readonly List<string> rankValues = [];
    private int conditions;

    internal TableSelection(DataTable table, TableQuery query)
    {
        (this.table, this.query) = (table, query);
        Columns = query.Columns is null
            ? [new AnswerColumn("_id", ColumnType.Integer, null), .. table.Columns.Select(c => new AnswerColumn(c.Name, c.Type, c))]
            : [.. query.Columns.Select(name => Resolve("columns", name)).Select(c => new AnswerColumn(c?.Name ?? "_id", c?.Type ?? ColumnType.Integer, c))];
        if (Columns.Count is 0 or > 2_001) { throw new TableQueryException("columns", null, TableQueryFault.OutOfRange, "1 to 2,001 columns may be asked for"); }
        if (query.Limit < 0) { throw new TableQueryException("limit", null, TableQueryFault.OutOfRange, "The limit is below 0"); }
        if (query.Offset < 0) { throw new TableQueryException("offset", null, TableQueryFault.OutOfRange, "The offset is below 0"); }
        if (query.Orders.Count > MostOrders) { throw new TableQueryException("orders", null, TableQueryFault.OutOfRange, $"More than {MostOrders} columns to order by"); }
        Orders = Sorted();
        var parts = new List<string>();
        if (query.Where is { } where and not Condition.All { Parts.Count: 0 }) { parts.Add(Write(where, 1)); }
        if (query.Text is { } text) { parts.AddRange(Search(text)); }
        if (query is { Ranks: true, Distinct: false, Text: { } ranked })
        {
            var from = values.Count;
            Rank = Ranked(ranked);
            rankValues.AddRange(values[from..]);
            values.RemoveRange(from, values.Count - from);
            if (query.After is not null) { throw new TableQueryException("after", null, TableQueryFault.NotAllowed, "Rows in the order of their rank have no place to go on behind"); }
        }

        Where = parts.Count == 0 ? null : string.Join(" AND ", parts.Select(p => $"({p})"));
        if (query.After is not null)
        {
            if (query.Distinct) { throw new TableQueryException("after", null, TableQueryFault.NotAllowed, "Different rows have no place to go on behind"); }
            After = ReadCursor(query.After);
        }
    }

    /// <summary>What is returned.</summary>
    internal IReadOnlyList<AnswerColumn> Columns { get; }

    /// <summary>The order, ending with <c>_id</c>, which is the column null.</summary>
    internal IReadOnlyList<(TableColumn? Column, bool Descending, bool NullsLast)> Orders { get; }

    /// <summary>The condition, or null for all rows.</summary>
    internal string? Where { get; }

    /// <summary>The values of the parameters of <see cref="Where"/>, from $1, all as text.</summary>
    internal IReadOnlyList<string> Values => values;

    /// <summary>How well a row answers the text; null unless asked for.</summary>
    internal string? Rank { get; }

    /// <summary>The values of the parameters of <see cref="Rank"/>, behind <see cref="Values"/>.</summary>
    internal IReadOnlyList<string> RankValues => rankValues;

    /// <summary>The row behind which to go on.</summary>
    internal long? After { get; }

    /// <summary>Whether the order is the file's own, or its reverse; null when other columns decide.</summary>
    internal bool? ById => Rank is not null && query.BestFirst is not null ? null : Orders.Count == 1 ? !Orders[0].Descending : null;

    /// <summary>How a column is written.</summary>
    internal static string Sql(TableColumn? column) => column?.Physical ?? "_id";

    /// <summary>How a column is returned: what has more digits than a decimal of this language comes as text.</summary>
    internal static string Returned(TableColumn? column) => column is { Type: ColumnType.Decimal, Precision: > 28 } ? $"CAST({column.Physical} AS VARCHAR)" : Sql(column);

    /// <summary>ORDER BY of the order.</summary>
    internal string OrderBy() => " ORDER BY " + (Rank is not null && query.BestFirst is { } best ? $"{Rank} {(best ? "DESC" : "ASC")}, " : "") + string.Join(", ", Orders.Select(o => $"{Sql(o.Column)} {(o.Descending ? "DESC" : "ASC")} NULLS {(o.NullsLast ? "LAST" : "FIRST")}"));

    /// <summary>The place behind a row, bound to this question: 8 bytes of SHA-256 and the row's id.</summary>
    internal string WriteCursor(long id)
    {
        var bytes = new byte[16];
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(8), id);
        Bind(id).CopyTo(bytes, 0);
        return Base64Url.EncodeToString(bytes);
    }

    /// <summary>What rows behind a row satisfy, given the row's own values of the ordering columns as text.</summary>
    /// <param name="last">Its values; null for a cell without.</param>
    /// <param name="id">Its id.</param>
    /// <param name="more">Takes the parameters, behind those of <see cref="Where"/>.</param>
    internal string Behind(IReadOnlyList<string?> last, long id, List<string> more)
    {
        var choices = new List<string>();
        var same = new List<string>();
        for (var n = 0; n < Orders.Count; n++)
        {
            var (column, descending, nullsLast) = Orders[n];
            var sign = descending ? "<" : ">";
            if (column is null)
            {
                choices.Add(string.Join(" AND ", [.. same, string.Create(CultureInfo.InvariantCulture, $"_id {sign} {id}")]));
                break;
            }

            if (last[n] is { } value)
            {
                more.Add(value);
                var written = string.Create(CultureInfo.InvariantCulture, $"CAST(${values.Count + more.Count} AS {TableValues.SqlType(column)})");
                choices.Add(string.Join(" AND ", [.. same, nullsLast ? $"({column.Physical} {sign} {written} OR {column.Physical} IS NULL)" : $"{column.Physical} {sign} {written}"]));
                same.Add($"{column.Physical} = {written}");
            }
            else
            {
                if (!nullsLast) { choices.Add(string.Join(" AND ", [.. same, $"{column.Physical} IS NOT NULL"])); }
                same.Add($"{column.Physical} IS NULL");
            }
        }

        return string.Join(" OR ", choices.Select(c => $"({c})"));
    }

    private long ReadCursor(string after)
    {
        var bytes = new byte[16];
        // Decoding throws at characters that are none of its own.
        if (after.Length == 22 && Base64Url.IsValid(after) && Base64Url.TryDecodeFromChars(after, bytes, out var written) && written == 16)
        {
            var id = BinaryPrimitives.ReadInt64BigEndian(bytes.AsSpan(8));
            if (CryptographicOperations.FixedTimeEquals(Bind(id), bytes.AsSpan(0, 8)) && Base64Url.EncodeToString(bytes) == after) { return id; }
        }

        throw new TableQueryException("after", null, TableQueryFault.Malformed, "The place to go on behind is none of this question");
    }

    private byte[] Bind(long id)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var part in (string[])[table.Content.Value, Where ?? "", OrderBy(), id.ToString(CultureInfo.InvariantCulture), .. values])
        {
            var bytes = Encoding.UTF8.GetBytes(part);
            hash.AppendData(BitConverter.GetBytes(bytes.Length));
            hash.AppendData(bytes);
        }

        return hash.GetHashAndReset()[..8];
    }

    private TableColumn? Resolve(string part, string name) =>
        name == "_id" ? null : table.Find(name) ?? throw new TableQueryException(part, name, TableQueryFault.UnknownColumn, "There is no such column");

    private List<(TableColumn? Column, bool Descending, bool NullsLast)> Sorted()
    {
        var sorted = new List<(TableColumn? Column, bool Descending, bool NullsLast)>();
        foreach (var order in query.Orders)
        {
            var column = Resolve("orders", order.Column);
            if (sorted.Any(o => o.Column == column)) { continue; }
            if (query.Distinct && column is not null && Columns.All(c => c.Column != column))
            {
                throw new TableQueryException("orders", order.Column, TableQueryFault.NotAllowed, "Different rows are ordered by columns that are returned");
            }

            sorted.Add((column, order.Descending, order.NullsLast ?? !order.Descending));
            // It tells all rows apart: what stands behind it decides nothing.
            if (column is null) { return sorted; }
        }

        sorted.Add((null, false, true));
        return sorted;
    }

    private string Write(Condition condition, int depth)
    {
        if (depth > DeepestCondition || ++conditions > MostConditions) { throw new TableQueryException("where", null, TableQueryFault.OutOfRange, "Too many conditions"); }
        return condition switch
        {
            Condition.All all => all.Parts.Count == 0 ? "TRUE" : string.Join(" AND ", all.Parts.Select(p => $"({Write(p, depth + 1)})")),
            Condition.Any any => any.Parts.Count == 0 ? "FALSE" : string.Join(" OR ", any.Parts.Select(p => $"({Write(p, depth + 1)})")),
            Condition.Not not => $"NOT ({Write(not.Part, depth + 1)})",
            Condition.IsNull none => $"{Sql(Resolve("where", none.Column))} IS {(none.Negated ? "NOT " : "")}NULL",
            Condition.In any => Among(any),
            Condition.Compare compare => Compared(compare.Column, compare.By, compare.Value),
            Condition.CompareOf compare => Compared(compare),
            Condition.CompareColumns compare => Compared(compare),
            Condition.Box box => Within(box),
            _ => throw new TableQueryException("where", null, TableQueryFault.NotAllowed, "No such condition"),
        };
    }

    private string Among(Condition.In any)
    {
        var column = Resolve("where", any.Column);
        conditions += any.Values.Count;
        if (conditions > MostConditions) { throw new TableQueryException("where", any.Column, TableQueryFault.OutOfRange, "Too many values"); }
        var among = any.Values.Distinct().Select(value => Operand(any.Column, column, value)).Where(v => v is not null).ToList();
        return among.Count == 0 ? Constant(column, false) : $"{Sql(column)} IN ({string.Join(", ", among)})";
    }

    /// <summary>The parameter for a value that a cell may equal; null when none can.</summary>
    private string? Operand(string name, TableColumn? column, string value)
    {
        if (column is not { Type: ColumnType.Decimal }) { return Parameter(Checked(name, column, value), column); }
        var (units, exact) = Checked(name, column, value, column.Scale);
        return exact && Fits(units, column) ? Parameter(TableValues.DecimalText(units, column.Scale), column) : null;
    }

    private string Compared(string name, Comparison by, string value)
    {
        var column = Resolve("where", name);
        var type = column?.Type ?? ColumnType.Integer;
        if (by is Comparison.Contains or Comparison.StartsWith or Comparison.EndsWith)
        {
            if (!TableValues.IsText(type)) { throw new TableQueryException("where", name, TableQueryFault.NotAllowed, "Only text holds, begins or ends with something"); }
            Checked(name, column, value);
            return by == Comparison.Contains ? Holds(column!, Bigrams.Fold(value)) : $"{(by == Comparison.StartsWith ? "starts_with" : "ends_with")}({column!.Physical}, {Parameter(value, column)})";
        }

        if (type != ColumnType.Decimal || column is null) { return $"{Sql(column)} {Sign(by)} {Parameter(Checked(name, column, value), column)}"; }
        var (units, exact) = Checked(name, column, value, column.Scale);
        if (!Fits(units, column)) { return Constant(column, by == Comparison.NotEqual || by is Comparison.Less or Comparison.LessOrEqual == units.Sign > 0 && by != Comparison.Equal); }
        if (!exact)
        {
            // Between two numbers that the column can hold, the lower one given.
            switch (by)
            {
                case Comparison.Equal or Comparison.NotEqual: return Constant(column, by == Comparison.NotEqual);
                case Comparison.Less: by = Comparison.LessOrEqual; break;
                case Comparison.GreaterOrEqual: by = Comparison.Greater; break;
            }
        }

        return $"{column.Physical} {Sign(by)} {Parameter(TableValues.DecimalText(units, column.Scale), column)}";
    }

    private string Compared(Condition.CompareOf compare)
    {
        var column = Resolve("where", compare.Column);
        var type = column?.Type ?? ColumnType.Integer;
        var fits = compare.By is not (Comparison.Contains or Comparison.StartsWith or Comparison.EndsWith) && compare.Of switch
        {
            CellFunction.Lower or CellFunction.Upper or CellFunction.Length => TableValues.IsText(type),
            CellFunction.Year or CellFunction.Month or CellFunction.Day => type is ColumnType.Date or ColumnType.Timestamp,
            _ => type is ColumnType.Time or ColumnType.Timestamp,
        };
        if (!fits) { throw new TableQueryException("where", compare.Column, TableQueryFault.NotAllowed, $"{compare.Of} cannot be calculated from such a column, or not be compared so"); }
        if (compare.Of is CellFunction.Lower or CellFunction.Upper)
        {
            if (compare.Value.Length > TableValues.LongestValue) { throw new TableQueryException("where", compare.Column, TableQueryFault.OutOfRange, "The value is too long"); }
            return $"{(compare.Of == CellFunction.Lower ? "lower" : "upper")}({Sql(column)}) {Sign(compare.By)} {Parameter(compare.Value, null, "VARCHAR")}";
        }

        if (TableValues.Normal(ColumnType.Integer, compare.Value) is not { } number) { throw new TableQueryException("where", compare.Column, TableQueryFault.WrongValue, $"{compare.Of} is compared with a whole number"); }
        var calculated = compare.Of == CellFunction.Length ? $"length({Sql(column)})" : $"date_part('{compare.Of.ToString().ToLowerInvariant()}', {Sql(column)})";
        return $"{calculated} {Sign(compare.By)} {Parameter(number, null)}";
    }

    private string Compared(Condition.CompareColumns compare)
    {
        var (left, right) = (Resolve("where", compare.Left), Resolve("where", compare.Right));
        var (one, two) = (left?.Type ?? ColumnType.Integer, right?.Type ?? ColumnType.Integer);
        var texts = TableValues.IsText(one) && TableValues.IsText(two);
        if (compare.By is Comparison.Contains or Comparison.StartsWith or Comparison.EndsWith)
        {
            if (!texts) { throw new TableQueryException("where", compare.Left, TableQueryFault.NotAllowed, "Only text holds, begins or ends with something"); }
            return compare.By switch
            {
                Comparison.Contains => $"contains(zt_fold({Sql(left)}), zt_fold({Sql(right)}))",
                Comparison.StartsWith => $"starts_with({Sql(left)}, {Sql(right)})",
                _ => $"ends_with({Sql(left)}, {Sql(right)})",
            };
        }

        var numbers = TableValues.IsNumber(one) && TableValues.IsNumber(two);
        var moments = one is ColumnType.Date or ColumnType.Timestamp && two is ColumnType.Date or ColumnType.Timestamp;
        if (!texts && !numbers && !moments && one != two) { throw new TableQueryException("where", compare.Right, TableQueryFault.NotAllowed, "The two columns cannot be compared"); }
        // Two exact numbers that have no common type of 38 digits are compared as floating point.
        var approximate = numbers && Math.Max(Whole(left), Whole(right)) + Math.Max(left?.Scale ?? 0, right?.Scale ?? 0) > 38;
        return approximate ? $"CAST({Sql(left)} AS DOUBLE) {Sign(compare.By)} CAST({Sql(right)} AS DOUBLE)" : $"{Sql(left)} {Sign(compare.By)} {Sql(right)}";

        static int Whole(TableColumn? column) => column is { Type: ColumnType.Decimal } ? column.Precision - column.Scale : 19;
    }

    private string Within(Condition.Box box)
    {
        if (table.Places is null) { throw new TableQueryException("where", null, TableQueryFault.NotAllowed, "The table has no places"); }
        if (!((double[])[box.West, box.South, box.East, box.North]).All(double.IsFinite) || box.South > box.North)
        {
            throw new TableQueryException("where", null, TableQueryFault.OutOfRange, "The box has no area: west, south, east, north in degrees");
        }

        var (west, south, east, north) = (Edge(box.West), Edge(box.South), Edge(box.East), Edge(box.North));
        return $"_north >= {south} AND _south <= {north} AND (_east >= {west} {(box.West > box.East ? "OR" : "AND")} _west <= {east})";

        string Edge(double degrees)
        {
            values.Add(degrees.ToString("R", CultureInfo.InvariantCulture));
            return string.Create(CultureInfo.InvariantCulture, $"CAST(${values.Count} AS DOUBLE)");
        }
    }

    /// <summary>Each word stands in some column.</summary>
    private IEnumerable<string> Search(string text)
    {
        if (text.Length > TableValues.LongestValue) { throw new TableQueryException("text", null, TableQueryFault.Malformed, "The text is too long"); }
        var words = Bigrams.Fold(text).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Distinct().ToList();
        if (words.Count > MostWords) { throw new TableQueryException("text", null, TableQueryFault.OutOfRange, $"More than {MostWords} words"); }
        foreach (var word in words)
        {
            var places = table.Columns.Select(c => Stands(c, word)).Where(p => p is not null).ToList();
            yield return places.Count == 0 ? "FALSE" : string.Join(" OR ", places);
        }
    }

    /// <summary>For each word the part of the cell that it fills, of the cell that it fills most.</summary>
    private string? Ranked(string text)
    {
        var words = Bigrams.Fold(text).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Distinct().ToList();
        if (words.Count == 0) { return null; }
        var parts = new List<string>();
        foreach (var word in words)
        {
            var length = word.EnumerateRunes().Count();
            var fills = table.Columns.Select(c => Stands(c, word) is { } stands
                ? string.Create(CultureInfo.InvariantCulture, $"CASE WHEN {stands} THEN {length}::DOUBLE / greatest({length}, length(CAST({c.Physical} AS VARCHAR))) ELSE 0::DOUBLE END") : null).Where(f => f is not null).ToList();
            if (fills.Count > 0) { parts.Add(fills.Count == 1 ? fills[0]! : $"greatest({string.Join(", ", fills)})"); }
        }

        return parts.Count == 0 ? null : string.Create(CultureInfo.InvariantCulture, $"(({string.Join(" + ", parts)}) / {words.Count})");
    }

    /// <summary>Null when no value of the column's type can hold the word.</summary>
    private string? Stands(TableColumn column, string word) => column.Type switch
    {
        ColumnType.Text or ColumnType.Json => Holds(column, word),
        ColumnType.Geometry => null,
        ColumnType.Boolean => "true".Contains(word, StringComparison.Ordinal) || "false".Contains(word, StringComparison.Ordinal) ? $"contains(CAST({column.Physical} AS VARCHAR), {Parameter(word, null, "VARCHAR")})" : null,
        ColumnType.Timestamp => word.AsSpan().ContainsAnyExcept("0123456789-:.t") ? null : $"contains(replace(CAST({column.Physical} AS VARCHAR), ' ', 't'), {Parameter(word, null, "VARCHAR")})",
        _ => word.AsSpan().ContainsAnyExcept("0123456789-:.e+infa") ? null : $"contains(lower(CAST({column.Physical} AS VARCHAR)), {Parameter(word, null, "VARCHAR")})",
    };

    /// <summary>Folds only where folding changes anything but A to Z: most cells are told by their bytes.</summary>
    private string Holds(TableColumn of, string folded)
    {
        var (column, word) = (of.Physical, Parameter(folded, null, "VARCHAR"));
        var plain = folded.All(c => c is >= '\u3001' and <= '\u3011' or >= '\u3400' and <= '\u4dbf' or >= '\u4e00' and <= '\u9fff');
        var lower = plain ? $"contains({column}, {word})" : $"contains(lower({column}), {word})";
        // What was seen when the table was written need not be looked for in each cell.
        if (of.Profile.IsPlain == true || (plain && of.Profile.KeepsChinese == true)) { return lower; }
        // Without a space in the word it does not matter that controls become spaces.
        var ascii = folded.Contains(' ') || folded.Length == 0 ? "" : $"WHEN strlen({column}) = length({column}) THEN {(plain ? "FALSE" : lower)} ";
        return $"CASE {ascii}WHEN regexp_matches({column}, '{Foldable}') THEN contains(zt_fold({column}), {word}) ELSE {lower} END";
    }

    private string Checked(string name, TableColumn? column, string value)
    {
        var type = column?.Type ?? ColumnType.Integer;
        if (value.Length > TableValues.LongestValue || value.Contains('\0')) { throw new TableQueryException("where", name, TableQueryFault.WrongValue, "The value is too long, or holds a NUL"); }
        return TableValues.Normal(type, value) ?? throw new TableQueryException("where", name, TableQueryFault.WrongValue, $"The value is no {type}");
    }

    private static (BigInteger Units, bool IsExact) Checked(string name, TableColumn column, string value, int scale) =>
        TableValues.ToScale(value, scale) ?? throw new TableQueryException("where", name, TableQueryFault.WrongValue, $"The value is no {column.Type}");

    private static bool Fits(BigInteger units, TableColumn column) => BigInteger.Abs(units) < BigInteger.Pow(10, column.Precision);

    /// <summary>Always or never so, but for cells without a value.</summary>
    private static string Constant(TableColumn? column, bool always) => always ? $"CASE WHEN {Sql(column)} IS NOT NULL THEN TRUE END" : $"CASE WHEN {Sql(column)} IS NOT NULL THEN FALSE END";

    private string Parameter(string value, TableColumn? column, string? type = null)
    {
        values.Add(value);
        return string.Create(CultureInfo.InvariantCulture, $"CAST(${values.Count} AS {type ?? TableValues.SqlType(column)})");
    }

    private static string Sign(Comparison by) => by switch
    {
        Comparison.Equal => "=",
        Comparison.NotEqual => "<>",
        Comparison.Less => "<",
        Comparison.LessOrEqual => "<=",
        Comparison.Greater => ">",
        _ => ">=",
    };
}
