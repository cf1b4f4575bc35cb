using Microsoft.Extensions.Caching.Memory;

namespace Zhengtong.OpenData.Portal;

/// <summary>What was counted in the catalogue, kept by its question for half a minute at most, and no longer than until this process saves a change of the catalogue: the same few questions are asked by
/// everybody. Of several who ask the same at once one counts.</summary>
internal sealed class CatalogueMemory(CatalogueChanges changes, TimeProvider clock) : IDisposable
{
    /// <summary>How long an answer is kept: what another process publishes is counted after that.</summary>
    internal static readonly TimeSpan Longest = TimeSpan.FromSeconds(30);

    /// <summary>Values of all answers together, about 100 bytes each; a question counts by its length.</summary>
    private const int Room = 300_000;

    private readonly MemoryCache kept = new(new MemoryCacheOptions { SizeLimit = Room });
    private readonly SemaphoreSlim[] turns = [.. Enumerable.Range(0, 64).Select(_ => new SemaphoreSlim(1))];

    /// <summary>The answer.</summary>
    /// <param name="question">What tells it from all others.</param>
    /// <param name="answer">Finds it out.</param>
    /// <param name="sizeOf">How many values it holds.</param>
    /// <param name="ct">Stops the waiting.</param>
    internal async Task<T> OfAsync<T>(string question, Func<Task<T>> answer, Func<T, int> sizeOf, CancellationToken ct) where T : notnull
    {
        if (Find<T>(question, out var found)) { return found; }
        var turn = turns[(uint)string.GetHashCode(question, StringComparison.Ordinal) % (uint)turns.Length];
        await turn.WaitAsync(ct);
        try
        {
            if (Find<T>(question, out found)) { return found; }
            // Read before: a change that comes while it is counted makes it old.
            var (generation, at) = (changes.Generation, clock.GetUtcNow());
            found = await answer();
            kept.Set(question, new Kept(found, generation, at), new MemoryCacheEntryOptions { Size = sizeOf(found) + 10 + (question.Length / 50), AbsoluteExpirationRelativeToNow = Longest });
            return found;
        }
        finally { turn.Release(); }
    }

    public void Dispose()
    {
        kept.Dispose();
        foreach (var turn in turns) { turn.Dispose(); }
    }

    private bool Find<T>(string question, [System.Diagnostics.CodeAnalysis.MaybeNullWhen(false)] out T found)
    {
        found = default;
        if (!kept.TryGetValue(question, out Kept? entry) || entry!.Generation != changes.Generation || (clock.GetUtcNow() - entry.At).Duration() >= Longest) { return false; }
        found = (T)entry.Answer;
        return true;
    }

    private sealed record Kept(object Answer, long Generation, DateTimeOffset At);
}
