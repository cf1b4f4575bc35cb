using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Zhengtong.Catalogue.Model;
using Zhengtong.Kernel.Ledger;
using Zhengtong.Kernel.Objects;
using Zhengtong.Kernel.Organisations;
using Zhengtong.Kernel.Regions;
using Zhengtong.Kernel.Search;
using Zhengtong.OpenData.Ckan;
using Zhengtong.OpenData.Import;
using Zhengtong.OpenData.Model;
using Zhengtong.OpenData.Publishing;
using Zhengtong.OpenData.Tables;

namespace Zhengtong.Bench;

/// <summary>A platform's data folder, opened in this process without serving: what imports, asks and publishes.</summary>
internal sealed class OpenPlatform : IAsyncDisposable
{
    private static readonly JsonWriterOptions Writing = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private readonly WebApplication app;
    private readonly ArrayBufferWriter<byte> room = new(1 << 16);

    private OpenPlatform(WebApplication app) => this.app = app;

    internal TableEngine Engine => app.Services.GetRequiredService<TableEngine>();

    /// <summary>Opens a folder, an empty one too.</summary>
    internal static async Task<OpenPlatform> OpenAsync(string folder, string? database = null)
    {
        var app = Platform.Build(new Deployment(folder, database, "http://127.0.0.1:0", Demo: false));
        await app.PrepareAsync(CancellationToken.None);
        return new OpenPlatform(app);
    }

    /// <summary>A file becomes a table that can be asked.</summary>
    internal async Task<DataTable> ImportAsync(string path)
    {
        await using var file = File.OpenRead(path);
        return (await app.Services.GetRequiredService<FileImport>().ReadAsync(file, "CSV", ImportChoices.None, null, CancellationToken.None)).Table;
    }

    /// <summary>One page as the datastore interface writes its rows, on 64 KB of memory; how many rows and of how many.</summary>
    internal async Task<string> PageAsync(DataTable table, TableQuery query)
    {
        var answer = await Engine.AskAsync(table, query, TableLimits.Public with { Time = TimeSpan.FromMinutes(10) }, CancellationToken.None);
        return Written(answer.Columns, answer.Rows, answer.Total);
    }

    /// <summary>What a SELECT gives, written the same way; {0} is the table.</summary>
    internal async Task<string> SelectAsync(DataTable table, string sql)
    {
        var answer = await TableSql.AskAsync(Engine, sql.Replace("{0}", "t", StringComparison.Ordinal), _ => table, TableLimits.Public with { Time = TimeSpan.FromMinutes(10) }, CancellationToken.None);
        return Written(answer.Columns, answer.Rows, null);
    }

    /// <summary>Publishes a table as a dataset of its own.</summary>
    internal async Task<(string Dataset, Guid Resource)> PublishAsync(string name, DataTable table)
    {
        var now = TimeProvider.System.GetUtcNow();
        await using var scope = app.Services.CreateAsyncScope();
        var (db, store) = (scope.ServiceProvider.GetRequiredService<ZhengtongDb>(), scope.ServiceProvider.GetRequiredService<ObjectStore>());
        var publisher = await PublisherAsync(db);
        var put = await store.PutAsync("made"u8.ToArray(), CancellationToken.None);
        var (dataset, version) = Made(publisher, name, $"逐行数据 {name}", 0, now, new DatasetResource
        {
            Id = Guid.CreateVersion7(now), Name = name, Format = "CSV", FileName = $"{name}.csv", MediaType = "text/csv", Content = put.Digest, Bytes = put.Length, Table = table,
        });
        var keys = scope.ServiceProvider.GetRequiredService<LedgerKeys>();
        var key = await keys.CurrentAsync(CancellationToken.None);
        var manifest = VersionManifest.BytesOf(key.Origin, dataset, version, null, publisher, now);
        version.Publish(Guid.Empty, (await store.PutAsync(manifest, CancellationToken.None)).Digest, Convert.ToBase64String(keys.SignDocument(key, manifest)), now);
        dataset.Publish(version, now);
        db.Datasets.Add(dataset);
        db.DatasetVersions.Add(version);
        db.PublicResources.AddRange(PublicResource.Of(version));
        await VersionObjects.ReferAsync(db, version, now, CancellationToken.None);
        await DatasetSearch.PutAsync(db, dataset, version, CancellationToken.None);
        await db.SaveChangesAsync();
        return (name, version.Resources[0].Id);
    }

