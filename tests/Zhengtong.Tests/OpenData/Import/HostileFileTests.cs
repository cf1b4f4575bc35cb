using System.Text;
using Zhengtong.OpenData.Import;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.OpenData.Import;

public sealed class HostileFileTests(PlatformFixture platform)
{
    private readonly ImportBench bench = new(platform);

    [Fact]
    public async Task Read_TenThousandColumns_IsRefusedWithTheLimit()
    {
        var header = string.Join(',', Enumerable.Range(1, 10_000).Select(n => $"c{n}"));
        (await bench.FaultOf($"{header}\n{header}\n")).ShouldBe("too-many-columns");
        (await bench.FaultOf("[{" + string.Join(',', Enumerable.Range(1, 10_000).Select(n => $"\"c{n}\":1")) + "}]", "JSON")).ShouldBe("too-many-columns");
    }

    [Fact]
    public async Task Read_TwoThousandColumns_IsATable()
    {
        var row = string.Join(',', Enumerable.Range(1, 2000));
        var table = await bench.Read($"{string.Join(',', Enumerable.Range(1, 2000).Select(n => $"列{n}"))}\n{row}\n{row}\n");
        (table.Table.Columns.Count, table.Table.Rows).ShouldBe((2000, 2));
    }

    [Theory]
    [InlineData("CSV", "a,b\n1,2\n", "{0},x\n", "3,4\n")]
    [InlineData("CSV", "a,b\n1,2\n", "\"{0}\",x\n", "3,4\n")]
    [InlineData("JSON", "[{\"a\":1,\"b\":2},", "{\"a\":\"{0}\",\"b\":2},", "{\"a\":3,\"b\":4}]")]
    [InlineData("JSONL", "{\"a\":1,\"b\":2}\n", "{\"a\":\"{0}\",\"b\":2}\n", "{\"a\":3,\"b\":4}\n")]
    [InlineData("XML", "<r><i><a>1</a><b>2</b></i>", "<i><a>{0}</a><b>2</b></i>", "<i><a>3</a><b>4</b></i></r>")]
    public async Task Read_ACellOfFiftyMegabytes_IsOneBadRow(string format, string before, string hostile, string after)
    {
        var parts = hostile.Split("{0}");
        await using var file = new Repeated(before + parts[0], 50_000_000, parts[1] + after);
        var table = await bench.Read(file, format);
        (table.Table.Rows, table.BadRowCount).ShouldBe((2, 1));
        var bad = (await bench.BadRows(table)).Single();
        bad.Reason.ShouldBe("cell-too-long");
        bad.Raw.Length.ShouldBeLessThanOrEqualTo(4000);
        (await bench.Cells(table.Table))["c1"].ShouldBe(["1", "3"]);
    }

    [Fact]
    public async Task Read_ASheetsCellOfFiftyMegabytes_IsNeverHeld()
    {
        // Letters that pack no better than by half: it is no bomb by its size.
        var text = string.Create(50_000_000, 0, (to, _) =>
        {
            var dice = new Zhengtong.Demonstration.Dice(1);
            for (var n = 0; n < to.Length; n++) { to[n] = (char)('a' + dice.Below(16)); }
        });
        var book = ImportBench.Workbook(ImportBench.SheetRow(1, "a") + ImportBench.SheetRow(2, "1") + ImportBench.SheetRow(3, text) + ImportBench.SheetRow(4, "3"));
        var table = await bench.Read(book, "XLSX");
        (table.Table.Rows, table.BadRowCount).ShouldBe((2, 1));
        (await bench.BadRows(table)).Single().Reason.ShouldBe("cell-too-long");
    }

