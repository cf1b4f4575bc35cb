using System.Buffers.Binary;

namespace Zhengtong.Exchange.Engine;

/// <summary>PostgreSQL's binary numeric (digits in base 10,000, weight, sign, display scale; src/backend/utils/adt/numeric.c, numeric_send) to plain text
/// and back, without losing a digit or a trailing zero.</summary>
internal static class PostgresNumeric
{
    private const ushort Positive = 0x0000;
    private const ushort Negative = 0x4000;
    private const ushort NotANumber = 0xC000;
    private const ushort PositiveInfinity = 0xD000;
    private const ushort NegativeInfinity = 0xF000;
    private const int HeaderSize = 8;

    /// <summary>Most bytes <see cref="Format"/> writes for this value.</summary>
    internal static int MaxTextLength(ReadOnlySpan<byte> binary)
    {
        if (binary.Length < HeaderSize) { throw new InvalidDataException("A numeric is shorter than its header"); }
        var weight = BinaryPrimitives.ReadInt16BigEndian(binary[2..]);
        var scale = BinaryPrimitives.ReadUInt16BigEndian(binary[6..]);
        return 16 + (4 * Math.Max(0, weight + 1)) + scale + 4;
    }

    /// <summary>Writes the value as PostgreSQL prints it: <c>-12.50</c>, <c>NaN</c>, <c>Infinity</c>; returns how many bytes.</summary>
    /// <exception cref="InvalidDataException">Not a numeric.</exception>
    internal static int Format(ReadOnlySpan<byte> binary, Span<byte> text)
    {
        if (binary.Length < HeaderSize) { throw new InvalidDataException("A numeric is shorter than its header"); }
        int groups = BinaryPrimitives.ReadUInt16BigEndian(binary);
        int weight = BinaryPrimitives.ReadInt16BigEndian(binary[2..]);
        var sign = BinaryPrimitives.ReadUInt16BigEndian(binary[4..]);
        int scale = BinaryPrimitives.ReadUInt16BigEndian(binary[6..]);
        if (binary.Length != HeaderSize + (2 * groups) || scale > 0x3FFF) { throw new InvalidDataException("A numeric has a wrong length or scale"); }
        var digits = binary[HeaderSize..];

        switch (sign)
        {
            case NotANumber: return Put("NaN"u8, text);
            case PositiveInfinity: return Put("Infinity"u8, text);
            case NegativeInfinity: return Put("-Infinity"u8, text);
            case Positive or Negative: break;
            default: throw new InvalidDataException("A numeric has an unknown sign");
        }

        var at = 0;
        if (sign == Negative) { text[at++] = (byte)'-'; }
        if (weight < 0)
        {
            text[at++] = (byte)'0';
        }
        else
        {
            for (var group = 0; group <= weight; group++)
            {
                var value = GroupAt(digits, groups, group);
                if (group > 0) { PutGroup(value, text[at..]); at += 4; }
                else { value.TryFormat(text[at..], out var written, provider: System.Globalization.CultureInfo.InvariantCulture); at += written; }
            }
        }

        if (scale == 0) { return at; }
        text[at++] = (byte)'.';
        var end = at + scale;
        for (var group = weight + 1; at < end; group++)
        {
            PutGroup(group < 0 ? 0 : GroupAt(digits, groups, group), text[at..]);
            at += 4;
        }

        return end;
    }

    /// <summary>Most bytes <see cref="Parse"/> writes for a text of this length.</summary>
    internal static int MaxBinaryLength(int textLength) => HeaderSize + (2 * ((textLength / 4) + 3));

