using System.Globalization;
using System.Text;
using Zhengtong.Kernel;

namespace Zhengtong.Web;

/// <summary>How numbers, moments and words of a list look to the reader.</summary>
internal static class Show
{
    /// <summary>The zone in which moments are shown: China has one.</summary>
    internal static readonly TimeZoneInfo Zone = TimeZoneInfo.FindSystemTimeZoneById("Asia/Shanghai");

    private static readonly (decimal From, string Key)[] Chinese = [(100_000_000m, "web.unit.hundred-million"), (10_000m, "web.unit.ten-thousand")];
    private static readonly (decimal From, string Key)[] English = [(1_000_000_000m, "web.unit.billion"), (1_000_000m, "web.unit.million")];

    /// <summary>True when the reader reads Chinese.</summary>
    internal static bool InChinese => CultureInfo.CurrentUICulture.TwoLetterISOLanguageName == "zh";

    /// <summary>A day: 2026-11-23.</summary>
    internal static string Day(DateTimeOffset at) => TimeZoneInfo.ConvertTime(at, Zone).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    /// <summary>A day: 2026-11-23.</summary>
    internal static string Day(DateOnly day) => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    /// <summary>A moment to the minute: 2026-11-23 14:05.</summary>
    internal static string Moment(DateTimeOffset at) => TimeZoneInfo.ConvertTime(at, Zone).ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture);

    /// <summary>A moment to the second with its offset: 2026-11-23 14:05:09 +08:00.</summary>
    internal static string Exactly(DateTimeOffset at) => TimeZoneInfo.ConvertTime(at, Zone).ToString("yyyy-MM-dd HH:mm:ss zzz", CultureInfo.InvariantCulture);

    /// <summary>The first moment of a day in the shown zone.</summary>
    internal static DateTimeOffset StartOf(DateOnly day)
    {
        var local = day.ToDateTime(TimeOnly.MinValue);
        return new DateTimeOffset(local, Zone.GetUtcOffset(local)).ToUniversalTime();
    }

    /// <summary>The exact number with groups: 1,234,567.</summary>
    internal static string Number(decimal value) => value.ToString("#,0.##", CultureInfo.InvariantCulture);

    /// <summary>The number as people say it, in two parts: 123.46 and 万; the unit is empty below the first step.</summary>
    internal static (string Figure, string Unit) Rounded(decimal value)
    {
        foreach (var (from, key) in InChinese ? Chinese : English)
        {
            if (Math.Abs(value) >= from) { return ((value / from).ToString("#,0.##", CultureInfo.InvariantCulture), Text.Of(key)); }
        }

        return (Number(value), "");
    }

    /// <summary>An amount of bytes: 1.5 MB; steps of 1,000.</summary>
    internal static string Bytes(long bytes)
    {
        string[] units = ["B", "kB", "MB", "GB", "TB", "PB"];
        var (value, step) = ((decimal)bytes, 0);
        while (Math.Abs(value) >= 1000 && step < units.Length - 1) { (value, step) = (value / 1000, step + 1); }
        return $"{value.ToString("#,0.#", CultureInfo.InvariantCulture)} {units[step]}";
    }

    /// <summary>A length of time in its two largest units: 3 分 20 秒.</summary>
    internal static string Span(TimeSpan span) => span switch
    {
        { TotalDays: >= 1 } => Text.Of("web.span.days", (int)span.TotalDays, span.Hours),
        { TotalHours: >= 1 } => Text.Of("web.span.hours", (int)span.TotalHours, span.Minutes),
        { TotalMinutes: >= 1 } => Text.Of("web.span.minutes", (int)span.TotalMinutes, span.Seconds),
        _ => Text.Of("web.span.seconds", Math.Max(0, (int)span.TotalSeconds)),
    };

    /// <summary>The word for a member of an enumeration: key <c>module.type-name.member-name</c>.</summary>
    internal static string Word<T>(string module, T value) where T : struct, Enum => Text.Of($"{module}.{Kebab(typeof(T).Name)}.{Kebab(value.ToString())}");

    /// <summary>What a ledger event is called: key <c>module.event.rest</c>; the event's own name when it has no words.</summary>
    internal static string Event(string name) => name.Split('.', 2) is [var module, var rest] ? Text.Find($"{module}.event.{rest}") ?? name : name;

    /// <summary>A cell of a table or an export as text.</summary>
    internal static string Cell(object? value) => value switch
    {
        null => "",
        string text => text,
        DateTimeOffset at => Moment(at),
        DateOnly day => Day(day),
        bool yes => Text.Of(yes ? "web.yes" : "web.no"),
        decimal or long or int or double => Number(Convert.ToDecimal(value, CultureInfo.InvariantCulture)),
        _ => value.ToString() ?? "",
    };

    /// <summary><c>NotShared</c> becomes <c>not-shared</c>.</summary>
    internal static string Kebab(string name)
    {
        var kebab = new StringBuilder(name.Length + 8);
        foreach (var letter in name)
        {
            if (char.IsUpper(letter) && kebab.Length > 0) { kebab.Append('-'); }
            kebab.Append(char.ToLowerInvariant(letter));
        }

        return kebab.ToString();
    }
}
