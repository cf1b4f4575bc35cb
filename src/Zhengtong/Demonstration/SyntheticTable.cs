using System.Globalization;
using System.Text;
using Zhengtong.Catalogue.Model;
using Zhengtong.Kernel.Organisations;

namespace Zhengtong.Demonstration;

/// <summary>A column of a synthetic table.</summary>
internal sealed record SyntheticColumn(string Name, string Title, ItemType Type, int? Length, bool IsKey, Func<int, object> Value);

/// <summary>A table whose every value follows from the seed, the table, the column and the row's number alone: any row can be had at any time in any order,
/// tables refer to each other's rows without being kept, and two machines make the same province.</summary>
internal sealed class SyntheticTable
{
    private const ulong Seed = 20130218;
    private readonly SyntheticProvince province;
    private readonly ulong seed;

    internal SyntheticTable(SyntheticProvince province, ProvinceTable spec)
    {
        this.province = province;
        Spec = spec;
        seed = Dice.Mix(Seed, Hash(spec.Name));
        Columns = [.. spec.Columns.Select(Column)];
    }

    internal ProvinceTable Spec { get; }

    internal IReadOnlyList<SyntheticColumn> Columns { get; }

    internal object Value(string column, int row) => Columns.First(c => c.Name == column).Value(row);

    private SyntheticColumn Column(IReadOnlyList<string> spec)
    {
        var type = spec[2].Split(' ');
        int? length = type.Length > 1 && int.TryParse(type[1], CultureInfo.InvariantCulture, out var n) ? n : null;
        return new SyntheticColumn(spec[0], spec[1], Enum.Parse<ItemType>(type[0]), length, type.Contains("key"), Generator(spec[0], spec[3]));
    }

    /// <summary>The vocabulary of <c>province.json</c>.</summary>
    private Func<int, object> Generator(string column, string spec)
    {
        var words = spec.Split(' ');
        var own = Dice.Mix(seed, Hash(column));
        Dice Roll(int row) => new(Dice.Mix(own, (ulong)row));
        switch (words[0])
        {
            case "creditcode":
                return row => Codes.Enterprise(Region(row).Code, row);
            case "foodlicence":
                return row => Codes.FoodLicence((string)Value("region_code", row), row);
            case "identity":
                // Birth days 1950 to 2004; 20,011 is prime, so day and sequence together never repeat.
                return row => Codes.Identity(Region(row).Code, Days("1950-01-01").AddDays((int)(row * 7919L % 20_011)), row / 20_011);
            case "number":
                var (digits, prefix) = (int.Parse(words[1], CultureInfo.InvariantCulture), words[2]);
                return row => prefix + (row + 1).ToString(CultureInfo.InvariantCulture).PadLeft(digits - prefix.Length, '0');
            case "region":
                return row => Region(row).Code;
            case "address":
                return row => Address(Roll(row), row);
            case "company":
                return row => { var dice = Roll(row); return province.Above(Region(row)).Name + dice.Pick(province.Words("mark")) + dice.Pick(province.Words("trade")) + dice.Pick(province.Words("form")); };
            case "shop":
                return row => { var dice = Roll(row); return Region(row).Name + dice.Pick(province.Words("mark")) + dice.Pick(province.Words("shop")); };
            case "local":
                return row => { var dice = Roll(row); return Region(row).Name + dice.Pick(province.Words("mark")) + dice.Pick(province.Words(words[1])); };
            case "person":
                return row => { var dice = Roll(row); return dice.Pick(province.Words("surname")) + dice.Pick(province.Words("given")); };
            case "word":
                return row => Roll(row).Pick(province.Words(words[1]));
            case "pick":
                var choices = Weighted(words[1..]);
                return row => Roll(row).Pick(choices);
            case "chance":
                var percent = int.Parse(words[1], CultureInfo.InvariantCulture);
                return row => Roll(row).Below(100) < percent;
            case "count":
                var (least, most) = (int.Parse(words[1], CultureInfo.InvariantCulture), int.Parse(words[2], CultureInfo.InvariantCulture));
                // Squared: small ones are common, as in life.
                return row => { var dice = Roll(row); var share = dice.Below(1000) / 1000.0; return (long)(least + (share * share * (most - least))); };
            case "money":
                var (low, high) = (int.Parse(words[1], CultureInfo.InvariantCulture), int.Parse(words[2], CultureInfo.InvariantCulture));
                return row => Roll(row).Between(low * 100, high * 100) / 100m;
            case "fraction":
                var (from, to) = (double.Parse(words[1], CultureInfo.InvariantCulture), double.Parse(words[2], CultureInfo.InvariantCulture));
                return row => Math.Round(from + (Roll(row).Below(1_000_000) / 1e6 * (to - from)), 3);
            case "date":
                var (first, last) = (Days(words[1]), Days(words[2]));
                return row => first.AddDays(Roll(row).Below(last.DayNumber - first.DayNumber + 1));
            case "after":
                var days = int.Parse(words[2], CultureInfo.InvariantCulture);
                return row => ((DateOnly)Value(words[1], row)).AddDays(days);
            case "moment":
                var (start, end) = (Days(words[1]), Days(words[2]));
                return row =>
                {
                    var dice = Roll(row);
                    var day = start.AddDays(dice.Below(end.DayNumber - start.DayNumber)).ToDateTime(TimeOnly.MinValue, DateTimeKind.Utc);
                    return new DateTimeOffset(day).AddSeconds(dice.Below(86_400)).AddMilliseconds(dice.Below(1000));
                };
            case "link":
                // Each row another one's: 7919 is prime and divides no table's row count.
                return row => province.Table(words[1]).Value(words[2], (int)(((long)row * 7919) % province.Table(words[1]).Spec.Rows));
            case "refer":
                var other = Dice.Mix(seed, Hash(words[1]));
                return row => province.Table(words[1]).Value(words[2], new Dice(Dice.Mix(other, (ulong)row)).Below(province.Table(words[1]).Spec.Rows));
            default:
                throw new InvalidDataException($"province.json: {Spec.Name}.{column} has no generator '{spec}'");
        }
    }

