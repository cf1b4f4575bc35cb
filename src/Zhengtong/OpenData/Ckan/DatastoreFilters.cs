using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Zhengtong.OpenData.Model;
using Zhengtong.OpenData.Tables;

namespace Zhengtong.OpenData.Ckan;

/// <summary>Reads the datastore's <c>filters</c> and <c>q</c> into a table's conditions.</summary>
internal sealed class DatastoreFilters(DataTable table)
{
    private const int Deepest = 10;
    private const int MostOperations = 100;
    private const int MostValues = 10_000;

    private int operations;

    /// <summary>All that the members of the object ask for.</summary>
    /// <exception cref="CkanFault">409, <c>filters</c>.</exception>
    internal Condition Of(JsonObject filters) => Of(filters, 0);

    /// <summary>Words in one column: every one of them stands in it.</summary>
    internal Condition Words(string column, string text)
    {
        if (column != DatastoreTable.Id && table.Find(column) is null) { throw CkanFault.Invalid("q", $"Unknown field: {CkanFault.Shortened(column)}"); }
        var words = text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        return new Condition.All([.. words.Take(50).Select(w => Holds(column, w))]);
    }

    /// <summary>PostgreSQL's tsquery: words with <c>&amp; | ! ( )</c> between, <c>:*</c> behind a beginning.</summary>
    internal Condition Query(string text)
    {
        var at = 0;
        var depth = 0;
        var read = Either();
        return at == text.Length ? read : throw Unreadable();

        Condition Either()
        {
            var parts = new List<Condition> { Both() };
            while (Take('|')) { parts.Add(Both()); }
            return parts.Count == 1 ? parts[0] : new Condition.Any(parts);
        }

        Condition Both()
        {
            var parts = new List<Condition> { One() };
            while (Take('&')) { parts.Add(One()); }
            return parts.Count == 1 ? parts[0] : new Condition.All(parts);
        }

        Condition One()
        {
            if (++operations > MostOperations || depth > Deepest) { throw Unreadable(); }
            var negated = false;
            while (Take('!')) { negated = !negated; }
            Condition read;
            if (Take('('))
            {
                depth++;
                read = Either();
                depth--;
                if (!Take(')')) { throw Unreadable(); }
            }
            else
            {
                var word = new StringBuilder();
                for (; at < text.Length && !char.IsWhiteSpace(text[at]) && text[at] is not ('&' or '|' or '!' or '(' or ')' or ':'); at++) { word.Append(text[at]); }
                if (text.AsSpan(at).StartsWith(":*")) { at += 2; }
                var sought = word.ToString().Trim('\'', '"');
                if (sought.Length == 0) { throw Unreadable(); }
                read = Anywhere(sought);
                SkipSpace();
            }

            return negated ? new Condition.Not(read) : read;
        }

        bool Take(char sign)
        {
            SkipSpace();
            if (at == text.Length || text[at] != sign) { return false; }
            at++;
            SkipSpace();
            return true;
        }

        void SkipSpace()
        {
            while (at < text.Length && char.IsWhiteSpace(text[at])) { at++; }
        }

        CkanFault Unreadable() => CkanFault.Invalid("q", $"syntax error in tsquery: \"{CkanFault.Shortened(text)}\"");
    }

    /// <summary>A word in any text column. A cell without a value holds no word, and its opposite is true of it, so that it can be negated.</summary>
    private Condition.Any Anywhere(string word) => new([.. table.Columns.Where(c => c.Type is ColumnType.Text or ColumnType.Json)
        .Select(c => (Condition)new Condition.All([new Condition.IsNull(c.Name, Negated: true), new Condition.Compare(c.Name, Comparison.Contains, word)]))]);

    private Condition Holds(string column, string word) =>
        table.Find(column)?.Type is ColumnType.Text or ColumnType.Json or ColumnType.Geometry ? new Condition.Compare(column, Comparison.Contains, word)
        : IsOf(column, word) ? new Condition.Compare(column, Comparison.Equal, word) : new Condition.Any([]);

    private Condition Of(JsonObject filters, int depth)
    {
        if (depth > Deepest) { throw Wrong("Filters are nested too deep"); }
        var parts = new List<Condition>();
        foreach (var (key, value) in filters)
        {
            if (key is "$or" or "$and")
            {
                if (value is not JsonArray list) { throw Wrong($"{key} takes a list of objects"); }
                var members = list.Select(m => m is JsonObject o ? Of(o, depth + 1) : throw Wrong($"{key} takes a list of objects")).ToList();
                Charge(members.Count);
                parts.Add(key == "$or" ? new Condition.Any(members) : new Condition.All(members));
                continue;
            }

            var column = key.StartsWith("$$", StringComparison.Ordinal) ? key[1..] : key;
            if (column != DatastoreTable.Id && table.Find(column) is null) { throw Wrong($"Unknown field: {CkanFault.Shortened(column)}"); }
            parts.Add(OfColumn(column, value));
        }

        return parts.Count == 1 ? parts[0] : new Condition.All(parts);
    }

