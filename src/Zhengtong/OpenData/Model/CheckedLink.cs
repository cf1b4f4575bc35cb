using Zhengtong.Kernel.Objects;

namespace Zhengtong.OpenData.Model;

/// <summary>How a link stands.</summary>
public enum LinkState
{
    /// <summary>Not looked at yet.</summary>
    Unchecked,
    /// <summary>There is something behind it.</summary>
    Good,
    /// <summary>Lately there was nothing; it is tried again.</summary>
    Failing,
    /// <summary>There was nothing so often that its department was told.</summary>
    Dead,
}

/// <summary>A link 链接 that a dataset of ours or a harvested one leads to, or a file of ours, and what was found behind it last.</summary>
internal sealed class CheckedLink
{
    internal required Guid Id { get; init; }

    /// <summary>Our dataset, or the harvested one.</summary>
    internal required Guid OwnerId { get; init; }

    /// <summary>True when the owner is a harvested dataset.</summary>
    internal required bool IsHarvested { get; init; }

    /// <summary>Who answers for it: our dataset's department, or the organisation that registered the source.</summary>
    internal required Guid OrganisationId { get; init; }

    /// <summary>Title of the owner; at most 200 characters.</summary>
    internal required string Title { get; set; }

    /// <summary>Where it leads: http or https, or for a file of ours its path here; at most 2,000 characters.</summary>
    internal required string Address { get; init; }

    /// <summary>The file in the object store; null for an address on the web.</summary>
    internal Digest? Content { get; init; }

    internal LinkState State { get; private set; }

    /// <summary>The status answered last; null when there was no answer.</summary>
    internal int? Status { get; private set; }

    /// <summary>Why there was no answer, as <c>unreachable</c>; null when there was one.</summary>
    internal string? Fault { get; private set; }

    /// <summary>Failures in a row.</summary>
    internal int Failures { get; private set; }

    /// <summary>Since when there is nothing behind it; null while there is.</summary>
    internal DateTimeOffset? FailingSince { get; private set; }

    internal DateTimeOffset? CheckedAt { get; private set; }

    /// <summary>When it is looked at next.</summary>
    internal required DateTimeOffset NextAt { get; set; }

    /// <summary>True when it died, or came back to life, and its department has not been told yet.</summary>
    internal bool IsUntold { get; private set; }

    /// <summary>Takes what was found.</summary>
    internal void Found(LinkFinding finding, int deadAfter, DateTimeOffset next, DateTimeOffset now)
    {
        var wasDead = State == LinkState.Dead;
        (Status, Fault, CheckedAt, NextAt) = (finding.Status, finding.Fault, now, next);
        // An answer that only asks to wait says neither.
        if (finding.IsBusy) { return; }
        if (finding.IsGood) { (State, Failures, FailingSince) = (LinkState.Good, 0, null); }
        else
        {
            Failures++;
            FailingSince ??= now;
            State = Failures >= deadAfter ? LinkState.Dead : LinkState.Failing;
        }

        // Of what died and came back before anybody heard of it nobody needs to hear.
        if (wasDead != (State == LinkState.Dead)) { IsUntold = !IsUntold; }
    }

    /// <summary>Its department has been told.</summary>
    internal void Tell() => IsUntold = false;
}

/// <summary>What was found behind a link.</summary>
/// <param name="Status">The status answered; null when there was no answer.</param>
/// <param name="Fault">Why there was no answer; null when there was one.</param>
internal readonly record struct LinkFinding(int? Status, string? Fault)
{
    /// <summary>There is something.</summary>
    internal bool IsGood => Fault is null && Status is >= 200 and < 300 or 304;

    /// <summary>It asks to come back later.</summary>
    internal bool IsBusy => Fault is null && Status is 429;
}

/// <summary>Up to which state of a dataset its links are known.</summary>
internal sealed class LinkSet
{
    /// <summary>Our dataset, or the harvested one.</summary>
    internal required Guid OwnerId { get; init; }

    /// <summary>Its revision then.</summary>
    internal required int Revision { get; set; }
}
