using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;
using Zhengtong.OpenData.Model;

namespace Zhengtong.OpenData.Harvest;

/// <summary>Another portal to be harvested.</summary>
/// <param name="Name">What it is called, 2 to 100 characters; the public reads it.</param>
/// <param name="Kind">How it is read.</param>
/// <param name="Address">For CKAN the portal's own address, for DCAT that of the catalogue's first page; http or https, at most 1,000 characters.</param>
/// <param name="EveryHours">Hours from the beginning of one run to that of the next, 1 to 8,760.</param>
public sealed record RegisterHarvestSourceRequest(
    [Required, StringLength(100, MinimumLength = 2)] string Name, HarvestKind Kind, [Required, StringLength(1000, MinimumLength = 8)] string Address, [Range(1, 8760)] int EveryHours);

/// <summary>The source as registered.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Revision">1.</param>
public sealed record RegisterHarvestSourceResponse(Guid Id, int Revision);

internal static class RegisterHarvestSource
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/harvest-sources", Handle).Requires(Right.ManagePortal).ProducesProblem(403).ProducesProblem(409).Idempotent();

    /// <summary>Register another portal. Its first run begins at once; from then on its datasets are shown beside our own, each with its origin.</summary>
    /// <response code="201">Registered; ledger event open-data.source-registered.</response>
    /// <response code="400">open-data.invalid</response>
    /// <response code="409">open-data.source-exists</response>
    internal static async Task<Results<Created<RegisterHarvestSourceResponse>, ProblemHttpResult>> Handle(RegisterHarvestSourceRequest request, Actor actor, ZhengtongDb db, TimeProvider clock, CancellationToken ct)
    {
        var address = request.Address.Trim();
        if (!PortalConnections.IsAddress(address)) { return OpenDataProblems.Invalid.For(new Dictionary<string, string[]> { ["address"] = [Text.Of("open-data.harvest.address-form")] }); }
        var key = HarvestSource.KeyOf(address);
        if (await db.HarvestSources.AnyAsync(s => s.ActiveKey == key, ct)) { return OpenDataProblems.SourceExists.Because(address); }

        var now = clock.GetUtcNow();
        var source = HarvestSource.Register(request.Name.Trim(), request.Kind, address, request.EveryHours, actor.Organisation, now);
        db.HarvestSources.Add(source);
        db.Ledger.Add(LedgerEntry.Of("open-data.source-registered", source.Id, actor, now, after: new { source.Name, source.Kind, source.Address, source.EveryHours }));
        try { await db.SaveChangesAsync(ct); }
        catch (DbUpdateException e) when (e.IsUniqueViolation()) { return OpenDataProblems.SourceExists.Because(address); }
        return TypedResults.Created($"/api/v1/harvest-sources/{source.Id}", new RegisterHarvestSourceResponse(source.Id, source.Revision));
    }
}
