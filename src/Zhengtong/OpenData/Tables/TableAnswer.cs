using Zhengtong.OpenData.Model;

namespace Zhengtong.OpenData.Tables;

/// <summary>One page of an answer.</summary>
internal sealed record TableAnswer
{
    /// <summary>What each cell of a row is, in order.</summary>
    internal required IReadOnlyList<AnswerColumn> Columns { get; init; }

    /// <summary>The rows; a cell is null or a <see cref="string"/>, <see cref="long"/>, <see cref="decimal"/>, <see cref="double"/>, <see cref="bool"/>,
    /// <see cref="DateOnly"/>, <see cref="TimeOnly"/> or <see cref="DateTime"/> (unspecified kind) as its column's type says.
    /// Whoever asks the same gets the same arrays: they are read, never changed.</summary>
    internal required IReadOnlyList<object?[]> Rows { get; init; }

    /// <summary>How well each row answers the text, above 0 to 1: for each word the part that it fills of the cell it fills most, 1 where it is the cell; the mean over the words. Null unless asked for.</summary>
    internal IReadOnlyList<double>? Ranks { get; init; }

    /// <summary>Exactly how many rows satisfy the question, whatever the page; null unless it was asked for.</summary>
    internal long? Total { get; init; }

    /// <summary>The place behind the last row, for <see cref="TableQuery.After"/>; null when nothing follows or the question asked for different rows only.</summary>
    internal string? Next { get; init; }
}

/// <summary>A column of an answer.</summary>
/// <param name="Name">Published name, <c>_id</c>, or the alias that SQL gave.</param>
/// <param name="Type">What its cells are; Integer for <c>_id</c>.</param>
/// <param name="Column">The table's column; null for <c>_id</c> and what was calculated.</param>
internal sealed record AnswerColumn(string Name, ColumnType Type, TableColumn? Column);

/// <summary>How much one question may cost.</summary>
/// <param name="Time">After which it is stopped: <see cref="TableQueryTooCostlyException"/>.</param>
/// <param name="Rows">Most rows it may return at once.</param>
internal sealed record TableLimits(TimeSpan Time, int Rows)
{
    /// <summary>Most UTF-16 units of a page, which stands in memory: of its texts, and eight for each cell; 50 million unless said. Streams hold a few rows and have no such limit.</summary>
    internal long Characters { get; init; } = 50_000_000;

    /// <summary>For anybody: 15 seconds, 32,000 rows, as CKAN's datastore has it.</summary>
    internal static readonly TableLimits Public = new(TimeSpan.FromSeconds(15), 32_000);

    /// <summary>For whole downloads: an hour, any number of rows.</summary>
    internal static readonly TableLimits Download = new(TimeSpan.FromHours(1), int.MaxValue);
}

/// <summary>The question cannot be asked of this table; a fault of the asker.</summary>
/// <param name="part">What is wrong: <c>columns</c>, <c>where</c>, <c>orders</c>, <c>after</c>, <c>limit</c>, <c>offset</c>, <c>text</c>, <c>sql</c>.</param>
/// <param name="column">The column it concerns, or null.</param>
/// <param name="reason">One of <see cref="TableQueryFault"/>.</param>
/// <param name="detail">For the log and for people, without any value of the table.</param>
internal sealed class TableQueryException(string part, string? column, TableQueryFault reason, string detail) : Exception(detail)
{
    /// <summary>What is wrong, see above.</summary>
    internal string Part { get; } = part;

    /// <summary>The column it concerns, or null.</summary>
    internal string? Column { get; } = column;

    /// <summary>Why.</summary>
    internal TableQueryFault Reason { get; } = reason;
}

/// <summary>Why a question cannot be asked.</summary>
internal enum TableQueryFault
{
    /// <summary>No such column.</summary>
    UnknownColumn,
    /// <summary>The value is none of the column's type.</summary>
    WrongValue,
    /// <summary>Out of its range.</summary>
    OutOfRange,
    /// <summary>Not of its form: a cursor of another question, a text too long, SQL that is not understood.</summary>
    Malformed,
    /// <summary>Understood and not allowed.</summary>
    NotAllowed,
}

/// <summary>The question took more than its limits allow and was stopped.</summary>
/// <param name="detail">For the log and for people.</param>
/// <param name="of">What was used up.</param>
internal sealed class TableQueryTooCostlyException(string detail, TableCost of = TableCost.Time, Exception? because = null) : Exception(detail, because)
{
    /// <summary>What was used up.</summary>
    internal TableCost Of { get; } = of;
}

/// <summary>What a question may use only so much of.</summary>
internal enum TableCost
{
    /// <summary>Time.</summary>
    Time,
    /// <summary>The caller's memory, and the disk that it spills to.</summary>
    Memory,
    /// <summary>The size of the answer.</summary>
    Size,
}
