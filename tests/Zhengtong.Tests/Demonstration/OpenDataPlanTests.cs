using System.Text.RegularExpressions;
using Zhengtong.Demonstration;
using Zhengtong.Kernel.Objects;
using Zhengtong.Kernel.Organisations;
using Zhengtong.OpenData.Model;
using Zhengtong.OpenData.Privacy;

namespace Zhengtong.Tests.Demonstration;

public sealed partial class OpenDataPlanTests
{
    private static readonly OpenDataPlan Plan = OpenDataPlan.Load();
    private static readonly Province Province = Province.Load();
    private static readonly SyntheticProvince Synthetic = new(Province);
    private static readonly IReadOnlyList<PlannedDataset> Datasets = Plan.Datasets(Province);

    [Fact]
    public void Datasets_AllOfThem_AreFourHundredFromTwentyNineDepartmentsInEveryTheme()
    {
        Datasets.Count.ShouldBeGreaterThanOrEqualTo(400);
        Datasets.Select(d => d.Template.Department).Distinct().Order().ShouldBe(Plan.Departments.Select(d => d.Slug).Order());
        Plan.Departments.Count.ShouldBe(29);
        Datasets.SelectMany(d => d.Template.Themes).Distinct().Order().ShouldBe(Theme.All.Select(t => t.Id).Order());
        Datasets.Select(d => d.Title).ShouldBeUnique();
        Datasets.Select(d => d.Name).ShouldBeUnique();
        Datasets.Count(d => d.Template.Open == OpenAttribute.Conditional).ShouldBeInRange(Datasets.Count / 15, Datasets.Count / 7);
        Datasets.Count(d => d.Template.Open == OpenAttribute.NotOpen).ShouldBeInRange(3, 10);
        Datasets.Count(d => d.Versions > 1).ShouldBeGreaterThan(20);
    }

    [Fact]
    public void Datasets_TheFirst_ShowEachThemeOnce() =>
        Datasets.Take(Theme.All.Count).Select(d => d.Template.Themes[0]).Order().ShouldBe(Theme.All.Select(t => t.Id).Order());

    [Fact]
    public void Departments_AllOfThem_AreBodiesWithThreeOfficers()
    {
        var bodies = Province.Bodies().Where(b => b.Opens).ToList();
        bodies.Select(b => b.Slug).Order().ShouldBe(Plan.Departments.Select(d => d.Slug).Order());
        var accounts = Province.Accounts().Select(a => a.UserName).ToHashSet();
        foreach (var body in bodies)
        {
            foreach (var post in new[] { "officer", "examiner", "leader" }) { accounts.ShouldContain($"{body.Slug}-{post}"); }
        }
    }

    [Fact]
    public void Descriptions_AllOfThem_SatisfyTheRules()
    {
        foreach (var planned in Datasets)
        {
            var description = planned.Description();
            planned.Name.ShouldMatch("^[a-z0-9_-]{2,100}$");
            description.Title.Length.ShouldBeInRange(2, 200, planned.Name);
            description.Title.ShouldNotContain("{", customMessage: planned.Name);
            planned.Template.Notes.Length.ShouldBeInRange(60, 20_000, planned.Name);
            description.Notes.ShouldContain(Plan.Mark);
            Licence.Find(description.Licence).ShouldNotBeNull(planned.Name);
            description.Themes.Count.ShouldBeInRange(1, 3, planned.Name);
            description.Keywords.Count.ShouldBeInRange(2, 20, planned.Name);
            description.Keywords.ShouldAllBe(k => Keyword().IsMatch(k), planned.Name);
            (description.OpenCondition is null).ShouldBe(description.OpenAttribute == OpenAttribute.Unconditional, planned.Name);
            description.Region!.Length.ShouldBe(12, planned.Name);
            description.ContactPhone.ShouldNotBeNull().ShouldMatch("^0[0-9]{3}-[2-8][0-9]{6}$");
        }
    }

