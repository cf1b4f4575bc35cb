using System.Buffers.Binary;
using Zhengtong.Agreements;
using Zhengtong.Catalogue.Model;

namespace Zhengtong.Exchange.Engine;

/// <summary>
/// Gathers changes for one batch. Only a row's last change counts: what came before it within the batch is forgotten, so a batch holds each key once, as a row that
/// is to be there or as one that is not to be there, and the consumer may apply its rows in any order.
/// </summary>
/// <remarks>Rows lie in column buffers, keys in one array of bytes with a hash table over it: no object is made for a change.</remarks>
internal sealed class ChangeBuffer
{
    private enum Last : byte { Upsert, Delete, Unknown }

    private readonly IReadOnlyList<AgreedItem> items;
    private readonly int[] keyItems;
    private readonly ColumnBuffer[] keyRows;
    private readonly List<Entry> entries = [];
    private ColumnBuffer[] rows;
    private ColumnBuffer[] spare;
    private int[] table = new int[1024];
    private byte[] keys = new byte[16 * 1024];
    private int keysUsed;
    private int dead;

    internal ChangeBuffer(Reading reading)
    {
        items = reading.Items;
        keyItems = [.. items.Index().Where(i => i.Item.IsKey).Select(i => i.Index)];
        (rows, spare) = (reading.NewBuffers(), reading.NewBuffers());
        keyRows = [.. reading.NewBuffers().Where((_, n) => items[n].IsKey)];
    }

    /// <summary>Where the next row's values are put, one for each item; then <see cref="Upsert"/>.</summary>
    internal IReadOnlyList<ColumnBuffer> Rows => rows;

    /// <summary>Where the next key's values are put, one for each item of the key; then <see cref="Delete"/>, <see cref="FindLast"/> or <see cref="Unknown"/>.</summary>
    internal IReadOnlyList<ColumnBuffer> Keys => keyRows;

    /// <summary>Which items are the key, in the order of <see cref="Keys"/>.</summary>
    internal IReadOnlyList<int> KeyItems => keyItems;

    /// <summary>Changes held, those that no longer count among them.</summary>
    internal int Held => rows[0].Count + keyRows[0].Count;

    /// <summary>True when there is anything to send.</summary>
    internal bool IsEmpty => entries.Count == 0 && !Clears;

    /// <summary>True when all rows of before are to go.</summary>
    internal bool Clears { get; private set; }

    /// <summary>True when the current value of some rows has to be looked up before <see cref="Take"/>.</summary>
    internal bool HasUnknown { get; private set; }

    internal bool IsFull(int mostRows, long mostBytes) => Held >= mostRows || ((Held & 63) == 0 && rows.Sum(c => (long)c.Bytes) >= mostBytes);

    /// <summary>The row that was just put into <see cref="Rows"/> is to be there.</summary>
    internal void Upsert() => Set(rows, keyItems, Last.Upsert, rows[0].Count - 1);

    /// <summary>The row whose key was just put into <see cref="Keys"/> is not to be there.</summary>
    internal void Delete() => Set(keyRows, null, Last.Delete, keyRows[0].Count - 1);

    /// <summary>The row whose key was just put into <see cref="Keys"/> is to be there, but not all of its values are known.</summary>
    internal void Unknown()
    {
        HasUnknown = true;
        Set(keyRows, null, Last.Unknown, keyRows[0].Count - 1);
    }

    /// <summary>The row in <see cref="Rows"/> that this batch already holds for the key that was just put into <see cref="Keys"/>; -1 when there is none.</summary>
    internal int FindLast()
    {
        var (start, hash) = PutKey(keyRows, null, keyRows[0].Count - 1);
        keysUsed = start;
        var found = table[SlotOf(keys.AsSpan(start, LastKeyLength), hash)] - 1;
        return found >= 0 && entries[found].Last == Last.Upsert ? entries[found].Row : -1;
    }

    /// <summary>All rows of before are to go: what was gathered so far no longer counts.</summary>
    internal void Clear()
    {
        Reset();
        Clears = true;
    }

    /// <summary>The key values, as texts, of the rows that are to be looked up: one list for each item of the key.</summary>
    internal List<List<string>> TakeUnknown()
    {
        List<List<string>> texts = [.. keyItems.Select(_ => new List<string>())];
        for (var n = 0; n < entries.Count; n++)
        {
            if (entries[n].Last != Last.Unknown) { continue; }
            for (var k = 0; k < keyItems.Length; k++) { texts[k].Add(PostgresSource.TextOf(keyRows[k], entries[n].Row)); }
            // What is not found again is gone.
            entries[n] = entries[n] with { Last = Last.Delete };
        }

        HasUnknown = false;
        return texts;
    }

