using Microsoft.AspNetCore.Http.HttpResults;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.Agreements.Reviews;

/// <summary>A kind of application that can be reviewed.</summary>
/// <param name="Name">Its name, which never changes.</param>
/// <param name="Title">What it is called.</param>
/// <param name="Facts">What its applications say about themselves, for the conditions of steps.</param>
/// <param name="Reasons">Why they are refused.</param>
public sealed record ReviewKindRow(string Name, string Title, IReadOnlyList<ReviewFactRow> Facts, IReadOnlyList<ReviewReasonRow> Reasons);

/// <summary>A fact of a kind.</summary>
/// <param name="Name">Its name in conditions.</param>
/// <param name="Title">What it is called.</param>
/// <param name="IsNumber">True for a number, which can be more or less than another.</param>
public sealed record ReviewFactRow(string Name, string Title, bool IsNumber);

/// <summary>A reason of a kind.</summary>
/// <param name="Code">Its code in refusals.</param>
/// <param name="Title">What it is called.</param>
public sealed record ReviewReasonRow(string Code, string Title);

internal static class ListReviewKinds
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/review-kinds", Handle).Requires(Right.ReadWork);

    /// <summary>List the kinds of applications that can be reviewed, with their facts and reasons.</summary>
    /// <response code="200">All kinds; there are few.</response>
    internal static Ok<IReadOnlyList<ReviewKindRow>> Handle(ReviewKinds kinds) => TypedResults.Ok<IReadOnlyList<ReviewKindRow>>(
        [.. kinds.All.Select(k => new ReviewKindRow(k.Name, Text.Of(k.TextKey), [.. k.Facts.Select(f => new ReviewFactRow(f.Name, Text.Of(f.TextKey), f.IsNumber))], [.. k.Reasons.Select(r => new ReviewReasonRow(r.Code, Text.Of(r.TextKey)))]))]);
}
