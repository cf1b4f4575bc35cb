using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Model;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;

namespace Zhengtong.Cloud.Attended;

/// <summary>What the provider says of a service of people.</summary>
/// <param name="IsProvided">True when it is provided; false when it cannot be.</param>
/// <param name="Note">What was provided and how to use it, or why it cannot be: 2 to 1,000 characters, read by the department.</param>
/// <param name="Revision">The revision the caller saw, from 1.</param>
public sealed record AnswerAttendedRequest(bool IsProvided, [Required, StringLength(AttendedService.LongestNote, MinimumLength = 2)] string Note, [Range(1, int.MaxValue)] int Revision);

internal static class AnswerAttended
{
    private const int MostAttempts = 5;

    internal static void Map(IEndpointRouteBuilder group) =>
        group.MapPost("/cloud/attended-services/{id:guid}/answer", Handle).Requires(Right.DraftCloudServices).ProducesProblem(400).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409);

    /// <summary>Say that a service of people is provided, from when on it counts and is billed, or that it cannot be, whereupon its department gives it back or asks again.</summary>
    /// <response code="204">Said; ledger event cloud.service-provided or cloud.service-declined, and the resource follows.</response>
    /// <response code="404">cloud.attended-not-found</response>
    /// <response code="409">cloud.attended-answered: it is provided, declined or given back already; cloud.changed-meanwhile</response>
    internal static async Task<Results<NoContent, ProblemHttpResult>> Handle(Guid id, AnswerAttendedRequest request, Actor actor, ZhengtongDb db, TimeProvider clock, CancellationToken ct)
    {
        for (var attempt = 1; ; attempt++)
        {
            var service = await db.AttendedServices.SingleOrDefaultAsync(a => a.ResourceId == id && a.ProviderId == actor.Organisation, ct);
            if (service is null) { return CloudProblems.AttendedNotFound.Because($"{id}"); }
            var resource = await db.CloudResources.SingleAsync(r => r.Id == id, ct);
            if (service.State != AttendedState.Asked || resource.Wish == ResourceWish.Removed) { return CloudProblems.AttendedAnswered.Because(resource.Number); }
            if (service.Revision != request.Revision) { return CloudProblems.ChangedMeanwhile.Because(resource.Number); }

            var now = clock.GetUtcNow();
            if (request.IsProvided) { service.Provide(request.Note, now); }
            else { service.Decline(request.Note, now); }
            (resource.NextAt, resource.Attempts) = (now, 0);
            resource.Touch();
            db.Ledger.Add(LedgerEntry.Of(request.IsProvided ? "cloud.service-provided" : "cloud.service-declined", id, actor, now, request.Note, after: new { resource.Number, resource.ServiceCode, resource.PlanCode }));
            try
            {
                await db.SaveChangesAsync(ct);
                return TypedResults.NoContent();
            }
            catch (Exception e) when (DatabaseErrors.IsLostRace(e))
            {
                // The delivery wrote down what it saw meanwhile, or a colleague answered: the next look tells which.
                db.ChangeTracker.Clear();
                if (attempt >= MostAttempts) { return CloudProblems.ChangedMeanwhile.Because(resource.Number); }
            }
        }
    }
}
