using Zhengtong.Exchange.Timetables;
using Zhengtong.Kernel.Calendar;

namespace Zhengtong.Tests.Exchange.Timetables;

/// <summary>When a delivery may run. 23 November 2026 is a Monday; times are China's.</summary>
public sealed class RunningHoursTests
{
    /// <summary>Thursday and Friday off, Saturday worked instead.</summary>
    private static readonly WorkingDays Calendar = new(
    [
        new CalendarDay { Date = new(2026, 11, 26), IsWorkingDay = false, Name = "节" }, new CalendarDay { Date = new(2026, 11, 27), IsWorkingDay = false, Name = "节" },
        new CalendarDay { Date = new(2026, 11, 28), IsWorkingDay = true, Name = "节" },
    ], []);

    [Theory]
    // Nights, over midnight.
    [InlineData("", "22:00", "06:00", "11-23 23:00", "11-23 23:00")]
    [InlineData("", "22:00", "06:00", "11-24 05:59", "11-24 05:59")]
    [InlineData("", "22:00", "06:00", "11-24 06:00", "11-24 22:00")]
    [InlineData("", "22:00", "06:00", "11-24 21:59", "11-24 22:00")]
    // A night belongs to the day on which it begins.
    [InlineData("Monday", "22:00", "06:00", "11-24 05:00", "11-24 05:00")]
    [InlineData("Monday", "22:00", "06:00", "11-24 23:00", "11-30 22:00")]
    [InlineData("Sunday", "22:00", "06:00", "11-23 05:00", "11-23 05:00")]
    // Within a day.
    [InlineData("", "12:00", "13:30", "11-23 11:00", "11-23 12:00")]
    [InlineData("", "12:00", "13:30", "11-23 13:30", "11-24 12:00")]
    // The same begin and end are 24 hours.
    [InlineData("Tuesday", "08:00", "08:00", "11-25 07:59", "11-25 07:59")]
    [InlineData("Tuesday", "08:00", "08:00", "11-25 08:00", "12-01 08:00")]
    // The calendar: a holiday on weekdays, a worked Saturday.
    [InlineData("WorkingDay", "09:00", "17:00", "11-25 18:00", "11-28 09:00")]
    [InlineData("DayOff", "00:00", "00:00", "11-25 12:00", "11-26 00:00")]
    [InlineData("DayOff", "00:00", "00:00", "11-28 12:00", "11-29 00:00")]
    [InlineData("Monday,WorkingDay", "00:00", "00:00", "11-29 00:00", "11-30 00:00")]
    public void OpensAt_EachWindow_IsTheEarliestMomentWithin(string days, string from, string until, string now, string opens)
    {
        var hours = new RunningHours([new RunningWindow([.. days.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(Enum.Parse<RunningDay>)], from, until)], Calendar);
        hours.OpensAt(At(now)).ShouldBe(At(opens));
        (hours.OpenSince(At(now)) is not null).ShouldBe(now == opens);
    }

    [Fact]
    public void OpensAt_NoWindow_IsNow()
    {
        var hours = new RunningHours([], Calendar);
        hours.OpensAt(At("11-23 03:04")).ShouldBe(At("11-23 03:04"));
        (hours.OpenSince(At("11-23 03:04")), hours.After(At("11-23 03:04"), TimeSpan.FromHours(30))).ShouldBe((null, At("11-24 09:04")));
    }

    [Fact]
    public void OpenSince_WindowsThatTouch_AreOneTime()
    {
        var hours = new RunningHours([new RunningWindow(null, "08:00", "12:00"), new RunningWindow(null, "12:00", "14:00"), new RunningWindow(null, "16:00", "18:00")], Calendar);
        hours.OpenSince(At("11-23 13:00")).ShouldBe(At("11-23 08:00"));
        hours.OpenSince(At("11-23 15:00")).ShouldBeNull();
        hours.OpenSince(At("11-23 16:00")).ShouldBe(At("11-23 16:00"));
    }

    [Theory]
    [InlineData("11-23 21:00", 1, "11-23 23:00")]
    [InlineData("11-23 23:00", 7, "11-24 06:00")]
    [InlineData("11-23 23:00", 8, "11-24 23:00")]
    [InlineData("11-23 12:00", 24, "11-26 06:00")]
    public void After_Nights_CountsOnlyTheTimeWithin(string now, int hours, string end) =>
        new RunningHours([new RunningWindow(null, "22:00", "06:00"), new RunningWindow([RunningDay.Monday], "23:00", "01:00")], Calendar).After(At(now), TimeSpan.FromHours(hours)).ShouldBe(At(end));

    [Fact]
    public void Pace_AnOrderInABreak_GoesAheadUntilTheHoursHaveOpened()
    {
        var nights = new PaceTerms([new RunningWindow(null, "22:00", "06:00")], null, null, DeliveryPriority.Normal, At("11-23 10:00"));
        var pace = new Pace(nights, Calendar);
        (pace.ClosedUntil(At("11-23 12:00")), pace.GoesAhead(At("11-23 12:00"))).ShouldBe((null, true));
        (pace.ClosedUntil(At("11-23 23:00")), pace.GoesAhead(At("11-23 23:00"))).ShouldBe((null, false));
        (pace.ClosedUntil(At("11-24 12:00")), pace.GoesAhead(At("11-24 12:00"))).ShouldBe((At("11-24 22:00"), false));
        // Ordered while they were open, it asks for nothing more.
        new Pace(nights with { AskedAt = At("11-24 01:00") }, Calendar).ClosedUntil(At("11-24 12:00")).ShouldBe(At("11-24 22:00"));
    }

    private static DateTimeOffset At(string time) => DateTimeOffset.Parse($"2026-{time}:00+08:00", System.Globalization.CultureInfo.InvariantCulture);
}
