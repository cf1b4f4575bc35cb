namespace Zhengtong;

/// <summary>The program will not serve on what it found. The message says why and what to do, in one sentence or two; nothing was changed.</summary>
/// <param name="exitCode">The program's exit code: 3 the database is newer than the program, 4 the demonstration and real data would meet, 5 another master key.</param>
/// <param name="message">For the person at the console.</param>
internal sealed class RefusedToStartException(int exitCode, string message) : Exception(message)
{
    internal int ExitCode { get; } = exitCode;
}
