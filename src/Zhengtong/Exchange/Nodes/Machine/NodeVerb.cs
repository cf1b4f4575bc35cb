using System.CommandLine;
using Zhengtong.Exchange.Model;
using Zhengtong.Kernel;

namespace Zhengtong.Exchange.Nodes.Machine;

/// <summary><c>zhengtong node</c>: a department's front-end node 前置机 on its own machine.</summary>
internal static class NodeVerb
{
    internal static readonly Option<DirectoryInfo> Data = new("--data")
    {
        Description = "Folder of the node: its keys, its queue, its last good configuration",
        DefaultValueFactory = _ => new DirectoryInfo(Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.Create), "zhengtong-node")),
    };

    internal static Command Verb() => new("node", "A department's front-end node, which only dials out") { Enrol(), Source(), Run(), Status(), NodeQuarantineVerb.Verb(), NodeDifferencesVerb.Verb() };

    private static Command Enrol()
    {
        var platform = new Option<string>("--platform") { Description = "Address of the platform, for example https://share.example.gov.cn", Required = true };
        var token = new Option<string?>("--token") { Description = "The one-time token; without it a line is read from standard input" };
        var command = new Command("enrol", "Make keys and become a node by a one-time token") { platform, token, Data };
        command.SetAction((parsed, ct) => EnrolAsync(parsed.GetValue(Data)!.FullName, parsed.GetValue(platform)!, parsed.GetValue(token), Console.In, Console.Out, ct));
        return command;
    }

    private static Command Source()
    {
        var name = new Option<string>("--name") { Description = "What the platform calls the database, 2 to 60 characters", Required = true };
        var kind = new Option<DataSourceKind>("--kind") { Description = "postgres, mySql or sqlite", Required = true };
        var command = new Command("source", "Name a database of the department; its connection is read from standard input and stays here") { name, kind, Data };
        command.SetAction((parsed, ct) => SourceAsync(parsed.GetValue(Data)!.FullName, parsed.GetValue(name)!, parsed.GetValue(kind), Console.In, Console.Out, ct));
        return command;
    }

    private static Command Run()
    {
        var urls = new Option<string>("--urls") { Description = "Loopback address of the status page; port 0 takes a free one", DefaultValueFactory = _ => "http://127.0.0.1:5081" };
        var command = new Command("run", "Work as the node") { urls, Data };
        command.SetAction((parsed, ct) => NodeProgram.RunAsync(new NodeFolder(parsed.GetValue(Data)!.FullName), parsed.GetValue(urls)!, ct));
        return command;
    }

    private static Command Status()
    {
        var command = new Command("status", "Say how the node stands; exit code 0 when all is well") { Data };
        command.SetAction((parsed, ct) => StatusAsync(parsed.GetValue(Data)!.FullName, Console.Out));
        return command;
    }

    /// <summary>0 enrolled, 1 the platform refuses or is away, 6 an address that cannot be right, 7 the folder is another node's or in use.</summary>
    internal static Task<int> EnrolAsync(string data, string platform, string? token, TextReader input, TextWriter output, CancellationToken ct) => RefusedToStartException.GuardAsync(async () =>
    {
        if (!Uri.TryCreate(platform, UriKind.Absolute, out var address) || !(address.Scheme == Uri.UriSchemeHttps || (address.Scheme == Uri.UriSchemeHttp && address.IsLoopback)))
        {
            throw new RefusedToStartException(6, Text.Of("exchange.node-verb.platform-address", platform));
        }

        var folder = new NodeFolder(data);
        await using var alone = folder.TryLock() ?? throw new RefusedToStartException(7, Text.Of("exchange.node-verb.in-use", folder.Root));
        var secret = token ?? await input.ReadLineAsync(ct) ?? "";
        // Another node's queue and keys must not become this one's.
        if (folder.Identity is { } before && NodeToken.Parse(secret) is { } named && named.Node != before.Node) { throw new RefusedToStartException(7, Text.Of("exchange.node-verb.other-node", folder.Root, before.Name)); }
        try
        {
            var identity = await PlatformLine.EnrolAsync(folder, new Uri(address.GetLeftPart(UriPartial.Authority)), secret, TimeProvider.System, ct);
            await output.WriteLineAsync(Text.Of("exchange.node-verb.enrolled", identity.Name, identity.OrganisationName));
            return 0;
        }
        catch (PlatformRefusedException refused) { await output.WriteLineAsync(Text.Of("exchange.node-verb.refused", NodeStatus.TitleOf(refused.Code), refused.Code)); }
        catch (PlatformAwayException away) { await output.WriteLineAsync(Text.Of("exchange.node-verb.away", address, away.Message)); }
        return 1;
    }, ct);

    /// <summary>0 noted, 6 a name or connection that cannot be right.</summary>
    internal static Task<int> SourceAsync(string data, string name, DataSourceKind kind, TextReader input, TextWriter output, CancellationToken ct) => RefusedToStartException.GuardAsync(async () =>
    {
        var connection = (await input.ReadLineAsync(ct))?.Trim() ?? "";
        if (name.Length is < 2 or > 60 || connection.Length == 0 || (kind == DataSourceKind.Sqlite && !Path.IsPathFullyQualified(connection))) { throw new RefusedToStartException(6, Text.Of("exchange.node-verb.source-unfit")); }
        new NodeFolder(data).Keep(new NodeConnection(name, kind, connection));
        await output.WriteLineAsync(Text.Of("exchange.node-verb.source-kept", name));
        return 0;
    }, ct);

    /// <summary>0 when all is well, 1 when something is not, 7 when it is not enrolled.</summary>
    internal static async Task<int> StatusAsync(string data, TextWriter output)
    {
        var folder = new NodeFolder(data);
        if (folder.Identity is not { } identity || folder.Certificate is not { } certificate)
        {
            await output.WriteLineAsync(Text.Of("exchange.node-verb.not-enrolled", folder.Root));
            return 7;
        }

        bool isRunning;
        await using (var free = folder.TryLock()) { isRunning = free is null; }
        var status = new NodeStatus(identity, certificate.Until, folder.Report, isRunning);
        await output.WriteLineAsync(Text.Of("exchange.node-status.title", identity.Name));
        foreach (var (label, value) in NodeStatusText.FactsOf(status)) { await output.WriteLineAsync($"  {label}: {value}"); }
        foreach (var source in status.Report?.Sources ?? []) { await output.WriteLineAsync($"  {source.Name}: {NodeStatus.TitleOf(source.Problem)}"); }
        foreach (var half in status.Report?.Deliveries ?? []) { await output.WriteLineAsync($"  {half.Resource} ({Show(half.Role)}): {NodeStatusText.StateOf(half)}"); }
        foreach (var line in NodeStatusText.FilesOf(status)) { await output.WriteLineAsync($"  {line}"); }
        await output.WriteLineAsync(Text.Of(status.IsWell ? "exchange.node-status.all-well" : "exchange.node-status.not-well"));
        return status.IsWell ? 0 : 1;

        static string Show(NodeRole role) => Zhengtong.Web.Show.Word("exchange", role);
    }
}
