using Zhengtong.OpenData.Model;

namespace Zhengtong.OpenData.Import;

/// <summary>A column of a table that is about to be written: a <see cref="TableColumn"/> without what is counted while writing.</summary>
/// <param name="Name">As <see cref="TableColumn.Name"/>; the caller has made it unique.</param>
/// <param name="Type">What its values are.</param>
internal sealed record NewColumn(string Name, ColumnType Type)
{
    /// <summary>As <see cref="TableColumn.Title"/>.</summary>
    public string? Title { get; init; }

    /// <summary>As <see cref="TableColumn.Description"/>.</summary>
    public string? Description { get; init; }

    /// <summary>As <see cref="TableColumn.Unit"/>.</summary>
    public string? Unit { get; init; }

    /// <summary>Digits of a decimal column, 1 to 28 when written from .NET values; 0 for other types.</summary>
    public int Precision { get; init; }

    /// <summary>Digits behind the point of a decimal column; 0 for other types.</summary>
    public int Scale { get; init; }

    /// <summary>As <see cref="TableColumn.IsKey"/>.</summary>
    public bool IsKey { get; init; }
}

/// <summary>Which columns of a new table say where its rows are.</summary>
/// <param name="Geometry">Position of the geometry column, from 1; 0 when the place is a pair of numbers.</param>
/// <param name="Longitude">Position of the longitudes; 0 when there is a geometry. The column is a number.</param>
/// <param name="Latitude">Position of the latitudes; 0 when there is a geometry. The column is a number.</param>
/// <param name="System">What the coordinates are declared to be; None is taken as WGS 84.</param>
internal sealed record NewPlaces(int Geometry, int Longitude, int Latitude, CoordinateSystem System);
