using System.Globalization;
using Zhengtong.Agreements.Model;
using Zhengtong.Kernel.Notices;

namespace Zhengtong.Agreements.Reviews;

/// <summary>Who is told of what happens in a review; in the same save as what it tells of.</summary>
internal static class ReviewNews
{
    /// <summary>Tells those whose turn it is now: the step's officers, or the applicant.</summary>
    internal static void OfTurn(ZhengtongDb db, Review review, DateTimeOffset now)
    {
        var notice = review.State switch
        {
            ReviewState.Running => Notice.Of(review.ReviewerId, NoticeTone.Info, "agreements.review.notice.turn", PageOf(review), now, review.Number, review.StepName),
            ReviewState.Stopped => Notice.Of(review.ApplicantId, NoticeTone.Warning, "agreements.review.notice.stopped", PageOf(review), now, review.Number),
            ReviewState.Granted => Notice.Of(review.ApplicantId, NoticeTone.Good, "agreements.review.notice.granted", PageOf(review), now, review.Number),
            ReviewState.Refused => Notice.Of(review.ApplicantId, NoticeTone.Warning, "agreements.review.notice.refused", PageOf(review), now, review.Number),
            _ => null,
        };
        if (notice is not null) { db.Notices.Add(notice); }
    }

    /// <summary>Tells the step's officers how much of the limit has passed.</summary>
    internal static void OfLimit(ZhengtongDb db, Review review, int percent, DateTimeOffset now) => db.Notices.Add(percent == 100
        ? Notice.Of(review.ReviewerId, NoticeTone.Warning, "agreements.review.notice.overdue", PageOf(review), now, review.Number, review.StepName)
        : Notice.Of(review.ReviewerId, percent == 80 ? NoticeTone.Warning : NoticeTone.Info, "agreements.review.notice.reminder", PageOf(review), now,
            review.Number, review.StepName, percent.ToString(CultureInfo.InvariantCulture), review.DueOn.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)));

    /// <summary>Tells the organisation one level up of an overdue step.</summary>
    internal static void OfEscalation(ZhengtongDb db, Review review, Guid above, string reviewer, DateTimeOffset now) =>
        db.Notices.Add(Notice.Of(above, NoticeTone.Warning, "agreements.review.notice.escalated", PageOf(review), now, review.Number, review.StepName, reviewer));

    internal static string PageOf(Review review) => $"/work/reviews/{review.Id}";
}
