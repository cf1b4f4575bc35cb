namespace Zhengtong.OpenData.Model;

/// <summary>Converts coordinates between the systems in use. GCJ-02 has no published formula; this one is publicly known, not official, and agrees with map services within a metre.
/// Outside China (72.004 to 137.8347 E, 0.8293 to 55.8271 N) GCJ-02 and BD-09 are taken as WGS 84. CGCS2000 differs from WGS 84 by decimetres, which is not converted.</summary>
internal static class Coordinates
{
    private const double Axis = 6378245, Eccentricity = 0.00669342162296594323, Circle = 3000 * Math.PI / 180;

    /// <summary>A place of one system in another; unchanged when they are the same.</summary>
    internal static (double Longitude, double Latitude) Convert(double lon, double lat, CoordinateSystem from, CoordinateSystem to)
    {
        if (from == to) { return (lon, lat); }
        var (x, y) = ToWgs84(lon, lat, from);
        return FromWgs84(x, y, to);
    }

    /// <summary>Degrees in a declared system as degrees in WGS 84, within a centimetre. <see cref="CoordinateSystem.None"/> is taken as WGS 84.</summary>
    internal static (double Longitude, double Latitude) ToWgs84(double lon, double lat, CoordinateSystem from)
    {
        if (from is not (CoordinateSystem.Gcj02 or CoordinateSystem.Bd09) || IsOutside(lon, lat)) { return (lon, lat); }
        var (x, y) = (lon, lat);
        // The shift changes by less than a thousandth of itself over its own length: each round gains three digits.
        for (var round = 0; round < 6; round++)
        {
            var (east, north) = FromWgs84(x, y, from);
            (x, y) = (x + lon - east, y + lat - north);
        }

        return (x, y);
    }

    /// <summary>Degrees in WGS 84 as degrees in another system.</summary>
    internal static (double Longitude, double Latitude) FromWgs84(double lon, double lat, CoordinateSystem to) => to switch
    {
        CoordinateSystem.Gcj02 => Shift(lon, lat),
        CoordinateSystem.Bd09 when !IsOutside(lon, lat) => ShiftAgain(Shift(lon, lat)),
        _ => (lon, lat),
    };

    private static bool IsOutside(double lon, double lat) => !(lon is >= 72.004 and <= 137.8347 && lat is >= 0.8293 and <= 55.8271);

    private static (double Longitude, double Latitude) Shift(double lon, double lat)
    {
        if (IsOutside(lon, lat)) { return (lon, lat); }
        var (x, y) = (lon - 105, lat - 35);
        var root = Math.Sqrt(Math.Abs(x));
        var waves = ((20 * Math.Sin(6 * Math.PI * x)) + (20 * Math.Sin(2 * Math.PI * x))) * 2 / 3;
        var north = -100 + (2 * x) + (3 * y) + (0.2 * y * y) + (0.1 * x * y) + (0.2 * root) + waves
            + (((20 * Math.Sin(Math.PI * y)) + (40 * Math.Sin(Math.PI * y / 3)) + (160 * Math.Sin(Math.PI * y / 12)) + (320 * Math.Sin(Math.PI * y / 30))) * 2 / 3);
        var east = 300 + x + (2 * y) + (0.1 * x * x) + (0.1 * x * y) + (0.1 * root) + waves
            + (((20 * Math.Sin(Math.PI * x)) + (40 * Math.Sin(Math.PI * x / 3)) + (150 * Math.Sin(Math.PI * x / 12)) + (300 * Math.Sin(Math.PI * x / 30))) * 2 / 3);
        var angle = lat * Math.PI / 180;
        var w = 1 - (Eccentricity * Math.Sin(angle) * Math.Sin(angle));
        return (lon + (180 * east / (Math.PI * Axis / Math.Sqrt(w) * Math.Cos(angle))), lat + (180 * north / (Math.PI * Axis * (1 - Eccentricity) / (w * Math.Sqrt(w)))));
    }

    private static (double Longitude, double Latitude) ShiftAgain((double Longitude, double Latitude) from)
    {
        var (lon, lat) = from;
        var z = Math.Sqrt((lon * lon) + (lat * lat)) + (0.00002 * Math.Sin(lat * Circle));
        var t = Math.Atan2(lat, lon) + (0.000003 * Math.Cos(lon * Circle));
        return ((z * Math.Cos(t)) + 0.0065, (z * Math.Sin(t)) + 0.006);
    }
}
