namespace Zhengtong.Exchange.Model;

/// <summary>挂接: the table behind an information resource, set by its provider.</summary>
internal sealed class Mount
{
    internal required Guid Id { get; init; }

    /// <summary>One mount a resource.</summary>
    internal required Guid ResourceId { get; init; }

    internal required Guid OrganisationId { get; init; }

    internal required Guid DataSourceId { get; set; }

    /// <summary>Schema of the table; empty on SQLite.</summary>
    internal required string Schema { get; set; }

    internal required string Table { get; set; }

    /// <summary>Column that grows with every change of a row: a time of the database's clock, or a number of a sequence.</summary>
    internal required string WatermarkColumn { get; set; }

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

    /// <summary>Schema of the table; empty on SQLite.</summary>
    internal required string Schema { get; set; }

    internal required string Table { get; set; }

    internal required DateTimeOffset SetAt { get; set; }
}