    /// <summary>Publishes so many datasets of three files each, without rows.</summary>
    internal async Task FillCatalogueAsync(int count)
    {
        string[] fields = ["交通", "教育", "卫生", "环境", "社保", "财政", "气象", "水利", "农业", "文化"], things = ["设施", "统计", "名录", "许可", "监测", "预算", "项目", "信用"], places = ["雁塔区", "碑林区", "莲湖区", "未央区", "灞桥区", "长安区", "临潼区"];
        string[] formats = ["CSV", "JSON", "XLSX", "PDF"];
        await using var begin = app.Services.CreateAsyncScope();
        var publisher = await PublisherAsync(begin.ServiceProvider.GetRequiredService<ZhengtongDb>());
        var put = await begin.ServiceProvider.GetRequiredService<ObjectStore>().PutAsync("made"u8.ToArray(), CancellationToken.None);
        foreach (var some in Enumerable.Range(1, count).Chunk(1_000))
        {
            await using var scope = app.Services.CreateAsyncScope();
            var db = scope.ServiceProvider.GetRequiredService<ZhengtongDb>();
            db.ChangeTracker.AutoDetectChangesEnabled = false;
            foreach (var n in some)
            {
                var now = TimeProvider.System.GetUtcNow().AddMinutes(-n);
                var title = $"{places[n % 7]}{fields[n / 7 % 10]}{things[n / 70 % 8]}数据第{n}号";
                var (dataset, version) = Made(publisher, $"made-{n}", title, n, now, [.. Enumerable.Range(0, 3).Select(f => new DatasetResource
                {
                    Id = Guid.CreateVersion7(now), Name = $"{title}{f}", Format = formats[(n + f) % 4], FileName = $"{n}-{f}.{formats[(n + f) % 4].ToLowerInvariant()}", MediaType = "application/octet-stream", Content = put.Digest, Bytes = put.Length,
                })]);
                version.Publish(Guid.Empty, put.Digest, "", now);
                dataset.Publish(version, now);
                db.Datasets.Add(dataset);
                db.DatasetVersions.Add(version);
                db.PublicResources.AddRange(PublicResource.Of(version));
                db.SearchEntries.Add(new SearchEntry
                {
                    Kind = DatasetSearch.Kind, Subject = dataset.Id, Title = Bigrams.ToIndex(title),
                    Body = Bigrams.ToIndex(string.Join('\n', [version.Description.Notes, dataset.Name, publisher.Name, publisher.ShortName, .. version.Description.Keywords, .. version.Resources.Select(r => r.Name)])),
                });
            }

            await db.SaveChangesAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await app.DisposeAsync();
        SqliteConnection.ClearAllPools();
        NpgsqlConnection.ClearAllPools();
    }

    private static (Dataset Dataset, DatasetVersion Version) Made(Organisation publisher, string name, string title, int n, DateTimeOffset now, params IReadOnlyList<DatasetResource> resources)
    {
        string[] themes = ["transport", "education", "health", "environment"], keywords = ["统计", "名录", "年度", "公共服务", "监测", "规划"];
        var description = new DatasetDescription
        {
            Title = title, Notes = $"{title}：由主管部门按目录整理并定期更新，含名称、地址、时间与数值，可供统计与应用。", OpenAttribute = OpenAttribute.Unconditional, Licence = Licence.All[0].Id,
            Themes = [themes[n % 4]], Keywords = [keywords[n % 6], keywords[(n + 1) % 6]], UpdateCycle = UpdateCycle.Yearly, ContactName = "信息中心",
        };
        var dataset = new Dataset { Id = Guid.CreateVersion7(now), Name = name, PublisherId = publisher.Id, Description = description, CreatedAt = now, ModifiedAt = now };
        dataset.Describe(description);
        var version = new DatasetVersion { Id = Guid.CreateVersion7(now), DatasetId = dataset.Id, Number = 1, Description = description, Resources = resources, ChangeNote = "", CreatedAt = now };
        version.Propose(Guid.Empty, now);
        version.EndCheck(now);
        version.Examine(Guid.Empty, now);
        return (dataset, version);
    }

    private static async Task<Organisation> PublisherAsync(ZhengtongDb db)
    {
        if (await db.Organisations.FirstOrDefaultAsync(o => o.Name == "甲部门") is { } known) { return known; }
        var code = RegionCode.Parse("610000");
        if (!await db.Regions.AnyAsync(r => r.Code == code)) { db.Regions.Add(new Region { Code = code, Name = "陕西省", Level = code.Level, Parent = code.Parent }); }
        var made = new Organisation { Id = Guid.CreateVersion7(TimeProvider.System.GetUtcNow()), CreditCode = CreditCode.FromBody("11610000000000009"), Name = "甲部门", ShortName = "甲部门", Region = code, Kind = OrganisationKind.Department };
        db.Organisations.Add(made);
        await db.SaveChangesAsync();
        return made;
    }

    private string Written(IReadOnlyList<AnswerColumn> columns, IReadOnlyList<object?[]> rows, long? total)
    {
        room.ResetWrittenCount();
        using var json = new Utf8JsonWriter(room, Writing);
        json.WriteStartArray();
        foreach (var row in rows)
        {
            json.WriteStartObject();
            for (var n = 0; n < row.Length; n++)
            {
                json.WritePropertyName(columns[n].Name);
                DatastoreTable.Write(json, row[n], columns[n].Type);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.Flush();
        return string.Create(CultureInfo.InvariantCulture, $"{rows.Count:N0} of {total ?? rows.Count:N0}");
    }
}
