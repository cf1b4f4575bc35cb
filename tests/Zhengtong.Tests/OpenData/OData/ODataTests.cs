using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Xml.Linq;
using CsCheck;
using Zhengtong.OpenData.Model;
using Zhengtong.OpenData.OData;
using Zhengtong.Tests.OpenData.Support;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.OpenData.OData;

[OnDatabase]
public sealed class ODataTests(PlatformFixture platform)
{
    private static readonly XNamespace Edm = "http://docs.oasis-open.org/odata/ns/edm";

    [Fact]
    public async Task Documents_NameTheSetAndItsProperties()
    {
        var made = await Toilets.PublishAsync(platform);
        var set = ODataNames.SetOf(made[0].Id);
        var client = platform.Visitor();
        var answer = await client.GetAsync("/odata");
        answer.Headers.GetValues("OData-Version").Single().ShouldBe("4.0");
        var document = await answer.Content.ReadFromJsonAsync<JsonElement>();
        document.GetProperty("@odata.context").GetString()!.ShouldEndWith("/odata/$metadata");
        document.GetProperty("value").EnumerateArray().ShouldContain(s => s.GetProperty("name").GetString() == set && s.GetProperty("kind").GetString() == "EntitySet");

        var metadata = XDocument.Parse(await client.GetStringAsync("/odata/$metadata"));
        var type = metadata.Descendants(Edm + "EntityType").Single(t => (string?)t.Attribute("Name") == set);
        type.Element(Edm + "Key")!.Element(Edm + "PropertyRef")!.Attribute("Name")!.Value.ShouldBe("_id");
        type.Elements(Edm + "Property").Select(p => $"{p.Attribute("Name")!.Value} {p.Attribute("Type")!.Value}").ShouldBe(
        [
            "_id Edm.Int64", "名称 Edm.String", "lon Edm.Double", "lat Edm.Double", "蹲位 Edm.Int64", "建成 Edm.Date", "更新 Edm.DateTimeOffset", "面积_m_ Edm.Decimal", "无障碍 Edm.Boolean",
        ]);
        metadata.Descendants(Edm + "EntitySet").ShouldContain(s => (string?)s.Attribute("Name") == set);
    }

    [Fact]
    public async Task Rows_ByPages_ComeOnceAndTopHolds()
    {
        var made = await Toilets.PublishAsync(platform);
        var client = platform.Visitor();
        client.DefaultRequestHeaders.Add("Prefer", "odata.maxpagesize=30");
        List<long> ids = [];
        var address = $"/odata/{ODataNames.SetOf(made[0].Id)}?$count=true&$top=100&$skip=20&$orderby=_id";
        while (address is not null)
        {
            var page = await client.GetFromJsonAsync<JsonElement>(address);
            page.GetProperty("@odata.count").GetInt64().ShouldBe(Toilets.Count);
            ids.AddRange(page.GetProperty("value").EnumerateArray().Select(r => r.GetProperty("_id").GetInt64()));
            address = page.TryGetProperty("@odata.nextLink", out var next) ? next.GetString() : null;
            ids.Count.ShouldBeLessThanOrEqualTo(100);
        }

        ids.ShouldBe(Enumerable.Range(21, 100).Select(n => (long)n));
    }

    [Theory]
    [InlineData("蹲位 eq 3")]
    [InlineData("蹲位 ne 3")]
    [InlineData("3 lt 蹲位 and not (无障碍 eq true)")]
    [InlineData("not (蹲位 gt 3 or 蹲位 eq null)")]
    [InlineData("蹲位 in (1,2,null)")]
    [InlineData("not (蹲位 in (1,2))")]
    [InlineData("无障碍")]
    [InlineData("not 无障碍")]
    [InlineData("contains(名称,'17')")]
    [InlineData("startswith(名称,'公厕2') and endswith(名称,'号')")]
    [InlineData("length(名称) eq 4")]
    [InlineData("year(建成) ge 2015 and month(建成) eq 2")]
    [InlineData("建成 lt 2003-01-01")]
    [InlineData("更新 ge 2026-01-05T08:00:00%2B08:00")]
    [InlineData("面积_m_ le 12.25")]
    [InlineData("tolower(名称) eq '公厕9号'")]
    [InlineData("名称 eq 'a''b' or 名称 eq '公厕9号'")]
    [InlineData("lon eq null")]
    public async Task Filter_Agrees_WithThePlainReading(string filter)
    {
        var made = await Toilets.PublishAsync(platform);
        var found = await platform.Visitor().GetFromJsonAsync<JsonElement>($"/odata/{ODataNames.SetOf(made[0].Id)}?$top=1000&$select=_id&$filter={filter}");
        found.GetProperty("value").EnumerateArray().Select(r => r.GetProperty("_id").GetInt32()).ShouldBe(Enumerable.Range(1, Toilets.Count).Where(n => Plainly(filter, Toilets.Row(n))));
        (await platform.Visitor().GetStringAsync($"/odata/{ODataNames.SetOf(made[0].Id)}/$count?$filter={filter}")).ShouldBe($"{found.GetProperty("value").GetArrayLength()}");
    }

