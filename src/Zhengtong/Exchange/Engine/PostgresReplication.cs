using Npgsql;
using Npgsql.Replication;
using NpgsqlTypes;
using Zhengtong.Agreements;
using Zhengtong.Exchange.Model;

namespace Zhengtong.Exchange.Engine;

/// <summary>A replication slot as the server has it.</summary>
/// <param name="Confirmed">Up to where changes were confirmed.</param>
/// <param name="Status">reserved, extended, unreserved or lost; null while none is kept.</param>
/// <param name="BehindBytes">Bytes of log that are kept for it.</param>
internal sealed record ReplicationSlotState(NpgsqlLogSequenceNumber Confirmed, string? Status, long BehindBytes);

/// <summary>What one delivery has of its own at a PostgreSQL source: one publication and one slot, both named after the delivery.</summary>
/// <remarks>A publication can get in the department's own way: its writes fail when the published table has no replica identity, and a column that a list of columns or a row filter names
/// cannot be altered. So the table is looked at before the publication is made and again at the start of each run, nothing is listed and nothing filtered, and a publication that has become
/// dangerous is dropped at once. The table itself, its identity above all, is the department's: nothing of it is ever changed.</remarks>
internal sealed class PostgresReplication(PostgresDatabase database, Guid delivery)
{
    /// <summary>The first version whose stream brings values in binary form.</summary>
    private const int FirstVersion = 14;

    private static readonly TimeSpan MostWait = TimeSpan.FromMinutes(5);

    /// <summary>Of the slot and of the publication.</summary>
    internal string Name { get; } = $"zhengtong_{delivery:N}";

    /// <summary>What keeps a table from being captured this way, for these items and row conditions: all at once, each with what to do.</summary>
    internal static async Task<List<Fault>> FaultsAsync(NpgsqlConnection connection, TableShape table, IReadOnlyList<AgreedItem> items, IReadOnlyList<string> conditions, bool hasSlot, CancellationToken ct)
    {
        var facts = await FactsAsync(connection, table, ct);
        List<Fault> faults = [];
        if (facts.Version < FirstVersion) { faults.Add(new Fault("capture", "exchange.fault.capture-version", $"{facts.Version}", $"{FirstVersion}")); }
        if (facts.WalLevel != "logical") { faults.Add(new Fault("capture", "exchange.fault.capture-wal-level", facts.WalLevel)); }
        if (facts.IsStandby) { faults.Add(new Fault("capture", "exchange.fault.standby")); }
        if (!facts.MayReplicate) { faults.Add(new Fault("capture", "exchange.fault.capture-role", facts.User)); }
        if (!facts.MayCreate) { faults.Add(new Fault("capture", "exchange.fault.capture-database-right", facts.User)); }
        if (!facts.Owns) { faults.Add(new Fault("capture", "exchange.fault.capture-owner", facts.User, table.Name.ToString())); }
        if (!facts.IsPlain) { faults.Add(new Fault("table", "exchange.fault.capture-kind", table.Name.ToString())); }
        if (!hasSlot && facts.Slots >= facts.MostSlots) { faults.Add(new Fault("capture", "exchange.fault.capture-slots", $"{facts.MostSlots}")); }
        faults.AddRange(facts.Generated.Where(g => items.Any(i => i.Column == g)).Select(g => new Fault("table", "exchange.fault.capture-generated", g)));
        faults.AddRange(IdentityFaults(facts, table, [.. items.Where(i => i.IsKey).Select(i => i.Column)], conditions));
        return faults;
    }

    /// <summary>Old images of rows hold the identity alone: it must name the row that went, and say whether it was among the agreed ones.</summary>
    private static IEnumerable<Fault> IdentityFaults(Facts facts, TableShape table, List<string> key, IReadOnlyList<string> conditions)
    {
        if (facts.IsFull) { yield break; }
        var alter = $"ALTER TABLE {PostgresDatabase.Quote(table.Name)} REPLICA IDENTITY";
        if (!key.All(facts.Identity.Contains))
        {
            var advice = facts.KeyIndexes.Where(i => i.Columns.SetEquals(key)).Select(i => $"USING INDEX {PostgresDatabase.Quote(i.Name)}").FirstOrDefault() ?? "FULL";
            yield return new Fault("table", "exchange.fault.capture-identity", string.Join(", ", key), $"{alter} {advice}");
        }
        else if (conditions.Where(c => !facts.Identity.Contains(c)).Distinct().ToList() is { Count: > 0 } outside)
        {
            yield return new Fault("table", "exchange.fault.capture-identity-rows", string.Join(", ", outside), $"{alter} FULL");
        }
    }

