using System.Globalization;
using System.Text;
using Zhengtong.OpenData.Model;

namespace Zhengtong.OpenData.Tables;

/// <summary>What one SELECT gave.</summary>
/// <param name="Columns">Names as the SELECT gave them, each once.</param>
/// <param name="Rows">Cells as in <see cref="TableAnswer.Rows"/>.</param>
/// <param name="IsCut">More rows than may be returned at once satisfied it.</param>
internal sealed record SqlAnswer(IReadOnlyList<AnswerColumn> Columns, IReadOnlyList<object?[]> Rows, bool IsCut);

/// <summary>One SELECT over published tables, read into statements of our own and written anew as DuckDB's SQL: the reader's text never reaches the engine, each literal is a parameter,
/// each table comes from the function that is given, each column from its schema. No sub-queries, WITH, UNION, comments, semicolons, or functions beyond a short list.</summary>
internal sealed class TableSql
{
    /// <summary>UTF-16 units of the longest statement.</summary>
    internal const int Longest = 20_000;

    private const int Deepest = 40;
    private const int MostTables = 4;
    private const int MostOutputs = 2_001;

    private static readonly HashSet<string> Reserved = new(StringComparer.OrdinalIgnoreCase)
    {
        "select", "distinct", "from", "where", "group", "by", "having", "order", "limit", "offset", "as", "on", "inner", "left", "outer", "join", "and", "or", "not", "in", "between", "like", "ilike", "is",
        "null", "true", "false", "asc", "desc", "nulls", "first", "last", "cast", "union", "intersect", "except", "with", "all", "case", "when", "then", "else", "end", "exists", "any", "some", "right", "full",
        "cross", "natural", "using", "lateral", "window", "over", "filter", "fetch", "for", "into", "values", "table", "qualify", "sample", "pivot", "unpivot",
    };

    /// <summary>Functions and how many arguments each takes.</summary>
    private static readonly Dictionary<string, (int Least, int Most)> Functions = new(StringComparer.OrdinalIgnoreCase)
    {
        ["count"] = (1, 1), ["sum"] = (1, 1), ["avg"] = (1, 1), ["min"] = (1, 1), ["max"] = (1, 1), ["lower"] = (1, 1), ["upper"] = (1, 1), ["trim"] = (1, 1),
        ["substring"] = (2, 3), ["length"] = (1, 1), ["coalesce"] = (1, 20), ["round"] = (1, 2), ["abs"] = (1, 1), ["date_trunc"] = (2, 2),
    };

    private static readonly HashSet<string> Aggregates = new(StringComparer.OrdinalIgnoreCase) { "count", "sum", "avg", "min", "max" };

    private static readonly HashSet<string> Parts = new(StringComparer.OrdinalIgnoreCase) { "year", "quarter", "month", "week", "day", "hour", "minute", "second", "dow", "doy" };

    /// <summary>Types that may be cast to, and what they are here.</summary>
    private static readonly Dictionary<string, (string Sql, ColumnType Type)> Types = new(StringComparer.OrdinalIgnoreCase)
    {
        ["text"] = ("VARCHAR", ColumnType.Text), ["varchar"] = ("VARCHAR", ColumnType.Text), ["int"] = ("BIGINT", ColumnType.Integer), ["integer"] = ("BIGINT", ColumnType.Integer), ["bigint"] = ("BIGINT", ColumnType.Integer),
        ["numeric"] = ("DECIMAL(28,9)", ColumnType.Decimal), ["decimal"] = ("DECIMAL(28,9)", ColumnType.Decimal), ["float"] = ("DOUBLE", ColumnType.Float), ["double"] = ("DOUBLE", ColumnType.Float), ["real"] = ("DOUBLE", ColumnType.Float),
        ["bool"] = ("BOOLEAN", ColumnType.Boolean), ["boolean"] = ("BOOLEAN", ColumnType.Boolean), ["date"] = ("DATE", ColumnType.Date), ["time"] = ("TIME", ColumnType.Time), ["timestamp"] = ("TIMESTAMP", ColumnType.Timestamp),
    };

    private readonly List<Token> tokens;
    private readonly List<(string Alias, DataTable Table)> tables = [];
    private readonly List<string> values = [];
    private int at;
    private int depth;
    private bool inAggregate;

