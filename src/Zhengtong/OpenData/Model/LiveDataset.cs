using Zhengtong.Catalogue.Model;
using Zhengtong.Kernel.Objects;

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

    /// <summary>So many minutes without a further batch end a change, 1 to 10,080: then it is published, or earlier when the promised cycle is over; see <see cref="IsDue"/>.</summary>
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

    /// <summary>What the platform put into the file last; null before the first time.</summary>
    internal Digest? Content { get; private set; }

    /// <summary>What else may stand in the file: what the platform's own version under way takes the place of, or what somebody let it go on over. Null for nothing.</summary>
    internal Digest? Accepted { get; private set; }

    /// <summary>Since when a change that has come to its end waits, because the version before it is too young; null while none does.</summary>
    internal DateTimeOffset? HeldSince { get; private set; }

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
    /// <param name="agreement">The agreement.</param>
    /// <param name="name">Name of the file.</param>
    /// <param name="quietMinutes">See <see cref="QuietMinutes"/>.</param>
    /// <param name="officer">Who binds it.</param>
    /// <param name="present">What stands in the file now: whoever lets it go on after it was halted lets that be overwritten. Null when there is no such file.</param>
    /// <param name="now">Now.</param>
    internal void Bind(Guid agreement, string name, int quietMinutes, Guid officer, Digest? present, DateTimeOffset now)
    {
        if (State == LiveState.Halted && present is not null) { Accepted = present; }
        // Another table is another decision; a version with the rows of the old one that is being checked is left to persons.
        if (agreement != AgreementId) { (GrantedBy, PendingVersionId, Batches, BoundAt) = (null, null, 0, now); }
        (AgreementId, Name, QuietMinutes, BoundBy, NextAt) = (agreement, name, quietMinutes, officer, now);
        State = GrantedBy is null ? LiveState.Awaiting : LiveState.Following;
        (Problem, ProblemDetail, Torn, HeldSince) = (null, null, 0, null);
        Revision++;
    }

    /// <summary>True when persons have put another file in the place of the one that follows: it is not overwritten before one of them says so.</summary>
    /// <param name="resources">The files of the version.</param>
    internal bool IsReplacedIn(IEnumerable<DatasetResource> resources) =>
        Content is not null && resources.FirstOrDefault(r => r.Id == ResourceId) is { } file && file.Content != Content && file.Content != Accepted;

    /// <summary>Whether the next version may be made now. Between two lies at least the distance. Behind that a change goes out when the table rests, when it was held back for a whole
    /// distance, or when the promised cycle is over; one that has ended earlier is held back and kept in mind.</summary>
    /// <param name="receivedAt">When the last batch came; null for none.</param>
    /// <param name="publishedAt">When the version before was published.</param>
    /// <param name="distance">The shortest distance between two versions.</param>
    /// <param name="cycle">The promised cycle.</param>
    /// <param name="now">Now.</param>
    internal bool IsDue(DateTimeOffset? receivedAt, DateTimeOffset publishedAt, TimeSpan distance, UpdateCycle cycle, DateTimeOffset now)
    {
        var rests = receivedAt is { } received && now - received >= TimeSpan.FromMinutes(QuietMinutes);
        var age = now - publishedAt;
        if (age < distance)
        {
            if (rests) { HeldSince ??= now; }
            return false;
        }

        return rests || (HeldSince is { } held && now - held >= distance) || age >= LengthOf(cycle);
    }

    /// <summary>Persons have approved a version with its rows.</summary>
    internal void Grant(Guid version)
    {
        GrantedBy = version;
        State = LiveState.Following;
        Revision++;
    }

    /// <summary>Its rows, up to so many batches, are in a version, or are those that are published already.</summary>
    /// <param name="batches">The batches.</param>
    /// <param name="content">The file of these rows.</param>
    /// <param name="before">The published file whose place it takes; null for none, or when it is the same.</param>
    /// <param name="pending">The version that is checked and then published; null for none.</param>
    /// <param name="next">When it is looked at next.</param>
    /// <param name="now">Now.</param>
    internal void Took(long batches, Digest content, Digest? before, Guid? pending, DateTimeOffset next, DateTimeOffset now)
    {
        (Batches, Content, Accepted, PendingVersionId, TakenAt, NextAt) = (batches, content, before, pending, now, next);
        (Problem, ProblemDetail, Torn, HeldSince) = (null, null, 0, null);
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
    /// <param name="isPublished">True when it was published: then what stood in the file before is no longer its own.</param>
    /// <param name="next">When it is looked at next.</param>
    internal void Settle(bool isPublished, DateTimeOffset next)
    {
        (PendingVersionId, NextAt) = (null, next);
        if (isPublished) { Accepted = null; }
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
