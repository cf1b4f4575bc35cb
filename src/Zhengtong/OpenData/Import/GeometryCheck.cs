using System.Text.Json;
using NetTopologySuite.Geometries;
using NetTopologySuite.IO.Converters;
using NetTopologySuite.Operation.Valid;

namespace Zhengtong.OpenData.Import;

/// <summary>Checks GeoJSON geometries.</summary>
internal static class GeometryCheck
{
    private static readonly JsonSerializerOptions Options = new() { Converters = { new GeoJsonConverterFactory() }, MaxDepth = 64 };

    /// <summary>What is wrong with a geometry: its rings, its numbers, its form; null when nothing is.</summary>
    internal static string? FaultOf(string geometry)
    {
        try
        {
            if (JsonSerializer.Deserialize<Geometry>(geometry, Options) is not { } shape) { return "no geometry"; }
            foreach (var place in shape.Coordinates)
            {
                if (!double.IsFinite(place.X) || !double.IsFinite(place.Y)) { return "a coordinate that is no number"; }
                if (Math.Abs(place.X) > 180 || Math.Abs(place.Y) > 90) { return $"{place.X},{place.Y} are no degrees"; }
            }

            return new IsValidOp(shape).ValidationError is { } fault ? $"{fault.Message} at {fault.Coordinate}" : null;
        }
        // The library says by many exceptions that a geometry is none.
        catch (Exception e) when (e is JsonException or ArgumentException or InvalidOperationException or NotSupportedException or FormatException or IndexOutOfRangeException or NullReferenceException) { return e.Message; }
    }
}
