using System.Globalization;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Agreements;
using Zhengtong.Agreements.Model;
using Zhengtong.Cloud.Model;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;
using Zhengtong.Kernel.Notices;
using Zhengtong.Web;

namespace Zhengtong.Cloud.Orders;

/// <summary>Orders are reviewed where the department's chain says so; with the last step they are granted, held and delivered.</summary>
internal sealed class OrderReview(ZhengtongDb db, OrderGrant grant, OrderOutlook outlook) : IReviewedKind
{
    internal const string Kind = "cloud.order";

    /// <summary>So many items are told line by line; of the rest how many there are.</summary>
    private const int MostItems = 8;

    /// <summary>Codes of the reasons for a refusal.</summary>
    internal static readonly IReadOnlyList<string> Codes = ["quota", "budget", "technical", "not-needed", "other"];

    public string Name => Kind;

    public string TextKey => "cloud.review.kind";

    public IReadOnlyList<ReviewFact> Facts =>
    [
        new("cores", IsNumber: true, "cloud.review.fact.cores"), new("memory", IsNumber: true, "cloud.review.fact.memory"), new("disk", IsNumber: true, "cloud.review.fact.disk"),
        new("resources", IsNumber: true, "cloud.review.fact.resources"), new("items", IsNumber: true, "cloud.review.fact.items"), new("monthly", IsNumber: true, "cloud.review.fact.monthly"),
        new("protection", IsNumber: true, "cloud.review.fact.protection"), new("zone", IsNumber: false, "cloud.review.fact.zone"), new("order", IsNumber: false, "cloud.review.fact.order"),
    ];

    public IReadOnlyList<ReviewReason> Reasons => [.. Codes.Select(c => new ReviewReason(c, $"cloud.order-reason.{c}"))];

    public string PageOf(Guid subject) => $"/work/cloud/orders/{subject}";

    public async Task<IReadOnlyList<ReviewAsked>> AskedAsync(Guid subject, CancellationToken ct)
    {
        if (await db.CloudOrders.AsNoTracking().SingleOrDefaultAsync(o => o.Id == subject, ct) is not { } order) { return []; }
        var system = await db.BusinessSystems.AsNoTracking().SingleAsync(s => s.Id == order.SystemId, ct);
        List<ReviewAsked> asked =
        [
            new("cloud.order.system", Text.Of("cloud.order.system-said", system.Name, system.Protection)), new("cloud.order.zone", Show.Word("cloud", order.Zone)), new("cloud.order.kind", Show.Word("cloud", order.Kind)),
            new("cloud.order.until", Show.Day(order.Until.AddTicks(-1))), new("cloud.order.ground", order.Ground), new("cloud.order.monthly", Text.Of("cloud.order.monthly-said", Show.Number(order.Monthly))),
            new("cloud.order.total", OrderWords.Said(order.Total)),
        ];
        var fitting = await outlook.FittingAsync(order, ct);
        foreach (var (n, item) in order.Items.Index().Take(MostItems))
        {
            asked.Add(new("cloud.order.item", Text.Of("cloud.order.item-said", item.Name, item.ServiceName, item.PlanName, item.Count, OrderWords.Said(item.Amounts, item.Volumes))));
            if (item.Backup is { } origin && await db.ResourceBackups.AsNoTracking().Where(b => b.Id == origin).Join(db.CloudResources, b => b.ResourceId, r => r.Id, (b, r) => new { r.Number, b.At }).SingleOrDefaultAsync(ct) is { } of)
            {
                asked.Add(new("cloud.order.from-backup", Text.Of("cloud.order.from-backup-said", of.Number, Show.Moment(of.At))));
            }

            if (fitting[n] is { } hosts) { asked.Add(new("cloud.order.fits", hosts > 0 ? Text.Of("cloud.order.fits-said", hosts) : Text.Of("cloud.order.fits-not"))); }
        }

        if (order.Items.Count > MostItems) { asked.Add(new("cloud.order.item", Text.Of("cloud.order.more-items", order.Items.Count - MostItems))); }
        var lacking = await outlook.LackingAsync(order, ct);
        asked.Add(new("cloud.order.quota", lacking switch
        {
            null => Text.Of("cloud.order.quota-none"),
            [] => Text.Of("cloud.order.quota-enough"),
            _ => string.Join("; ", lacking.Take(6).Select(s => s.Sentence)),
        }));
        return asked;
    }

