using Microsoft.Extensions.Options;
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
    /// <summary>Where indexes of what was delivered from this database are kept; null when it is only a target.</summary>
    internal DeliveredIndexes? Indexes { get; init; }

    /// <summary>How long it may say nothing while it is asked before it counts as gone.</summary>
    internal TimeSpan Silence { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>A session of ours that holds locks and of which the server hears nothing for so long is to be ended by the server, in seconds. It would notice a dead line by itself only after
    /// hours, and all that time the next run would wait for the locks.</summary>
    internal int ForsakenSeconds => (int)Math.Max(10, Silence.TotalSeconds);

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

    /// <summary>What else this kind of database has against the table as a source or a target of the items.</summary>
    internal virtual IEnumerable<Fault> FurtherFaults(TableShape table, IReadOnlyList<AgreedItem> items, Side side) => [];

    /// <summary>What the column is as a watermark, or null when it cannot be one.</summary>
    internal abstract ItemType? WatermarkType(TableColumn column);

    /// <summary>Opens the provider's side of a delivery.</summary>
    internal abstract Task<Source> OpenSourceAsync(Reading reading, CancellationToken ct);

    /// <summary>Opens the provider's side of a delivery together with the way its changes are found.</summary>
    /// <param name="delivery">What is kept at the source is named after it.</param>
    /// <param name="reading">What is read, and how changes are found.</param>
    /// <param name="horizon">What earlier runs saw of the source's open transactions.</param>
    /// <param name="steady">True when all reading is to see the table as of one moment, where the database can.</param>
    /// <param name="ct">Stops the opening.</param>
    internal virtual async Task<Capture> OpenCaptureAsync(Guid delivery, Reading reading, Horizon horizon, bool steady, CancellationToken ct) => reading.Capture switch
    {
        CaptureKind.Watermark => new WatermarkCapture(await OpenSourceAsync(reading, ct), horizon),
        CaptureKind.Comparison => Comparison(delivery, reading, await OpenSourceAsync(reading, ct)),
        _ => throw new NotSupportedException($"{reading.Capture}"),
    };

    /// <summary>What keeps changes of the table from being found in this way.</summary>
    internal virtual Task<List<Fault>> CaptureFaultsAsync(CaptureKind capture, TableShape table, IReadOnlyList<AgreedItem> items, CancellationToken ct) =>
        Task.FromResult<List<Fault>>(capture == CaptureKind.Replication ? [new Fault("capture", "exchange.fault.capture-only-postgres")] : []);

    /// <summary>Gives back whatever is kept for a delivery's capture; may be repeated.</summary>
    internal virtual Task ReleaseAsync(Guid delivery, CaptureKind capture, CancellationToken ct)
    {
        Indexes?.Remove(delivery);
        return Task.CompletedTask;
    }

    private protected ComparisonCapture Comparison(Guid delivery, Reading reading, Source source) =>
        new(delivery, reading, source, Indexes ?? throw new InvalidOperationException("There is no place for an index"));

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
/// <param name="Capture">How changes are found. Null for a consumer's table, which is only compared.</param>
/// <param name="Watermark">Column that grows with each change; read, but it leaves only if agreed. Null for any other capture.</param>
/// <param name="BatchRows">Most rows a batch.</param>
/// <param name="BatchBytes">A batch is closed with the row that passes this size.</param>
/// <param name="Encoding">How texts are encoded.</param>
internal sealed record Reading(
    TableName Table, IReadOnlyList<AgreedItem> Items, IReadOnlyList<RowCondition> Rows, CaptureKind? Capture, string? Watermark, int BatchRows, int BatchBytes, TextEncoding Encoding = TextEncoding.Declared)
{
    /// <summary>A buffer for each item, in order.</summary>
    internal ColumnBuffer[] NewBuffers() => [.. Items.Select(i => new ColumnBuffer(i.Type, Encoding == TextEncoding.Gb18030 && i.Type == ItemType.Text ? new Gb18030Text(i) : null))];

    internal IEnumerable<AgreedItem> Key => Items.Where(i => i.IsKey);
}

/// <summary>Opens data sources: the one place where their connections are unsealed.</summary>
internal sealed class DepartmentDatabases(Vault vault, Deployment deployment, IOptions<ExchangeOptions> options)
{
    internal byte[] SealConnection(Guid id, string connection) => vault.Seal(System.Text.Encoding.UTF8.GetBytes(connection), DataSource.Purpose(id));

    internal DepartmentDatabase Open(DataSource source)
    {
        if (source.Connection is null) { throw new ExchangeFault(ExchangeProblems.OnNode, source.Name); }
        var connection = System.Text.Encoding.UTF8.GetString(vault.Open(source.Connection, DataSource.Purpose(source.Id)));
        return Connect(
            source.Kind, source.Kind == DataSourceKind.Sqlite ? DepartmentFiles.PathOf(deployment, source.OrganisationId, connection) : connection,
            new DeliveredIndexes(Path.Combine(DepartmentFiles.FolderOf(deployment, source.OrganisationId), "indexes"), vault), options.Value.MySqlLagSeconds, options.Value.SilenceSeconds);
    }

    /// <summary>A database by its connection: a connection string, or the absolute path of a SQLite file.</summary>
    /// <param name="kind">Which database.</param>
    /// <param name="connection">Connection string, or path.</param>
    /// <param name="indexes">Where indexes of what is delivered from it are kept.</param>
    /// <param name="mySqlLagSeconds">How long MariaDB's and MySQL's transactions may stay open unseen.</param>
    /// <param name="silenceSeconds">How long the database may say nothing, 1 to 86,400.</param>
    internal static DepartmentDatabase Connect(DataSourceKind kind, string connection, DeliveredIndexes indexes, int mySqlLagSeconds, int silenceSeconds)
    {
        var silence = TimeSpan.FromSeconds(Math.Clamp(silenceSeconds, 1, 86_400));
        return kind switch
        {
            DataSourceKind.Postgres => new PostgresDatabase(connection) { Indexes = indexes, Silence = silence },
            DataSourceKind.MySql => new MySqlDatabase(connection, TimeSpan.FromSeconds(Math.Clamp(mySqlLagSeconds, 1, ExchangeOptions.MostLagSeconds))) { Indexes = indexes, Silence = silence },
            DataSourceKind.Sqlite => new SqliteDatabase(connection) { Indexes = indexes },
            _ => throw new NotSupportedException($"{kind}"),
        };
    }
}
