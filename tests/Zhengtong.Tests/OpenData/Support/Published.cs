using System.Globalization;
using System.Text;
using DuckDB.NET.Data;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Catalogue.Model;
using Zhengtong.Kernel.Ledger;
using Zhengtong.Kernel.Objects;
using Zhengtong.Kernel.Organisations;
using Zhengtong.OpenData.Model;
using Zhengtong.OpenData.Publishing;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.OpenData.Support;

/// <summary>A file that a test publishes.</summary>
/// <param name="FileName">Its name; the ending says its format.</param>
/// <param name="Content">Its bytes.</param>
internal sealed record MadeFile(string FileName, byte[] Content)
{
    /// <summary>Name of the resource; the file's when null.</summary>
    internal string? Name { get; init; }

    /// <summary>Keeps its id from version to version when a test gives one.</summary>
    internal Guid? Id { get; init; }

    /// <summary>Columns of the table in it; none when empty.</summary>
    internal IReadOnlyList<MadeColumn> Columns { get; init; } = [];

    /// <summary>The table, where a test has written it already.</summary>
    internal DataTable? Written { get; init; }

    /// <summary>Rows of the table: cells are null or text in the invariant form of the column's type.</summary>
    internal IReadOnlyList<string?[]> Rows { get; init; } = [];

    /// <summary>A CSV file and the table in it.</summary>
    internal static MadeFile Table(string fileName, IReadOnlyList<MadeColumn> columns, params IReadOnlyList<string?[]> rows)
    {
        var csv = new StringBuilder().AppendJoin(',', columns.Select(c => Quoted(c.Name))).Append("\r\n");
        foreach (var row in rows) { csv.AppendJoin(',', row.Select(cell => cell is null ? "" : Quoted(cell))).Append("\r\n"); }
        return new MadeFile(fileName, Encoding.UTF8.GetBytes(csv.ToString())) { Columns = columns, Rows = rows };
    }

    /// <summary>A file that is no table.</summary>
    internal static MadeFile Text(string fileName, string content) => new(fileName, Encoding.UTF8.GetBytes(content));

    private static string Quoted(string cell) => cell.AsSpan().ContainsAny(",\"\r\n") ? $"\"{cell.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : cell;
}

/// <summary>A column of a table that a test publishes.</summary>
internal sealed record MadeColumn(string Name, ColumnType Type = ColumnType.Text)
{
    internal string? Title { get; init; }

    internal string? Unit { get; init; }

    internal bool IsKey { get; init; }

    /// <summary>Digits of a decimal column.</summary>
    internal int Precision { get; init; } = 18;

    /// <summary>Digits behind the point of a decimal column.</summary>
    internal int Scale { get; init; } = 2;
}

/// <summary>A dataset that a test has published.</summary>
internal sealed record PublishedDataset(Dataset Dataset, DatasetVersion Version)
{
    internal Guid Id => Dataset.Id;

    internal string Name => Dataset.Name;

    /// <summary>The resource of that place, from 0.</summary>
    internal DatasetResource this[int index] => Version.Resources[index];
}

/// <summary>Publishes datasets through the entities' own methods, without the way over proposal and examination.</summary>
internal static class Published
{
    /// <summary>A description that satisfies every rule; change what a test is about.</summary>
    internal static DatasetDescription Description(string title = "公园名录") => new()
    {
        Title = title,
        Notes = "全市公园的名称、地址和面积。",
        OpenAttribute = OpenAttribute.Unconditional,
        Licence = "open-government-data",
        Themes = ["environment"],
        Keywords = ["公园", "绿地"],
        UpdateCycle = UpdateCycle.Yearly,
        From = new DateOnly(2025, 1, 1),
        ContactName = "信息中心",
        ContactPhone = "029-12345678",
    };

    /// <summary>A name that nobody else has.</summary>
    internal static string NewName() => $"made-{Guid.CreateVersion7(TimeProvider.System.GetUtcNow()):N}";

    /// <summary>A new published dataset.</summary>
    internal static Task<PublishedDataset> PublishAsync(this PlatformFixture platform, Organisation publisher, params IReadOnlyList<MadeFile> files) =>
        PublishAsync(platform.App.Services, publisher.Id, Description(), NewName(), files);

    /// <summary>A new published dataset with this description.</summary>
    internal static Task<PublishedDataset> PublishAsync(this PlatformFixture platform, Organisation publisher, DatasetDescription description, params IReadOnlyList<MadeFile> files) =>
        PublishAsync(platform.App.Services, publisher.Id, description, NewName(), files);

