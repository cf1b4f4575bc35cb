using System.Globalization;
using Zhengtong.OpenData.Model;
using Zhengtong.OpenData.Tables;

namespace Zhengtong.OpenData.OData;

/// <summary>Reads <c>$filter</c> (OData URL Conventions 4.0, section 5.1.1) into conditions of the query engine. OData knows two truth values where SQL knows three: a cell without a value
/// is different from every literal, so negation is carried down to the comparisons.</summary>
internal sealed class ODataFilter
{
    private const int LongestText = 8_000;
    private const int Deepest = 50;
    private const int MostLiterals = 1_000;

    private readonly IReadOnlyDictionary<string, TableColumn> columns;
    private readonly List<string> tokens;
    private int at;
    private int depth;

    private ODataFilter(string text, IReadOnlyDictionary<string, TableColumn> columns)
    {
        this.columns = columns;
        tokens = Tokens(text);
    }

    /// <summary>The condition that the text says.</summary>
    /// <param name="text">The value of <c>$filter</c>; at most 8,000 characters.</param>
    /// <param name="columns">The columns by the names of their properties; <c>_id</c> needs no entry.</param>
    /// <exception cref="ODataException">400: not understood, or no such property; 501: a function that is not offered.</exception>
    internal static Condition Parse(string text, IReadOnlyDictionary<string, TableColumn> columns)
    {
        if (text.Length > LongestText) { throw new ODataException(400, $"$filter: at most {LongestText} characters"); }
        var filter = new ODataFilter(text, columns);
        var condition = filter.Or(negated: false);
        return filter.Peek is null ? condition : throw filter.Unexpected();
    }

    private string? Peek => at < tokens.Count ? tokens[at] : null;

    private Condition Or(bool negated)
    {
        List<Condition> parts = [And(negated)];
        while (Take("or")) { parts.Add(And(negated)); }
        return parts.Count == 1 ? parts[0] : negated ? new Condition.All(parts) : new Condition.Any(parts);
    }

    private Condition And(bool negated)
    {
        List<Condition> parts = [Unary(negated)];
        while (Take("and")) { parts.Add(Unary(negated)); }
        return parts.Count == 1 ? parts[0] : negated ? new Condition.Any(parts) : new Condition.All(parts);
    }

    private Condition Unary(bool negated)
    {
        if (++depth > Deepest) { throw new ODataException(400, $"$filter: nested deeper than {Deepest}"); }
        try
        {
            if (Take("not")) { return Unary(!negated); }
            if (Take("("))
            {
                var inner = Or(negated);
                Expect(")");
                return inner;
            }

            return Comparing(negated);
        }
        finally { depth--; }
    }

    private Condition Comparing(bool negated)
    {
        var left = Operand();
        if (left.Finished is { } holds) { return negated ? NotHolding(holds, left.Column!) : holds; }
        if (Take("in")) { return InList(left, negated); }
        var by = Peek switch { "eq" => Comparison.Equal, "ne" => Comparison.NotEqual, "gt" => Comparison.Greater, "ge" => Comparison.GreaterOrEqual, "lt" => Comparison.Less, "le" => Comparison.LessOrEqual, _ => (Comparison?)null };
        if (by is null)
        {
            // A boolean property stands for itself.
            return left is { Column: { } flag, Of: null } && TypeOf(flag) == ColumnType.Boolean ? Compare(left, Comparison.Equal, "true", negated) : throw Unexpected();
        }

        at++;
        var right = Operand();
        if (right.Finished is not null) { throw new ODataException(400, "$filter: a function that is true or false is not compared"); }
        return (left, right) switch
        {
            ({ Column: null }, { Column: null }) => throw new ODataException(400, "$filter: one side of a comparison is a property"),
            ({ Column: not null }, { Column: null, Value: null }) => WithNull(left, by.Value, negated),
            ({ Column: null, Value: null }, _) => WithNull(right, by.Value, negated),
            ({ Column: not null }, { Column: null }) => Compare(left, by.Value, right.Value!, negated),
            ({ Column: null }, _) => Compare(right, Turned(by.Value), left.Value!, negated),
            ({ Of: null }, { Of: null }) => Columns(left.Column!, by.Value, right.Column!, negated),
            _ => throw new ODataException(501, "$filter: functions on both sides of a comparison are not offered"),
        };
    }

