using System.Buffers.Binary;

namespace Zhengtong.Exchange.Engine;

/// <summary>Looks at the frames of an Arrow stream (https://arrow.apache.org/docs/format/Columnar.html, "IPC Streaming Format") before the library reads it.</summary>
/// <remarks>The library makes room for as many fields and buffers as a frame says it has: a few kilobytes that say "two thousand million" would ask for gigabytes.
/// So every list must lie within its frame and be as long as the agreed columns need, and nothing may be compressed.</remarks>
internal static class ArrowFrames
{
    private const int MostBuffersAColumn = 3;
    private const int MostMetadataEntries = 16;
    private const byte SchemaHeader = 1;
    private const byte RecordBatchHeader = 3;

    /// <summary>Passes one schema and one record batch of so many columns.</summary>
    /// <exception cref="InvalidDataException">Anything else.</exception>
    internal static void Check(ReadOnlySpan<byte> stream, int columns)
    {
        try
        {
            var rest = stream;
            var schema = Header(Frame(ref rest, out var body), SchemaHeader);
            Demand(body == 0, "schema body");
            CheckSchema(schema, columns);
            var batch = Header(Frame(ref rest, out body), RecordBatchHeader);
            Demand(body >= 0 && body <= rest.Length, "body");
            CheckBatch(batch, columns);
        }
        catch (Exception e) when (e is ArgumentOutOfRangeException or IndexOutOfRangeException or OverflowException)
        {
            throw new InvalidDataException("A frame of the payload ends before what it names", e);
        }
    }

    private static void CheckSchema(Table schema, int columns)
    {
        var fields = schema.Vector(1, 4);
        Demand(fields.Count == columns, "fields");
        Demand(schema.Vector(2, 4).Count <= MostMetadataEntries && schema.Vector(3, 8).Count == 0, "schema metadata");
        for (var n = 0; n < columns; n++)
        {
            var field = fields.Table(n);
            Demand(!field.Has(4) && field.Vector(5, 4).Count == 0 && field.Vector(6, 4).Count <= MostMetadataEntries, "field");
        }
    }

    private static void CheckBatch(Table batch, int columns)
    {
        Demand(batch.Vector(1, 16).Count == columns && batch.Vector(2, 16).Count <= MostBuffersAColumn * columns, "buffers");
        Demand(!batch.Has(3) && batch.Vector(4, 8).Count == 0, "compression");
    }

    /// <summary>Takes the next frame's metadata off the front, with the length of the body behind it.</summary>
    private static ReadOnlySpan<byte> Frame(ref ReadOnlySpan<byte> rest, out long body)
    {
        Demand(BinaryPrimitives.ReadUInt32LittleEndian(rest) == uint.MaxValue, "continuation");
        var length = BinaryPrimitives.ReadInt32LittleEndian(rest[4..]);
        Demand(length > 0, "length");
        var metadata = rest.Slice(8, length);
        rest = rest[(8 + length)..];
        body = Root(metadata).Int64(3);
        return metadata;
    }

    private static Table Header(ReadOnlySpan<byte> metadata, byte kind)
    {
        var message = Root(metadata);
        Demand(message.Byte(1) == kind && message.Vector(4, 4).Count <= MostMetadataEntries, "message");
        return message.Child(2);
    }

    private static Table Root(ReadOnlySpan<byte> metadata) => new(metadata, Offset(metadata, 0));

    /// <summary>An unsigned offset, from where it stands.</summary>
    private static int Offset(ReadOnlySpan<byte> metadata, int at) => checked(at + (int)BinaryPrimitives.ReadUInt32LittleEndian(metadata[at..]));

    private static void Demand(bool holds, string what)
    {
        if (!holds) { throw new InvalidDataException($"The payload's frames are not those of the agreed columns: {what}"); }
    }

    /// <summary>A FlatBuffers table (https://flatbuffers.dev/internals/): its fields are found through a vtable in front of or behind it; one that is not in it has its default.</summary>
    private readonly ref struct Table(ReadOnlySpan<byte> metadata, int at)
    {
        private readonly ReadOnlySpan<byte> metadata = metadata;
        private readonly int at = at;

        internal bool Has(int field) => Place(field) > 0;

        internal byte Byte(int field) => Place(field) is > 0 and var place ? metadata[place] : (byte)0;

        internal long Int64(int field) => Place(field) is > 0 and var place ? BinaryPrimitives.ReadInt64LittleEndian(metadata[place..]) : 0;

        internal Table Child(int field)
        {
            var place = Place(field);
            Demand(place > 0, "header");
            return new Table(metadata, Offset(metadata, place));
        }

        /// <summary>A list of elements of so many bytes, all within the frame.</summary>
        internal Vector Vector(int field, int size)
        {
            var place = Place(field);
            if (place == 0) { return new Vector(metadata, 0, 0); }
            var start = Offset(metadata, place);
            var count = BinaryPrimitives.ReadUInt32LittleEndian(metadata[start..]);
            Demand((long)count * size <= metadata.Length - start - 4, "list");
            return new Vector(metadata, start + 4, (int)count);
        }

        private int Place(int field)
        {
            var vtable = checked(at - BinaryPrimitives.ReadInt32LittleEndian(metadata[at..]));
            var entry = 4 + (2 * field);
            if (entry + 2 > BinaryPrimitives.ReadUInt16LittleEndian(metadata[vtable..])) { return 0; }
            var offset = BinaryPrimitives.ReadUInt16LittleEndian(metadata[(vtable + entry)..]);
            return offset == 0 ? 0 : at + offset;
        }
    }

    private readonly ref struct Vector(ReadOnlySpan<byte> metadata, int first, int count)
    {
        private readonly ReadOnlySpan<byte> metadata = metadata;

        internal int Count => count;

        internal Table Table(int index) => new(metadata, Offset(metadata, first + (4 * index)));
    }
}
