using Zhengtong.OpenData.Model;
using Zhengtong.OpenData.Tables;

namespace Zhengtong.OpenData.Apps;

/// <summary>Some of the places of a kind; public because components take it, what it holds is not.</summary>
public sealed class FoundPlaces
{
    internal IReadOnlyList<GuidePlace> Places { get; init; } = null!;

    /// <summary>How many there are in all.</summary>
    internal long Total { get; init; }
}

/// <summary>Asks the tables of a kind one after the other, by the questions and within the limits of everybody.</summary>
internal sealed class GuidePlaces(TableEngine engine, GuideSources sources)
{
    /// <summary>The places that an address asks for: a page of them, or as many as a map holds.</summary>
    internal async Task<FoundPlaces> FindAsync(IReadOnlyList<GuideSource> from, PlacesAsked asked, GuideClock clock, CancellationToken ct)
    {
        var (skip, take) = asked.AsMap ? (0L, PlacesAsked.MostOnMap) : ((asked.Page - 1L) * PlacesAsked.PageSize, PlacesAsked.PageSize);
        var (found, total) = (new List<GuidePlace>(), 0L);
        foreach (var source in from)
        {
            if (await ConditionAsync(source, asked, clock, ct) is not { } where) { continue; }
            // Where rows of it are shown one question gives them and their number; else the number alone is asked for.
            var (offset, limit) = (Math.Max(0, skip - total), Math.Max(0, take - found.Count));
            var answer = await engine.AskAsync(source.Table, new TableQuery { Where = where, Text = asked.Words.Length > 0 ? asked.Words : null, Offset = limit > 0 ? offset : 0, Limit = limit, Count = true }, TableLimits.Public, ct);
            found.AddRange(answer.Rows.Select(r => new GuidePlace(source, r)));
            total += answer.Total!.Value;
        }

        return new FoundPlaces { Places = found, Total = total };
    }

    /// <summary>The place of that key; null when there is none.</summary>
    internal async Task<GuidePlace?> OneAsync(GuideSource source, string key, CancellationToken ct)
    {
        var column = source.Columns.Key?.Name ?? "_id";
        if ((source.Columns.Key is null or { Type: ColumnType.Integer }) && !long.TryParse(key, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out _)) { return null; }
        var answer = await engine.AskAsync(source.Table, new TableQuery { Where = new Condition.Compare(column, Comparison.Equal, key), Limit = 1 }, TableLimits.Public, ct);
        return answer.Rows is [var row] ? new GuidePlace(source, row) : null;
    }

    /// <summary>What rows must satisfy; null when none of the table can.</summary>
    private async Task<Condition?> ConditionAsync(GuideSource source, PlacesAsked asked, GuideClock clock, CancellationToken ct)
    {
        var (columns, all) = (source.Columns, new List<Condition>());
        if (asked.District.Length > 0)
        {
            if (columns.District is not { } district) { return null; }
            all.Add(new Condition.Compare(district.Name, Comparison.StartsWith, asked.District));
        }

        if (asked.Level.Length > 0)
        {
            if (columns.Level is not { } level) { return null; }
            all.Add(new Condition.Compare(level.Name, Comparison.Equal, asked.Level));
        }

        if (asked.OpenNow)
        {
            if (columns.Hours is not { } hours) { return null; }
            // Hours are few different texts: each is understood once, and the table is asked for those that mean now.
            var choices = await sources.ChoicesAsync(source, ct);
            var resting = choices.Closed.Count > 0 ? choices.Closed : [""];
            // An emergency department is open whenever the outpatients' hours are over.
            Condition[] always = columns.Emergency is { } emergency ? [new Condition.Compare(emergency.Name, Comparison.Equal, "true")] : [];
            all.Add(new Condition.Any([.. resting.Select(Open), .. always]));
            var today = clock.Today.ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture);
            if (columns.From is { } first) { all.Add(new Condition.Compare(first.Name, Comparison.LessOrEqual, today)); }
            if (columns.Until is { } last) { all.Add(new Condition.Compare(last.Name, Comparison.GreaterOrEqual, today)); }

            Condition Open(string rests)
            {
                var open = choices.Hours.Where(h => OpeningHours.Parse(h)?.OpenUntil(clock.Now, OpeningHours.DaysIn(rests), clock.KindOf) is not null).ToList();
                var now = new Condition.In(hours.Name, open);
                return columns.Closed is { } closed && rests.Length > 0 ? new Condition.All([new Condition.Compare(closed.Name, Comparison.Equal, rests), now]) : now;
            }
        }

        return new Condition.All(all);
    }
}