    [Fact]
    public async Task Rows_Chosen_SortedAndAlone()
    {
        var made = await Toilets.PublishAsync(platform);
        var set = ODataNames.SetOf(made[0].Id);
        var client = platform.Visitor();
        var chosen = await client.GetFromJsonAsync<JsonElement>($"/odata/{set}?$select=名称,面积_m_&$orderby=蹲位 desc,_id&$top=2");
        chosen.GetProperty("@odata.context").GetString()!.ShouldEndWith($"#{set}(名称,面积_m_)");
        chosen.GetProperty("value")[0].EnumerateObject().Select(p => p.Name).ShouldBe(["名称", "面积_m_"]);
        chosen.GetProperty("value").EnumerateArray().Select(r => r.GetProperty("名称").GetString()).ShouldBe(["公厕11号", "公厕23号"]);
        // Null is the least value.
        var least = await client.GetFromJsonAsync<JsonElement>($"/odata/{set}?$orderby=蹲位&$top=1");
        least.GetProperty("value")[0].GetProperty("蹲位").ValueKind.ShouldBe(JsonValueKind.Null);

        var one = await client.GetFromJsonAsync<JsonElement>($"/odata/{set}(26)");
        one.GetProperty("更新").GetString().ShouldBe("2026-01-02T10:00:00Z");
        one.GetProperty("@odata.context").GetString()!.ShouldEndWith("/$entity");
        var bare = await client.GetFromJsonAsync<JsonElement>($"/odata/{set}?$top=1&$format=application/json;odata.metadata=none");
        bare.TryGetProperty("@odata.context", out _).ShouldBeFalse();
        (await client.GetFromJsonAsync<JsonElement>($"/odata/{set}?$search=公厕249&$count=true")).GetProperty("@odata.count").GetInt32().ShouldBe(1);
    }

