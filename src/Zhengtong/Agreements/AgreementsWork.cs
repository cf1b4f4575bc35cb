using Microsoft.EntityFrameworkCore;
using Zhengtong.Agreements.Model;
using Zhengtong.Agreements.Slices;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;
using Zhengtong.Web;

namespace Zhengtong.Agreements;

/// <summary>Applications to answer and agreements to seal.</summary>
internal sealed class AgreementsWork(ZhengtongDb db, TimeProvider clock) : IWorkList
{
    private const int Most = 50;

    public async Task<IReadOnlyList<WorkItem>> WaitingAsync(Actor actor, CancellationToken ct)
    {
        var work = new List<WorkItem>();
        var today = ChinaTime.DateOf(clock.GetUtcNow());
        if (actor.May(Right.Confirm))
        {
            var open = await db.Applications.AsNoTracking().Where(a => a.ProviderId == actor.Organisation && a.State == ApplicationState.Submitted
                    // What is still under review is not the provider's turn yet.
                    && !db.Reviews.Any(r => r.SubjectId == a.Id && r.State != ReviewState.Granted)).OrderBy(a => a.DueOn).Take(Most)
                .Select(a => new { a.Id, a.Number, a.ResourceName, a.SubmittedAt, a.DueOn, a.DueBy, Applicant = db.Organisations.Where(o => o.Id == a.ApplicantId).Select(o => o.ShortName).First() }).ToListAsync(ct);
            work.AddRange(open.Select(a => new WorkItem(Text.Of("agreements.work.confirm", a.Applicant, a.ResourceName), $"/work/applications/{a.Id}",
                a.SubmittedAt, a.DueOn, a.DueOn < today, a.Number, ApplicationPage.Said(a.DueBy))));
        }

        if (actor.May(Right.Seal))
        {
            var unsealed = await db.Agreements.AsNoTracking().Where(a => a.State == AgreementState.AwaitingSeals
                    && ((a.ProviderId == actor.Organisation && a.ProviderSeal == null) || (a.ConsumerId == actor.Organisation && a.ConsumerSeal == null))).OrderBy(a => a.CreatedAt).Take(Most)
                .Select(a => new { a.Id, a.Number, a.CreatedAt, Name = db.Applications.Where(x => x.Id == a.ApplicationId).Select(x => x.ResourceName).First() }).ToListAsync(ct);
            work.AddRange(unsealed.Select(a => new WorkItem(Text.Of("agreements.work.seal", a.Name), $"/work/agreements/{a.Id}", a.CreatedAt, null, false, a.Number)));
        }

        return work;
    }

    public async Task<IReadOnlyList<WorkItem>> StartedAsync(Actor actor, CancellationToken ct)
    {
        var made = await db.Applications.AsNoTracking().Where(a => a.ApplicantId == actor.Organisation && a.State == ApplicationState.Submitted).OrderByDescending(a => a.SubmittedAt).Take(Most)
            .Select(a => new { a.Id, a.Number, a.ResourceName, a.SubmittedAt }).ToListAsync(ct);
        var drawn = await db.Agreements.AsNoTracking().Where(a => a.ConsumerId == actor.Organisation && a.State == AgreementState.AwaitingSeals).OrderByDescending(a => a.CreatedAt).Take(Most)
            .Select(a => new { a.Id, a.Number, a.CreatedAt, Name = db.Applications.Where(x => x.Id == a.ApplicationId).Select(x => x.ResourceName).First() }).ToListAsync(ct);
        return
        [
            .. made.Select(a => new WorkItem(Text.Of("agreements.work.made", a.Number, a.ResourceName), $"/work/applications/{a.Id}", a.SubmittedAt, null, false, Show.Word("agreements", ApplicationState.Submitted))),
            .. drawn.Select(a => new WorkItem(Text.Of("agreements.work.drawn", a.Number, a.Name), $"/work/agreements/{a.Id}", a.CreatedAt, null, false, Show.Word("agreements", AgreementState.AwaitingSeals))),
        ];
    }
}

/// <summary>How many agreements are in force.</summary>
internal sealed class AgreementsFigure(ZhengtongDb db) : IHomeFigure
{
    public int Order => 30;

    public string TextKey => "agreements.figure.in-force";

    public async Task<long> CountAsync(CancellationToken ct) => await db.Agreements.LongCountAsync(a => a.State == AgreementState.InForce, ct);
}