    public async Task<ProblemHttpResult?> GrantAsync(Review review, Actor actor, DateTimeOffset now, CancellationToken ct) =>
        await db.CloudOrders.SingleOrDefaultAsync(o => o.Id == review.SubjectId, ct) is { } order ? await grant.GrantAsync(order, actor, now, ct) : CloudProblems.OrderNotFound.Because(review.Number);

    public async Task<ProblemHttpResult?> RefuseAsync(Review review, string code, string opinion, Actor actor, DateTimeOffset now, CancellationToken ct)
    {
        if (await db.CloudOrders.SingleOrDefaultAsync(o => o.Id == review.SubjectId, ct) is not { State: OrderState.Submitted } order) { return CloudProblems.OrderNotSubmitted.Because(review.Number); }
        await RefuseAsync(db, order, code, opinion, actor, now, ct);
        return null;
    }

    public async Task<ProblemHttpResult?> WithdrawAsync(Review review, string reason, Actor actor, DateTimeOffset now, CancellationToken ct)
    {
        if (await db.CloudOrders.SingleOrDefaultAsync(o => o.Id == review.SubjectId, ct) is not { State: OrderState.Submitted } order) { return CloudProblems.OrderNotSubmitted.Because(review.Number); }
        order.Withdraw(reason, actor.Id, now);
        db.OrderUserData.RemoveRange(await db.OrderUserData.Where(d => d.OrderId == order.Id).ToListAsync(ct));
        db.Ledger.Add(LedgerEntry.Of("cloud.order-withdrawn", order.Id, actor, now, reason));
        return null;
    }

    /// <summary>Adds a refusal to the coming save.</summary>
    internal static async Task RefuseAsync(ZhengtongDb db, CloudOrder order, string code, string reason, Actor actor, DateTimeOffset now, CancellationToken ct)
    {
        order.Refuse(code, reason, actor.Id, now);
        db.OrderUserData.RemoveRange(await db.OrderUserData.Where(d => d.OrderId == order.Id).ToListAsync(ct));
        db.Ledger.Add(LedgerEntry.Of("cloud.order-refused", order.Id, actor, now, reason, after: new { order.Number, code }));
        db.Notices.Add(Notice.Of(order.OrganisationId, NoticeTone.Warning, "cloud.notice.order-refused", $"/work/cloud/orders/{order.Id}", now, order.Number));
    }

    /// <summary>The order as its chain sees it: that of the department which orders.</summary>
    internal static ReviewSubject SubjectOf(CloudOrder order, string system)
    {
        var total = order.Total;
        return new ReviewSubject(Kind, order.Id, order.Number, $"{system}: {string.Join(", ", order.Items.Select(i => i.ServiceName).Distinct())}" is var title && title.Length > 200 ? title[..200] : title,
            order.OrganisationId, order.ProviderId, order.OrganisationId, new Dictionary<string, string>
            {
                ["cores"] = Number(total.Get("vcpu") / 1000m), ["memory"] = Number(total.Get("memory")), ["disk"] = Number(total.Get("disk")), ["resources"] = Number(order.Count), ["items"] = Number(order.Items.Count),
                ["monthly"] = Number(order.Monthly), ["protection"] = Number(order.Protection), ["zone"] = Show.Kebab(order.Zone.ToString()), ["order"] = Show.Kebab(order.Kind.ToString()),
            });
    }

    private static string Number(decimal value) => value.ToString("0.###", CultureInfo.InvariantCulture);
}
