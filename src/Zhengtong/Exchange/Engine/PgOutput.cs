using System.Buffers.Binary;
using System.Text;

namespace Zhengtong.Exchange.Engine;

/// <summary>What a message of the change stream says.</summary>
internal enum PgOutputKind
{
    /// <summary>A transaction begins: all its changes follow in one piece, because it is committed already.</summary>
    Begin,
    /// <summary>A transaction ends.</summary>
    Commit,
    /// <summary>The shape of a table, before its first change and after each alteration.</summary>
    Relation,
    Insert,
    Update,
    Delete,
    Truncate,
    /// <summary>Nothing a delivery needs: names of types, origins.</summary>
    Other,
}

/// <summary>A column of a <see cref="PgOutputRelation"/>.</summary>
/// <param name="Name">Its name.</param>
/// <param name="TypeId">The oid of its type.</param>
/// <param name="IsIdentity">True when old images of rows hold it.</param>
internal sealed record PgOutputColumn(string Name, uint TypeId, bool IsIdentity);

/// <summary>The shape of a table as it was when the following changes were made.</summary>
internal sealed record PgOutputRelation(uint Id, string Schema, string Table, IReadOnlyList<PgOutputColumn> Columns);

/// <summary>Where the fields of a row lie within its message.</summary>
internal sealed class PgOutputTuple
{
    private int[] starts = new int[16];
    private int[] lengths = new int[16];
    private byte[] kinds = new byte[16];

    internal int Count { get; private set; }

    internal bool IsNull(int column) => kinds[column] == (byte)'n';

    /// <summary>A long value that was not touched and is not sent: it is what it was, and never null.</summary>
    internal bool IsUnchanged(int column) => kinds[column] == (byte)'u';

    /// <summary>A value in its type's binary form, as in a binary COPY.</summary>
    internal ReadOnlySpan<byte> Of(int column, ReadOnlySpan<byte> message) => message.Slice(starts[column], lengths[column]);

    /// <summary>Takes a row's fields apart; says where it ends.</summary>
    internal int Take(ReadOnlySpan<byte> message, int at)
    {
        Count = BinaryPrimitives.ReadInt16BigEndian(message[at..]);
        if (Count < 0) { throw new InvalidDataException($"A row has {Count} fields"); }
        at += 2;
        if (Count > starts.Length)
        {
            Array.Resize(ref starts, Count);
            Array.Resize(ref lengths, Count);
            Array.Resize(ref kinds, Count);
        }

        for (var n = 0; n < Count; n++)
        {
            kinds[n] = message[at++];
            (starts[n], lengths[n]) = (at, 0);
            if (kinds[n] is (byte)'n' or (byte)'u') { continue; }
            if (kinds[n] != (byte)'b') { throw new InvalidDataException($"A field is of kind {(char)kinds[n]}, not binary"); }
            lengths[n] = BinaryPrimitives.ReadInt32BigEndian(message[at..]);
            if (lengths[n] < 0 || lengths[n] > message.Length - at - 4) { throw new InvalidDataException($"A field has length {lengths[n]}"); }
            starts[n] = at + 4;
            at = starts[n] + lengths[n];
        }

        return at;
    }
}

/// <summary>Takes the messages of PostgreSQL's output plugin <c>pgoutput</c> apart, protocol version 1 with binary values, in place and without an object a row
/// (https://www.postgresql.org/docs/current/protocol-logicalrep-message-formats.html). Whatever runs beyond the message throws.</summary>
internal sealed class PgOutputReader
{
    /// <summary>The row as it is now: of an insert or update.</summary>
    internal PgOutputTuple New { get; } = new();

    /// <summary>The row as it was: of a delete; of an update when <see cref="HasOld"/>.</summary>
    internal PgOutputTuple Old { get; } = new();

    /// <summary>True when an old image came along: its identity was changed, or the table's identity is the full row.</summary>
    internal bool HasOld { get; private set; }

    /// <summary>True when the old image is of the full row, not of its identity alone.</summary>
    internal bool OldIsFull { get; private set; }

    /// <summary>The table of an insert, update or delete.</summary>
    internal uint RelationId { get; private set; }

    /// <summary>The shape that a <see cref="PgOutputKind.Relation"/> brought.</summary>
    internal PgOutputRelation? Relation { get; private set; }

