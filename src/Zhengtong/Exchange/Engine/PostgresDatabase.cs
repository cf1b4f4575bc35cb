using System.Net.Sockets;
using Npgsql;
using Zhengtong.Agreements;
using Zhengtong.Catalogue.Model;
using Zhengtong.Exchange.Model;

namespace Zhengtong.Exchange.Engine;

/// <summary>A department's PostgreSQL database.</summary>
internal sealed class PostgresDatabase(string connectionString) : DepartmentDatabase
{
    private static readonly NpgsqlCommandBuilder Quoting = new();

    /// <summary>The name as SQL; only for names that the database's own catalogue gave back, or that match the strict pattern of new tables.</summary>
    internal static string Quote(string identifier) => Quoting.QuoteIdentifier(identifier);

    internal static string Quote(TableName name) => $"{Quote(name.Schema)}.{Quote(name.Table)}";

    /// <summary>A built-in type as SQL.</summary>
    /// <exception cref="ExchangeFault">The type is not a built-in one.</exception>
    internal static string TypeName(string type) =>
        type.Contains('.', StringComparison.Ordinal) ? throw new ExchangeFault(ExchangeProblems.SourceChanged, type) : $"pg_catalog.{Quote(type)}";

    /// <summary>A server that knows no encoding hands texts over as they are only to who does not ask for one.</summary>
    private const string AsTheyAre = "SQL_ASCII";

    /// <summary>For connections that speak the replication protocol.</summary>
    internal string ReplicationString(TextEncoding encoding) => new NpgsqlConnectionStringBuilder(connectionString)
    {
        ClientEncoding = encoding == TextEncoding.Gb18030 ? AsTheyAre : null,
        Timeout = (int)Math.Min(15, Silence.TotalSeconds), CommandTimeout = (int)Silence.TotalSeconds, ApplicationName = "zhengtong-source", IncludeErrorDetail = false, TcpKeepAlive = true, TcpKeepAliveTime = 30, TcpKeepAliveInterval = 10,
        ReadBufferSize = 256 * 1024,
    }.ConnectionString;

