using System.Globalization;
using System.Text;
using DuckDB.NET.Data;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Catalogue.Model;
using Zhengtong.Demonstration;
using Zhengtong.Kernel.Objects;
using Zhengtong.Kernel.Organisations;
using Zhengtong.Kernel.Regions;
using Zhengtong.OpenData.Import;
using Zhengtong.OpenData.Model;
using Zhengtong.OpenData.Publishing;

namespace Zhengtong.EndToEnd.Support;

/// <summary>Datasets that a browser test publishes on a platform of its own, made up or of the demonstration province, without the way over examination and approval.</summary>
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
        var publisher = await DepartmentAsync(db, "11610100000000001", "西安市城市管理局", "市城管局", "610100", [("610100", "西安市")], now);
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
        return await PublishAsync(db, publisher, name, description, resource, "首次发布。", now);
    }

    /// <summary>Every dataset of these templates of the demonstration province, with the province's divisions; those that are there already stay.</summary>
    internal static async Task PublishPlanAsync(WebApplication app, params IReadOnlyList<string> templates)
    {
        var (plan, province, now) = (OpenDataPlan.Load(), Province.Load(), TimeProvider.System.GetUtcNow());
        var synthetic = new SyntheticProvince(province);
        await using var scope = app.Services.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<ZhengtongDb>();
        var (store, tables) = (scope.ServiceProvider.GetRequiredService<ObjectStore>(), scope.ServiceProvider.GetRequiredService<TableWriter>());
        var publisher = await DepartmentAsync(db, "11990000000000001", "演示省旅游局", "省旅游局", "99", [.. province.Regions.Select(r => (r.Code, r.Name))], now);
        foreach (var planned in plan.Datasets(province).Where(d => templates.Contains(d.Template.Id)))
        {
            if (await db.Datasets.AnyAsync(d => d.Name == planned.Name)) { continue; }
            var table = new PlannedTable(planned, synthetic, planned.Versions);
            var rows = table.Rows().ToList();
            var file = await store.PutAsync(PlannedFiles.Csv(table.Columns, rows), default);
            var resource = new DatasetResource
            {
                Id = Guid.CreateVersion7(now), Name = planned.Title, Format = "CSV", FileName = $"{planned.Name}.csv", MediaType = "text/csv", Content = file.Digest, Bytes = file.Length,
                Table = await tables.WriteAsync(table.Columns, rows.ToAsyncEnumerable(), table.Places, default),
            };
            await PublishAsync(db, publisher, planned.Name, planned.Description(), resource, plan.FirstNote, now);
            db.ChangeTracker.Clear();
        }
    }

    /// <summary>The first version of a dataset of one file.</summary>
    private static async Task<(Dataset Dataset, DatasetVersion Version)> PublishAsync(ZhengtongDb db, Guid publisher, string name, DatasetDescription description, DatasetResource resource, string note, DateTimeOffset now)
    {
        var dataset = new Dataset { Id = Guid.CreateVersion7(now), Name = name, PublisherId = publisher, Description = description, CreatedAt = now, ModifiedAt = now };
        dataset.Describe(description);
        var version = new DatasetVersion { Id = Guid.CreateVersion7(now), DatasetId = dataset.Id, Number = 1, Description = description, Resources = [resource], ChangeNote = note, CreatedAt = now };
        version.Propose(Guid.CreateVersion7(now), now);
        version.EndCheck(now);
        version.Examine(Guid.CreateVersion7(now), now);
        version.Publish(Guid.CreateVersion7(now), resource.Content, "", now);
        dataset.Publish(version, now);
        db.AddRange(dataset, version);
        await VersionObjects.ReferAsync(db, version, now, default);
        await PublicResources.PutAsync(db, version, default);
        await DatasetSearch.PutAsync(db, dataset, version, default);
        await db.SaveChangesAsync();
        return (dataset, version);
    }

    /// <summary>The department of that credit code, with these divisions.</summary>
    private static async Task<Guid> DepartmentAsync(ZhengtongDb db, string body, string name, string shortName, string region, IReadOnlyList<(string Code, string Name)> divisions, DateTimeOffset now)
    {
        foreach (var (number, division) in divisions)
        {
            var code = RegionCode.Parse(number);
            if (!await db.Regions.AnyAsync(r => r.Code == code)) { db.Regions.Add(new Region { Code = code, Name = division, Level = code.Level, Parent = code.Parent }); }
        }

        var credit = CreditCode.FromBody(body);
        if (await db.Organisations.Where(o => o.CreditCode == credit).Select(o => (Guid?)o.Id).SingleOrDefaultAsync() is { } known) { return known; }
        var made = new Organisation { Id = Guid.CreateVersion7(now), CreditCode = credit, Name = name, ShortName = shortName, Region = RegionCode.Parse(region), Kind = OrganisationKind.Department };
        db.Organisations.Add(made);
        await db.SaveChangesAsync();
        return made.Id;
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
