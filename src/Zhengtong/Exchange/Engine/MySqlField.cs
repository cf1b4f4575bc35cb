using System.Buffers.Text;
using System.Text;
using System.Text.Unicode;
using MySqlConnector;
using Zhengtong.Agreements;
using Zhengtong.Catalogue.Model;
using Zhengtong.Exchange.Model;

namespace Zhengtong.Exchange.Engine;

/// <summary>One selected column: what is asked of the server for it, and how its answer gets into a buffer.</summary>
internal sealed class MySqlField(AgreedItem item, TableColumn column, int ordinal, TextEncoding encoding)
{
    /// <summary>Days from year 1 to 1970.</summary>
    private static readonly int EpochDay = DateOnly.FromDateTime(DateTime.UnixEpoch).DayNumber;

    /// <summary>MySQL's latin1 is Windows-1252.</summary>
    private static readonly Encoding Latin1 = CodePagesEncodingProvider.Instance.GetEncoding(1252)!;

    private readonly bool isLatin1 = IsLatin1(column);
    private byte[] scratch = new byte[256];

    /// <summary>The column as UTF-8 text. The collation makes the server mark it as bytes, so that no string is made of it on the way.</summary>
    internal static string Text(TableColumn column) => $"CONVERT({MySqlDatabase.Quote(column.Name)} USING utf8mb4) COLLATE utf8mb4_bin";

    private static bool IsLatin1(TableColumn column) => column.Type.EndsWith(" latin1", StringComparison.Ordinal);

    /// <summary>What is selected for an item.</summary>
    internal static string Expression(AgreedItem item, TableColumn column, TextEncoding encoding) => item.Type switch
    {
        // The bytes as they were stored.
        ItemType.Text when encoding == TextEncoding.Gb18030 && IsLatin1(column) => $"CAST({MySqlDatabase.Quote(column.Name)} AS BINARY)",
        ItemType.Integer or ItemType.Boolean => $"CAST({MySqlDatabase.Quote(column.Name)} AS SIGNED)",
        ItemType.Float => $"{MySqlDatabase.Quote(column.Name)} + 0e0",
        ItemType.Binary => MySqlDatabase.Quote(column.Name),
        _ => Text(column),
    };

    /// <exception cref="ExchangeFault">The value is none of the agreed type; the column is named, never the value.</exception>
    internal void Append(MySqlDataReader row, ColumnBuffer buffer)
    {
        if (row.IsDBNull(ordinal))
        {
            buffer.AppendNull();
            return;
        }

        switch (item.Type)
        {
            case ItemType.Integer: buffer.AppendInt64(row.GetInt64(ordinal)); break;
            case ItemType.Float: buffer.AppendDouble(row.GetDouble(ordinal)); break;
            case ItemType.Boolean: buffer.AppendBoolean(row.GetInt64(ordinal) switch { 0 => false, 1 => true, _ => throw Unfit() }); break;
            case ItemType.Date: buffer.AppendDays(DaysOf(Bytes(row))); break;
            case ItemType.Timestamp: buffer.AppendInt64(MicrosecondsOf(Bytes(row))); break;
            case ItemType.Text when isLatin1 && encoding == TextEncoding.Gb18030: buffer.AppendText(Bytes(row)); break;
            case ItemType.Text when isLatin1: buffer.AppendBytes(Honest(Bytes(row))); break;
            default: buffer.AppendBytes(Bytes(row)); break;
        }
    }

    /// <summary>MySQL keeps dates whose year, month or day is zero: no such day exists.</summary>
    internal static ExchangeFault ZeroDate(string column) => new(ExchangeProblems.ValueDoesNotFit, [new Fault("", "exchange.fault.zero-date", column)]);

    private ReadOnlySpan<byte> Bytes(MySqlDataReader row)
    {
        var length = (int)row.GetBytes(ordinal, 0, null, 0, 0);
        if (scratch.Length < length) { scratch = new byte[Math.Max(length, scratch.Length * 2)]; }
        row.GetBytes(ordinal, 0, scratch, 0, length);
        return scratch.AsSpan(0, length);
    }

    /// <summary>2026-11-25 in days since 1970.</summary>
    private int DaysOf(ReadOnlySpan<byte> text)
    {
        if (text.Length < 10 || text[4] != '-' || text[7] != '-') { throw Unfit(); }
        var (year, month, day) = (NumberOf(text[..4]), NumberOf(text[5..7]), NumberOf(text[8..10]));
        if (year == 0 || month == 0 || day == 0) { throw ZeroDate(column.Name); }
        return month <= 12 && day <= DateTime.DaysInMonth(year, month) ? new DateOnly(year, month, day).DayNumber - EpochDay : throw Unfit();
    }

    /// <summary>2026-11-25 23:59:59.999999, with or without a fraction, in microseconds since 1970.</summary>
    private long MicrosecondsOf(ReadOnlySpan<byte> text)
    {
        var days = DaysOf(text);
        if (text.Length is not (19 or (> 20 and <= 26)) || text[13] != ':' || text[16] != ':') { throw Unfit(); }
        var seconds = (NumberOf(text[11..13]) * 3600) + (NumberOf(text[14..16]) * 60) + NumberOf(text[17..19]);
        var fraction = 0;
        if (text.Length > 20)
        {
            fraction = NumberOf(text[20..]);
            for (var digits = text.Length - 20; digits < 6; digits++) { fraction *= 10; }
        }

        return (((long)days * 86_400) + seconds) * 1_000_000 + fraction;
    }

    private int NumberOf(ReadOnlySpan<byte> digits) => Utf8Parser.TryParse(digits, out int value, out var used) && used == digits.Length ? value : throw Unfit();

    /// <summary>Old programs wrote UTF-8 or GBK into columns that say latin1: the server would make ä¸­ of 中. Such bytes are refused rather than passed on as nonsense.</summary>
    private ReadOnlySpan<byte> Honest(ReadOnlySpan<byte> text)
    {
        if (Ascii.IsValid(text)) { return text; }
        var stored = Latin1.GetBytes(Encoding.UTF8.GetString(text));
        return Utf8.IsValid(stored) || IsGb2312(stored) ? throw new ExchangeFault(ExchangeProblems.ValueDoesNotFit, [new Fault("", "exchange.fault.latin1", column.Name)]) : text;
    }

    /// <summary>True when all that is not ASCII comes in pairs of GB 2312's Chinese characters; western texts seldom have two such letters side by side, and hardly ever no single one.</summary>
    private static bool IsGb2312(ReadOnlySpan<byte> stored)
    {
        for (var n = 0; n < stored.Length; n++)
        {
            if (stored[n] < 0x80) { continue; }
            if (n + 1 == stored.Length || stored[n] is < 0xB0 or > 0xF7 && stored[n] is < 0xA1 or > 0xA9 || stored[n + 1] is < 0xA1 or 0xFF) { return false; }
            n++;
        }

        return true;
    }

    private ExchangeFault Unfit() => new(ExchangeProblems.ValueDoesNotFit, column.Name, item.Type.ToString());
}
