using Zhengtong.OpenData.Model;

namespace Zhengtong.OpenData.Tables;

/// <summary>Answers questions to published tables. Every number of readers at once; none of them holds up a publication.</summary>
internal sealed class TableEngine
{
    /// <summary>One page.</summary>
    /// <exception cref="TableQueryException">The question cannot be asked of this table.</exception>
    /// <exception cref="TableQueryTooCostlyException">It took more than the limits allow.</exception>
    internal Task<TableAnswer> AskAsync(DataTable table, TableQuery query, TableLimits limits, CancellationToken ct) => throw new NotSupportedException($"{table} {query} {limits} {ct}");

    /// <summary>All rows that satisfy the question (its limit and offset count too), one after the other in constant memory. Cells as in <see cref="TableAnswer.Rows"/>; the array is used again for the next row.</summary>
    internal IAsyncEnumerable<object?[]> StreamAsync(DataTable table, TableQuery query, TableLimits limits, CancellationToken ct) => throw new NotSupportedException($"{table} {query} {limits} {ct}");

    /// <summary>What the rows of <see cref="StreamAsync"/> hold, without running it.</summary>
    internal IReadOnlyList<AnswerColumn> ColumnsOf(DataTable table, TableQuery query) => throw new NotSupportedException($"{table} {query}");
}
