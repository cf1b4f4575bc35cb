using System.Globalization;
using System.Net.Sockets;
using MySqlConnector;
using Zhengtong.Agreements;
using Zhengtong.Catalogue.Model;

namespace Zhengtong.Exchange.Engine;

/// <summary>A table of MariaDB or MySQL, with what only these have.</summary>
/// <param name="Name">Its name as the database gave it back.</param>
/// <param name="Columns">Its columns in order; of a text in another character set than utf8mb4 the type names it: <c>varchar gbk</c>.</param>
/// <param name="UniqueKeys">Column sets that a primary key or a whole unique index covers.</param>
/// <param name="Engine">Its storage engine.</param>
/// <param name="Collations">By which rules a text column is compared; other columns are not in it.</param>
/// <param name="Computed">Columns that the database computes: they can be read and not written.</param>
/// <param name="OpenKeys">Column sets that any unique index covers, whole or in part, and whose values a writer of other columns does not choose freely:
/// indices with a counted column or with one that is null unless it is given are left out.</param>
internal sealed record MySqlTable(
    TableName Name, IReadOnlyList<TableColumn> Columns, IReadOnlyList<IReadOnlySet<string>> UniqueKeys, string Engine, IReadOnlyDictionary<string, string> Collations,
    IReadOnlySet<string> Computed, IReadOnlyList<MySqlKey> OpenKeys) : TableShape(Name, Columns, UniqueKeys);

/// <summary>A unique index.</summary>
/// <param name="Columns">Its columns.</param>
/// <param name="IsWhole">False when it covers a column's beginning, or an expression.</param>
/// <param name="Free">Columns of it by which rows never meet as long as nobody gives them a value.</param>
internal sealed record MySqlKey(IReadOnlySet<string> Columns, bool IsWhole, IReadOnlySet<string> Free);

/// <summary>A department's MariaDB or MySQL database.</summary>
/// <param name="connectionString">Server, database and account.</param>
/// <param name="lag">How far behind the clock changes are read where the account may not see open transactions.</param>
internal sealed class MySqlDatabase(string connectionString, TimeSpan lag) : DepartmentDatabase
{
    /// <summary>Most columns of a key that is text or bytes of no agreed length fit into an index with this many characters.</summary>
    private const int KeyLength = 255;

    /// <summary>A row holds 65,535 bytes of columns that are no TEXT or BLOB; some are left for the others.</summary>
    private const int RowBytes = 60_000;

    /// <summary>The error of an account without the right PROCESS.</summary>
    internal const int ProcessDenied = 1227;

    internal TimeSpan Lag => lag;

    /// <summary>The name as SQL; only for names that the database's own catalogue gave back, or that match the strict pattern of new tables.</summary>
    internal static string Quote(string identifier) => $"`{identifier.Replace("`", "``", StringComparison.Ordinal)}`";

    internal static string Quote(TableName name) => name.Schema.Length == 0 ? Quote(name.Table) : $"{Quote(name.Schema)}.{Quote(name.Table)}";

