using System.ComponentModel.DataAnnotations;
using System.Globalization;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Regions;

namespace Zhengtong.Agreements.Model;

/// <summary>Which organisation reviews at a step.</summary>
public enum ReviewSeat
{
    /// <summary>申请部门: the applicant's own department, whose head answers for the application.</summary>
    Applicant,
    /// <summary>提供方: who gives what is applied for.</summary>
    Provider,
    /// <summary>主管部门 of the level.</summary>
    Authority,
    /// <summary>平台运行机构; it examines and never has the last word.</summary>
    Operator,
    /// <summary>项目审批部门 of the level.</summary>
    ProjectApprover,
    /// <summary>An organisation that the step names.</summary>
    Named,
}

/// <summary>How a fact is compared.</summary>
public enum FactOperator
{
    /// <summary>The same text or number.</summary>
    Equal,
    /// <summary>Another text or number.</summary>
    NotEqual,
    /// <summary>Below; numbers only.</summary>
    Less,
    /// <summary>Below or the same; numbers only.</summary>
    AtMost,
    /// <summary>Above; numbers only.</summary>
    More,
    /// <summary>Above or the same; numbers only.</summary>
    AtLeast,
}

/// <summary>A condition over one fact of an application. A fact that the application does not give meets none.</summary>
/// <param name="Field">Name of the fact, as its kind lists it.</param>
/// <param name="Operator">How it is compared.</param>
/// <param name="Value">With what, 1 to 100 characters; a number with a point and no groups where the fact is one.</param>
public sealed record FactCondition([Required, StringLength(60, MinimumLength = 1)] string Field, FactOperator Operator, [Required, StringLength(100, MinimumLength = 1)] string Value)
{
    internal bool Holds(IReadOnlyDictionary<string, string> facts)
    {
        if (!facts.TryGetValue(Field, out var fact)) { return false; }
        int? order = NumberOf(fact) is { } left && NumberOf(Value) is { } right ? left.CompareTo(right) : null;
        return Operator switch
        {
            FactOperator.Equal => order == 0 || fact == Value,
            FactOperator.NotEqual => order is { } apart ? apart != 0 : fact != Value,
            FactOperator.Less => order < 0,
            FactOperator.AtMost => order <= 0,
            FactOperator.More => order > 0,
            _ => order >= 0,
        };
    }

    /// <summary>The number that the text is, or null: digits with a point, without groups, exponents or white space.</summary>
    internal static decimal? NumberOf(string text) =>
        decimal.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) ? number : null;
}

/// <summary>A step of a review chain, as the authority defines it.</summary>
/// <param name="Name">As officials say it, 2 to 60 characters.</param>
/// <param name="Seat">Which organisation reviews.</param>
/// <param name="Post">岗位 whose holders may act; none of the three administrators.</param>
/// <param name="Days">Working days allowed, 1 to 1,000; null where a rule says it.</param>
/// <param name="Rule">Code of a limit of the working-day calendar; null where the days are said.</param>
/// <param name="Officers">How many different officers must agree, 1 to 5; 1 when not said.</param>
/// <param name="Level">Of an authority or project approver: province, city or county; the lowest one above the organisation when not said.</param>
/// <param name="Organisation">Which one, where the seat is a named organisation.</param>
/// <param name="SkipWhen">The step is passed over when all of these hold, at most 10; never when empty or null.</param>
public sealed record ReviewChainStep(
    [Required, StringLength(60, MinimumLength = 2)] string Name,
    ReviewSeat Seat,
    Role Post,
    [Range(1, 1000)] int? Days = null,
    [StringLength(100, MinimumLength = 3)] string? Rule = null,
    [Range(1, 5)] int? Officers = null,
    RegionLevel? Level = null,
    Guid? Organisation = null,
    [MaxLength(10)] IReadOnlyList<FactCondition>? SkipWhen = null)
{
    internal bool IsSkipped(IReadOnlyDictionary<string, string> facts) => SkipWhen is { Count: > 0 } && SkipWhen.All(c => c.Holds(facts));
}

/// <summary>审批链: one version of the steps that a kind of application goes through. Versions are added and never changed; a review keeps the one it began with.</summary>
internal sealed class ReviewChain
{
    /// <summary>Stands for every organisation of the region: two rows of one place must meet in the unique index, and nulls never do.</summary>
    internal static readonly Guid Everyone = Guid.Empty;

    internal required Guid Id { get; init; }

    /// <summary>Which applications: the name of an <see cref="IReviewedKind"/>.</summary>
    internal required string Kind { get; init; }

    /// <summary>It holds in this region and those below, where no narrower chain does.</summary>
    internal required RegionCode Region { get; init; }

    /// <summary>The one organisation it holds for, or <see cref="Everyone"/>.</summary>
    internal required Guid OrganisationId { get; init; }

    /// <summary>From 1 in each place.</summary>
    internal required int Version { get; init; }

    /// <summary>Applications from this day in China on.</summary>
    internal required DateOnly ValidFrom { get; init; }

    /// <summary>In order; empty ends the review of new applications.</summary>
    internal required IReadOnlyList<ReviewChainStep> Steps { get; init; }

    /// <summary>Why it is so: the document or decision, 2 to 500 characters.</summary>
    internal required string Source { get; init; }

    internal required Guid DefinedBy { get; init; }

    internal required DateTimeOffset DefinedAt { get; init; }
}