    [Theory]
    [InlineData("a,b\n1,2\n\"3,4\n5,6\n7,8\n", 3, "\"3,4")]
    [InlineData("a,b\n1,2\n\"3,4\n5,\"6\"\n7,8\n", 3, "\"3,4")]
    [InlineData("a,b\n1,2\n\"3\"x,4\n5,6\n7,8\n", 3, "\"3\"x,4")]
    [InlineData("a,b\n1,2\n3\n5,6\n7,8\n", 3, "3")]
    [InlineData("a,b\n1,2\n3,4,9\n5,6\n7,8\n", 3, "3,4,9")]
    [InlineData("a,b\n1,2\n3,x\0y\n5,6\n7,8\n", 3, "3,x\0y")]
    public async Task Read_AnUnbalancedRow_CostsItsOwnLineOnly(string text, int line, string raw)
    {
        var table = await bench.Read(text);
        (await bench.Cells(table.Table))["c1"].ShouldBe(["1", "5", "7"]);
        var bad = (await bench.BadRows(table)).Single();
        (bad.Line, bad.Raw).ShouldBe((line, raw));
    }

    [Fact]
    public async Task Read_MixedEncodings_AreRefusedWithTheOffset()
    {
        byte[] mixed = [.. Encoding.UTF8.GetBytes("名称\n北京市朝阳区\n"), .. ImportBench.Gb18030.GetBytes("上海市浦东新区\n")];
        var fault = await Should.ThrowAsync<ImportFault>(() => bench.Read(new MemoryStream(mixed), "CSV"));
        fault.Code.ShouldBeOneOf("encoding", "encoding-mixed");
        fault.Detail.ShouldNotBeNull().ShouldContain(fault.Code == "encoding" ? "utf-8: 26" : "utf-8: ");
        byte[] broken = [.. Encoding.UTF8.GetBytes("abc\n"), 0xFF, 0x20];
        (await Should.ThrowAsync<ImportFault>(() => bench.Read(new MemoryStream(broken), "CSV"))).Message.ShouldBe("encoding utf-8: 4; gb18030: 4");
    }

    [Fact]
    public async Task Read_Formulas_StayTextAsTheyAre()
    {
        var table = await bench.Read("a\n=1+1\n@SUM(A1)\n-2+3\n");
        (await bench.Cells(table.Table))["c1"].ShouldBe(["=1+1", "@SUM(A1)", "-2+3"]);
    }

    [Fact]
    public async Task Read_AZipBomb_IsRefused()
    {
        // 100 MB of spaces in 100 KB, in a part that says nothing about its size beforehand.
        var book = ImportBench.Workbook(ImportBench.SheetRow(1, "a") + new string(' ', 100_000_000) + ImportBench.SheetRow(2, "b"));
        book.Length.ShouldBeLessThan(2_000_000);
        (await Should.ThrowAsync<ImportFault>(() => bench.Read(book, "XLSX"))).Code.ShouldBe("unpacked");
    }

    [Fact]
    public async Task Read_XmlWithADocumentType_IsRefused() =>
        (await bench.FaultOf("<!DOCTYPE r [<!ENTITY a \"x\"><!ENTITY b \"&a;&a;\">]><r><i><a>&b;</a></i><i><a>1</a></i></r>", "XML")).ShouldBe("xml-doctype");

    [Fact]
    public async Task Read_DeepJson_IsABadRow()
    {
        var deep = string.Concat(Enumerable.Repeat("[", 1000)) + string.Concat(Enumerable.Repeat("]", 1000));
        var table = await bench.Read($"{{\"a\":1}}\n{{\"a\":{deep}}}\n{{\"a\":2}}\n", "JSONL");
        (table.Table.Rows, table.BadRowCount).ShouldBe((2, 1));
        (await bench.BadRows(table)).Single().Reason.ShouldBe("json");
    }

    [Theory]
    [InlineData("""{"type":"Polygon","coordinates":[[[0,0],[1,1],[0,1],[1,0],[0,0]]]}""")]
    [InlineData("""{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1]]]}""")]
    [InlineData("""{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1],[0,1]]]}""")]
    [InlineData("""{"type":"Point","coordinates":[500,1]}""")]
    [InlineData("""{"type":"Point","coordinates":["a",1]}""")]
    [InlineData("""{"type":"Nothing","coordinates":[1,1]}""")]
    [InlineData("5")]
    public async Task Read_GeoJsonWithInvalidGeometry_ListsTheRow(string geometry)
    {
        const string Good = """{"type":"Feature","properties":{"n":1},"geometry":{"type":"Point","coordinates":[116,39]}}""";
        var table = await bench.Read($"{{\"type\":\"FeatureCollection\",\"features\":[{Good},{{\"type\":\"Feature\",\"properties\":{{\"n\":2}},\"geometry\":{geometry}}},{Good}]}}", "GEOJSON");
        (table.Table.Rows, table.BadRowCount).ShouldBe((2, 1));
        var bad = (await bench.BadRows(table)).Single();
        (bad.Reason, bad.Column).ShouldBe(("geometry", "geometry"));
    }