    /// <summary>A connection of its own: nothing of one delivery is seen by the next. A server may ask its client for files of the client's machine
    /// (LOAD DATA LOCAL): never answered, whatever the connection string says, because a department's server is not trusted with the platform's files.</summary>
    internal async Task<MySqlConnection> ConnectAsync(string name, CancellationToken ct)
    {
        var connection = new MySqlConnection(new MySqlConnectionStringBuilder(connectionString)
        {
            AllowLoadLocalInfile = false, AllowUserVariables = false, ApplicationName = name, AutoEnlist = false, CharacterSet = "utf8mb4", ConnectionTimeout = (uint)Math.Min(15, Silence.TotalSeconds), DefaultCommandTimeout = (uint)Silence.TotalSeconds,
            GuidFormat = MySqlGuidFormat.None, Keepalive = 30, Pooling = false, TreatTinyAsBoolean = false,
        }.ConnectionString);
        try
        {
            await connection.OpenAsync(ct);
            // Strict: a value that does not fit is an error, not cut. Zero is a number, not the wish for the next one. Times are UTC. A reader that waits
            // for the consumer is not a dead one. A lock on the table's definition is waited for a minute, not a day.
            await ExecuteAsync(connection, $"""
                SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_AUTO_VALUE_ON_ZERO,NO_ENGINE_SUBSTITUTION', time_zone = '+00:00',
                    net_write_timeout = 3600, net_read_timeout = 600, wait_timeout = 28800, lock_wait_timeout = 60, {(IsMariaDb(connection) ? "max_statement_time" : "max_execution_time")} = 0
                """, ct);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>Prepares a statement. Its library would wait for the answer for ever: the wait is ended here, and the connection is of no use any more.</summary>
    /// <exception cref="TimeoutException">The server said nothing for too long.</exception>
    internal Task PrepareAsync(MySqlCommand statement, CancellationToken ct) => statement.PrepareAsync(ct).WaitAsync(Silence, CancellationToken.None);

    internal static async Task ExecuteAsync(MySqlConnection connection, string sql, CancellationToken ct)
    {
        await using var command = new MySqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(ct);
    }

    internal override async Task<string> DescribeAsync(CancellationToken ct)
    {
        await using var connection = await ConnectAsync("zhengtong", ct);
        await using var look = new MySqlCommand("SELECT VERSION()", connection);
        var version = (string)(await look.ExecuteScalarAsync(ct))!;
        var server = $"{(IsMariaDb(connection) ? "MariaDB" : "MySQL")} {version.Split('-')[0]}";
        return await SeesTransactionsAsync(connection, ct) ? server : Kernel.Text.Of("exchange.mysql.no-process", server, $"{lag.TotalSeconds}");
    }

    /// <summary>True when the account may see who is writing: the right PROCESS.</summary>
    internal static async Task<bool> SeesTransactionsAsync(MySqlConnection connection, CancellationToken ct)
    {
        try
        {
            await ExecuteAsync(connection, "SELECT 1 FROM information_schema.INNODB_TRX LIMIT 1", ct);
            return true;
        }
        catch (MySqlException e) when (e.Number == ProcessDenied)
        {
            return false;
        }
    }

    internal override async Task<TableShape?> FindTableAsync(TableName name, CancellationToken ct)
    {
        await using var connection = await ConnectAsync("zhengtong", ct);
        return await FindTableAsync(connection, name, ct);
    }

    /// <summary>The table as it is now. Without a schema it is looked for in the connection's own database.</summary>
    internal static async Task<MySqlTable?> FindTableAsync(MySqlConnection connection, TableName name, CancellationToken ct)
    {
        var asked = name.Schema.Length == 0 ? name with { Schema = connection.Database } : name;
        string engine;
        await using (var find = Catalogue("SELECT TABLE_SCHEMA, TABLE_NAME, ENGINE FROM information_schema.TABLES", "AND TABLE_TYPE IN ('BASE TABLE', 'SYSTEM VERSIONED')"))
        await using (var row = await find.ExecuteReaderAsync(ct))
        {
            // The catalogue may compare without regard to case; names are meant as they are written.
            if (!await row.ReadAsync(ct) || new TableName(row.GetString(0), row.GetString(1)) != asked) { return null; }
            engine = await row.IsDBNullAsync(2, ct) ? "" : row.GetString(2);
        }

        List<TableColumn> columns = [];
        Dictionary<string, string> collations = [];
        HashSet<string> computed = [], free = [];
        await using (var list = Catalogue(
            """
            SELECT COLUMN_NAME, DATA_TYPE, COLUMN_TYPE, IS_NULLABLE = 'YES', COLUMN_DEFAULT, EXTRA, CAST(CHARACTER_MAXIMUM_LENGTH AS SIGNED), CAST(COALESCE(DATETIME_PRECISION, NUMERIC_SCALE) AS SIGNED),
                   CHARACTER_SET_NAME, COLLATION_NAME
            FROM information_schema.COLUMNS
            """, "ORDER BY ORDINAL_POSITION"))
        await using (var row = await list.ExecuteReaderAsync(ct))
        {
            while (await row.ReadAsync(ct))
            {
                var (column, extra) = (row.GetString(0), row.GetString(5));
                var (isNullable, hasDefault, isCounted) = (row.GetBoolean(3), !await row.IsDBNullAsync(4, ct), extra.Contains("auto_increment", StringComparison.OrdinalIgnoreCase));
                var isComputed = extra.Contains("VIRTUAL", StringComparison.OrdinalIgnoreCase) || extra.Contains("STORED", StringComparison.OrdinalIgnoreCase)
                    || extra.Contains("PERSISTENT", StringComparison.OrdinalIgnoreCase);
                var charset = await row.IsDBNullAsync(8, ct) ? null : row.GetString(8);
                var type = TypeOf(row.GetString(1), row.GetString(2), charset);
                if (isComputed) { computed.Add(column); }
                // MariaDB writes the default "nothing" as the word NULL, MySQL as nothing at all.
                else if (isCounted || (isNullable && (!hasDefault || row.GetString(4) == "NULL"))) { free.Add(column); }
                if (charset is not null) { collations[column] = row.GetString(9); }
                columns.Add(new TableColumn(column, type, !isNullable, hasDefault || isCounted || isComputed, await row.IsDBNullAsync(6, ct) ? null : LengthOf(type, row.GetInt64(6)),
                    await row.IsDBNullAsync(7, ct) ? null : row.GetInt32(7)));
            }
        }

        Dictionary<string, (HashSet<string> Columns, bool IsWhole)> keys = [];
        await using (var list = Catalogue("SELECT INDEX_NAME, COLUMN_NAME, SUB_PART IS NULL FROM information_schema.STATISTICS", "AND NON_UNIQUE = 0"))
        await using (var row = await list.ExecuteReaderAsync(ct))
        {
            while (await row.ReadAsync(ct))
            {
                var index = row.GetString(0);
                var (members, isWhole) = keys.GetValueOrDefault(index, ([], true));
                var isColumn = !await row.IsDBNullAsync(1, ct);
                members.Add(isColumn ? row.GetString(1) : "(…)");
                keys[index] = (members, isWhole && isColumn && row.GetBoolean(2));
            }
        }

        return new MySqlTable(asked, columns, [.. keys.Values.Where(k => k.IsWhole).Select(k => k.Columns)], engine, collations, computed,
            [.. keys.Values.Select(k => new MySqlKey(k.Columns, k.IsWhole, k.Columns.Where(free.Contains).ToHashSet()))]);

        MySqlCommand Catalogue(string select, string further)
        {
            var command = new MySqlCommand($"{select} WHERE TABLE_SCHEMA = @schema AND TABLE_NAME = @table {further}", connection);
            command.Parameters.AddWithValue("@schema", asked.Schema);
            command.Parameters.AddWithValue("@table", asked.Table);
            return command;
        }
    }

    internal override async Task CreateTableAsync(TableName name, IReadOnlyList<AgreedItem> items, CancellationToken ct)
    {
        await using var connection = await ConnectAsync("zhengtong", ct);
        // Texts are compared byte by byte and with their trailing spaces, so that no two keys are taken for one.
        var collation = IsMariaDb(connection) ? "utf8mb4_nopad_bin" : "utf8mb4_0900_bin";
        var isWide = items.Where(i => i.Type == ItemType.Text).Sum(i => 4L * (i.Length ?? KeyLength)) > RowBytes;
        var columns = items.Select(i => $"{Quote(i.Column)} {TypeFor(i, isWide)}{(i.IsKey ? " NOT NULL" : " NULL")}");
        var key = string.Join(", ", items.Where(i => i.IsKey).Select(i => Quote(i.Column)));
        await ExecuteAsync(connection, $"CREATE TABLE {Quote(name)} ({string.Join(", ", columns)}, PRIMARY KEY ({key})) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE {collation}", ct);
    }

    internal override bool Gives(TableColumn column, ItemType type) => (type, column.Type.Split(' ')) switch
    {
        (ItemType.Text, ["char" or "varchar" or "tinytext" or "text" or "mediumtext" or "longtext" or "json" or "enum" or "set" or "uuid" or "inet4" or "inet6" or "year" or "time", ..]) => true,
        (ItemType.Integer, ["tinyint" or "tinyint(1)" or "smallint" or "mediumint" or "int", ..] or ["bigint"] or ["year"]) => true,
        // Half of its range is beyond a 64-bit integer.
        (ItemType.Decimal, ["decimal", ..] or ["bigint", "unsigned"]) => true,
        (ItemType.Float, ["float" or "double", ..]) => true,
        (ItemType.Boolean, ["tinyint(1)"] or ["bit(1)"]) => true,
        (ItemType.Date, ["date"]) => true,
        (ItemType.Timestamp, ["datetime" or "timestamp"]) => true,
        (ItemType.Binary, ["binary" or "varbinary" or "tinyblob" or "blob" or "mediumblob" or "longblob"]) => true,
        _ => false,
    };

    internal override bool Takes(TableColumn column, ItemType type) => (type, column.Type.Split(' ')) switch
    {
        // Only utf8mb4 keeps every character.
        (ItemType.Text, ["char" or "varchar" or "tinytext" or "text" or "mediumtext" or "longtext"]) => true,
        (ItemType.Integer, ["tinyint" or "smallint" or "mediumint" or "int", ..] or ["bigint"]) => true,
        (ItemType.Decimal, ["decimal", ..]) => true,
        (ItemType.Float, ["double"]) => true,
        (ItemType.Timestamp, ["datetime" or "timestamp"]) => column.Scale == 6,
        // binary(n) fills up with zeros.
        (ItemType.Binary, ["varbinary" or "tinyblob" or "blob" or "mediumblob" or "longblob"]) => true,
        (ItemType.Boolean or ItemType.Date, _) => Gives(column, type),
        _ => false,
    };

    internal override ItemType? WatermarkType(TableColumn column) => column.Type.Split(' ') switch
    {
        ["datetime" or "timestamp"] => ItemType.Timestamp,
        ["int" or "bigint", ..] => ItemType.Integer,
        _ => null,
    };

    /// <summary>Without transactions nothing can be promised. A target's key must tell texts apart as their writers do. And where a table has a second unique
    /// index, MySQL takes a new row that meets another one there for a change of that other row: the one would be overwritten, the other never arrive.</summary>
    internal override IEnumerable<Fault> FurtherFaults(TableShape table, IReadOnlyList<AgreedItem> items, Side side)
    {
        var own = (MySqlTable)table;
        if (!own.Engine.Equals("InnoDB", StringComparison.OrdinalIgnoreCase)) { yield return new Fault("table", "exchange.fault.engine", own.Engine); }
        if (side == Side.Source) { yield break; }
        foreach (var item in items.Where(i => own.Computed.Contains(i.Column))) { yield return new Fault("table", "exchange.fault.computed", item.Column); }
        foreach (var item in items.Where(i => i.IsKey && own.Collations.TryGetValue(i.Column, out var collation) && !IsByteWise(collation)))
        {
            yield return new Fault("table", "exchange.fault.key-folds", item.Column, own.Collations[item.Column]);
        }

        var key = items.Where(i => i.IsKey).Select(i => i.Column).ToHashSet();
        foreach (var other in own.OpenKeys.Where(k => !(k.IsWhole && key.IsSubsetOf(k.Columns)) && !k.Free.Any(c => items.All(i => i.Column != c))))
        {
            yield return new Fault("table", "exchange.fault.other-unique", string.Join(", ", other.Columns));
        }
    }

    internal override async Task<Source> OpenSourceAsync(Reading reading, CancellationToken ct) => await MySqlSource.OpenAsync(this, reading, ct);

    internal override async Task<Sink> OpenSinkAsync(TableName target, IReadOnlyList<AgreedItem> items, CancellationToken ct) => await MySqlSink.OpenAsync(this, target, items, ct);

    /// <summary>Only the error's number and our own words for it: the server's sentences quote values.</summary>
    internal override ExchangeFault? Explain(Exception failure, Side side) => failure switch
    {
        MySqlException { ErrorCode: MySqlErrorCode.CommandTimeoutExpired } or TimeoutException => new ExchangeFault(Unreachable(side), [new Fault("", "exchange.fault.silent", $"{Silence.TotalSeconds}")], failure),
        MySqlException e => new ExchangeFault(TypeOf(e.ErrorCode, side), [FaultOf(e)], e),
        OverflowException => new ExchangeFault(ExchangeProblems.ValueDoesNotFit, [], failure),
        // A connection that broke on another thread is found closed, which its library reports as a wrong use of it.
        SocketException or IOException or MySqlProtocolException or InvalidOperationException { Source: "MySqlConnector" } => new ExchangeFault(Unreachable(side), [], failure),
        _ => null,
    };

    private static Kernel.Http.ProblemType TypeOf(MySqlErrorCode error, Side side) => (int)error switch
    {
        // Out of range, too long, not of the type, null, truncated, wrong value, no default, check constraint (MySQL, MariaDB), larger than a packet.
        1264 or 1406 or 1366 or 1048 or 1265 or 1292 or 1364 or 3819 or 4025 or 1153 => ExchangeProblems.ValueDoesNotFit,
        // No such table, no such column, definition changed under a snapshot.
        1146 or 1054 or 1412 => side == Side.Source ? ExchangeProblems.SourceChanged : ExchangeProblems.TargetUnfit,
        // Duplicate, foreign key, rights, statement not allowed, read-only, syntax: nothing that passes by itself. All else may.
        1062 or 1216 or 1217 or 1451 or 1452 or 1142 or 1143 or 1370 or 1227 or 1290 or 1792 or 1836 or 1064 or 1118 or 1071 or 1273 or 1969 or 1665 =>
            side == Side.Source ? ExchangeProblems.SourceRefused : ExchangeProblems.TargetRefused,
        _ => Unreachable(side),
    };

    private static Fault FaultOf(MySqlException e) => (int)e.ErrorCode switch
    {
        1044 or 1045 or 1698 or 1130 => new Fault("", "exchange.fault.access-denied", Number(e)),
        1049 => new Fault("", "exchange.fault.database-missing", Number(e)),
        1042 or 1043 or 2002 or 2003 or 2005 => new Fault("", "exchange.fault.no-answer"),
        1021 or 1114 or 1041 or 1037 or 3675 => new Fault("", "exchange.fault.disk-full", Number(e)),
        1205 or 1213 => new Fault("", "exchange.fault.locked", Number(e)),
        1412 or 1146 or 1054 => new Fault("", "exchange.fault.table-altered", Number(e)),
        1142 or 1143 or 1227 or 1370 => new Fault("", "exchange.fault.right-missing", Number(e)),
        1040 or 1203 or 1226 => new Fault("", "exchange.fault.too-many-connections", Number(e)),
        1153 => new Fault("", "exchange.fault.packet", Number(e)),
        1290 or 1792 or 1836 => new Fault("", "exchange.fault.standby"),
        _ => new Fault("", "exchange.fault.sql-state", Number(e), e.SqlState ?? ""),
    };

    private static string Number(MySqlException e) => e.Number.ToString(CultureInfo.InvariantCulture);

    private static Kernel.Http.ProblemType Unreachable(Side side) => side == Side.Source ? ExchangeProblems.SourceUnreachable : ExchangeProblems.TargetUnreachable;

    internal static bool IsMariaDb(MySqlConnection connection) => connection.ServerVersion.Contains("MariaDB", StringComparison.OrdinalIgnoreCase);

    private static bool IsByteWise(string collation) => collation.EndsWith("_nopad_bin", StringComparison.Ordinal) || collation is "utf8mb4_0900_bin" or "binary";

    /// <summary>The type's word, and what else counts: the one digit that makes a truth value, the missing sign, a character set that is not utf8mb4.</summary>
    private static string TypeOf(string word, string full, string? charset) =>
        full is "tinyint(1)" or "bit(1)" ? full
        : charset is not null and not "utf8mb4" && word is not ("enum" or "set" or "json") ? $"{word} {charset}"
        : full.Contains(" unsigned", StringComparison.Ordinal) ? $"{word} unsigned"
        : word;

    /// <summary>Characters that surely fit: the texts without a length of their own are measured in bytes, four for the longest character.</summary>
    private static int? LengthOf(string type, long length) => type switch
    {
        "tinytext" or "text" or "mediumtext" => (int)(length / 4),
        "longtext" => null,
        _ => length > int.MaxValue ? null : (int)length,
    };

    private static string TypeFor(AgreedItem item, bool isWide) => item.Type switch
    {
        ItemType.Text when item.IsKey => $"varchar({item.Length ?? KeyLength})",
        ItemType.Text when item.Length is { } length && length <= RowBytes / 4 => isWide ? "text" : $"varchar({length})",
        ItemType.Text => "longtext",
        ItemType.Integer => "bigint",
        // The most digits there are: 45 before the point, 20 behind it.
        ItemType.Decimal => "decimal(65, 20)",
        ItemType.Float => "double",
        ItemType.Boolean => "tinyint(1)",
        ItemType.Date => "date",
        ItemType.Timestamp => "datetime(6)",
        ItemType.Binary => item.IsKey ? $"varbinary({KeyLength})" : "longblob",
        _ => throw new NotSupportedException($"{item.Type}"),
    };
}
