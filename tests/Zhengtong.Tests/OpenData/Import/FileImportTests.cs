using System.Globalization;
using System.Text;
using CsCheck;
using Zhengtong.OpenData.Import;
using Zhengtong.OpenData.Model;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.OpenData.Import;

public sealed class FileImportTests(PlatformFixture platform)
{
    private readonly ImportBench bench = new(platform);

    [Theory]
    [InlineData("1,2,-3,0", ColumnType.Integer)]
    [InlineData("110101,010,310000", ColumnType.Text)]
    [InlineData("01,02", ColumnType.Text)]
    [InlineData("123456789012345,1", ColumnType.Integer)]
    [InlineData("1234567890123456,1", ColumnType.Text)]
    [InlineData("6222021234567890123", ColumnType.Text)]
    [InlineData("+86,+1", ColumnType.Text)]
    [InlineData("1.5,2.25,3", ColumnType.Decimal)]
    [InlineData("0.1,.5", ColumnType.Decimal)]
    [InlineData("00.5,1.5", ColumnType.Text)]
    [InlineData("1.2345678901234567,1", ColumnType.Text)]
    [InlineData("1.5E-3,2", ColumnType.Float)]
    [InlineData("1E5,2E6", ColumnType.Text)]
    [InlineData("12%,13%", ColumnType.Text)]
    [InlineData("true,false,TRUE", ColumnType.Boolean)]
    [InlineData("是,否", ColumnType.Text)]
    [InlineData("2026/8/5,2026-12-31", ColumnType.Date)]
    [InlineData("2026年8月5日", ColumnType.Date)]
    [InlineData("2026/2/30,2026/2/1", ColumnType.Text)]
    [InlineData("0/ 0,1/ 2", ColumnType.Text)]
    [InlineData("00:10,23:59", ColumnType.Time)]
    [InlineData("24:00,23:59", ColumnType.Text)]
    [InlineData("2026-08-05 12:30:01,2026/8/5 1:02", ColumnType.Timestamp)]
    [InlineData("2026-08-05T12:30:01.123456", ColumnType.Timestamp)]
    [InlineData("2026-08-05T12:30:01Z", ColumnType.Text)]
    [InlineData("20260805,20260806", ColumnType.Integer)]
    [InlineData("-0,1", ColumnType.Text)]
    [InlineData("１２３,４５６", ColumnType.Integer)]
    [InlineData("北京,上海", ColumnType.Text)]
    public async Task Read_Values_GiveTheTypeThatLosesNothing(string values, ColumnType type)
    {
        var table = await bench.Read("值\n" + string.Join('\n', values.Split(',')) + "\n", choices: new ImportChoices { Delimiter = ',' });
        table.Table.Columns[0].Type.ShouldBe(type);
        table.BadRowCount.ShouldBe(0);
        if (type == ColumnType.Text) { (await bench.Cells(table.Table))["c1"].ShouldBe(values.Split(',')); }
    }

    [Fact]
    public async Task Read_OneLetterAfterTenThousandNumbers_IsTextWithTheEvidence()
    {
        var table = await bench.Read("编号\n" + string.Concat(Enumerable.Range(1000, 10_000).Select(n => $"{n}\n")) + "0164A\n");
        table.Table.Columns[0].Type.ShouldBe(ColumnType.Text);
        table.Table.Rows.ShouldBe(10_001);
        var evidence = table.Evidence[0];
        (evidence.Ground, evidence.Likely, evidence.Values, evidence.Against, evidence.AgainstValue, evidence.AgainstLine).ShouldBe(("mixed", ColumnType.Integer, 10_001, 1, "0164A", 10_002));
        (await bench.Cells(table.Table))["c1"][^1].ShouldBe("0164A");
    }