    private Condition InList(Side left, bool negated)
    {
        if (left is not { Column: { } column, Of: null }) { throw new ODataException(400, "$filter: in follows a property"); }
        Expect("(");
        List<string> values = [];
        var withNull = false;
        do
        {
            var item = Operand();
            if (item.Column is not null || item.Finished is not null) { throw new ODataException(400, "$filter: a list holds literals"); }
            if (item.Value is null) { withNull = true; }
            else { values.Add(item.Value); }
            if (values.Count > MostLiterals) { throw new ODataException(400, $"$filter: at most {MostLiterals} literals in a list"); }
        }
        while (Take(","));
        Expect(")");
        var among = new Condition.In(column, values);
        return (negated, withNull) switch
        {
            (false, false) => among,
            (false, true) => new Condition.Any([among, new Condition.IsNull(column)]),
            (true, false) => NotHolding(among, column),
            (true, true) => new Condition.All([new Condition.Not(among), new Condition.IsNull(column, Negated: true)]),
        };
    }

    private static Condition WithNull(Side side, Comparison by, bool negated) => by switch
    {
        Comparison.Equal => new Condition.IsNull(side.Column!, negated),
        Comparison.NotEqual => new Condition.IsNull(side.Column!, !negated),
        // Nothing is less or greater than null.
        _ => negated ? new Condition.All([]) : new Condition.Any([]),
    };

    private static Condition Compare(Side side, Comparison by, string value, bool negated)
    {
        var effective = negated ? Opposite(by) : by;
        Condition compared = side.Of is { } function ? new Condition.CompareOf(function, side.Column!, effective, value) : new Condition.Compare(side.Column!, effective, value);
        // Without a value the comparison is false, and its negation true; "ne" is true by itself.
        var trueForNull = by == Comparison.NotEqual ? !negated : negated;
        return trueForNull ? new Condition.Any([compared, new Condition.IsNull(side.Column!)]) : compared;
    }

    private static Condition Columns(string left, Comparison by, string right, bool negated)
    {
        var compared = new Condition.CompareColumns(left, negated ? Opposite(by) : by, right);
        var (noLeft, noRight) = (new Condition.IsNull(left), new Condition.IsNull(right));
        return (by, negated) switch
        {
            (Comparison.Equal, false) or (Comparison.NotEqual, true) => new Condition.Any([compared, new Condition.All([noLeft, noRight])]),
            (Comparison.NotEqual, false) or (Comparison.Equal, true) => new Condition.Any(
            [
                compared, new Condition.All([noLeft, new Condition.IsNull(right, Negated: true)]), new Condition.All([new Condition.IsNull(left, Negated: true), noRight]),
            ]),
            (_, true) => new Condition.Any([compared, noLeft, noRight]),
            _ => compared,
        };
    }

    private static Condition.Any NotHolding(Condition condition, string column) => new([new Condition.Not(condition), new Condition.IsNull(column)]);

    private static Comparison Opposite(Comparison by) => by switch
    {
        Comparison.Equal => Comparison.NotEqual,
        Comparison.NotEqual => Comparison.Equal,
        Comparison.Less => Comparison.GreaterOrEqual,
        Comparison.LessOrEqual => Comparison.Greater,
        Comparison.Greater => Comparison.LessOrEqual,
        _ => Comparison.Less,
    };

    private static Comparison Turned(Comparison by) => by switch
    {
        Comparison.Less => Comparison.Greater,
        Comparison.LessOrEqual => Comparison.GreaterOrEqual,
        Comparison.Greater => Comparison.Less,
        Comparison.GreaterOrEqual => Comparison.LessOrEqual,
        _ => by,
    };

    private Side Operand()
    {
        var token = Peek ?? throw new ODataException(400, "$filter: ends too early");
        at++;
        if (Peek == "(" && IsName(token)) { return Function(token); }
        if (token[0] == '\'') { return Side.Literal(token[1..^1].Replace("''", "'", StringComparison.Ordinal)); }
        return token switch
        {
            "null" => Side.Literal(null),
            "true" or "false" => Side.Literal(token),
            _ when char.IsAsciiDigit(token[0]) || token[0] == '-' => Side.Literal(Bare(token)),
            _ when IsName(token) => Side.Property(ColumnOf(token)),
            _ => throw new ODataException(400, $"$filter: '{token}' is not expected here"),
        };
    }

