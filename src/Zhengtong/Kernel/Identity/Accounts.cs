using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Ledger;
using Zhengtong.Kernel.Organisations;

namespace Zhengtong.Kernel.Identity;

/// <summary>Accounts as slices and the demonstration make them.</summary>
internal static class Accounts
{
    /// <summary>Makes an account, with its ledger entries in the same save.</summary>
    /// <param name="db">The context that <paramref name="users"/> stands on.</param>
    /// <param name="users">Identity's door to accounts.</param>
    /// <param name="actor">Who makes it.</param>
    /// <param name="userName">3 to 100 letters, digits, dots, hyphens, underscores or @; unique.</param>
    /// <param name="displayName">2 to 50 characters.</param>
    /// <param name="organisation">Id of an organisation that exists.</param>
    /// <param name="password">Null makes an account that nobody can open until a password is set by a one-time link.</param>
    /// <param name="roles">Posts granted at once; none in the slices, where the security administrator grants them.</param>
    /// <param name="now">The time.</param>
    /// <returns>The account, and what Identity refused: a weak password, a name that is taken.</returns>
    internal static async Task<(Officer Officer, IdentityResult Result)> CreateAsync(
        ZhengtongDb db, UserManager<Officer> users, Actor actor, string userName, string displayName, Guid organisation, string? password, IEnumerable<Role> roles, DateTimeOffset now)
    {
        var officer = new Officer { Id = Guid.CreateVersion7(now), UserName = userName, DisplayName = displayName, OrganisationId = organisation, CreatedAt = now, LockoutEnabled = true };
        List<LedgerEntry> entries = [LedgerEntry.Of("kernel.account-created", officer.Id, actor, now, after: new { userName, displayName, organisation })];
        foreach (var role in roles)
        {
            officer.Grant(role, actor.Id, now);
            entries.Add(LedgerEntry.Of("kernel.post-granted", officer.Id, actor, now, after: new { role }));
        }

        db.Ledger.AddRange(entries);
        var result = password is null ? await users.CreateAsync(officer) : await users.CreateAsync(officer, password);
        if (!result.Succeeded) { db.Ledger.RemoveRange(entries); }
        return (officer, result);
    }

    /// <summary>The account with its posts, and its organisation; null twice when there is no such account.</summary>
    internal static async Task<(Officer? Officer, Organisation? Organisation)> FindAsync(ZhengtongDb db, Guid id, CancellationToken ct) =>
        await db.Users.Include(o => o.Posts).SingleOrDefaultAsync(o => o.Id == id, ct) is { } officer
            ? (officer, await db.Organisations.AsNoTracking().SingleAsync(g => g.Id == officer.OrganisationId, ct)) : default;

    /// <summary>Saves; false when another change of the same account or of the same administrator role came first.</summary>
    internal static async Task<bool> SaveAsync(ZhengtongDb db, CancellationToken ct)
    {
        try { await db.SaveChangesAsync(ct); return true; }
        catch (DbUpdateException e) when (e is DbUpdateConcurrencyException || e.IsUniqueViolation()) { return false; }
    }

    /// <summary>Marks a holder of an administrator role as removed by this save: of two that together would remove the last two, one fails as a concurrent change. Other roles: nothing.</summary>
    internal static async Task CountUpAsync(ZhengtongDb db, Role role)
    {
        if (!Rights.Administrators.Contains(role)) { return; }
        var row = db.AdministratorRoles.Local.SingleOrDefault(r => r.Role == role) ?? await db.AdministratorRoles.SingleOrDefaultAsync(r => r.Role == role);
        if (row is null) { db.AdministratorRoles.Add(row = new AdministratorRole { Role = role }); }
        row.Revision++;
    }

    /// <summary>The administrator role of this account that nobody else holds in an open account; null when another does or it holds none.</summary>
    internal static async Task<Role?> LastHolderOfAsync(ZhengtongDb db, Officer officer, CancellationToken ct)
    {
        if (officer.Posts.Select(p => p.Role).Intersect(Rights.Administrators).Cast<Role?>().SingleOrDefault() is not { } role) { return null; }
        var others = db.Users.Where(o => o.Id != officer.Id && o.LockedAt == null && o.Posts.Any(p => p.Role == role));
        return await others.AnyAsync(ct) ? null : role;
    }
}
