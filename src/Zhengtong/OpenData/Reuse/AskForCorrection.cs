using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Calendar;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;
using Zhengtong.Kernel.Mail;
using Zhengtong.OpenData.Model;
using Zhengtong.OpenData.Publishing;

namespace Zhengtong.OpenData.Reuse;

/// <summary>Something that is wrong in a published dataset.</summary>
/// <param name="Words">What is wrong and how it should be: 2 to 4,000 characters, plain text.</param>
/// <param name="Resource">The file; left out for the whole dataset.</param>
/// <param name="Column">The column of its table; may be left out.</param>
/// <param name="Rows">Numbers of its rows, such as <c>12, 40-45</c>; may be left out.</param>
/// <param name="Name">What to call the asker, at most 50 characters; may be left out.</param>
/// <param name="Mail">Where to send the answer: one bare mail address, at most 254 characters, which a letter asks to confirm; may be left out.</param>
public sealed record AskForCorrectionRequest(
    [Required, StringLength(4000, MinimumLength = 2)] string Words, Guid? Resource, [StringLength(300)] string? Column,
    [StringLength(200), RegularExpression("^ *[0-9]{1,18}( *- *[0-9]{1,18})?( *, *[0-9]{1,18}( *- *[0-9]{1,18})?)* *$")] string? Rows, [StringLength(50)] string? Name, [StringLength(MailAddress.Most)] string? Mail = null);

internal static class AskForCorrection
{
    /// <summary>The limit of the answer, among the deadline rules.</summary>
    internal const string Rule = "open-data.answer-correction";

    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/datasets/{dataset}/corrections", Handle).AllowAnonymous().ProducesProblem(400).ProducesProblem(401).ProducesProblem(404).ProducesProblem(409).ProducesProblem(429);

    /// <summary>Tell the publishing department that something in a dataset is wrong: the whole, a file, a column, single rows. It answers within working days.</summary>
    /// <response code="201">Taken; ledger event open-data.correction-asked.</response>
    /// <response code="400">kernel.invalid: the published version has no such file, or its table no such column or row.</response>
    /// <response code="401">open-data.key-unknown</response>
    /// <response code="404">open-data.not-found</response>
    /// <response code="409">open-data.wrong-state, open-data.mail-off</response>
    /// <response code="429">open-data.too-many-writings</response>
    internal static async Task<Results<Created<DataRequestTaken>, ProblemHttpResult>> Handle(
        [StringLength(100)] string dataset, AskForCorrectionRequest request, HttpContext http, Actor actor, ZhengtongDb db, Voices voices, SubscriptionMail mail, WorkingCalendar calendar, TimeProvider clock, CancellationToken ct)
    {
        if (await PublicDatasets.FindAsync(db, dataset, Actor.Visitor, ct) is not { } found) { return OpenDataProblems.NotFound.Because(dataset); }
        if (found.State != DatasetState.Published) { return OpenDataProblems.WrongState.Because(found.Title); }
        if (await FaultsOfAsync(db, found, request, ct) is { Count: > 0 } faults) { return KernelProblems.Invalid.For(faults); }
        var address = MailAddress.Parse(request.Mail);
        if (address is null && Plain.OrNull(request.Mail) is not null) { return KernelProblems.Invalid.For(new Dictionary<string, string[]> { ["mail"] = [Text.Of("open-data.mail.address-wrong")] }); }
        if (address is not null && !mail.IsOn) { return OpenDataProblems.MailOff.Because(); }
        var (voice, problem) = await Voices.OfAsync(http, actor, db, ct);
        if (voice is null) { return problem!.Because(); }
        if (!voices.MayWrite(http, voice)) { return OpenDataProblems.TooManyWritings.Because(); }
        if (await AskForData.HasTooManyAsync(db, voice, ct)) { return OpenDataProblems.TooManyWritings.Because(); }
        if (address is not null && !voices.MayAskForMail(http)) { return OpenDataProblems.TooManyWritings.Because(); }

        var now = clock.GetUtcNow();
        var (dueOn, dueBy) = await AnswerClock.LimitAsync(calendar, Rule, AnswerClock.DaysWithoutRule, now, ct);
        var asked = new DataRequest
        {
            Id = Guid.CreateVersion7(now), Kind = DataRequestKind.Correction, Title = found.Title, Words = request.Words.Trim(), Voice = voice.Mark, By = voice.Kind, Name = Plain.OrNull(request.Name),
            DatasetId = found.Id, Version = found.Current, ResourceId = request.Resource, Column = Plain.OrNull(request.Column), Rows = Plain.OrNull(request.Rows),
            DepartmentId = found.PublisherId, At = now, DueOn = dueOn, DueBy = dueBy,
        };
        AskForData.Add(db, asked, now);
        db.Ledger.Add(LedgerEntry.Of("open-data.correction-asked", asked.Id, actor, now, after: new { dataset = found.Id, asked.Version, resource = asked.ResourceId, asked.DueOn, rule = dueBy, voice.Kind }));
        if (address is not null) { await mail.AskAsync(MailTopic.Request, asked.Id, Text.Of("open-data.mail.about-request"), address, MailRhythm.AtOnce, actor, now, ct); }
        await db.SaveChangesAsync(ct);
        return TypedResults.Created($"/api/v1/data-requests/{asked.Id}", new DataRequestTaken(asked.Id, asked.DueOn));
    }

    private static async Task<Dictionary<string, string[]>> FaultsOfAsync(ZhengtongDb db, Dataset dataset, AskForCorrectionRequest request, CancellationToken ct)
    {
        var faults = new Dictionary<string, string[]>();
        var (column, rows) = (Plain.OrNull(request.Column), Plain.OrNull(request.Rows));
        if (request.Resource is not { } id)
        {
            if (column is not null || rows is not null) { faults["resource"] = [Text.Of("open-data.reuse.file-missing")]; }
            return faults;
        }

        var resource = await db.PublicResources.AsNoTracking().SingleOrDefaultAsync(r => r.Id == id && r.DatasetId == dataset.Id, ct);
        if (resource is null) { faults["resource"] = [Text.Of("open-data.reuse.file-unknown")]; return faults; }
        if (column is not null && resource.Resource.Table?.Find(column) is null) { faults["column"] = [Text.Of("open-data.reuse.column-unknown")]; }
        if (rows is not null && rows.Split(',', '-').Any(n => !long.TryParse(n.Trim(), System.Globalization.CultureInfo.InvariantCulture, out var row) || row < 1 || row > resource.Rows)) { faults["rows"] = [Text.Of("open-data.reuse.rows-unknown", resource.Rows)]; }
        return faults;
    }
}
