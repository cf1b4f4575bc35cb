using System.Globalization;
using Microsoft.Extensions.Options;
using Zhengtong.OpenData.Model;

namespace Zhengtong.OpenData.Portal;

/// <summary>The map that lies below the places; settings <c>OpenData:Map</c>. None is shipped: without one every map is drawn on an empty ground.</summary>
internal sealed class BaseMapOptions
{
    /// <summary>Addresses of pictures with <c>{z}</c>, <c>{x}</c> and <c>{y}</c> in them (256 pixels, Web Mercator, XYZ), one upon the other: roads, then names. At most 4.</summary>
    public IList<string> Tiles { get; init; } = [];

    /// <summary>Address of a style of a vector tile service (MapLibre Style Specification, JSON) instead of pictures; empty for none. Drawn where scripts run; without them places stand on an empty ground.</summary>
    public string Style { get; set; } = "";

    /// <summary>Other schemes and hosts that the style loads tiles, letters and signs from, such as https://tiles.example.org. At most 8.</summary>
    public IList<string> Hosts { get; init; } = [];

    /// <summary>Who made it and its review number, as its terms want it said; at most 300 characters.</summary>
    public string Attribution { get; set; } = "";

    /// <summary>The finest level there is, 1 to 24. Default 18.</summary>
    public int MostZoom { get; set; } = 18;

    /// <summary>The coordinate system of its pictures: Wgs84 (Cgcs2000 is the same on this scale) or Gcj02, which most commercial services use. Default Wgs84.</summary>
    public CoordinateSystem System { get; set; } = CoordinateSystem.Wgs84;
}

/// <summary>Refuses settings that no picture could come of.</summary>
internal sealed class BaseMapCheck : IValidateOptions<BaseMapOptions>
{
    public ValidateOptionsResult Validate(string? name, BaseMapOptions options)
    {
        if (options.Tiles.Count > 4) { return ValidateOptionsResult.Fail("OpenData:Map:Tiles: at most 4"); }
        foreach (var tiles in options.Tiles)
        {
            var isAddress = Uri.TryCreate(tiles.Replace("{z}", "0", StringComparison.Ordinal).Replace("{x}", "0", StringComparison.Ordinal).Replace("{y}", "0", StringComparison.Ordinal), UriKind.Absolute, out var address)
                && address.Scheme is "http" or "https" && !tiles.AsSpan().ContainsAny(" ;,'\"");
            if (!isAddress || !tiles.Contains("{z}", StringComparison.Ordinal) || !tiles.Contains("{x}", StringComparison.Ordinal) || !tiles.Contains("{y}", StringComparison.Ordinal))
            {
                return ValidateOptionsResult.Fail($"OpenData:Map:Tiles: '{tiles}' is no http address with {{z}}, {{x}} and {{y}}");
            }
        }

        if (options.Style.Length > 0)
        {
            if (options.Tiles.Count > 0) { return ValidateOptionsResult.Fail("OpenData:Map: Style or Tiles, not both"); }
            if (!IsAddress(options.Style)) { return ValidateOptionsResult.Fail($"OpenData:Map:Style: '{options.Style}' is no http address"); }
        }

        if (options.Hosts.Count > 8) { return ValidateOptionsResult.Fail("OpenData:Map:Hosts: at most 8"); }
        foreach (var host in options.Hosts)
        {
            if (!IsAddress(host) || new Uri(host).PathAndQuery != "/") { return ValidateOptionsResult.Fail($"OpenData:Map:Hosts: '{host}' is no scheme and host, such as https://tiles.example.org"); }
        }

        if (options.MostZoom is < 1 or > 24) { return ValidateOptionsResult.Fail("OpenData:Map:MostZoom: 1 to 24"); }
        return options.System is CoordinateSystem.Wgs84 or CoordinateSystem.Cgcs2000 or CoordinateSystem.Gcj02 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail("OpenData:Map:System: Wgs84, Cgcs2000 or Gcj02");
    }

