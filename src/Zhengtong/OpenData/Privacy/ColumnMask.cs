using System.Globalization;
using System.Text;
using Zhengtong.Catalogue.Model;
using Zhengtong.Kernel;
using Zhengtong.OpenData.Model;

namespace Zhengtong.OpenData.Privacy;

/// <summary>Masks the cells of one column, as the exchange does before values leave their provider.</summary>
/// <param name="mask">How; not None.</param>
/// <param name="keep">How many characters or digits, or 1 for the year and 2 for the month; where the mask needs it.</param>
/// <param name="type">Of the column.</param>
/// <param name="secret">What hashes are made with.</param>
internal sealed class ColumnMask(ItemMask mask, int keep, ColumnType type, byte[] secret)
{
    private byte[] value = new byte[256];
    private byte[] masked = new byte[256];

    /// <summary>True when such a column can be masked so: text in every way, numbers, dates and moments made coarser, what else not at all.</summary>
    internal static bool Fits(ItemMask mask, int? keep, ColumnType type) => mask switch
    {
        ItemMask.Name or ItemMask.IdNumber or ItemMask.Phone or ItemMask.Hash => type == ColumnType.Text && keep is null,
        ItemMask.KeepLast => type == ColumnType.Text && keep is >= 1 and <= 100,
        ItemMask.Generalise => type switch
        {
            ColumnType.Text => keep is >= 1 and <= 100,
            ColumnType.Integer => keep is >= 1 and <= 18,
            ColumnType.Date or ColumnType.Timestamp => keep is 1 or 2,
            _ => false,
        },
        _ => false,
    };

    /// <summary>The cell as it may be published; null stays null.</summary>
    internal object? Of(object? cell) => cell switch
    {
        null => null,
        string text => Text(text),
        long number when type == ColumnType.Integer => number / Power(keep) * Power(keep),
        DateOnly date => new DateOnly(date.Year, keep == 1 ? 1 : date.Month, 1),
        DateTime moment => new DateTime(moment.Year, keep == 1 ? 1 : moment.Month, 1, 0, 0, 0, DateTimeKind.Unspecified),
        _ => throw new NotSupportedException($"{mask} of {type}"),
    };

    private static long Power(int exponent)
    {
        var power = 1L;
        for (var n = 0; n < exponent; n++) { power *= 10; }
        return power;
    }

    private string Text(string text)
    {
        var length = Encoding.UTF8.GetMaxByteCount(text.Length);
        if (value.Length < length) { value = new byte[length]; }
        length = Encoding.UTF8.GetBytes(text, value);
        if (masked.Length < Masks.RoomFor(length)) { masked = new byte[Masks.RoomFor(length)]; }
        var from = value.AsSpan(0, length);
        var written = mask switch
        {
            ItemMask.Name => Masks.Name(from, masked),
            ItemMask.IdNumber => Masks.IdNumber(from, masked),
            ItemMask.Phone => Masks.Phone(from, masked),
            ItemMask.KeepLast => Masks.KeepLast(from, keep, masked),
            ItemMask.Hash => Masks.Hash(from, secret, masked),
            ItemMask.Generalise => Masks.KeepFirst(from, keep, masked),
            _ => throw new NotSupportedException(mask.ToString()),
        };
        return Encoding.UTF8.GetString(masked, 0, written);
    }

    /// <summary>A cell as CSV writes it.</summary>
    internal static string CsvOf(object? cell)
    {
        var text = cell switch
        {
            null => "",
            string s => s,
            bool b => b ? "true" : "false",
            DateOnly date => date.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
            TimeOnly time => time.ToString("HH:mm:ss.FFFFFF", CultureInfo.InvariantCulture),
            DateTime moment => moment.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFF", CultureInfo.InvariantCulture),
            _ => Convert.ToString(cell, CultureInfo.InvariantCulture) ?? "",
        };
        return text.AsSpan().ContainsAny(",\"\r\n") ? $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : text;
    }
}
