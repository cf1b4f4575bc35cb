using Microsoft.AspNetCore.Builder;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Zhengtong.Demonstration;
using Zhengtong.Kernel.Objects;
using Zhengtong.Kernel.Organisations;
using Zhengtong.Kernel.Regions;
using Zhengtong.OpenData.Import;
using Zhengtong.OpenData.Model;
using Zhengtong.OpenData.Publishing;

namespace Zhengtong.EndToEnd.Support;

/// <summary>Datasets of the demonstration province on a platform of a test's own, without the way over examination and approval.</summary>
internal static class PublishedPlan
{
    /// <summary>Publishes every dataset of these templates, with the province's divisions; those that are there already stay.</summary>
    internal static async Task PublishAsync(WebApplication app, params IReadOnlyList<string> templates)
    {
        var (plan, province, now) = (OpenDataPlan.Load(), Province.Load(), TimeProvider.System.GetUtcNow());
        var synthetic = new SyntheticProvince(province);
        await using var scope = app.Services.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<ZhengtongDb>();
        var (store, tables) = (scope.ServiceProvider.GetRequiredService<ObjectStore>(), scope.ServiceProvider.GetRequiredService<TableWriter>());
        var publisher = await DepartmentAsync(db, province, now);
        foreach (var planned in plan.Datasets(province).Where(d => templates.Contains(d.Template.Id)))
        {
            if (await db.Datasets.AnyAsync(d => d.Name == planned.Name)) { continue; }
            var table = new PlannedTable(planned, synthetic, planned.Versions);
            var rows = table.Rows().ToList();
            var file = await store.PutAsync(PlannedFiles.Csv(table.Columns, rows), default);
            var description = planned.Description();
            var dataset = new Dataset { Id = Guid.CreateVersion7(now), Name = planned.Name, PublisherId = publisher, Description = description, CreatedAt = now, ModifiedAt = now };
            dataset.Describe(description);
            var resource = new DatasetResource
            {
                Id = Guid.CreateVersion7(now), Name = planned.Title, Format = "CSV", FileName = $"{planned.Name}.csv", MediaType = "text/csv", Content = file.Digest, Bytes = file.Length,
                Table = await tables.WriteAsync(table.Columns, rows.ToAsyncEnumerable(), table.Places, default),
            };
            var version = new DatasetVersion { Id = Guid.CreateVersion7(now), DatasetId = dataset.Id, Number = 1, Description = description, Resources = [resource], ChangeNote = plan.FirstNote, CreatedAt = now };
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
            db.ChangeTracker.Clear();
        }
    }

    private static async Task<Guid> DepartmentAsync(ZhengtongDb db, Province province, DateTimeOffset now)
    {
        foreach (var region in province.Regions)
        {
            var code = RegionCode.Parse(region.Code);
            if (!await db.Regions.AnyAsync(r => r.Code == code)) { db.Regions.Add(new Region { Code = code, Name = region.Name, Level = code.Level, Parent = code.Parent }); }
        }

        var body = CreditCode.FromBody("11990000000000001");
        if (await db.Organisations.Where(o => o.CreditCode == body).Select(o => (Guid?)o.Id).SingleOrDefaultAsync() is { } known) { return known; }
        var made = new Organisation { Id = Guid.CreateVersion7(now), CreditCode = body, Name = "演示省旅游局", ShortName = "省旅游局", Region = RegionCode.Parse("99"), Kind = OrganisationKind.Department };
        db.Organisations.Add(made);
        await db.SaveChangesAsync();
        return made.Id;
    }
}