    private static bool IsAddress(string text) => Uri.TryCreate(text, UriKind.Absolute, out var address) && address.Scheme is "http" or "https" && !text.AsSpan().ContainsAny(" ;,'\"");
}

/// <summary>One picture of the base map in a drawing.</summary>
/// <param name="Address">Where it is.</param>
/// <param name="X">Its left side in the drawing.</param>
/// <param name="Y">Its upper side in the drawing.</param>
/// <param name="Side">How wide and high it is.</param>
internal sealed record MapTile(string Address, double X, double Y, double Side);

/// <summary>The map that lies below the places, and how places stand on it: Web Mercator, the world from 0 to 1 to the east and to the south.</summary>
internal sealed class BaseMap(IOptions<BaseMapOptions> options)
{
    private const int MostAcross = 4;
    private readonly BaseMapOptions o = options.Value;

    /// <summary>Addresses of its pictures; none when there is no base map.</summary>
    internal IReadOnlyList<string> Tiles => [.. o.Tiles];

    /// <summary>Address of the style of a vector tile service; null when there is none.</summary>
    internal string? Style => o.Style.Length > 0 ? o.Style : null;

    /// <summary>Who made it.</summary>
    internal string Attribution => o.Attribution;

    /// <summary>The finest level.</summary>
    internal int MostZoom => o.MostZoom;

    /// <summary>In which system places are drawn.</summary>
    internal CoordinateSystem System => (o.Tiles.Count == 0 && Style is null) || o.System == CoordinateSystem.Cgcs2000 ? CoordinateSystem.Wgs84 : o.System;

    /// <summary>Where it comes from, for the content policy; empty when there is none.</summary>
    internal string Sources => string.Join(' ', o.Tiles.Select(t => t.Replace("{", "", StringComparison.Ordinal).Replace("}", "", StringComparison.Ordinal)).Concat(Style is null ? [] : [Style, .. o.Hosts])
        .Select(t => new Uri(t).GetLeftPart(UriPartial.Authority)).Distinct());

    /// <summary>A place in degrees of <see cref="System"/> on the map.</summary>
    internal static (double X, double Y) Project(double longitude, double latitude)
    {
        var angle = Math.Clamp(latitude, -85.05112878, 85.05112878) * Math.PI / 180;
        return ((longitude + 180) / 360, (1 - (Math.Asinh(Math.Tan(angle)) / Math.PI)) / 2);
    }

    /// <summary>The pictures that cover a part of the world, at most 5 by 5 of each layer.</summary>
    /// <param name="west">Left side, of the world from 0 to 1.</param>
    /// <param name="north">Upper side.</param>
    /// <param name="wide">Width.</param>
    /// <param name="high">Height.</param>
    /// <param name="scale">Units of the drawing that the world is wide.</param>
    internal IReadOnlyList<MapTile> Cover(double west, double north, double wide, double high, double scale)
    {
        if (o.Tiles.Count == 0) { return []; }
        var zoom = (int)Math.Clamp(Math.Floor(Math.Log2(MostAcross / Math.Max(wide, high))), 0, o.MostZoom);
        var (count, tiles) = (1 << zoom, new List<MapTile>());
        foreach (var address in o.Tiles)
        {
            for (var y = Math.Max(0, (int)(north * count)); y < count && y <= (north + high) * count; y++)
            {
                for (var x = Math.Max(0, (int)(west * count)); x < count && x <= (west + wide) * count; x++)
                {
                    var told = address.Replace("{z}", Digits(zoom), StringComparison.Ordinal).Replace("{x}", Digits(x), StringComparison.Ordinal).Replace("{y}", Digits(y), StringComparison.Ordinal);
                    tiles.Add(new MapTile(told, ((double)x / count * scale) - (west * scale), ((double)y / count * scale) - (north * scale), scale / count));
                }
            }
        }

        return tiles;
    }

    private static string Digits(int number) => number.ToString(CultureInfo.InvariantCulture);
}
