using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Zhengtong.Cloud.Model;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.Cloud.Quotas;

/// <summary>A recount.</summary>
/// <param name="Mend">True sets the counters to what was counted.</param>
/// <param name="Reason">On what ground they are mended, 2 to 500 characters; needed for that, and kept in the ledger.</param>
public sealed record RecountQuotasRequest(bool Mend, [StringLength(500, MinimumLength = 2)] string? Reason);

/// <summary>What a recount found.</summary>
/// <param name="Id">Its id.</param>
/// <param name="At">When it was made.</param>
/// <param name="Movements">How many movements were summed.</param>
/// <param name="Counters">How many counters were compared.</param>
/// <param name="DifferenceCount">How many counters differed; 0 is how it must be.</param>
/// <param name="Differences">The first 500 of them.</param>
/// <param name="IsMended">True when the counters were set to the sums.</param>
/// <param name="Reason">On what ground.</param>
public sealed record RecountResult(
    Guid Id, DateTimeOffset At, long Movements, long Counters, int DifferenceCount, IReadOnlyList<CounterDifference> Differences, bool IsMended, string? Reason);

internal static class RecountQuotas
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/cloud/quota-recounts", Handle).Requires(Right.ManagePools).ProducesProblem(403);

    /// <summary>Count again from the movements what the counters of quotas say, and from the claims what hosts say; each difference is shown. Mending keeps orders waiting while it counts.</summary>
    /// <response code="200">What was found; ledger events cloud.counters-differed, cloud.counters-mended.</response>
    /// <response code="400">cloud.invalid: a ground is needed to mend.</response>
    internal static async Task<Results<Ok<RecountResult>, ProblemHttpResult>> Handle(RecountQuotasRequest request, Actor actor, ZhengtongDb db, TimeProvider clock, CancellationToken ct)
    {
        if (request.Mend && string.IsNullOrWhiteSpace(request.Reason)) { return CloudProblems.Invalid.For(new Dictionary<string, string[]> { ["reason"] = [Text.Of("cloud.recount.reason-needed")] }); }
        return TypedResults.Ok(Show(request.Mend ? await Recounting.MendAsync(db, request.Reason!, actor, clock.GetUtcNow(), ct) : await Recounting.CompareAsync(db, actor, clock.GetUtcNow(), ct)));
    }

    internal static RecountResult Show(QuotaRecount r) => new(r.Id, r.At, r.Movements, r.Counters, r.DifferenceCount, r.Differences, r.IsMended, r.Reason);
}
