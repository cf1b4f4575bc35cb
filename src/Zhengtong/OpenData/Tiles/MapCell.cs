using System.Globalization;
using Zhengtong.OpenData.Model;
using Zhengtong.OpenData.Portal;
using Zhengtong.OpenData.Tables;

namespace Zhengtong.OpenData.Tiles;

/// <summary>A square of the world in Web Mercator: of 2^zoom by 2^zoom, counted from the west and from the north (XYZ; OGC's WebMercatorQuad).</summary>
/// <param name="Zoom">0 to <see cref="Finest"/>.</param>
/// <param name="X">Column, from 0 in the west.</param>
/// <param name="Y">Row, from 0 in the north.</param>
internal sealed record MapCell(int Zoom, int X, int Y)
{
    /// <summary>The finest level that is answered; maps enlarge it further on their own.</summary>
    internal const int Finest = 22;

    /// <summary>Units that a tile is wide.</summary>
    internal const int Extent = 4096;

    /// <summary>Units around it that are drawn too, so that lines and dots at its sides are whole.</summary>
    internal const int Margin = 64;

    /// <summary>Degrees by which GCJ-02 and BD-09 differ from WGS 84 at most.</summary>
    private const double Shift = 0.02;

    /// <summary>Squares across the world.</summary>
    internal long Across => 1L << Zoom;

    /// <summary>The square of three numbers as an address writes them; null when there is none.</summary>
    internal static MapCell? Of(string zoom, string x, string y) =>
        Number(zoom) is { } z && z <= Finest && Number(x) is { } column && Number(y) is { } row && column < 1 << z && row < 1 << z ? new MapCell(z, column, row) : null;

    /// <summary>The rows whose places may be seen in it.</summary>
    /// <param name="ground">In which system it is drawn.</param>
    internal Condition.Box Box(CoordinateSystem ground)
    {
        var (margin, shift) = ((double)Margin / Extent, ground is CoordinateSystem.Gcj02 or CoordinateSystem.Bd09 ? Shift : 0);
        return new Condition.Box(Math.Max(-180, Longitude(X - margin) - shift), Math.Max(-90, Latitude(Y + 1 + margin) - shift), Math.Min(180, Longitude(X + 1 + margin) + shift), Math.Min(90, Latitude(Y - margin) + shift));
    }

    /// <summary>A place, in degrees of the ground's system, in units of the tile from its upper left corner.</summary>
    internal (double X, double Y) Place(double longitude, double latitude)
    {
        var (x, y) = BaseMap.Project(longitude, latitude);
        return (((x * Across) - X) * Extent, ((y * Across) - Y) * Extent);
    }

    private double Longitude(double column) => (column / Across * 360) - 180;

    private double Latitude(double row) => Math.Atan(Math.Sinh(Math.PI * (1 - (2 * row / Across)))) * 180 / Math.PI;

    private static int? Number(string text) => text.Length is > 0 and < 9 && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
