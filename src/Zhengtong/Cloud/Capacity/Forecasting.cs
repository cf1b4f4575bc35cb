namespace Zhengtong.Cloud.Capacity;

/// <summary>When something is full, if it goes on as it did.</summary>
/// <param name="Days">Days of history behind it.</param>
/// <param name="PerDay">Growth a day, in the kind's unit; null with too little history.</param>
/// <param name="Expected">The day it is full by the trend; null when it does not grow, when that is more than ten years ahead, or with too little history.</param>
/// <param name="Earliest">Beginning of the range in which the day lies in 95 of 100 cases; null likewise.</param>
/// <param name="Latest">End of that range; null when it may never be full.</param>
/// <param name="IsEnough">False with fewer than 14 days: then nothing is said.</param>
public sealed record CapacityForecast(int Days, double? PerDay, DateOnly? Expected, DateOnly? Earliest, DateOnly? Latest, bool IsEnough);

/// <summary>A straight line through the days (least squares) and how sure its slope is: pure.</summary>
internal static class Forecasting
{
    internal const int FewestDays = 14;
    private const int Farthest = 3650;

    /// <param name="history">Day and how much was allocated, each day once, in order.</param>
    /// <param name="capacity">What may be allocated.</param>
    internal static CapacityForecast Of(IReadOnlyList<(DateOnly Day, long Amount)> history, long capacity)
    {
        var count = history.Count;
        if (count < FewestDays) { return new CapacityForecast(count, null, null, null, null, false); }
        var last = history[^1].Day;
        var (xs, ys) = (history.Select(h => (double)(h.Day.DayNumber - last.DayNumber)).ToList(), history.Select(h => (double)h.Amount).ToList());
        var (meanX, meanY) = (xs.Average(), ys.Average());
        var spread = xs.Sum(x => (x - meanX) * (x - meanX));
        var slope = xs.Zip(ys, (x, y) => (x - meanX) * (y - meanY)).Sum() / spread;
        var residual = xs.Zip(ys, (x, y) => y - meanY - (slope * (x - meanX))).Sum(e => e * e);
        // Two standard errors; of 14 days and more that is 95 of 100 near enough.
        var unsure = 2.2 * Math.Sqrt(residual / (count - 2) / spread);
        var now = ys[^1];
        return new CapacityForecast(count, slope, Full(slope), Full(slope + unsure), Full(slope - unsure), true);

        DateOnly? Full(double perDay) => now >= capacity ? last : perDay <= 0 || (capacity - now) / perDay > Farthest ? null : last.AddDays((int)Math.Ceiling((capacity - now) / perDay));
    }
}
