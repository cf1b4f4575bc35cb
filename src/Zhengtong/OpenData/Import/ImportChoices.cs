using Zhengtong.OpenData.Model;

namespace Zhengtong.OpenData.Import;

/// <summary>What a person decided about reading a file; everything else is found out. JSON in the database.</summary>
internal sealed record ImportChoices
{
    /// <summary>Nothing decided.</summary>
    internal static readonly ImportChoices None = new();

    /// <summary>Columns of the file about which something was decided.</summary>
    public IReadOnlyList<ColumnChoice> Columns { get; init; } = [];

    /// <summary>Separator of a text table: comma, semicolon, tab or bar; null to find it out.</summary>
    public char? Delimiter { get; init; }

    /// <summary>Sheet of a workbook; null for the first visible one that is not empty.</summary>
    public string? Sheet { get; init; }

    /// <summary>The row, from 1, in which the header of a sheet begins; null to find it out.</summary>
    public int? HeaderRow { get; init; }

    /// <summary>What stands for a missing value in columns that are not text; null for <see cref="CellShape.Missing"/>.</summary>
    public IReadOnlyList<string>? Missing { get; init; }

    /// <summary>What the coordinates are.</summary>
    public CoordinateSystem CoordinateSystem { get; init; }
}

/// <summary>What a person decided about one column of the file; null leaves what was found.</summary>
/// <param name="Position">Which column of the file, from 1.</param>
internal sealed record ColumnChoice(int Position)
{
    /// <summary>As <see cref="TableColumn.Name"/>.</summary>
    public string? Name { get; init; }

    /// <summary>Values that are not of this type make their row a bad row.</summary>
    public ColumnType? Type { get; init; }

    /// <summary>Digits of a decimal, 1 to 28; null for as many as the values need.</summary>
    public int? Precision { get; init; }

    /// <summary>Digits behind the point; null for as many as the values need.</summary>
    public int? Scale { get; init; }

    /// <summary>As <see cref="TableColumn.Title"/>.</summary>
    public string? Title { get; init; }

    /// <summary>As <see cref="TableColumn.Description"/>.</summary>
    public string? Description { get; init; }

    /// <summary>As <see cref="TableColumn.Unit"/>.</summary>
    public string? Unit { get; init; }

    /// <summary>As <see cref="TableColumn.IsKey"/>.</summary>
    public bool? IsKey { get; init; }
}
