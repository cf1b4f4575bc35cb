using System.Globalization;
using Zhengtong.Cloud.Model;

namespace Zhengtong.Cloud.Views;

/// <summary>Where things stand in the picture of a department's topology: systems on the left, their resources in the middle, the networks on the right. Units are those of the drawing.</summary>
internal sealed class TopologyDrawing
{
    internal const int Width = 1000;
    private const int Row = 44;
    private const int Top = 20;
    private const int Letters = 22;
    private const int MostDrawn = 60;

    private TopologyDrawing(IReadOnlyList<Box> boxes, IReadOnlyList<Line> lines, int height, int leftOut) => (Boxes, Lines, Height, LeftOut) = (boxes, lines, height, leftOut);

    internal IReadOnlyList<Box> Boxes { get; }

    internal IReadOnlyList<Line> Lines { get; }

    internal int Height { get; }

    /// <summary>Resources that the picture has no room for; the table has them.</summary>
    internal int LeftOut { get; }

    internal static TopologyDrawing Of(CloudTopology topology)
    {
        var order = topology.Systems.Select(s => s.Id).ToList();
        var drawn = topology.Resources.OrderBy(r => order.IndexOf(r.SystemId)).ThenBy(r => r.Network).Take(MostDrawn).ToList();
        var systems = topology.Systems.Where(s => drawn.Exists(r => r.SystemId == s.Id)).Concat(topology.Systems.Where(s => topology.Resources.All(r => r.SystemId != s.Id)).Take(MostDrawn)).ToList();
        var rows = Math.Max(1, Math.Max(drawn.Count, Math.Max(systems.Count, topology.Networks.Count)));
        var height = (2 * Top) + (rows * Row);
        var boxes = new List<Box>();
        double Middle(int n, int of) => Top + ((n + 0.5) * (height - (2.0 * Top)) / Math.Max(1, of));
        var (left, right) = (new Dictionary<Guid, double>(), new Dictionary<int, double>());
        foreach (var (n, system) in systems.Index())
        {
            left[system.Id] = Middle(n, systems.Count);
            boxes.Add(new Box("system", 20, left[system.Id], 230, Fit(system.Name), system.Name));
        }

        foreach (var (n, network) in topology.Networks.Index())
        {
            var words = network.Pool.Length > 0 ? network.Pool : Web.Show.Word("cloud", network.Zone);
            right[n] = Middle(n, topology.Networks.Count);
            boxes.Add(new Box("network", 750, right[n], 230, Fit(words), $"{Web.Show.Word("cloud", network.Zone)} {words} {network.Range}".Trim()));
        }

        var lines = new List<Line>();
        foreach (var (n, resource) in drawn.Index())
        {
            var y = Middle(n, drawn.Count);
            boxes.Add(new Box(resource.State is CloudResourceState.Lost or CloudResourceState.Failed ? "resource alarm" : "resource", 385, y, 230, Fit(resource.Name),
                $"{resource.Number} {resource.Name}: {Web.Show.Word("cloud", resource.State)} {resource.Address}".TrimEnd()));
            if (left.TryGetValue(resource.SystemId, out var from)) { lines.Add(new Line(250, from, 385, y)); }
            if (right.TryGetValue(resource.Network, out var to)) { lines.Add(new Line(615, y, 750, to)); }
        }

        return new TopologyDrawing(boxes, lines, height, topology.Total - drawn.Count);
    }

    private static string Fit(string words) => new StringInfo(words) is { LengthInTextElements: > Letters } whole ? whole.SubstringByTextElements(0, Letters - 1) + "…" : words;

    /// <summary>A box with words in it; Y is its middle.</summary>
    internal sealed record Box(string Class, double X, double Y, double Width, string Words, string Told)
    {
        internal string Left => X.ToString("0.#", CultureInfo.InvariantCulture);

        internal string Upper => (Y - 15).ToString("0.#", CultureInfo.InvariantCulture);

        internal string Wide => Width.ToString("0.#", CultureInfo.InvariantCulture);

        internal string TextX => (X + (Width / 2)).ToString("0.#", CultureInfo.InvariantCulture);

        internal string TextY => (Y + 5).ToString("0.#", CultureInfo.InvariantCulture);
    }

    /// <summary>What belongs together.</summary>
    internal sealed record Line(double X1, double Y1, double X2, double Y2)
    {
        internal string Path => string.Create(CultureInfo.InvariantCulture, $"M{X1:0.#} {Y1:0.#}C{(X1 + X2) / 2:0.#} {Y1:0.#} {(X1 + X2) / 2:0.#} {Y2:0.#} {X2:0.#} {Y2:0.#}");
    }
}
