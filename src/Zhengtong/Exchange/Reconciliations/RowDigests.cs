using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Zhengtong.Agreements;
using Zhengtong.Catalogue.Model;
using Zhengtong.Exchange.Engine;

namespace Zhengtong.Exchange.Reconciliations;

/// <summary>A 256-bit number made of a row's digest, or the sum of many (modulo 2^256): the sum does not depend on the order of the rows.</summary>
internal readonly record struct RowSum(UInt128 High, UInt128 Low)
{
    internal RowSum Plus(RowSum other)
    {
        var low = unchecked(Low + other.Low);
        return new RowSum(unchecked(High + other.High + (low < Low ? UInt128.One : UInt128.Zero)), low);
    }
}

/// <summary>Digests of rows by what they mean, not by how a database writes it: equal values have equal digests in every kind of database.</summary>
/// <remarks>Each value is one byte (0 for null, 2 for what is none of the type, 1 else) and its bytes: integers and timestamps (microseconds since 1970, UTC) as 8 bytes, dates as 4, booleans as 1, big-endian;
/// floats as 8 with one zero and one NaN; text as UTF-8, decimals as text without needless zeros, binary as it is, these three behind their length in 4 bytes.
/// SHA-256 runs over the salt, one byte for the purpose, and the values. The salt is fresh for each comparison: without it, whoever sees a digest could try out
/// what a small table says, and could make rows whose sums meet.</remarks>
internal sealed class RowDigests(IReadOnlyList<AgreedItem> items, ReadOnlySpan<byte> salt)
{
    internal const int SaltSize = 32;
    private readonly int[] all = [.. Enumerable.Range(0, items.Count)];
    private readonly int[] key = [.. items.Index().Where(i => i.Item.IsKey).Select(i => i.Index)];
    private byte[] buffer = [.. salt, .. new byte[4096]];
    private int used;

    /// <summary>Digest of the key: which row it is.</summary>
    internal UInt128 KeyOf(IReadOnlyList<ColumnBuffer> columns, int row) => DigestOf((byte)'K', key, columns, row).High;

    /// <summary>The key's digest as people and programs write it, 32 hex digits.</summary>
    internal string HexOf(IReadOnlyList<ColumnBuffer> columns, int row) => HexOf(KeyOf(columns, row));

    /// <summary>A key's digest, 32 hex digits.</summary>
    internal static string HexOf(UInt128 key) => key.ToString("x32", System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>Digest of all agreed values.</summary>
    internal RowSum RowOf(IReadOnlyList<ColumnBuffer> columns, int row) => DigestOf((byte)'R', all, columns, row);

    /// <summary>The key for people to read.</summary>
    internal IReadOnlyList<string> TextOf(IReadOnlyList<ColumnBuffer> columns, int row) => [.. key.Select(n => columns[n].UnfitAt(row) is { } written ? Encoding.UTF8.GetString(written) : PostgresSource.TextOf(columns[n], row))];

    private RowSum DigestOf(byte purpose, int[] which, IReadOnlyList<ColumnBuffer> columns, int row)
    {
        used = SaltSize;
        Room(1)[0] = purpose;
        foreach (var n in which) { Put(columns[n], row); }
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(buffer.AsSpan(0, used), digest);
        return new RowSum(BinaryPrimitives.ReadUInt128BigEndian(digest), BinaryPrimitives.ReadUInt128BigEndian(digest[16..]));
    }

    private void Put(ColumnBuffer column, int row)
    {
        if (column.UnfitAt(row) is { } written)
        {
            Room(1)[0] = 2;
            PutBytes(written);
            return;
        }

        var isNull = column.IsNull(row);
        Room(1)[0] = isNull ? (byte)0 : (byte)1;
        if (isNull) { return; }
        switch (column.Type)
        {
            case ItemType.Integer or ItemType.Timestamp: BinaryPrimitives.WriteInt64BigEndian(Room(8), column.Int64At(row)); break;
            case ItemType.Float: BinaryPrimitives.WriteInt64BigEndian(Room(8), BitsOf(column.DoubleAt(row))); break;
            case ItemType.Date: BinaryPrimitives.WriteInt32BigEndian(Room(4), column.DaysAt(row)); break;
            case ItemType.Boolean: Room(1)[0] = column.BooleanAt(row) ? (byte)1 : (byte)0; break;
            case ItemType.Decimal: PutDecimal(column.BytesAt(row)); break;
            default: PutBytes(column.BytesAt(row)); break;
        }
    }

    /// <summary>SQLite keeps no negative zero, and NaN has many bit patterns.</summary>
    private static long BitsOf(double value) => BitConverter.DoubleToInt64Bits(value == 0 ? 0.0 : double.IsNaN(value) ? double.NaN : value);

    /// <summary>1.0, 1.00 and 001 are one number; so are 0 and -0.00. NaN and Infinity stay words.</summary>
    private void PutDecimal(ReadOnlySpan<byte> text)
    {
        var digits = text.StartsWith("-"u8) ? text[1..] : text;
        if (digits.IsEmpty || digits[0] is < (byte)'0' or > (byte)'9')
        {
            PutBytes(text);
            return;
        }

        if (digits.Contains((byte)'.')) { digits = digits.TrimEnd((byte)'0').TrimEnd((byte)'.'); }
        digits = digits.TrimStart((byte)'0');
        var negative = text.Length > 0 && text[0] == (byte)'-' && !digits.IsEmpty;
        BinaryPrimitives.WriteInt32BigEndian(Room(4), digits.Length + (negative ? 1 : 0));
        if (negative) { Room(1)[0] = (byte)'-'; }
        digits.CopyTo(Room(digits.Length));
    }

    private void PutBytes(ReadOnlySpan<byte> bytes)
    {
        BinaryPrimitives.WriteInt32BigEndian(Room(4), bytes.Length);
        bytes.CopyTo(Room(bytes.Length));
    }

    private Span<byte> Room(int bytes)
    {
        if (used + bytes > buffer.Length) { Array.Resize(ref buffer, Math.Max(buffer.Length * 2, used + bytes)); }
        used += bytes;
        return buffer.AsSpan(used - bytes, bytes);
    }
}
