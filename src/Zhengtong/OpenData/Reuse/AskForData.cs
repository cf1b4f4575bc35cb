using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Calendar;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;
using Zhengtong.Kernel.Mail;
using Zhengtong.Kernel.Notices;
using Zhengtong.Kernel.Organisations;

namespace Zhengtong.OpenData.Reuse;

/// <summary>Data that is asked for.</summary>
/// <param name="Title">What, in a few words: 2 to 200 characters.</param>
/// <param name="Words">What it should hold and what it is wanted for: 2 to 4,000 characters, plain text.</param>
/// <param name="Department">The department that should have it; left out, the authority finds it.</param>
/// <param name="Name">What to call the asker, at most 50 characters; may be left out.</param>
/// <param name="Mail">Where to send the answer: one bare mail address, at most 254 characters, which a letter asks to confirm; may be left out.</param>
public sealed record AskForDataRequest(
    [Required, StringLength(200, MinimumLength = 2)] string Title, [Required, StringLength(4000, MinimumLength = 2)] string Words, Guid? Department, [StringLength(50)] string? Name, [StringLength(MailAddress.Most)] string? Mail = null);

/// <summary>A request as it was taken.</summary>
/// <param name="Id">Its id; its page is <c>/open/requests/ID</c>.</param>
/// <param name="DueOn">The last day on which the answer is in time.</param>
public sealed record DataRequestTaken(Guid Id, DateOnly DueOn);

internal static class AskForData
{
    /// <summary>The limit of the answer, among the deadline rules.</summary>
    internal const string Rule = "open-data.answer-request";

    /// <summary>Unread requests that one voice may have.</summary>
    private const int MostOfOne = 10;

    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/data-requests", Handle).AllowAnonymous().ProducesProblem(400).ProducesProblem(401).ProducesProblem(409).ProducesProblem(429);

    /// <summary>Ask for data that is not there. A department answers within working days; the public sees the clock at once, and what is asked for when the department has read it.</summary>
    /// <response code="201">Taken; ledger event open-data.data-asked.</response>
    /// <response code="400">kernel.invalid: no such department, or none named while the platform has no authority to find it.</response>
    /// <response code="401">open-data.key-unknown</response>
    /// <response code="409">open-data.mail-off</response>
    /// <response code="429">open-data.too-many-writings</response>
    internal static async Task<Results<Created<DataRequestTaken>, ProblemHttpResult>> Handle(
        AskForDataRequest request, HttpContext http, Actor actor, ZhengtongDb db, Voices voices, SubscriptionMail mail, WorkingCalendar calendar, TimeProvider clock, CancellationToken ct)
    {
        var department = request.Department is { } named
            ? await db.Organisations.Where(o => o.Id == named && o.Kind == OrganisationKind.Department).Select(o => (Guid?)o.Id).SingleOrDefaultAsync(ct)
            : await db.Organisations.Where(o => o.Kind == OrganisationKind.Authority).OrderBy(o => o.Region).ThenBy(o => o.Id).Select(o => (Guid?)o.Id).FirstOrDefaultAsync(ct);
        if (department is not { } turn) { return KernelProblems.Invalid.For(new Dictionary<string, string[]> { ["department"] = [Text.Of("open-data.reuse.department-missing")] }); }
        var address = MailAddress.Parse(request.Mail);
        if (address is null && Plain.OrNull(request.Mail) is not null) { return KernelProblems.Invalid.For(new Dictionary<string, string[]> { ["mail"] = [Text.Of("open-data.mail.address-wrong")] }); }
        if (address is not null && !mail.IsOn) { return OpenDataProblems.MailOff.Because(); }
        var (voice, problem) = await Voices.OfAsync(http, actor, db, ct);
        if (voice is null) { return problem!.Because(); }
        if (!voices.MayWrite(http, voice)) { return OpenDataProblems.TooManyWritings.Because(); }
        if (await HasTooManyAsync(db, voice, ct)) { return OpenDataProblems.TooManyWritings.Because(); }
        if (address is not null && !voices.MayAskForMail(http)) { return OpenDataProblems.TooManyWritings.Because(); }

        var now = clock.GetUtcNow();
        var (dueOn, dueBy) = await AnswerClock.LimitAsync(calendar, Rule, AnswerClock.DaysWithoutRule, now, ct);
        var asked = new DataRequest
        {
            Id = Guid.CreateVersion7(now), Kind = DataRequestKind.Data, Title = request.Title.Trim(), Words = request.Words.Trim(), Voice = voice.Mark, By = voice.Kind, Name = Plain.OrNull(request.Name),
            DepartmentId = turn, At = now, DueOn = dueOn, DueBy = dueBy,
        };
        Add(db, asked, now);
        db.Ledger.Add(LedgerEntry.Of("open-data.data-asked", asked.Id, actor, now, after: new { department = turn, asked.DueOn, rule = dueBy, voice.Kind }));
        if (address is not null) { await mail.AskAsync(MailTopic.Request, asked.Id, Text.Of("open-data.mail.about-request"), address, MailRhythm.AtOnce, actor, now, ct); }
        await db.SaveChangesAsync(ct);
        return TypedResults.Created($"/api/v1/data-requests/{asked.Id}", new DataRequestTaken(asked.Id, asked.DueOn));
    }

    /// <summary>Adds a request with its asker's vote and the notice to the department.</summary>
    internal static void Add(ZhengtongDb db, DataRequest asked, DateTimeOffset now)
    {
        db.DataRequests.Add(asked);
        db.DataRequestVotes.Add(new DataRequestVote { RequestId = asked.Id, Voice = asked.Voice, At = now });
        db.Notices.Add(Notice.Of(asked.DepartmentId, NoticeTone.Info, "open-data.reuse.notice.asked", $"/work/open-data/requests/{asked.Id}", now, asked.DueOn.ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture)));
    }

    /// <summary>True when the voice has as many unread requests as it may have.</summary>
    internal static async Task<bool> HasTooManyAsync(ZhengtongDb db, Voice voice, CancellationToken ct) =>
        await db.DataRequests.CountAsync(r => r.Voice == voice.Mark && r.State == DataRequestState.Received, ct) >= MostOfOne;
}