    [Fact]
    public async Task Read_MissingMarkers_AreNullInTypedColumnsAndTextInTexts()
    {
        var table = await bench.Read("数,文\n1,-\n-,无\n—,甲\n/,\n无,NA\nNA,N/A\nN/A,null\nnull,/\n,乙\n2,丙\n");
        table.Table.Columns.Select(c => c.Type).ShouldBe([ColumnType.Integer, ColumnType.Text]);
        var cells = await bench.Cells(table.Table);
        cells["c1"].ShouldBe(["1", null, null, null, null, null, null, null, null, "2"]);
        cells["c2"].ShouldBe(["-", "无", "甲", null, "NA", "N/A", "null", "/", "乙", "丙"]);
        table.Evidence[0].Missing.ShouldBe(new Dictionary<string, long> { ["-"] = 1, ["—"] = 1, ["/"] = 1, ["无"] = 1, ["NA"] = 1, ["N/A"] = 1, ["null"] = 1 }, ignoreOrder: true);
        (table.Evidence[0].Empty, table.Evidence[0].Values).ShouldBe((1, 2));
        table.Table.Columns[0].Profile.Nulls.ShouldBe(8);
    }

    [Fact]
    public async Task Read_EightDigitsUnderAName_AreDates()
    {
        var table = await bench.Read("登记日期,编号,成立日期\n20260805,20260805,20260805\n20251231,20251231,20261331\n");
        table.Table.Columns.Select(c => c.Type).ShouldBe([ColumnType.Date, ColumnType.Integer, ColumnType.Integer]);
        (await bench.Cells(table.Table))["c1"].ShouldBe(["2026-08-05", "2025-12-31"]);
    }

    [Fact]
    public async Task Read_ThousandsSeparators_AreNumbersAndSaidSo()
    {
        var table = await bench.Read("产值（万元）,名\n\"1,234.50\",a\n\"12,345,678\",b\n12,c\n");
        (table.Table.Columns[0].Type, table.Table.Columns[0].Unit, table.Evidence[0].Grouped).ShouldBe((ColumnType.Decimal, "万元", 2));
        (await bench.Cells(table.Table))["c1"].ShouldBe(["1234.50", "12345678.00", "12.00"]);
    }

    [Fact]
    public async Task Read_Headers_AreMadeUniqueAndSaidSo()
    {
        var table = await bench.Read($"\uFEFF名称,名称,,_id,\"大学\n名称\",{new string('长', 301)},NAME,name,'; DROP TABLE rows; --,<script>alert(1)</script>,😀\n1,2,3,4,5,6,7,8,9,10,11\n");
        table.Table.Columns.Select(c => c.Name).ShouldBe(["名称", "名称_2", "列3", "id", "大学名称", new string('长', 300), "NAME", "name_2", "'; DROP TABLE rows; --", "<script>alert(1)</script>", "😀"]);
        table.Evidence.Select(e => string.Join('+', e.NameChanges)).ShouldBe(["", "duplicate", "empty", "underscore", "line-break", "shortened", "", "duplicate", "", "", ""]);
        (await bench.Cells(table.Table))["c11"].ShouldBe(["11"]);
    }

    [Theory]
    [InlineData("经度,纬度", "116.391300,39.907500", true)]
    [InlineData("lng,lat", "116.391300,39.907500", true)]
    [InlineData("Longitude,Latitude", "116.391300,39.907500", true)]
    [InlineData("x,y", "116.391300,39.907500", true)]
    [InlineData("x,y", "12,39", false)]
    [InlineData("x,y", "116,39", false)]
    [InlineData("经度,纬度", "416.391300,39.907500", false)]
    [InlineData("经度,纬度", "东经116度,39.9", false)]
    public async Task Read_PairsOfCoordinates_AreFoundByNameAndRange(string header, string row, bool isFound)
    {
        var table = await bench.Read($"名,{header}\n甲,{row}\n乙,,\n", choices: new ImportChoices { CoordinateSystem = CoordinateSystem.Wgs84 });
        if (!isFound)
        {
            table.Table.Places.ShouldBeNull();
            return;
        }

        var places = table.Table.Places.ShouldNotBeNull();
        (places.Geometry, places.Longitude, places.Latitude, places.System).ShouldBe((0, 2, 3, CoordinateSystem.Wgs84));
        var cells = await bench.Cells(table.Table);
        cells["_west"].ShouldBe(["116.3913", null]);
        cells["_north"].ShouldBe(["39.9075", null]);
        places.Extent.ShouldBe([116.3913, 39.9075, 116.3913, 39.9075]);
    }

