using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Agreements.Model;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;
using Zhengtong.Kernel.Organisations;
using Zhengtong.Kernel.Regions;

namespace Zhengtong.Agreements.Reviews;

/// <summary>The competent authority says how a kind of application is reviewed from a day on.</summary>
/// <param name="Kind">Name of the kind, as <c>/api/v1/review-kinds</c> lists it.</param>
/// <param name="ValidFrom">Applications from this day in China on; today or later.</param>
/// <param name="Steps">In order, at most 20; none ends the review of new applications.</param>
/// <param name="Source">The document or decision, 2 to 500 characters.</param>
/// <param name="Region">The region it holds in, with those below it; the caller's own when not said, and never outside of it.</param>
/// <param name="Organisation">The one organisation it holds for; all of the region when not said.</param>
public sealed record DefineReviewChainRequest(
    [Required, StringLength(60, MinimumLength = 3)] string Kind, DateOnly ValidFrom, [Required, MaxLength(20)] IReadOnlyList<ReviewChainStep> Steps, [Required, StringLength(500, MinimumLength = 2)] string Source,
    [RegionCode] string? Region = null, Guid? Organisation = null);

/// <summary>The version as defined.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Version">From 1 for each kind, region and organisation.</param>
public sealed record DefineReviewChainResponse(Guid Id, int Version);

