using System.Globalization;
using System.Text;
using Zhengtong.OpenData.Import;
using Zhengtong.OpenData.Model;

namespace Zhengtong.Demonstration;

/// <summary>The rows of a planned dataset in one of its versions. Every value follows from the seed, the dataset, the column and the row's number: two machines make the same rows.
/// An enterprise has the same credit code and name in every dataset that names it, and what is counted over years goes on from one year's dataset to the next.</summary>
internal sealed class PlannedTable
{
    /// <summary>The year that is not over yet, and the last day of it that data is about.</summary>
    internal const int LastYear = 2026;

    private const ulong Seed = 20130401;
    private const int LastDay = 300;

    /// <summary>Enterprises of a county that datasets may name; its register has at least so many.</summary>
    private const int Enterprises = 160;

    /// <summary>Apart from the business database's enterprises, which are numbered from 0.</summary>
    private const int FirstEnterprise = 500_000;

    private static readonly string[] Measured = ["pick", "chance", "step", "between", "count", "dec", "trend", "value"];

    private readonly PlannedDataset dataset;
    private readonly SyntheticProvince province;
    private readonly int version;
    private readonly ulong seed;
    private readonly IReadOnlyList<PlannedColumn> planned;
    private readonly IReadOnlyList<ProvinceRegion> counties;
    private readonly IReadOnlyList<Func<PlannedRow, object?[], object?>> generators;
    private readonly bool isByDistrict;

    internal PlannedTable(PlannedDataset dataset, SyntheticProvince province, int version)
    {
        this.dataset = dataset;
        this.province = province;
        this.version = version;
        seed = Dice.Mix(Seed, SyntheticTable.Hash(dataset.Name));
        planned = dataset.Plan.ColumnsOf(dataset.Template);
        counties = [.. province.Counties.Where(c => c.Code.StartsWith(dataset.Region.Code, StringComparison.Ordinal))];
        isByDistrict = counties.Count == 1 || dataset.Template.Rows.Contains("district");
        Columns = [.. planned.Select(ColumnOf)];
        var (longitude, latitude) = (planned.Index().FirstOrDefault(c => c.Item.Generator == "lon", (-1, null!)).Index, planned.Index().FirstOrDefault(c => c.Item.Generator == "lat", (-1, null!)).Index);
        Places = longitude < 0 ? null : new NewPlaces(0, longitude + 1, latitude + 1, CoordinateSystem.Wgs84);
        generators = [.. planned.Select(c => Generator(c, c.Generator))];
    }

    internal IReadOnlyList<NewColumn> Columns { get; }

    internal NewPlaces? Places { get; }