    /// <summary>Reads plain notation, writes the binary form; returns how many bytes.</summary>
    /// <exception cref="InvalidDataException">Not a decimal number in plain notation, or too long for PostgreSQL.</exception>
    internal static int Parse(ReadOnlySpan<byte> text, Span<byte> binary)
    {
        if (text.SequenceEqual("NaN"u8)) { return PutHeader(binary, 0, 0, NotANumber, 0); }
        if (text.SequenceEqual("Infinity"u8)) { return PutHeader(binary, 0, 0, PositiveInfinity, 0x20); }
        if (text.SequenceEqual("-Infinity"u8)) { return PutHeader(binary, 0, 0, NegativeInfinity, 0x20); }

        var negative = text.StartsWith("-"u8);
        if (negative) { text = text[1..]; }
        var point = text.IndexOf((byte)'.');
        var whole = point < 0 ? text : text[..point];
        var fraction = point < 0 ? [] : text[(point + 1)..];
        if (whole.IsEmpty || (point >= 0 && fraction.IsEmpty) || whole.ContainsAnyExceptInRange((byte)'0', (byte)'9') || fraction.ContainsAnyExceptInRange((byte)'0', (byte)'9'))
        {
            throw new InvalidDataException("Not a decimal number");
        }

        whole = whole.TrimStart((byte)'0');
        if (whole.Length > 131_072 || fraction.Length > 0x3FFF) { throw new InvalidDataException("A decimal number is too long"); }
        var weight = ((whole.Length + 3) / 4) - 1;
        var digits = binary[HeaderSize..];
        var groups = 0;
        for (var start = whole.Length - ((weight + 1) * 4); start < whole.Length; start += 4)
        {
            Add(digits, ref groups, ref weight, ValueOf(whole[Math.Max(0, start)..(start + 4)]));
        }

        for (var start = 0; start < fraction.Length; start += 4)
        {
            var group = fraction[start..Math.Min(start + 4, fraction.Length)];
            var value = ValueOf(group);
            for (var missing = group.Length; missing < 4; missing++) { value *= 10; }
            Add(digits, ref groups, ref weight, value);
        }

        while (groups > 0 && BinaryPrimitives.ReadInt16BigEndian(digits[(2 * (groups - 1))..]) == 0) { groups--; }
        return PutHeader(binary, groups, groups == 0 ? 0 : weight, negative && groups > 0 ? Negative : Positive, fraction.Length);
    }

    /// <summary>Appends a group; zeros before the first group that counts only lower the weight.</summary>
    private static void Add(Span<byte> digits, ref int groups, ref int weight, int value)
    {
        if (groups == 0 && value == 0) { weight--; return; }
        BinaryPrimitives.WriteInt16BigEndian(digits[(2 * groups)..], (short)value);
        groups++;
    }

    private static int GroupAt(ReadOnlySpan<byte> digits, int groups, int group)
    {
        if (group >= groups) { return 0; }
        int value = BinaryPrimitives.ReadInt16BigEndian(digits[(2 * group)..]);
        return value is >= 0 and < 10_000 ? value : throw new InvalidDataException("A numeric has a digit out of range");
    }

    private static int ValueOf(ReadOnlySpan<byte> digits)
    {
        var value = 0;
        foreach (var digit in digits) { value = (value * 10) + (digit - '0'); }
        return value;
    }

    private static void PutGroup(int value, Span<byte> text)
    {
        text[0] = (byte)('0' + (value / 1000));
        text[1] = (byte)('0' + (value / 100 % 10));
        text[2] = (byte)('0' + (value / 10 % 10));
        text[3] = (byte)('0' + (value % 10));
    }

    private static int Put(ReadOnlySpan<byte> word, Span<byte> text)
    {
        word.CopyTo(text);
        return word.Length;
    }

    private static int PutHeader(Span<byte> binary, int groups, int weight, ushort sign, int scale)
    {
        BinaryPrimitives.WriteUInt16BigEndian(binary, (ushort)groups);
        BinaryPrimitives.WriteInt16BigEndian(binary[2..], (short)weight);
        BinaryPrimitives.WriteUInt16BigEndian(binary[4..], sign);
        BinaryPrimitives.WriteUInt16BigEndian(binary[6..], (ushort)scale);
        return HeaderSize + (2 * groups);
    }
}
