using Microsoft.Data.Sqlite;
using Zhengtong.Agreements;
using Zhengtong.Catalogue.Model;
using Zhengtong.Kernel;

namespace Zhengtong.Exchange.Engine;

/// <summary>A department's SQLite file in its own folder on the platform.</summary>
internal sealed class SqliteDatabase(string path) : DepartmentDatabase
{
    /// <summary>The name as SQL; only for names that the database's own catalogue gave back, or that match the strict pattern of new tables.</summary>
    internal static string Quote(string identifier) => $"\"{identifier.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    /// <summary>A connection of its own. A file that is gone is made anew only where that is meant, when somebody tests or chooses it; never in a delivery.</summary>
    internal async Task<SqliteConnection> ConnectAsync(CancellationToken ct, bool create = false)
    {
        var mode = create ? SqliteOpenMode.ReadWriteCreate : SqliteOpenMode.ReadWrite;
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Mode = mode, Pooling = false, DefaultTimeout = 30 }.ConnectionString);
        try
        {
            await connection.OpenAsync(ct);
            // Functions and tables that the file's own schema brings along are not run.
            await using var settings = connection.CreateCommand();
            settings.CommandText = "PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON";
            await settings.ExecuteNonQueryAsync(ct);
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
        await using var connection = await ConnectAsync(ct, create: true);
        // The first page is read here: a file that is no database fails now and not in the night.
        await using var look = connection.CreateCommand();
        look.CommandText = "SELECT count(*) FROM sqlite_master";
        await look.ExecuteScalarAsync(ct);
        return $"SQLite {connection.ServerVersion}";
    }

    internal override async Task<TableShape?> FindTableAsync(TableName name, CancellationToken ct)
    {
        await using var connection = await ConnectAsync(ct, create: true);
        return await FindTableAsync(connection, name, ct);
    }

    internal static async Task<TableShape?> FindTableAsync(SqliteConnection connection, TableName name, CancellationToken ct)
    {
        if (name.Schema.Length > 0) { return null; }
        string real;
        await using (var find = connection.CreateCommand())
        {
            find.CommandText = "SELECT name FROM sqlite_master WHERE type = 'table' AND name = $name";
            find.Parameters.AddWithValue("$name", name.Table);
            if (await find.ExecuteScalarAsync(ct) is not string found) { return null; }
            real = found;
        }

        List<TableColumn> columns = [];
        List<(string Name, string Type, long Place)> primary = [];
        await using (var list = connection.CreateCommand())
        {
            list.CommandText = "SELECT name, upper(type), \"notnull\", dflt_value IS NOT NULL, pk FROM pragma_table_info($name) ORDER BY cid";
            list.Parameters.AddWithValue("$name", real);
            await using var row = await list.ExecuteReaderAsync(ct);
            while (await row.ReadAsync(ct))
            {
                columns.Add(new TableColumn(row.GetString(0), row.GetString(1), row.GetBoolean(2), row.GetBoolean(3), null, null));
                if (row.GetInt64(4) > 0) { primary.Add((row.GetString(0), row.GetString(1), row.GetInt64(4))); }
            }
        }

        Dictionary<string, HashSet<string>> keys = [];
        await using (var list = connection.CreateCommand())
        {
            list.CommandText = "SELECT i.name, c.name FROM pragma_index_list($name) i JOIN pragma_index_info(i.name) c WHERE i.\"unique\" = 1 AND i.partial = 0 AND c.cid >= -1";
            list.Parameters.AddWithValue("$name", real);
            await using var row = await list.ExecuteReaderAsync(ct);
            while (await row.ReadAsync(ct))
            {
                if (!keys.TryGetValue(row.GetString(0), out var key)) { keys[row.GetString(0)] = key = []; }
                key.Add(await row.IsDBNullAsync(1, ct) ? "\0expression" : row.GetString(1));
            }
        }

        // INTEGER PRIMARY KEY is the row's own number: unique and never null, though the catalogue does not say so.
        if (primary is [var (only, type, _)] && type == "INTEGER")
        {
            columns = [.. columns.Select(c => c.Name == only ? c with { NotNull = true, HasDefault = true } : c)];
            keys["\0primary"] = [only];
        }

        return new TableShape(new TableName("", real), columns, [.. keys.Values]);
    }

    internal override async Task CreateTableAsync(TableName name, IReadOnlyList<AgreedItem> items, CancellationToken ct)
    {
        var columns = items.Select(i => $"{Quote(i.Column)} {TypeFor(i.Type)}{(i.IsKey ? " NOT NULL" : "")}");
        var key = string.Join(", ", items.Where(i => i.IsKey).Select(i => Quote(i.Column)));
        await using var connection = await ConnectAsync(ct, create: true);
        await using var create = connection.CreateCommand();
        create.CommandText = $"CREATE TABLE {Quote(name.Table)} ({string.Join(", ", columns)}, PRIMARY KEY ({key}))";
        await create.ExecuteNonQueryAsync(ct);
    }

    /// <summary>SQLite checks no types: the declared one says what is meant, and the gate holds back a row with a value that is something else.</summary>
    internal override bool Gives(TableColumn column, ItemType type) => Takes(column, type) || (type, AffinityOf(column.Type)) switch
    {
        (ItemType.Decimal, Affinity.Numeric or Affinity.Integer) => true,
        _ => false,
    };

    internal override bool Takes(TableColumn column, ItemType type) => (type, AffinityOf(column.Type)) switch
    {
        (ItemType.Text, Affinity.Text) => true,
        (ItemType.Integer, Affinity.Integer) => true,
        // Any other affinity would turn a long decimal into a float.
        (ItemType.Decimal, Affinity.Text) => true,
        (ItemType.Float, Affinity.Real) => true,
        (ItemType.Boolean, Affinity.Integer) => true,
        (ItemType.Boolean, Affinity.Numeric) => column.Type.StartsWith("BOOL", StringComparison.Ordinal),
        (ItemType.Date or ItemType.Timestamp, Affinity.Text) => true,
        (ItemType.Date or ItemType.Timestamp, Affinity.Numeric) => column.Type.StartsWith("DATE", StringComparison.Ordinal) || column.Type.StartsWith("TIMESTAMP", StringComparison.Ordinal),
        (ItemType.Binary, Affinity.Blob) => column.Type.Length > 0,
        _ => false,
    };

    internal override ItemType? WatermarkType(TableColumn column) =>
        Takes(column, ItemType.Integer) ? ItemType.Integer : Takes(column, ItemType.Timestamp) ? ItemType.Timestamp : null;

    internal override async Task<Source> OpenSourceAsync(Reading reading, CancellationToken ct) => await SqliteSource.OpenAsync(this, reading, ct);

    internal override async Task<Sink> OpenSinkAsync(TableName target, IReadOnlyList<AgreedItem> items, CancellationToken ct) =>
        await SqliteSink.OpenAsync(this, target, items, ct);

    internal override ExchangeFault? Explain(Exception failure, Side side) => failure switch
    {
        SqliteException { SqliteErrorCode: 5 or 6 or 10 or 13 or 14 or 26 or 11 } e =>
            new ExchangeFault(side == Side.Source ? ExchangeProblems.SourceUnreachable : ExchangeProblems.TargetUnreachable, CodeOf(e), e),
        SqliteException { SqliteErrorCode: 19 } e => new ExchangeFault(ExchangeProblems.ValueDoesNotFit, CodeOf(e), e),
        OverflowException => new ExchangeFault(ExchangeProblems.ValueDoesNotFit, [], failure),
        SqliteException e => new ExchangeFault(side == Side.Source ? ExchangeProblems.SourceRefused : ExchangeProblems.TargetRefused, CodeOf(e), e),
        IOException or UnauthorizedAccessException => new ExchangeFault(side == Side.Source ? ExchangeProblems.SourceUnreachable : ExchangeProblems.TargetUnreachable, [], failure),
        _ => null,
    };

    private static List<Fault> CodeOf(SqliteException e) =>
        [DatabaseErrors.IsOutOfSpace(e) ? new Fault("", "exchange.fault.disk-full", $"{e.SqliteExtendedErrorCode}") : new Fault("", "exchange.fault.sql-state", $"SQLite {e.SqliteExtendedErrorCode}", "")];

    private static string TypeFor(ItemType type) => type switch
    {
        ItemType.Integer => "INTEGER",
        ItemType.Float => "REAL",
        ItemType.Boolean => "BOOLEAN",
        ItemType.Date => "DATE",
        ItemType.Timestamp => "TIMESTAMP",
        ItemType.Binary => "BLOB",
        _ => "TEXT",
    };

    private enum Affinity { Text, Integer, Real, Numeric, Blob }

    /// <summary>https://www.sqlite.org/datatype3.html, section 3.1.</summary>
    private static Affinity AffinityOf(string declared) =>
        declared.Contains("INT", StringComparison.Ordinal) ? Affinity.Integer
        : declared.Contains("CHAR", StringComparison.Ordinal) || declared.Contains("CLOB", StringComparison.Ordinal) || declared.Contains("TEXT", StringComparison.Ordinal) ? Affinity.Text
        : declared.Contains("BLOB", StringComparison.Ordinal) || declared.Length == 0 ? Affinity.Blob
        : declared.Contains("REAL", StringComparison.Ordinal) || declared.Contains("FLOA", StringComparison.Ordinal) || declared.Contains("DOUB", StringComparison.Ordinal) ? Affinity.Real
        : Affinity.Numeric;
}
