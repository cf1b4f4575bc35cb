namespace Zhengtong.OpenData.Model;

/// <summary>Coordinates of one system in another; longitude first. GCJ-02 and BD-09 follow the publicly known formulas, not an official text, and hold within a metre; outside the
/// rectangle around China they change nothing. CGCS2000 counts as WGS 84, from which it differs by decimetres.</summary>
internal static class Coordinates
{
    /// <summary>Semi-major axis of the Krasovsky ellipsoid, metres.</summary>
    private const double Axis = 6378245.0;

    /// <summary>Its first eccentricity, squared.</summary>
    private const double Eccentricity = 0.00669342162296594323;

    private const double BaiduTurn = Math.PI * 3000.0 / 180.0;

    /// <summary>The place in WGS 84.</summary>
    internal static (double Longitude, double Latitude) ToWgs84(double longitude, double latitude, CoordinateSystem from) => from switch
    {
        CoordinateSystem.Gcj02 => Undo(longitude, latitude, GcjOfWgs),
        CoordinateSystem.Bd09 => Undo(longitude, latitude, BaiduOfWgs),
        _ => (longitude, latitude),
    };

    /// <summary>A place of WGS 84 in another system.</summary>
    internal static (double Longitude, double Latitude) FromWgs84(double longitude, double latitude, CoordinateSystem to) => to switch
    {
        CoordinateSystem.Gcj02 => GcjOfWgs(longitude, latitude),
        CoordinateSystem.Bd09 => BaiduOfWgs(longitude, latitude),
        _ => (longitude, latitude),
    };

    private static (double Longitude, double Latitude) GcjOfWgs(double longitude, double latitude)
    {
        if (longitude is < 72.004 or > 137.8347 || latitude is < 0.8293 or > 55.8271) { return (longitude, latitude); }
        var (x, y) = (longitude - 105.0, latitude - 35.0);
        var common = (20.0 * Math.Sin(6.0 * x * Math.PI) + 20.0 * Math.Sin(2.0 * x * Math.PI)) * 2.0 / 3.0;
        var root = Math.Sqrt(Math.Abs(x));
        var north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + common
            + (20.0 * Math.Sin(y * Math.PI) + 40.0 * Math.Sin(y / 3.0 * Math.PI) + 160.0 * Math.Sin(y / 12.0 * Math.PI) + 320.0 * Math.Sin(y * Math.PI / 30.0)) * 2.0 / 3.0;
        var east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + common
            + (20.0 * Math.Sin(x * Math.PI) + 40.0 * Math.Sin(x / 3.0 * Math.PI) + 150.0 * Math.Sin(x / 12.0 * Math.PI) + 300.0 * Math.Sin(x / 30.0 * Math.PI)) * 2.0 / 3.0;
        var radians = latitude / 180.0 * Math.PI;
        var sine = Math.Sin(radians);
        var w = 1.0 - Eccentricity * sine * sine;
        return (longitude + east * 180.0 / (Axis / Math.Sqrt(w) * Math.Cos(radians) * Math.PI), latitude + north * 180.0 / (Axis * (1.0 - Eccentricity) / (w * Math.Sqrt(w)) * Math.PI));
    }

    private static (double Longitude, double Latitude) BaiduOfWgs(double longitude, double latitude)
    {
        var (x, y) = GcjOfWgs(longitude, latitude);
        if (x == longitude && y == latitude) { return (x, y); }
        var z = Math.Sqrt(x * x + y * y) + 0.00002 * Math.Sin(y * BaiduTurn);
        var angle = Math.Atan2(y, x) + 0.000003 * Math.Cos(x * BaiduTurn);
        return (z * Math.Cos(angle) + 0.0065, z * Math.Sin(angle) + 0.006);
    }

    /// <summary>The formulas have no inverse; the shift changes slowly, so a few steps come below a millimetre.</summary>
    private static (double Longitude, double Latitude) Undo(double longitude, double latitude, Func<double, double, (double Longitude, double Latitude)> shift)
    {
        var (x, y) = (longitude, latitude);
        for (var step = 0; step < 8; step++)
        {
            var (there, up) = shift(x, y);
            (x, y) = (x + longitude - there, y + latitude - up);
        }

        return (x, y);
    }
}