    [Fact]
    public void Rows_OfAllDatasets_FitTheirColumnsAndHaveDistinctKeys()
    {
        foreach (var planned in Datasets.Where(d => d.Template.Open != OpenAttribute.NotOpen))
        {
            var table = new PlannedTable(planned, Synthetic, planned.Versions);
            var rows = table.Rows().ToList();
            rows.Count.ShouldBeGreaterThanOrEqualTo(9, planned.Name);
            var key = table.Columns.Index().Where(c => c.Item.IsKey).Select(c => c.Index).ToList();
            key.ShouldNotBeEmpty(planned.Name);
            rows.Select(r => string.Join('|', key.Select(k => r[k]))).Distinct().Count().ShouldBe(rows.Count, planned.Name);
            table.Columns.Select(c => c.Name).ShouldBeUnique();
            foreach (var (n, column) in table.Columns.Index())
            {
                var wrong = rows.Select(r => r[n]).FirstOrDefault(c => c is not null && c.GetType() != Types[column.Type]);
                wrong.ShouldBeNull($"{planned.Name}.{column.Name}");
                rows.Count(r => r[n] is null or "").ShouldBeLessThan(rows.Count, $"{planned.Name}.{column.Name}");
                if (column.Type == ColumnType.Text) { rows.ShouldAllBe(r => r[n] == null || !((string)r[n]!).Contains('{')); }
            }
        }
    }

    /// <summary>One dataset that the platform would not let out keeps every dataset behind it from the portal.</summary>
    [Fact]
    public void Rows_OfEveryTemplate_HoldNothingThatBlocksTheirPublication()
    {
        foreach (var planned in Datasets.Where(d => d.Template.Columns.Count > 0).DistinctBy(d => d.Template.Id))
        {
            var planning = new PlannedTable(planned, Synthetic, planned.Versions);
            var rows = planning.Rows().ToList();
            var table = new DataTable
            {
                Content = Digest.Of([1]),
                Bytes = 1,
                Rows = rows.Count,
                Places = planning.Places is { } places ? new TablePlaces(0, places.Longitude, places.Latitude, CoordinateSystem.Wgs84, []) : null,
                Columns = [.. planning.Columns.Select((c, n) => new TableColumn(c.Name, c.Type) { Title = c.Title, Unit = c.Unit, Position = n + 1, Profile = new ColumnProfile { Nulls = 0, Distinct = rows.Select(r => r[n]).Distinct().LongCount(), Greatest = rows.Select(r => $"{r[n]}").MaxBy(t => t.Length) } })],
            };
            var examination = new TableExamination(table, 5, new DateOnly(2026, 11, 1));
            var read = examination.Columns.Select(name => table.Find(name)!.Position - 1).ToArray();
            foreach (var row in rows) { examination.Read([.. read.Select(n => row[n])]); }
            examination.Findings().Where(f => f.Severity == FindingSeverity.Blocks).ShouldBeEmpty(planned.Name);
        }
    }

    [Fact]
    public void Rows_WithPlaces_LieInTheirCountyAndItsCity()
    {
        var places = 0;
        foreach (var planned in Datasets.Where(d => d.Template.Open != OpenAttribute.NotOpen))
        {
            var table = new PlannedTable(planned, Synthetic, planned.Versions);
            if (table.Places is not { } where) { continue; }
            var district = table.Columns.Index().First(c => c.Item.Name == "district_code").Index;
            foreach (var row in table.Rows())
            {
                var code = (string)row[district]!;
                code.ShouldStartWith(planned.Region.Code);
                foreach (var area in new[] { Plan.Areas[code], Plan.Areas[code[..4]] })
                {
                    ((double)row[where.Longitude - 1]!).ShouldBeInRange(area[0], area[2], planned.Name);
                    ((double)row[where.Latitude - 1]!).ShouldBeInRange(area[1], area[3], planned.Name);
                }

                places++;
            }
        }

        places.ShouldBeGreaterThan(5000);
    }

    [Fact]
    public void Rows_OfTourismAndHealthLists_HaveWhatAGuideNeeds()
    {
        var lists = Datasets.Where(d => d.Template.Themes.Any(t => t is "tourism" or "health") && d.Template.Columns.Contains("@place") && d.Template.Open == OpenAttribute.Unconditional).ToList();
        foreach (var city in Province.Regions.Where(r => r.Code.Length == 4))
        {
            foreach (var id in new[] { "scenic-spots", "star-hotels", "tourism-discounts", "hospitals", "nursing-homes", "community-health" })
            {
                var planned = lists.Single(d => d.Template.Id == id && d.Region == city);
                var columns = Plan.ColumnsOf(planned.Template).Select(c => c.Name).ToList();
                foreach (var name in new[] { "name", "address", "district_code", "longitude", "latitude", "opening_hours", "phone" }) { columns.ShouldContain(name, planned.Name); }
                columns.ShouldContain(c => c.EndsWith("price") || c.EndsWith("fee"), planned.Name);
                columns.ShouldContain(c => c == "level" || c == "star" || c == "audience", planned.Name);
            }
        }
    }

