namespace Zhengtong.Kernel.Mail;

/// <summary>Where a letter stands.</summary>
public enum MailState
{
    /// <summary>To be sent, at once or again.</summary>
    Waiting,
    /// <summary>A mail server has taken it.</summary>
    Sent,
    /// <summary>The mail server will not have it (5xx): the address is wrong, or closed to us.</summary>
    Refused,
    /// <summary>No server took it for so many days.</summary>
    Expired,
}

/// <summary>A letter to be sent 待发邮件: a row written in the same save as what it tells of. Address and words are sealed, and gone once it is sent or given up.</summary>
internal sealed class OutgoingMail
{
    /// <summary>Also the letter's Message-ID, the same at each try: who gets it twice can tell.</summary>
    internal required Guid Id { get; init; }

    /// <summary>Module, dot, what it tells of: <c>open-data.confirm</c>. At most 60 characters.</summary>
    internal required string Kind { get; init; }

    /// <summary>Tells addresses apart without naming them: 32 hex digits.</summary>
    internal required string AddressMark { get; init; }

    /// <summary>The sealed <see cref="MailContent"/>; empty in the end.</summary>
    internal required byte[] Content { get; set; }

    internal required DateTimeOffset At { get; init; }

    internal MailState State { get; private set; } = MailState.Waiting;

    /// <summary>How often it was offered to the server.</summary>
    internal int Attempts { get; private set; }

    /// <summary>Not before this moment is it offered again.</summary>
    internal required DateTimeOffset NextAt { get; set; }

    /// <summary>The server's last answer as numbers (<c>450 4.2.1</c> is kept as <c>450</c>), or a word of ours; never its text, which may name the address. At most 40 characters.</summary>
    internal string? LastResult { get; private set; }

    /// <summary>When it was sent or given up; null while it waits.</summary>
    internal DateTimeOffset? EndedAt { get; private set; }

    /// <summary>From 1; grows with each try.</summary>
    internal int Revision { get; private set; } = 1;

    /// <summary>Not taken: offered again after 1, 2, 4 ... minutes, at most 6 hours.</summary>
    internal void Failed(string result, DateTimeOffset now)
    {
        Attempts++;
        LastResult = result;
        NextAt = now + TimeSpan.FromMinutes(Math.Min(360, Math.Pow(2, Math.Min(Attempts, 20) - 1)));
        Revision++;
    }

    /// <summary>Ends it; nothing of its words is kept.</summary>
    internal void End(MailState state, string result, DateTimeOffset now)
    {
        if (state != MailState.Expired) { (Attempts, LastResult) = (Attempts + 1, result); }
        (State, EndedAt, Content) = (state, now, []);
        Revision++;
    }
}

/// <summary>A letter with its address.</summary>
/// <param name="To">The address.</param>
/// <param name="Language"><c>zh-CN</c> or <c>en</c>.</param>
/// <param name="Subject">One line.</param>
/// <param name="Text">As plain text.</param>
/// <param name="Html">As HTML.</param>
/// <param name="Unsubscribe">Where one POST ends what the letter came from (RFC 8058); null for a letter that is no subscription's.</param>
internal sealed record MailContent(string To, string Language, string Subject, string Text, string Html, string? Unsubscribe);
