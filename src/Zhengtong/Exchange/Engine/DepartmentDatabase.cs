using Zhengtong.Agreements;
using Zhengtong.Agreements.Model;
using Zhengtong.Catalogue.Model;
using Zhengtong.Exchange.Model;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Secrets;

namespace Zhengtong.Exchange.Engine;

/// <summary>A department's own database: looked at, read from, written to. One class a kind of database.</summary>
internal abstract class DepartmentDatabase
{
    /// <summary>Product and version; fails when the database cannot be reached.</summary>
    internal abstract Task<string> DescribeAsync(CancellationToken ct);

    /// <summary>The table as it is now, or null.</summary>
    internal abstract Task<TableShape?> FindTableAsync(TableName name, CancellationToken ct);

    /// <summary>Makes a table that takes exactly these items; its name has been checked by the caller, its schema exists.</summary>
    internal abstract Task CreateTableAsync(TableName name, IReadOnlyList<AgreedItem> items, CancellationToken ct);

    /// <summary>True when the column's values can be read as the item's type without loss.</summary>
    internal abstract bool Gives(TableColumn column, ItemType type);

    /// <summary>True when every value of the item's type, as far as length and scale allow, can be kept in the column without loss.</summary>
    internal abstract bool Takes(TableColumn column, ItemType type);

    /// <summary>What the column is as a watermark, or null when it cannot be one.</summary>
    internal abstract ItemType? WatermarkType(TableColumn column);

    /// <summary>Opens the provider's side of a delivery.</summary>
    internal abstract Task<Source> OpenSourceAsync(Reading reading, CancellationToken ct);

    /// <summary>Opens the consumer's side of a delivery; the watermark table is made when missing.</summary>
    internal abstract Task<Sink> OpenSinkAsync(TableName target, IReadOnlyList<AgreedItem> items, CancellationToken ct);

    /// <summary>A failure of this database as something a person can act on; null when it is no failure of the database. Never carries a value of a row.</summary>
    internal abstract ExchangeFault? Explain(Exception failure, Side side);
}

/// <summary>Whose database failed.</summary>
internal enum Side
{
    /// <summary>The provider's.</summary>
    Source,
    /// <summary>The consumer's.</summary>
    Target,
}

/// <summary>A delivery cannot go on: broken infrastructure, a changed table, a broken proof. Retried with back-off.</summary>
internal sealed class ExchangeFault(ProblemType type, IReadOnlyList<Fault> faults, Exception? cause = null)
    : Exception($"{type.Code}: {string.Join("; ", faults.Select(f => $"{f.Key}({string.Join(", ", f.Arguments)})"))}", cause)
{
    internal ExchangeFault(ProblemType type, params ReadOnlySpan<string> what) : this(type, [new Fault("", "exchange.fault.what", string.Join(", ", what))]) { }

    internal ProblemType Type => type;

    internal IReadOnlyList<Fault> Faults => faults;
}

/// <summary>What a source is asked for.</summary>
/// <param name="Table">The mounted table.</param>
/// <param name="Items">The agreed items: nothing else leaves.</param>
/// <param name="Rows">The agreed rows.</param>
/// <param name="Watermark">Column that grows with each change; read, but it leaves only if agreed.</param>
/// <param name="BatchRows">Most rows a batch.</param>
/// <param name="BatchBytes">A batch is closed with the row that passes this size.</param>
internal sealed record Reading(
    TableName Table, IReadOnlyList<AgreedItem> Items, IReadOnlyList<RowCondition> Rows, string Watermark, int BatchRows, int BatchBytes)
{
    internal IEnumerable<AgreedItem> Key => Items.Where(i => i.IsKey);
}

/// <summary>Opens data sources: the one place where their connections are unsealed.</summary>
internal sealed class DepartmentDatabases(Vault vault, Deployment deployment)
{
    internal byte[] SealConnection(Guid id, string connection) => vault.Seal(System.Text.Encoding.UTF8.GetBytes(connection), DataSource.Purpose(id));

    internal DepartmentDatabase Open(DataSource source)
    {
        var connection = System.Text.Encoding.UTF8.GetString(vault.Open(source.Connection, DataSource.Purpose(source.Id)));
        return source.Kind == DataSourceKind.Postgres
            ? new PostgresDatabase(connection)
            : new SqliteDatabase(DepartmentFiles.PathOf(deployment, source.OrganisationId, connection));
    }
}
