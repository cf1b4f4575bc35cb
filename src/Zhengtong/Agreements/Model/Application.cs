using Zhengtong.Catalogue.Model;
using Zhengtong.Kernel.Secrets;

namespace Zhengtong.Agreements.Model;

/// <summary>Where an application stands.</summary>
public enum ApplicationState
{
    /// <summary>待审核: waits for the provider.</summary>
    Submitted,
    /// <summary>已确认: an agreement was drawn up.</summary>
    Confirmed,
    /// <summary>已拒绝, with ground and reason.</summary>
    Refused,
    /// <summary>已撤回 by the applicant.</summary>
    Withdrawn,
}

/// <summary>Why a provider refuses, as running systems name it.</summary>
public enum RefusalGround
{
    /// <summary>法律法规.</summary>
    Law,
    /// <summary>政策文件.</summary>
    Policy,
    /// <summary>涉及敏感信息.</summary>
    Sensitive,
    /// <summary>其他, explained in the reason.</summary>
    Other,
}

/// <summary>An application 申请 of a department for an information resource of another.</summary>
internal sealed class Application
{
    internal required Guid Id { get; init; }

    /// <summary>SQ-year-six digits.</summary>
    internal required string Number { get; init; }

    internal required Guid ResourceId { get; init; }

    /// <summary>As it was named when applied for.</summary>
    internal required string ResourceName { get; init; }

    /// <summary>The resource's revision that the applicant saw.</summary>
    internal required int ResourceRevision { get; init; }

    internal required Guid ProviderId { get; init; }

    internal required Guid ApplicantId { get; init; }

    /// <summary>How the resource is delivered.</summary>
    internal DeliveryKind Kind { get; init; } = DeliveryKind.Table;

    /// <summary>Columns asked for, key columns always among them.</summary>
    internal required IReadOnlyList<string> Columns { get; init; }

    /// <summary>Operations asked for, as <see cref="ServiceOperation.Name"/>; empty unless it is an API.</summary>
    internal IReadOnlyList<string> Operations { get; init; } = [];

    /// <summary>How much is to be called; null unless it is an API.</summary>
    internal ApiLimits? Limits { get; init; }

    internal required IReadOnlyList<RowCondition> Rows { get; init; }

    /// <summary>What the data is used for, 5 to 500 characters.</summary>
    internal required string Purpose { get; init; }

    /// <summary>Law, regulation or duty, 2 to 500 characters.</summary>
    internal required string LegalGround { get; init; }

    /// <summary>How often changes are wanted, 1 to 86,400 seconds.</summary>
    internal required int EverySeconds { get; init; }

    /// <summary>End of the period, exclusive.</summary>
    internal required DateTimeOffset Until { get; init; }

    /// <summary>The cryptographic suite that the agreement is to use.</summary>
    internal required SuiteName Suite { get; init; }

    internal ApplicationState State { get; private set; } = ApplicationState.Submitted;

    internal required Guid SubmittedBy { get; init; }

    internal required DateTimeOffset SubmittedAt { get; init; }

    /// <summary>The last day on which the provider answers in time.</summary>
    internal required DateOnly DueOn { get; init; }

    /// <summary>The rule that gave this day; null when none was in force.</summary>
    internal AnswerLimit? DueBy { get; init; }

    internal DateTimeOffset? DecidedAt { get; private set; }

    internal Guid? DecidedBy { get; private set; }

    internal RefusalGround? RefusalGround { get; private set; }

    internal string? Reason { get; private set; }

    internal int Revision { get; private set; } = 1;

    internal bool HasParty(Guid organisation) => organisation == ProviderId || organisation == ApplicantId;

    internal void Decide(ApplicationState outcome, Guid officer, DateTimeOffset now, string? reason = null, RefusalGround? ground = null)
    {
        State = outcome;
        DecidedBy = officer;
        DecidedAt = now;
        Reason = reason;
        RefusalGround = ground;
        Revision++;
    }
}

/// <summary>The last number given for a kind of document in a year.</summary>
internal sealed class DocumentNumber
{
    internal required string Kind { get; init; }

    internal required int Year { get; init; }

    internal required long Last { get; init; }
}