    private Side Function(string name)
    {
        Expect("(");
        if (name is "contains" or "startswith" or "endswith")
        {
            var folded = FoldedProperty(out var column);
            Expect(",");
            var value = Operand();
            if (value.Column is not null || value.Value is null) { throw new ODataException(501, $"$filter: {name} compares with a literal text"); }
            Expect(")");
            if (folded && name != "contains") { throw new ODataException(501, $"$filter: {name} of tolower or toupper is not offered"); }
            var by = name switch { "contains" => Comparison.Contains, "startswith" => Comparison.StartsWith, _ => Comparison.EndsWith };
            return new Side(column, null, null, new Condition.Compare(column, by, value.Value));
        }

        CellFunction? function = name switch
        {
            "tolower" => CellFunction.Lower,
            "toupper" => CellFunction.Upper,
            "length" => CellFunction.Length,
            "year" => CellFunction.Year,
            "month" => CellFunction.Month,
            "day" => CellFunction.Day,
            "hour" => CellFunction.Hour,
            "minute" => CellFunction.Minute,
            "second" => CellFunction.Second,
            _ => null,
        };
        if (function is null) { throw new ODataException(501, $"$filter: the function {name} is not offered"); }
        var argument = Operand();
        if (argument is not { Column: { } of, Of: null, Finished: null }) { throw new ODataException(501, $"$filter: {name} takes a property"); }
        Expect(")");
        return new Side(of, function, null, null);
    }

    /// <summary>A property, or one in tolower or toupper: what holds a text holds it without regard to case here anyway.</summary>
    private bool FoldedProperty(out string column)
    {
        var side = Operand();
        column = side is { Column: { } name, Finished: null, Of: null or CellFunction.Lower or CellFunction.Upper } ? name : throw new ODataException(501, "$filter: the first argument is a property");
        return side.Of is not null;
    }

    private string ColumnOf(string property) => property == "_id" ? property : columns.TryGetValue(property, out var column) ? column.Name : throw new ODataException(400, $"$filter: no property {property}");

    private ColumnType TypeOf(string column) => column == "_id" ? ColumnType.Integer : columns.Values.First(c => c.Name == column).Type;

    /// <summary>Numbers as they are; moments turned to UTC, since the tables keep none of the zones.</summary>
    private static string Bare(string token)
    {
        if (!token.Contains('T', StringComparison.Ordinal)) { return token; }
        return DateTimeOffset.TryParse(token, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var moment)
            ? moment.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff", CultureInfo.InvariantCulture) : throw new ODataException(400, $"$filter: '{token}' is no moment");
    }

    private static bool IsName(string token) => char.IsLetter(token[0]) || token[0] == '_' || char.IsSurrogate(token[0]);

    private bool Take(string token)
    {
        if (Peek != token) { return false; }
        at++;
        return true;
    }

    private void Expect(string token)
    {
        if (!Take(token)) { throw Unexpected(); }
    }

    private ODataException Unexpected() => new(400, Peek is { } token ? $"$filter: '{(token.Length > 40 ? token[..40] + "…" : token)}' is not expected here" : "$filter: ends too early");

    private static List<string> Tokens(string text)
    {
        List<string> tokens = [];
        for (var i = 0; i < text.Length;)
        {
            if (char.IsWhiteSpace(text[i])) { i++; continue; }
            var begin = i;
            if (text[i] is '(' or ')' or ',') { i++; }
            else if (text[i] == '\'')
            {
                for (i++; ; i++)
                {
                    if (i >= text.Length) { throw new ODataException(400, "$filter: a text is not closed"); }
                    if (text[i] != '\'') { continue; }
                    if (i + 1 >= text.Length || text[i + 1] != '\'') { break; }
                    i++;
                }

                i++;
            }
            else
            {
                while (i < text.Length && !char.IsWhiteSpace(text[i]) && text[i] is not ('(' or ')' or ',' or '\'')) { i++; }
            }

            tokens.Add(text[begin..i]);
        }

        return tokens;
    }

    /// <summary>One side of a comparison: a property, perhaps in a function, or a literal; or a function that is true or false by itself.</summary>
    private sealed record Side(string? Column, CellFunction? Of, string? Value, Condition? Finished)
    {
        internal static Side Property(string column) => new(column, null, null, null);

        internal static Side Literal(string? value) => new(null, null, value, null);
    }
}
