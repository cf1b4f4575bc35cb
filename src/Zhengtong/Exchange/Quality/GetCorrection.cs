using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Agreements.Model;
using Zhengtong.Catalogue;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Secrets;

namespace Zhengtong.Exchange.Quality;

/// <summary>A correction with what its two parties said.</summary>
/// <param name="Id">Its id.</param>
/// <param name="DeliveryId">The delivery.</param>
/// <param name="ResourceName">The information resource.</param>
/// <param name="Column">Column of the doubted item.</param>
/// <param name="Item">Its name.</param>
/// <param name="ProviderId">Who answers.</param>
/// <param name="Provider">Short name of the provider.</param>
/// <param name="ConsumerId">Who doubts.</param>
/// <param name="Consumer">Short name of the consumer.</param>
/// <param name="Key">The row's key as the consumer has it.</param>
/// <param name="Why">Why the value is doubted.</param>
/// <param name="Answer">What the provider says; null until then.</param>
/// <param name="State">Where it stands.</param>
/// <param name="OpenedAt">When it was opened.</param>
/// <param name="DueOn">The last day on which the provider answers in time.</param>
/// <param name="DueBy">By which rule; null when none was in force.</param>
/// <param name="AnsweredAt">When the provider answered; null until then.</param>
/// <param name="SettledAt">When it ended; null until then.</param>
/// <param name="Batch">Sequence of the batch that carried the row again; null until then.</param>
/// <param name="Revision">Send it back with an answer.</param>
public sealed record GetCorrectionResponse(
    Guid Id, Guid DeliveryId, string ResourceName, string Column, string Item, Guid ProviderId, string Provider, Guid ConsumerId, string Consumer, IReadOnlyList<string> Key, string Why, string? Answer,
    CorrectionState State, DateTimeOffset OpenedAt, DateOnly DueOn, AnswerLimit? DueBy, DateTimeOffset? AnsweredAt, DateTimeOffset? SettledAt, long? Batch, int Revision);

internal static class GetCorrection
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/corrections/{id:guid}", Handle).Requires(Right.ReadWork).ProducesProblem(403).ProducesProblem(404);

    /// <summary>A correction that the caller's department asked for or has to answer, with the key of its row.</summary>
    /// <response code="200">The correction.</response>
    /// <response code="404">exchange.correction-unknown</response>
    internal static async Task<Results<Ok<GetCorrectionResponse>, ProblemHttpResult>> Handle(Guid id, Actor actor, ZhengtongDb db, Vault vault, CancellationToken ct)
    {
        var found = await (
            from x in db.Corrections.AsNoTracking().VisibleTo(actor)
            where x.Id == id
            join d in db.Deliveries on x.DeliveryId equals d.Id
            join r in CatalogueLookup.Names(db) on d.ResourceId equals r.Id
            join p in db.Organisations on x.ProviderId equals p.Id
            join c in db.Organisations on x.ConsumerId equals c.Id
            select new { Correction = x, Resource = r.Name, Provider = p.ShortName, Consumer = c.ShortName }).SingleOrDefaultAsync(ct);
        if (found is null) { return ExchangeProblems.CorrectionUnknown.Because($"{id}"); }
        var (about, content) = (found.Correction, CorrectionContent.Open(vault, found.Correction));
        return TypedResults.Ok(new GetCorrectionResponse(
            about.Id, about.DeliveryId, found.Resource, about.Column, about.Item, about.ProviderId, found.Provider, about.ConsumerId, found.Consumer, content.Key, content.Why, content.Answer,
            about.State, about.OpenedAt, about.DueOn, about.DueBy, about.AnsweredAt, about.SettledAt, about.Batch, about.Revision));
    }
}
