using System.Collections.Frozen;
using Zhengtong.OpenData.Model;

namespace Zhengtong.OpenData.Import;

/// <summary>Recognises by their names and values the columns that say where a row is.</summary>
internal static class ColumnPlaces
{
    private static readonly FrozenSet<string> Longitudes = FrozenSet.ToFrozenSet(["lon", "lng", "long", "longitude", "x_lon", "lon_x", "经度坐标"], StringComparer.OrdinalIgnoreCase);
    private static readonly FrozenSet<string> Latitudes = FrozenSet.ToFrozenSet(["lat", "latitude", "y_lat", "lat_y", "纬度坐标"], StringComparer.OrdinalIgnoreCase);
    private static readonly FrozenSet<string> East = FrozenSet.ToFrozenSet(["x", "x坐标", "坐标x", "point_x", "coord_x"], StringComparer.OrdinalIgnoreCase);
    private static readonly FrozenSet<string> North = FrozenSet.ToFrozenSet(["y", "y坐标", "坐标y", "point_y", "coord_y"], StringComparer.OrdinalIgnoreCase);
    private static readonly FrozenSet<string> Geometries = FrozenSet.ToFrozenSet(["geometry", "geom", "the_geom", "wkb_geometry", "geojson", "shape", "几何", "图形", "空间数据"], StringComparer.OrdinalIgnoreCase);

    internal static bool IsGeometry(string name) => Geometries.Contains(name);

    /// <summary>True when the name alone means degrees.</summary>
    internal static bool IsDegrees(string name) => IsLongitude(name) || IsLatitude(name);

    /// <summary>True when the name may mean a coordinate.</summary>
    internal static bool MayBe(string name) => IsDegrees(name) || East.Contains(name) || North.Contains(name);

    /// <summary>True when eight digits under this name are a date.</summary>
    internal static bool IsDate(string name) => name.Contains("日期", StringComparison.Ordinal) || name.Contains("时间", StringComparison.Ordinal) || name.EndsWith('日') || name.Contains("date", StringComparison.OrdinalIgnoreCase)
        || name is "day" or "dt" || name.EndsWith("_day", StringComparison.Ordinal) || name.EndsWith("_dt", StringComparison.Ordinal);

    /// <summary>The first pair of numbers that is longitude and latitude; positions from 1, or null. Names that only may mean it, x and y, need values all within China's bounds and not all whole.</summary>
    internal static (int Longitude, int Latitude)? PairOf(IReadOnlyList<(string Name, string Source, ColumnType Type, ColumnWitness Witness)> columns)
    {
        int Find(Func<string, bool> isNamed, double most) => columns.Index().Where(c => c.Item.Type is ColumnType.Integer or ColumnType.Decimal or ColumnType.Float && (isNamed(c.Item.Name) || isNamed(c.Item.Source))
            && c.Item.Witness.Least >= -most && c.Item.Witness.Greatest <= most).Select(c => c.Index + 1).FirstOrDefault();
        var (longitude, latitude) = (Find(IsLongitude, 180), Find(IsLatitude, 90));
        if (longitude > 0 && latitude > 0) { return (longitude, latitude); }
        var (x, y) = (Find(East.Contains, 180), Find(North.Contains, 90));
        if (x == 0 || y == 0) { return null; }
        var (east, north) = (columns[x - 1].Witness, columns[y - 1].Witness);
        return east.Least >= 73 && east.Greatest <= 136 && north.Least >= 3 && north.Greatest <= 54 && !(east.IsWhole && north.IsWhole) ? (x, y) : null;
    }

    private static bool IsLongitude(string name) => Longitudes.Contains(name) || name.Contains("经度", StringComparison.Ordinal) || Ends(name, "lon") || Ends(name, "lng") || Ends(name, "longitude");

    private static bool IsLatitude(string name) => Latitudes.Contains(name) || name.Contains("纬度", StringComparison.Ordinal) || Ends(name, "lat") || Ends(name, "latitude");

    private static bool Ends(string name, string word) => name.EndsWith($"_{word}", StringComparison.OrdinalIgnoreCase) || name.EndsWith($".{word}", StringComparison.OrdinalIgnoreCase);
}
