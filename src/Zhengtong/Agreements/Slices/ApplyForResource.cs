using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Agreements.Model;
using Zhengtong.Agreements.Reviews;
using Zhengtong.Catalogue;
using Zhengtong.Catalogue.Model;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Calendar;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;
using Zhengtong.Kernel.Secrets;

namespace Zhengtong.Agreements.Slices;

/// <summary>What a department asks of another.</summary>
/// <param name="ResourceId">The published information resource.</param>
/// <param name="Columns">Columns wanted, 1 to 500; the key columns are always added.</param>
/// <param name="Rows">Conditions for the rows wanted, at most 20; empty or null for all rows.</param>
/// <param name="Purpose">What the data will be used for, 5 to 500 characters.</param>
/// <param name="LegalGround">Law, regulation or duty, 2 to 500 characters.</param>
/// <param name="EverySeconds">How often changes are wanted, 1 to 86,400 seconds.</param>
/// <param name="Until">The last day wanted, in China; at most five years ahead.</param>
/// <param name="Suite">Cryptographic suite of the seals, batches and receipts; null for international.</param>
/// <param name="Operations">Of an API: what is to be called, as the catalogue names it: <c>GET /firms/{code}</c>; at least one.</param>
/// <param name="CallsPerDay">Of an API: most calls a day; 10,000 when not said.</param>
/// <param name="CallsPerSecond">Of an API: most calls begun in a second; 10 when not said.</param>
/// <param name="Concurrent">Of an API: most calls at once; 10 when not said.</param>
public sealed record ApplyForResourceRequest(
    Guid ResourceId,
    [Required, MaxLength(500)] IReadOnlyList<string> Columns,
    [MaxLength(RowConditions.Most)] IReadOnlyList<RowCondition>? Rows,
    [Required, StringLength(500, MinimumLength = 5)] string Purpose,
    [Required, StringLength(500, MinimumLength = 2)] string LegalGround,
    [Range(1, 86_400)] int EverySeconds,
    DateOnly Until,
    SuiteName? Suite = null,
    [MaxLength(OpenApiText.MostOperations)] IReadOnlyList<string>? Operations = null,
    [Range(1, 1_000_000_000)] int? CallsPerDay = null,
    [Range(1, 100_000)] int? CallsPerSecond = null,
    [Range(1, 10_000)] int? Concurrent = null);

/// <summary>The application as submitted.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Number">As people name it: SQ-2026-000001.</param>
/// <param name="DueOn">The last day on which the provider answers in time, counted in working days.</param>
/// <param name="Revision">1.</param>
public sealed record ApplyForResourceResponse(Guid Id, string Number, DateOnly DueOn, int Revision);

internal static class ApplyForResource
{
    private const int MostYears = 5;

    /// <summary>Working days to answer while no rule is in force: a platform without rules still answers, in the longest time that any known rule allows.</summary>
    internal const int DaysWithoutRule = 10;

    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/applications", Handle)
        .Requires(Right.Apply).Idempotent().ProducesProblem(403).ProducesProblem(404).ProducesProblem(409);

