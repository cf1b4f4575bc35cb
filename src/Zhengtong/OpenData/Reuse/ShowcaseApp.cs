namespace Zhengtong.OpenData.Reuse;

/// <summary>Where an app of the showcase stands.</summary>
public enum AppState
{
    /// <summary>Sent in; a department whose data it uses has not looked at it.</summary>
    Waiting,
    /// <summary>Everybody sees it.</summary>
    Shown,
    /// <summary>Not shown, on a ground.</summary>
    Refused,
    /// <summary>Taken back by its maker.</summary>
    Retracted,
}

/// <summary>An app 应用成果 that somebody made from open data. It says which columns of which datasets it uses, so that its maker is warned before they change.</summary>
internal sealed class ShowcaseApp
{
    internal required Guid Id { get; init; }

    /// <summary>2 to 100 characters.</summary>
    internal required string Name { get; init; }

    /// <summary>What it does: 10 to 2,000 characters, plain text.</summary>
    internal required string Summary { get; init; }

    /// <summary>Where it is: an address of the web, or the path of one of the portal's own apps; at most 500 characters.</summary>
    internal required string Link { get; init; }

    /// <summary>Who made it, as they want to be called: 2 to 100 characters.</summary>
    internal required string Maker { get; init; }

    /// <summary>The developer's key of its maker: who holds it is warned, and may take the app back.</summary>
    internal required Guid KeyId { get; init; }

    internal required DateTimeOffset At { get; init; }

    internal AppState State { get; private set; } = AppState.Waiting;

    internal Guid? ReviewedBy { get; private set; }

    internal DateTimeOffset? ReviewedAt { get; private set; }

    /// <summary>Why it is not shown; null otherwise. At most 500 characters.</summary>
    internal string? RefusedBecause { get; private set; }

    /// <summary>From 1; grows with each change.</summary>
    internal int Revision { get; private set; } = 1;

    /// <summary>Shows it, or refuses it on a ground; may be decided again.</summary>
    internal void Review(Guid officer, string? refusedBecause, DateTimeOffset now)
    {
        (State, ReviewedBy, ReviewedAt, RefusedBecause) = (refusedBecause is null ? AppState.Shown : AppState.Refused, officer, now, refusedBecause);
        Revision++;
    }

    /// <summary>Its maker takes it back.</summary>
    internal void Retract()
    {
        State = AppState.Retracted;
        Revision++;
    }
}

/// <summary>A dataset that an app uses.</summary>
internal sealed class AppUse
{
    internal required Guid AppId { get; init; }

    internal required Guid DatasetId { get; init; }

    /// <summary>Published names of the columns, at most 200; none when the app uses whole files.</summary>
    internal required IReadOnlyList<string> Columns { get; init; }
}

/// <summary>What the holder of a developer's key should know; kept as key and arguments, so that each reads it in their own language.</summary>
internal sealed class KeyNotice
{
    internal required Guid Id { get; init; }

    internal required Guid KeyId { get; init; }

    internal required DateTimeOffset At { get; init; }

    /// <summary>Key of the sentence, at most 100 characters.</summary>
    internal required string TextKey { get; init; }

    /// <summary>What fills its places.</summary>
    internal required IReadOnlyList<string> Arguments { get; init; }

    /// <summary>The page where more stands, from the root.</summary>
    internal required string Href { get; init; }

    /// <summary>When a letter about it was written; null while none was.</summary>
    internal DateTimeOffset? MailedAt { get; set; }

    internal static KeyNotice Of(Guid key, string textKey, string href, DateTimeOffset now, params IReadOnlyList<string> arguments) =>
        new() { Id = Guid.CreateVersion7(now), KeyId = key, At = now, TextKey = textKey, Arguments = arguments, Href = href };
}
