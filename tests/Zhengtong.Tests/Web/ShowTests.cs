using System.Globalization;
using Zhengtong.Web;
using Zhengtong.Web.Components;

namespace Zhengtong.Tests.Web;

public sealed class ShowTests : IDisposable
{
    private readonly CultureInfo before = CultureInfo.CurrentUICulture;

    public void Dispose() => CultureInfo.CurrentUICulture = before;

    [Theory]
    [InlineData("zh-CN", 9_999, "9,999", "")]
    [InlineData("zh-CN", 12_345, "1.23", "万")]
    [InlineData("zh-CN", 123_456_789, "1.23", "亿")]
    [InlineData("en", 999_999, "999,999", "")]
    [InlineData("en", 12_345_678, "12.35", "million")]
    public void Rounded_InEachLanguage_SaysTheStepOfTheLanguage(string language, int value, string figure, string unit)
    {
        CultureInfo.CurrentUICulture = CultureInfo.GetCultureInfo(language);
        Show.Rounded(value).ShouldBe((figure, unit));
    }

    [Fact]
    public void Day_LateEveningInUtc_IsTheNextDayInChina()
    {
        var at = new DateTimeOffset(2026, 11, 22, 16, 30, 0, TimeSpan.Zero);
        Show.Day(at).ShouldBe("2026-11-23");
        Show.Moment(at).ShouldBe("2026-11-23 00:30");
    }

    [Theory]
    [InlineData("?page=3&size=50&sort=-name&text=a", 3, 50, "name", true)]
    [InlineData("?page=-1&size=7&sort=", 1, 20, "", false)]
    [InlineData("?page=999999999999", 1, 20, "", false)]
    public void Listing_Read_TakesOnlyWhatMakesSense(string query, int page, int size, string sort, bool descending)
    {
        var list = Listing.Of("/work/x" + query);
        (list.Page, list.Size, list.Sort, list.Descending).ShouldBe((page, size, sort, descending));
    }

    [Fact]
    public void Listing_Changed_KeepsFiltersAndLeavesThePage() =>
        Listing.Of("/work/x?text=a%26b&page=4&sort=name").With(("sort", "-name"), ("state", null)).ShouldBe("/work/x?text=a%26b&sort=-name");

    [Theory]
    [InlineData("items[0].sharingType", "f-items-0-sharingType")]
    [InlineData("columns[2]", "f-columns-2")]
    [InlineData("name", "f-name")]
    public void IdOf_AFieldOnTheWire_IsAnIdWithoutBrackets(string field, string id) => ErrorSummary.IdOf(field).ShouldBe(id);
}