    /// <summary>Makes the publication, or makes an existing one fit the table as it is now; drops it when the table is not fit for any.</summary>
    /// <exception cref="ExchangeFault">The table cannot be captured.</exception>
    internal async Task PublishAsync(TableName name, IReadOnlyList<AgreedItem> items, IReadOnlyList<string> conditions, CancellationToken ct)
    {
        await using var connection = await database.ConnectAsync("zhengtong", ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        if (await PostgresDatabase.FindTableAsync(connection, name, ct) is not { } table) { throw new ExchangeFault(ExchangeProblems.SourceChanged, name.ToString()); }
        var quoted = PostgresDatabase.Quote(Name);
        var exists = await IsPublishedAsync(connection, ct);
        var hasSlot = await FindSlotAsync(connection, ct) is not null;
        if (await FaultsAsync(connection, table, items, conditions, hasSlot, ct) is { Count: > 0 } faults)
        {
            if (exists)
            {
                await ExecuteAsync(connection, $"DROP PUBLICATION {quoted}", ct);
                await transaction.CommitAsync(ct);
            }

            throw new ExchangeFault(ExchangeProblems.CaptureUnfit, faults);
        }

        // The whole table, without a list of columns and without conditions: both would keep the department from altering the type of its own column. What was not agreed ends in the reader.
        if (!exists) { await ExecuteAsync(connection, $"CREATE PUBLICATION {quoted} FOR TABLE ONLY {PostgresDatabase.Quote(table.Name)} WITH (publish = 'insert, update, delete, truncate')", ct); }
        await transaction.CommitAsync(ct);
    }

    /// <summary>True when the publication is there.</summary>
    internal async Task<bool> IsPublishedAsync(CancellationToken ct)
    {
        await using var connection = await database.ConnectAsync("zhengtong", ct);
        return await IsPublishedAsync(connection, ct);
    }

    /// <summary>Makes the slot, in place of one that may be left from an attempt before, and opens a reader of the very rows of before its first change.</summary>
    internal async Task<(PostgresSource Source, NpgsqlLogSequenceNumber From)> CreateSlotAsync(Reading reading, CancellationToken ct)
    {
        await DropSlotAsync(ct);
        await using var replication = await OpenAsync(reading.Encoding, ct);
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(ct);
        waiting.CancelAfter(MostWait);
        try
        {
            var slot = await replication.CreatePgOutputReplicationSlot(Name, temporarySlot: false, LogicalSlotSnapshotInitMode.Export, twoPhase: false, waiting.Token);
            // The snapshot lives as long as nothing else is asked of this connection; a transaction that took it over keeps it.
            return (await PostgresSource.OpenAsync(database, reading, new Steadiness(slot.SnapshotName), ct), slot.ConsistentPoint);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            // The server waits for every transaction that was open before.
            throw new ExchangeFault(ExchangeProblems.CaptureUnfit, [new Fault("", "exchange.fault.capture-open-transactions", $"{MostWait.TotalMinutes}")]);
        }
    }

    /// <summary>The slot, or null.</summary>
    internal async Task<ReplicationSlotState?> FindSlotAsync(CancellationToken ct)
    {
        await using var connection = await database.ConnectAsync("zhengtong", ct);
        return await FindSlotAsync(connection, ct);
    }

    /// <summary>Gives back all that the delivery has at the source; may be repeated.</summary>
    internal async Task ReleaseAsync(CancellationToken ct)
    {
        await DropSlotAsync(ct);
        await using var connection = await database.ConnectAsync("zhengtong", ct);
        await ExecuteAsync(connection, $"DROP PUBLICATION IF EXISTS {PostgresDatabase.Quote(Name)}", ct);
    }

    /// <summary>A connection that speaks the replication protocol.</summary>
    internal async Task<LogicalReplicationConnection> OpenAsync(TextEncoding encoding, CancellationToken ct)
    {
        // Between changes the server says now and then that it is there.
        var connection = new LogicalReplicationConnection(database.ReplicationString(encoding)) { WalReceiverTimeout = database.Silence };
        try
        {
            await connection.Open(ct);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    private async Task DropSlotAsync(CancellationToken ct)
    {
        await using var connection = await database.ConnectAsync("zhengtong", ct);
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await using var drop = new NpgsqlCommand("SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = $1", connection) { Parameters = { new() { Value = Name } } };
                await drop.ExecuteNonQueryAsync(ct);
                return;
            }
            // The server may not have noticed yet that a process that was killed reads no more.
            catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.ObjectInUse && attempt < 50) { await Task.Delay(100, ct); }
        }
    }

