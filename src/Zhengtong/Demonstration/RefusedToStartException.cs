namespace Zhengtong.Demonstration;

/// <summary>Synthetic and real data would meet; says so in one sentence.</summary>
internal sealed class RefusedToStartException(string message) : Exception(message)
{
    /// <summary>The exit code of the program.</summary>
    internal const int ExitCode = 4;

    /// <summary>Runs the platform; a refusal becomes its sentence on standard error and exit code 4, Ctrl-C while it is being prepared exit code 0.</summary>
    internal static async Task<int> GuardAsync(Func<Task<int>> run, CancellationToken ct)
    {
        try { return await run(); }
        catch (OperationCanceledException) when (ct.IsCancellationRequested) { return 0; }
        catch (RefusedToStartException refused)
        {
            await Console.Error.WriteLineAsync(refused.Message);
            return ExitCode;
        }
    }
}