    /// <summary>A connection of its own: nothing of one delivery is seen by the next. The name is what the database's own people see in pg_stat_activity.</summary>
    internal async Task<NpgsqlConnection> ConnectAsync(string name, CancellationToken ct, TextEncoding encoding = TextEncoding.Declared)
    {
        var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(connectionString)
        {
            ClientEncoding = encoding == TextEncoding.Gb18030 ? AsTheyAre : null, Pooling = false, Timeout = (int)Math.Min(15, Silence.TotalSeconds), CommandTimeout = (int)Silence.TotalSeconds, ApplicationName = name, IncludeErrorDetail = false,
            TcpKeepAlive = true, TcpKeepAliveTime = 30, TcpKeepAliveInterval = 10, ReadBufferSize = 64 * 1024, WriteBufferSize = 64 * 1024,
        }.ConnectionString);
        try
        {
            await connection.OpenAsync(ct);
            if (encoding == TextEncoding.Gb18030 && connection.PostgresParameters["server_encoding"] is var known && known != AsTheyAre) { throw new ExchangeFault(ExchangeProblems.SourceChanged, [new Fault("encoding", "exchange.fault.encoding-declared", known)]); }
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    internal override async Task<string> DescribeAsync(CancellationToken ct)
    {
        await using var connection = await ConnectAsync("zhengtong", ct);
        return $"PostgreSQL {connection.PostgreSqlVersion}";
    }

    internal override async Task<TableShape?> FindTableAsync(TableName name, CancellationToken ct)
    {
        await using var connection = await ConnectAsync("zhengtong", ct);
        return await FindTableAsync(connection, name, ct);
    }

    /// <summary>The table as this connection's transaction sees it.</summary>
    internal static async Task<TableShape?> FindTableAsync(NpgsqlConnection connection, TableName name, CancellationToken ct)
    {
        uint oid;
        TableName real;
        await using (var find = new NpgsqlCommand(
            "SELECT c.oid, n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relname = $2 AND c.relkind IN ('r', 'p', 'm')",
            connection) { Parameters = { new() { Value = name.Schema }, new() { Value = name.Table } } })
        await using (var row = await find.ExecuteReaderAsync(ct))
        {
            if (!await row.ReadAsync(ct)) { return null; }
            (oid, real) = (row.GetFieldValue<uint>(0), new TableName(row.GetString(1), row.GetString(2)));
        }

        List<TableColumn> columns = [];
        // A domain counts as the type it stands on. Types outside pg_catalog keep their schema, so that none can pose as a built-in one.
        await using (var list = new NpgsqlCommand(
            """
            SELECT a.attname, CASE WHEN n.nspname = 'pg_catalog' THEN b.typname ELSE n.nspname || '.' || b.typname END,
                   a.attnotnull OR t.typnotnull, a.atthasdef OR a.attidentity <> '',
                   CASE WHEN t.typtype = 'd' THEN t.typtypmod ELSE a.atttypmod END
            FROM pg_attribute a
            JOIN pg_type t ON t.oid = a.atttypid
            JOIN pg_type b ON b.oid = CASE WHEN t.typtype = 'd' THEN t.typbasetype ELSE t.oid END
            JOIN pg_namespace n ON n.oid = b.typnamespace
            WHERE a.attrelid = $1 AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum
            """, connection) { Parameters = { new() { Value = oid, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Oid } } })
        await using (var row = await list.ExecuteReaderAsync(ct))
        {
            while (await row.ReadAsync(ct))
            {
                var (type, modifier) = (row.GetString(1), row.GetInt32(4));
                columns.Add(new TableColumn(row.GetString(0), type, row.GetBoolean(2), row.GetBoolean(3),
                    type is "varchar" or "bpchar" && modifier > 4 ? modifier - 4 : null,
                    type switch { "numeric" or "_numeric" when modifier > 4 => (modifier - 4) & 0x7FF, "timestamp" or "timestamptz" or "_timestamp" or "_timestamptz" when modifier >= 0 => modifier, _ => null }));
            }
        }

        Dictionary<uint, HashSet<string>> keys = [];
        await using (var list = new NpgsqlCommand(
            """
            SELECT i.indexrelid, a.attname
            FROM pg_index i
            JOIN LATERAL unnest(i.indkey::int2[]) WITH ORDINALITY k(attnum, n) ON k.n <= i.indnkeyatts
            JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
            WHERE i.indrelid = $1 AND i.indisunique AND i.indisvalid AND i.indimmediate AND i.indpred IS NULL AND i.indexprs IS NULL
            """, connection) { Parameters = { new() { Value = oid, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Oid } } })
        await using (var row = await list.ExecuteReaderAsync(ct))
        {
            while (await row.ReadAsync(ct))
            {
                if (!keys.TryGetValue(row.GetFieldValue<uint>(0), out var key)) { keys[row.GetFieldValue<uint>(0)] = key = []; }
                key.Add(row.GetString(1));
            }
        }

        return new TableShape(real, columns, [.. keys.Values]);
    }

    internal override async Task CreateTableAsync(TableName name, IReadOnlyList<AgreedItem> items, CancellationToken ct)
    {
        var columns = items.Select(i => $"{Quote(i.Column)} {TypeFor(i)}{(i.IsKey ? " NOT NULL" : "")}");
        var key = string.Join(", ", items.Where(i => i.IsKey).Select(i => Quote(i.Column)));
        await using var connection = await ConnectAsync("zhengtong", ct);
        await using var create = new NpgsqlCommand($"CREATE TABLE {Quote(name)} ({string.Join(", ", columns)}, PRIMARY KEY ({key}))", connection);
        await create.ExecuteNonQueryAsync(ct);
    }

    internal override bool Gives(TableColumn column, ItemType type) => type switch
    {
        ItemType.Text => column.Type is "text" or "varchar" or "bpchar" or "uuid" or "json" or "jsonb" || PostgresArray.Gives(column.Type),
        ItemType.Integer => column.Type is "int2" or "int4" or "int8",
        ItemType.Decimal => column.Type is "numeric",
        ItemType.Float => column.Type is "float4" or "float8",
        ItemType.Boolean => column.Type is "bool",
        ItemType.Date => column.Type is "date",
        ItemType.Timestamp => column.Type is "timestamptz" or "timestamp",
        ItemType.Binary => column.Type is "bytea",
        _ => false,
    };

    internal override bool Takes(TableColumn column, ItemType type) => type switch
    {
        // A json column keeps a text as it is, a jsonb column puts it in order.
        ItemType.Text => column.Type is "text" or "varchar" or "bpchar" or "json" || PostgresArray.Takes(column),
        ItemType.Float => column.Type is "float8",
        ItemType.Timestamp => column.Type is "timestamptz" or "timestamp" && column.Scale is null or 6,
        _ => Gives(column, type),
    };

    internal override IEnumerable<Fault> FurtherFaults(TableShape table, IReadOnlyList<AgreedItem> items, Side side) =>
        items.Where(i => i.IsKey && table.Find(i.Column) is { } column && PostgresArray.Gives(column.Type)).Select(i => new Fault("table", "exchange.fault.key-array", i.Column));

    internal override ItemType? WatermarkType(TableColumn column) => column.Type switch
    {
        "timestamptz" or "timestamp" => ItemType.Timestamp,
        "int8" or "int4" => ItemType.Integer,
        _ => null,
    };

    internal override async Task<Source> OpenSourceAsync(Reading reading, CancellationToken ct) => await PostgresSource.OpenAsync(this, reading, null, ct);

    internal override async Task<Capture> OpenCaptureAsync(Guid delivery, Reading reading, Horizon horizon, bool steady, CancellationToken ct)
    {
        var source = await PostgresSource.OpenAsync(this, reading, steady ? new Steadiness() : null, ct);
        return reading.Capture switch
        {
            CaptureKind.Watermark => new WatermarkCapture(source, horizon),
            CaptureKind.Replication => new ReplicationCapture(this, new PostgresReplication(this, delivery), reading, source),
            CaptureKind.Comparison => Comparison(delivery, reading, source),
            _ => throw new NotSupportedException($"{reading.Capture}"),
        };
    }

    internal override async Task<List<Fault>> CaptureFaultsAsync(CaptureKind capture, TableShape table, IReadOnlyList<AgreedItem> items, CancellationToken ct)
    {
        if (capture != CaptureKind.Replication) { return []; }
        await using var connection = await ConnectAsync("zhengtong", ct);
        return await PostgresReplication.FaultsAsync(connection, table, items, [], hasSlot: false, ct);
    }

    internal override async Task ReleaseAsync(Guid delivery, CaptureKind capture, CancellationToken ct)
    {
        if (capture == CaptureKind.Replication) { await new PostgresReplication(this, delivery).ReleaseAsync(ct); }
        Indexes?.Remove(delivery);
    }

    internal override async Task<Sink> OpenSinkAsync(TableName target, IReadOnlyList<AgreedItem> items, CancellationToken ct) =>
        await PostgresSink.OpenAsync(this, target, items, ct);

    /// <summary>Only the SQLSTATE and names of columns and constraints: the server's sentences may quote values.</summary>
    internal override ExchangeFault? Explain(Exception failure, Side side) => failure switch
    {
        PostgresException { SqlState: "22021" } when side == Side.Source => new ExchangeFault(ExchangeProblems.ValueDoesNotFit, [new Fault("", "exchange.fault.encoding-unknown")], failure),
        PostgresException { SqlState: "22003" or "22001" or "22P02" or "22P03" or "22021" or "23502" or "23514" } e => new ExchangeFault(ExchangeProblems.ValueDoesNotFit, NamesOf(e), e),
        PostgresException e when e.SqlState[..2] is "08" or "57" or "53" => new ExchangeFault(Unreachable(side), NamesOf(e), e),
        PostgresException e when e.SqlState[..2] is "28" or "3D" => new ExchangeFault(Unreachable(side), NamesOf(e), e),
        PostgresException e => new ExchangeFault(side == Side.Source ? ExchangeProblems.SourceRefused : ExchangeProblems.TargetRefused, NamesOf(e), e),
        OverflowException => new ExchangeFault(ExchangeProblems.ValueDoesNotFit, [], failure),
        NpgsqlException { InnerException: TimeoutException } or TimeoutException => new ExchangeFault(Unreachable(side), [new Fault("", "exchange.fault.silent", $"{Silence.TotalSeconds}")], failure),
        // Noise in place of what the server says makes its library, or the reader of rows, stumble in many ways.
        NpgsqlException or SocketException or IOException or InvalidDataException or { Source: "Npgsql" } => new ExchangeFault(Unreachable(side), [], failure),
        _ => null,
    };

    private static Kernel.Http.ProblemType Unreachable(Side side) => side == Side.Source ? ExchangeProblems.SourceUnreachable : ExchangeProblems.TargetUnreachable;

    private static List<Fault> NamesOf(PostgresException e) => e.SqlState is PostgresErrorCodes.DiskFull or PostgresErrorCodes.OutOfMemory ? [new Fault("", "exchange.fault.disk-full", e.SqlState)] :
        [new Fault("", "exchange.fault.sql-state", e.SqlState, string.Join(" ", new[] { e.SchemaName, e.TableName, e.ColumnName, e.ConstraintName }.Where(n => n is not null)))];

    private static string TypeFor(AgreedItem item) => item.Type switch
    {
        ItemType.Text => item.Length is { } length ? $"varchar({length})" : "text",
        ItemType.Integer => "bigint",
        ItemType.Decimal => "numeric",
        ItemType.Float => "double precision",
        ItemType.Boolean => "boolean",
        ItemType.Date => "date",
        ItemType.Timestamp => "timestamptz",
        ItemType.Binary => "bytea",
        _ => throw new NotSupportedException($"{item.Type}"),
    };
}
