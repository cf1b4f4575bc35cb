using System.CommandLine;
using Zhengtong.Demonstration;
using Zhengtong.Exchange.Evidence;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Ledger;
using Zhengtong.Kernel.Regions;

namespace Zhengtong;

/// <summary>The program's verbs: serve (the default), demo, verify, import, node.</summary>
internal static class Verbs
{
    private static readonly Option<string> Urls = new("--urls")
    {
        Description = "Addresses to listen on, for example http://127.0.0.1:5080; port 0 takes a free one",
        DefaultValueFactory = _ => "http://127.0.0.1:5080",
    };

    private static readonly Option<DirectoryInfo> Data = new("--data")
    {
        Description = "Folder below which everything is written",
        DefaultValueFactory = _ => new DirectoryInfo(Path.Combine(
            Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.Create), "zhengtong")),
    };

    private static readonly Option<string?> Database = new("--database")
    {
        Description = "PostgreSQL connection string; without it the embedded SQLite database is used",
    };

    internal static RootCommand Root()
    {
        var root = new RootCommand("Zhengtong 政通, the cloud-based e-government public platform") { Urls, Data, Database };
        root.SetAction((parsed, ct) => Platform.RunAsync(DeploymentOf(parsed, demo: false), ct));
        root.Subcommands.Add(Serve("serve", "Serve the platform", demo: false));
        root.Subcommands.Add(Serve("demo", "Serve the platform with a demonstration province", demo: true));
        root.Subcommands.Add(Exchange.Nodes.Machine.NodeVerb.Verb());
        root.Subcommands.Add(VerifyEvidence.Extend(new Command("verify", Text.Of("kernel.verify.command")) { VerifyLedger.Command(), Exchange.Slices.VerifyReceipt.Verb() }));
        root.Subcommands.Add(new Command("import", Text.Of("kernel.import.verb")) { Divisions() });
        return root;
    }

    private static Command Divisions()
    {
        var command = new Command("divisions", Text.Of("kernel.import.command")) { Data, Database, ImportDivisions.Source };
        command.SetAction((parsed, ct) => RefusedToStartException.GuardAsync(() => ImportDivisions.RunAsync(
            new Deployment(parsed.GetValue(Data)!.FullName, parsed.GetValue(Database), "http://127.0.0.1:0", Demo: false), parsed.GetValue(ImportDivisions.Source), ct), ct));
        return command;
    }

    private static Command Serve(string name, string description, bool demo)
    {
        if (demo) { return DemoVerb.Command(name, description, Urls, Database); }
        var command = new Command(name, description) { Urls, Data, Database };
        command.SetAction((parsed, ct) => Platform.RunAsync(DeploymentOf(parsed, demo: false), ct));
        return command;
    }

    private static Deployment DeploymentOf(ParseResult parsed, bool demo) =>
        new(parsed.GetValue(Data)!.FullName, parsed.GetValue(Database), parsed.GetValue(Urls)!, demo);
}
