using System.Security.Cryptography;
using Zhengtong.Agreements;
using Zhengtong.Catalogue.Model;
using Zhengtong.Exchange.Engine;

namespace Zhengtong.Exchange.Quality;

/// <summary>Masks one value.</summary>
/// <param name="value">UTF-8.</param>
/// <param name="into">Takes the masked value: <see cref="Masking.RoomFor"/> bytes.</param>
/// <returns>How many bytes were written.</returns>
internal delegate int BytesMask(ReadOnlySpan<byte> value, Span<byte> into);

/// <summary>脱敏: makes of the columns read what may leave the provider. Columns without a mask are passed on as they are; masked ones go into buffers of this class, valid until the next
/// call. Null stays null.</summary>
/// <remarks>A value too short for its mask is masked whole: no mask ever shows all of a text, except a generalised one, which is coarse by intent. Characters are code points.</remarks>
internal sealed class Masking
{
    private const byte Hidden = (byte)'*';
    private static readonly long[] Powers = [.. Enumerable.Range(0, 19).Select(n => (long)Math.Pow(10, n))];
    private readonly byte[] secret;
    private readonly (int Column, ColumnBuffer Into, Action<ColumnBuffer, int, ColumnBuffer> Mask)[] masks;

    /// <param name="items">The agreed items in order.</param>
    /// <param name="secret">What hashes are made with: of the provider, for this consumer.</param>
    internal Masking(IReadOnlyList<AgreedItem> items, byte[] secret) =>
        (this.secret, masks) = (secret, [.. items.Index().Where(i => i.Item.Mask != ItemMask.None).Select(i => (i.Index, new ColumnBuffer(i.Item.Type), MaskOf(i.Item, secret)))]);

    /// <summary>The columns as they may leave: what the sealed batch, the consumer's table and every comparison with it hold.</summary>
    internal IReadOnlyList<ColumnBuffer> Mask(IReadOnlyList<ColumnBuffer> columns, int rows)
    {
        if (masks.Length == 0) { return columns; }
        ColumnBuffer[] masked = [.. columns];
        foreach (var (n, into, mask) in masks)
        {
            into.Clear();
            for (var row = 0; row < rows; row++)
            {
                if (columns[n].UnfitAt(row) is { } written) { AppendUnfit(written, into); }
                else if (columns[n].IsNull(row)) { into.AppendNull(); } else { mask(columns[n], row, into); }
            }

            masked[n] = into;
        }

        return masked;
    }

    /// <summary>What is none of its type goes nowhere but is told apart from others: by its digest.</summary>
    private void AppendUnfit(byte[] written, ColumnBuffer into)
    {
        Span<byte> digest = stackalloc byte[2 * HMACSHA256.HashSizeInBytes];
        into.AppendUnfit(digest[..Hash(written, secret, digest)]);
    }

    private static Action<ColumnBuffer, int, ColumnBuffer> MaskOf(AgreedItem item, byte[] secret)
    {
        if (item.Mask == ItemMask.Generalise && item.Type is not (ItemType.Text or ItemType.Decimal)) { return GeneraliseOf(item.Type, item.MaskKeep ?? 0); }
        var mask = OfBytes(item, secret);
        return (from, row, into) =>
        {
            var value = from.BytesAt(row);
            into.Close(mask(value, into.Open(RoomFor(value.Length))));
        };
    }

    /// <summary>The mask of a value that travels as bytes: a text, or a decimal in plain notation.</summary>
    internal static BytesMask OfBytes(AgreedItem item, byte[] secret) => item.Mask switch
    {
        ItemMask.Name => (value, into) => KeepEnds(value, 1, 0, into),
        // A number of the old form has 15 characters; anything shorter is none, and its ends could be all of it.
        ItemMask.IdNumber => (value, into) => KeepEnds(value, CountOf(value) < 15 ? 0 : 6, CountOf(value) < 15 ? 0 : 2, into),
        ItemMask.Phone => MaskPhone,
        ItemMask.KeepLast => (value, into) => KeepEnds(value, 0, item.MaskKeep ?? 0, into),
        ItemMask.Hash => (value, into) => Hash(value, secret, into),
        ItemMask.Generalise when item.Type == ItemType.Text => (value, into) => Keep(value[..PlaceOf(value, item.MaskKeep ?? 0)], into),
        ItemMask.Generalise when item.Type is ItemType.Integer or ItemType.Decimal => (value, into) => RoundDown(value, item.MaskKeep ?? 0, into),
        _ => throw new NotSupportedException($"{item.Mask} of {item.Type}"),
    };

    /// <summary>Bytes that a mask may need for a value of so many.</summary>
    internal static int RoomFor(int length) => Math.Max(length, 2 * HMACSHA256.HashSizeInBytes);

    private static Action<ColumnBuffer, int, ColumnBuffer> GeneraliseOf(ItemType type, int keep) => type switch
    {
        ItemType.Integer => (from, row, into) => into.AppendInt64(keep >= Powers.Length ? 0 : from.Int64At(row) / Powers[keep] * Powers[keep]),
        // Infinities stay.
        ItemType.Date => (from, row, into) => into.AppendDays(from.DaysAt(row) is not (int.MinValue or int.MaxValue) and var days ? (int)FirstDay(days, keep) : from.DaysAt(row)),
        ItemType.Timestamp => (from, row, into) => into.AppendInt64(from.Int64At(row) is not (long.MinValue or long.MaxValue) and var at ? FirstMoment(at, keep) : from.Int64At(row)),
        _ => throw new NotSupportedException($"{type}"),
    };

