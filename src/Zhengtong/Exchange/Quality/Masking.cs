using System.Security.Cryptography;
using Zhengtong.Agreements;
using Zhengtong.Catalogue.Model;
using Zhengtong.Exchange.Engine;
using Zhengtong.Kernel;

namespace Zhengtong.Exchange.Quality;

/// <summary>Masks one value.</summary>
/// <param name="value">UTF-8.</param>
/// <param name="into">Takes the masked value: <see cref="Masks.RoomFor"/> bytes.</param>
/// <returns>How many bytes were written.</returns>
internal delegate int BytesMask(ReadOnlySpan<byte> value, Span<byte> into);

/// <summary>脱敏: makes of the columns read what may leave the provider. Columns without a mask are passed on as they are; masked ones go into buffers of this class, valid until the next
/// call. Null stays null.</summary>
/// <remarks>A value too short for its mask is masked whole: no mask ever shows all of a text, except a generalised one, which is coarse by intent. Characters are code points.</remarks>
internal sealed class Masking
{
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
        into.AppendUnfit(digest[..Masks.Hash(written, secret, digest)]);
    }

    private static Action<ColumnBuffer, int, ColumnBuffer> MaskOf(AgreedItem item, byte[] secret)
    {
        if (item.Mask == ItemMask.Generalise && item.Type is not (ItemType.Text or ItemType.Decimal)) { return GeneraliseOf(item.Type, item.MaskKeep ?? 0); }
        var mask = OfBytes(item, secret);
        return (from, row, into) =>
        {
            var value = from.BytesAt(row);
            into.Close(mask(value, into.Open(Masks.RoomFor(value.Length))));
        };
    }

    /// <summary>The mask of a value that travels as bytes: a text, or a decimal in plain notation.</summary>
    internal static BytesMask OfBytes(AgreedItem item, byte[] secret) => item.Mask switch
    {
        ItemMask.Name => Masks.Name,
        ItemMask.IdNumber => Masks.IdNumber,
        ItemMask.Phone => Masks.Phone,
        ItemMask.KeepLast => (value, into) => Masks.KeepLast(value, item.MaskKeep ?? 0, into),
        ItemMask.Hash => (value, into) => Masks.Hash(value, secret, into),
        ItemMask.Generalise when item.Type == ItemType.Text => (value, into) => Masks.KeepFirst(value, item.MaskKeep ?? 0, into),
        ItemMask.Generalise when item.Type is ItemType.Integer or ItemType.Decimal => (value, into) => Masks.RoundDown(value, item.MaskKeep ?? 0, into),
        _ => throw new NotSupportedException($"{item.Mask} of {item.Type}"),
    };

    private static Action<ColumnBuffer, int, ColumnBuffer> GeneraliseOf(ItemType type, int keep) => type switch
    {
        ItemType.Integer => (from, row, into) => into.AppendInt64(keep >= Powers.Length ? 0 : from.Int64At(row) / Powers[keep] * Powers[keep]),
        // Infinities stay.
        ItemType.Date => (from, row, into) => into.AppendDays(from.DaysAt(row) is not (int.MinValue or int.MaxValue) and var days ? (int)Masks.FirstDay(days, keep) : from.DaysAt(row)),
        ItemType.Timestamp => (from, row, into) => into.AppendInt64(from.Int64At(row) is not (long.MinValue or long.MaxValue) and var at ? FirstMoment(at, keep) : from.Int64At(row)),
        _ => throw new NotSupportedException($"{type}"),
    };

    /// <summary>Months and years begin at midnight in China.</summary>
    internal static long FirstMoment(long microseconds, int keep)
    {
        const long ofDay = 86_400_000_000, ahead = 8 * 3_600_000_000L;
        var local = microseconds + ahead;
        return (Masks.FirstDay((local / ofDay) - (local % ofDay < 0 ? 1 : 0), keep) * ofDay) - ahead;
    }
}
