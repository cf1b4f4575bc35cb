using Zhengtong.Kernel;

namespace Zhengtong.Demonstration;

/// <summary>Progress of the seeding, a line at a time, for the person at the console.</summary>
internal static class Progress
{
    internal static void Say(string key, params ReadOnlySpan<object?> arguments) => Console.WriteLine(Text.Of(key, arguments));
}
