namespace Zhengtong.OpenData.Reuse;

/// <summary>A subscription 订阅 to a dataset: each new version, and its withdrawal, is sent to an address of the web. What is to be sent is found by comparing what was told with what is.</summary>
internal sealed class DatasetSubscription
{
    /// <summary>Failures in a row after which nothing more is sent: about two days.</summary>
    internal const int MostFailures = 16;

    internal required Guid Id { get; init; }

    internal required Guid DatasetId { get; init; }

    /// <summary>The developer's key of whoever subscribed.</summary>
    internal required Guid KeyId { get; init; }

    /// <summary>Where it is sent: an http or https address, at most 500 characters.</summary>
    internal required string Address { get; init; }

    /// <summary>The secret that messages are signed with, sealed.</summary>
    internal required byte[] Secret { get; init; }

    internal required DateTimeOffset At { get; init; }

    /// <summary>Number of the last version that the address knows of.</summary>
    internal required int ToldVersion { get; set; }

    /// <summary>True when the address knows that the dataset was withdrawn.</summary>
    internal bool ToldWithdrawn { get; set; }

    /// <summary>Failures in a row.</summary>
    internal int Failures { get; private set; }

    /// <summary>Not before this moment is it tried again.</summary>
    internal DateTimeOffset NextAt { get; set; }

    /// <summary>What came of the last try; null before. At most 200 characters.</summary>
    internal string? LastResult { get; private set; }

    /// <summary>Since when nothing more is sent; null while it lives.</summary>
    internal DateTimeOffset? DeadSince { get; private set; }

    /// <summary>From 1; grows with each try.</summary>
    internal int Revision { get; private set; } = 1;

    /// <summary>The address has taken it.</summary>
    internal void Told(int version, bool withdrawn, string result)
    {
        (ToldVersion, ToldWithdrawn, Failures, LastResult) = (version, withdrawn, 0, result);
        Revision++;
    }

    /// <summary>The address has not taken it: tried again after 1, 2, 4 ... minutes, at most 6 hours.</summary>
    internal void Failed(string result, bool forGood, DateTimeOffset now)
    {
        Failures++;
        LastResult = result.Length > 200 ? result[..200] : result;
        NextAt = now + TimeSpan.FromMinutes(Math.Min(360, Math.Pow(2, Failures - 1)));
        if (forGood || Failures >= MostFailures) { DeadSince = now; }
        Revision++;
    }
}
