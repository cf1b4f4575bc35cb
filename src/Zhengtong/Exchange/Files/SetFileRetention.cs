using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Catalogue;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;

namespace Zhengtong.Exchange.Files;

/// <summary>How long files of a resource are kept.</summary>
/// <param name="KeepDays">Days after publication when every recipient has confirmed, 0 to 3,650.</param>
/// <param name="LatestDays">Days after publication in any case, 1 to 3,650 and not below <paramref name="KeepDays"/>.</param>
public sealed record SetFileRetentionRequest([Range(0, 3650)] int KeepDays, [Range(1, 3650)] int LatestDays) : IValidatableObject
{
    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (LatestDays < KeepDays) { yield return new ValidationResult(Text.Of("exchange.file.latest-before-keep"), [nameof(LatestDays)]); }
    }
}

internal static class SetFileRetention
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPut("/resources/{id:guid}/file-retention", Handle)
        .Requires(Right.OperateExchange).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409);

    /// <summary>Set how long files of an information resource of the caller's department are kept; also for those that are there already.</summary>
    /// <response code="204">Set; ledger event exchange.file-retention-set.</response>
    /// <response code="403">exchange.not-provider</response>
    /// <response code="404">exchange.resource-unknown</response>
    /// <response code="409">kernel.changed-meanwhile</response>
    internal static async Task<Results<NoContent, ProblemHttpResult>> Handle(
        Guid id, SetFileRetentionRequest request, Actor actor, ZhengtongDb db, CatalogueLookup catalogue, TimeProvider clock, CancellationToken ct)
    {
        if (await catalogue.FindAsync(id, ct) is not { } resource) { return ExchangeProblems.ResourceUnknown.Because($"{id}"); }
        if (resource.ProviderId != actor.Organisation) { return ExchangeProblems.NotProvider.Because(resource.Name); }
        var retention = await db.FileRetentions.SingleOrDefaultAsync(r => r.ResourceId == id, ct);
        var before = retention is null ? null : new { retention.KeepDays, retention.LatestDays };
        if (before is { } same && same.KeepDays == request.KeepDays && same.LatestDays == request.LatestDays) { return TypedResults.NoContent(); }
        if (retention is null) { db.FileRetentions.Add(retention = new FileRetention { ResourceId = id, KeepDays = request.KeepDays, LatestDays = request.LatestDays }); }
        (retention.KeepDays, retention.LatestDays) = (request.KeepDays, request.LatestDays);
        db.Ledger.Add(LedgerEntry.Of("exchange.file-retention-set", id, actor, clock.GetUtcNow(), before: before, after: new { retention.KeepDays, retention.LatestDays }));
        try { await db.SaveChangesAsync(ct); }
        catch (DbUpdateException e) when (e.IsUniqueViolation()) { return KernelProblems.ChangedMeanwhile.Because($"{id}"); }
        return TypedResults.NoContent();
    }
}
