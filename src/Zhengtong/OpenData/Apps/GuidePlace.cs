using System.Globalization;
using Zhengtong.OpenData.Model;
using Zhengtong.OpenData.Tables;

namespace Zhengtong.OpenData.Apps;

/// <summary>Whether a place is open.</summary>
internal enum PlaceState
{
    /// <summary>Its hours are not said, or not so that they are understood.</summary>
    Unknown,
    /// <summary>Open now.</summary>
    Open,
    /// <summary>Closed now.</summary>
    Closed,
    /// <summary>A hospital whose outpatients' hours are over; its emergency department is open.</summary>
    Emergency,
}

/// <summary>A row of a table as a place; public because components take it, what it holds is not.</summary>
public sealed class GuidePlace
{
    private readonly object?[] row;

    internal GuidePlace(GuideSource source, object?[] row)
    {
        (Source, this.row) = (source, row);
        if (source.Table.Places is not { } places) { return; }
        if (places is { Longitude: > 0, Latitude: > 0 } && Number(row[places.Longitude]) is { } longitude && Number(row[places.Latitude]) is { } latitude && Math.Abs(longitude) <= 180 && Math.Abs(latitude) <= 90)
        {
            Place = Coordinates.ToWgs84(longitude, latitude, places.System);
        }
    }

    internal GuideSource Source { get; }

    /// <summary>Longitude and latitude in WGS 84; null where the row has none or it is no point.</summary>
    internal (double Longitude, double Latitude)? Place { get; }

    internal string Name => TextOf(Source.Columns.Name) ?? "";

    internal string? Address => TextOf(Source.Columns.Address);

    internal string? District => TextOf(Source.Columns.District);

    internal string? Level => TextOf(Source.Columns.Level);

    internal string? Hours => TextOf(Source.Columns.Hours);

    internal string? Closed => TextOf(Source.Columns.Closed);

    internal bool HasEmergency => CellOf(Source.Columns.Emergency) is true;

    internal string? Phone => TextOf(Source.Columns.Phone);

    /// <summary>What tells it apart in its dataset: the key's cell, or the number of its row.</summary>
    internal string Key => TextOf(Source.Columns.Key) ?? Cell.TextOf(row[0])!;

    /// <summary>The cells that have no part of their own, with the columns they stand in; empty ones are left out.</summary>
    internal IEnumerable<(TableColumn Column, object Value)> Facts()
    {
        var (own, places) = (Source.Columns.All().Select(c => c.Position).ToHashSet(), Source.Table.Places!);
        foreach (var column in Source.Table.Columns)
        {
            if (own.Contains(column.Position) || column.Position == places.Geometry || column.Position == places.Longitude || column.Position == places.Latitude || row[column.Position] is not { } value || value is "") { continue; }
            yield return (column, value);
        }
    }

    internal DateOnly? From => CellOf(Source.Columns.From) as DateOnly?;

    internal DateOnly? Until => CellOf(Source.Columns.Until) as DateOnly?;

    /// <summary>Whether it is open, and until which minute of the day.</summary>
    internal (PlaceState State, int? Until) StateAt(GuideClock clock)
    {
        if (From > clock.Today || Until < clock.Today) { return (PlaceState.Closed, null); }
        if (OpeningHours.Parse(Hours) is not { } hours) { return (PlaceState.Unknown, null); }
        return hours.OpenUntil(clock.Now, OpeningHours.DaysIn(Closed), clock.KindOf) is { } until ? (PlaceState.Open, until) : (HasEmergency ? PlaceState.Emergency : PlaceState.Closed, null);
    }

    /// <summary>First and last bus at this stop, and the minutes between two; null where it is no stop.</summary>
    internal (int First, int Last, int Every)? Buses()
    {
        if (CellOf(Source.Columns.FirstBus) is not TimeOnly first || CellOf(Source.Columns.LastBus) is not TimeOnly last || CellOf(Source.Columns.Interval) is not long every || every is < 1 or > 1440) { return null; }
        var run = CellOf(Source.Columns.RunTime) is long minutes and >= 0 and <= 1440 ? (int)minutes : 0;
        var (from, to) = ((first.Hour * 60) + first.Minute + run, (last.Hour * 60) + last.Minute + run);
        return to >= from ? (from, to, (int)every) : null;
    }

    private string? TextOf(TableColumn? column) => column is null || Cell.TextOf(row[column.Position]) is not { Length: > 0 } text ? null : text;

    private object? CellOf(TableColumn? column) => column is null ? null : row[column.Position];

    private static double? Number(object? cell) => cell is null ? null : Convert.ToDouble(cell, CultureInfo.InvariantCulture) is var number && double.IsFinite(number) ? number : null;
}