    /// <summary>The next version of a published dataset. Files without an id of their own take those of the version before, by place.</summary>
    internal static Task<PublishedDataset> PublishNextAsync(this PlatformFixture platform, PublishedDataset before, params IReadOnlyList<MadeFile> files) =>
        NextAsync(platform.App.Services, before.Id, before.Version.Description, TimeProvider.System.GetUtcNow(), files);

    /// <summary>A new dataset with its first version, published.</summary>
    /// <param name="services">Of the platform.</param>
    /// <param name="publisher">The department.</param>
    /// <param name="description">What it says.</param>
    /// <param name="name">Last part of its address.</param>
    /// <param name="files">What is in it.</param>
    /// <param name="at">When it is published; now when null.</param>
    internal static async Task<PublishedDataset> PublishAsync(IServiceProvider services, Guid publisher, DatasetDescription description, string name, IReadOnlyList<MadeFile> files, DateTimeOffset? at = null)
    {
        var now = at ?? TimeProvider.System.GetUtcNow();
        var dataset = new Dataset { Id = Guid.CreateVersion7(now), Name = name, PublisherId = publisher, Description = description, CreatedAt = now, ModifiedAt = now };
        dataset.Describe(description);
        await using (var scope = services.CreateAsyncScope())
        {
            var db = scope.ServiceProvider.GetRequiredService<ZhengtongDb>();
            db.Datasets.Add(dataset);
            await db.SaveChangesAsync();
        }

        return await NextAsync(services, dataset.Id, description, now, files);
    }

    /// <summary>The next version of a dataset, published.</summary>
    internal static async Task<PublishedDataset> NextAsync(IServiceProvider services, Guid id, DatasetDescription description, DateTimeOffset now, IReadOnlyList<MadeFile> files)
    {
        await using var scope = services.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<ZhengtongDb>();
        var store = scope.ServiceProvider.GetRequiredService<ObjectStore>();
        var dataset = await db.Datasets.SingleAsync(d => d.Id == id);
        var before = await db.DatasetVersions.SingleOrDefaultAsync(v => v.Id == dataset.CurrentVersionId);
        var resources = new List<DatasetResource>();
        foreach (var (place, file) in files.Index())
        {
            var same = before is not null && place < before.Resources.Count ? before.Resources[place].Id : Guid.CreateVersion7(now);
            resources.Add(await ResourceAsync(store, file.Id ?? same, file));
        }

        var version = new DatasetVersion { Id = Guid.CreateVersion7(now), DatasetId = id, Number = dataset.Current + 1, Description = description, Resources = resources, ChangeNote = "made", CreatedAt = now };
        version.Propose(Guid.CreateVersion7(now), now);
        version.EndCheck(now);
        version.Examine(Guid.CreateVersion7(now), now);
        var keys = scope.ServiceProvider.GetRequiredService<LedgerKeys>();
        var key = await keys.CurrentAsync(default);
        var publisher = await db.Organisations.AsNoTracking().SingleAsync(o => o.Id == dataset.PublisherId);
        var manifest = VersionManifest.BytesOf(key.Origin, dataset, version, before?.Manifest?.Value, publisher, now);
        var put = await store.PutAsync(manifest, default);
        version.Publish(Guid.CreateVersion7(now), put.Digest, Convert.ToBase64String(keys.SignDocument(key, manifest)), now);
        db.DatasetVersions.Add(version);
        dataset.Publish(version, now);
        await VersionObjects.ReferAsync(db, version, now, default);
        await PublicResources.PutAsync(db, version, default);
        await DatasetSearch.PutAsync(db, dataset, version, default);
        await db.SaveChangesAsync();
        return new PublishedDataset(dataset, version);
    }

    /// <summary>Puts a file and its table into the store.</summary>
    internal static async Task<DatasetResource> ResourceAsync(ObjectStore store, Guid id, MadeFile file)
    {
        var put = await store.PutAsync(file.Content, default);
        var format = Path.GetExtension(file.FileName).TrimStart('.').ToUpperInvariant();
        return new DatasetResource
        {
            Id = id,
            Name = file.Name ?? file.FileName,
            Format = format,
            FileName = file.FileName,
            MediaType = format switch { "CSV" => "text/csv", "JSON" => "application/json", "PDF" => "application/pdf", "TXT" => "text/plain", _ => "application/octet-stream" },
            Content = put.Digest,
            Bytes = put.Length,
            Table = file.Written ?? (file.Columns.Count == 0 ? null : await TableAsync(store, file.Columns, file.Rows)),
        };
    }

