namespace Zhengtong.Cloud.Model;

/// <summary>A PostgreSQL server of the operator's on which departments get databases of their own.</summary>
internal sealed class DatabaseServer
{
    internal required Guid Id { get; init; }

    /// <summary>2 to 100 characters, unique.</summary>
    internal required string Name { get; set; }

    /// <summary>Where departments reach it, and the platform too: a host's name or address, at most 253 characters.</summary>
    internal required string Host { get; set; }

    internal required int Port { get; set; }

    /// <summary>The connection of an account that may make roles and databases, sealed by the vault (<see cref="PurposeOf"/>).</summary>
    internal required byte[] Connection { get; set; }

    /// <summary>The pool whose resources it serves; null: any.</summary>
    internal Guid? PoolId { get; init; }

    internal required NetworkZone Zone { get; init; }

    /// <summary>等保 level that it has been assessed for, 1 to 5.</summary>
    internal required int Protection { get; set; }

    /// <summary>How many databases it takes, 1 to 10,000.</summary>
    internal required int MostDatabases { get; set; }

    /// <summary>Sessions that one database may have at once, 1 to 1,000.</summary>
    internal required int Connections { get; set; }

    /// <summary>How many it has, those on their way included. Changed by statements alone, never through the tracker.</summary>
    internal int Databases { get; init; }

    /// <summary>False: no new database.</summary>
    internal bool IsOpen { get; set; } = true;

    /// <summary>When it last answered; null before it first did. Changed by statements alone, as <see cref="Problem"/>.</summary>
    internal DateTimeOffset? AnsweredAt { get; init; }

    /// <summary>Why it did not answer when it was last asked, a code of docs/cloud.md; null when it did.</summary>
    internal string? Problem { get; init; }

    internal required DateTimeOffset CreatedAt { get; init; }

    /// <summary>From 1; of two changes at once one acts.</summary>
    internal int Revision { get; private set; } = 1;

    internal void Touch() => Revision++;

    /// <summary>What the seal of its connection is bound to.</summary>
    internal static string PurposeOf(Guid server) => $"cloud-database-server:{server}";
}

/// <summary>A department's database on a server: written down before the server is asked for anything, gone when the server has nothing of it any more.</summary>
internal sealed class ManagedDatabase
{
    internal required Guid ResourceId { get; init; }

    internal required Guid ServerId { get; init; }

    /// <summary>The name under which a database is made before it carries its mark: unguessable, so that what bears it is ours. At most 27 characters.</summary>
    internal required string Draft { get; init; }

    /// <summary>The role's password, sealed by the vault (<see cref="PurposeOf"/>).</summary>
    internal required byte[] Password { get; set; }

    /// <summary>From 1; a new password counts it up, and the role's mark says which one the server has.</summary>
    internal int Generation { get; set; } = 1;

    /// <summary>Bytes when it was last looked at; null before.</summary>
    internal long? Size { get; set; }

    /// <summary>True while it is larger than what was ordered.</summary>
    internal bool IsFull { get; set; }

    internal required DateTimeOffset CreatedAt { get; init; }

    /// <summary>From 1; of two changes at once one acts.</summary>
    internal int Revision { get; private set; } = 1;

    internal void Touch() => Revision++;

    /// <summary>What the seal of its password is bound to.</summary>
    internal static string PurposeOf(Guid resource) => $"cloud-database-password:{resource}";
}

/// <summary>A further login of a database, with the rights of its owner: what a program that ordered a binding gets, and what can be taken from it alone.</summary>
internal sealed class DatabaseLogin
{
    internal required Guid Id { get; init; }

    internal required Guid ResourceId { get; init; }

    /// <summary>Sealed by the vault (<see cref="PurposeOf"/>).</summary>
    internal required byte[] Password { get; init; }

    /// <summary>True once it is to go.</summary>
    internal bool IsEnding { get; set; }

    internal required DateTimeOffset CreatedAt { get; init; }

    /// <summary>The role's name: l and the 32 digits of its id.</summary>
    internal string RoleName => $"l{Id:N}";

    /// <summary>What the seal of its password is bound to.</summary>
    internal static string PurposeOf(Guid login) => $"cloud-database-login:{login}";
}
