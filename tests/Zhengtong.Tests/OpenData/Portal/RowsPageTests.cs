using System.Globalization;
using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using Zhengtong.OpenData.Model;
using Zhengtong.OpenData.Portal;
using Zhengtong.OpenData.Tables;
using Zhengtong.Tests.OpenData.Support;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.OpenData.Portal;

/// <summary>The rows of a table on its page and in files of exactly what the page shows.</summary>
[OnDatabase]
public sealed partial class RowsPageTests(PlatformFixture platform)
{
    private static readonly MadeColumn[] Columns =
    [
        new("编号", ColumnType.Integer), new("名称"), new("金额", ColumnType.Decimal) { Unit = "万元" }, new("日期", ColumnType.Date), new("有效", ColumnType.Boolean), new("a&b=c"),
    ];

    private static MadeFile Table(int rows = 57) => MadeFile.Table("t.csv", Columns, [.. Enumerable.Range(1, rows).Select(n => (string?[])
        [
            N(n), n % 10 == 0 ? null : $"单位{n % 7} \"甲\", 乙", n % 5 == 0 ? null : $"{N(n % 13)}.50", $"2025-{1 + (n % 12):D2}-{1 + (n % 28):D2}", n % 2 == 0 ? "true" : "false", n % 3 == 0 ? "x\ny" : "z",
        ])]);

    [Fact]
    public async Task Page_WalkedByItsLinks_ShowsEachRowOnce()
    {
        var (_, path) = await Made();
        foreach (var query in new[] { "", "?sort=%E9%87%91%E9%A2%9D", "?sort=%E9%87%91%E9%A2%9D&dir=desc", "?c1=%E9%87%91%E9%A2%9D&o1=greater&v1=2" })
        {
            var (ids, next, pages) = (new List<string>(), path + query, 0);
            var total = 0;
            while (next is not null)
            {
                (++pages).ShouldBeLessThan(10);
                var page = await platform.Visitor().GetPage(next);
                total = int.Parse(Total().Match(page).Groups[1].Value, CultureInfo.InvariantCulture);
                ids.AddRange(CellsOf(page, "编号"));
                next = Next().Match(page) is { Success: true } link ? WebUtility.HtmlDecode(link.Groups[1].Value) : null;
            }

            ids.Count.ShouldBe(total, query);
            ids.Distinct().Count().ShouldBe(total, query);
            if (query.Length == 0) { ids.ShouldBe(Enumerable.Range(1, 57).Select(n => N(n))); }
        }
    }

    [Fact]
    public async Task Page_JumpedTo_IsTheSameAsWalkedTo()
    {
        var (_, path) = await Made();
        CellsOf(await platform.Visitor().GetPage($"{path}?page=3"), "编号").ShouldBe(Enumerable.Range(41, 17).Select(n => N(n)));
        (await platform.Visitor().GetPage($"{path}?page=999")).ShouldContain("Nothing matches");
        // A place of another table or nobody's counts as not given.
        CellsOf(await platform.Visitor().GetPage($"{path}?page=2&after=nonsense"), "编号")[0].ShouldBe("21");
    }

    [Theory]
    [InlineData("名称", "contains", "单位3")]
    [InlineData("名称", "empty", "")]
    [InlineData("名称", "filled", "")]
    [InlineData("金额", "greater", "7.5")]
    [InlineData("金额", "less", "3")]
    [InlineData("金额", "equal", "4.50")]
    [InlineData("金额", "not-equal", "4.50")]
    [InlineData("日期", "greater", "2025-06-15")]
    [InlineData("有效", "equal", "true")]
    [InlineData("a&b=c", "equal", "x\ny")]
    public async Task Filter_Each_AgreesWithTheEngineAndWithTheFile(string column, string test, string value)
    {
        var (made, path) = await Made();
        var query = $"?size=100&c1={Uri.EscapeDataString(column)}&o1={test}&v1={Uri.EscapeDataString(value)}";
        var where = test switch
        {
            "empty" => (Condition)new Condition.IsNull(column),
            "filled" => new Condition.IsNull(column, true),
            _ => new Condition.Compare(column, Enum.Parse<Comparison>(test.Replace("-", "", StringComparison.Ordinal), true), value),
        };
        var answer = await platform.App.Services.GetRequiredService<TableEngine>().AskAsync(made[0].Table!, new TableQuery { Columns = ["编号"], Where = where, Limit = 100, Count = true }, TableLimits.Public, default);
        var expected = answer.Rows.Select(r => Cell.TextOf(r[0])!).ToList();
        expected.Count.ShouldBeInRange(1, 56);
        CellsOf(await platform.Visitor().GetPage(path + query), "编号").ShouldBe(expected);
        using var json = JsonDocument.Parse(await platform.Visitor().GetStringAsync($"{path}/rows.json{query}"));
        json.RootElement.EnumerateArray().Select(r => r.GetProperty("编号").GetInt64().ToString(CultureInfo.InvariantCulture)).ShouldBe(expected);
    }

