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

    internal static Command Command(string name, string description, Option<string> urls, Option<string?> database)
    {
        var command = new Command(name, description) { urls, Data, database, OnceOnly };
        command.SetAction((parsed, ct) => parsed.GetValue(OnceOnly)
            ? Once.RunAsync(parsed.GetValue(Data)?.FullName, parsed.GetValue(database), ct)
            : Platform.RunAsync(
                new Deployment(parsed.GetValue(Data)?.FullName ?? OwnFolder(), parsed.GetValue(database), parsed.GetValue(urls)!, Demo: true, Live: true), ct));
        return command;
    }

    /// <summary>Apart from the real platform's, so that the two never meet by accident.</summary>
    private static string OwnFolder() =>
        Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.Create), "zhengtong-demo");
}
