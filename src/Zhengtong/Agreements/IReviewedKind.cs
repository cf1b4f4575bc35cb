using Microsoft.AspNetCore.Http.HttpResults;
using Zhengtong.Agreements.Model;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.Agreements;

/// <summary>A fact that applications of a kind give about themselves, for the conditions of a chain.</summary>
/// <param name="Name">Lower-case letters and hyphens, at most 60: <c>amount</c>.</param>
/// <param name="IsNumber">True for a number, which can be more or less than another.</param>
/// <param name="TextKey">What it is called.</param>
internal sealed record ReviewFact(string Name, bool IsNumber, string TextKey);

/// <summary>A reason for which applications of a kind are refused.</summary>
/// <param name="Code">Lower-case letters and hyphens, at most 40.</param>
/// <param name="TextKey">What it is called.</param>
internal sealed record ReviewReason(string Code, string TextKey);

/// <summary>One line of what is asked, for those who review it.</summary>
/// <param name="TextKey">What the line is called.</param>
/// <param name="Words">In the reader's language.</param>
internal sealed record ReviewAsked(string TextKey, string Words);

/// <summary>A kind of application that is reviewed; the module that owns it registers one, scoped. Of what happens in a review the owner is told inside its transaction: each of the
/// methods below adds its own changes to the same database context, which is saved behind it, and does nothing outside of it. A refusal that one of them answers is the answer of the act, and nothing at all is changed.</summary>
internal interface IReviewedKind
{
    /// <summary>Module, dot, what is applied for: <c>agreements.application</c>; at most 60 characters, unique, never changed.</summary>
    string Name { get; }

    /// <summary>Key of what it is called.</summary>
    string TextKey { get; }

    /// <summary>What an officer of the applicant needs to supplement and to withdraw.</summary>
    Right Applies => Right.Apply;

    /// <summary>What its applications say about themselves.</summary>
    IReadOnlyList<ReviewFact> Facts => [];

    /// <summary>Why its applications are refused; at least one.</summary>
    IReadOnlyList<ReviewReason> Reasons { get; }

    /// <summary>Address of the application's page, from the root; the applicant and the provider read it.</summary>
    string PageOf(Guid subject);

    /// <summary>What is asked, at most 30 lines: everyone who sits at a step reads it, whether they may open the application's own page or not.</summary>
    Task<IReadOnlyList<ReviewAsked>> AskedAsync(Guid subject, CancellationToken ct) => Task.FromResult<IReadOnlyList<ReviewAsked>>([]);

    /// <summary>The last step was granted: what follows from it, such as a hold on a quota. Runs once: of two grants at once the other never gets here.</summary>
    Task<ProblemHttpResult?> GrantAsync(Review review, Actor actor, DateTimeOffset now, CancellationToken ct) => Task.FromResult<ProblemHttpResult?>(null);

    /// <summary>The review was refused.</summary>
    Task<ProblemHttpResult?> RefuseAsync(Review review, string code, string opinion, Actor actor, DateTimeOffset now, CancellationToken ct) => Task.FromResult<ProblemHttpResult?>(null);

    /// <summary>The applicant withdrew it.</summary>
    Task<ProblemHttpResult?> WithdrawAsync(Review review, string reason, Actor actor, DateTimeOffset now, CancellationToken ct) => Task.FromResult<ProblemHttpResult?>(null);
}

/// <summary>The kinds that modules have registered.</summary>
internal sealed class ReviewKinds(IEnumerable<IReviewedKind> all)
{
    internal IReadOnlyList<IReviewedKind> All { get; } = [.. all.OrderBy(k => k.Name, StringComparer.Ordinal)];

    internal IReviewedKind? Find(string name) => All.FirstOrDefault(k => k.Name == name);

    /// <summary>What applications of the kind are called; the kind's own name when no module has it any more.</summary>
    internal string TitleOf(string name) => Find(name) is { } kind ? Kernel.Text.Of(kind.TextKey) : name;

    /// <summary>What the reason is called; its code when the kind has it no more.</summary>
    internal string ReasonOf(string name, string code) => Find(name)?.Reasons.FirstOrDefault(r => r.Code == code) is { } reason ? Kernel.Text.Of(reason.TextKey) : code;
}
