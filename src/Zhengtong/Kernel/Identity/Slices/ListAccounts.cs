using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Regions;

namespace Zhengtong.Kernel.Identity.Slices;

/// <summary>Where an account stands.</summary>
public enum AccountState
{
    /// <summary>It can sign in; what it may do follows from its posts.</summary>
    Open,
    /// <summary>Open, without a post: it can do nothing yet.</summary>
    Inert,
    /// <summary>The system administrator locked it.</summary>
    Locked,
}

/// <summary>An account as lists show it.</summary>
/// <param name="Id">Its id.</param>
/// <param name="UserName">Name to sign in with.</param>
/// <param name="DisplayName">Name shown to others.</param>
/// <param name="OrganisationId">Its organisation.</param>
/// <param name="Organisation">The organisation's name.</param>
/// <param name="State">Where it stands.</param>
/// <param name="Posts">Its posts.</param>
/// <param name="HasSecondFactor">It signs in with one-time codes.</param>
/// <param name="CreatedAt">When it was made.</param>
public sealed record AccountSummary(
    Guid Id, string UserName, string DisplayName, Guid OrganisationId, string Organisation, AccountState State, IReadOnlyList<Role> Posts, bool HasSecondFactor, DateTimeOffset CreatedAt);

internal static class ListAccounts
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/accounts", Handle).Requires(Right.ReadAccounts).ProducesProblem(403);

    /// <summary>List the accounts of the organisations in reach, the newest first.</summary>
    /// <param name="text">Part of the user name, the display name or the organisation's name.</param>
    /// <param name="organisation">Only this organisation.</param>
    /// <param name="role">Only holders of this post.</param>
    /// <param name="state">Only accounts that stand so.</param>
    /// <param name="page">Which part of the list.</param>
    /// <param name="actor">Who asks.</param>
    /// <param name="db">The database.</param>
    /// <param name="paging">Reads by cursor.</param>
    /// <param name="ct">Stops it.</param>
    /// <response code="200">A page of accounts.</response>
    /// <response code="400">kernel.cursor-unknown</response>
    internal static async Task<Results<Ok<Page<AccountSummary>>, ProblemHttpResult>> Handle(
        [StringLength(100)] string? text, Guid? organisation, Choice<Role>? role, Choice<AccountState>? state, [AsParameters] PageQuery page, Actor actor, ZhengtongDb db, Paging paging, CancellationToken ct) =>
        await paging.ReadAsync(Rows(db, actor, text, organisation, role?.Value, state?.Value), page, o => o.CreatedAt, o => o.Id, Shown(db), descending: true, ct) is { } read
            ? TypedResults.Ok(read) : KernelProblems.CursorUnknown.Because();

    internal static IQueryable<Officer> Rows(ZhengtongDb db, Actor actor, string? text, Guid? organisation, Role? role, AccountState? state)
    {
        var reach = db.Organisations.Within(actor.Region);
        var rows = db.Users.Where(o => reach.Any(g => g.Id == o.OrganisationId));
        if (text is { Length: > 0 })
        {
            var part = text.ToUpperInvariant();
            rows = rows.Where(o => o.NormalizedUserName!.Contains(part) || o.DisplayName.Contains(text) || db.Organisations.Any(g => g.Id == o.OrganisationId && g.Name.Contains(text)));
        }

        if (organisation is { } one) { rows = rows.Where(o => o.OrganisationId == one); }
        if (role is { } post) { rows = rows.Where(o => o.Posts.Any(p => p.Role == post)); }
        return state switch
        {
            AccountState.Locked => rows.Where(o => o.LockedAt != null),
            AccountState.Inert => rows.Where(o => o.LockedAt == null && !o.Posts.Any()),
            AccountState.Open => rows.Where(o => o.LockedAt == null && o.Posts.Any()),
            _ => rows,
        };
    }

    internal static System.Linq.Expressions.Expression<Func<Officer, AccountSummary>> Shown(ZhengtongDb db) => o => new AccountSummary(
        o.Id, o.UserName!, o.DisplayName, o.OrganisationId, db.Organisations.Where(g => g.Id == o.OrganisationId).Select(g => g.Name).Single(),
        o.LockedAt != null ? AccountState.Locked : o.Posts.Any() ? AccountState.Open : AccountState.Inert,
        o.Posts.Select(p => p.Role).ToList(), o.TwoFactorEnabled, o.CreatedAt);
}
