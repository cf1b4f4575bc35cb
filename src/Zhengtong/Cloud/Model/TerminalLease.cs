namespace Zhengtong.Cloud.Model;

/// <summary>A place at a terminal that somebody has, whichever process of the platform serves it: one of those that an account may have, or the console of a resource. Who dies without giving it back loses it when it expires.</summary>
internal sealed class TerminalLease
{
    internal const int LongestKey = 80;

    /// <summary>What is taken: <c>account:{id}:{number}</c> from 1, or <c>console:{id}</c> of a resource.</summary>
    internal required string Key { get; init; }

    /// <summary>Who took it: an id for each terminal.</summary>
    internal required Guid Holder { get; set; }

    /// <summary>From then on another may take it.</summary>
    internal required DateTimeOffset Until { get; set; }
}