    [Fact]
    public async Task Read_JsonThatEndsEarly_KeepsTheRowsBeforeAndSaysSo()
    {
        var table = await bench.Read("""[{"a":1},{"a":2},{"a":""", "JSON");
        (table.Table.Rows, table.BadRowCount).ShouldBe((2, 1));
        table.Warnings.Select(w => w.Code).ShouldBe(["unfinished"]);
    }

    [Theory]
    [InlineData("", "CSV", "empty")]
    [InlineData("\n\n", "CSV", "empty")]
    [InlineData("x", "PARQUET", "parquet")]
    [InlineData("x", "XLSX", "xlsx")]
    [InlineData("x", "JSON", "json")]
    [InlineData("<r>", "PDF", "format")]
    [InlineData("x", "XML", "xml")]
    [InlineData("a,b\n1\n2\n3,4\n", "CSV", "too-many-bad")]
    public async Task Read_NoTable_SaysWhy(string text, string format, string code) => (await bench.FaultOf(text, format)).ShouldBe(code);

    [Fact]
    public async Task Read_AWorkbookWithLinksToOthers_NeverOpensThemAndSaysSo()
    {
        var book = ImportBench.Workbook(
            ImportBench.SheetRow(1, "a") + """<row r="2"><c r="A2"><f>[1]Sheet1!A1</f><v>7</v></c></row><row r="3"><c r="A3"><f>[1]Sheet1!A2</f></c></row><row r="4"><c r="A4"><v>8</v></c></row>""",
            more: ("xl/externalLinks/externalLink1.xml", "<externalLink/>"));
        var table = await bench.Read(book, "XLSX");
        table.Warnings.Select(w => w.Code).ShouldBe(["external-links", "formulas-without-values"]);
        (await bench.Cells(table.Table))["c1"].ShouldBe(["7", "8"]);
    }

    /// <summary>A text, many of one letter, another text.</summary>
    private sealed class Repeated(string before, long count, string after) : Generated
    {
        private int part;
        private long left = count;

        protected override byte[]? Next()
        {
            if (part == 0)
            {
                part = 1;
                return Encoding.UTF8.GetBytes(before);
            }

            if (part == 1 && left > 0)
            {
                var length = (int)Math.Min(left, 1 << 20);
                left -= length;
                return [.. Enumerable.Repeat((byte)'x', length)];
            }

            return part++ == 1 ? Encoding.UTF8.GetBytes(after) : null;
        }
    }

    internal sealed class Rows(long count, Func<long, string> row, Action look) : Generated
    {
        private long at = -1;

        protected override byte[]? Next()
        {
            if (at == count) { return null; }
            if (at < 0)
            {
                at = 0;
                return "编号,代码,名称,日期,金额,有效,星期,备注,标志,末\n"u8.ToArray();
            }

            var text = new StringBuilder();
            for (var n = 0; n < 1000 && at < count; n++) { text.Append(row(at++)); }
            look();
            return Encoding.UTF8.GetBytes(text.ToString());
        }
    }

    /// <summary>A file that is made while it is read.</summary>
    internal abstract class Generated : Stream
    {
        private byte[] block = [];
        private int at;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override int Read(byte[] buffer, int offset, int count)
        {
            if (at == block.Length)
            {
                (block, at) = (Next() ?? [], 0);
                if (block.Length == 0) { return 0; }
            }

            var length = Math.Min(count, block.Length - at);
            block.AsSpan(at, length).CopyTo(buffer.AsSpan(offset));
            at += length;
            return length;
        }

        public override void Flush() { }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        protected abstract byte[]? Next();
    }
}
