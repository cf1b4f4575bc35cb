using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Agreements.Model;
using Zhengtong.Catalogue.Model;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Secrets;

namespace Zhengtong.Agreements.Slices;

/// <summary>An application with all it says.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Number">As people name it.</param>
/// <param name="ResourceId">The resource applied for.</param>
/// <param name="ResourceName">Its name when applied for.</param>
/// <param name="ProviderId">The provider.</param>
/// <param name="Provider">Its name.</param>
/// <param name="ApplicantId">The applicant.</param>
/// <param name="Applicant">Its name.</param>
/// <param name="Columns">Columns asked for, the key among them.</param>
/// <param name="Kind">How the resource is delivered.</param>
/// <param name="Operations">Operations asked for; empty unless it is an API.</param>
/// <param name="Limits">How much is to be called; null unless it is an API.</param>
/// <param name="Rows">Conditions for the rows.</param>
/// <param name="Purpose">What the data is used for.</param>
/// <param name="LegalGround">Law, regulation or duty.</param>
/// <param name="EverySeconds">How often changes are wanted, in seconds.</param>
/// <param name="Until">End of the period, exclusive.</param>
/// <param name="Suite">The cryptographic suite that the agreement is to use.</param>
/// <param name="State">Where it stands.</param>
/// <param name="SubmittedBy">Who submitted it.</param>
/// <param name="SubmittedAt">When.</param>
/// <param name="DueOn">The last day on which the provider answers in time.</param>
/// <param name="DueBy">The rule that gave this day; null when none was in force.</param>
/// <param name="DecidedBy">Who decided, once decided.</param>
/// <param name="DecidedAt">When, once decided.</param>
/// <param name="RefusalGround">The kind of ground of a refusal.</param>
/// <param name="Reason">The reason of a refusal or withdrawal.</param>
/// <param name="AgreementId">The agreement drawn up from it.</param>
/// <param name="Revision">To be sent with a decision.</param>
public sealed record ApplicationDetail(
    Guid Id, string Number, Guid ResourceId, string ResourceName, Guid ProviderId, string Provider, Guid ApplicantId, string Applicant,
    DeliveryKind Kind, IReadOnlyList<string> Columns, IReadOnlyList<string> Operations, ApiLimits? Limits, IReadOnlyList<RowCondition> Rows, string Purpose, string LegalGround, int EverySeconds, DateTimeOffset Until, SuiteName Suite,
    ApplicationState State, string? SubmittedBy, DateTimeOffset SubmittedAt, DateOnly DueOn, AnswerLimit? DueBy, string? DecidedBy, DateTimeOffset? DecidedAt,
    RefusalGround? RefusalGround, string? Reason, Guid? AgreementId, int Revision) : IRevisioned;

internal static class GetApplication
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/applications/{id:guid}", Handle)
        .Requires(Right.ReadWork).ProducesProblem(403).ProducesProblem(404);

    /// <summary>Read an application of the caller's organisation or to it.</summary>
    /// <response code="200">The application.</response>
    /// <response code="404">agreements.application-not-found</response>
    internal static async Task<Results<Ok<ApplicationDetail>, ProblemHttpResult>> Handle(Guid id, Actor actor, ZhengtongDb db, CancellationToken ct)
    {
        var found = await (
            from a in db.Applications.AsNoTracking()
            where a.Id == id && (a.ProviderId == actor.Organisation || a.ApplicantId == actor.Organisation)
            select new
            {
                Application = a,
                Provider = db.Organisations.Where(o => o.Id == a.ProviderId).Select(o => o.Name).First(),
                Applicant = db.Organisations.Where(o => o.Id == a.ApplicantId).Select(o => o.Name).First(),
                SubmittedBy = db.Users.Where(o => o.Id == a.SubmittedBy).Select(o => o.DisplayName).FirstOrDefault(),
                DecidedBy = db.Users.Where(o => o.Id == a.DecidedBy).Select(o => o.DisplayName).FirstOrDefault(),
                AgreementId = db.Agreements.Where(g => g.ApplicationId == a.Id).Select(g => (Guid?)g.Id).FirstOrDefault(),
            }).SingleOrDefaultAsync(ct);
        if (found is null) { return AgreementsProblems.ApplicationNotFound.Because($"{id}"); }

        var application = found.Application;
        return TypedResults.Ok(new ApplicationDetail(
            application.Id, application.Number, application.ResourceId, application.ResourceName, application.ProviderId, found.Provider, application.ApplicantId, found.Applicant,
            application.Kind, application.Columns, application.Operations, application.Limits, application.Rows, application.Purpose, application.LegalGround, application.EverySeconds, application.Until, application.Suite,
            application.State, found.SubmittedBy, application.SubmittedAt, application.DueOn, application.DueBy, found.DecidedBy, application.DecidedAt,
            application.RefusalGround, application.Reason, found.AgreementId, application.Revision));
    }
}