    [Fact]
    public void Cells_OfAllDatasets_HoldValidCreditCodesAndNothingThatLooksPersonal()
    {
        var codes = 0;
        foreach (var planned in Datasets.Where(d => d.Template.Open != OpenAttribute.NotOpen))
        {
            var table = new PlannedTable(planned, Synthetic, planned.Versions);
            foreach (var row in table.Rows())
            {
                foreach (var (n, cell) in row.Index())
                {
                    if (cell is not string text) { continue; }
                    text.Length.ShouldBeInRange(1, 200, planned.Name);
                    Personal().IsMatch(text).ShouldBeFalse($"{planned.Name}: {table.Columns[n].Name}");
                    if (!table.Columns[n].Name.EndsWith("_code", StringComparison.Ordinal) || text.Length != 18) { continue; }
                    CreditCode.TryParse(text, null, out _).ShouldBeTrue($"{planned.Name}: {text}");
                    text[2..4].ShouldBe("99");
                    codes++;
                }
            }
        }

        codes.ShouldBeGreaterThan(3000);
    }

    [Fact]
    public void Enterprise_InTwoDatasets_HasOneName()
    {
        var names = new Dictionary<string, string>();
        foreach (var planned in Datasets.Where(d => d.Template.Columns.Contains("@company")))
        {
            foreach (var row in new PlannedTable(planned, Synthetic, planned.Versions).Rows())
            {
                names.TryAdd((string)row[0]!, (string)row[1]!);
                names[(string)row[0]!].ShouldBe(row[1], planned.Name);
            }
        }

        names.Count.ShouldBeGreaterThan(1000);
    }

    [Fact]
    public void Rows_OfAnotherProvince_AreTheSame()
    {
        var other = new SyntheticProvince(Province.Load());
        foreach (var planned in Datasets.Where((d, n) => n % 40 == 3 && d.Template.Columns.Count > 0))
        {
            var rows = new PlannedTable(planned, Synthetic, 1).Rows().Select(r => string.Join('|', r)).ToList();
            new PlannedTable(planned, other, 1).Rows().Select(r => string.Join('|', r)).ShouldBe(rows, planned.Name);
        }
    }

    [Fact]
    public void Versions_OfADataset_DifferInSomeRowsAndKeepTheOthers()
    {
        var planned = Datasets.First(d => d.Versions == 3);
        var versions = Enumerable.Range(1, 3).Select(v => new PlannedTable(planned, Synthetic, v).Rows().ToDictionary(r => (string)r[0]!, r => string.Join('|', r))).ToList();
        foreach (var (before, after) in versions.Zip(versions.Skip(1)))
        {
            before.Keys.ShouldBeSubsetOf(after.Keys);
            before.Count(r => after[r.Key] == r.Value).ShouldBeInRange(before.Count / 2, before.Count - 1);
        }

        versions[0].Count.ShouldBeLessThan(versions[2].Count);
    }

    [Fact]
    public void Csv_OfARow_QuotesAndWritesInvariantForms() =>
        System.Text.Encoding.UTF8.GetString(PlannedFiles.Csv(
            [new("a", ColumnType.Text), new("b", ColumnType.Decimal), new("c", ColumnType.Boolean), new("d", ColumnType.Date), new("e", ColumnType.Time), new("f", ColumnType.Integer)],
            [["一,\"二\"", 1.50m, true, new DateOnly(2026, 1, 2), new TimeOnly(6, 30), null]])).ShouldBe("a,b,c,d,e,f\r\n\"一,\"\"二\"\"\",1.50,true,2026-01-02,06:30:00,\r\n");

    private static readonly Dictionary<ColumnType, Type> Types = new()
    {
        [ColumnType.Text] = typeof(string), [ColumnType.Integer] = typeof(long), [ColumnType.Decimal] = typeof(decimal), [ColumnType.Float] = typeof(double),
        [ColumnType.Boolean] = typeof(bool), [ColumnType.Date] = typeof(DateOnly), [ColumnType.Time] = typeof(TimeOnly), [ColumnType.Timestamp] = typeof(DateTime),
    };

    [GeneratedRegex(@"^[\p{L}\p{N} _.\-]{2,100}$")]
    private static partial Regex Keyword();

    /// <summary>Mobile numbers; identity numbers of 18 or 15 digits; bank cards; mail; a flat in a house.</summary>
    [GeneratedRegex(@"(?<!\d)(\+?86|0086)?[ -]?1[3-9]\d{9}(?!\d)|(?<![0-9A-Z])\d{17}[\dXx](?![0-9A-Z])|(?<!\d)\d{13,19}(?!\d)|@|\d室")]
    private static partial Regex Personal();
}
