namespace Zhengtong.OpenData.Model;

/// <summary>Converts places between the coordinate systems in use. Degrees, longitude first. CGCS2000 counts as WGS 84: they differ by decimetres.
/// GCJ-02 and BD-09 follow the formulas that are publicly known, which are not official; they are good to about a metre.</summary>
internal static class Coordinates
{
    private const double Axis = 6_378_245;
    private const double Eccentricity = 0.006_693_421_622_965_943_23;
    private const double Turn = 3_000 * Math.PI / 180;

    /// <summary>The place in another system; the same where a system is not declared.</summary>
    internal static (double Longitude, double Latitude) Convert(double longitude, double latitude, CoordinateSystem from, CoordinateSystem to)
    {
        var (one, two) = (Steps(from), Steps(to));
        var place = (longitude, latitude);
        // 0 is WGS 84, 1 is GCJ-02, 2 is BD-09.
        for (; one > two; one--) { place = one == 2 ? Inverse(Bd09, place) : Inverse(Gcj02, place); }
        for (; one < two; one++) { place = one == 0 ? Gcj02(place) : Bd09(place); }
        return place;
    }

    private static int Steps(CoordinateSystem system) => system switch { CoordinateSystem.Gcj02 => 1, CoordinateSystem.Bd09 => 2, _ => 0 };

    private static (double, double) Inverse(Func<(double, double), (double, double)> forward, (double Longitude, double Latitude) place)
    {
        var (x, y) = place;
        for (var n = 0; n < 12; n++)
        {
            var (a, b) = forward((x, y));
            (x, y) = (x + place.Longitude - a, y + place.Latitude - b);
        }

        return (x, y);
    }

    private static (double, double) Gcj02((double Longitude, double Latitude) place)
    {
        var (lon, lat) = place;
        // Nothing is shifted outside the country's rectangle.
        if (lon is not (>= 72.004 and <= 137.8347) || lat is not (>= 0.8293 and <= 55.8271)) { return place; }
        var (x, y) = (lon - 105, lat - 35);
        var root = Math.Sqrt(Math.Abs(x));
        var waves = 2.0 / 3 * (20 * Math.Sin(6 * Math.PI * x) + 20 * Math.Sin(2 * Math.PI * x));
        var north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + waves
            + 2.0 / 3 * (20 * Math.Sin(Math.PI * y) + 40 * Math.Sin(Math.PI * y / 3) + 160 * Math.Sin(Math.PI * y / 12) + 320 * Math.Sin(Math.PI * y / 30));
        var east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + waves
            + 2.0 / 3 * (20 * Math.Sin(Math.PI * x) + 40 * Math.Sin(Math.PI * x / 3) + 150 * Math.Sin(Math.PI * x / 12) + 300 * Math.Sin(Math.PI * x / 30));
        var phi = lat * Math.PI / 180;
        var w = 1 - Eccentricity * Math.Sin(phi) * Math.Sin(phi);
        var rootW = Math.Sqrt(w);
        return (lon + 180 * east / (Math.PI * Axis / rootW * Math.Cos(phi)), lat + 180 * north / (Math.PI * Axis * (1 - Eccentricity) / (w * rootW)));
    }

    private static (double, double) Bd09((double Longitude, double Latitude) place)
    {
        var (lon, lat) = place;
        var z = Math.Sqrt(lon * lon + lat * lat) + 0.000_02 * Math.Sin(Turn * lat);
        var t = Math.Atan2(lat, lon) + 0.000_003 * Math.Cos(Turn * lon);
        return (z * Math.Cos(t) + 0.0065, z * Math.Sin(t) + 0.006);
    }
}
