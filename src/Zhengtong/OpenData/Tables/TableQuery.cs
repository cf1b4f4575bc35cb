namespace Zhengtong.OpenData.Tables;

/// <summary>A question to one table, in terms of its published columns; every interface of the portal asks by this one.</summary>
internal sealed record TableQuery
{
    /// <summary>Columns to return, in order, by published name or <c>_id</c>; null for <c>_id</c> and all of them.</summary>
    internal IReadOnlyList<string>? Columns { get; init; }

    /// <summary>What rows must satisfy; null for all rows.</summary>
    internal Condition? Where { get; init; }

    /// <summary>Words that must all stand somewhere in the row's text; null for no search. Folded as <see cref="Kernel.Search.Bigrams.Fold"/> does.</summary>
    internal string? Text { get; init; }

    /// <summary>Also say how well each row answers <see cref="Text"/> (<see cref="TableAnswer.Ranks"/>); nothing without a text, and nothing of different rows only. Such a page has no place to go on behind.</summary>
    internal bool Ranks { get; init; }

    /// <summary>With <see cref="Ranks"/>: true for the best rows first, false for the worst, before <see cref="Orders"/>; null when the rank decides nothing.</summary>
    internal bool? BestFirst { get; init; }

    /// <summary>Order, most significant first; empty for <c>_id</c>. <c>_id</c> always decides last.</summary>
    internal IReadOnlyList<Order> Orders { get; init; } = [];

    /// <summary>Most rows to return; 0 for none, the columns only.</summary>
    internal int Limit { get; init; } = 100;

    /// <summary>Rows to pass over.</summary>
    internal long Offset { get; init; }

    /// <summary>The place behind which to go on, as <see cref="TableAnswer.Next"/> gave it for the same query; null for the beginning. Constant in time however far it stands.</summary>
    internal string? After { get; init; }

    /// <summary>Different rows only, over the returned columns.</summary>
    internal bool Distinct { get; init; }

    /// <summary>Also count all rows that satisfy the question: from the table's own record when nothing is asked, else by a scan.</summary>
    internal bool Count { get; init; }
}

/// <summary>One column of an order.</summary>
/// <param name="Column">Published name or <c>_id</c>.</param>
/// <param name="Descending">From the greatest.</param>
/// <param name="NullsLast">Where cells without a value stand; null for last when ascending and first when descending, as PostgreSQL has it.</param>
internal sealed record Order(string Column, bool Descending = false, bool? NullsLast = null);

/// <summary>What a row must satisfy. Columns are published names or <c>_id</c>; values are text in the invariant form of the column's type and are checked against it.</summary>
internal abstract record Condition
{
    /// <summary>Every one of these; all rows when empty.</summary>
    internal sealed record All(IReadOnlyList<Condition> Parts) : Condition;

    /// <summary>At least one of these; no row when empty.</summary>
    internal sealed record Any(IReadOnlyList<Condition> Parts) : Condition;

    /// <summary>Not this; a cell without a value satisfies neither it nor its opposite, as in SQL.</summary>
    internal sealed record Not(Condition Part) : Condition;

    /// <summary>A cell against a value.</summary>
    internal sealed record Compare(string Column, Comparison By, string Value) : Condition;

    /// <summary>A cell against another cell of the row.</summary>
    internal sealed record CompareColumns(string Left, Comparison By, string Right) : Condition;

    /// <summary>What is calculated from a cell against a value: a text for lower and upper case, else a whole number.</summary>
    internal sealed record CompareOf(CellFunction Of, string Column, Comparison By, string Value) : Condition;

    /// <summary>A cell that is one of these values; no row when empty.</summary>
    internal sealed record In(string Column, IReadOnlyList<string> Values) : Condition;

    /// <summary>A cell with (or without) a value.</summary>
    internal sealed record IsNull(string Column, bool Negated = false) : Condition;

    /// <summary>The row's place meets a box in WGS 84; west greater than east spans the antimeridian.</summary>
    internal sealed record Box(double West, double South, double East, double North) : Condition;
}

/// <summary>How a cell is compared.</summary>
internal enum Comparison
{
    /// <summary>The same.</summary>
    Equal,
    /// <summary>Not the same.</summary>
    NotEqual,
    /// <summary>Less.</summary>
    Less,
    /// <summary>Less or the same.</summary>
    LessOrEqual,
    /// <summary>Greater.</summary>
    Greater,
    /// <summary>Greater or the same.</summary>
    GreaterOrEqual,
    /// <summary>The text holds the value, case and width not regarded.</summary>
    Contains,
    /// <summary>The text begins with the value, case regarded.</summary>
    StartsWith,
    /// <summary>The text ends with the value, case regarded.</summary>
    EndsWith,
}

/// <summary>What is calculated from a cell.</summary>
internal enum CellFunction
{
    /// <summary>The text in lower case.</summary>
    Lower,
    /// <summary>The text in upper case.</summary>
    Upper,
    /// <summary>Characters of the text.</summary>
    Length,
    /// <summary>Year of a date or moment.</summary>
    Year,
    /// <summary>Month, 1 to 12.</summary>
    Month,
    /// <summary>Day of the month, 1 to 31.</summary>
    Day,
    /// <summary>Hour of a time or moment, 0 to 23.</summary>
    Hour,
    /// <summary>Minute, 0 to 59.</summary>
    Minute,
    /// <summary>Whole second, 0 to 59.</summary>
    Second,
}
