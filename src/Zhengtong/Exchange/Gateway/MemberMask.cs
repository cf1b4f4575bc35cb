using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Zhengtong.Kernel;
using Zhengtong.Agreements;
using Zhengtong.Catalogue.Model;
using Zhengtong.Exchange.Quality;

namespace Zhengtong.Exchange.Gateway;

/// <summary>脱敏 of one agreed member of JSON answers: of each value what the same mask makes of it in a row of a table. Keeps nothing, so that calls share it.</summary>
/// <remarks>A number under a mask of texts is masked as it is spelt, and becomes a text. What is none of the agreed type, a boolean among texts or a text among dates, suits no mask.</remarks>
internal sealed class MemberMask
{
    private static readonly string[] Moments = ["yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK", "yyyy-MM-dd' 'HH:mm:ss.FFFFFFFK"];
    private readonly AgreedItem item;
    private readonly BytesMask mask;

    internal MemberMask(AgreedItem item, byte[] secret) =>
        (this.item, mask) = (item, item is { Mask: ItemMask.Generalise, Type: ItemType.Date or ItemType.Timestamp } ? FirstOfPeriod : Masking.OfBytes(item, secret));

    /// <summary>Masks the text or number on which the reader stands.</summary>
    /// <param name="reader">Stands on any value but null.</param>
    /// <param name="into">Takes the masked value, not escaped.</param>
    /// <param name="isNumber">True when the masked value is a number.</param>
    /// <returns>False when the mask does not suit the value: then it must not leave.</returns>
    /// <exception cref="JsonException">A text that is no Unicode.</exception>
    internal bool TryMask(ref Utf8JsonReader reader, ArrayBufferWriter<byte> into, out bool isNumber)
    {
        isNumber = reader.TokenType == JsonTokenType.Number && IsOfNumbers;
        if (reader.TokenType is not (JsonTokenType.Number or JsonTokenType.String)) { return false; }
        var rented = reader.ValueIsEscaped ? ArrayPool<byte>.Shared.Rent(reader.ValueSpan.Length) : null;
        try
        {
            var value = rented is null ? reader.ValueSpan : rented.AsSpan(0, Unescape(ref reader, rented));
            if (!Utf8.IsValid(value)) { throw new JsonException("A text is no UTF-8"); }
            if (IsOfNumbers && !IsPlain(value))
            {
                // With an exponent: the same number in plain notation.
                if (!decimal.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)) { return false; }
                value = Encoding.UTF8.GetBytes(number.ToString(CultureInfo.InvariantCulture));
            }

            var written = mask(value, into.GetSpan(Masks.RoomFor(value.Length)));
            if (written < 0) { return false; }
            into.Advance(written);
            return true;
        }
        finally
        {
            if (rented is not null) { ArrayPool<byte>.Shared.Return(rented); }
        }
    }

    private bool IsOfNumbers => item is { Mask: ItemMask.Generalise, Type: ItemType.Integer or ItemType.Decimal };

    private static int Unescape(ref Utf8JsonReader reader, byte[] into)
    {
        try { return reader.CopyString(into); }
        catch (InvalidOperationException e) { throw new JsonException("A text is no Unicode", e); }
    }

    /// <summary>The first day of a date's month or year, or the first moment of a time's, in the notation of RFC 3339; -1 when the text is no such.</summary>
    private int FirstOfPeriod(ReadOnlySpan<byte> value, Span<byte> into)
    {
        const int longest = 64;
        Span<char> characters = stackalloc char[longest];
        if (value.Length > longest) { return -1; }
        ReadOnlySpan<char> text = characters[..Encoding.UTF8.GetChars(value, characters)];
        var keep = item.MaskKeep ?? 0;
        if (item.Type == ItemType.Date)
        {
            if (!DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day)) { return -1; }
            var epoch = DateOnly.FromDateTime(DateTime.UnixEpoch).DayNumber;
            DateOnly.FromDayNumber((int)Masks.FirstDay(day.DayNumber - epoch, keep) + epoch).TryFormat(into, out var written, "yyyy-MM-dd", CultureInfo.InvariantCulture);
            return written;
        }

        if (!DateTimeOffset.TryParseExact(text, Moments, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var moment)) { return -1; }
        var first = Masking.FirstMoment((moment.UtcTicks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond, keep);
        if (first < DateTimeOffset.MinValue.ToUnixTimeMilliseconds() * 1000) { return -1; }
        DateTime.UnixEpoch.AddTicks(first * TimeSpan.TicksPerMicrosecond).TryFormat(into, out var count, "yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        return count;
    }

    /// <summary>Digits with a point among them at most, and a minus before.</summary>
    private static bool IsPlain(ReadOnlySpan<byte> number)
    {
        if (number.StartsWith("-"u8)) { number = number[1..]; }
        return number.Length > 0 && char.IsAsciiDigit((char)number[0]) && char.IsAsciiDigit((char)number[^1]) && number.Count((byte)'.') <= 1 && !number.ContainsAnyExcept("0123456789."u8);
    }
}