    private async Task<ReplicationSlotState?> FindSlotAsync(NpgsqlConnection connection, CancellationToken ct)
    {
        await using var find = new NpgsqlCommand(
            "SELECT confirmed_flush_lsn, wal_status, coalesce(pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn), 0)::bigint FROM pg_replication_slots WHERE slot_name = $1",
            connection) { Parameters = { new() { Value = Name } } };
        await using var row = await find.ExecuteReaderAsync(ct);
        return await row.ReadAsync(ct)
            ? new ReplicationSlotState(row.GetFieldValue<NpgsqlLogSequenceNumber>(0), await row.IsDBNullAsync(1, ct) ? null : row.GetString(1), row.GetInt64(2))
            : null;
    }

    private async Task<bool> IsPublishedAsync(NpgsqlConnection connection, CancellationToken ct)
    {
        await using var find = new NpgsqlCommand("SELECT EXISTS (SELECT FROM pg_publication WHERE pubname = $1)", connection) { Parameters = { new() { Value = Name } } };
        return await find.ExecuteScalarAsync(ct) is true;
    }

    /// <summary>What the server's catalogue says about itself, the account and the table.</summary>
    private sealed record Facts(
        int Version, string WalLevel, bool IsStandby, string User, bool MayReplicate, bool MayCreate, bool Owns, bool IsPlain, bool IsFull, long Slots, int MostSlots,
        HashSet<string> Identity, List<string> Generated, List<(string Name, HashSet<string> Columns)> KeyIndexes);

    private static async Task<Facts> FactsAsync(NpgsqlConnection connection, TableShape table, CancellationToken ct)
    {
        NpgsqlParameter[] Named() => [new() { Value = table.Name.Schema }, new() { Value = table.Name.Table }];
        await using var look = new NpgsqlCommand(
            """
            SELECT current_setting('wal_level'), pg_is_in_recovery(), current_user::text,
                   (SELECT rolreplication OR rolsuper FROM pg_roles WHERE rolname = current_user), has_database_privilege(current_database(), 'CREATE'),
                   pg_has_role(current_user, c.relowner, 'USAGE'), c.relkind = 'r' AND c.relpersistence = 'p' AND NOT c.relhassubclass, c.relreplident::text,
                   (SELECT count(*) FROM pg_replication_slots), current_setting('max_replication_slots')::int,
                   ARRAY(SELECT a.attname::text FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated <> '')
            FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relname = $2
            """, connection);
        look.Parameters.AddRange(Named());
        string identity;
        Facts facts;
        await using (var row = await look.ExecuteReaderAsync(ct))
        {
            if (!await row.ReadAsync(ct)) { throw new ExchangeFault(ExchangeProblems.SourceChanged, table.Name.ToString()); }
            identity = row.GetString(7);
            facts = new Facts(
                connection.PostgreSqlVersion.Major, row.GetString(0), row.GetBoolean(1), row.GetString(2), row.GetBoolean(3), row.GetBoolean(4), row.GetBoolean(5), row.GetBoolean(6), identity == "f",
                row.GetInt64(8), row.GetInt32(9), [], [.. row.GetFieldValue<string[]>(10)], []);
        }

        await using var list = new NpgsqlCommand(
            """
            SELECT i.relname::text, x.indisprimary, x.indisreplident, ARRAY(SELECT a.attname::text FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum = ANY (x.indkey::int2[])),
                   NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum = ANY (x.indkey::int2[]) AND NOT a.attnotnull)
            FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_index x ON x.indrelid = c.oid JOIN pg_class i ON i.oid = x.indexrelid
            WHERE n.nspname = $1 AND c.relname = $2 AND x.indisunique AND x.indisvalid AND x.indimmediate AND x.indpred IS NULL AND x.indexprs IS NULL
            """, connection);
        list.Parameters.AddRange(Named());
        await using var index = await list.ExecuteReaderAsync(ct);
        while (await index.ReadAsync(ct))
        {
            var columns = index.GetFieldValue<string[]>(3);
            if ((identity == "d" && index.GetBoolean(1)) || (identity == "i" && index.GetBoolean(2))) { facts.Identity.UnionWith(columns); }
            if (index.GetBoolean(4)) { facts.KeyIndexes.Add((index.GetString(0), [.. columns])); }
        }

        return facts;
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(ct);
    }
}