    [Fact]
    public async Task Read_CoordinatesOfBaidu_HaveTheirExtentInWgs84AndTheirOwnCells()
    {
        var table = await bench.Read("经度,纬度\n116.403914,39.915245\n", choices: new ImportChoices { CoordinateSystem = CoordinateSystem.Bd09 });
        var cells = await bench.Cells(table.Table);
        cells["c1"].ShouldBe(["116.403914"]);
        double.Parse(cells["_west"][0]!, CultureInfo.InvariantCulture).ShouldBe(116.391300, 0.000001);
        double.Parse(cells["_south"][0]!, CultureInfo.InvariantCulture).ShouldBe(39.907500, 0.000001);
        (await bench.Read("经度,纬度\n116.4,39.9\n")).Warnings.Select(w => w.Code).ShouldContain("coordinates-undeclared");
    }

    [Fact]
    public async Task Read_CoordinatesWithSeventeenDigits_AreFloats()
    {
        var table = await bench.Read("经度,纬度\n116.39130000000002,39.907500000000006\n");
        table.Table.Columns.Select(c => c.Type).ShouldBe([ColumnType.Float, ColumnType.Float]);
        (await bench.Cells(table.Table))["c1"].ShouldBe(["116.39130000000002"]);
    }

    [Theory]
    [InlineData("utf-8", true)]
    [InlineData("utf-8", false)]
    [InlineData("gb18030", false)]
    [InlineData("utf-16", true)]
    [InlineData("utf-16BE", true)]
    [InlineData("utf-32", true)]
    public async Task Read_AnyEncoding_GivesTheSameText(string name, bool marked)
    {
        var encoding = name == "gb18030" ? ImportBench.Gb18030 : Encoding.GetEncoding(name);
        byte[] bytes = [.. marked ? encoding.GetPreamble() : [], .. encoding.GetBytes("名称,备注\n㐂镕堃,€𠮷😀\n")];
        var table = await bench.Read(new MemoryStream(bytes), "CSV");
        (await bench.Cells(table.Table))["c2"].ShouldBe(["€𠮷😀"]);
        table.Table.Columns[0].Name.ShouldBe("名称");
        table.Encoding.ShouldBe(name == "gb18030" ? "gb18030" : encoding.WebName);
    }

