using Microsoft.EntityFrameworkCore;
using Zhengtong.Catalogue;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;
using Zhengtong.Web;

namespace Zhengtong.Exchange.Quality;

/// <summary>Corrections to answer and rows in quarantine to decide about.</summary>
internal sealed class QualityWork(ZhengtongDb db, TimeProvider clock) : IWorkList
{
    private const int Most = 50;

    public async Task<IReadOnlyList<WorkItem>> WaitingAsync(Actor actor, CancellationToken ct)
    {
        List<WorkItem> work = [];
        var today = ChinaTime.DateOf(clock.GetUtcNow());
        if (actor.May(Right.Confirm))
        {
            var open = await db.Corrections.AsNoTracking().Where(c => c.ProviderId == actor.Organisation && c.State == CorrectionState.Open).OrderBy(c => c.DueOn).Take(Most)
                .Select(c => new { c.Id, c.Item, c.OpenedAt, c.DueOn, c.DueBy, Consumer = db.Organisations.Where(o => o.Id == c.ConsumerId).Select(o => o.ShortName).First() }).ToListAsync(ct);
            work.AddRange(open.Select(c => new WorkItem(Text.Of("exchange.work.correction", c.Consumer, c.Item), $"/work/exchange/corrections/{c.Id}", c.OpenedAt, c.DueOn, c.DueOn < today, null, SaidOf(c.DueBy))));
        }

        if (actor.May(Right.OperateExchange))
        {
            var held = await (
                from q in db.Quarantine.AsNoTracking()
                join d in db.Deliveries on q.DeliveryId equals d.Id
                join r in CatalogueLookup.Names(db) on d.ResourceId equals r.Id
                where q.OrganisationId == actor.Organisation && q.State == QuarantineState.Waiting
                group q by new { d.Id, r.Name } into g
                orderby g.Min(q => q.At)
                select new { g.Key.Id, g.Key.Name, Rows = g.Count(), Since = g.Min(q => q.At) }).Take(Most).ToListAsync(ct);
            work.AddRange(held.Select(h => new WorkItem(Text.Of("exchange.work.quarantine", h.Name, Show.Number(h.Rows)), $"/work/exchange/{h.Id}/quarantine", h.Since, null, false)));
        }

        return work;
    }

    public async Task<IReadOnlyList<WorkItem>> StartedAsync(Actor actor, CancellationToken ct)
    {
        var made = await db.Corrections.AsNoTracking().Where(c => c.ConsumerId == actor.Organisation && (c.State == CorrectionState.Open || c.State == CorrectionState.Corrected))
            .OrderByDescending(c => c.OpenedAt).Take(Most)
            .Select(c => new { c.Id, c.Item, c.State, c.OpenedAt, Provider = db.Organisations.Where(o => o.Id == c.ProviderId).Select(o => o.ShortName).First() }).ToListAsync(ct);
        return [.. made.Select(c => new WorkItem(Text.Of("exchange.work.doubt", c.Provider, c.Item), $"/work/exchange/corrections/{c.Id}", c.OpenedAt, null, false, Show.Word("exchange", c.State)))];
    }

    /// <summary>Which rule gave the days to answer.</summary>
    internal static string SaidOf(Agreements.Model.AnswerLimit? by) =>
        by is null ? Text.Of("exchange.correction.no-rule", OpenCorrection.DaysWithoutRule) : Text.Of("exchange.correction.due-by", by.Name, by.Days, by.Source);
}
