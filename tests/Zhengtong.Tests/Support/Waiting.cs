using System.Runtime.CompilerServices;

namespace Zhengtong.Tests.Support;

/// <summary>Waits for what programs at work bring about by themselves. Limits are generous: they only end what would never come.</summary>
internal static class Waiting
{
    /// <summary>Looks until it holds.</summary>
    /// <param name="holds">What is to hold.</param>
    /// <param name="said">Told when it never came, beside the condition itself.</param>
    /// <param name="seconds">How long to wait.</param>
    /// <param name="condition">Filled by the compiler.</param>
    internal static async Task UntilAsync(Func<Task<bool>> holds, Func<Task<string>>? said = null, int seconds = 120, [CallerArgumentExpression(nameof(holds))] string condition = "")
    {
        var until = TimeProvider.System.GetUtcNow().AddSeconds(seconds);
        while (!await holds())
        {
            if (TimeProvider.System.GetUtcNow() >= until) { Assert.Fail($"After {seconds} s it does not hold that {condition}\n{(said is null ? "" : await said())}"); }
            await Task.Delay(100);
        }
    }
}