    [Theory]
    [InlineData("$filter=蹲位 eq", 400)]
    [InlineData("$filter=(蹲位 eq 1", 400)]
    [InlineData("$filter=nothing eq 1", 400)]
    [InlineData("$filter=蹲位 eq 'x'", 400)]
    [InlineData("$filter='a", 400)]
    [InlineData("$filter=1 eq 1", 400)]
    [InlineData("$filter=round(lon) eq 1", 501)]
    [InlineData("$orderby=nothing", 400)]
    [InlineData("$select=nothing", 400)]
    [InlineData("$top=-1", 400)]
    [InlineData("$count=perhaps", 400)]
    [InlineData("$skiptoken=broken", 400)]
    [InlineData("$expand=x", 501)]
    [InlineData("$apply=aggregate(x)", 501)]
    [InlineData("$format=xml", 501)]
    public async Task Rows_AskedWrongly_AreRefusedInTheStandardsShape(string query, int status)
    {
        var made = await Toilets.PublishAsync(platform);
        var answer = await platform.Visitor().GetAsync($"/odata/{ODataNames.SetOf(made[0].Id)}?{query}");
        ((int)answer.StatusCode).ShouldBe(status);
        (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("error").GetProperty("message").GetString().ShouldNotBeNullOrEmpty();
    }

    [Fact]
    public async Task Rows_OfWhatIsNotGiven_AreNotFound()
    {
        var made = await Toilets.PublishAsync(platform, attribute: OpenAttribute.Conditional);
        var answer = await platform.Visitor().GetAsync($"/odata/{ODataNames.SetOf(made[0].Id)}");
        answer.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("error").GetProperty("code").GetString().ShouldBe("NotFound");
        (await platform.Visitor().GetStringAsync("/odata")).ShouldNotContain(ODataNames.SetOf(made[0].Id));
    }

    [Fact]
    public async Task Rows_AskedAnyhow_NeverBreak()
    {
        var made = await Toilets.PublishAsync(platform);
        var client = platform.Visitor();
        var words = Pick.Of("蹲位", "名称", "lon", "_id", "eq", "ne", "and", "or", "not", "in", "(", ")", ",", "1", "'a'", "'", "null", "true", "contains", "year", "tolower", "2020-01-01", "2020-13-01T00:00:00Z", "\0", ";", "--");
        await Gen.Select(Pick.Of("$filter", "$orderby", "$select", "$search", "$skiptoken", "$top", "$skip", "$x"), words.Array[0, 9]).SampleAsync(async (option, text) =>
        {
            var answer = await client.GetAsync($"/odata/{ODataNames.SetOf(made[0].Id)}?{option}={Uri.EscapeDataString(string.Join(' ', text))}");
            ((int)answer.StatusCode).ShouldBeOneOf(200, 400, 501);
            if ((int)answer.StatusCode != 200) { (await answer.Content.ReadFromJsonAsync<JsonElement>()).TryGetProperty("error", out _).ShouldBeTrue(); }
        }, iter: 400, threads: 2);
    }

    [Fact]
    public void Properties_OfAnyColumns_AreIdentifiersOfTheirOwn() => Gen.String[1, 40].Array[1, 12].Sample(names =>
    {
        var table = new DataTable
        {
            Content = Zhengtong.Kernel.Objects.Digest.Of("x"u8),
            Bytes = 1,
            Rows = 0,
            Columns = [.. names.Select((n, i) => new TableColumn(n, ColumnType.Text) { Position = i + 1, Profile = new ColumnProfile { Nulls = 0, Distinct = 0 } })],
        };
        var properties = ODataNames.PropertiesOf(table);
        properties.Distinct(StringComparer.OrdinalIgnoreCase).Count().ShouldBe(names.Length);
        properties.ShouldAllBe(p => p.Length <= 128 && (char.IsLetter(p[0]) || p[0] == '_' || char.IsSurrogate(p[0]) || char.GetUnicodeCategory(p[0]) == System.Globalization.UnicodeCategory.LetterNumber));
    });

    /// <summary>What each filter means, read by a person.</summary>
    private static bool Plainly(string filter, object?[] row)
    {
        var (name, lon, stalls, built, changed, area, free) = ((string)row[0]!, (double?)row[1], (long?)row[3], (DateOnly)row[4]!, (DateTime)row[5]!, (decimal)row[6]!, (bool)row[7]!);
        return filter switch
        {
            "蹲位 eq 3" => stalls == 3,
            "蹲位 ne 3" => stalls != 3,
            "3 lt 蹲位 and not (无障碍 eq true)" => stalls > 3 && !free,
            "not (蹲位 gt 3 or 蹲位 eq null)" => !(stalls > 3 || stalls is null),
            "蹲位 in (1,2,null)" => stalls is 1 or 2 or null,
            "not (蹲位 in (1,2))" => stalls is not (1 or 2),
            "无障碍" => free,
            "not 无障碍" => !free,
            "contains(名称,'17')" => name.Contains("17", StringComparison.Ordinal),
            "startswith(名称,'公厕2') and endswith(名称,'号')" => name.StartsWith("公厕2", StringComparison.Ordinal),
            "length(名称) eq 4" => name.Length == 4,
            "year(建成) ge 2015 and month(建成) eq 2" => built.Year >= 2015 && built.Month == 2,
            "建成 lt 2003-01-01" => built < new DateOnly(2003, 1, 1),
            "更新 ge 2026-01-05T08:00:00%2B08:00" => changed >= new DateTime(2026, 1, 5, 0, 0, 0, DateTimeKind.Unspecified),
            "面积_m_ le 12.25" => area <= 12.25m,
            "tolower(名称) eq '公厕9号'" => name == "公厕9号",
            "名称 eq 'a''b' or 名称 eq '公厕9号'" => name == "公厕9号",
            "lon eq null" => lon is null,
            _ => throw new ArgumentException(filter, nameof(filter)),
        };
    }
}