    private ProvinceRegion Region(int row) => new Dice(Dice.Mix(seed, (ulong)row)).Pick(province.Counties);

    private string Address(Dice dice, int row)
    {
        var county = Region(row);
        return new StringBuilder(province.Above(county).Name).Append(county.Name).Append(dice.Pick(province.Words("road")))
            .Append(CultureInfo.InvariantCulture, $"{dice.Between(1, 398)}号").ToString();
    }

    private static string[] Weighted(string[] choices) =>
        [.. choices.Select(c => c.Split('*')).SelectMany(c => Enumerable.Repeat(c[0], int.Parse(c[1], CultureInfo.InvariantCulture)))];

    private static DateOnly Days(string iso) => DateOnly.ParseExact(iso, "yyyy-MM-dd", CultureInfo.InvariantCulture);

    internal static ulong Hash(string text)
    {
        // FNV-1a: string.GetHashCode differs from run to run.
        var hash = 14695981039346656037;
        foreach (var c in text) { hash = (hash ^ c) * 1099511628211; }
        return hash;
    }
}

/// <summary>The province's tables and words, ready to roll.</summary>
internal sealed class SyntheticProvince
{
    private readonly Dictionary<string, string[]> words;
    private readonly Dictionary<string, ProvinceRegion> regions;
    private readonly Dictionary<string, SyntheticTable> tables = [];

    internal SyntheticProvince(Province province)
    {
        words = province.Words.ToDictionary(w => w.Key, w => w.Value.Split(' '));
        regions = province.Regions.ToDictionary(r => r.Code);
        Counties = [.. province.Regions.Where(r => r.Code.Length == 6)];
        foreach (var spec in province.Tables) { tables[spec.Name] = new SyntheticTable(this, spec); }
    }

    internal IReadOnlyList<ProvinceRegion> Counties { get; }

    internal IEnumerable<SyntheticTable> Tables => tables.Values;

    internal SyntheticTable Table(string name) => tables[name];

    internal string[] Words(string list) => words[list];

    internal ProvinceRegion Above(ProvinceRegion county) => regions[county.Code[..4]];
}

/// <summary>Codes with right check characters, so that every validator takes them and every one is told as synthetic by its division 99.</summary>
internal static class Codes
{
    private const string Digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";

    /// <summary>A unified social credit code of an enterprise registered in the division.</summary>
    internal static string Enterprise(string region, int n) => Registered("91", region, n);

    /// <summary>A unified social credit code by the first two characters: 91 an enterprise, 51 a social body, 52 a private non-enterprise unit.</summary>
    internal static string Registered(string kind, string region, int n) => CreditCode.FromBody($"{kind}{region.PadRight(6, '0')}{OrganisationCode("MA", n)}").Value;

    /// <summary>A unified social credit code of a public body.</summary>
    internal static CreditCode Body(string region, int n) => CreditCode.FromBody($"11{region.PadRight(6, '0')}{OrganisationCode("00", n)}");

    /// <summary>食品经营许可证编号: JY, form of business, division, sequence, check digit by GB/T 17710 (MOD 11,10).</summary>
    internal static string FoodLicence(string region, int n)
    {
        var body = string.Create(CultureInfo.InvariantCulture, $"1{region}{n % 1_000_000:D6}");
        var p = 10;
        foreach (var c in body)
        {
            var s = (p + (c - '0')) % 10;
            p = (s == 0 ? 10 : s) * 2 % 11;
        }

        return $"JY{body}{(11 - p) % 10}";
    }

    /// <summary>公民身份号码 by GB 11643-1999 (MOD 11-2).</summary>
    internal static string Identity(string region, DateOnly born, int n)
    {
        var body = string.Create(CultureInfo.InvariantCulture, $"{region}{born:yyyyMMdd}{n % 1000:D3}");
        var sum = 0;
        for (var i = 0; i < 17; i++) { sum += (body[i] - '0') * (1 << (17 - i)) % 11; }
        return body + "10X98765432"[sum % 11];
    }

    /// <summary>组织机构代码, nine characters, by GB 11714-1997: weights 3 7 9 10 5 8 4 2.</summary>
    private static string OrganisationCode(string prefix, int n)
    {
        ReadOnlySpan<int> weights = [3, 7, 9, 10, 5, 8, 4, 2];
        var body = string.Create(CultureInfo.InvariantCulture, $"{prefix}{n:D6}");
        var sum = 0;
        for (var i = 0; i < 8; i++) { sum += Digits.IndexOf(body[i], StringComparison.Ordinal) * weights[i]; }
        return body + (11 - (sum % 11)) switch { 10 => "X", 11 => "0", var digit => digit.ToString(CultureInfo.InvariantCulture) };
    }
}
