using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;
using Zhengtong.OpenData.Model;

namespace Zhengtong.OpenData.Harvest;

/// <summary>What a source is from now on.</summary>
/// <param name="Name">What it is called, 2 to 100 characters.</param>
/// <param name="Address">Where it is read; http or https, at most 1,000 characters.</param>
/// <param name="EveryHours">Hours from the beginning of one run to that of the next, 1 to 8,760.</param>
/// <param name="IsEnabled">False lets it rest; what was taken stays.</param>
/// <param name="Revision">The revision of the source that the caller saw.</param>
public sealed record ReviseHarvestSourceRequest(
    [Required, StringLength(100, MinimumLength = 2)] string Name, [Required, StringLength(1000, MinimumLength = 8)] string Address, [Range(1, 8760)] int EveryHours, bool IsEnabled, [Range(1, int.MaxValue)] int Revision);

internal static class ReviseHarvestSource
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPut("/harvest-sources/{id:guid}", Handle).Requires(Right.ManagePortal).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409);

    /// <summary>Change a source's name, address or rhythm, or let it rest. A run under way at another address ends, and one at the new address follows.</summary>
    /// <response code="204">Changed; ledger event open-data.source-revised.</response>
    /// <response code="400">open-data.invalid</response>
    /// <response code="404">open-data.source-not-found</response>
    /// <response code="409">open-data.source-exists, open-data.changed-meanwhile</response>
    internal static async Task<Results<NoContent, ProblemHttpResult>> Handle(Guid id, ReviseHarvestSourceRequest request, Actor actor, ZhengtongDb db, TimeProvider clock, CancellationToken ct)
    {
        var source = await db.HarvestSources.SingleOrDefaultAsync(s => s.Id == id && s.RemovedAt == null, ct);
        if (source is null) { return OpenDataProblems.SourceNotFound.Because($"{id}"); }
        var address = request.Address.Trim();
        if (!PortalConnections.IsAddress(address)) { return OpenDataProblems.Invalid.For(new Dictionary<string, string[]> { ["address"] = [Text.Of("open-data.harvest.address-form")] }); }
        if (source.Revision != request.Revision) { return OpenDataProblems.ChangedMeanwhile.Because(source.Name); }
        var key = HarvestSource.KeyOf(address);
        if (await db.HarvestSources.AnyAsync(s => s.ActiveKey == key && s.Id != id, ct)) { return OpenDataProblems.SourceExists.Because(address); }

        var now = clock.GetUtcNow();
        var before = new { source.Name, source.Address, source.EveryHours, source.IsEnabled };
        if (address != source.Address && await db.HarvestRuns.SingleOrDefaultAsync(r => r.SourceId == id && (r.State == HarvestState.Reading || r.State == HarvestState.Withdrawing), ct) is { } run)
        {
            // It would read the rest from another portal, and withdraw what it did not meet there.
            run.Fail("address-changed", null, now);
            source.RequestRun(mayShrink: false);
        }

        source.Revise(request.Name.Trim(), address, request.EveryHours, request.IsEnabled, now);
        db.Ledger.Add(LedgerEntry.Of("open-data.source-revised", id, actor, now, before: before, after: new { source.Name, source.Address, source.EveryHours, source.IsEnabled }));
        try { await db.SaveChangesAsync(ct); }
        catch (DbUpdateConcurrencyException) { return OpenDataProblems.ChangedMeanwhile.Because(source.Name); }
        catch (DbUpdateException e) when (e.IsUniqueViolation()) { return OpenDataProblems.SourceExists.Because(address); }
        return TypedResults.NoContent();
    }
}