    [Fact]
    public async Task Filter_OfAnotherType_SaysWhatIsWrongWithIt()
    {
        var (_, path) = await Made();
        foreach (var query in new[] { "?c1=%E9%87%91%E9%A2%9D&o1=greater&v1=abc", "?c1=%E9%87%91%E9%A2%9D&o1=contains&v1=1", "?c1=none&o1=equal&v1=1" })
        {
            var page = await platform.Visitor().GetPage(path + query);
            page.ShouldContain("The filter cannot be used");
            CellsOf(page, "编号").ShouldBeEmpty();
            var file = await platform.Visitor().GetAsync($"{path}/rows.csv{query}");
            file.StatusCode.ShouldBe(HttpStatusCode.BadRequest, query);
            (await file.ReadProblemCode()).ShouldBe("open-data.rows-unclear");
        }
    }

    [Fact]
    public async Task Search_InRows_FindsAllWords()
    {
        var (_, path) = await Made();
        var page = await platform.Visitor().GetPage($"{path}?q={Uri.EscapeDataString("单位3 甲")}&size=100");
        var ids = CellsOf(page, "编号");
        ids.ShouldBe(Enumerable.Range(1, 57).Where(n => n % 7 == 3 && n % 10 != 0).Select(n => N(n)));
        (await platform.Visitor().GetPage($"{path}?q=nowhere")).ShouldContain("Nothing matches");
    }

    [Fact]
    public async Task Columns_Chosen_AreShownAndExported()
    {
        var (_, path) = await Made();
        var query = $"?column={Uri.EscapeDataString("a&b=c")}&column={Uri.EscapeDataString("编号")}";
        var page = await platform.Visitor().GetPage(path + query);
        CellsOf(page, "a&b=c").Count.ShouldBe(20);
        CellsOf(page, "名称").ShouldBeEmpty();
        (await platform.Visitor().GetStringAsync($"{path}/rows.csv{query}")).Split('\n')[..2].ShouldBe(["编号,a&b=c", "1,z"]);
    }

    [Fact]
    public async Task Cells_WithoutValue_AreSaidToBeSo()
    {
        var (_, path) = await Made();
        (await platform.Visitor().GetPage(path)).ShouldContain("<span class=\"visually-hidden\">no value</span>");
    }

