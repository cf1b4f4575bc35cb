using System.Globalization;

namespace Zhengtong.Kernel;

/// <summary>Time as people in China read it: UTC+8 all year, everywhere in the country. Stored times stay UTC.</summary>
internal static class ChinaTime
{
    private static readonly TimeSpan Offset = TimeSpan.FromHours(8);

    /// <summary>The day it is in China at this moment.</summary>
    internal static DateOnly DateOf(DateTimeOffset at) => DateOnly.FromDateTime(at.ToOffset(Offset).DateTime);

    /// <summary>The moment a day begins in China, in UTC.</summary>
    internal static DateTimeOffset StartOf(DateOnly day) => new DateTimeOffset(day.ToDateTime(TimeOnly.MinValue), Offset).ToUniversalTime();

    /// <summary><c>2026-11-23 23:06:57</c> in China.</summary>
    internal static string Show(DateTimeOffset at) => at.ToOffset(Offset).ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);
}
