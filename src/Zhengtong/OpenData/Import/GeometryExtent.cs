using System.Text;
using System.Text.Json;
using Zhengtong.OpenData.Model;

namespace Zhengtong.OpenData.Import;

/// <summary>West, south, east and north of places in WGS 84.</summary>
internal struct GeometryExtent()
{
    internal double West { get; private set; } = double.PositiveInfinity;

    internal double South { get; private set; } = double.PositiveInfinity;

    internal double East { get; private set; } = double.NegativeInfinity;

    internal double North { get; private set; } = double.NegativeInfinity;

    /// <summary>True when no place was added.</summary>
    internal readonly bool IsEmpty => West > East;

    /// <summary>Adds a place in WGS 84.</summary>
    internal void Add(double longitude, double latitude)
    {
        West = Math.Min(West, longitude);
        East = Math.Max(East, longitude);
        South = Math.Min(South, latitude);
        North = Math.Max(North, latitude);
    }

    /// <summary>Adds another extent.</summary>
    internal void Add(GeometryExtent other)
    {
        if (other.IsEmpty) { return; }
        Add(other.West, other.South);
        Add(other.East, other.North);
    }

    /// <summary>The extent of a GeoJSON geometry; empty when it has no coordinates or is no JSON. Every array of two or more numbers under <c>coordinates</c> is a place.</summary>
    internal static GeometryExtent Of(string geometry, CoordinateSystem system)
    {
        var extent = new GeometryExtent();
        var bytes = Encoding.UTF8.GetBytes(geometry);
        var reader = new Utf8JsonReader(bytes, new JsonReaderOptions { MaxDepth = 64 });
        try
        {
            var (place, first, inside) = (0, 0d, -1);
            while (reader.Read())
            {
                switch (reader.TokenType)
                {
                    case JsonTokenType.PropertyName when inside < 0 && reader.ValueTextEquals("coordinates"u8):
                        inside = reader.CurrentDepth;
                        break;
                    case JsonTokenType.StartArray:
                        place = 0;
                        break;
                    case JsonTokenType.Number when inside >= 0:
                        if (place == 0) { first = reader.GetDouble(); }
                        if (place == 1)
                        {
                            var (longitude, latitude) = Coordinates.ToWgs84(first, reader.GetDouble(), system);
                            extent.Add(longitude, latitude);
                        }

                        place++;
                        break;
                    case JsonTokenType.EndArray when reader.CurrentDepth <= inside:
                        inside = -1;
                        break;
                }
            }
        }
        catch (JsonException) { return new GeometryExtent(); }
        return extent;
    }
}
