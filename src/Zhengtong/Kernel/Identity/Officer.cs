using Microsoft.AspNetCore.Identity;

namespace Zhengtong.Kernel.Identity;

/// <summary>A person with an account. What the person may do comes from the posts held.
/// <c>ConcurrencyStamp</c> is the row's concurrency token: every change of posts renews it, so that the rules below hold for two administrators at once.</summary>
internal sealed class Officer : IdentityUser<Guid>
{
    /// <summary>Name shown to others, 2 to 50 characters.</summary>
    public required string DisplayName { get; set; }

    public required Guid OrganisationId { get; set; }

    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>When the system administrator locked the account; null while it is open. Locking after wrong passwords is another thing: it passes by itself.</summary>
    public DateTimeOffset? LockedAt { get; set; }

    /// <summary>Secret of the one-time codes (RFC 6238), 20 bytes, sealed; null until set up. It counts once <c>TwoFactorEnabled</c> is true.</summary>
    public byte[]? CodeSecret { get; set; }

    /// <summary>Time step of the last code used; a code is never taken twice.</summary>
    public long LastCodeStep { get; set; }

    /// <summary>The posts held in the organisation; an account without a post can do nothing.</summary>
    public List<Post> Posts { get; } = [];

    /// <summary>True when the role may stand beside the posts held: an administrator's post stands alone (三员分立).</summary>
    internal bool MayAlsoHold(Role role) => Posts.Count == 0 || !(Rights.Administrators.Contains(role) || Posts.Any(p => Rights.Administrators.Contains(p.Role)));

    /// <summary>Grants a post.</summary>
    /// <exception cref="InvalidOperationException">The posts must stay separated, or the post is held already.</exception>
    internal void Grant(Role role, Guid by, DateTimeOffset now)
    {
        if (Posts.Any(p => p.Role == role) || !MayAlsoHold(role)) { throw new InvalidOperationException($"{role} cannot stand beside {string.Join(", ", Posts.Select(p => p.Role))}"); }
        Posts.Add(new Post { OfficerId = Id, Role = role, GrantedAt = now, GrantedBy = by });
        Touch(now);
    }

    /// <summary>Withdraws a post that is held.</summary>
    internal void Withdraw(Role role, DateTimeOffset now)
    {
        Posts.Remove(Posts.Single(p => p.Role == role));
        Touch(now);
    }

    /// <summary>Ends every session of the account with the next request.</summary>
    internal void EndSessions(DateTimeOffset now)
    {
        SecurityStamp = Guid.CreateVersion7(now).ToString("N");
        Touch(now);
    }

    private void Touch(DateTimeOffset now) => ConcurrencyStamp = Guid.CreateVersion7(now).ToString();
}

/// <summary>A post 岗位 of an officer in the officer's organisation.</summary>
internal sealed class Post
{
    internal required Guid OfficerId { get; init; }

    internal required Role Role { get; init; }

    internal required DateTimeOffset GrantedAt { get; init; }

    /// <summary>Who granted it: an officer, or empty for the first set-up.</summary>
    internal required Guid GrantedBy { get; init; }
}

/// <summary>One of the three separated administrator roles. Whoever takes a holder away counts its revision up, so that of two who would together remove the last
/// two holders one is refused.</summary>
internal sealed class AdministratorRole
{
    internal required Role Role { get; init; }

    internal int Revision { get; set; }
}

/// <summary>A recovery code: opens the account once when the phone is lost. Kept as a hash.</summary>
internal sealed class RecoveryCode
{
    internal required Guid OfficerId { get; init; }

    /// <summary>SHA-256 over the code, hex.</summary>
    internal required string Hash { get; init; }
}
