using Microsoft.AspNetCore.Components;

namespace Zhengtong.Web.Components;

/// <summary>A column of a <see cref="DataTable{TRow}"/>; its <see cref="Value"/> is also what the exports hold.</summary>
/// <typeparam name="TRow">A row of the table.</typeparam>
/// <param name="Title">Heading, in the reader's language.</param>
/// <param name="Value">Text, number, moment or day of the cell.</param>
public sealed record Column<TRow>(string Title, Func<TRow, object?> Value)
{
    /// <summary>Value of the query field <c>sort</c> that sorts by this column; null when it cannot be sorted by.</summary>
    public string? Sort { get; init; }

    /// <summary>How the cell looks on the page; null shows the value as text.</summary>
    public RenderFragment<TRow>? Cell { get; init; }

    /// <summary>True names the row: the cell is the row's heading.</summary>
    public bool NamesRow { get; init; }

    /// <summary>True leaves it out on a phone until its row is opened: for what few look at.</summary>
    public bool Folds { get; init; }

    /// <summary>True aligns to the right with equal digits.</summary>
    public bool Numeric { get; init; }
}
