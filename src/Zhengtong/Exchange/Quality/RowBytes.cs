using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Zhengtong.Agreements;
using Zhengtong.Catalogue.Model;
using Zhengtong.Exchange.Engine;

namespace Zhengtong.Exchange.Quality;

/// <summary>One row as bytes, exactly as it was read, to be sealed and opened again: each value is its length in 4 bytes, -1 for null, and its bytes;
/// of what is none of the type -2 less its length, and what stands there.</summary>
internal static class RowBytes
{
    private const int Null = -1;

    internal static byte[] Of(IReadOnlyList<ColumnBuffer> columns, int row)
    {
        using var bytes = new MemoryStream();
        Span<byte> number = stackalloc byte[8];
        foreach (var column in columns)
        {
            if (column.UnfitAt(row) is { } written) { Put(written, Null - 1 - written.Length); continue; }
            if (column.IsNull(row)) { Put([], Null); continue; }
            switch (column.Type)
            {
                case ItemType.Boolean: number[0] = column.BooleanAt(row) ? (byte)1 : (byte)0; Put(number[..1], 1); break;
                case ItemType.Date: BinaryPrimitives.WriteInt32LittleEndian(number, column.DaysAt(row)); Put(number[..4], 4); break;
                case ItemType.Integer or ItemType.Float or ItemType.Timestamp: BinaryPrimitives.WriteInt64LittleEndian(number, column.Int64At(row)); Put(number, 8); break;
                default: Put(column.BytesAt(row), column.BytesAt(row).Length); break;
            }

            void Put(ReadOnlySpan<byte> value, int size)
            {
                Span<byte> head = stackalloc byte[4];
                BinaryPrimitives.WriteInt32LittleEndian(head, size);
                bytes.Write(head);
                bytes.Write(value);
            }
        }

        return bytes.ToArray();
    }

    /// <summary>Adds the row behind the rows that are there.</summary>
    internal static void AppendTo(IReadOnlyList<ColumnBuffer> columns, ReadOnlySpan<byte> row)
    {
        foreach (var column in columns)
        {
            var size = BinaryPrimitives.ReadInt32LittleEndian(row);
            row = row[4..];
            if (size == Null) { column.AppendNull(); continue; }
            if (size < Null)
            {
                column.AppendUnfit(row[..(Null - 1 - size)]);
                row = row[(Null - 1 - size)..];
                continue;
            }

            switch (column.Type)
            {
                case ItemType.Boolean: column.AppendBoolean(row[0] != 0); break;
                case ItemType.Date: column.AppendDays(BinaryPrimitives.ReadInt32LittleEndian(row)); break;
                case ItemType.Integer or ItemType.Float or ItemType.Timestamp: column.AppendInt64(BinaryPrimitives.ReadInt64LittleEndian(row)); break;
                default: column.AppendBytes(row[..size]); break;
            }

            row = row[size..];
        }
    }

    /// <summary>Buffers that hold this one row.</summary>
    internal static ColumnBuffer[] Read(IReadOnlyList<AgreedItem> items, ReadOnlySpan<byte> row)
    {
        ColumnBuffer[] columns = [.. items.Select(i => new ColumnBuffer(i.Type))];
        AppendTo(columns, row);
        return columns;
    }

    /// <summary>A value as people write it, put behind those that are there; false, and nothing put, when it is none of the type. Null is null.</summary>
    internal static bool TryAppend(ColumnBuffer column, string? text)
    {
        switch (column.Type)
        {
            case var _ when text is null: column.AppendNull(); return true;
            case ItemType.Text when !text.Contains('\0', StringComparison.Ordinal): column.AppendBytes(Encoding.UTF8.GetBytes(text)); return true;
            case ItemType.Integer when long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole): column.AppendInt64(whole); return true;
            case ItemType.Decimal when IsDecimal(text): column.AppendBytes(Encoding.UTF8.GetBytes(text)); return true;
            case ItemType.Float when double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var real): column.AppendDouble(real); return true;
            case ItemType.Boolean when text is "true" or "false": column.AppendBoolean(text == "true"); return true;
            case ItemType.Date when DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day):
                column.AppendDays(day.DayNumber - DateOnly.FromDateTime(DateTime.UnixEpoch).DayNumber);
                return true;
            case ItemType.Timestamp when DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var moment):
                column.AppendInt64((moment.UtcTicks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond);
                return true;
            case ItemType.Binary when text.StartsWith("\\x", StringComparison.Ordinal) && text.Length % 2 == 0 && !text.AsSpan(2).ContainsAnyExcept("0123456789abcdefABCDEF"):
                column.AppendBytes(Convert.FromHexString(text.AsSpan(2)));
                return true;
            default: return false;
        }
    }

    /// <summary>Plain notation, as decimals travel.</summary>
    internal static bool IsDecimal(string text)
    {
        var digits = text.AsSpan(text.StartsWith('-') ? 1 : 0);
        return digits.Length > 0 && char.IsAsciiDigit(digits[0]) && char.IsAsciiDigit(digits[^1]) && digits.Count('.') <= 1 && !digits.ContainsAnyExcept("0123456789.");
    }
}