    /// <summary>The rows in their order. Versions before the last lack a few and say other figures in some.</summary>
    internal IEnumerable<object?[]> Rows()
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var row in Expand(0, new PlannedRow { Names = names, District = counties[0] }).Index().Select(r => Located(r.Item with { Index = r.Index })))
        {
            var cells = new object?[planned.Count];
            for (var n = 0; n < cells.Length; n++) { cells[n] = Typed(planned[n], Columns[n].Scale, generators[n](row, cells)); }
            // One in twenty comes with each version; by its number, so that small tables have one too.
            if ((row.Index + (int)(seed % 20)) % 20 >= dataset.Versions - version) { yield return cells; }
        }
    }

    private static NewColumn ColumnOf(PlannedColumn column) => new(column.Name, column.Type)
    {
        Title = column.Title,
        Description = column.Description,
        Unit = column.Unit,
        IsKey = column.IsKey,
        Precision = column.Type == ColumnType.Decimal ? 18 : 0,
        Scale = column.Type == ColumnType.Decimal ? ScaleOf(column.Generator.Split(' ')) : 0,
    };

    private static int ScaleOf(string[] words) => words[0] switch
    {
        "maybe" => ScaleOf(words[2..]),
        "dec" => Whole(words[3]),
        "tenths" or "season" or "plus" or "share" or "growth" or "ratio" => 1,
        _ => 2,
    };

    private static object? Typed(PlannedColumn column, int scale, object? value) => (column.Type, value) switch
    {
        (_, null) => null,
        (ColumnType.Integer, decimal number) => (long)Math.Round(number, MidpointRounding.AwayFromZero),
        // The scale is part of the value: 1.50 and not 1.5, wherever it is written as text.
        (ColumnType.Decimal, decimal number) => Math.Round(number, scale, MidpointRounding.AwayFromZero) + new decimal(0, 0, 0, false, (byte)scale),
        (ColumnType.Float, decimal number) => (double)number,
        (ColumnType.Integer, string text) => long.Parse(text, CultureInfo.InvariantCulture),
        (ColumnType.Decimal, string text) => Typed(column, scale, decimal.Parse(text, CultureInfo.InvariantCulture)),
        (ColumnType.Time, string text) => TimeOnly.ParseExact(text, "HH:mm", CultureInfo.InvariantCulture),
        _ => value,
    };

    private IEnumerable<PlannedRow> Expand(int at, PlannedRow row)
    {
        if (at == dataset.Template.Rows.Count) { return [row]; }
        var words = dataset.Template.Rows[at].Split(' ');
        var year = dataset.Year ?? LastYear;
        IEnumerable<PlannedRow> here = words[0] switch
        {
            "district" => counties.Select(c => row with { District = c }),
            "list" => Words(words[1]).Select(w => row with { Item = w.Split('/') }),
            "month" => Enumerable.Range(1, year == LastYear ? 10 : 12).Select(m => row with { Day = new DateOnly(year, m, 1) }),
            "quarter" => Enumerable.Range(0, year == LastYear ? 3 : 4).Select(q => row with { Day = new DateOnly(year, (q * 3) + 1, 1) }),
            "day" => Enumerable.Range(0, year == LastYear ? LastDay : DateTime.IsLeapYear(year) ? 366 : 365).Select(d => row with { Day = new DateOnly(year, 1, 1).AddDays(d) }),
            "n" => Enumerable.Range(0, new Dice(Dice.Mix(seed, SyntheticTable.Hash(row.District.Code))).Between(Whole(words[1]), Whole(words[2]))).Select(n => row with { Number = n }),
            _ => throw new InvalidDataException($"opendata.json: {dataset.Template.Id} has no axis '{words[0]}'"),
        };
        return here.SelectMany(r => Expand(at + 1, r));
    }

    private PlannedRow Located(PlannedRow row) => isByDistrict ? row : row with { District = new Dice(Dice.Mix(seed ^ 7, (ulong)row.Index)).Pick(counties) };

    /// <summary>The vocabulary of <c>opendata.json</c>. Numbers come as decimals and get their type and scale from the column.</summary>
    private Func<PlannedRow, object?[], object?> Generator(PlannedColumn column, string spec)
    {
        var words = spec.Split(' ');
        var own = Dice.Mix(seed, SyntheticTable.Hash(column.Name));
        var mayChange = !column.IsKey && Measured.Contains(words[0]);
        switch (words[0])
        {
            case "serial":
                return (row, _) => string.Create(CultureInfo.InvariantCulture, $"{words[1]}{row.District.Code}-{row.Index + 1:D4}");
            case "text":
                return (row, _) => Compose(spec[5..], row, Roll(row));
            case "name":
                return (row, _) => Unique(spec[5..], row, Roll(row));
            case "company":
                return (row, _) => EnterpriseName(row);
            case "credit":
                var kind = words.Length > 1 ? words[1] : "91";
                return (row, _) => Codes.Registered(kind, row.District.Code, FirstEnterprise + EnterpriseOf(row));
            case "own":
                // Nobody's but this kind of dataset's: a block of numbers for each template.
                var block = 600_000 + ((int)(SyntheticTable.Hash(dataset.Template.Id) % 390) * 1000);
                return (row, _) => Codes.Registered(words[1], row.District.Code, block + row.Number);
            case "phone":
                return (row, _) => { var dice = Roll(row); return $"{dataset.Plan.Phones[row.District.Code[..4]]}-{dice.Pick([2, 3, 5, 6, 7, 8])}{dice.Below(1_000_000).ToString("D6", CultureInfo.InvariantCulture)}"; };
            case "district":
                return (row, _) => row.District.Code;
            case "lon":
                return (row, _) => Within(row, 0, Roll(row));
            case "lat":
                return (row, _) => Within(row, 1, Roll(row));
            case "word":
                return (row, _) => Roll(row).Pick(Words(words[1]));
            case "order":
                return (row, _) => (decimal)(row.Number + 1);
            case "part":
                var part = Whole(words[1]) - 1;
                return (row, _) => row.Item[part];
            case "pick":
                var choices = words[1..].Select(w => w.Split('*')).SelectMany(w => Enumerable.Repeat(w[0], w.Length > 1 ? Whole(w[1]) : 1)).ToArray();
                return (row, _) => Roll(row).Pick(choices);
            case "chance":
                var percent = Whole(words[1]);
                return (row, _) => Roll(row).Below(100) < percent;
            case "maybe":
                var (missing, filled) = (Whole(words[1]), Generator(column, string.Join(' ', words[2..])));
                return (row, cells) => new Dice(Dice.Mix(own ^ 3, (ulong)row.Index)).Below(100) < missing ? null : filled(row, cells);
            case "between":
                var (low, high) = (Whole(words[1]), Whole(words[2]));
                return (row, _) => (decimal)Roll(row).Between(low, high);
            case "count":
                var (least, most) = (Whole(words[1]), Whole(words[2]));
                // Squared: small ones are common, as in life.
                return (row, _) => { var share = Share(Roll(row)); return Math.Floor(least + (share * share * (most - least))); };
            case "step":
                var (start, end, step) = (Whole(words[1]), Whole(words[2]), Whole(words[3]));
                return (row, _) => (decimal)(start + (Roll(row).Below(((end - start) / step) + 1) * step));
            case "dec":
                var (from, to) = (Number(words[1]), Number(words[2]));
                return (row, _) => from + (Share(Roll(row)) * (to - from));
            case "tenths":
                var (smallest, largest) = (Whole(words[1]), Whole(words[2]));
                // Cubed: ten times as many for each degree less.
                return (row, _) => { var share = Share(Roll(row)); return Math.Round(smallest + (share * share * share * (largest - smallest))) / 10; };
            case "trend":
                var (bottom, top, yearly) = (Number(words[1]), Number(words[2]), Number(words[3]) / 100);
                return (row, _) => Trend(column.Name, row, bottom, top, yearly, dataset.Year ?? LastYear);
            case "value":
                var offset = words.Length > 1 ? Whole(words[1]) : 0;
                return (row, _) => Value(row, (dataset.Year ?? LastYear) + offset);
            case "season":
                var (winter, summer, spread) = (Number(words[1]), Number(words[2]), Number(words[3]));
                return (row, _) => winter + ((summer - winter) * (decimal)Math.Round(0.5 - (0.5 * Math.Cos(2 * Math.PI * (row.Day.DayOfYear - 20) / 365)), 6)) + ((Share(Roll(row)) - 0.5m) * 2 * spread);
            case "date":
                var (first, last) = (DayOf(words[1]), DayOf(words[2]));
                return (row, _) => first.AddDays(Roll(row).Below(last.DayNumber - first.DayNumber + 1));
            case "yearday":
                return (row, _) => DayOfYear(Roll(row), Whole(words[1]), Whole(words[2]));
            case "moment":
                return (row, _) => { var dice = Roll(row); return DayOfYear(dice, 1, 365).ToDateTime(TimeOnly.MinValue).AddSeconds(dice.Below(86_400)); };
            case "month" or "day":
                return (row, _) => row.Day;
            case "quarter":
                return (row, _) => string.Create(CultureInfo.InvariantCulture, $"{row.Day.Year}年第{((row.Day.Month - 1) / 3) + 1}季度");
            case "after":
                var (day, days) = (Place(words[1]), Whole(words[2]));
                return (_, cells) => ((DateOnly)cells[day]!).AddDays(days);
            case "times":
                return Calculated(words[1], a => a * Number(words[2]));
            case "plus":
                return Calculated(words[1], a => a + Number(words[2]));
            case "sum":
                var parts = words[1..].Select(Place).ToArray();
                return (_, cells) => parts.Sum(p => NumberIn(cells[p]) ?? 0);
            case "minus":
                return Calculated(words[1], words[2], (a, b) => a - b);
            case "share":
                return Calculated(words[1], words[2], (a, b) => b == 0 ? null : a / b * 100);
            case "growth":
                return Calculated(words[1], words[2], (a, b) => b == 0 ? null : ((a / b) - 1) * 100);
            case "ratio":
                return Calculated(words[1], words[2], (a, b) => b == 0 ? null : a / b);
            case "band":
                var measured = Place(words[1]);
                return (_, cells) => NumberIn(cells[measured]) is { } number ? words[2..].Chunk(2).FirstOrDefault(b => number <= Number(b[0]), words[^2..])[1] : null;
            default:
                throw new InvalidDataException($"opendata.json: {dataset.Template.Id}.{column.Name} has no generator '{spec}'");
        }

        // A row in seventeen said something else before: that is what the next version is for.
        Dice Roll(PlannedRow row)
        {
            var cell = Dice.Mix(own, (ulong)row.Index);
            return new Dice(mayChange && version < dataset.Versions && (row.Index + (int)(seed % 17)) % 17 == version ? Dice.Mix(cell, (ulong)version) : cell);
        }
    }

    private Func<PlannedRow, object?[], object?> Calculated(string column, Func<decimal, decimal?> calculate)
    {
        var place = Place(column);
        return (_, cells) => NumberIn(cells[place]) is { } a ? calculate(a) : null;
    }

    private Func<PlannedRow, object?[], object?> Calculated(string left, string right, Func<decimal, decimal, decimal?> calculate)
    {
        var (one, other) = (Place(left), Place(right));
        return (_, cells) => NumberIn(cells[one]) is { } a && NumberIn(cells[other]) is { } b ? calculate(a, b) : null;
    }

    private int Place(string column) => planned.Index().First(c => c.Item.Name == column).Index;

    /// <summary>A figure of a county that goes on over the years; smaller divisions of the year differ by up to an eighth.</summary>
    private decimal Trend(string column, PlannedRow row, decimal low, decimal high, decimal yearly, int year)
    {
        var lasting = Dice.Mix(Seed, SyntheticTable.Hash($"{dataset.Template.Id} {column} {row.District.Code} {row.Item.FirstOrDefault()}"));
        var value = low + (Share(new Dice(lasting)) * (high - low));
        for (var n = 2020; n < year; n++) { value *= 1 + yearly; }
        for (var n = year; n < 2020; n++) { value /= 1 + yearly; }
        var noise = Share(new Dice(Dice.Mix(lasting, (ulong)((year * 400) + row.Day.DayOfYear)))) - 0.5m;
        return value * (1 + (noise * (row.Day.Year > 1 ? 0.25m : 0.04m)));
    }

    /// <summary>The figure of an indicator: its third and fourth part are what it lies between in 2020. What hardly varies is no amount and does not grow.</summary>
    private decimal Value(PlannedRow row, int year)
    {
        var (low, high) = (Number(row.Item[2]), Number(row.Item[3]));
        var stands = high < low * 1.12m;
        var lasting = Dice.Mix(Seed, SyntheticTable.Hash($"{row.Item[0]} {row.District.Code}"));
        return stands
            ? low + (Share(new Dice(Dice.Mix(lasting, (ulong)year))) * (high - low))
            : Trend("value", row, low, high, (3 + new Dice(lasting).Below(5)) / 100m, year);
    }

    private string Unique(string pattern, PlannedRow row, Dice dice)
    {
        var name = Compose(pattern, row, dice);
        for (var tries = 0; tries < 20 && row.Names.Contains(name); tries++)
        {
            dice = new Dice(dice.Next());
            name = Compose(pattern, row, dice);
        }

        // Real lists tell namesakes by the street too.
        for (var n = 1; !row.Names.Add(name); n++) { name = $"{Compose(pattern, row, dice)}（{Words("road")[(row.Index + n) % Words("road").Length]}）"; dice = new Dice(dice.Next()); }
        return name;
    }

    /// <summary>Words, divisions and numbers in place of what stands in braces.</summary>
    private string Compose(string pattern, PlannedRow row, Dice dice)
    {
        var text = new StringBuilder();
        for (var at = 0; at < pattern.Length;)
        {
            var open = pattern.IndexOf('{', at);
            if (open < 0) { return text.Append(pattern.AsSpan(at)).ToString(); }
            var close = pattern.IndexOf('}', open);
            text.Append(pattern.AsSpan(at, open - at));
            var token = pattern[(open + 1)..close];
            _ = token switch
            {
                "city" => text.Append(province.Above(row.District).Name),
                "county" => text.Append(row.District.Name),
                "part" => text.Append(row.Item[0]),
                _ when char.IsAsciiDigit(token[0]) && token.Split('-') is var ends => text.Append(CultureInfo.InvariantCulture, $"{dice.Between(Whole(ends[0]), Whole(ends[1]))}"),
                _ => text.Append(dice.Pick(Words(token))),
            };
            at = close + 1;
        }

        return text.ToString();
    }

    private string EnterpriseName(PlannedRow row)
    {
        var dice = new Dice(Dice.Mix(Dice.Mix(Seed, SyntheticTable.Hash(row.District.Code)), (ulong)EnterpriseOf(row)));
        return $"{province.Above(row.District).Name}{dice.Pick(Words("mark"))}{dice.Pick(Words("trade"))}{dice.Pick(Words("form"))}";
    }

    /// <summary>Which of the county's enterprises: in the register each once, elsewhere different ones in the rows of a county.</summary>
    private int EnterpriseOf(PlannedRow row) =>
        dataset.Template.Id == "enterprises" ? row.Number
        : isByDistrict ? (int)(((SyntheticTable.Hash(dataset.Name) % Enterprises) + (ulong)(row.Number * 7)) % Enterprises)
        : new Dice(Dice.Mix(seed ^ 17, (ulong)row.Index)).Below(Enterprises);

    /// <summary>Nearer the middle of the county more often than at its edge.</summary>
    private decimal Within(PlannedRow row, int side, Dice dice)
    {
        var area = dataset.Plan.Areas[row.District.Code];
        var share = (dice.Below(1_000_000) + dice.Below(1_000_000)) / 2_000_000m;
        return Math.Round((decimal)area[side] + (share * ((decimal)area[side + 2] - (decimal)area[side])), 6);
    }

    private DateOnly DayOfYear(Dice dice, int first, int last)
    {
        var year = dataset.Year ?? LastYear;
        return new DateOnly(year, 1, 1).AddDays(dice.Between(first, year == LastYear ? Math.Min(last, LastDay) : last) - 1);
    }

    private string[] Words(string list) => province.Words(list);

    private static decimal Share(Dice dice) => dice.Below(1_000_000) / 1_000_000m;

    private static decimal? NumberIn(object? cell) => cell switch { long number => number, decimal number => number, double number => (decimal)number, _ => null };

    private static int Whole(string text) => int.Parse(text, CultureInfo.InvariantCulture);

    private static decimal Number(string text) => decimal.Parse(text, CultureInfo.InvariantCulture);

    private static DateOnly DayOf(string iso) => DateOnly.ParseExact(iso, "yyyy-MM-dd", CultureInfo.InvariantCulture);
}

/// <summary>Where a row stands on the axes of its table.</summary>
internal sealed record PlannedRow
{
    /// <summary>Place in the last version, from 0.</summary>
    internal int Index { get; init; }

    /// <summary>The county it is in.</summary>
    internal required ProvinceRegion District { get; init; }

    /// <summary>The parts of the item it is about; empty where no list is an axis.</summary>
    internal IReadOnlyList<string> Item { get; init; } = [];

    /// <summary>The day, or first day of the month or quarter, it is about; the first of all days where time is no axis.</summary>
    internal DateOnly Day { get; init; }

    /// <summary>Number among the like, from 0.</summary>
    internal int Number { get; init; }

    /// <summary>The names the table has given already.</summary>
    internal required HashSet<string> Names { get; init; }
}
