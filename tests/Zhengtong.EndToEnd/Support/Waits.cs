using System.Diagnostics;

namespace Zhengtong.EndToEnd.Support;

internal static class Waits
{
    /// <summary>Waits until an asynchronous function of the page says true: WaitForFunctionAsync would take its promise for a yes.</summary>
    /// <exception cref="TimeoutException">It did not say so within 15 seconds.</exception>
    internal static async Task UntilAsync(this IPage page, string function, object? argument = null)
    {
        var waited = Stopwatch.StartNew();
        while (!await page.EvaluateAsync<bool>(function, argument))
        {
            if (waited.Elapsed > TimeSpan.FromSeconds(15)) { throw new TimeoutException($"Not so within 15 seconds: {function}"); }
            await Task.Delay(100);
        }
    }
}
