using System.Globalization;
using Microsoft.Extensions.Options;
using Zhengtong.Kernel.Objects;
using Zhengtong.OpenData.Import;
using Zhengtong.OpenData.Model;
using Zhengtong.OpenData.Tables;
using Zhengtong.Tests.Kernel.Objects;
using Zhengtong.Tests.OpenData.Support;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.OpenData.Tables;

/// <summary>The same questions to the same table, once in files and once in a bucket.</summary>
[OnDatabase]
public sealed class TablesOnS3Tests(PlatformFixture platform, SwiftFixture swift) : IClassFixture<SwiftFixture>
{
    private static readonly CancellationToken Ct = CancellationToken.None;

    [Fact]
    public async Task Ask_TableInABucket_AnswersAsFromFiles()
    {
        if (swift.Missing is { } missing) { Assert.Skip(missing); }
        var services = platform.App.Services;
        var files = services.GetRequiredService<ObjectStore>();
        var engine = services.GetRequiredService<TableEngine>();
        var table = await MadeTable.Generated(files, [MadeTable.Column("文", ColumnType.Text), MadeTable.Column("数", ColumnType.Integer)], 50_000, "('北京 ' || n) AS c1, (n * 7919) % 1009 AS c2");
        using var bucket = Bucket();
        await using (var content = await files.OpenAsync(table.Content, Ct)) { (await bucket.PutAsync(content!, Ct)).Digest.ShouldBe(table.Content); }
        using var other = new TableEngine(bucket, services.GetRequiredService<TableScratch>(), Options.Create(new TablesOptions()));
        TableQuery[] questions =
        [
            new() { Count = true, Limit = 20 }, new() { Offset = 49_990, Limit = 50 }, new() { Text = "北京 777", Count = true }, new() { Where = new Condition.Compare("数", Comparison.Less, "3"), Orders = [new("文", true)], Count = true },
            new() { Columns = ["数"], Distinct = true, Orders = [new("数")], Count = true, Limit = 2000 },
        ];
        foreach (var question in questions)
        {
            var (here, there) = (await engine.AskAsync(table, question, TableLimits.Public, Ct), await other.AskAsync(table, question, TableLimits.Public, Ct));
            Shown(there).ShouldBe(Shown(here));
            there.Total.ShouldBe(here.Total);
            there.Next.ShouldBe(here.Next);
        }

        const string Sql = "SELECT 数, count(*) AS n FROM \"t\" GROUP BY 数 ORDER BY n DESC, 数 LIMIT 10";
        (await TableSql.AskAsync(other, Sql, _ => table, TableLimits.Public, Ct)).Rows.Select(Line).ShouldBe((await TableSql.AskAsync(engine, Sql, _ => table, TableLimits.Public, Ct)).Rows.Select(Line));
        var count = 0;
        await foreach (var row in other.StreamAsync(table, new TableQuery { Limit = int.MaxValue }, TableLimits.Download, Ct)) { ((long)row[0]!).ShouldBe(++count); }
        count.ShouldBe(50_000);
    }

    private static List<string> Shown(TableAnswer answer) => [.. answer.Rows.Select(Line)];

    private static string Line(object?[] row) => string.Join('|', row.Select(c => Convert.ToString(c, CultureInfo.InvariantCulture)));

    private S3Objects Bucket() => new(swift.Options, platform.App.Services.GetRequiredService<Deployment>(), platform.App.Services.GetRequiredService<IServiceScopeFactory>(), TimeProvider.System);
}
