using System.CommandLine;
using Zhengtong.Demonstration;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Ledger;

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
        DefaultValueFactory = _ => OwnFolder("zhengtong"),
    };

    private static readonly Option<DirectoryInfo?> DemoData = new("--data")
    {
        Description = "Folder below which everything is written; with --once a temporary one, removed at the end, unless named",
    };

    private static readonly Option<bool> OnceOnly = new("--once")
    {
        Description = "Do the main job once from end to end, print what happened, and end: 0 when everything held",
    };

    private static readonly Option<string?> Database = new("--database")
    {
        Description = "PostgreSQL connection string; without it the embedded SQLite database is used",
    };

    internal static RootCommand Root()
    {
        var root = new RootCommand("Zhengtong 政通, the cloud-based e-government public platform") { Urls, Data, Database };
        root.SetAction((parsed, ct) => Platform.RunAsync(DeploymentOf(parsed), ct));
        root.Subcommands.Add(Serve());
        root.Subcommands.Add(Demo());
        root.Subcommands.Add(new Command("verify", Text.Of("kernel.verify.command")) { VerifyLedger.Command(), Exchange.Slices.VerifyReceipt.Verb() });
        return root;
    }

    private static Command Serve()
    {
        var command = new Command("serve", "Serve the platform") { Urls, Data, Database };
        command.SetAction((parsed, ct) => Platform.RunAsync(DeploymentOf(parsed), ct));
        return command;
    }

    private static Command Demo()
    {
        var command = new Command("demo", "Serve the platform with a demonstration province") { Urls, DemoData, Database, OnceOnly };
        command.SetAction((parsed, ct) => parsed.GetValue(OnceOnly)
            ? Once.RunAsync(parsed.GetValue(DemoData)?.FullName, parsed.GetValue(Database), ct)
            : Platform.RunAsync(new Deployment((parsed.GetValue(DemoData) ?? OwnFolder("zhengtong-demo")).FullName, parsed.GetValue(Database), parsed.GetValue(Urls)!, Demo: true), ct));
        return command;
    }

    private static DirectoryInfo OwnFolder(string name) =>
        new(Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.Create), name));

    private static Deployment DeploymentOf(ParseResult parsed) =>
        new(parsed.GetValue(Data)!.FullName, parsed.GetValue(Database), parsed.GetValue(Urls)!, Demo: false);
}
