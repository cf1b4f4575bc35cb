namespace Zhengtong.Exchange.Model;

/// <summary>How changes of a mounted table are found.</summary>
public enum CaptureKind
{
    /// <summary>By a column that grows with each change of a row. Finds no deletions.</summary>
    Watermark,
    /// <summary>By PostgreSQL's logical replication: every insert, update, deletion and truncation, in the order of their commits.</summary>
    Replication,
    /// <summary>By comparing digests of all rows with those of the last comparison. Finds insertions, updates and deletions between two looks; reads the whole table each time.</summary>
    Comparison,
}

/// <summary>How the texts of a mounted table are encoded.</summary>
public enum TextEncoding
{
    /// <summary>As the database itself says; it hands them over in UTF-8.</summary>
    Declared,
    /// <summary>GB18030 (also GBK and GB 2312, which it includes), in a database that does not know it: PostgreSQL in SQL_ASCII, latin1 columns of MariaDB and MySQL, SQLite.</summary>
    Gb18030,
}

/// <summary>挂接: the table behind an information resource, set by its provider.</summary>
internal sealed class Mount
{
    internal required Guid Id { get; init; }

    /// <summary>One mount a resource.</summary>
    internal required Guid ResourceId { get; init; }

    internal required Guid OrganisationId { get; init; }

    internal required Guid DataSourceId { get; set; }

    /// <summary>Schema of the table; empty on SQLite, and on MariaDB and MySQL where it is the connection's own database.</summary>
    internal required string Schema { get; set; }

    internal required string Table { get; set; }

    internal CaptureKind Capture { get; set; }

    internal TextEncoding Encoding { get; set; }

    /// <summary>Column that grows with every change of a row: a time of the database's clock, or a number of a sequence. Null when changes are not found by one.</summary>
    internal required string? WatermarkColumn { get; set; }

    internal required DateTimeOffset SetAt { get; set; }
}

/// <summary>接收设置: where the consumer of an agreement wants its rows.</summary>
internal sealed class Intake
{
    internal required Guid Id { get; init; }

    /// <summary>One intake an agreement.</summary>
    internal required Guid AgreementId { get; init; }

    internal required Guid OrganisationId { get; init; }

    internal required Guid DataSourceId { get; set; }

    /// <summary>Schema of the table; empty on SQLite, and on MariaDB and MySQL where it is the connection's own database.</summary>
    internal required string Schema { get; set; }

    internal required string Table { get; set; }

    /// <summary>True lets the data source's node make the table from the agreed items.</summary>
    internal bool CreateOnNode { get; set; }

    internal required DateTimeOffset SetAt { get; set; }
}
