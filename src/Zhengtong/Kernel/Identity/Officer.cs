using Microsoft.AspNetCore.Identity;

namespace Zhengtong.Kernel.Identity;

/// <summary>A person with an account. What the person may do comes from the posts held.</summary>
internal sealed class Officer : IdentityUser<Guid>
{
    /// <summary>Name shown to others, 2 to 50 characters.</summary>
    public required string DisplayName { get; set; }

    public required Guid OrganisationId { get; set; }

    /// <summary>The posts held in the organisation; an account without a post can do nothing.</summary>
    public List<Post> Posts { get; } = [];
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
