using System.Text;
using Zhengtong.Catalogue.Model;
using Zhengtong.Exchange;
using Zhengtong.Exchange.Engine;

namespace Zhengtong.Tests.Exchange;

/// <summary>How cells of a delivered table read as texts.</summary>
public sealed class ExchangeLookupTests
{
    [Fact]
    public void Text_OfDaysAndMoments_IsInvariantAndANumberBeyondTheCalendar()
    {
        var days = new ColumnBuffer(ItemType.Date);
        foreach (var day in (int[])[0, 20_000, -719_162, 2_932_896, int.MaxValue, int.MinValue]) { days.AppendDays(day); }
        days.AppendNull();
        Texts(days).ShouldBe(["1970-01-01", "2024-10-04", "0001-01-01", "9999-12-31", "2147483647", "-2147483648", null]);
        var moments = new ColumnBuffer(ItemType.Timestamp);
        foreach (var moment in (long[])[0, 1_500_000, -62_135_596_800_000_000, 253_402_300_799_999_999, long.MaxValue, long.MinValue]) { moments.AppendInt64(moment); }
        Texts(moments).ShouldBe(["1970-01-01T00:00:00", "1970-01-01T00:00:01.5", "0001-01-01T00:00:00", "9999-12-31T23:59:59.999999", "9223372036854775807", "-9223372036854775808"]);
    }

    [Fact]
    public void Text_OfAValueThatIsNoneOfItsType_IsAsItStands()
    {
        var numbers = new ColumnBuffer(ItemType.Integer);
        numbers.AppendInt64(-7);
        numbers.AppendUnfit(Encoding.UTF8.GetBytes("约三百"));
        Texts(numbers).ShouldBe(["-7", "约三百"]);
    }

    private static List<string?> Texts(ColumnBuffer column) => [.. Enumerable.Range(0, column.Count).Select(row => ExchangeLookup.TextOf(column, row))];
}