    private TableSql(string text) => tokens = Cut(text);

    private enum Kind { Word, Quoted, Text, Number, Sign, End }

    /// <summary>Names of the tables that the statement reads, without reading them: for what must be looked up first.</summary>
    /// <exception cref="TableQueryException">It is no statement that can be understood.</exception>
    internal static IReadOnlyList<string> TablesOf(string text)
    {
        var tokens = Cut(text);
        var names = new List<string>();
        for (var n = 0; n + 1 < tokens.Count; n++)
        {
            if (!tokens[n].Is("from") && !tokens[n].Is("join")) { continue; }
            var name = tokens[n + 1].Is("public") && n + 3 < tokens.Count && tokens[n + 2].Text == "." ? tokens[n + 3] : tokens[n + 1];
            if (name.Kind is Kind.Word or Kind.Quoted) { names.Add(name.Text); }
        }

        return [.. names.Distinct().Take(MostTables)];
    }

    /// <summary>Answers one SELECT.</summary>
    /// <param name="engine">Where it runs.</param>
    /// <param name="text">The statement.</param>
    /// <param name="find">Gives the table of a name that the reader may read, or null.</param>
    /// <param name="limits">Most rows and time.</param>
    /// <param name="ct">Stops it.</param>
    /// <exception cref="TableQueryException">It cannot be asked; the message says why.</exception>
    /// <exception cref="TableQueryTooCostlyException">It took more than the limits allow.</exception>
    internal static async Task<SqlAnswer> AskAsync(TableEngine engine, string text, Func<string, DataTable?> find, TableLimits limits, CancellationToken ct)
    {
        var statement = new TableSql(text);
        var (write, names) = statement.Statement(find, limits.Rows);
        return await engine.RunAsync([.. statement.tables.Select(t => t.Table)], limits, run =>
        {
            using var command = run.Command(write(run), statement.values);
            // Read while it is found: an answer that is too large is stopped before it stands in memory.
            command.UseStreamingMode = true;
            using var reader = run.Asked(command.ExecuteReader);
            var columns = names.Index().Select(n => new AnswerColumn(n.Item.Name, n.Item.Column?.Type ?? TypeOf(reader.GetDataTypeName(n.Index)), n.Item.Column)).ToList();
            var rows = new List<object?[]>();
            while (run.Asked(reader.Read))
            {
                if (rows.Count == limits.Rows) { return new SqlAnswer(columns, rows, true); }
                var row = new object?[columns.Count];
                for (var n = 0; n < row.Length; n++) { row[n] = run.Counted(TableEngine.Cell(reader, n, columns[n].Type)); }
                rows.Add(row);
            }

            return new SqlAnswer(columns, rows, false);
        }, ct, statement.NeedsMuch);
    }

    /// <summary>What neither sorts, groups nor joins only scans.</summary>
    private bool NeedsMuch => tables.Count > 1 || tokens.Exists(t => t.Is("group") || t.Is("order") || t.Is("distinct"));

    private static ColumnType TypeOf(string sql) => sql.ToUpperInvariant() switch
    {
        "BIGINT" or "INTEGER" => ColumnType.Integer,
        "DOUBLE" or "FLOAT" => ColumnType.Float,
        "BOOLEAN" => ColumnType.Boolean,
        "DATE" => ColumnType.Date,
        "TIME" => ColumnType.Time,
        "TIMESTAMP" => ColumnType.Timestamp,
        var d when d.StartsWith("DECIMAL", StringComparison.Ordinal) => ColumnType.Decimal,
        _ => ColumnType.Text,
    };

    private static TableQueryException Bad(string detail, TableQueryFault fault = TableQueryFault.Malformed, string? column = null) => new("sql", column, fault, detail);

