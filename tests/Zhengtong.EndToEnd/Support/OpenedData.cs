using System.Globalization;
using System.Text;
using DuckDB.NET.Data;
using Microsoft.AspNetCore.Builder;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Zhengtong.Catalogue.Model;
using Zhengtong.Kernel.Objects;
using Zhengtong.Kernel.Organisations;
using Zhengtong.Kernel.Regions;
using Zhengtong.OpenData.Model;
using Zhengtong.OpenData.Publishing;

namespace Zhengtong.EndToEnd.Support;

/// <summary>Datasets that a browser test publishes on a platform of its own, without the way over examination and approval.</summary>
internal static class OpenedData
{
    /// <summary>A city's parks: text, numbers, days, places, cells without a value; and the file as it was uploaded.</summary>
    /// <param name="app">The platform.</param>
    /// <param name="name">Last part of the address.</param>
    /// <param name="title">Title.</param>
    /// <param name="rows">How many parks.</param>
    /// <param name="change">What else its description says.</param>
    internal static async Task<(Dataset Dataset, DatasetVersion Version)> PublishParksAsync(WebApplication app, string name, string title, int rows, Func<DatasetDescription, DatasetDescription>? change = null)
    {
        var now = TimeProvider.System.GetUtcNow();
        await using var scope = app.Services.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<ZhengtongDb>();
        var store = scope.ServiceProvider.GetRequiredService<ObjectStore>();
        var publisher = await DepartmentAsync(db, now);
        var table = await TableAsync(store, rows);
        var csv = new StringBuilder("名称,区县,类型,面积,建成日期,经度,纬度,说明\r\n");
        for (var n = 1; n <= rows; n++) { csv.AppendJoin(',', Park(n)).Append("\r\n"); }
        var file = await store.PutAsync(Encoding.UTF8.GetBytes(csv.ToString()), default);
        var description = new DatasetDescription
        {
            Title = title,
            Notes = "全市公园的名称、位置、面积和建成日期。\n\n## 采集方法\n\n由各区县园林主管部门**逐级汇总**，每年核对一次。\n\n| 字段 | 来源 |\n|---|---|\n| 面积 | 测绘 |\n| 建成日期 | 档案 |",
            OpenAttribute = OpenAttribute.Unconditional,
            Licence = "cc-by",
            Themes = ["environment", "tourism"],
            Keywords = ["公园", "绿地"],
            UpdateCycle = UpdateCycle.Yearly,
            From = new DateOnly(2025, 1, 1),
            To = new DateOnly(2025, 12, 31),
            CoordinateSystem = CoordinateSystem.Wgs84,
            ContactName = "市城市管理局信息科",
            ContactMail = "data@example.gov.cn",
            ContactPhone = "029-12345678",
        };
        description = change?.Invoke(description) ?? description;
        var dataset = new Dataset { Id = Guid.CreateVersion7(now), Name = name, PublisherId = publisher.Id, Description = description, CreatedAt = now, ModifiedAt = now };
        dataset.Describe(description);
        var resource = new DatasetResource
        {
            Id = Guid.CreateVersion7(now),
            Name = "公园名录",
            Description = "每个公园一行。",
            Format = "CSV",
            FileName = "公园名录.csv",
            MediaType = "text/csv",
            Content = file.Digest,
            Bytes = file.Length,
            Table = table,
        };
        var version = new DatasetVersion { Id = Guid.CreateVersion7(now), DatasetId = dataset.Id, Number = 1, Description = description, Resources = [resource], ChangeNote = "首次发布。", CreatedAt = now };
        version.Propose(Guid.CreateVersion7(now), now);
        version.EndCheck(now);
        version.Examine(Guid.CreateVersion7(now), now);
        version.Publish(Guid.CreateVersion7(now), file.Digest, "", now);
        dataset.Publish(version, now);
        db.AddRange(dataset, version);
        await VersionObjects.ReferAsync(db, version, now, default);
        await PublicResources.PutAsync(db, version, default);
        await DatasetSearch.PutAsync(db, dataset, version, default);
        await db.SaveChangesAsync();
        return (dataset, version);
    }

    private static async Task<Organisation> DepartmentAsync(ZhengtongDb db, DateTimeOffset now)
    {
        var code = CreditCode.FromBody("11610100000000001");
        if (await db.Organisations.SingleOrDefaultAsync(o => o.CreditCode == code) is { } known) { return known; }
        var region = RegionCode.Parse("610100");
        if (!await db.Regions.AnyAsync(r => r.Code == region)) { db.Regions.Add(new Region { Code = region, Name = "西安市", Level = region.Level, Parent = region.Parent }); }
        var made = new Organisation { Id = Guid.CreateVersion7(now), CreditCode = code, Name = "西安市城市管理局", ShortName = "市城管局", Region = region, Kind = OrganisationKind.Department };
        db.Organisations.Add(made);
        await db.SaveChangesAsync();
        return made;
    }

