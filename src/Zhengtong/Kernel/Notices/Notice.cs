namespace Zhengtong.Kernel.Notices;

/// <summary>How pressing a notice is.</summary>
public enum NoticeTone
{
    /// <summary>Good to know.</summary>
    Info,
    /// <summary>Something is in order again.</summary>
    Good,
    /// <summary>Somebody should look.</summary>
    Warning,
}

/// <summary>消息: something that the officers of one organisation should know. Added in the same save as what it tells of; kept as key and arguments, so that each
/// reads it in their own language.</summary>
internal sealed class Notice
{
    internal required Guid Id { get; init; }

    /// <summary>Whose officers read it.</summary>
    internal required Guid OrganisationId { get; init; }

    internal required DateTimeOffset At { get; init; }

    internal required NoticeTone Tone { get; init; }

    /// <summary>Key of the sentence, at most 100 characters.</summary>
    internal required string TextKey { get; init; }

    /// <summary>What fills its places {0}, {1} ...; names and numbers of agreements, never a payload.</summary>
    internal required IReadOnlyList<string> Arguments { get; init; }

    /// <summary>The page where more stands, from the root.</summary>
    internal required string Href { get; init; }

    internal static Notice Of(Guid organisation, NoticeTone tone, string textKey, string href, DateTimeOffset now, params ReadOnlySpan<string> arguments) => new()
    {
        Id = Guid.CreateVersion7(now), OrganisationId = organisation, At = now, Tone = tone, TextKey = textKey, Arguments = [.. arguments], Href = href,
    };

    /// <summary>The sentence in the reader's language.</summary>
    internal static string Sentence(string textKey, IReadOnlyList<string> arguments) => Text.Of(textKey, arguments.ToArray<object?>());
}

/// <summary>A notice that an officer, or a program, has read.</summary>
internal sealed class NoticeRead
{
    internal required Guid NoticeId { get; init; }

    /// <summary>Who read it.</summary>
    internal required Guid ReaderId { get; init; }

    internal required DateTimeOffset At { get; init; }
}