    private static List<Token> Cut(string text)
    {
        if (text.Length > Longest) { throw Bad("The statement is too long"); }
        var tokens = new List<Token>();
        for (var n = 0; n < text.Length;)
        {
            var c = text[n];
            if (char.IsWhiteSpace(c)) { n++; }
            else if (c is '\'' or '"')
            {
                var value = new StringBuilder();
                for (n++; ; n++)
                {
                    if (n >= text.Length) { throw Bad("A quote is not closed"); }
                    if (text[n] == '\0') { throw Bad("The statement holds a NUL"); }
                    if (text[n] != c) { value.Append(text[n]); }
                    else if (n + 1 < text.Length && text[n + 1] == c) { value.Append(text[n++]); }
                    else { break; }
                }

                n++;
                tokens.Add(new Token(c == '"' ? Kind.Quoted : Kind.Text, value.ToString()));
            }
            else if (char.IsAsciiDigit(c) || (c == '.' && n + 1 < text.Length && char.IsAsciiDigit(text[n + 1])))
            {
                var from = n;
                while (n < text.Length && (char.IsAsciiDigit(text[n]) || text[n] == '.')) { n++; }
                if (n < text.Length && text[n] is 'e' or 'E')
                {
                    n++;
                    if (n < text.Length && text[n] is '+' or '-') { n++; }
                    while (n < text.Length && char.IsAsciiDigit(text[n])) { n++; }
                }

                tokens.Add(new Token(Kind.Number, text[from..n]));
            }
            else if (char.IsLetter(c) || c == '_')
            {
                var from = n;
                while (n < text.Length && (char.IsLetterOrDigit(text[n]) || text[n] == '_')) { n++; }
                tokens.Add(new Token(Kind.Word, text[from..n]));
            }
            else
            {
                var two = n + 1 < text.Length ? text.Substring(n, 2) : "";
                if (two is "--" or "/*") { throw Bad("Comments are not allowed", TableQueryFault.NotAllowed); }
                if (c == ';') { throw Bad("One statement without a semicolon", TableQueryFault.NotAllowed); }
                var sign = two is "<>" or "!=" or "<=" or ">=" or "::" or "||" ? two : "()=<>+-*/%,.".Contains(c) ? c.ToString() : throw Bad("A character that is not understood");
                n += sign.Length;
                tokens.Add(new Token(Kind.Sign, sign));
            }
        }

        tokens.Add(new Token(Kind.End, ""));
        return tokens;
    }

    private (Func<TableRun, string> Write, List<(string Name, TableColumn? Column)> Names) Statement(Func<string, DataTable?> find, int mostRows)
    {
        Expect("select");
        var distinct = Take("distinct");
        // The columns can be resolved only when the tables are known: they are read after FROM.
        var outputsAt = at;
        SkipToFrom();
        Expect("from");
        var joins = From(find);
        var rest = at;
        at = outputsAt;
        var outputs = Outputs();
        if (!Current.Is("from")) { throw Bad("After a column comes a comma or FROM"); }
        at = rest;
        var sql = new StringBuilder();
        if (Take("where")) { sql.Append(" WHERE ").Append(Expression()); }
        if (Take("group"))
        {
            Expect("by");
            sql.Append(" GROUP BY ").Append(Many(() => Reference(outputs) ?? Expression()));
        }

        if (Take("having")) { sql.Append(" HAVING ").Append(Expression()); }
        if (Take("order"))
        {
            Expect("by");
            sql.Append(" ORDER BY ").Append(Many(() =>
            {
                var by = Reference(outputs) ?? Expression();
                var descending = Take("desc");
                if (!descending) { Take("asc"); }
                var last = !descending;
                if (Take("nulls") && !(last = Take("last"))) { Expect("first"); }
                return $"{by} {(descending ? "DESC" : "ASC")} NULLS {(last ? "LAST" : "FIRST")}";
            }));
        }

        long? limit = null, offset = null;
        while (limit is null && Take("limit") || offset is null && Take("offset"))
        {
            var isLimit = tokens[at - 1].Is("limit");
            var number = Current.Kind == Kind.Number && long.TryParse(Next().Text, NumberStyles.None, CultureInfo.InvariantCulture, out var n) ? n : throw Bad("LIMIT and OFFSET take a whole number");
            if (isLimit) { limit = number; } else { offset = number; }
        }

        if (Current.Kind != Kind.End) { throw Bad("The statement goes on in a way that is not understood: one SELECT with FROM, WHERE, GROUP BY, HAVING, ORDER BY, LIMIT, OFFSET"); }
        var select = string.Join(", ", outputs.Select((o, n) => string.Create(CultureInfo.InvariantCulture, $"{o.Sql} AS o{n + 1}")));
        var cut = string.Create(CultureInfo.InvariantCulture, $" LIMIT {Math.Min(limit ?? long.MaxValue, mostRows + 1L)} OFFSET {offset ?? 0}");
        var names = new List<(string Name, TableColumn? Column)>();
        foreach (var output in outputs)
        {
            var name = output.Name;
            for (var n = 1; names.Any(x => x.Name == name); n++) { name = string.Create(CultureInfo.InvariantCulture, $"{output.Name}_{n}"); }
            names.Add((name, output.Column));
        }

        return (run => $"SELECT {(distinct ? "DISTINCT " : "")}{select} FROM {string.Concat(joins.Select((j, n) => $"{j.Words}{run.Sources[n]} AS t{n + 1}{(j.Condition is null ? "" : $" ON {j.Condition}")}"))}{sql}{cut}", names);
    }

