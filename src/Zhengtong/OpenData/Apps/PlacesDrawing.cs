using Zhengtong.OpenData.Model;
using Zhengtong.OpenData.Portal;

namespace Zhengtong.OpenData.Apps;

/// <summary>Places as dots on the ground that <see cref="BaseMap"/> gives, each a link; public because a component takes it, what it holds is not.</summary>
public sealed class PlacesDrawing
{
    private const double Long = 1000;
    private const double Margin = 40;

    /// <summary>Least that is shown of the world, from 0 to 1: about three kilometres, so that one place has its surroundings.</summary>
    private const double Least = 0.0001;

    internal IReadOnlyList<(GuidePlace Place, double X, double Y)> Dots { get; init; } = null!;

    internal double Width { get; init; }

    internal double Height { get; init; }

    internal (double West, double North, double Scale) Frame { get; init; }

    internal IReadOnlyList<MapTile> Tiles { get; init; } = null!;

    internal BaseMap Ground { get; init; } = null!;

    /// <summary>The drawing; null when nothing has a place.</summary>
    internal static PlacesDrawing? Of(IReadOnlyList<GuidePlace> places, BaseMap ground)
    {
        var placed = places.Where(p => p.Place is not null).Select(p =>
        {
            var (longitude, latitude) = Coordinates.FromWgs84(p.Place!.Value.Longitude, p.Place.Value.Latitude, ground.System);
            var (x, y) = BaseMap.Project(longitude, latitude);
            return (Place: p, X: x, Y: y);
        }).ToList();
        if (placed.Count == 0) { return null; }
        var (wide, high) = (Math.Max(Least, placed.Max(p => p.X) - placed.Min(p => p.X)), Math.Max(Least * 0.75, placed.Max(p => p.Y) - placed.Min(p => p.Y)));
        var scale = (Long - (2 * Margin)) / Math.Max(wide, high);
        var (width, height) = ((wide * scale) + (2 * Margin), (high * scale) + (2 * Margin));
        var west = ((placed.Max(p => p.X) + placed.Min(p => p.X)) / 2) - (width / scale / 2);
        var north = ((placed.Max(p => p.Y) + placed.Min(p => p.Y)) / 2) - (height / scale / 2);
        return new PlacesDrawing
        {
            Dots = [.. placed.Select(p => (p.Place, Math.Round((p.X - west) * scale, 1), Math.Round((p.Y - north) * scale, 1)))],
            Width = Math.Round(width, 1),
            Height = Math.Round(height, 1),
            Frame = (west, north, scale),
            Tiles = ground.Cover(west, north, width / scale, height / scale, scale),
            Ground = ground,
        };
    }
}