    [Fact]
    public async Task Files_EachFormat_HoldEveryRow()
    {
        var (made, path) = await Made();
        var csv = await platform.Visitor().GetAsync($"{path}/rows.csv");
        csv.Content.Headers.ContentDisposition!.FileNameStar.ShouldBe("t.csv");
        // What was written for the test holds nothing but what any CSV of these rows must hold; lines end as the platform ends them.
        (await csv.Content.ReadAsStringAsync()).ShouldBe(System.Text.Encoding.UTF8.GetString(Table().Content).Replace("\r\n", "\n", StringComparison.Ordinal));
        var lines = (await platform.Visitor().GetStringAsync($"{path}/rows.jsonl")).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        lines.Length.ShouldBe(57);
        using var first = JsonDocument.Parse(lines[0]);
        first.RootElement.EnumerateObject().Select(p => p.Name).ShouldBe(Columns.Select(c => c.Name));
        first.RootElement.GetProperty("金额").GetDecimal().ShouldBe(1.5m);
        first.RootElement.GetProperty("有效").GetBoolean().ShouldBeFalse();
        using var fifth = JsonDocument.Parse(lines[4]);
        fifth.RootElement.GetProperty("金额").ValueKind.ShouldBe(JsonValueKind.Null);
        (await platform.Visitor().GetStringAsync($"{path}/rows.tsv")).ShouldStartWith("编号\t名称\t");
        (await platform.Visitor().GetAsync($"{path}/rows.exe")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        made.Name.ShouldNotBeEmpty();
    }

    [Fact]
    public async Task File_Unchanged_IsNotSentAgain()
    {
        var (_, path) = await Made();
        var visitor = platform.Visitor();
        var tag = (await visitor.GetAsync($"{path}/rows.csv")).Headers.ETag!;
        using var again = new HttpRequestMessage(HttpMethod.Get, $"{path}/rows.csv");
        again.Headers.IfNoneMatch.Add(tag);
        (await visitor.SendAsync(again)).StatusCode.ShouldBe(HttpStatusCode.NotModified);
        (await visitor.GetAsync($"{path}/rows.csv?q=x")).Headers.ETag!.ShouldNotBe(tag);
    }

    [Fact]
    public async Task Pictures_OfDatesAndNumbers_HaveTheirFiguresBehind()
    {
        var (_, path) = await Made();
        var page = await platform.Visitor().GetPage($"{path}?chart={Uri.EscapeDataString("日期")}");
        page.ShouldContain("class=\"standing\"");
        // Over the days stands the first number: 1 to 57.
        FiguresOf(page).Sum().ShouldBe(1653);
        FiguresOf(await platform.Visitor().GetPage($"{path}?chart={Uri.EscapeDataString("编号")}")).Sum().ShouldBe(57);
        (await platform.Visitor().GetPage($"{path}?chart={Uri.EscapeDataString("有效")}")).ShouldContain("class=\"lying\"");
    }

    [Fact]
    public async Task Page_OfAFileWithoutTable_OffersTheFile()
    {
        var made = await platform.PublishAsync(await platform.Department(), MadeFile.Text("note.txt", "x"));
        (await platform.Visitor().GetPage($"/dataset/{made.Name}/resource/{made[0].Id}")).ShouldContain("no table to look at");
        (await platform.Visitor().GetAsync($"/dataset/{made.Name}/resource/{made[0].Id}/rows.csv")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    private async Task<(PublishedDataset Made, string Path)> Made()
    {
        var made = await platform.PublishAsync(await platform.Department(), Table());
        return (made, $"/dataset/{made.Name}/resource/{made[0].Id}");
    }

    private static string N(int n) => n.ToString(CultureInfo.InvariantCulture);

    private static List<string> CellsOf(string page, string column) =>
        [.. CellPattern().Matches(page).Where(m => WebUtility.HtmlDecode(m.Groups[1].Value) == column).Select(m => WebUtility.HtmlDecode(m.Groups[2].Value))];

    private static IEnumerable<long> FiguresOf(string page) =>
        Figure().Matches(page[page.IndexOf("plain-table", StringComparison.Ordinal)..]).Select(m => long.Parse(m.Groups[1].Value.Replace(",", "", StringComparison.Ordinal), CultureInfo.InvariantCulture));

    [GeneratedRegex("<td role=\"cell\"[^>]*data-label=\"([^\"]*)\"[^>]*>(.*?)</td>", RegexOptions.Singleline)]
    private static partial Regex CellPattern();

    [GeneratedRegex("<a href=\"([^\"]+)\" rel=\"next nofollow\">")]
    private static partial Regex Next();

    [GeneratedRegex("role=\"status\">(\\d+) rows")]
    private static partial Regex Total();

    [GeneratedRegex("<th scope=\"row\">[^<]*</th><td class=\"num\">([0-9,]+)</td>")]
    private static partial Regex Figure();
}
