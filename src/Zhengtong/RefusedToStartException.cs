using Npgsql;
using Zhengtong.Kernel;

namespace Zhengtong;

/// <summary>The program will not serve on what it found. The message says why and what to do, in one sentence or two; nothing was changed.</summary>
/// <param name="exitCode">The program's exit code: 3 the database is newer than the program, 4 the demonstration and real data would meet, or its engine cannot run here, 5 another master key, 6 a setting that cannot be right, 7 the folder is no enrolled node's, another node's or in use.</param>
/// <param name="message">For the person at the console.</param>
internal sealed class RefusedToStartException(int exitCode, string message) : Exception(message)
{
    internal int ExitCode { get; } = exitCode;

    /// <summary>Runs a verb; a refusal becomes its sentence on standard error and its exit code, an unreachable database 1, Ctrl-C 0.</summary>
    internal static async Task<int> GuardAsync(Func<Task<int>> run, CancellationToken ct)
    {
        try { return await run(); }
        catch (OperationCanceledException) when (ct.IsCancellationRequested) { return 0; }
        catch (RefusedToStartException refused)
        {
            await Console.Error.WriteLineAsync(refused.Message);
            return refused.ExitCode;
        }
        catch (Exception unreachable) when (unreachable is NpgsqlException or { InnerException: NpgsqlException })
        {
            await Console.Error.WriteLineAsync(Text.Of("kernel.start.unreachable", (unreachable as NpgsqlException ?? unreachable.InnerException!).Message));
            return 1;
        }
    }
}