    private static string[] Park(int n) =>
    [
        $"{Pick(n, "兴庆", "革命", "莲湖", "丰庆", "长乐", "牡丹")}公园{N(n)}号", Pick(n * 7 % 11, "新城区", "碑林区", "莲湖区", "灞桥区", "未央区", "雁塔区"), Pick(n * 3 % 5, "综合公园", "社区公园", "游园", "专类公园"),
        n % 9 == 0 ? "" : $"{N(n * 37 % 400 / 10)}.{N(n % 10)}0", new DateOnly(1958, 1, 1).AddDays(n * 977 % 24000).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        (108.85 + (n * 31 % 97 / 500.0)).ToString("0.0000", CultureInfo.InvariantCulture), (34.20 + (n * 17 % 89 / 700.0)).ToString("0.0000", CultureInfo.InvariantCulture), n % 4 == 0 ? "" : "免费开放",
    ];

    private static async Task<DataTable> TableAsync(ObjectStore store, int rows)
    {
        var path = Path.Combine(Path.GetTempPath(), $"zhengtong-parks-{Guid.CreateVersion7(TimeProvider.System.GetUtcNow()):N}.parquet");
        try
        {
            await using (var duck = new DuckDBConnection("Data Source=:memory:"))
            {
                await duck.OpenAsync();
                await using var command = duck.CreateCommand();
                command.CommandText = "CREATE TABLE t (_id BIGINT, c1 VARCHAR, c2 VARCHAR, c3 VARCHAR, c4 DECIMAL(18, 2), c5 DATE, c6 DOUBLE, c7 DOUBLE, c8 VARCHAR, _west DOUBLE, _south DOUBLE, _east DOUBLE, _north DOUBLE)";
                await command.ExecuteNonQueryAsync();
                for (var n = 1; n <= rows; n++)
                {
                    var cells = Park(n).Select(c => c.Length == 0 ? "NULL" : $"'{c}'").ToList();
                    command.CommandText = $"INSERT INTO t VALUES ({N(n)}, {string.Join(", ", cells)}, {cells[5]}, {cells[6]}, {cells[5]}, {cells[6]})";
                    await command.ExecuteNonQueryAsync();
                }

                command.CommandText = $"COPY t TO '{path}' (FORMAT parquet)";
                await command.ExecuteNonQueryAsync();
            }

            await using var stream = File.OpenRead(path);
            var put = await store.PutAsync(stream, default);
            var parks = Enumerable.Range(1, rows).Select(Park).ToList();
            (string Name, ColumnType Type, string? Unit)[] columns =
                [("名称", ColumnType.Text, null), ("区县", ColumnType.Text, null), ("类型", ColumnType.Text, null), ("面积", ColumnType.Decimal, "公顷"), ("建成日期", ColumnType.Date, null), ("经度", ColumnType.Float, "°"), ("纬度", ColumnType.Float, "°"), ("说明", ColumnType.Text, null)];
            return new DataTable
            {
                Content = put.Digest,
                Bytes = put.Length,
                Rows = rows,
                Columns = [.. columns.Select((c, at) => ColumnOf(c.Name, c.Type, c.Unit, at, [.. parks.Select(p => p[at])]))],
                Places = new TablePlaces(0, 6, 7, CoordinateSystem.Wgs84, [108.85, 34.2, 109.05, 34.33]),
            };
        }
        finally { File.Delete(path); }
    }

    private static TableColumn ColumnOf(string name, ColumnType type, string? unit, int at, List<string> cells)
    {
        var values = cells.Where(c => c.Length > 0).ToList();
        var ordered = type is ColumnType.Decimal or ColumnType.Float ? [.. values.OrderBy(v => double.Parse(v, CultureInfo.InvariantCulture))] : values.Order(StringComparer.Ordinal).ToList();
        var distinct = values.Distinct().Count();
        return new TableColumn(name, type)
        {
            Position = at + 1,
            Unit = unit,
            Precision = type == ColumnType.Decimal ? 18 : 0,
            Scale = type == ColumnType.Decimal ? 2 : 0,
            Profile = new ColumnProfile
            {
                Nulls = cells.Count - values.Count,
                Distinct = distinct,
                Least = ordered.FirstOrDefault(),
                Greatest = ordered.LastOrDefault(),
                Frequent = distinct > values.Count / 2 ? [] : [.. values.CountBy(v => v).OrderByDescending(v => v.Value).Take(20).Select(v => new FrequentValue(v.Key, v.Value))],
            },
        };
    }

    private static string Pick(int n, params string[] of) => of[n % of.Length];

    private static string N(int n) => n.ToString(CultureInfo.InvariantCulture);
}
