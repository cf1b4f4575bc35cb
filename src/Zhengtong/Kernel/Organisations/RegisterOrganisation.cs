using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;
using Zhengtong.Kernel.Regions;

namespace Zhengtong.Kernel.Organisations;

/// <summary>A new organisation on the platform.</summary>
/// <param name="CreditCode">统一社会信用代码, 18 characters with a right check character; no two organisations share one.</param>
/// <param name="Name">Full name, 2 to 200 characters.</param>
/// <param name="ShortName">Short name as officials say it, 2 to 40 characters.</param>
/// <param name="Region">行政区划代码 of its division, which must be there and lie in the caller's reach.</param>
/// <param name="Kind">What it is to the platform; it does not change later.</param>
/// <param name="ParentId">The organisation above it, whose region must hold this one's; null for none.</param>
public sealed record RegisterOrganisationRequest(
    [Required, CreditCode] string CreditCode,
    [Required, StringLength(200, MinimumLength = 2)] string Name,
    [Required, StringLength(40, MinimumLength = 2)] string ShortName,
    [Required, RegionCode] string Region,
    OrganisationKind Kind,
    Guid? ParentId);

/// <summary>The organisation as registered.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Revision">1.</param>
public sealed record RegisterOrganisationResponse(Guid Id, int Revision);

internal static class RegisterOrganisation
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/organisations", Handle)
        .Requires(Right.ManageOrganisations).ProducesProblem(403).ProducesProblem(409).Idempotent();

    /// <summary>Register an organisation. Accounts are made for it next; its keys are made when it first seals or receives.</summary>
    /// <response code="201">Registered; ledger event kernel.organisation-registered.</response>
    /// <response code="400">kernel.invalid, kernel.region-unknown, kernel.parent-unfit</response>
    /// <response code="403">kernel.out-of-reach</response>
    /// <response code="409">kernel.credit-code-taken, kernel.changed-meanwhile</response>
    internal static async Task<Results<Created<RegisterOrganisationResponse>, ProblemHttpResult>> Handle(
        RegisterOrganisationRequest request, Actor actor, ZhengtongDb db, TimeProvider clock, CancellationToken ct)
    {
        var (credit, region) = (Organisations.CreditCode.Parse(request.CreditCode), RegionCode.Parse(request.Region));
        var above = await OrganisationTree.AboveAsync(db, request.ParentId, ct);
        if (await OrganisationTree.RefusalAsync(db, request.Region, request.ParentId, above, null, ct) is { } refused) { return refused; }
        if (!actor.Reaches(region)) { return KernelProblems.OutOfReach.Because(region.ToString()); }
        if (await db.Organisations.AnyAsync(o => o.CreditCode == credit, ct)) { return KernelProblems.CreditCodeTaken.Because(credit.Value); }

        var now = clock.GetUtcNow();
        var organisation = new Organisation
        {
            Id = Guid.CreateVersion7(now),
            CreditCode = credit,
            Name = request.Name,
            ShortName = request.ShortName,
            Region = region,
            Kind = request.Kind,
            ParentId = request.ParentId,
        };
        db.Organisations.Add(organisation);
        OrganisationTree.Hold(db, above);
        db.Ledger.Add(LedgerEntry.Of("kernel.organisation-registered", organisation.Id, actor, now,
            after: new { creditCode = credit.Value, request.Name, request.ShortName, region = region.ToString(), request.Kind, request.ParentId }));
        try { await db.SaveChangesAsync(ct); }
        catch (DbUpdateConcurrencyException) { return KernelProblems.ChangedMeanwhile.Because(above[0].Name); }
        catch (DbUpdateException e) when (e.IsUniqueViolation()) { return KernelProblems.CreditCodeTaken.Because(credit.Value); }
        return TypedResults.Created($"/api/v1/organisations/{organisation.Id}", new RegisterOrganisationResponse(organisation.Id, organisation.Revision));
    }
}
