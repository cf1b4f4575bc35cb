using System.Buffers.Binary;
using System.Security.Cryptography;
using Microsoft.Data.Sqlite;
using Zhengtong.Catalogue.Model;
using Zhengtong.Exchange.Reconciliations;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Secrets;

namespace Zhengtong.Exchange.Engine;

/// <summary>Where the provider's half keeps its indexes, one file a delivery.</summary>
/// <param name="Folder">Made when missing.</param>
/// <param name="Vault">Seals the keys in them: keys are payload.</param>
internal sealed record DeliveredIndexes(string Folder, Vault Vault)
{
    internal string PathOf(Guid delivery) => Path.Combine(Folder, $"delivered-{delivery:N}.index");

    /// <summary>Removes a delivery's index; may be repeated.</summary>
    internal void Remove(Guid delivery)
    {
        if (!Directory.Exists(Folder)) { return; }
        foreach (var end in new[] { "", "-wal", "-shm", "-journal" }) { File.Delete(PathOf(delivery) + end); }
    }
}

/// <summary>What a consumer was given, row by row: digests of key and row, and the key itself, sealed, because a row that is gone can be named by nothing else.</summary>
/// <remarks>A row is noted as unsure before its batch is sealed, and as sure afterwards. After a crash an unsure row counts as one that the consumer may have, with values
/// nobody knows: it is sent or deleted again, which changes nothing if it was the first time already. So no row that the consumer has is ever missing here. The index
/// carries a name and the number of its batches; the delivery's position holds both. An index that is older than the position, or another one, is not believed.</remarks>
internal sealed class DeliveredIndex : IAsyncDisposable
{
    private readonly SqliteConnection connection;
    private readonly Vault vault;
    private readonly string purpose;

    private DeliveredIndex(SqliteConnection connection, Vault vault, Guid delivery, string name, byte[] salt, long batches)
    {
        (this.connection, this.vault, purpose) = (connection, vault, $"delivered-index:{delivery}");
        (Name, Salt, Batches) = (name, salt, batches);
    }

    internal string Name { get; }

    internal byte[] Salt { get; }

    /// <summary>How many batches of changes were noted.</summary>
    internal long Batches { get; private set; }

