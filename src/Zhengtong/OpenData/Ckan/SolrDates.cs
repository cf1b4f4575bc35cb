using System.Globalization;

namespace Zhengtong.OpenData.Ckan;

/// <summary>Moments as Solr writes them: ISO 8601, or <c>NOW</c>, with sums and roundings behind, such as <c>NOW/DAY-30DAYS</c>. UTC.</summary>
internal static class SolrDates
{
    private static readonly string[] Forms = ["yyyy-MM-dd'T'HH:mm:ss.FFFFFFF", "yyyy-MM-dd'T'HH:mm:ss", "yyyy-MM-dd'T'HH:mm", "yyyy-MM-dd", "yyyy-MM", "yyyy"];

    /// <summary>The moment.</summary>
    /// <exception cref="CkanFault">409 Search Error: none of these.</exception>
    internal static DateTimeOffset Parse(string text, DateTimeOffset now)
    {
        try { return TryParse(text, now) ?? throw Invalid(text); }
        catch (ArgumentOutOfRangeException) { throw Invalid(text); }
        catch (OverflowException) { throw Invalid(text); }
    }

    private static DateTimeOffset? TryParse(string text, DateTimeOffset now)
    {
        DateTimeOffset moment;
        ReadOnlySpan<char> math;
        if (text.StartsWith("NOW", StringComparison.Ordinal))
        {
            moment = now.ToUniversalTime();
            math = text.AsSpan(3);
        }
        else
        {
            var end = text.IndexOf('Z', StringComparison.Ordinal);
            // Without a Z the whole text is the moment: its hyphens are no sums.
            math = end < 0 ? default : text.AsSpan(end + 1);
            if (!DateTime.TryParseExact(end < 0 ? text : text[..end], Forms, CultureInfo.InvariantCulture, DateTimeStyles.None, out var read)) { return null; }
            moment = new DateTimeOffset(read, TimeSpan.Zero);
        }

        while (!math.IsEmpty)
        {
            var sign = math[0];
            var digits = 1;
            while (digits < math.Length && char.IsAsciiDigit(math[digits])) { digits++; }
            var letters = digits;
            while (letters < math.Length && char.IsAsciiLetter(math[letters])) { letters++; }
            var unit = math[digits..letters].ToString().TrimEnd('S');
            if (sign == '/' && digits == 1) { moment = Rounded(moment, unit) ?? default; }
            else if (sign is '+' or '-' && digits > 1 && int.TryParse(math[1..digits], NumberStyles.None, CultureInfo.InvariantCulture, out var count)) { moment = Added(moment, sign == '-' ? -count : count, unit) ?? default; }
            else { return null; }
            if (moment == default) { return null; }
            math = math[letters..];
        }

        return moment;
    }

    private static DateTimeOffset? Added(DateTimeOffset moment, int count, string unit) => unit switch
    {
        "YEAR" => moment.AddYears(count),
        "MONTH" => moment.AddMonths(count),
        "DAY" => moment.AddDays(count),
        "HOUR" => moment.AddHours(count),
        "MINUTE" => moment.AddMinutes(count),
        "SECOND" => moment.AddSeconds(count),
        _ => null,
    };

    private static DateTimeOffset? Rounded(DateTimeOffset m, string unit) => unit switch
    {
        "YEAR" => new(m.Year, 1, 1, 0, 0, 0, TimeSpan.Zero),
        "MONTH" => new(m.Year, m.Month, 1, 0, 0, 0, TimeSpan.Zero),
        "DAY" => new(m.Year, m.Month, m.Day, 0, 0, 0, TimeSpan.Zero),
        "HOUR" => new(m.Year, m.Month, m.Day, m.Hour, 0, 0, TimeSpan.Zero),
        "MINUTE" => new(m.Year, m.Month, m.Day, m.Hour, m.Minute, 0, TimeSpan.Zero),
        "SECOND" => new(m.Year, m.Month, m.Day, m.Hour, m.Minute, m.Second, TimeSpan.Zero),
        _ => null,
    };

    private static CkanFault Invalid(string text) => CkanFault.Search($"Invalid Date in Date Math String:'{CkanFault.Shortened(text)}'");
}
