using System.CommandLine;
using Zhengtong.Exchange.Engine;
using Zhengtong.Exchange.Quality;
using Zhengtong.Exchange.Reconciliations;
using Zhengtong.Kernel;
using Zhengtong.Web;

namespace Zhengtong.Exchange.Nodes.Machine;

/// <summary><c>zhengtong node differences</c>: names the rows that a reconciliation found different. The platform knows digests alone; this node reads its table once and shows the keys of those it has.</summary>
internal static class NodeDifferencesVerb
{
    internal static Command Verb()
    {
        var reconciliation = new Option<Guid>("--reconciliation") { Description = "Id of the reconciliation, as the platform's page names it", Required = true };
        var command = new Command("differences", "Show the keys of the rows that a reconciliation found different") { reconciliation, NodeVerb.Data };
        command.SetAction((parsed, ct) => RunAsync(parsed.GetValue(NodeVerb.Data)!.FullName, parsed.GetValue(reconciliation), Console.Out, ct));
        return command;
    }

    /// <summary>0 shown, 1 nothing is known of the reconciliation or its table is not reached, 7 not enrolled.</summary>
    internal static async Task<int> RunAsync(string data, Guid reconciliation, TextWriter output, CancellationToken ct)
    {
        var folder = new NodeFolder(data);
        if (folder.Identity is not { } identity || folder.Configuration is not { } kept || NodeConfigurations.Read(kept, identity) is not { } configuration)
        {
            await output.WriteLineAsync(Text.Of("exchange.node-verb.not-enrolled", folder.Root));
            return 7;
        }

        await using var queue = await NodeQueue.OpenAsync(folder.Of("node.db"), TimeProvider.System, ct);
        var shown = 0;
        foreach (var (role, delivery, salt, differences) in await queue.DifferencesAsync(reconciliation, ct))
        {
            if (configuration.Deliveries.FirstOrDefault(d => d.Id == delivery && d.Role == role) is not { } task || folder.Connections.FirstOrDefault(c => c.Name == task.Source) is not { } connection) { continue; }
            await output.WriteLineAsync(Text.Of("exchange.node-verb.differences", task.Terms.ResourceName, differences.Count));
            try { await ShowAsync(folder, task, connection, NodeWork.PurposeOf(reconciliation, role), salt, differences, output, ct); }
            catch (ExchangeFault fault)
            {
                await output.WriteLineAsync(NodeStatus.TitleOf(fault.Type.Code));
                return 1;
            }

            shown++;
        }

        if (shown == 0) { await output.WriteLineAsync(Text.Of("exchange.node-verb.no-differences", reconciliation)); }
        return shown == 0 ? 1 : 0;
    }

    private static async Task ShowAsync(
        NodeFolder folder, NodeDelivery task, NodeConnection connection, string purpose, byte[] salt, IReadOnlyList<Difference> differences, TextWriter output, CancellationToken ct)
    {
        var (vault, terms, settings) = (folder.OpenVault(), task.Terms, new NodeSettings());
        var database = DepartmentDatabases.Connect(connection.Kind, connection.Connection, new DeliveredIndexes(folder.Of("indexes"), vault), settings.MySqlLagSeconds, settings.SilenceSeconds);
        var (digests, kinds) = (new RowDigests(terms.Items, vault.Open(salt, purpose)), differences.ToDictionary(d => d.Digest!, d => d.Kind));
        var (side, table) = (task.Role == NodeRole.Provider ? Side.Source : Side.Target, new TableName(task.Schema, task.Table));
        var masking = task.Role == NodeRole.Provider ? new Masking(terms.Items, DeliverySecrets.Of(folder.MaskSecret(), terms.Consumer, task.Id).Mask) : null;
        await using var source = side == Side.Source
            ? await Delivering.Explained(database, side, () => database.OpenSourceAsync(task.Reads, ct))
            : await SideReading.OpenAsync(new ReceivingRoute(task.Id, terms, database, table), task.BatchRows, task.BatchBytes, ct);
        await using var groups = source.AllAsync(null, ct).GetAsyncEnumerator(ct);
        while (await Delivering.Explained(database, side, async () => await groups.MoveNextAsync()))
        {
            var columns = masking?.Mask(groups.Current.Columns, groups.Current.Rows) ?? groups.Current.Columns;
            for (var row = 0; row < groups.Current.Rows; row++)
            {
                if (kinds.TryGetValue(digests.HexOf(columns, row), out var kind)) { await output.WriteLineAsync($"  {Show.Word("exchange", kind)}: {string.Join(" / ", digests.TextOf(columns, row))}"); }
            }
        }
    }
}
