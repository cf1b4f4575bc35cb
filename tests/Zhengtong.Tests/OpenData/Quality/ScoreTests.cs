using Zhengtong.Catalogue.Model;
using Zhengtong.Kernel.Objects;
using Zhengtong.OpenData.Model;
using Zhengtong.OpenData.Quality;
using Zhengtong.Tests.OpenData.Support;

namespace Zhengtong.Tests.OpenData.Quality;

/// <summary>Scores against examples that were computed by hand.</summary>
public sealed class ScoreTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 27, 4, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Metadata_FullDescriptionOfACsvFile_Has395Points()
    {
        var metrics = Metrics(Published.Description(), Resource("CSV", "text/csv"));
        // All but the licence's place in the vocabulary.
        Sums(metrics).ShouldBe([100, 100, 110, 65, 20]);
        metrics.Where(m => m.Earned < m.Points).Select(m => m.Id).ShouldBe(["licence-vocabulary"]);
        MetadataScore.GradeOf(metrics.Sum(m => m.Earned)).ShouldBe("excellent");
    }

    [Fact]
    public void Metadata_PoorDescriptionOfTwoFiles_HasWhatTheHandComputes()
    {
        var poor = Published.Description() with
        {
            Keywords = [], From = null, Notes = "", ContactPhone = null, ContactMail = null, Licence = "cc-by", OpenAttribute = OpenAttribute.Conditional, OpenCondition = "说明用途",
        };
        var metrics = Metrics(poor, Resource("PDF", "application/pdf"), Resource("CSV", "text/csv") with { Bytes = 0 });
        // 30+20; 50; the CSV file's 80; 20+10+10+5+10; 5 + half of 5 + 5 + 5.
        Sums(metrics).ShouldBe([50, 50, 80, 55, 17.5]);
        MetadataScore.GradeOf(metrics.Sum(m => m.Earned)).ShouldBe("good");
    }

    [Fact]
    public void Metadata_Model_Adds405()
    {
        var metrics = Metrics(Published.Description());
        metrics.Sum(m => m.Points).ShouldBe(MetadataScore.Most);
        metrics.GroupBy(m => m.Dimension).Select(g => g.Sum(m => m.Points)).ShouldBe([100, 100, 110, 75, 20]);
        metrics.Where(m => m.Dimension == QualityDimension.Accessibility).Sum(m => m.Earned).ShouldBe(0, "Without a resource nothing is there");
    }

    [Fact]
    public void Metadata_FileThatIsGone_CostsItsShareOfTheDownload() =>
        MetadataScore.Of(Dataset(Published.Description()), Version(Published.Description(), Resource("CSV", "text/csv"), Resource("TXT", "text/plain")), r => r.Format == "CSV")
            .Single(m => m.Id == "download-answers").Earned.ShouldBe(15);

    [Theory]
    [InlineData(405, "excellent")]
    [InlineData(351, "excellent")]
    [InlineData(350, "good")]
    [InlineData(221, "good")]
    [InlineData(220, "sufficient")]
    [InlineData(121, "sufficient")]
    [InlineData(120, "bad")]
    [InlineData(0, "bad")]
    public void Grade_Points_AreTheModels(double points, string grade) => MetadataScore.GradeOf(points).ShouldBe(grade);

    [Fact]
    public void Content_TableWithFaults_HasWhatTheHandComputes()
    {
        var table = new DataTable
        {
            Content = Digest.Of([1]), Bytes = 1, Rows = 10,
            Columns =
            [
                Column(1, "名称", nulls: 0, distinct: 10),
                Column(2, "电话", nulls: 2, distinct: 5, new FrequentValue("-", 2), new FrequentValue("ＮＡ", 1)),
                Column(3, "传真", nulls: 10, distinct: 0),
                Column(4, "字段1", nulls: 0, distinct: 10),
            ],
        };
        var resource = Resource("CSV", "text/csv") with { Table = table, BadRowCount = 2 };
        var version = Version(Published.Description() with { UpdateCycle = UpdateCycle.Weekly }, resource);
        var score = ContentScoring.Of(version, [new TableUniqueness(resource.Id, 10, 9, ByKey: false)], new DateOnly(2026, 11, 9), new DateOnly(2026, 11, 27));
        // 25 of 40 cells; 10 of 12 rows times 2 of 4 columns; 9 of 10 rows; 18 days where 9 are right and 27 too many.
        score.Completeness!.Value.ShouldBe(0.625, 1e-9);
        score.Validity!.Value.ShouldBe(10.0 / 12 / 2, 1e-9);
        score.Uniqueness!.Value.ShouldBe(0.9, 1e-9);
        score.Timeliness.ShouldBe(0.5, 1e-9);
        score.Points.ShouldBe(59.25, 1e-9);
        score.Remarks.Select(r => $"{r.Kind} {r.Column} {r.Count}").ShouldBe(
            ["empty 传真 10", "nameless 字段1 10", "placeholder 电话 3", "missing 电话 2", "bad-rows  2", "rows-repeat  1", "late  18"], ignoreOrder: true);
    }

    [Fact]
    public void Content_WithoutTables_CountsTimelinessAlone() =>
        ContentScoring.Of(Version(Published.Description(), Resource("PDF", "application/pdf")), [], new DateOnly(2026, 11, 1), new DateOnly(2026, 11, 27)).Points.ShouldBe(100);

    [Theory]
    [InlineData(UpdateCycle.Daily, 0, 1)]
    [InlineData(UpdateCycle.Daily, 2, 1)]
    [InlineData(UpdateCycle.Daily, 4, 0.5)]
    [InlineData(UpdateCycle.Daily, 6, 0)]
    [InlineData(UpdateCycle.Daily, 600, 0)]
    [InlineData(UpdateCycle.Yearly, 380, 1)]
    [InlineData(UpdateCycle.Yearly, 760, 0.5)]
    [InlineData(UpdateCycle.OnDemand, 9999, 1)]
    public void Timeliness_Age_GoesDownInAStraightLine(UpdateCycle cycle, int days, double expected) =>
        ContentScoring.TimelinessOf(cycle, new DateOnly(2020, 1, 1), new DateOnly(2020, 1, 1).AddDays(days)).ShouldBe(expected, 1e-9);

    private static IEnumerable<double> Sums(IEnumerable<QualityMetric> metrics) => metrics.GroupBy(m => m.Dimension).Select(g => g.Sum(m => m.Earned));

    private static IReadOnlyList<QualityMetric> Metrics(DatasetDescription description, params DatasetResource[] resources) => MetadataScore.Of(Dataset(description), Version(description, resources), _ => true);

    private static Dataset Dataset(DatasetDescription description)
    {
        var dataset = new Dataset { Id = Guid.CreateVersion7(Now), Name = "x", PublisherId = Guid.CreateVersion7(Now), Description = description, CreatedAt = Now, ModifiedAt = Now };
        dataset.Publish(Version(description), Now);
        return dataset;
    }

    private static DatasetVersion Version(DatasetDescription description, params DatasetResource[] resources)
    {
        var version = new DatasetVersion { Id = Guid.CreateVersion7(Now), DatasetId = Guid.CreateVersion7(Now), Number = 1, Description = description, Resources = resources, CreatedAt = Now };
        version.Publish(Guid.CreateVersion7(Now), Digest.Of([2]), "", Now);
        return version;
    }

    private static DatasetResource Resource(string format, string mediaType) =>
        new() { Id = Guid.CreateVersion7(Now), Name = "x", Format = format, FileName = "x", MediaType = mediaType, Content = Digest.Of([3]), Bytes = 10 };

    private static TableColumn Column(int position, string name, long nulls, long distinct, params FrequentValue[] frequent) =>
        new(name, ColumnType.Text) { Position = position, Profile = new ColumnProfile { Nulls = nulls, Distinct = distinct, Frequent = frequent } };
}
