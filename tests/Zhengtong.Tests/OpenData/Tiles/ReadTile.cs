using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.OpenData.Tiles;

/// <summary>A feature as another program found it in a tile.</summary>
/// <param name="Id">Its number.</param>
/// <param name="Type">1 points, 2 lines, 3 areas.</param>
/// <param name="Properties">Its properties.</param>
/// <param name="Parts">Its points, lines or rings in units of the tile.</param>
/// <param name="Areas">Rings of each area, the outer one and its holes.</param>
/// <param name="Place">The same as a GeoJSON geometry in degrees.</param>
internal sealed record TileFeature(long Id, int Type, JsonElement Properties, IReadOnlyList<IReadOnlyList<(int X, int Y)>> Parts, IReadOnlyList<int> Areas, JsonElement Place)
{
    /// <summary>Its first position.</summary>
    internal (double Longitude, double Latitude) Degrees
    {
        get
        {
            var at = Place.GetProperty("coordinates");
            while (at[0].ValueKind == JsonValueKind.Array) { at = at[0]; }
            return (at[0].GetDouble(), at[1].GetDouble());
        }
    }
}

/// <summary>Reads tiles with the readers of the web's maps, which know nothing of what wrote them.</summary>
internal static class ReadTile
{
    /// <summary>The features of the one layer, which must be of version 2 and the usual extent.</summary>
    internal static async Task<IReadOnlyList<TileFeature>> OfAsync(byte[] tile, int z, int x, int y)
    {
        string[] arguments = [Repository.Path("tests", "Zhengtong.Tests", "OpenData", "Tiles", "read_tile.mjs"), .. ((int[])[z, x, y]).Select(n => n.ToString(CultureInfo.InvariantCulture))];
        using var run = Process.Start(new ProcessStartInfo("node", arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, StandardOutputEncoding = Encoding.UTF8 })!;
        var (errors, output) = (run.StandardError.ReadToEndAsync(), run.StandardOutput.ReadToEndAsync());
        await run.StandardInput.BaseStream.WriteAsync(tile);
        run.StandardInput.Close();
        await run.WaitForExitAsync();
        run.ExitCode.ShouldBe(0, await errors);
        using var found = JsonDocument.Parse(await output);
        var layer = found.RootElement.EnumerateObject().Single();
        layer.Name.ShouldBe("rows");
        layer.Value.GetProperty("version").GetInt32().ShouldBe(2);
        layer.Value.GetProperty("extent").GetInt32().ShouldBe(4096);
        return [.. layer.Value.GetProperty("features").EnumerateArray().Select(f => new TileFeature(f.GetProperty("id").GetInt64(), f.GetProperty("type").GetInt32(), f.GetProperty("properties").Clone(),
            [.. f.GetProperty("parts").EnumerateArray().Select(p => (IReadOnlyList<(int, int)>)[.. p.EnumerateArray().Select(c => (c[0].GetInt32(), c[1].GetInt32()))])],
            [.. f.GetProperty("areas").EnumerateArray().Select(a => a.GetInt32())], f.GetProperty("place").Clone()))];
    }
}