    /// <summary>Writes rows as a Parquet file into the store, as a table of the portal must be.</summary>
    internal static async Task<DataTable> TableAsync(ObjectStore store, IReadOnlyList<MadeColumn> columns, IReadOnlyList<string?[]> rows)
    {
        var file = Path.Combine(Path.GetTempPath(), $"zhengtong-made-{Guid.CreateVersion7(TimeProvider.System.GetUtcNow()):N}.parquet");
        try
        {
            await using (var duck = new DuckDBConnection("Data Source=:memory:"))
            {
                await duck.OpenAsync();
                await ExecuteAsync(duck, $"CREATE TABLE made (_id BIGINT, {string.Join(", ", columns.Select((c, n) => $"c{n + 1} {SqlTypeOf(c)}"))})");
                foreach (var (at, row) in rows.Index())
                {
                    row.Length.ShouldBe(columns.Count, "A row has a cell for each column");
                    await using var insert = duck.CreateCommand();
                    insert.CommandText = $"INSERT INTO made VALUES ({at + 1}, {string.Join(", ", columns.Select((c, n) => $"CAST(${n + 1} AS {SqlTypeOf(c)})"))})";
                    foreach (var cell in row) { insert.Parameters.Add(new DuckDBParameter((object?)cell ?? DBNull.Value)); }
                    await insert.ExecuteNonQueryAsync();
                }

                await ExecuteAsync(duck, $"COPY (SELECT * FROM made ORDER BY _id) TO '{file}' (FORMAT parquet, COMPRESSION zstd)");
            }

            await using var stream = File.OpenRead(file);
            var put = await store.PutAsync(stream, default);
            return new DataTable { Content = put.Digest, Bytes = put.Length, Rows = rows.Count, Columns = [.. columns.Select((c, n) => ColumnOf(c, n + 1, [.. rows.Select(r => r[n])]))] };
        }
        finally { File.Delete(file); }
    }

    private static TableColumn ColumnOf(MadeColumn column, int position, IReadOnlyList<string?> cells)
    {
        var values = cells.OfType<string>().ToList();
        var isNumber = column.Type is ColumnType.Integer or ColumnType.Decimal or ColumnType.Float;
        var numbers = isNumber ? values.ConvertAll(v => double.Parse(v, CultureInfo.InvariantCulture)) : [];
        var ordered = isNumber ? [.. values.OrderBy(v => double.Parse(v, CultureInfo.InvariantCulture))] : values.Order(StringComparer.Ordinal).ToList();
        return new TableColumn(column.Name, column.Type)
        {
            Position = position,
            Title = column.Title,
            Unit = column.Unit,
            IsKey = column.IsKey,
            Precision = column.Type == ColumnType.Decimal ? column.Precision : 0,
            Scale = column.Type == ColumnType.Decimal ? column.Scale : 0,
            Profile = new ColumnProfile
            {
                Nulls = cells.Count - values.Count,
                Distinct = values.Distinct(StringComparer.Ordinal).LongCount(),
                Least = ordered.FirstOrDefault(),
                Greatest = ordered.LastOrDefault(),
                Mean = numbers.Count == 0 ? null : numbers.Average(),
                Frequent = [.. values.CountBy(v => v).OrderByDescending(v => v.Value).ThenBy(v => v.Key, StringComparer.Ordinal).Where(v => v.Value > 1).Take(20).Select(v => new FrequentValue(v.Key, v.Value))],
            },
        };
    }

    private static string SqlTypeOf(MadeColumn column) => column.Type switch
    {
        ColumnType.Integer => "BIGINT",
        ColumnType.Decimal => string.Create(CultureInfo.InvariantCulture, $"DECIMAL({column.Precision}, {column.Scale})"),
        ColumnType.Float => "DOUBLE",
        ColumnType.Boolean => "BOOLEAN",
        ColumnType.Date => "DATE",
        ColumnType.Time => "TIME",
        ColumnType.Timestamp => "TIMESTAMP",
        _ => "VARCHAR",
    };

    private static async Task ExecuteAsync(DuckDBConnection duck, string sql)
    {
        await using var command = duck.CreateCommand();
        command.CommandText = sql;
        await command.ExecuteNonQueryAsync();
    }
}