    /// <summary>The batch's rows: those to be there first, then the keys of those that are not. The buffers stay this object's; <see cref="Reset"/> them afterwards.</summary>
    internal RowGroup Take(Position last)
    {
        if (dead > 0) { Compact(); }
        var deletes = 0;
        foreach (var entry in entries)
        {
            if (entry.Last != Last.Delete) { continue; }
            deletes++;
            for (int n = 0, k = 0; n < rows.Length; n++)
            {
                if (items[n].IsKey) { rows[n].AppendFrom(keyRows[k++], entry.Row); } else { rows[n].AppendNull(); }
            }
        }

        return new RowGroup(rows, rows[0].Count, last, deletes, Clears);
    }

    internal void Reset()
    {
        foreach (var column in rows) { column.Clear(); }
        foreach (var column in keyRows) { column.Clear(); }
        entries.Clear();
        Array.Clear(table);
        (keysUsed, dead, Clears, HasUnknown) = (0, 0, false, false);
    }

    /// <summary>Drops what no longer counts; true when that made room for much more. A row that is changed over and over again then takes one batch and not many.</summary>
    internal bool Shrink()
    {
        if (dead * 2 < rows[0].Count || keyRows[0].Count > rows[0].Count) { return false; }
        Compact();
        return true;
    }

    private void Compact()
    {
        foreach (var column in spare) { column.Clear(); }
        for (var n = 0; n < entries.Count; n++)
        {
            if (entries[n].Last != Last.Upsert) { continue; }
            for (var c = 0; c < rows.Length; c++) { spare[c].AppendFrom(rows[c], entries[n].Row); }
            entries[n] = entries[n] with { Row = spare[0].Count - 1 };
        }

        (rows, spare, dead) = (spare, rows, 0);
    }

    private int LastKeyLength { get; set; }

    private void Set(ColumnBuffer[] columns, int[]? which, Last last, int row)
    {
        var (start, hash) = PutKey(columns, which, row);
        var key = keys.AsSpan(start, LastKeyLength);
        var slot = SlotOf(key, hash);
        if (table[slot] is var found and > 0)
        {
            keysUsed = start;
            var before = entries[found - 1];
            if (before.Last == Last.Upsert) { dead++; }
            entries[found - 1] = before with { Last = last, Row = row };
            return;
        }

        entries.Add(new Entry(start, LastKeyLength, hash, last, row));
        table[slot] = entries.Count;
        if (entries.Count * 2 > table.Length) { Grow(); }
    }

    private void Grow()
    {
        table = new int[table.Length * 2];
        for (var n = 0; n < entries.Count; n++)
        {
            var slot = entries[n].Hash & (table.Length - 1);
            while (table[slot] != 0) { slot = (slot + 1) & (table.Length - 1); }
            table[slot] = n + 1;
        }
    }

    private int SlotOf(ReadOnlySpan<byte> key, int hash)
    {
        var slot = hash & (table.Length - 1);
        while (table[slot] is var found and > 0)
        {
            var entry = entries[found - 1];
            if (entry.Hash == hash && keys.AsSpan(entry.Start, entry.Length).SequenceEqual(key)) { break; }
            slot = (slot + 1) & (table.Length - 1);
        }

        return slot;
    }

    /// <summary>Writes a key behind the others: fixed widths as they are, the rest behind its length.</summary>
    private (int Start, int Hash) PutKey(ColumnBuffer[] columns, int[]? which, int row)
    {
        var start = keysUsed;
        for (var n = 0; n < keyItems.Length; n++)
        {
            var column = columns[which is null ? n : which[n]];
            switch (column.Type)
            {
                case ItemType.Integer or ItemType.Timestamp or ItemType.Float: BinaryPrimitives.WriteInt64LittleEndian(Room(8), column.Int64At(row)); break;
                case ItemType.Date: BinaryPrimitives.WriteInt32LittleEndian(Room(4), column.DaysAt(row)); break;
                case ItemType.Boolean: Room(1)[0] = column.BooleanAt(row) ? (byte)1 : (byte)0; break;
                default:
                    var bytes = column.BytesAt(row);
                    BinaryPrimitives.WriteInt32LittleEndian(Room(4), bytes.Length);
                    bytes.CopyTo(Room(bytes.Length));
                    break;
            }
        }

        // What is none of its type counts behind the others, so that it is no other row's key.
        for (var n = 0; n < keyItems.Length; n++)
        {
            if (columns[which is null ? n : which[n]].UnfitAt(row) is not { } written) { continue; }
            BinaryPrimitives.WriteInt32LittleEndian(Room(4), n);
            BinaryPrimitives.WriteInt32LittleEndian(Room(4), written.Length);
            written.CopyTo(Room(written.Length));
        }

        LastKeyLength = keysUsed - start;
        var hash = default(HashCode);
        hash.AddBytes(keys.AsSpan(start, LastKeyLength));
        return (start, hash.ToHashCode() & int.MaxValue);
    }

    private Span<byte> Room(int bytes)
    {
        if (keysUsed + bytes > keys.Length) { Array.Resize(ref keys, Math.Max(keys.Length * 2, keysUsed + bytes)); }
        keysUsed += bytes;
        return keys.AsSpan(keysUsed - bytes, bytes);
    }

    private readonly record struct Entry(int Start, int Length, int Hash, Last Last, int Row);
}