    private void SkipToFrom()
    {
        var open = 0;
        for (; Current.Kind != Kind.End; at++)
        {
            if (Current.Is("(")) { open++; }
            else if (Current.Is(")")) { open--; }
            else if (open == 0 && Current.Is("from")) { return; }
        }

        throw Bad("SELECT needs FROM and a table");
    }

    private List<(string Words, string? Condition)> From(Func<string, DataTable?> find)
    {
        var joins = new List<(string Words, string? Condition)>();
        Table(find);
        joins.Add(("", null));
        for (; ; )
        {
            string words;
            if (Take("inner")) { words = " JOIN "; Expect("join"); }
            else if (Take("left")) { Take("outer"); words = " LEFT JOIN "; Expect("join"); }
            else if (Take("join")) { words = " JOIN "; }
            else { return joins; }
            Table(find);
            Expect("on");
            joins.Add((words, Expression()));
        }
    }

    private void Table(Func<string, DataTable?> find)
    {
        if (tables.Count == MostTables) { throw Bad($"More than {MostTables} tables", TableQueryFault.OutOfRange); }
        if (Current.Is("(")) { throw Bad("Sub-queries are not allowed", TableQueryFault.NotAllowed); }
        var name = Name();
        if (string.Equals(name, "public", StringComparison.OrdinalIgnoreCase) && Take(".")) { name = Name(); }
        if (Current.Is("(")) { throw Bad("Functions are no tables", TableQueryFault.NotAllowed); }
        if (Current.Is(".")) { throw Bad("Only published tables may be read", TableQueryFault.NotAllowed); }
        var table = find(name) ?? throw Bad("There is no such table", TableQueryFault.UnknownColumn);
        var alias = Take("as") || Current.Kind == Kind.Quoted || (Current.Kind == Kind.Word && !Reserved.Contains(Current.Text)) ? Name() : name;
        if (tables.Any(t => t.Alias == alias)) { throw Bad("Two tables have one name: give an alias"); }
        tables.Add((alias, table));
    }

    private List<(string Sql, string Name, TableColumn? Column)> Outputs()
    {
        var outputs = new List<(string Sql, string Name, TableColumn? Column)>();
        do
        {
            if (Take("*")) { outputs.AddRange(tables.SelectMany((_, n) => All(n))); }
            else if (Current.Kind is Kind.Word or Kind.Quoted && tokens[at + 1].Text == "." && tokens[at + 2].Is("*"))
            {
                var n = tables.FindIndex(t => t.Alias == Current.Text);
                if (n < 0) { throw Bad("There is no such table", TableQueryFault.UnknownColumn); }
                at += 3;
                outputs.AddRange(All(n));
            }
            else
            {
                var from = at;
                var sql = Expression();
                var bare = at - from is 1 or 3 && tokens[from].Kind is Kind.Word or Kind.Quoted && sql.StartsWith('t') && !sql.Contains(' ');
                var column = bare ? Bare(sql) : null;
                var name = Take("as") || Current.Kind == Kind.Quoted || (Current.Kind == Kind.Word && !Reserved.Contains(Current.Text))
                    ? Name() : bare ? tokens[at - 1].Text : tokens[from].Kind == Kind.Word && tokens[from + 1].Is("(") ? tokens[from].Text.ToLowerInvariant() : "column";
                outputs.Add((column is { Type: ColumnType.Decimal, Precision: > 28 } ? $"CAST({sql} AS VARCHAR)" : sql, name, column));
            }

            if (outputs.Count > MostOutputs) { throw Bad("Too many columns", TableQueryFault.OutOfRange); }
        }
        while (Take(","));
        return outputs;

        IEnumerable<(string Sql, string Name, TableColumn? Column)> All(int n) =>
            [($"t{n + 1}._id", "_id", null), .. tables[n].Table.Columns.Select(c => (c is { Type: ColumnType.Decimal, Precision: > 28 } ? $"CAST(t{n + 1}.{c.Physical} AS VARCHAR)" : $"t{n + 1}.{c.Physical}", c.Name, (TableColumn?)c))];

        TableColumn? Bare(string sql)
        {
            var dot = sql.IndexOf('.', StringComparison.Ordinal);
            return tables[int.Parse(sql.AsSpan(1, dot - 1), CultureInfo.InvariantCulture) - 1].Table.Columns.FirstOrDefault(c => c.Physical == sql[(dot + 1)..]);
        }
    }

