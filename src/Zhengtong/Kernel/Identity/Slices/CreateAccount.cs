using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;

namespace Zhengtong.Kernel.Identity.Slices;

/// <summary>A new account.</summary>
/// <param name="UserName">3 to 100 letters, digits, dots, hyphens, underscores or @; unique whatever its case.</param>
/// <param name="DisplayName">Name shown to others, 2 to 50 characters.</param>
/// <param name="OrganisationId">The organisation the person works in; it must lie in the caller's reach.</param>
public sealed record CreateAccountRequest(
    [Required, StringLength(100, MinimumLength = 3), RegularExpression("^[A-Za-z0-9._@-]+$", ErrorMessage = "kernel.account.name-characters")] string UserName,
    [Required, StringLength(50, MinimumLength = 2)] string DisplayName,
    Guid OrganisationId);

/// <summary>The account as made.</summary>
/// <param name="Id">Its id.</param>
/// <param name="UserName">Its name.</param>
/// <param name="SetPasswordPath">One-time address, good for a day, at which the person sets the password. Hand it over yourself: nothing is mailed, and it is not shown again.</param>
public sealed record CreateAccountResponse(Guid Id, string UserName, string SetPasswordPath);

internal static class CreateAccount
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/accounts", Handle).Requires(Right.ManageAccounts).ProducesProblem(403).ProducesProblem(409);

    /// <summary>Make an account. It can do nothing until the security administrator grants it a post.</summary>
    /// <response code="201">Made; ledger event kernel.account-created.</response>
    /// <response code="400">kernel.invalid</response>
    /// <response code="403">kernel.out-of-reach</response>
    /// <response code="409">kernel.user-name-taken</response>
    internal static async Task<Results<Created<CreateAccountResponse>, ProblemHttpResult>> Handle(
        CreateAccountRequest request, Actor actor, ZhengtongDb db, UserManager<Officer> users, TimeProvider clock, CancellationToken ct)
    {
        var organisation = await db.Organisations.AsNoTracking().SingleOrDefaultAsync(o => o.Id == request.OrganisationId, ct);
        if (organisation is null) { return KernelProblems.Invalid.For(new Dictionary<string, string[]> { ["organisationId"] = [Text.Of("kernel.account.organisation-unknown")] }); }
        if (!actor.Reaches(organisation.Region)) { return KernelProblems.OutOfReach.Because(organisation.Name); }

        try
        {
            var (officer, result) = await Accounts.CreateAsync(db, users, actor, request.UserName, request.DisplayName, organisation.Id, password: null, roles: [], clock.GetUtcNow());
            if (!result.Succeeded) { return KernelProblems.UserNameTaken.Because(request.UserName); }
            return TypedResults.Created($"/api/v1/accounts/{officer.Id}", new CreateAccountResponse(officer.Id, request.UserName, await SetPassword.PathAsync(users, officer)));
        }
        catch (DbUpdateException e) when (e.IsUniqueViolation()) { return KernelProblems.UserNameTaken.Because(request.UserName); }
    }
}
