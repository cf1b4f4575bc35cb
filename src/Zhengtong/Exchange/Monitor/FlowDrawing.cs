using System.Globalization;

namespace Zhengtong.Exchange.Monitor;

/// <summary>Where departments and flows stand in the picture: departments around an ellipse, so that no line runs through a name; of two departments one curve each way,
/// as wide as what flows. Only places and widths; how it looks is the style's.</summary>
internal sealed class FlowDrawing
{
    /// <summary>Most departments drawn; those with the most traffic. The table below names all.</summary>
    internal const int Most = 24;

    private const double Width = 960;
    private const double Height = 540;

    private FlowDrawing(IReadOnlyList<Node> nodes, IReadOnlyList<Edge> edges, int leftOut) => (Nodes, Edges, LeftOut) = (nodes, edges, leftOut);

    internal static string ViewBox => string.Create(CultureInfo.InvariantCulture, $"0 0 {Width} {Height}");

    internal IReadOnlyList<Node> Nodes { get; }

    internal IReadOnlyList<Edge> Edges { get; }

    /// <summary>Departments that are not drawn.</summary>
    internal int LeftOut { get; }

    internal static FlowDrawing Of(IReadOnlyList<FlowSummary> flows)
    {
        var pairs = flows.GroupBy(f => (f.ProviderId, f.ConsumerId)).Select(g => new
        {
            g.Key.ProviderId, g.Key.ConsumerId, g.First().Provider, g.First().ProviderShortName, g.First().Consumer, g.First().ConsumerShortName, Flows = g.ToList(), Bytes = g.Sum(f => f.BytesPerMinute), Moves = g.Any(f => f.UnitsPerMinute > 0),
        }).ToList();
        var traffic = new Dictionary<Guid, (string Name, string Short, decimal Units, int Pairs)>();
        foreach (var pair in pairs)
        {
            foreach (var (id, name, shortName) in new[] { (pair.ProviderId, pair.Provider, pair.ProviderShortName), (pair.ConsumerId, pair.Consumer, pair.ConsumerShortName) })
            {
                var known = traffic.GetValueOrDefault(id);
                traffic[id] = (name, shortName, known.Units + pair.Flows.Sum(f => f.UnitsPerMinute), known.Pairs + 1);
            }
        }

        var drawn = traffic.OrderByDescending(t => t.Value.Units).ThenByDescending(t => t.Value.Pairs).ThenBy(t => t.Value.Name, StringComparer.Ordinal).Take(Most)
            .OrderBy(t => t.Value.Name, StringComparer.Ordinal).ToList();
        var places = new Dictionary<Guid, Node>();
        for (var n = 0; n < drawn.Count; n++)
        {
            var angle = (2 * Math.PI * n / drawn.Count) - (Math.PI / 2);
            var (x, y) = ((Width / 2) + (300 * Math.Cos(angle)), (Height / 2) + (205 * Math.Sin(angle)));
            places[drawn[n].Key] = new Node(drawn[n].Key, drawn[n].Value.Name, drawn[n].Value.Short, x, y, Math.Cos(angle) switch { > 0.25 => "start", < -0.25 => "end", _ => "middle" }, Math.Sin(angle) > 0 ? 1 : -1);
        }

        var most = pairs.Count == 0 ? 0 : pairs.Max(p => p.Bytes);
        return new FlowDrawing([.. places.Values], [.. pairs.Where(p => places.ContainsKey(p.ProviderId) && places.ContainsKey(p.ConsumerId) && p.ProviderId != p.ConsumerId).Select(p =>
        {
            var (from, to) = (places[p.ProviderId], places[p.ConsumerId]);
            return new Edge(from, to, Curve(from, to), 1.5 + (most > 0 ? 8.5 * Math.Log(1 + p.Bytes) / Math.Log(1 + most) : 0), p.Moves, p.Flows.Any(f => f.Alarms.Count > 0), p.Flows);
        })], traffic.Count - drawn.Count);
    }

    /// <summary>From one to the other, bent towards the middle and a little to the right of the way, so that the way back is another.</summary>
    private static string Curve(Node from, Node to)
    {
        var (dx, dy) = (to.X - from.X, to.Y - from.Y);
        var length = Math.Max(1, Math.Sqrt((dx * dx) + (dy * dy)));
        var (ux, uy) = (dx / length, dy / length);
        var (startX, startY, endX, endY) = (from.X + (14 * ux), from.Y + (14 * uy), to.X - (18 * ux), to.Y - (18 * uy));
        var (middleX, middleY) = (((startX + endX) / 2) + ((Width / 2) - ((startX + endX) / 2)) * 0.25 - (uy * 26), ((startY + endY) / 2) + ((Height / 2) - ((startY + endY) / 2)) * 0.25 + (ux * 26));
        return string.Create(CultureInfo.InvariantCulture, $"M{startX:0.#} {startY:0.#}Q{middleX:0.#} {middleY:0.#} {endX:0.#} {endY:0.#}");
    }

    /// <summary>A department.</summary>
    /// <param name="Id">Which.</param>
    /// <param name="Name">Its name.</param>
    /// <param name="ShortName">As officials call it.</param>
    /// <param name="X">To the right.</param>
    /// <param name="Y">Downwards.</param>
    /// <param name="Anchor">Where its words begin: <c>start</c>, <c>middle</c>, <c>end</c>.</param>
    /// <param name="Side">1 below the middle, -1 above.</param>
    internal sealed record Node(Guid Id, string Name, string ShortName, double X, double Y, string Anchor, int Side)
    {
        internal string At => string.Create(CultureInfo.InvariantCulture, $"translate({X:0.#} {Y:0.#})");

        /// <summary>Where its words stand.</summary>
        internal (double X, double Y) Words => Anchor switch { "start" => (16, 5), "end" => (-16, 5), _ => (0, Side > 0 ? 30 : -18) };

        /// <summary>As much of the short name as fits.</summary>
        internal string Fitting => ShortName.Length > 20 ? ShortName[..19] + "…" : ShortName;
    }

    /// <summary>What flows from one department to another under all their agreements.</summary>
    internal sealed record Edge(Node From, Node To, string Path, double Wide, bool Moves, bool HasAlarm, IReadOnlyList<FlowSummary> Flows)
    {
        internal string StrokeWidth => Wide.ToString("0.#", CultureInfo.InvariantCulture);

        internal string Class => HasAlarm ? "flow alarm" : Moves ? "flow moves" : "flow";
    }
}
