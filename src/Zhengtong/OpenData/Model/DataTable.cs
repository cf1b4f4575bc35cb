using Zhengtong.Kernel.Objects;

namespace Zhengtong.OpenData.Model;

/// <summary>A table of a version: one immutable Parquet file in the object store. Its first column is <c>_id</c>, BIGINT, 1 to <see cref="Rows"/> in the file's order;
/// then one column for each of <see cref="Columns"/> under its physical name. A table with places (a geometry, or a pair of longitude and latitude) has four more DOUBLE columns
/// <c>_west</c>, <c>_south</c>, <c>_east</c>, <c>_north</c>: the extent of the row's place in WGS 84, null where it has none.</summary>
internal sealed record DataTable
{
    /// <summary>The Parquet file.</summary>
    public required Digest Content { get; init; }

    /// <summary>Size of the Parquet file in bytes.</summary>
    public required long Bytes { get; init; }

    /// <summary>Exact number of rows.</summary>
    public required long Rows { get; init; }

    /// <summary>The columns, in order; at least one, at most 2,000.</summary>
    public required IReadOnlyList<TableColumn> Columns { get; init; }

    /// <summary>Where the rows' places come from; null when the table has none.</summary>
    public TablePlaces? Places { get; init; }

    /// <summary>The column of that name, compared exactly; null when there is none.</summary>
    public TableColumn? Find(string name) => Columns.FirstOrDefault(c => c.Name == name);
}

/// <summary>Where a table's places come from and what ground they cover.</summary>
/// <param name="Geometry">Position of the geometry column; 0 when the place is a pair of numbers.</param>
/// <param name="Longitude">Position of the column of longitudes; 0 when there is a geometry.</param>
/// <param name="Latitude">Position of the column of latitudes; 0 when there is a geometry.</param>
/// <param name="System">What the coordinates were declared to be.</param>
/// <param name="Extent">West, south, east, north of all rows in WGS 84; empty when no row has a place.</param>
internal sealed record TablePlaces(int Geometry, int Longitude, int Latitude, CoordinateSystem System, IReadOnlyList<double> Extent);
