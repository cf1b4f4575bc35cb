using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Calendar;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;
using Zhengtong.Kernel.Notices;
using Zhengtong.OpenData.Keys;
using Zhengtong.OpenData.Model;
using Zhengtong.OpenData.Publishing;

namespace Zhengtong.OpenData.Reuse;

/// <summary>An application for a conditionally open dataset. Who applies and how to reach them is read by the department alone.</summary>
/// <param name="Applicant">Person or body, 2 to 200 characters.</param>
/// <param name="Contact">Mail or telephone, 2 to 200 characters.</param>
/// <param name="Purpose">What for, 10 to 2,000 characters.</param>
/// <param name="Safety">How the rows are kept safe, 2 to 2,000 characters.</param>
/// <param name="Until">The last day, in China: today to three years ahead.</param>
/// <param name="Promise">True: the rows are used for this purpose alone, given to nobody, and deleted after the last day.</param>
public sealed record ApplyForAccessRequest(
    [Required, StringLength(200, MinimumLength = 2)] string Applicant, [Required, StringLength(200, MinimumLength = 2)] string Contact, [Required, StringLength(2000, MinimumLength = 10)] string Purpose,
    [Required, StringLength(2000, MinimumLength = 2)] string Safety, DateOnly Until, bool Promise);

/// <summary>An application as it was taken.</summary>
/// <param name="Id">Its id.</param>
/// <param name="DueOn">The last day on which the decision is in time.</param>
public sealed record AccessApplicationTaken(Guid Id, DateOnly DueOn);

internal static class ApplyForAccess
{
    /// <summary>The limit of the decision, among the deadline rules.</summary>
    internal const string Rule = "open-data.answer-application";

    /// <summary>Working days to decide while no rule is in force.</summary>
    internal const int DaysWithoutRule = 5;

    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/datasets/{dataset}/access-applications", Handle).AllowAnonymous().ProducesProblem(400).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409).ProducesProblem(429);

    /// <summary>Apply for the rows of a conditionally open dataset, with the developer's key that will read them. The department decides within working days.</summary>
    /// <param name="dataset">Id or name of the dataset.</param>
    /// <param name="token">The key's token; it needs the scope rows.</param>
    /// <param name="request">Who, what for, until when.</param>
    /// <param name="http">The call.</param>
    /// <param name="actor">Who asks.</param>
    /// <param name="db">The database.</param>
    /// <param name="voices">How much one address may write.</param>
    /// <param name="calendar">Working days.</param>
    /// <param name="clock">When.</param>
    /// <param name="ct">Stops it.</param>
    /// <response code="201">Taken; ledger event open-data.access-applied.</response>
    /// <response code="400">kernel.invalid</response>
    /// <response code="403">open-data.key-scope-missing</response>
    /// <response code="404">open-data.not-found, open-data.key-not-found</response>
    /// <response code="409">open-data.wrong-state: not published, or not conditionally open; open-data.access-applied-already</response>
    /// <response code="429">open-data.too-many-writings</response>
    internal static async Task<Results<Created<AccessApplicationTaken>, ProblemHttpResult>> Handle(
        [StringLength(100)] string dataset, [FromHeader(Name = PublicLimits.Header)] string? token, ApplyForAccessRequest request, HttpContext http, Actor actor, ZhengtongDb db, Voices voices, WorkingCalendar calendar, TimeProvider clock,
        CancellationToken ct)
    {
        if (await PublicDatasets.FindAsync(db, dataset, Actor.Visitor, ct) is not { } found) { return OpenDataProblems.NotFound.Because(dataset); }
        if (found is not { State: DatasetState.Published, OpenAttribute: OpenAttribute.Conditional }) { return OpenDataProblems.WrongState.Because(found.Title); }
        var now = clock.GetUtcNow();
        if (FaultsOf(request, ChinaTime.DateOf(now)) is { Count: > 0 } faults) { return KernelProblems.Invalid.For(faults); }
        if (await GetKey.FindAsync(token, db, ct) is not { } key) { return OpenDataProblems.KeyNotFound.Because(); }
        if (!key.Scopes.Contains(KeyScope.Rows)) { return OpenDataProblems.KeyScopeMissing.Because(); }
        if (!voices.MayWrite(http, new Voice(VoiceKind.Developer, $"k{key.Id:N}", key.Id))) { return OpenDataProblems.TooManyWritings.Because(); }
        if (await db.AccessApplications.AnyAsync(a => a.KeyId == key.Id && a.DatasetId == found.Id && (a.State == AccessState.Waiting || a.State == AccessState.Granted), ct)) { return OpenDataProblems.AccessAppliedAlready.Because(found.Title); }

        var (dueOn, dueBy) = await AnswerClock.LimitAsync(calendar, Rule, DaysWithoutRule, now, ct);
        var application = new AccessApplication
        {
            Id = Guid.CreateVersion7(now), DatasetId = found.Id, KeyId = key.Id, Applicant = request.Applicant.Trim(), Contact = request.Contact.Trim(), Purpose = request.Purpose.Trim(), Safety = request.Safety.Trim(),
            Until = request.Until, At = now, DueOn = dueOn, DueBy = dueBy,
        };
        db.AccessApplications.Add(application);
        db.Notices.Add(Notice.Of(found.PublisherId, NoticeTone.Info, "open-data.reuse.notice.applied", "/work/open-data/access", now, found.Title, dueOn.ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture)));
        db.Ledger.Add(LedgerEntry.Of("open-data.access-applied", application.Id, actor, now, after: new { dataset = found.Id, key = key.Id, application.Until, application.DueOn, rule = dueBy }));
        try { await db.SaveChangesAsync(ct); }
        catch (DbUpdateException e) when (e.IsUniqueViolation()) { return OpenDataProblems.AccessAppliedAlready.Because(found.Title); }
        return TypedResults.Created($"/api/v1/access-applications/{application.Id}", new AccessApplicationTaken(application.Id, dueOn));
    }

    private static Dictionary<string, string[]> FaultsOf(ApplyForAccessRequest request, DateOnly today)
    {
        var faults = new Dictionary<string, string[]>();
        if (request.Until < today || request.Until > today.AddYears(3)) { faults["until"] = [Text.Of("open-data.reuse.until-wrong")]; }
        if (!request.Promise) { faults["promise"] = [Text.Of("open-data.reuse.promise-missing")]; }
        return faults;
    }
}
