using System.Globalization;
using System.Text.RegularExpressions;

namespace Zhengtong.OpenData.Apps;

/// <summary>What a day is by the calendar of working days.</summary>
internal enum DayKind
{
    /// <summary>No notice names it: it is what its weekday says.</summary>
    Usual,
    /// <summary>A holiday, or a weekend day that belongs to one.</summary>
    Holiday,
    /// <summary>A worked Saturday or Sunday.</summary>
    Worked,
}

/// <summary>Hours of some weekdays.</summary>
/// <param name="Days">Weekdays as bits, Monday the lowest.</param>
/// <param name="From">Minute of the day from which it is open, 0 to 1439.</param>
/// <param name="To">Minute at which it closes, above <paramref name="From"/>; above 1440 on the day after.</param>
internal sealed record OpeningSpan(int Days, int From, int To);

/// <summary>When a place is open, read out of what departments write: <c>08:30-17:30</c>, <c>周一至周五08:00-12:00、14:00-17:30</c>, <c>全天</c>, <c>每日06:00-22:00</c>, <c>法定节假日除外</c>.
/// Monday to Friday means the working days of the calendar, as offices understand it.</summary>
/// <param name="Spans">The hours, in the order written.</param>
/// <param name="NotOnHolidays">True when holidays are excepted.</param>
internal sealed partial record OpeningHours(IReadOnlyList<OpeningSpan> Spans, bool NotOnHolidays)
{
    /// <summary>Monday to Friday.</summary>
    internal const int Workdays = 0b0011111;

    private const int AllDays = 0b1111111;
    private const int Longest = 200;
    private const string Weekdays = "一二三四五六日";

    /// <summary>The hours that a text means; null when it says something that is not understood, for then nothing is known.</summary>
    internal static OpeningHours? Parse(string? text)
    {
        if (text is null || text.Length > Longest) { return null; }
        var (spans, days, timed, named, except) = (new List<OpeningSpan>(), 0, false, false, false);
        var at = 0;
        foreach (Match part in Parts().Matches(text))
        {
            if (part.Index != at) { return null; }
            at += part.Length;
            if (part.Groups["gap"].Success) { continue; }
            if (part.Groups["except"].Success) { except = true; continue; }
            if (DaysOf(part) is { } more)
            {
                // Days behind hours begin the next rule; days behind days belong together.
                if (named && !timed) { days |= more; }
                else { End(); (days, named, timed) = (more, true, false); }
                continue;
            }

            timed = true;
            if (part.Groups["whole"].Success) { spans.Add(new OpeningSpan(named ? days : AllDays, 0, 1440)); continue; }
            if (Minute(part.Groups["from"].Value) is not { } from || Minute(part.Groups["to"].Value) is not { } to || from == 1440) { return null; }
            spans.Add(new OpeningSpan(named ? days : AllDays, from, to <= from || part.Groups["next"].Success ? to + 1440 : to));
        }

        if (at != text.Length) { return null; }
        End();
        if (spans.Count == 0 && except) { spans.Add(new OpeningSpan(AllDays, 0, 1440)); }
        return spans.Count is 0 or > 20 || spans.Any(s => s.To - s.From > 1440) ? null : new OpeningHours(spans, except);

        void End()
        {
            // Days without hours: the whole of them.
            if (named && !timed) { spans.Add(new OpeningSpan(days, 0, 1440)); }
        }
    }

    /// <summary>The weekdays that a text names, as bits: <c>周一</c>, <c>周一、周二</c>; 0 for none or for what is no weekday.</summary>
    internal static int DaysIn(string? text)
    {
        var days = 0;
        if (text is null || text.Length > Longest) { return 0; }
        foreach (Match part in Parts().Matches(text)) { days |= DaysOf(part) ?? 0; }
        return days;
    }

    /// <summary>True when it is open at this moment of China's time; and until which minute of the day, above 1440 for after midnight.</summary>
    /// <param name="at">Day and time in China.</param>
    /// <param name="closed">Weekdays on which it rests, as bits; on holidays it does not rest.</param>
    /// <param name="kindOf">What a day is by the calendar.</param>
    internal int? OpenUntil(DateTime at, int closed, Func<DateOnly, DayKind> kindOf)
    {
        var (day, minute) = (DateOnly.FromDateTime(at), (at.Hour * 60) + at.Minute);
        int? until = null;
        foreach (var (on, now) in new[] { (day, minute), (day.AddDays(-1), minute + 1440) })
        {
            var kind = kindOf(on);
            var bit = 1 << (((int)on.DayOfWeek + 6) % 7);
            if ((NotOnHolidays && kind == DayKind.Holiday) || ((closed & bit) != 0 && kind != DayKind.Holiday)) { continue; }
            foreach (var span in Spans.Where(s => now >= s.From && now < s.To && Holds(s.Days, bit, kind))) { until = Math.Max(until ?? 0, span.To - (now - minute)); }
        }

        return until;
    }

    private static bool Holds(int days, int bit, DayKind kind) => days == Workdays ? kind == DayKind.Worked || (kind == DayKind.Usual && (days & bit) != 0) : (days & bit) != 0;

    private static int? DaysOf(Match part)
    {
        if (part.Groups["work"].Success) { return Workdays; }
        if (part.Groups["end"].Success) { return AllDays & ~Workdays; }
        if (part.Groups["daily"].Success) { return AllDays; }
        if (!part.Groups["day"].Success) { return null; }
        var first = Index(part.Groups["day"].Value);
        var last = part.Groups["last"].Success ? Index(part.Groups["last"].Value) : first;
        var days = 0;
        for (var n = first; ; n = (n + 1) % 7)
        {
            days |= 1 << n;
            if (n == last) { return days; }
        }

        static int Index(string day) => Weekdays.IndexOf(day == "天" ? "日" : day, StringComparison.Ordinal);
    }

    private static int? Minute(string time)
    {
        var parts = time.Split(':', '：');
        var (hour, minute) = (int.Parse(parts[0], CultureInfo.InvariantCulture), int.Parse(parts[1], CultureInfo.InvariantCulture));
        return hour <= 24 && minute < 60 && (hour * 60) + minute is var total and <= 1440 ? total : null;
    }

    [GeneratedRegex(@"(?<gap>[\s、，,；;。（）()]+|和|及)|(?<except>(?:法定)?节假日(?:除外|休息|不开放))|(?<work>工作日)|(?<end>周末|双休日)|(?<daily>每日|每天|天天)|(?:周|星期)(?<day>[一二三四五六日天])(?:[至到~\-－—～](?:周|星期)?(?<last>[一二三四五六日天]))?|(?<whole>全天(?:开放|营业)?|24小时(?:开放|营业)?)|(?<from>[0-9]{1,2}[:：][0-9]{2})\s*[-－—–~～至到]\s*(?<next>次日)?(?<to>[0-9]{1,2}[:：][0-9]{2})", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Parts();
}