internal static class DefineReviewChain
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/review-chains", Handle).Requires(Right.ReadWork).Idempotent().ProducesProblem(403).ProducesProblem(409);

    /// <summary>Define the next version of a review chain. Reviews that have begun keep theirs.</summary>
    /// <response code="201">Defined; ledger event agreements.review-chain-defined.</response>
    /// <response code="400">agreements.review-chain-invalid</response>
    /// <response code="403">agreements.not-authority</response>
    /// <response code="409">agreements.changed-meanwhile</response>
    internal static async Task<Results<Created<DefineReviewChainResponse>, ProblemHttpResult>> Handle(
        DefineReviewChainRequest request, Actor actor, ZhengtongDb db, ReviewKinds kinds, TimeProvider clock, CancellationToken ct)
    {
        if (!actor.Roles.Contains(Role.Authority)) { return AgreementsProblems.NotAuthority.Because(); }
        var now = clock.GetUtcNow();
        var region = request.Region is null ? actor.Region : RegionCode.Parse(request.Region);
        var faults = Faults(request, kinds.Find(request.Kind), ChinaTime.DateOf(now));
        if (!actor.Reaches(region)) { faults["region"] = [Text.Of("agreements.review.region-outside")]; }
        if (request.Organisation is { } one && !await db.Organisations.AnyAsync(o => o.Id == one, ct)) { faults["organisation"] = [Text.Of("agreements.review.organisation-unknown")]; }
        else if (request.Organisation is { } there && !region.Covers(await db.Organisations.Where(o => o.Id == there).Select(o => o.Region).SingleAsync(ct))) { faults["organisation"] = [Text.Of("agreements.review.organisation-outside")]; }
        var named = request.Steps.Select(s => s.Organisation).OfType<Guid>().Distinct().ToList();
        var known = await db.Organisations.Where(o => named.Contains(o.Id)).ToDictionaryAsync(o => o.Id, o => o.Kind, ct);
        var rules = request.Steps.Select(s => s.Rule).OfType<string>().Distinct().ToList();
        var inForce = await db.DeadlineRules.Where(r => rules.Contains(r.Code) && r.InForceFrom <= request.ValidFrom).Select(r => r.Code).Distinct().ToListAsync(ct);
        foreach (var (n, step) in request.Steps.Index())
        {
            if (step.Organisation is { } organisation && (!known.TryGetValue(organisation, out var kind) || !Rights.Fits(step.Post, kind))) { faults[$"steps[{n}].organisation"] = [Text.Of("agreements.review.organisation-unknown")]; }
            if (step.Rule is not null && !inForce.Contains(step.Rule)) { faults[$"steps[{n}].rule"] = [Text.Of("agreements.review.rule-unknown", step.Rule)]; }
        }

        if (faults.Count > 0) { return AgreementsProblems.ReviewChainInvalid.For(faults); }

        var holder = request.Organisation ?? ReviewChain.Everyone;
        var last = await db.ReviewChains.Where(c => c.Kind == request.Kind && c.Region == region && c.OrganisationId == holder).MaxAsync(c => (int?)c.Version, ct) ?? 0;
        var chain = new ReviewChain
        {
            Id = Guid.CreateVersion7(now), Kind = request.Kind, Region = region, OrganisationId = holder, Version = last + 1, ValidFrom = request.ValidFrom, Steps = request.Steps, Source = request.Source,
            DefinedBy = actor.Id, DefinedAt = now,
        };
        db.ReviewChains.Add(chain);
        db.Ledger.Add(LedgerEntry.Of("agreements.review-chain-defined", chain.Id, actor, now, request.Source,
            after: new { chain.Kind, region = chain.Region.ToString(), request.Organisation, chain.Version, chain.ValidFrom, chain.Steps }));
        try { await db.SaveChangesAsync(ct); }
        catch (DbUpdateException e) when (e.IsUniqueViolation()) { return AgreementsProblems.ChangedMeanwhile.Because(request.Kind); }
        return TypedResults.Created($"/api/v1/review-chains/{chain.Id}", new DefineReviewChainResponse(chain.Id, chain.Version));
    }

    private static Dictionary<string, string[]> Faults(DefineReviewChainRequest request, IReviewedKind? kind, DateOnly today)
    {
        var faults = new Dictionary<string, string[]>();
        if (kind is null) { faults["kind"] = [Text.Of("agreements.review.kind-unknown")]; }
        if (request.ValidFrom < today) { faults["validFrom"] = [Text.Of("agreements.review.day-past")]; }
        foreach (var (n, step) in request.Steps.Index())
        {
            if ((step.Days is null) == (step.Rule is null)) { faults[$"steps[{n}].days"] = [Text.Of("agreements.review.days-or-rule")]; }
            if (Rights.Administrators.Contains(step.Post) || !Fits(step)) { faults[$"steps[{n}].post"] = [Text.Of("agreements.review.post-unfit")]; }
            if (step.Level is not null && (step.Level > RegionLevel.County || step.Seat is not (ReviewSeat.Authority or ReviewSeat.Operator or ReviewSeat.ProjectApprover))) { faults[$"steps[{n}].level"] = [Text.Of("agreements.review.level-unfit")]; }
            if ((step.Seat == ReviewSeat.Named) != (step.Organisation is not null)) { faults[$"steps[{n}].organisation"] = [Text.Of("agreements.review.organisation-where-named")]; }
            foreach (var (m, condition) in (step.SkipWhen ?? []).Index())
            {
                if (Fault(condition, kind) is { } fault) { faults[$"steps[{n}].skipWhen[{m}].{fault.Field}"] = [fault.Sentence]; }
            }
        }

        // The body that runs the platform examines; somebody else decides, whatever is passed over.
        if (request.Steps.Any(s => s.Seat == ReviewSeat.Operator) && request.Steps[request.Steps.Count - 1] is { Seat: ReviewSeat.Operator } or { SkipWhen.Count: > 0 })
        {
            faults[$"steps[{request.Steps.Count - 1}].seat"] = [Text.Of("agreements.review.operator-last")];
        }

        return faults;
    }

    private static bool Fits(ReviewChainStep step) => step.Seat switch
    {
        ReviewSeat.Authority => Rights.Fits(step.Post, OrganisationKind.Authority),
        ReviewSeat.Operator => Rights.Fits(step.Post, OrganisationKind.Operator),
        ReviewSeat.ProjectApprover => Rights.Fits(step.Post, OrganisationKind.ProjectApprover),
        _ => true,
    };

    private static (string Field, string Sentence)? Fault(FactCondition condition, IReviewedKind? kind)
    {
        if (kind?.Facts.FirstOrDefault(f => f.Name == condition.Field) is not { } fact) { return ("field", Text.Of("agreements.review.fact-unknown", condition.Field)); }
        if (fact.IsNumber) { return FactCondition.NumberOf(condition.Value) is null ? ("value", Text.Of("agreements.review.value-number")) : null; }
        return condition.Operator is FactOperator.Equal or FactOperator.NotEqual ? null : ("operator", Text.Of("agreements.review.operator-number"));
    }
}
