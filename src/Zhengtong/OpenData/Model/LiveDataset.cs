using Zhengtong.Catalogue.Model;

namespace Zhengtong.OpenData.Model;

/// <summary>Where a live dataset stands.</summary>
public enum LiveState
{
    /// <summary>Bound; the rows are put into the draft, which three persons publish as any other.</summary>
    Awaiting,
    /// <summary>A version with its rows was approved: from now on it follows by itself.</summary>
    Following,
    /// <summary>Something needs a person; what is published stays as it is.</summary>
    Halted,
}

/// <summary>A live dataset 实时数据集: one of its files follows the table that an exchange agreement delivers to its department.</summary>
internal sealed class LiveDataset
{
    /// <summary>The dataset; one binding each.</summary>
    internal required Guid DatasetId { get; init; }

    internal required Guid AgreementId { get; set; }

    /// <summary>The file of the dataset that follows; its id from version to version.</summary>
    internal required Guid ResourceId { get; init; }

    /// <summary>Name of the file; 2 to 100 characters.</summary>
    internal required string Name { get; set; }

    /// <summary>So many minutes without a further batch end a change, 1 to 10,080: then it is published, or earlier when the promised cycle is over.</summary>
    internal required int QuietMinutes { get; set; }

    /// <summary>The officer who bound it.</summary>
    internal required Guid BoundBy { get; set; }

    /// <summary>When it was bound last; a version approved later allows it to follow.</summary>
    internal required DateTimeOffset BoundAt { get; set; }

    internal LiveState State { get; private set; }

    /// <summary>Batches that the rows taken last hold.</summary>
    internal long Batches { get; private set; }

    /// <summary>When the rows were taken last; null before the first time.</summary>
    internal DateTimeOffset? TakenAt { get; private set; }

    /// <summary>The version by which persons allowed it to follow; null before.</summary>
    internal Guid? GrantedBy { get; private set; }

    /// <summary>A version of the platform's own that is being checked; null when there is none.</summary>
    internal Guid? PendingVersionId { get; private set; }

    /// <summary>How often the table changed while it was read, in a row.</summary>
    internal int Torn { get; private set; }

    /// <summary>Code of what is wrong; null when nothing is. At most 100 characters.</summary>
    internal string? Problem { get; private set; }

    /// <summary>Data about it; at most 300 characters.</summary>
    internal string? ProblemDetail { get; private set; }

    /// <summary>When it is looked at next.</summary>
    internal required DateTimeOffset NextAt { get; set; }

    /// <summary>From 1; grows with each change; the ETag.</summary>
    internal int Revision { get; private set; } = 1;

    /// <summary>Binds it anew, or lets it go on after it was halted.</summary>
    internal void Bind(Guid agreement, string name, int quietMinutes, Guid officer, DateTimeOffset now)
    {
        // Another table is another decision; a version with the rows of the old one that is being checked is left to persons.
        if (agreement != AgreementId) { (GrantedBy, PendingVersionId, Batches, BoundAt) = (null, null, 0, now); }
        (AgreementId, Name, QuietMinutes, BoundBy, NextAt) = (agreement, name, quietMinutes, officer, now);
        State = GrantedBy is null ? LiveState.Awaiting : LiveState.Following;
        (Problem, ProblemDetail, Torn) = (null, null, 0);
        Revision++;
    }

    /// <summary>Persons have approved a version with its rows.</summary>
    internal void Grant(Guid version)
    {
        GrantedBy = version;
        State = LiveState.Following;
        Revision++;
    }

    /// <summary>Its rows, up to so many batches, are in a version, or are those that are published already.</summary>
    internal void Took(long batches, Guid? pending, DateTimeOffset next, DateTimeOffset now)
    {
        (Batches, PendingVersionId, TakenAt, NextAt) = (batches, pending, now, next);
        (Problem, ProblemDetail, Torn) = (null, null, 0);
        Revision++;
    }

    /// <summary>The table changed while it was read.</summary>
    internal void Tear(DateTimeOffset next)
    {
        Torn++;
        NextAt = next;
        Revision++;
    }

    /// <summary>The version under way is done with.</summary>
    internal void Settle(DateTimeOffset next)
    {
        (PendingVersionId, NextAt) = (null, next);
        Revision++;
    }

    /// <summary>Something is in the way that may pass.</summary>
    /// <returns>True when it was not known yet.</returns>
    internal bool Stumble(string problem, string? detail, DateTimeOffset next)
    {
        var isNew = Problem != problem;
        (Problem, ProblemDetail, NextAt) = (problem, detail is { Length: > 300 } ? detail[..300] : detail, next);
        Revision++;
        return isNew;
    }

    /// <summary>Something needs a person.</summary>
    internal void Halt(string problem, string? detail, DateTimeOffset next)
    {
        Stumble(problem, detail, next);
        State = LiveState.Halted;
        PendingVersionId = null;
    }

    /// <summary>How long a promised cycle is.</summary>
    internal static TimeSpan LengthOf(UpdateCycle cycle) => cycle switch
    {
        UpdateCycle.Realtime => TimeSpan.FromMinutes(1),
        UpdateCycle.Daily => TimeSpan.FromDays(1),
        UpdateCycle.Weekly => TimeSpan.FromDays(7),
        UpdateCycle.Monthly => TimeSpan.FromDays(30),
        UpdateCycle.Quarterly => TimeSpan.FromDays(91),
        UpdateCycle.Yearly => TimeSpan.FromDays(365),
        _ => TimeSpan.MaxValue,
    };
}
