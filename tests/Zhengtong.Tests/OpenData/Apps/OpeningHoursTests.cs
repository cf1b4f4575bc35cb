using System.Globalization;
using CsCheck;
using Zhengtong.OpenData.Apps;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.OpenData.Apps;

public sealed class OpeningHoursTests
{
    /// <summary>A holiday on Thursday, 1 January 2026, and a worked Sunday, 4 January, as the notices have them.</summary>
    private static DayKind KindOf(DateOnly day) => day == new DateOnly(2026, 1, 1) ? DayKind.Holiday : day == new DateOnly(2026, 1, 4) ? DayKind.Worked : DayKind.Usual;

    // 2026-11-23 is a Monday.
    [Theory]
    [InlineData("08:30-17:30", "2026-11-23 08:30", "17:30")]
    [InlineData("08:30-17:30", "2026-11-23 08:29", null)]
    [InlineData("08:30-17:30", "2026-11-23 17:30", null)]
    [InlineData("08:30—17:30", "2026-11-23 12:00", "17:30")]
    [InlineData("08：30～17：30", "2026-11-23 12:00", "17:30")]
    [InlineData("08:00-12:00、14:00-17:30", "2026-11-23 13:00", null)]
    [InlineData("08:00-12:00、14:00-17:30", "2026-11-23 14:00", "17:30")]
    [InlineData("全天开放", "2026-11-23 03:00", "24:00")]
    [InlineData("全天", "2026-11-22 03:00", "24:00")]
    [InlineData("24小时", "2026-11-22 03:00", "24:00")]
    [InlineData("每日06:00-22:00", "2026-11-22 07:00", "22:00")]
    [InlineData("周一至周五08:30-17:30", "2026-11-23 10:00", "17:30")]
    [InlineData("周一至周五08:30-17:30", "2026-11-22 10:00", null)]
    [InlineData("周一至周五08:30-17:30", "2026-01-01 10:00", null)]
    [InlineData("周一至周五08:30-17:30", "2026-01-04 10:00", "17:30")]
    [InlineData("工作日 09:00-17:00", "2026-01-04 10:00", "17:00")]
    [InlineData("周一至周六08:00-12:00、14:00-18:00", "2026-11-21 15:00", "18:00")]
    [InlineData("周一至周六08:00-12:00、14:00-18:00", "2026-11-22 15:00", null)]
    [InlineData("周一至周五08:00-18:00；周六、周日09:00-12:00", "2026-11-22 10:00", "12:00")]
    [InlineData("周一至周五08:00-18:00；周六、周日09:00-12:00", "2026-11-23 17:00", "18:00")]
    [InlineData("周五至周一10:00-11:00", "2026-11-22 10:30", "11:00")]
    [InlineData("周二、周四、周六", "2026-11-24 10:30", "24:00")]
    [InlineData("周二、周四、周六", "2026-11-23 10:30", null)]
    [InlineData("法定节假日除外", "2026-01-01 10:30", null)]
    [InlineData("法定节假日除外", "2026-01-02 10:30", "24:00")]
    [InlineData("17:00-次日02:00", "2026-11-23 01:30", "2:00")]
    [InlineData("17:00-02:00", "2026-11-23 23:30", "26:00")]
    [InlineData("17:00-02:00", "2026-11-23 02:00", null)]
    [InlineData("周五22:00-06:00", "2026-11-21 05:00", "6:00")]
    [InlineData("周五22:00-06:00", "2026-11-20 05:00", null)]
    public void OpenUntil_AtAMoment_IsWhatTheTextSays(string text, string at, string? until)
    {
        var found = OpeningHours.Parse(text).ShouldNotBeNull().OpenUntil(DateTime.ParseExact(at, "yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture), 0, KindOf);
        (found is { } minute ? $"{minute / 60}:{minute % 60:00}" : null).ShouldBe(until?.TrimStart('0'));
    }

    [Theory]
    [InlineData("周一", "2026-11-23 10:00", false)]
    [InlineData("周一", "2026-11-24 10:00", true)]
    [InlineData("无", "2026-11-23 10:00", true)]
    [InlineData(null, "2026-11-23 10:00", true)]
    [InlineData("周四", "2026-01-01 10:00", true)]
    public void OpenUntil_OnARestingDay_IsClosedButOnHolidays(string? rests, string at, bool open) =>
        (OpeningHours.Parse("09:00-17:00")!.OpenUntil(DateTime.ParseExact(at, "yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture), OpeningHours.DaysIn(rests), KindOf) is not null).ShouldBe(open);

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("以现场公告为准")]
    [InlineData("08:30-17:30左右")]
    [InlineData("25:00-26:00")]
    [InlineData("08:61-09:00")]
    [InlineData("24:00-02:00")]
    [InlineData("08:00-次日10:00")]
    [InlineData("8点到5点")]
    [InlineData("周一至周五上午")]
    public void Parse_WhatIsNotUnderstood_IsUnknown(string? text) => OpeningHours.Parse(text).ShouldBeNull();

    [Fact]
    public void Parse_AnyText_EndsAndKeepsItsBounds() => Pick.Of("周", "一", "五", "至", "、", "08:00", "-", "24:00", "次日", "全天", "节假日除外", " ", "9:5", "\0").Array[0, 12].Select(parts => string.Concat(parts)).Sample(text =>
    {
        if (OpeningHours.Parse(text) is not { } hours) { return; }
        hours.Spans.ShouldAllBe(s => s.From >= 0 && s.From < 1440 && s.To > s.From && s.To <= s.From + 1440 && s.Days > 0 && s.Days < 128);
        for (var hour = 0; hour < 24 * 7; hour += 5) { hours.OpenUntil(new DateTime(2026, 11, 23).AddHours(hour), 0, KindOf); }
    });

    [Fact]
    public void Parse_VeryLong_IsUnknown() => OpeningHours.Parse(string.Join('、', Enumerable.Repeat("08:00-09:00", 30))).ShouldBeNull();
}
