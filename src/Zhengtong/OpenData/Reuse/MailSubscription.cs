using System.Security.Cryptography;
using System.Text;

namespace Zhengtong.OpenData.Reuse;

/// <summary>What somebody wants to hear of by mail.</summary>
public enum MailTopic
{
    /// <summary>New versions of a dataset, and its withdrawal.</summary>
    Dataset,
    /// <summary>The answer to a request or a correction.</summary>
    Request,
    /// <summary>Notices to the holder of a developer's key: what an app uses will change, an application is decided.</summary>
    Key,
}

/// <summary>How often letters about datasets come.</summary>
public enum MailRhythm
{
    /// <summary>With each version, but no more than one letter a dataset in a quarter of an hour.</summary>
    AtOnce,
    /// <summary>One letter in the morning about everything.</summary>
    Daily,
}

/// <summary>A subscription by mail 邮件订阅. Nothing is sent, but for the letter that asks, until whoever reads the address's mail has confirmed it. The address is sealed.</summary>
internal sealed class MailSubscription
{
    /// <summary>How long a confirmation may wait.</summary>
    internal static readonly TimeSpan Patience = TimeSpan.FromDays(3);

    /// <summary>No more than one letter about a dataset at once.</summary>
    internal static readonly TimeSpan Pause = TimeSpan.FromMinutes(15);

    internal required Guid Id { get; init; }

    internal required MailTopic Topic { get; init; }

    /// <summary>The dataset, request or key.</summary>
    internal required Guid TopicId { get; init; }

    /// <summary>Tells addresses apart without naming them: 32 hex digits.</summary>
    internal required string AddressMark { get; init; }

    /// <summary>The address, sealed.</summary>
    internal required byte[] Address { get; init; }

    /// <summary>The language of its letters: <c>zh-CN</c> or <c>en</c>.</summary>
    internal required string Language { get; set; }

    internal MailRhythm Rhythm { get; private set; }

    /// <summary>The rhythm that becomes good with the confirmation.</summary>
    internal MailRhythm AskedRhythm { get; private set; }

    internal required DateTimeOffset At { get; init; }

    /// <summary>SHA-256 of the confirmation's token, lower-case hex; null when none is out.</summary>
    internal string? TokenHash { get; private set; }

    /// <summary>Until when that token is good.</summary>
    internal DateTimeOffset? TokenUntil { get; private set; }

    /// <summary>Since when letters are sent; null before.</summary>
    internal DateTimeOffset? ConfirmedAt { get; private set; }

    /// <summary>Number of the dataset's last version that was written about.</summary>
    internal int ToldVersion { get; private set; }

    /// <summary>True when its withdrawal was written about.</summary>
    internal bool ToldWithdrawn { get; private set; }

    /// <summary>When the address was last written to in this rhythm.</summary>
    internal DateTimeOffset ToldAt { get; private set; }

    /// <summary>Not before this moment is it written to at once again.</summary>
    internal DateTimeOffset NextAt { get; private set; }

    /// <summary>From 1; grows with each change.</summary>
    internal int Revision { get; private set; } = 1;

    /// <summary>What is kept of a token.</summary>
    internal static string HashOf(string token) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(token)));

    /// <summary>Asks for a confirmation; one that was out before is good no more.</summary>
    /// <returns>The token, 64 hex digits, which is kept nowhere.</returns>
    internal string Ask(MailRhythm rhythm, string language, DateTimeOffset now)
    {
        var token = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));
        (TokenHash, TokenUntil, AskedRhythm) = (HashOf(token), now + Patience, rhythm);
        if (ConfirmedAt is null) { Language = language; }
        Revision++;
        return token;
    }

    /// <summary>Takes the token; it is good once. What was published before is known.</summary>
    internal void Confirm(int version, bool withdrawn, DateTimeOffset now)
    {
        if (ConfirmedAt is null) { (ConfirmedAt, ToldVersion, ToldWithdrawn, ToldAt, NextAt) = (now, version, withdrawn, now, now); }
        (TokenHash, TokenUntil, Rhythm) = (null, null, AskedRhythm);
        Revision++;
    }

    /// <summary>A letter about the dataset was written.</summary>
    internal void Told(int version, bool withdrawn, DateTimeOffset now)
    {
        (ToldVersion, ToldWithdrawn) = (version, withdrawn);
        Told(now);
    }

    /// <summary>The address was written to.</summary>
    internal void Told(DateTimeOffset now)
    {
        (ToldAt, NextAt) = (now, now + Pause);
        Revision++;
    }
}
