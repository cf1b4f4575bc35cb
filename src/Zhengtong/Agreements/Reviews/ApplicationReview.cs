using System.Globalization;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Agreements.Model;
using Zhengtong.Agreements.Slices;
using Zhengtong.Catalogue;
using Zhengtong.Catalogue.Model;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;
using Zhengtong.Web;

namespace Zhengtong.Agreements.Reviews;

/// <summary>Applications for information resources are reviewed where the provider's chain says so; once granted, the provider confirms as before.</summary>
internal sealed class ApplicationReview(ZhengtongDb db, CatalogueLookup catalogue) : IReviewedKind
{
    internal const string Kind = "agreements.application";

    private static readonly (string Code, RefusalGround Ground)[] Grounds =
        [("law", RefusalGround.Law), ("policy", RefusalGround.Policy), ("sensitive", RefusalGround.Sensitive), ("other", RefusalGround.Other)];

    public string Name => Kind;

    public string TextKey => "agreements.review.kind.application";

    public IReadOnlyList<ReviewFact> Facts =>
    [
        new("delivery", IsNumber: false, "agreements.review.fact.delivery"), new("items", IsNumber: true, "agreements.review.fact.items"),
        new("conditional-items", IsNumber: true, "agreements.review.fact.conditional-items"), new("days", IsNumber: true, "agreements.review.fact.days"),
    ];

    public IReadOnlyList<ReviewReason> Reasons =>
    [
        new("law", "agreements.refusal-ground.law"), new("policy", "agreements.refusal-ground.policy"), new("sensitive", "agreements.refusal-ground.sensitive"), new("other", "agreements.refusal-ground.other"),
    ];

    public string PageOf(Guid subject) => $"/work/applications/{subject}";

    public async Task<IReadOnlyList<ReviewAsked>> AskedAsync(Guid subject, CancellationToken ct)
    {
        if (await db.Applications.AsNoTracking().SingleOrDefaultAsync(a => a.Id == subject, ct) is not { } application) { return []; }
        var items = await catalogue.FindAsync(application.ResourceId, ct) is { } resource ? resource.Items.ToDictionary(i => i.Column, i => i.Name) : [];
        var provider = await db.Organisations.AsNoTracking().Where(o => o.Id == application.ProviderId).Select(o => o.Name).FirstAsync(ct);
        List<ReviewAsked> asked =
        [
            new("agreements.resource", application.ResourceName), new("agreements.provider", provider), new("agreements.purpose", application.Purpose), new("agreements.ground", application.LegalGround),
            new("agreements.until", Show.Day(application.Until.AddTicks(-1))), new("agreements.frequency", AgreementPage.Every(application.EverySeconds)),
        ];
        if (application.Columns.Count > 0) { asked.Add(new("agreements.items", string.Join(Text.Of("agreements.comma"), application.Columns.Select(c => items.GetValueOrDefault(c, c))))); }
        if (application.Operations.Count > 0) { asked.Add(new("agreements.operations", string.Join(Text.Of("agreements.comma"), application.Operations))); }
        if (application.Rows.Count > 0) { asked.Add(new("agreements.rows", string.Join(Text.Of("agreements.comma"), application.Rows.Select(r => AgreementPage.Said(r, items))))); }
        if (application.Limits is { } limits) { asked.Add(new("agreements.limits", AgreementPage.Said(limits))); }
        return asked;
    }

    public async Task<ProblemHttpResult?> RefuseAsync(Review review, string code, string opinion, Actor actor, DateTimeOffset now, CancellationToken ct)
    {
        if (await db.Applications.SingleOrDefaultAsync(a => a.Id == review.SubjectId, ct) is not { State: ApplicationState.Submitted } application) { return AgreementsProblems.NotSubmitted.Because(review.Number); }
        var ground = Array.Find(Grounds, g => g.Code == code).Ground;
        application.Decide(ApplicationState.Refused, actor.Id, now, opinion, ground);
        db.Ledger.Add(LedgerEntry.Of("agreements.refused", application.Id, actor, now, opinion, after: new { ground }));
        return null;
    }

    public async Task<ProblemHttpResult?> WithdrawAsync(Review review, string reason, Actor actor, DateTimeOffset now, CancellationToken ct)
    {
        if (await db.Applications.SingleOrDefaultAsync(a => a.Id == review.SubjectId, ct) is not { State: ApplicationState.Submitted } application) { return AgreementsProblems.NotSubmitted.Because(review.Number); }
        application.Decide(ApplicationState.Withdrawn, actor.Id, now, reason);
        db.Ledger.Add(LedgerEntry.Of("agreements.application-withdrawn", application.Id, actor, now, reason));
        return null;
    }

    /// <summary>The application as its chain sees it.</summary>
    internal static ReviewSubject SubjectOf(Application application, int conditionalItems) => new(
        Kind, application.Id, application.Number, application.ResourceName, application.ApplicantId, application.ProviderId, application.ProviderId, new Dictionary<string, string>
        {
            ["delivery"] = Words[application.Kind],
            ["items"] = application.Columns.Count.ToString(CultureInfo.InvariantCulture),
            ["conditional-items"] = conditionalItems.ToString(CultureInfo.InvariantCulture),
            ["days"] = (ChinaTime.DateOf(application.Until).DayNumber - ChinaTime.DateOf(application.SubmittedAt).DayNumber).ToString(CultureInfo.InvariantCulture),
        });

    /// <summary>The code of a reason for a ground.</summary>
    internal static string CodeOf(RefusalGround ground) => Array.Find(Grounds, g => g.Ground == ground).Code;

    private static readonly Dictionary<DeliveryKind, string> Words = new() { [DeliveryKind.Table] = "table", [DeliveryKind.File] = "file", [DeliveryKind.Api] = "api" };
}
