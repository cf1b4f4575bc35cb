namespace Zhengtong.Exchange.Model;

/// <summary>Which database a data source is.</summary>
public enum DataSourceKind
{
    /// <summary>PostgreSQL, reached by a connection string.</summary>
    Postgres,
    /// <summary>A SQLite file in the department's own folder on the platform.</summary>
    Sqlite,
    /// <summary>MariaDB or MySQL, reached by a connection string.</summary>
    MySql,
}

/// <summary>A department's database 数据源: tables are read from it or written to it.</summary>
internal sealed class DataSource
{
    internal required Guid Id { get; init; }

    internal required Guid OrganisationId { get; init; }

    /// <summary>2 to 60 characters, unique within the organisation.</summary>
    internal required string Name { get; init; }

    internal required DataSourceKind Kind { get; init; }

    /// <summary>The front-end node that reaches it; null when the platform does.</summary>
    internal Guid? NodeId { get; init; }

    /// <summary>Connection string or file name, sealed in the vault; never returned, never logged. Null on a node: only the node knows it.</summary>
    internal required byte[]? Connection { get; init; }

    /// <summary>On a node: code of what keeps it from being reached, as the node reported; null when it answers.</summary>
    internal string? Problem { get; set; }

    /// <summary>On a node: when that was reported.</summary>
    internal DateTimeOffset? SeenAt { get; set; }

    internal required DateTimeOffset CreatedAt { get; init; }

    /// <summary>What the vault binds the sealed connection to.</summary>
    internal static string Purpose(Guid id) => $"data-source:{id}";
}
