using System.CommandLine;
using System.Text.Json;
using Zhengtong.Exchange.Engine;
using Zhengtong.Exchange.Quality;
using Zhengtong.Kernel;
using Zhengtong.Web;

namespace Zhengtong.Exchange.Nodes.Machine;

/// <summary><c>zhengtong node quarantine</c>: the rows that this node holds back, and the values of one of them. Only who may read the node's folder sees them; the platform has neither.</summary>
internal static class NodeQuarantineVerb
{
    internal static Command Verb()
    {
        var row = new Option<Guid?>("--row") { Description = "Id of a row, as the platform's page and the list name it: show its values" };
        var command = new Command("quarantine", "List the rows that did not pass their checks, or show one") { row, NodeVerb.Data };
        command.SetAction((parsed, ct) => RunAsync(parsed.GetValue(NodeVerb.Data)!.FullName, parsed.GetValue(row), Console.Out, ct));
        return command;
    }

    /// <summary>0 shown, 1 no such row, 7 nothing has begun in the folder.</summary>
    internal static async Task<int> RunAsync(string data, Guid? row, TextWriter output, CancellationToken ct)
    {
        var folder = new NodeFolder(data);
        if (!File.Exists(folder.Of("node.db")))
        {
            await output.WriteLineAsync(Text.Of("exchange.node-verb.not-enrolled", folder.Root));
            return 7;
        }

        await using var queue = await NodeQueue.OpenAsync(folder.Of("node.db"), TimeProvider.System, ct);
        var held = await queue.ListHeldAsync(ct);
        if (row is not { } id)
        {
            await output.WriteLineAsync(Text.Of("exchange.node-verb.quarantined", held.Count));
            foreach (var one in held) { await output.WriteLineAsync($"  {one.Id}  {Show.Exactly(one.At)}  {QuarantinePage.SaidOf(one.Reasons)}"); }
            return 0;
        }

        var half = (await queue.BegunAsync(ct)).FirstOrDefault(b => held.Any(h => h.Id == id && h.Delivery == b.Delivery)).Half;
        if (half is null)
        {
            await output.WriteLineAsync(Text.Of("exchange.node-verb.not-quarantined", id));
            return 1;
        }

        var found = held.Single(h => h.Id == id);
        var terms = JsonSerializer.Deserialize<NodeDelivery>(half, CanonicalJson.Options)!.Terms;
        var columns = RowBytes.Read(terms.Items, folder.OpenVault().Open(found.Row, QuarantinedRow.PurposeOf(id)));
        await output.WriteLineAsync($"{terms.ResourceName}: {QuarantinePage.SaidOf(found.Reasons)}");
        foreach (var (item, column) in terms.Items.Zip(columns))
        {
            await output.WriteLineAsync($"  {item.Name} ({item.Column}): {(column.IsNull(0) ? Text.Of("exchange.quarantine.null") : PostgresSource.TextOf(column, 0))}");
        }

        return 0;
    }
}