    private static int Keep(ReadOnlySpan<byte> value, Span<byte> into)
    {
        value.CopyTo(into);
        return value.Length;
    }

    /// <summary>Keeps so many characters at each end, an asterisk for each other; a text that would stay whole is masked whole.</summary>
    private static int KeepEnds(ReadOnlySpan<byte> text, int first, int last, Span<byte> into)
    {
        var count = CountOf(text);
        if (first + last >= count) { (first, last) = (0, 0); }
        var (head, tail, hidden) = (PlaceOf(text, first), PlaceOf(text, count - last), count - first - last);
        text[..head].CopyTo(into);
        into.Slice(head, hidden).Fill(Hidden);
        text[tail..].CopyTo(into[(head + hidden)..]);
        return head + hidden + text.Length - tail;
    }

    /// <summary>The first three and the last four digits stay, and what stands between groups; letters never do.</summary>
    private static int MaskPhone(ReadOnlySpan<byte> text, Span<byte> into)
    {
        var digits = 0;
        foreach (var b in text) { digits += b is >= (byte)'0' and <= (byte)'9' ? 1 : 0; }
        var (first, last) = digits < 11 ? (0, 0) : (3, 4);
        var (used, seen) = (0, 0);
        foreach (var b in text)
        {
            if (b is >= (byte)'0' and <= (byte)'9') { into[used++] = seen++ is var n && (n < first || n >= digits - last) ? b : Hidden; }
            else if (b is (byte)'-' or (byte)' ' or (byte)'+' or (byte)'(' or (byte)')') { into[used++] = b; }
            else if ((b & 0xC0) != 0x80) { into[used++] = Hidden; }
        }

        return used;
    }

    private static int Hash(ReadOnlySpan<byte> value, byte[] secret, Span<byte> into)
    {
        Span<byte> mac = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(secret, value, mac);
        Convert.TryToHexStringLower(mac, into, out var written);
        return written;
    }

    /// <summary>Towards zero, digit by digit: exact at any precision. NaN and Infinity stay words.</summary>
    private static int RoundDown(ReadOnlySpan<byte> number, int keep, Span<byte> into)
    {
        var sign = number.StartsWith("-"u8) ? 1 : 0;
        if (number.Length == sign || number[sign] is < (byte)'0' or > (byte)'9') { return Keep(number, into); }
        var point = number.IndexOf((byte)'.');
        var whole = point < 0 ? number : number[..point];
        if (whole.Length - sign <= keep) { return Keep("0"u8, into); }
        whole.CopyTo(into);
        into[(whole.Length - keep)..whole.Length].Fill((byte)'0');
        return whole.Length;
    }

    /// <summary>The month (2) or the year (1) in which the day lies, as its first day. Days may lie far outside what .NET's calendar knows.</summary>
    internal static long FirstDay(long days, int keep)
    {
        // Days in eras of 400 years, counted from 1 March 0000, so that the leap day comes last.
        var z = days + 719_468;
        var era = Math.DivRem(z, 146_097, out var ofEra);
        if (ofEra < 0) { (era, ofEra) = (era - 1, ofEra + 146_097); }
        var yearOfEra = (ofEra - (ofEra / 1_460) + (ofEra / 36_524) - (ofEra / 146_096)) / 365;
        var dayOfYear = ofEra - ((365 * yearOfEra) + (yearOfEra / 4) - (yearOfEra / 100));
        var month = ((5 * dayOfYear) + 2) / 153;
        var day = dayOfYear - (((153 * month) + 2) / 5);
        if (keep != 1) { return days - day; }
        // January and February belong to the March-year before.
        var isEarly = month >= 10;
        var first = days - day - (isEarly ? (month - 10) * 31 : 0);
        if (isEarly) { return first; }
        var year = yearOfEra + (era * 400);
        var isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        return days - dayOfYear - (isLeap ? 60 : 59);
    }

    /// <summary>Months and years begin at midnight in China.</summary>
    internal static long FirstMoment(long microseconds, int keep)
    {
        const long ofDay = 86_400_000_000, ahead = 8 * 3_600_000_000L;
        var local = microseconds + ahead;
        return (FirstDay((local / ofDay) - (local % ofDay < 0 ? 1 : 0), keep) * ofDay) - ahead;
    }

    private static int CountOf(ReadOnlySpan<byte> utf8)
    {
        var count = 0;
        foreach (var b in utf8) { count += (b & 0xC0) == 0x80 ? 0 : 1; }
        return count;
    }

    /// <summary>Where the character of this number begins, from 0; the end when there are fewer.</summary>
    private static int PlaceOf(ReadOnlySpan<byte> utf8, int character)
    {
        for (var place = 0; place < utf8.Length; place++)
        {
            if ((utf8[place] & 0xC0) != 0x80 && character-- == 0) { return place; }
        }

        return utf8.Length;
    }
}