    [Fact]
    public async Task Read_AnyTableOfTexts_ComesBackTheSame()
    {
        var cell = Gen.OneOf(Gen.String[Gen.OneOf(Gen.Char['a', 'e'], OneOf('"', ',', '\n', '\r', ' ', ';', '\t', '|', '中', '，', '\u3000', '\'', '=', '0', '1', '.')), 0, 8], OneOf("001", "12", "-", "true", "2026-08-05", "1.50"));
        var tables = Gen.Select(Gen.Int[1, 5], Gen.Int[1, 12]).SelectMany((columns, rows) => Gen.Select(cell.Array[columns].Array[rows], OneOf("utf-8", "gb18030", "utf-16"), Gen.Bool, OneOf("\n", "\r\n")));
        await tables.SampleAsync(
            async t =>
            {
                var (rows, name, always, end) = t;
                var text = new StringBuilder();
                text.AppendJoin(',', rows[0].Select((_, n) => $"h{n}")).Append(end);
                foreach (var row in rows) { text.AppendJoin(',', row.Select(c => always || row.Length == 1 || c.AsSpan().ContainsAny("\",\r\n") ? $"\"{c.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : c)).Append(end); }
                var encoding = name == "gb18030" ? ImportBench.Gb18030 : Encoding.GetEncoding(name);
                byte[] bytes = [.. name == "utf-16" ? encoding.GetPreamble() : [], .. encoding.GetBytes(text.ToString())];
                var choices = new ImportChoices { Delimiter = ',', Columns = [.. rows[0].Select((_, n) => new ColumnChoice(n + 1) { Type = ColumnType.Text })] };
                var table = await bench.Read(new MemoryStream(bytes), "CSV", choices);
                table.BadRowCount.ShouldBe(0);
                var cells = await bench.Cells(table.Table);
                for (var n = 0; n < rows[0].Length; n++) { cells[$"c{n + 1}"].Select(c => c ?? "").ShouldBe(rows.Select(r => r[n])); }
            },
            iter: 60, threads: 1);
    }

    private static Gen<T> OneOf<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(n => values[n]);

    [Theory]
    [InlineData("a\tb\n1\t2\n", "TSV")]
    [InlineData("a;b\n1;2\n", "CSV")]
    [InlineData("a|b\n1|2\n", "CSV")]
    [InlineData("a\tb\n1\t2\n", "CSV")]
    [InlineData("a,b\r1,2\r", "CSV")]
    [InlineData("a,b\n\n1,2\n\n", "CSV")]
    [InlineData("a,b\n1,2", "CSV")]
    [InlineData("""[{"a":1,"b":2}]""", "JSON")]
    [InlineData("""{"code":0,"tags":["x","y"],"result":{"total":1,"rows":[{"a":1,"b":2}]},"ok":true}""", "JSON")]
    [InlineData("{\"a\":1,\"b\":2}\n\n", "JSONL")]
    [InlineData("""{"a":1,"b":2}""", "JSON")]
    [InlineData("""<r><total>1</total><row><a>1</a><b>2</b></row></r>""", "XML")]
    [InlineData("""<?xml version="1.0" encoding="gb2312"?><rows><row a="1" b="2"/></rows>""", "XML")]
    public async Task Read_EachTextFormat_GivesItsTable(string text, string format)
    {
        var table = await bench.Read(text, format);
        table.Table.Columns.Select(c => (c.Name, c.Type)).ShouldBe([("a", ColumnType.Integer), ("b", ColumnType.Integer)]);
        var cells = await bench.Cells(table.Table);
        (cells["c1"].Single(), cells["c2"].Single()).ShouldBe(("1", "2"));
    }

    [Fact]
    public async Task Read_Json_KeepsLongNumbersNestedValuesAndLateColumns()
    {
        var table = await bench.Read("""[{"id":12345678901234567890,"x":1.5,"o":{"k":[1]}},{"late":"y","x":116.39130000000001,"o":null,"b":true}]""", "JSON");
        table.Table.Columns.Select(c => (c.Name, c.Type)).ShouldBe([("id", ColumnType.Text), ("x", ColumnType.Float), ("o", ColumnType.Json), ("late", ColumnType.Text), ("b", ColumnType.Boolean)]);
        var cells = await bench.Cells(table.Table);
        cells["c1"].ShouldBe(["12345678901234567890", null]);
        cells["c3"].ShouldBe(["""{"k":[1]}""", null]);
        cells["c4"].ShouldBe([null, "y"]);
    }

    [Fact]
    public async Task Read_XmlWithRepeatedAndNestedLeaves_KeepsAll()
    {
        var table = await bench.Read("<data><meta><v>1</v></meta><list><item id='7'><name>甲</name><tag>a</tag><tag>b</tag><geo><x>1</x></geo></item><item id='8'><name>乙</name></item></list></data>", "XML");
        table.Table.Columns.Select(c => c.Name).ShouldBe(["id", "name", "tag", "geo.x"]);
        (await bench.Cells(table.Table))["c3"].ShouldBe(["""["a","b"]""", null]);
    }

    [Fact]
    public async Task Read_GeoJson_IsATableWithPlaces()
    {
        var table = await bench.Read("""
            {"type":"FeatureCollection","bbox":[1,2],"features":[
            {"type":"Feature","id":5,"properties":{"名":"甲","geometry":"x"},"geometry":{"type":"Polygon","coordinates":[[[116,39],[117,39],[117,40],[116,39]]]}},
            {"type":"Feature","properties":{"名":"乙"},"geometry":null}]}
            """, "GEOJSON");
        table.Table.Columns.Select(c => (c.Name, c.Type)).ShouldBe([("名", ColumnType.Text), ("geometry", ColumnType.Text), ("id", ColumnType.Integer), ("geometry_2", ColumnType.Geometry)]);
        table.Table.Places.ShouldNotBeNull().Geometry.ShouldBe(4);
        table.Table.Places.Extent.ShouldBe([116, 39, 117, 40]);
        (await bench.Cells(table.Table))["_east"].ShouldBe(["117", null]);
    }

    [Fact]
    public async Task Read_ParquetOfAnImport_GivesTheSameTable()
    {
        var first = await bench.Read("码,数,额,日,时,刻,真,比\n001,1,1.50,2026-08-05,12:30,2026-08-05 12:30:01,true,1.5E-3\n,,,,,,,\n");
        await using var file = (await bench.Store.OpenAsync(first.Table.Content, ImportBench.Ct))!;
        var copy = new MemoryStream();
        await file.CopyToAsync(copy);
        copy.Position = 0;
        var second = await bench.Read(copy, "PARQUET");
        // Its own row number is a column like others to us.
        second.Table.Columns.Skip(1).Select(c => c.Type).ShouldBe(first.Table.Columns.Select(c => c.Type));
        second.Table.Columns.Select(c => c.Type).ShouldBe([ColumnType.Integer, ColumnType.Text, ColumnType.Integer, ColumnType.Decimal, ColumnType.Date, ColumnType.Time, ColumnType.Timestamp, ColumnType.Boolean, ColumnType.Float]);
        var (before, after) = (await bench.Cells(first.Table), await bench.Cells(second.Table));
        for (var n = 1; n <= 8; n++) { after[$"c{n + 1}"].ShouldBe(before[$"c{n}"]); }
    }

    [Fact]
    public async Task Read_Choices_ChangeNameTypeAndTitleAndWhatDoesNotFitIsListed()
    {
        var choices = new ImportChoices { Columns = [new(1) { Name = "编码", Title = "行政区划代码", Type = ColumnType.Integer, IsKey = true }, new(2) { Type = ColumnType.Decimal, Scale = 1, Unit = "吨" }] };
        var table = await bench.Read("a,b\n001,1.5\n2x,2\n3,2.25\n4,4\n", choices: choices);
        var column = table.Table.Columns[0];
        (column.Name, column.Title, column.Type, column.IsKey, table.Evidence[0].Ground, table.Evidence[0].Source).ShouldBe(("编码", "行政区划代码", ColumnType.Integer, true, "chosen", "a"));
        (await bench.Cells(table.Table))["c1"].ShouldBe(["1", "4"]);
        (await bench.BadRows(table)).ShouldBe([new BadRow(3, "value", "编码", "2x", "2x,2"), new BadRow(4, "value", "b", "2.25", "3,2.25")]);
        table.BadRowCount.ShouldBe(2);
    }

    [Fact]
    public async Task Read_Profiles_AreCounted()
    {
        var table = await bench.Read("区,数\n" + string.Concat(Enumerable.Range(1, 300).Select(n => $"{(n % 3 == 0 ? "东" : "西")},{(n % 10 == 0 ? "" : n)}\n")));
        var (text, number) = (table.Table.Columns[0].Profile, table.Table.Columns[1].Profile);
        (text.Nulls, text.Distinct, text.Least, text.Greatest, text.Mean).ShouldBe((0, 2, "东", "西", null));
        text.Frequent.ShouldBe([new FrequentValue("西", 200), new FrequentValue("东", 100)]);
        (number.Nulls, number.Distinct, number.Least, number.Greatest, number.Frequent.Count).ShouldBe((30, 270, "1", "299", 0));
        number.Mean!.Value.ShouldBe(Enumerable.Range(1, 300).Where(n => n % 10 != 0).Average(), 0.0001);
    }

    [Fact]
    public async Task Read_Workbook_KnowsDatesCodesFormulasAndErrors()
    {
        const string Styles = """<numFmts count="2"><numFmt numFmtId="164" formatCode="yyyy&quot;年&quot;m&quot;月&quot;d&quot;日&quot;"/><numFmt numFmtId="165" formatCode="000000"/></numFmts><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="22"/><xf numFmtId="164"/><xf numFmtId="165"/><xf numFmtId="20"/></cellXfs>""";
        const string Head = """<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="inlineStr"><is><t>刻</t></is></c><c r="C1" t="inlineStr"><is><t>日二</t></is></c><c r="D1" t="inlineStr"><is><t>码</t></is></c><c r="E1" t="inlineStr"><is><t>和</t></is></c><c r="F1" t="inlineStr"><is><t>号</t></is></c><c r="G1" t="inlineStr"><is><t>时</t></is></c></row>""";
        const string Row = """<row r="2"><c r="A2" s="1"><v>46239</v></c><c r="B2" s="2"><v>46239.5</v></c><c r="C2" s="3"><v>46239</v></c><c r="D2" s="4"><v>10101</v></c><c r="E2"><f>1+2</f><v>3</v></c><c r="F2" t="str"><v>123456789012345678</v></c><c r="G2" s="5"><v>0.25</v></c></row>""";
        const string Last = """<row r="3"><c r="E3" t="e"><f>1/0</f><v>#DIV/0!</v></c><c r="F3"><v>1</v></c></row>""";
        var shared = "<si><r><t>日</t></r><r><t xml:space=\"preserve\">期 </t></r><rPh sb=\"0\" eb=\"1\"><t>x</t></rPh></si>";
        var table = await bench.Read(ImportBench.Workbook(Head + Row + Last, Styles, shared), "XLSX");
        table.Table.Columns.Select(c => (c.Name, c.Type)).ShouldBe([("日期", ColumnType.Date), ("刻", ColumnType.Timestamp), ("日二", ColumnType.Date), ("码", ColumnType.Text), ("和", ColumnType.Integer), ("号", ColumnType.Text), ("时", ColumnType.Time)]);
        var cells = await bench.Cells(table.Table);
        cells["c1"].ShouldBe(["2026-08-05", null]);
        cells["c2"].ShouldBe(["2026-08-05 12:00:00", null]);
        cells["c4"].ShouldBe(["010101", null]);
        cells["c5"].ShouldBe(["3", null]);
        cells["c6"].ShouldBe(["123456789012345678", "1"]);
        var since1904 = await bench.Read(ImportBench.Workbook(Head + Row, Styles, shared, """<workbookPr date1904="1"/>"""), "XLSX");
        (await bench.Cells(since1904.Table))["c1"].ShouldBe(["2030-08-06"]);
    }

    [Fact]
    public async Task Read_WorkbookWithTitleAndMergedHeaders_HasOneNameAColumn()
    {
        var data = ImportBench.SheetRow(1, "2026年统计表") + ImportBench.SheetRow(3, "地区", "人口", "", "面积") + ImportBench.SheetRow(4, "", "男", "女", "") + ImportBench.SheetRow(5, "东区", "1", "2", "3.5");
        var table = await bench.Read(ImportBench.Workbook(data, after: """<mergeCells count="4"><mergeCell ref="A1:D1"/><mergeCell ref="A3:A4"/><mergeCell ref="B3:C3"/><mergeCell ref="D3:D4"/></mergeCells>"""), "XLSX");
        table.Table.Columns.Select(c => (c.Name, c.Type)).ShouldBe([("地区", ColumnType.Text), ("人口_男", ColumnType.Integer), ("人口_女", ColumnType.Integer), ("面积", ColumnType.Decimal)]);
        table.Table.Rows.ShouldBe(1);
        table.Warnings.Select(w => w.Code).ShouldBe(["title-rows", "header-rows"], ignoreOrder: true);
    }
}
