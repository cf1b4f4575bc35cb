using System.IO.Enumeration;
using Zhengtong.Demonstration;
using Zhengtong.Kernel.Objects;
using Zhengtong.OpenData.Apps;
using Zhengtong.OpenData.Model;

namespace Zhengtong.Tests.Demonstration;

/// <summary>What the portal's own apps read of the demonstration province is there.</summary>
public sealed class GuideDataTests
{
    private static readonly OpenDataPlan Plan = OpenDataPlan.Load();
    private static readonly Province Province = Province.Load();
    private static readonly SyntheticProvince Synthetic = new(Province);

    public static TheoryData<string, string, int> Kinds => new()
    {
        { "tour", "sights", 60 }, { "tour", "dining", 500 }, { "tour", "offers", 50 }, { "tour", "toilets", 250 }, { "tour", "buses", 80 },
        { "health", "clinics", 300 }, { "health", "hospitals", 50 }, { "health", "nursing", 50 }, { "health", "pharmacies", 350 },
    };

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Datasets_OfAKind_HaveTheColumnsThatTheGuideReadsAndPlacesInEveryCounty(string guide, string kind, int least)
    {
        var of = Guide.Find(guide)!.Kind(kind)!;
        var planned = Plan.Datasets(Province).Where(d => FileSystemName.MatchesSimpleExpression(of.Datasets, d.Name)).ToList();
        planned.Select(d => d.Template.Id).Distinct().ShouldHaveSingleItem();
        planned[0].Template.Open.ShouldBe(OpenAttribute.Unconditional);
        var (places, counties) = (0, new HashSet<string>());
        foreach (var dataset in planned)
        {
            var table = new PlannedTable(dataset, Synthetic, dataset.Versions);
            var columns = table.Columns.Select((c, n) => new TableColumn(c.Name, c.Type) { Position = n + 1, Title = c.Title, IsKey = c.IsKey, Profile = new ColumnProfile { Nulls = 0, Distinct = 0 } }).ToList();
            table.Places.ShouldNotBeNull(dataset.Name);
            var read = GuideColumns.Of(new DataTable { Content = Digest.Of([]), Bytes = 0, Rows = 0, Columns = columns }).ShouldNotBeNull(dataset.Name);
            foreach (var (role, column) in new[] { ("address", read.Address), ("district", read.District), ("level", read.Level), ("hours", read.Hours), ("phone", read.Phone), ("key", read.Key) }) { column.ShouldNotBeNull($"{dataset.Name}: {role}"); }
            if (kind == "buses") { foreach (var column in new[] { read.FirstBus, read.LastBus, read.Interval, read.RunTime }) { column.ShouldNotBeNull(dataset.Name); } }
            foreach (var row in table.Rows())
            {
                places++;
                counties.Add((string)row[read.District!.Position - 1]!);
                var hours = (string)row[read.Hours!.Position - 1]!;
                OpeningHours.Parse(hours).ShouldNotBeNull($"{dataset.Name}: {hours}");
            }
        }

        places.ShouldBeGreaterThanOrEqualTo(least);
        counties.Count.ShouldBe(9);
    }
}
