using System.Data.Common;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Objects;

namespace Zhengtong.Exchange.Evidence;

/// <summary>Writes calls by the database's own means: nothing is tracked, and what a call costs here is what its row costs. In PostgreSQL all rows are one prepared
/// statement, which is its own transaction: one trip there and back, one wait for the disk.</summary>
internal sealed class CallRows(Deployment deployment)
{
    private static readonly Table<CallGroup> Groups = new("exchange.call_groups",
    [
        new Column<CallGroup, Guid>("id", g => g.Id), new Column<CallGroup, Guid>("provider_id", g => g.ProviderId), new Column<CallGroup, Guid>("consumer_id", g => g.ConsumerId),
        new Column<CallGroup, string>("suite", g => g.Suite.ToString()), new Column<CallGroup, int>("size", g => g.Size), new Column<CallGroup, DateTimeOffset>("recorded_at", g => g.RecordedAt),
    ]);

    private static readonly Table<Call> Calls = new("exchange.calls",
    [
        new Column<Call, Guid>("id", c => c.Id), new Column<Call, string>("message_id", c => c.MessageId), new Column<Call, Guid>("agreement_id", c => c.AgreementId),
        new Column<Call, Guid>("provider_id", c => c.ProviderId), new Column<Call, Guid>("consumer_id", c => c.ConsumerId), new Column<Call, string>("suite", c => c.Suite.ToString()),
        new Column<Call, string>("service", c => c.Service), new Column<Call, string>("method", c => c.Method), new Column<Call, int>("status", c => c.Status),
        new Column<Call, long>("request_bytes", c => c.RequestBytes), new Column<Call, long>("response_bytes", c => c.ResponseBytes),
        new Column<Call, DateTimeOffset>("received_at", c => c.ReceivedAt), new Column<Call, DateTimeOffset>("answered_at", c => c.AnsweredAt), new Column<Call, byte[]>("leaf_hash", c => c.LeafHash),
        new Column<Call, Guid>("group_id", c => c.GroupId), new Column<Call, Guid>("key_id", c => c.KeyId), new Column<Call, byte[]?>("sealed", c => c.Sealed), new Column<Call, string?>("object", c => c.Object?.Value),
    ]);

    private static readonly Table<ObjectReference> References = new("kernel.object_references",
    [
        new Column<ObjectReference, string>("digest", r => r.Digest.Value), new Column<ObjectReference, string>("owner", r => r.Owner), new Column<ObjectReference, DateTimeOffset>("since", r => r.Since),
    ]);

    private static readonly string OnPostgres =
        $"WITH g AS ({Groups.InsertArrays(0)}), r AS ({References.InsertArrays(Groups.Width)}) {Calls.InsertArrays(Groups.Width + References.Width)}";

    /// <summary>Writes them in this order, each in a group of those that have its parties and suite. Durable when it returns.</summary>
    /// <exception cref="DbUpdateException">None of them was written.</exception>
    internal async Task AddAsync(IReadOnlyList<Call> calls, DateTimeOffset now)
    {
        var groups = calls.GroupBy(c => (c.ProviderId, c.ConsumerId, c.Suite)).Select(pair => CallGroup.Of([.. pair], now)).ToList();
        var references = calls.Where(c => c.Object is not null).Select(c => new ObjectReference { Digest = c.Object!.Value, Owner = CallLog.OwnerOf(c.Id), Since = now }).ToList();
        try
        {
            if (deployment.Database is { } server) { await AddAsync(server, groups, references, calls); }
            else { Add(groups, references, calls); }
        }
        catch (DbException e) { throw new DbUpdateException("Calls could not be recorded", e); }
    }

    private static async Task AddAsync(string server, List<CallGroup> groups, List<ObjectReference> references, IReadOnlyList<Call> calls)
    {
        await using var connection = new NpgsqlConnection(server);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(OnPostgres, connection);
        Groups.AddArrays(command, groups);
        References.AddArrays(command, references);
        Calls.AddArrays(command, calls);
        // Done once for each connection of the pool.
        await command.PrepareAsync();
        await command.ExecuteNonQueryAsync();
    }

    private void Add(List<CallGroup> groups, List<ObjectReference> references, IReadOnlyList<Call> calls)
    {
        using var connection = SqlitePatience.Open(deployment);
        using var transaction = connection.BeginTransaction();
        Groups.Insert(transaction, groups);
        References.Insert(transaction, references);
        Calls.Insert(transaction, calls);
        transaction.Commit();
    }

    /// <summary>A column, and what of a row stands in it.</summary>
    private abstract record Column<TRow>(string Name)
    {
        internal abstract NpgsqlParameter ArrayOf(IReadOnlyList<TRow> rows);

        internal abstract object ValueOf(TRow row);
    }

    private sealed record Column<TRow, TValue>(string Name, Func<TRow, TValue> Of) : Column<TRow>(Name)
    {
        internal override NpgsqlParameter ArrayOf(IReadOnlyList<TRow> rows) => new NpgsqlParameter<TValue[]> { TypedValue = [.. rows.Select(Of)] };

        // In SQLite moments are UTC without an offset, as everywhere in it.
        internal override object ValueOf(TRow row) => Of(row) switch { DateTimeOffset at => at.UtcDateTime, { } value => value, null => DBNull.Value };
    }

    /// <summary>A table's columns in the order in which they are written.</summary>
    /// <param name="name">With its schema, which SQLite has not.</param>
    /// <param name="columns">Those that are written.</param>
    private sealed class Table<TRow>(string name, IReadOnlyList<Column<TRow>> columns)
    {
        private readonly string names = string.Join(", ", columns.Select(c => $"\"{c.Name}\""));

        internal int Width => columns.Count;

        /// <summary>Takes an array a column, behind so many parameters of others.</summary>
        internal string InsertArrays(int behind) => $"INSERT INTO {name} ({names}) SELECT * FROM unnest({string.Join(", ", columns.Select((_, n) => $"${behind + n + 1}"))})";

        internal void AddArrays(NpgsqlCommand command, IReadOnlyList<TRow> rows)
        {
            foreach (var column in columns) { command.Parameters.Add(column.ArrayOf(rows)); }
        }

        internal void Insert(SqliteTransaction transaction, IReadOnlyList<TRow> rows)
        {
            if (rows.Count == 0) { return; }
            using var command = transaction.Connection!.CreateCommand();
            command.Transaction = transaction;
            command.CommandText = $"INSERT INTO {name[(name.IndexOf('.', StringComparison.Ordinal) + 1)..]} ({names}) VALUES ({string.Join(", ", columns.Select(c => $"${c.Name}"))})";
            var parameters = columns.Select(c => command.Parameters.Add(new SqliteParameter { ParameterName = $"${c.Name}" })).ToList();
            foreach (var row in rows)
            {
                for (var n = 0; n < parameters.Count; n++) { parameters[n].Value = columns[n].ValueOf(row); }
                command.ExecuteNonQuery();
            }
        }
    }
}
