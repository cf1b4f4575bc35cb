using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using Zhengtong.Agreements;
using Zhengtong.Catalogue.Model;
using Zhengtong.Exchange.Engine;
using Zhengtong.Kernel.Organisations;
using Zhengtong.Kernel.Regions;

namespace Zhengtong.Exchange.Quality;

/// <summary>Why a value did not pass.</summary>
public enum QualityFault
{
    /// <summary>More characters or digits than agreed.</summary>
    TooLong,
    /// <summary>Not one of the agreed codes.</summary>
    NotInCodeList,
    /// <summary>No unified social credit code, or a wrong check character.</summary>
    CreditCode,
    /// <summary>No resident ID number, an impossible date of birth, or a wrong check character.</summary>
    IdNumber,
    /// <summary>No administrative division code of six digits.</summary>
    RegionCode,
    /// <summary>No telephone number.</summary>
    Phone,
    /// <summary>None of the agreed type, from a database that checks no types. Such a row cannot be released.</summary>
    WrongType,
}

/// <summary>One reason for which a row did not pass: what and of which item, never the value.</summary>
/// <param name="Fault">What.</param>
/// <param name="Item">Name of the item as agreed.</param>
public sealed record QualityReason(QualityFault Fault, string Item);

/// <summary>Checks rows against the agreed items, column by column: a column without a rule costs nothing, a good value allocates nothing. Null passes: a key cannot be null,
/// and of no other item is it agreed that it must be there.</summary>
internal sealed class Checking
{
    private readonly List<QualityReason> unfit = [];
    private readonly List<(int Column, QualityReason Reason, Func<ColumnBuffer, int, bool> Passes)> rules = [];

    /// <param name="items">The agreed items in order.</param>
    /// <param name="today">No date of birth lies behind it.</param>
    internal Checking(IReadOnlyList<AgreedItem> items, DateOnly today)
    {
        foreach (var (n, item) in items.Index())
        {
            unfit.Add(new QualityReason(QualityFault.WrongType, item.Name));
            if (item.Length is { } most && item.Type is ItemType.Text) { Add(QualityFault.TooLong, (column, row) => column.IsNull(row) || IsWithin(column.BytesAt(row), most)); }
            if (item is { Length: { } digits, Type: ItemType.Integer }) { Add(QualityFault.TooLong, (column, row) => column.IsNull(row) || DigitsOf(column.Int64At(row)) <= digits); }
            if (item is { Length: { } figures, Type: ItemType.Decimal }) { Add(QualityFault.TooLong, (column, row) => column.IsNull(row) || DigitsOf(column.BytesAt(row)) <= figures); }

            switch (item.Check)
            {
                case ItemCheck.CreditCode: Add(QualityFault.CreditCode, (column, row) => column.IsNull(row) || CreditCode.IsCode(column.BytesAt(row))); break;
                case ItemCheck.IdNumber: Add(QualityFault.IdNumber, (column, row) => column.IsNull(row) || IdNumber.IsNumber(column.BytesAt(row), today)); break;
                case ItemCheck.RegionCode: Add(QualityFault.RegionCode, (column, row) => column.IsNull(row) || RegionCode.IsSixDigits(column.BytesAt(row))); break;
                case ItemCheck.Phone: Add(QualityFault.Phone, (column, row) => column.IsNull(row) || PhoneNumber.IsNumber(column.BytesAt(row))); break;
                case ItemCheck.CodeList when item.Type == ItemType.Integer:
                    var numbers = (item.Codes ?? []).Where(c => long.TryParse(c, CultureInfo.InvariantCulture, out _)).Select(c => long.Parse(c, CultureInfo.InvariantCulture)).ToFrozenSet();
                    Add(QualityFault.NotInCodeList, (column, row) => column.IsNull(row) || numbers.Contains(column.Int64At(row)));
                    break;
                case ItemCheck.CodeList:
                    var texts = new HashSet<byte[]>((item.Codes ?? []).Select(Encoding.UTF8.GetBytes), new SameBytes()).GetAlternateLookup<ReadOnlySpan<byte>>();
                    Add(QualityFault.NotInCodeList, (column, row) => column.IsNull(row) || texts.Contains(column.BytesAt(row)));
                    break;
                default: break;
            }

            void Add(QualityFault fault, Func<ColumnBuffer, int, bool> passes) => rules.Add((n, new QualityReason(fault, item.Name), passes));
        }
    }

    /// <summary>The rows that do not pass, in order, each with every reason.</summary>
    internal SortedDictionary<int, List<QualityReason>> FaultsOf(IReadOnlyList<ColumnBuffer> columns, int rows)
    {
        SortedDictionary<int, List<QualityReason>> bad = [];
        foreach (var (n, column) in columns.Index())
        {
            foreach (var row in column.Unfit.Keys.TakeWhile(row => row < rows)) { ReasonsOf(row).Add(unfit[n]); }
        }

        foreach (var (n, reason, passes) in rules)
        {
            var column = columns[n];
            for (var row = 0; row < rows; row++)
            {
                if (passes(column, row)) { continue; }
                ReasonsOf(row).Add(reason);
            }
        }

        return bad;

        List<QualityReason> ReasonsOf(int row)
        {
            if (!bad.TryGetValue(row, out var reasons)) { bad[row] = reasons = []; }
            return reasons;
        }
    }

    /// <summary>Characters are what a reader counts roughly and a database exactly: code points. A text of no more bytes than that needs no counting.</summary>
    private static bool IsWithin(ReadOnlySpan<byte> utf8, int most)
    {
        if (utf8.Length <= most) { return true; }
        var characters = 0;
        foreach (var b in utf8) { characters += (b & 0xC0) == 0x80 ? 0 : 1; }
        return characters <= most;
    }

    private static int DigitsOf(long value)
    {
        var digits = 1;
        for (var rest = value / 10; rest != 0; rest /= 10) { digits++; }
        return digits;
    }

    /// <summary>Digits before and behind the point; zeros in front do not count.</summary>
    private static int DigitsOf(ReadOnlySpan<byte> number)
    {
        var digits = 0;
        if (number.IndexOfAnyInRange((byte)'1', (byte)'9') is var first and >= 0 && !number[..first].Contains((byte)'.')) { number = number[first..]; }
        foreach (var b in number) { digits += b is >= (byte)'0' and <= (byte)'9' ? 1 : 0; }
        return digits;
    }

    private sealed class SameBytes : IEqualityComparer<byte[]>, IAlternateEqualityComparer<ReadOnlySpan<byte>, byte[]>
    {
        public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

        public int GetHashCode([DisallowNull] byte[] obj) => GetHashCode(obj.AsSpan());

        public bool Equals(ReadOnlySpan<byte> alternate, byte[] other) => alternate.SequenceEqual(other);

        public int GetHashCode(ReadOnlySpan<byte> alternate)
        {
            var hash = new HashCode();
            hash.AddBytes(alternate);
            return hash.ToHashCode();
        }

        public byte[] Create(ReadOnlySpan<byte> alternate) => alternate.ToArray();
    }
}
