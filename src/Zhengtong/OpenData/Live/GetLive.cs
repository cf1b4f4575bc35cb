using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Exchange;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;
using Zhengtong.OpenData.Model;
using Zhengtong.OpenData.Publishing;

namespace Zhengtong.OpenData.Live;

/// <summary>How a dataset follows a delivered table.</summary>
/// <param name="AgreementId">The exchange agreement.</param>
/// <param name="Agreement">Its number; empty when it delivers no table any more.</param>
/// <param name="ResourceId">The file of the dataset that follows.</param>
/// <param name="Name">Its name.</param>
/// <param name="QuietMinutes">So many minutes without a further batch end a change.</param>
/// <param name="State">Where it stands.</param>
/// <param name="Batches">Batches that the rows taken last hold.</param>
/// <param name="Delivered">Batches that were delivered.</param>
/// <param name="TakenAt">When rows were taken last.</param>
/// <param name="Problem">What is wrong; null when nothing is.</param>
/// <param name="ProblemDetail">Data about it.</param>
/// <param name="Revision">Of the binding.</param>
public sealed record LiveDetail(
    Guid AgreementId, string Agreement, Guid ResourceId, string Name, int QuietMinutes, LiveState State, long Batches, long Delivered, DateTimeOffset? TakenAt, string? Problem, string? ProblemDetail, int Revision) : IRevisioned;

internal static class GetLive
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/datasets/{id:guid}/live", Handle).Requires(Right.ReadWork).ProducesProblem(403).ProducesProblem(404);

    /// <summary>Read how a dataset of the caller's department follows a delivered table.</summary>
    /// <response code="200">The binding.</response>
    /// <response code="403">open-data.not-publisher</response>
    /// <response code="404">open-data.not-found, open-data.not-live</response>
    internal static async Task<Results<Ok<LiveDetail>, ProblemHttpResult>> Handle(Guid id, Actor actor, ZhengtongDb db, ExchangeLookup exchange, CancellationToken ct)
    {
        var (dataset, problem) = await OpenVersion.FindOwnAsync(db, id, actor, ct);
        if (dataset is null) { return problem!; }
        if (await db.LiveDatasets.AsNoTracking().SingleOrDefaultAsync(l => l.DatasetId == id, ct) is not { } live) { return OpenDataProblems.NotLive.Because(dataset.Title); }
        var table = await exchange.FindAsync(live.AgreementId, ct);
        return TypedResults.Ok(new LiveDetail(
            live.AgreementId, table?.Number ?? "", live.ResourceId, live.Name, live.QuietMinutes, live.State, live.Batches, table?.Batches ?? 0, live.TakenAt, live.Problem, live.ProblemDetail, live.Revision));
    }
}