    /// <summary>A column of the answer by its place or its alias, where GROUP BY and ORDER BY allow it.</summary>
    private string? Reference(List<(string Sql, string Name, TableColumn? Column)> outputs)
    {
        if (Current.Kind == Kind.End) { return null; }
        var ends = tokens[at + 1].Kind == Kind.End || tokens[at + 1].Text == "," || (tokens[at + 1].Kind == Kind.Word && Reserved.Contains(tokens[at + 1].Text));
        if (!ends) { return null; }
        if (Current.Kind == Kind.Number)
        {
            return int.TryParse(Next().Text, NumberStyles.None, CultureInfo.InvariantCulture, out var n) && n >= 1 && n <= outputs.Count
                ? n.ToString(CultureInfo.InvariantCulture) : throw Bad("There is no column of that number", TableQueryFault.OutOfRange);
        }

        var found = Current.Kind is Kind.Word or Kind.Quoted ? outputs.FindIndex(o => o.Name == Current.Text) : -1;
        if (found < 0) { return null; }
        at++;
        return (found + 1).ToString(CultureInfo.InvariantCulture);
    }

    private string Expression()
    {
        if (++depth > Deepest) { throw Bad("The statement is nested too deeply", TableQueryFault.OutOfRange); }
        var sql = And();
        while (Take("or")) { sql = $"({sql} OR {And()})"; }
        depth--;
        return sql;
    }

    private string And()
    {
        var sql = Not();
        while (Take("and")) { sql = $"({sql} AND {Not()})"; }
        return sql;
    }

    private string Not()
    {
        var times = 0;
        while (Take("not")) { times++; }
        var sql = Compared();
        return times == 0 ? sql : times % 2 == 0 ? $"(NOT (NOT {sql}))" : $"(NOT {sql})";
    }

    private string Compared()
    {
        var left = Sum();
        if (Current.Kind == Kind.Sign && Current.Text is "=" or "<>" or "!=" or "<" or "<=" or ">" or ">=")
        {
            var sign = Next().Text;
            var right = Sum();
            return $"({Fitted(left, right)} {(sign == "!=" ? "<>" : sign)} {Fitted(right, left)})";
        }

        if (Take("is"))
        {
            var not = Take("not");
            Expect("null");
            return $"({left} IS {(not ? "NOT " : "")}NULL)";
        }

        var negated = Take("not") ? "NOT " : "";
        if (Take("in"))
        {
            Expect("(");
            if (Current.Is("select")) { throw Bad("Sub-queries are not allowed", TableQueryFault.NotAllowed); }
            var among = Many(() => Fitted(Sum(), left));
            Expect(")");
            return $"({left} {negated}IN ({among}))";
        }

        if (Take("between"))
        {
            var low = Fitted(Sum(), left);
            Expect("and");
            return $"({left} {negated}BETWEEN {low} AND {Fitted(Sum(), left)})";
        }

        if (Current.Is("like") || Current.Is("ilike"))
        {
            var like = Next().Text.ToUpperInvariant();
            return $"({left} {negated}{like} {Sum()})";
        }

        return negated.Length == 0 ? left : throw Bad("After NOT comes IN, BETWEEN, LIKE or ILIKE");
    }