    /// <summary>The tables of a <see cref="PgOutputKind.Truncate"/>.</summary>
    internal IReadOnlyList<uint> Truncated { get; private set; } = [];

    /// <summary>The number of the transaction that began last.</summary>
    internal uint TransactionId { get; private set; }

    /// <summary>Behind the transaction that was committed last.</summary>
    internal ulong CommitEnd { get; private set; }

    /// <exception cref="InvalidDataException">Not a message of this protocol.</exception>
    internal PgOutputKind Read(ReadOnlySpan<byte> message)
    {
        try { return Take(message); }
        catch (Exception e) when (e is ArgumentOutOfRangeException or IndexOutOfRangeException)
        {
            throw new InvalidDataException("A message ends before what it names", e);
        }
    }

    private PgOutputKind Take(ReadOnlySpan<byte> message)
    {
        switch (message[0])
        {
            case (byte)'B':
                TransactionId = BinaryPrimitives.ReadUInt32BigEndian(message[17..]);
                return PgOutputKind.Begin;
            case (byte)'C':
                CommitEnd = BinaryPrimitives.ReadUInt64BigEndian(message[10..]);
                return PgOutputKind.Commit;
            case (byte)'I':
                RelationId = BinaryPrimitives.ReadUInt32BigEndian(message[1..]);
                Expect(message, 5, 'N');
                HasOld = false;
                New.Take(message, 6);
                return PgOutputKind.Insert;
            case (byte)'U':
                RelationId = BinaryPrimitives.ReadUInt32BigEndian(message[1..]);
                HasOld = message[5] is (byte)'K' or (byte)'O';
                OldIsFull = message[5] == (byte)'O';
                var at = HasOld ? Old.Take(message, 6) : 5;
                Expect(message, at, 'N');
                New.Take(message, at + 1);
                return PgOutputKind.Update;
            case (byte)'D':
                RelationId = BinaryPrimitives.ReadUInt32BigEndian(message[1..]);
                OldIsFull = message[5] == (byte)'O';
                if (!OldIsFull) { Expect(message, 5, 'K'); }
                HasOld = true;
                Old.Take(message, 6);
                return PgOutputKind.Delete;
            case (byte)'T':
                var count = BinaryPrimitives.ReadInt32BigEndian(message[1..]);
                // No room is made for what the message cannot hold.
                if (count < 0 || count > (message.Length - 6) / 4) { throw new InvalidDataException($"A truncation of {count} tables is longer than its message"); }
                var tables = new uint[count];
                for (var n = 0; n < tables.Length; n++) { tables[n] = BinaryPrimitives.ReadUInt32BigEndian(message[(6 + (4 * n))..]); }
                Truncated = tables;
                return PgOutputKind.Truncate;
            case (byte)'R':
                Relation = RelationOf(message);
                return PgOutputKind.Relation;
            default:
                return PgOutputKind.Other;
        }
    }

    private static PgOutputRelation RelationOf(ReadOnlySpan<byte> message)
    {
        var id = BinaryPrimitives.ReadUInt32BigEndian(message[1..]);
        var at = 5;
        var (schema, table) = (Name(message, ref at), Name(message, ref at));
        // The identity's kind, one byte, is looked up in the catalogue instead.
        at++;
        var count = BinaryPrimitives.ReadInt16BigEndian(message[at..]);
        if (count < 0) { throw new InvalidDataException($"A table has {count} columns"); }
        var columns = new PgOutputColumn[count];
        at += 2;
        for (var n = 0; n < columns.Length; n++)
        {
            var isIdentity = (message[at++] & 1) != 0;
            var name = Name(message, ref at);
            columns[n] = new PgOutputColumn(name, BinaryPrimitives.ReadUInt32BigEndian(message[at..]), isIdentity);
            at += 8;
        }

        return new PgOutputRelation(id, schema, table, columns);
    }

    private static string Name(ReadOnlySpan<byte> message, ref int at)
    {
        var length = message[at..].IndexOf((byte)0);
        if (length < 0) { throw new InvalidDataException("A name does not end"); }
        var name = Encoding.UTF8.GetString(message.Slice(at, length));
        at += length + 1;
        return name;
    }

    private static void Expect(ReadOnlySpan<byte> message, int at, char kind)
    {
        if (message[at] != (byte)kind) { throw new InvalidDataException($"A row is of kind {(char)message[at]}, not {kind}"); }
    }
}