    /// <summary>Makes a new, empty one in place of any other.</summary>
    internal static Task<DeliveredIndex> CreateAsync(DeliveredIndexes indexes, Guid delivery, CancellationToken ct) => KeptAsync(async () =>
    {
        Directory.CreateDirectory(indexes.Folder);
        indexes.Remove(delivery);
        var connection = await ConnectAsync(indexes.PathOf(delivery), SqliteOpenMode.ReadWriteCreate, ct);
        var (name, salt) = (Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16)), Comparing.NewSalt());
        await using var make = connection.CreateCommand();
        make.CommandText =
            """
            CREATE TABLE about (name TEXT NOT NULL, salt BLOB NOT NULL, batches INTEGER NOT NULL);
            CREATE TABLE delivered (key BLOB PRIMARY KEY, row BLOB NOT NULL, text BLOB NOT NULL, unsure INTEGER NOT NULL) WITHOUT ROWID;
            CREATE INDEX unsure ON delivered (unsure) WHERE unsure = 1;
            INSERT INTO about VALUES ($name, $salt, 0);
            """;
        make.Parameters.AddWithValue("$name", name);
        make.Parameters.AddWithValue("$salt", salt);
        await make.ExecuteNonQueryAsync(ct);
        return new DeliveredIndex(connection, indexes.Vault, delivery, name, salt, 0);
    });

    /// <summary>Opens the delivery's index; null when there is none that can be read.</summary>
    internal static async Task<DeliveredIndex?> OpenAsync(DeliveredIndexes indexes, Guid delivery, CancellationToken ct)
    {
        if (!File.Exists(indexes.PathOf(delivery))) { return null; }
        SqliteConnection? connection = null;
        try
        {
            connection = await ConnectAsync(indexes.PathOf(delivery), SqliteOpenMode.ReadWrite, ct);
            await using var about = connection.CreateCommand();
            about.CommandText = "SELECT name, salt, batches FROM about";
            await using var row = await about.ExecuteReaderAsync(ct);
            if (!await row.ReadAsync(ct)) { throw new InvalidDataException("The index is empty"); }
            return new DeliveredIndex(connection, indexes.Vault, delivery, row.GetString(0), (byte[])row.GetValue(1), row.GetInt64(2));
        }
        catch (Exception e) when (e is SqliteException or InvalidDataException or InvalidCastException)
        {
            if (connection is not null) { await connection.DisposeAsync(); }
            // An index that cannot be read for now is not lost.
            return Explain(e) is { } fault ? throw fault : null;
        }
    }

    public ValueTask DisposeAsync() => connection.DisposeAsync();

    /// <summary>The disk's fault, not the index's and not the source's; null when it is another. A file that ends too early (522) is the index's.</summary>
    private static ExchangeFault? Explain(Exception failure) => DatabaseErrors.IsOutOfSpace(failure) ? new ExchangeFault(ExchangeProblems.StoreFull, [], failure)
        : failure is SqliteException { SqliteErrorCode: 10 or 14, SqliteExtendedErrorCode: not 522 } ? new ExchangeFault(ExchangeProblems.StoreUnavailable, [], failure) : null;

    private static async Task<T> KeptAsync<T>(Func<Task<T>> act)
    {
        try { return await act(); }
        catch (Exception e) when (e is SqliteException or IOException && Explain(e) is { } fault) { throw fault; }
    }

    /// <summary>Whatever was unsure when the last run ended counts as unknown.</summary>
    /// <param name="batches">How many batches of changes were sealed.</param>
    /// <param name="ct">Stops the save.</param>
    internal Task DoubtAsync(long batches, CancellationToken ct) => KeptAsync(async () =>
    {
        await using var doubt = connection.CreateCommand();
        doubt.CommandText = "BEGIN; UPDATE delivered SET row = zeroblob(32), unsure = 0 WHERE unsure = 1; UPDATE about SET batches = $batches; COMMIT";
        doubt.Parameters.AddWithValue("$batches", batches);
        await doubt.ExecuteNonQueryAsync(ct);
        return Batches = batches;
    });

    /// <summary>All rows as ranges of keys.</summary>
    internal async Task<KeyRanges> RangesAsync(CancellationToken ct)
    {
        var ranges = new KeyRanges();
        await using var all = connection.CreateCommand();
        all.CommandText = "SELECT key, row FROM delivered";
        await using var row = await all.ExecuteReaderAsync(ct);
        while (await row.ReadAsync(ct)) { ranges.Add(KeyOf(row), RowOf(row)); }
        ranges.Close();
        return ranges;
    }

    /// <summary>The rows of some of the smallest ranges.</summary>
    internal async Task<Dictionary<UInt128, RowSum>> RowsAsync(IEnumerable<int> leaves, CancellationToken ct)
    {
        Dictionary<UInt128, RowSum> rows = [];
        await using var some = connection.CreateCommand();
        some.CommandText = "SELECT key, row FROM delivered WHERE key >= $from AND key <= $to";
        var (from, to) = (some.Parameters.Add("$from", SqliteType.Blob), some.Parameters.Add("$to", SqliteType.Blob));
        await some.PrepareAsync(ct);
        foreach (var leaf in leaves)
        {
            var first = (UInt128)(uint)leaf << (128 - KeyRanges.Depth);
            (from.Value, to.Value) = (Bytes(first), Bytes(first | (UInt128.MaxValue >> KeyRanges.Depth)));
            await using var row = await some.ExecuteReaderAsync(ct);
            while (await row.ReadAsync(ct)) { rows[KeyOf(row)] = RowOf(row); }
        }

        return rows;
    }

    /// <summary>Puts the values of a key, by its digest, into buffers of the key's items.</summary>
    internal async Task PutKeyAsync(UInt128 key, IReadOnlyList<ColumnBuffer> into, CancellationToken ct)
    {
        await using var find = connection.CreateCommand();
        find.CommandText = "SELECT text FROM delivered WHERE key = $key";
        find.Parameters.AddWithValue("$key", Bytes(key));
        var values = vault.Open((byte[])(await find.ExecuteScalarAsync(ct))!, purpose).AsSpan();
        foreach (var column in into)
        {
            var length = BinaryPrimitives.ReadInt32LittleEndian(values);
            if (length < 0)
            {
                column.AppendUnfit(values.Slice(4, -1 - length));
                values = values[(4 - 1 - length)..];
                continue;
            }

            var value = values.Slice(4, length);
            values = values[(4 + length)..];
            switch (column.Type)
            {
                case ItemType.Integer or ItemType.Timestamp or ItemType.Float: column.AppendInt64(BinaryPrimitives.ReadInt64LittleEndian(value)); break;
                case ItemType.Date: column.AppendDays(BinaryPrimitives.ReadInt32LittleEndian(value)); break;
                case ItemType.Boolean: column.AppendBoolean(value[0] != 0); break;
                default: column.AppendBytes(value); break;
            }
        }
    }

    /// <summary>Notes a batch before it is sealed.</summary>
    /// <param name="group">Its rows.</param>
    /// <param name="digests">By which they are recognised.</param>
    /// <param name="key">Places of the key's items.</param>
    /// <param name="isChange">True counts it as a batch of changes.</param>
    /// <param name="ct">Stops the save.</param>
    internal Task NoteAsync(RowGroup group, RowDigests digests, IReadOnlyList<int> key, bool isChange, CancellationToken ct) => KeptAsync(async () =>
    {
        await using var transaction = (SqliteTransaction)await connection.BeginTransactionAsync(ct);
        await using var put = connection.CreateCommand();
        put.Transaction = transaction;
        put.CommandText = "INSERT INTO delivered (key, row, text, unsure) VALUES ($key, $row, $text, 1) ON CONFLICT (key) DO UPDATE SET row = excluded.row, unsure = 1";
        var (at, row, text) = (put.Parameters.Add("$key", SqliteType.Blob), put.Parameters.Add("$row", SqliteType.Blob), put.Parameters.Add("$text", SqliteType.Blob));
        await put.PrepareAsync(ct);
        var values = new MemoryStream();
        for (var n = 0; n < group.Rows; n++)
        {
            at.Value = Bytes(digests.KeyOf(group.Columns, n));
            row.Value = n < group.Rows - group.Deletes ? Bytes(digests.RowOf(group.Columns, n)) : new byte[32];
            text.Value = SealKey(group.Columns, key, n, values);
            await put.ExecuteNonQueryAsync(ct);
        }

        if (isChange)
        {
            await using var count = connection.CreateCommand();
            (count.Transaction, count.CommandText) = (transaction, "UPDATE about SET batches = batches + 1");
            await count.ExecuteNonQueryAsync(ct);
        }

        await transaction.CommitAsync(ct);
        return isChange ? ++Batches : Batches;
    });

    /// <summary>The batch that was noted last is sealed.</summary>
    internal Task SealedAsync(CancellationToken ct) => KeptAsync(async () =>
    {
        await using var sure = connection.CreateCommand();
        sure.CommandText = "BEGIN; DELETE FROM delivered WHERE unsure = 1 AND row = zeroblob(32); UPDATE delivered SET unsure = 0 WHERE unsure = 1; COMMIT";
        return await sure.ExecuteNonQueryAsync(ct);
    });

    private byte[] SealKey(IReadOnlyList<ColumnBuffer> columns, IReadOnlyList<int> key, int row, MemoryStream values)
    {
        values.SetLength(0);
        Span<byte> fixedWidth = stackalloc byte[8];
        Span<byte> length = stackalloc byte[4];
        foreach (var n in key)
        {
            var column = columns[n];
            if (column.UnfitAt(row) is { } written)
            {
                BinaryPrimitives.WriteInt32LittleEndian(length, -1 - written.Length);
                values.Write(length);
                values.Write(written);
                continue;
            }

            scoped ReadOnlySpan<byte> value;
            switch (column.Type)
            {
                case ItemType.Integer or ItemType.Timestamp or ItemType.Float:
                    BinaryPrimitives.WriteInt64LittleEndian(fixedWidth, column.Int64At(row));
                    value = fixedWidth;
                    break;
                case ItemType.Date:
                    BinaryPrimitives.WriteInt32LittleEndian(fixedWidth, column.DaysAt(row));
                    value = fixedWidth[..4];
                    break;
                case ItemType.Boolean:
                    fixedWidth[0] = column.BooleanAt(row) ? (byte)1 : (byte)0;
                    value = fixedWidth[..1];
                    break;
                default:
                    value = column.BytesAt(row);
                    break;
            }

            BinaryPrimitives.WriteInt32LittleEndian(length, value.Length);
            values.Write(length);
            values.Write(value);
        }

        return vault.Seal(values.GetBuffer().AsSpan(0, (int)values.Length), purpose);
    }

    private static async Task<SqliteConnection> ConnectAsync(string path, SqliteOpenMode mode, CancellationToken ct)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Mode = mode, Pooling = false }.ConnectionString);
        try
        {
            await connection.OpenAsync(ct);
            await using var settings = connection.CreateCommand();
            settings.CommandText = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -16384";
            await settings.ExecuteNonQueryAsync(ct);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    private static UInt128 KeyOf(SqliteDataReader row) => BinaryPrimitives.ReadUInt128BigEndian((byte[])row.GetValue(0));

    private static RowSum RowOf(SqliteDataReader row)
    {
        var bytes = (byte[])row.GetValue(1);
        return new RowSum(BinaryPrimitives.ReadUInt128BigEndian(bytes), BinaryPrimitives.ReadUInt128BigEndian(bytes.AsSpan(16)));
    }

    private static byte[] Bytes(UInt128 key)
    {
        var bytes = new byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, key);
        return bytes;
    }

    private static byte[] Bytes(RowSum row)
    {
        var bytes = new byte[32];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, row.High);
        BinaryPrimitives.WriteUInt128BigEndian(bytes.AsSpan(16), row.Low);
        return bytes;
    }
}
