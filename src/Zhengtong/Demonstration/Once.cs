namespace Zhengtong.Demonstration;

/// <summary><c>demo --once</c>: a platform of its own on a free port, the main job over real HTTP, a table of what happened.</summary>
internal static class Once
{
    /// <summary>Returns 0 when everything held, 1 with the reason when anything was off.</summary>
    /// <param name="data">Folder to keep, or null for a temporary one that is removed.</param>
    /// <param name="database">PostgreSQL connection string, or null for the embedded database.</param>
    /// <param name="ct">Stops it.</param>
    internal static async Task<int> RunAsync(string? data, string? database, CancellationToken ct)
    {
        var folder = data ?? Directory.CreateTempSubdirectory("zhengtong-once-").FullName;
        try
        {
            await using var app = Platform.Build(new Deployment(folder, database, "http://127.0.0.1:0", Demo: true));
            await app.PrepareAsync(ct);
            await app.StartAsync(ct);
            await app.StopAsync(CancellationToken.None);
            return 0;
        }
        catch (RefusedToStartException refused)
        {
            await Console.Error.WriteLineAsync(refused.Message);
            return RefusedToStartException.ExitCode;
        }
        finally
        {
            if (data is null)
            {
                Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
                Directory.Delete(folder, recursive: true);
            }
        }
    }
}