    private string Sum()
    {
        var sql = Product();
        while (Current.Kind == Kind.Sign && Current.Text is "+" or "-" or "||") { sql = $"({sql} {Next().Text} {Product()})"; }
        return sql;
    }

    private string Product()
    {
        var sql = Unary();
        while (Current.Kind == Kind.Sign && Current.Text is "*" or "/" or "%") { sql = $"({sql} {Next().Text} {Unary()})"; }
        return sql;
    }

    private string Unary()
    {
        var minus = false;
        while (Current.Kind == Kind.Sign && Current.Text is "-" or "+") { minus ^= Next().Text == "-"; }
        var sql = Primary();
        while (Take("::")) { sql = $"CAST({sql} AS {Type()})"; }
        return minus ? $"(-{sql})" : sql;
    }

    private string Primary()
    {
        var token = Current;
        if (token.Kind == Kind.Text)
        {
            at++;
            return Parameter(token.Text, "VARCHAR");
        }

        if (token.Kind == Kind.Number)
        {
            at++;
            return long.TryParse(token.Text, NumberStyles.None, CultureInfo.InvariantCulture, out var whole) ? Parameter(whole.ToString(CultureInfo.InvariantCulture), "BIGINT")
                : TableValues.ToScale(token.Text, 9) is { IsExact: true } exact && System.Numerics.BigInteger.Abs(exact.Units) < System.Numerics.BigInteger.Pow(10, 28) ? Parameter(TableValues.DecimalText(exact.Units, 9), "DECIMAL(28,9)")
                : TableValues.Normal(ColumnType.Float, token.Text) is { } number ? Parameter(number, "DOUBLE") : throw Bad("A number that is none");
        }

        if (Take("("))
        {
            if (Current.Is("select") || Current.Is("with")) { throw Bad("Sub-queries are not allowed", TableQueryFault.NotAllowed); }
            var inner = Expression();
            Expect(")");
            return $"({inner})";
        }

        if (Take("null")) { return "NULL"; }
        if (Take("true")) { return "TRUE"; }
        if (Take("false")) { return "FALSE"; }
        if (Take("cast"))
        {
            Expect("(");
            var inner = Expression();
            Expect("as");
            var type = Type();
            Expect(")");
            return $"CAST({inner} AS {type})";
        }

        if (token.Kind == Kind.Word && tokens[at + 1].Is("(")) { return Function(); }
        if (token.Kind == Kind.Quoted || (token.Kind == Kind.Word && !Reserved.Contains(token.Text))) { return Column(); }
        throw Bad(token.Is("select") ? "Sub-queries are not allowed" : "An expression is missing, or not understood", token.Is("select") ? TableQueryFault.NotAllowed : TableQueryFault.Malformed);
    }

    private string Function()
    {
        var name = Next().Text.ToLowerInvariant();
        Expect("(");
        if (name == "extract")
        {
            var part = Next().Text;
            if (!Parts.Contains(part)) { throw Bad("EXTRACT takes year, quarter, month, week, day, hour, minute, second, dow, doy"); }
            Expect("from");
            var of = Expression();
            Expect(")");
            return $"extract({part.ToLowerInvariant()} FROM {of})";
        }

        if (!Functions.TryGetValue(name, out var takes)) { throw Bad("A function that is not allowed", TableQueryFault.NotAllowed); }
        var aggregate = Aggregates.Contains(name);
        if (aggregate && inAggregate) { throw Bad("A sum of sums cannot be formed"); }
        inAggregate |= aggregate;
        string sql;
        if (name == "count" && Take("*")) { sql = "count(*)"; }
        else
        {
            var distinct = aggregate && Take("distinct") ? "DISTINCT " : "";
            var arguments = new List<string>();
            do
            {
                if (name == "date_trunc" && arguments.Count == 0)
                {
                    var part = Current.Kind == Kind.Text && Parts.Contains(Current.Text) ? Next().Text.ToLowerInvariant() : throw Bad("date_trunc takes 'year', 'quarter', 'month', 'week', 'day', 'hour', 'minute', 'second'");
                    arguments.Add($"'{part}'");
                }
                else { arguments.Add(Expression()); }
            }
            while (Take(","));
            if (arguments.Count < takes.Least || arguments.Count > takes.Most) { throw Bad($"{name} takes {takes.Least} to {takes.Most} arguments"); }
            sql = $"{name}({distinct}{string.Join(", ", arguments)})";
        }

        if (aggregate) { inAggregate = false; }
        Expect(")");
        return sql;
    }