    /// <summary>Apply for items of another department's information resource.</summary>
    /// <response code="201">Submitted; ledger event agreements.applied.</response>
    /// <response code="400">agreements.invalid</response>
    /// <response code="404">agreements.resource-not-found</response>
    /// <response code="409">agreements.own-resource, agreements.not-shared, agreements.already-applied, agreements.review-seat-empty, agreements.review-own-supply</response>
    internal static async Task<Results<Created<ApplyForResourceResponse>, ProblemHttpResult>> Handle(
        ApplyForResourceRequest request, Actor actor, ZhengtongDb db, CatalogueLookup catalogue, WorkingCalendar calendar, TimeProvider clock, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var resource = await catalogue.FindAsync(request.ResourceId, ct);
        if (resource is not { State: ResourceState.Published }) { return AgreementsProblems.ResourceNotFound.Because($"{request.ResourceId}"); }
        if (resource.ProviderId == actor.Organisation) { return AgreementsProblems.OwnResource.Because(resource.Name); }
        if (Faults(request, resource, ChinaTime.DateOf(now)) is { Count: > 0 } faults) { return AgreementsProblems.Invalid.For(faults); }
        if (Closed(request, resource) is { Length: > 0 } closed) { return AgreementsProblems.NotShared.Because(closed); }
        if (await db.Applications.AnyAsync(a => a.ResourceId == resource.Id && a.ApplicantId == actor.Organisation && a.State == ApplicationState.Submitted, ct))
        {
            return AgreementsProblems.AlreadyApplied.Because(resource.Name);
        }

        var wanted = Wanted(request, resource);
        var deadline = await calendar.DeadlineAsync(RuleOf(resource, wanted), now, ct);
        var application = new Application
        {
            Id = Guid.CreateVersion7(now),
            Number = await DocumentNumbers.NextAsync(db, "SQ", ChinaTime.DateOf(now), ct),
            ResourceId = resource.Id,
            ResourceName = resource.Name,
            ResourceRevision = resource.Revision,
            ProviderId = resource.ProviderId,
            ApplicantId = actor.Organisation,
            Kind = resource.Kind,
            Columns = [.. wanted.Select(i => i.Column)],
            Operations = resource.Kind == DeliveryKind.Api ? request.Operations! : [],
            Limits = resource.Kind == DeliveryKind.Api ? new ApiLimits(request.CallsPerDay ?? 10_000, request.CallsPerSecond ?? 10, request.Concurrent ?? 10) : null,
            Rows = request.Rows ?? [],
            Purpose = request.Purpose,
            LegalGround = request.LegalGround,
            EverySeconds = request.EverySeconds,
            Until = ChinaTime.StartOf(request.Until.AddDays(1)),
            Suite = request.Suite ?? SuiteName.International,
            SubmittedBy = actor.Id,
            SubmittedAt = now,
            DueOn = deadline?.LastDay ?? (await calendar.ReadAsync(ct)).Add(ChinaTime.DateOf(now), DaysWithoutRule),
            DueBy = deadline is null ? null : AnswerLimit.Of(deadline),
        };
        if ((await ReviewDesk.OpenAsync(db, calendar, ApplicationReview.SubjectOf(application, wanted.Count(i => i.SharingType == SharingType.Conditional)), actor, now, ct)).Refusal is { } refusal) { return refusal; }
        db.Applications.Add(application);
        db.Ledger.Add(LedgerEntry.Of("agreements.applied", application.Id, actor, now, request.Purpose,
            after: new { application.Number, application.ResourceId, application.Columns, application.Operations, application.LegalGround, request.Until, application.Suite, application.DueOn, rule = application.DueBy?.Rule }));
        try { await db.SaveChangesAsync(ct); }
        catch (DbUpdateException e) when (e.IsUniqueViolation()) { return AgreementsProblems.AlreadyApplied.Because(resource.Name); }
        return TypedResults.Created($"/api/v1/applications/{application.Id}", new ApplyForResourceResponse(application.Id, application.Number, application.DueOn, application.Revision));
    }

    private static Dictionary<string, string[]> Faults(ApplyForResourceRequest request, ResourceCard resource, DateOnly today)
    {
        var faults = new Dictionary<string, string[]>();
        if (request.Until < today) { faults["until"] = [Text.Of("agreements.until-past")]; }
        if (request.Until > today.AddYears(MostYears)) { faults["until"] = [Text.Of("agreements.until-far", MostYears)]; }
        if (request.Columns.Count == 0 && resource.Kind != DeliveryKind.File && resource.Items.Count > 0) { faults["columns"] = [Text.Of("agreements.items-missing")]; }
        if (resource.Kind == DeliveryKind.Api && request.Operations is not { Count: > 0 }) { faults["operations"] = [Text.Of("agreements.operations-missing")]; }
        if (resource.Kind != DeliveryKind.Table && request.Rows is { Count: > 0 }) { faults["rows"] = [Text.Of("agreements.rows-only-table")]; }
        foreach (var (n, operation) in (request.Operations ?? []).Index())
        {
            if (!resource.Operations.Any(o => o.Name == operation)) { faults[$"operations[{n}]"] = [Text.Of("agreements.unknown-operation", operation)]; }
        }

        foreach (var (n, column) in request.Columns.Index())
        {
            if (!resource.Items.Any(i => i.Column == column)) { faults[$"columns[{n}]"] = [Text.Of("agreements.unknown-item", column)]; }
        }

        foreach (var (n, condition) in (request.Rows ?? []).Index())
        {
            if (RowConditions.Fault(condition, resource.Items) is { } fault) { faults[$"rows[{n}]"] = [fault]; }
        }

        return faults;
    }

    /// <summary>One conditional item among those wanted makes the provider look at the whole application.</summary>
    private static string RuleOf(ResourceCard resource, IReadOnlyCollection<ItemCard> wanted) =>
        (wanted.Count == 0 ? resource.SharingType == SharingType.Unconditional : wanted.All(i => i.SharingType == SharingType.Unconditional)) ? "agreements.answer-unconditional" : "agreements.answer-conditional";

    /// <summary>A file is taken whole, so with all its items; otherwise those asked for, and the key.</summary>
    private static List<ItemCard> Wanted(ApplyForResourceRequest request, ResourceCard resource) =>
        [.. resource.Items.Where(i => i.IsKey || resource.Kind == DeliveryKind.File || request.Columns.Contains(i.Column))];

    /// <summary>Names of the wanted items that are not shared; a closed key closes the whole resource.</summary>
    private static string Closed(ApplyForResourceRequest request, ResourceCard resource)
    {
        var wanted = Wanted(request, resource);
        if (wanted.Count == 0 && resource.SharingType == SharingType.NotShared) { return resource.Name; }
        return string.Join(", ", wanted.Where(i => i.SharingType == SharingType.NotShared).Select(i => i.Name));
    }
}