    private Condition OfColumn(string column, JsonNode? value)
    {
        switch (value)
        {
            case JsonObject comparisons: return Compared(column, comparisons);
            case JsonArray list:
                var parts = new List<Condition>();
                var values = new List<string>();
                foreach (var item in list)
                {
                    if (item is JsonObject comparisons) { parts.Add(Compared(column, comparisons)); }
                    else if (item is null) { parts.Add(new Condition.IsNull(column)); }
                    else if (Value(column, item) is { } plain) { values.Add(plain); }
                }

                if (values.Count > MostValues) { throw Wrong("Too many values"); }
                Charge(parts.Count);
                if (values.Count > 0 || parts.Count == 0) { parts.Insert(0, new Condition.In(column, values)); }
                return parts.Count == 1 ? parts[0] : new Condition.Any(parts);
            case null: return new Condition.IsNull(column);
            default:
                Charge(1);
                return Value(column, value) is { } one ? new Condition.Compare(column, Comparison.Equal, one) : new Condition.Any([]);
        }
    }

    private Condition Compared(string column, JsonObject comparisons)
    {
        var parts = new List<Condition>();
        foreach (var (name, value) in comparisons)
        {
            Charge(1);
            Comparison? by = name switch { "eq" => Comparison.Equal, "lt" => Comparison.Less, "lte" => Comparison.LessOrEqual, "gt" => Comparison.Greater, "gte" => Comparison.GreaterOrEqual, _ => null };
            if (by is null) { throw Wrong($"Unknown operator: {CkanFault.Shortened(name)}"); }
            if (by == Comparison.Equal && value is null) { parts.Add(new Condition.IsNull(column)); }
            else
            {
                // Arrays and JSON are compared as they are written.
                var text = value is JsonArray or JsonObject ? value.ToJsonString(CkanEndpoint.Written) : Value(column, value);
                parts.Add(text is null ? new Condition.Any([]) : new Condition.Compare(column, by.Value, text));
            }
        }

        return parts.Count == 1 ? parts[0] : new Condition.All(parts);
    }

    /// <summary>A value as text in the form of the column's type; null when no cell of the type can be it.</summary>
    /// <exception cref="CkanFault">409, <c>filters</c>: a list or object where a value belongs.</exception>
    private string? Value(string column, JsonNode? value)
    {
        if (value is not JsonValue || CkanParameters.TextOf(value) is not { } text) { throw Wrong($"A value of {CkanFault.Shortened(column)} is no value"); }
        if (table.Find(column)?.Type == ColumnType.Boolean)
        {
            text = text.ToLowerInvariant() switch { "true" or "t" or "yes" or "on" or "1" => "true", "false" or "f" or "no" or "off" or "0" => "false", var other => other };
        }
        else if (value.GetValueKind() == JsonValueKind.Number && column == DatastoreTable.Id | table.Find(column)?.Type == ColumnType.Integer && decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number))
        {
            // 5.0 is 5; no whole number is 5.5.
            if (number != decimal.Truncate(number)) { return null; }
            text = decimal.Truncate(number).ToString(CultureInfo.InvariantCulture);
        }

        return IsOf(column, text) ? text : throw Wrong($"invalid input syntax for type {DatastoreTable.TypeOf(table.Find(column)?.Type ?? ColumnType.Integer)}: \"{CkanFault.Shortened(text)}\"");
    }

    private bool IsOf(string column, string text) => (column == DatastoreTable.Id ? ColumnType.Integer : table.Find(column)?.Type ?? ColumnType.Text) switch
    {
        ColumnType.Integer => long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _),
        ColumnType.Decimal => decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out _),
        ColumnType.Float => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number),
        ColumnType.Boolean => text is "true" or "false",
        ColumnType.Date => DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out _),
        ColumnType.Time => TimeOnly.TryParse(text, CultureInfo.InvariantCulture, out _),
        ColumnType.Timestamp => DateTime.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.None, out _),
        _ => true,
    };

    private void Charge(int by)
    {
        operations += by;
        if (operations > MostOperations) { throw Wrong("Too many operations"); }
    }

    private static CkanFault Wrong(string message) => CkanFault.Invalid("filters", message);
}