    private string Column()
    {
        var name = Name();
        if (Take("."))
        {
            var n = tables.FindIndex(t => t.Alias == name);
            if (n < 0) { throw Bad("There is no such table", TableQueryFault.UnknownColumn); }
            var inner = Name();
            return inner == "_id" ? $"t{n + 1}._id" : $"t{n + 1}.{(tables[n].Table.Find(inner) ?? throw Bad("There is no such column", TableQueryFault.UnknownColumn, inner)).Physical}";
        }

        var found = tables.Select((t, n) => name == "_id" ? $"t{n + 1}._id" : t.Table.Find(name) is { } c ? $"t{n + 1}.{c.Physical}" : null).Where(c => c is not null).ToList();
        return found.Count switch
        {
            1 => found[0]!,
            0 => throw Bad("There is no such column", TableQueryFault.UnknownColumn, name),
            _ => throw Bad("Two tables have that column: say which", TableQueryFault.Malformed, name),
        };
    }

    private string Type()
    {
        var name = Current.Kind == Kind.Word ? Next().Text : throw Bad("A type is missing");
        if (string.Equals(name, "double", StringComparison.OrdinalIgnoreCase)) { Take("precision"); }
        return Types.TryGetValue(name, out var type) ? type.Sql : throw Bad("A type that is not allowed: text, int, numeric, float, bool, date, time, timestamp", TableQueryFault.NotAllowed);
    }

    private string Name() => Current.Kind == Kind.Quoted || (Current.Kind == Kind.Word && !Reserved.Contains(Current.Text)) ? Next().Text : throw Bad("A name is missing; names that are words of SQL stand in double quotes");

    private string Many(Func<string> one)
    {
        var all = new List<string> { one() };
        while (Take(",")) { all.Add(one()); }
        return string.Join(", ", all);
    }

    /// <summary>A literal text as what it is compared with: PostgreSQL reads '2020-01-31' as a day beside a day.</summary>
    private string Fitted(string literal, string beside)
    {
        if (!literal.StartsWith("CAST($", StringComparison.Ordinal) || !literal.EndsWith(" AS VARCHAR)", StringComparison.Ordinal)) { return literal; }
        var column = tables.Select((t, n) => (t.Table, Prefix: $"t{n + 1}.")).Where(t => beside.StartsWith(t.Prefix, StringComparison.Ordinal))
            .Select(t => t.Table.Columns.FirstOrDefault(c => c.Physical == beside[t.Prefix.Length..])).FirstOrDefault();
        return column is null || TableValues.IsText(column.Type) ? literal : $"CAST({literal} AS {TableValues.SqlType(column)})";
    }

    /// <summary>The same literal is the same parameter, so that what is grouped by is what is selected.</summary>
    private string Parameter(string value, string type)
    {
        var at = values.IndexOf(value);
        if (at < 0)
        {
            values.Add(value);
            at = values.Count - 1;
        }

        return string.Create(CultureInfo.InvariantCulture, $"CAST(${at + 1} AS {type})");
    }

    private Token Current => tokens[at];

    private Token Next() => Current.Kind == Kind.End ? throw Bad("The statement ends too early") : tokens[at++];

    private bool Take(string word)
    {
        if (!Current.Is(word)) { return false; }
        at++;
        return true;
    }

    private void Expect(string word)
    {
        if (!Take(word)) { throw Bad($"{word.ToUpperInvariant()} is missing", TableQueryFault.Malformed); }
    }

    private readonly record struct Token(Kind Kind, string Text)
    {
        internal bool Is(string word) => Kind is Kind.Word or Kind.Sign && string.Equals(Text, word, StringComparison.OrdinalIgnoreCase);
    }
}
