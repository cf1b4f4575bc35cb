using System.CommandLine;

namespace Zhengtong.Demonstration;

/// <summary>The verb <c>demo</c>: serve the demonstration province, or with <c>--once</c> do the main job once.</summary>
internal static class DemoVerb
{
    private static readonly Option<DirectoryInfo?> Data = new("--data")
    {
        Description = "Folder below which everything is written; with --once a temporary one, removed at the end, unless named",
    };

    private static readonly Option<bool> OnceOnly = new("--once")
    {
        Description = "Do the main job once from end to end, print what happened, and end: 0 when everything held",
    };

    private static readonly Option<string?> Engine = EngineOption();

    internal static Command Command(string name, string description, Option<string> urls, Option<string?> database)
    {
        var command = new Command(name, description) { urls, Data, database, OnceOnly, Engine };
        command.SetAction((parsed, ct) => parsed.GetValue(OnceOnly)
            ? Once.RunAsync(parsed.GetValue(Data)?.FullName, parsed.GetValue(database), parsed.GetValue(Engine), ct)
            : ServeAsync(new Deployment(parsed.GetValue(Data)?.FullName ?? OwnFolder(), parsed.GetValue(database), parsed.GetValue(urls)!, Demo: true, Live: true), parsed.GetValue(Engine), ct));
        return command;
    }

    private static Task<int> ServeAsync(Deployment deployment, string? name, CancellationToken ct) => RefusedToStartException.GuardAsync(async () =>
    {
        await using var engine = await DemonstrationEngine.StartAsync(name, deployment.DataDirectory, isKept: true, ct);
        return await Platform.RunAsync(deployment with { Engine = engine?.Address }, ct);
    }, ct);

    private static Option<string?> EngineOption()
    {
        var option = new Option<string?>("--engine")
        {
            Description = "lxd: start a private LXD below the data folder, so that what is ordered in the demonstration runs; needs root. Without it orders wait",
        };
        option.AcceptOnlyFromAmong(DemonstrationEngine.Lxd);
        return option;
    }

    /// <summary>Apart from the real platform's, so that the two never meet by accident.</summary>
    private static string OwnFolder() =>
        Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.Create), "zhengtong-demo");
}
