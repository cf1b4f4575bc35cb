using System.Net;
using System.Net.Http.Json;
using System.Text;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Catalogue.Model;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Objects;
using Zhengtong.Kernel.Organisations;
using Zhengtong.OpenData.Model;
using Zhengtong.OpenData.Privacy;
using Zhengtong.OpenData.Publishing;
using Zhengtong.OpenData.Tables;
using Zhengtong.Tests.OpenData.Support;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.OpenData.Privacy;

/// <summary>A masked column is masked in table and file, and what it held is no longer part of the draft.</summary>
[OnDatabase]
public sealed class MaskColumnTests(PlatformFixture platform)
{
    private static MadeFile People => MadeFile.Table("p.csv", [new("姓名"), new("手机"), new("生日", ColumnType.Date), new("收入", ColumnType.Integer)],
        ["张三丰", "13812345678", "1990-05-17", "12345"], ["李四", null, null, "-678"], ["A,\"B", "1", "2001-12-31", null]);

    [Theory]
    [InlineData("姓名", "name", null, "张**|李*|A***")]
    [InlineData("姓名", "keepLast", 1, "**丰|*四|***B")]
    [InlineData("手机", "phone", null, "138****5678||*")]
    [InlineData("手机", "generalise", 3, "138||1")]
    [InlineData("生日", "generalise", 1, "1990-01-01||2001-01-01")]
    [InlineData("生日", "generalise", 2, "1990-05-01||2001-12-01")]
    [InlineData("收入", "generalise", 3, "12000|0|")]
    public async Task Post_Mask_RewritesTableAndFile(string column, string mask, int? keep, string expected)
    {
        var (department, dataset, version) = await DraftAsync();
        var before = version.Resources[0];
        var client = await platform.SignedIn(department, Role.DepartmentOfficer);
        (await PostAsync(client, dataset, version.Revision, before.Id, column, mask, keep)).StatusCode.ShouldBe(HttpStatusCode.NoContent);

        var after = await platform.WithDb(db => db.DatasetVersions.AsNoTracking().SingleAsync(v => v.Id == version.Id));
        var resource = after.Resources.ShouldHaveSingleItem();
        resource.Id.ShouldBe(before.Id);
        (await CellsAsync(resource.Table!, column)).ShouldBe(expected.Split('|'));
        // Every other column is as it was.
        foreach (var other in before.Table!.Columns.Where(c => c.Name != column)) { (await CellsAsync(resource.Table!, other.Name)).ShouldBe(await CellsAsync(before.Table, other.Name)); }
        var csv = await TextAsync(resource.Content);
        csv.Split("\r\n").Length.ShouldBe(5);
        csv.ShouldContain(expected.Split('|')[0]);
        if (column is "姓名") { csv.ShouldNotContain("张三丰"); }
        if (column is "手机") { csv.ShouldNotContain("13812345678"); }

        var owned = await platform.WithDb(db => db.ObjectReferences.Where(r => r.Owner == VersionObjects.OwnerOf(version.Id)).Select(r => r.Digest).ToListAsync());
        owned.ShouldBe([resource.Content, resource.Table!.Content], ignoreOrder: true);
        (await platform.WithDb(db => db.Ledger.CountAsync(e => e.Subject == dataset.ToString() && e.Event == "open-data.column-masked"))).ShouldBe(1);
    }

    [Fact]
    public async Task Post_Hash_KeepsEqualValuesEqual()
    {
        var (department, dataset, version) = await DraftAsync(MadeFile.Table("p.csv", [new("号")], ["a"], ["b"], ["a"]));
        var client = await platform.SignedIn(department, Role.DepartmentOfficer);
        (await PostAsync(client, dataset, version.Revision, version.Resources[0].Id, "号", "hash", null)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        var after = await platform.WithDb(db => db.DatasetVersions.AsNoTracking().SingleAsync(v => v.Id == version.Id));
        var cells = await CellsAsync(after.Resources[0].Table!, "号");
        (cells[0] == cells[2], cells[0] == cells[1], cells[0].Length).ShouldBe((true, false, 64));
    }

    [Fact]
    public async Task Post_WhatCannotBe_IsRefused()
    {
        var (department, dataset, version) = await DraftAsync();
        var resource = version.Resources[0].Id;
        var client = await platform.SignedIn(department, Role.DepartmentOfficer);
        (await (await PostAsync(client, dataset, version.Revision, resource, "没有", "name", null)).ReadProblemCode()).ShouldBe("open-data.invalid");
        (await (await PostAsync(client, dataset, version.Revision, resource, "生日", "name", null)).ReadProblemCode()).ShouldBe("open-data.invalid");
        (await (await PostAsync(client, dataset, version.Revision, resource, "姓名", "none", null)).ReadProblemCode()).ShouldBe("open-data.invalid");
        (await (await PostAsync(client, dataset, version.Revision, resource, "收入", "generalise", 19)).ReadProblemCode()).ShouldBe("open-data.invalid");
        (await (await PostAsync(client, dataset, version.Revision + 1, resource, "姓名", "name", null)).ReadProblemCode()).ShouldBe("kernel.changed-meanwhile");
        (await (await PostAsync(client, dataset, version.Revision, dataset, "姓名", "name", null)).ReadProblemCode()).ShouldBe("open-data.not-found");
        var other = await platform.SignedIn(await platform.Department(), Role.DepartmentOfficer);
        (await (await PostAsync(other, dataset, version.Revision, resource, "姓名", "name", null)).ReadProblemCode()).ShouldBe("open-data.not-found");
        var leader = await platform.SignedIn(department, Role.DepartmentLeader);
        (await (await PostAsync(leader, dataset, version.Revision, resource, "姓名", "name", null)).ReadProblemCode()).ShouldBe("kernel.forbidden");
        await platform.WithDb(async db =>
        {
            (await db.DatasetVersions.SingleAsync(v => v.Id == version.Id)).Propose(Guid.CreateVersion7(TimeProvider.System.GetUtcNow()), TimeProvider.System.GetUtcNow());
            return await db.SaveChangesAsync();
        });
        (await (await PostAsync(client, dataset, version.Revision + 1, resource, "姓名", "name", null)).ReadProblemCode()).ShouldBe("open-data.wrong-state");
    }

    [Theory]
    [InlineData(ItemMask.Name, null, ColumnType.Text, true)]
    [InlineData(ItemMask.Name, 1, ColumnType.Text, false)]
    [InlineData(ItemMask.KeepLast, null, ColumnType.Text, false)]
    [InlineData(ItemMask.Generalise, 2, ColumnType.Date, true)]
    [InlineData(ItemMask.Generalise, 3, ColumnType.Date, false)]
    [InlineData(ItemMask.Generalise, 3, ColumnType.Float, false)]
    public void Fits_MaskAndType_AsWritten(ItemMask mask, int? keep, ColumnType type, bool fits) => ColumnMask.Fits(mask, keep, type).ShouldBe(fits);

    private static async Task<HttpResponseMessage> PostAsync(HttpClient client, Guid dataset, int revision, Guid resource, string column, string mask, int? keep)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/api/v1/datasets/{dataset}/draft/masks") { Content = JsonContent.Create(new { resource, column, mask, keep }) };
        request.Headers.TryAddWithoutValidation("If-Match", $"\"{revision}\"");
        return await client.SendAsync(request);
    }

    private async Task<List<string>> CellsAsync(DataTable table, string column)
    {
        var cells = new List<string>();
        await foreach (var row in platform.App.Services.GetRequiredService<TableEngine>().StreamAsync(table, new TableQuery { Columns = [column], Limit = int.MaxValue }, TableLimits.Download, default)) { cells.Add(ColumnMask.CsvOf(row[0]).Trim('"')); }
        return cells;
    }

    private async Task<string> TextAsync(Digest content)
    {
        await using var stream = await platform.App.Services.GetRequiredService<ObjectStore>().OpenAsync(content, default);
        using var reader = new StreamReader(stream!, Encoding.UTF8);
        return await reader.ReadToEndAsync();
    }

    private async Task<(Organisation Department, Guid Dataset, DatasetVersion Version)> DraftAsync(MadeFile? file = null)
    {
        var now = TimeProvider.System.GetUtcNow();
        var department = await platform.Department();
        var dataset = new Dataset { Id = Guid.CreateVersion7(now), Name = Published.NewName(), PublisherId = department.Id, Description = Published.Description(), CreatedAt = now, ModifiedAt = now };
        dataset.Describe(Published.Description());
        var made = await Published.ResourceAsync(platform.App.Services.GetRequiredService<ObjectStore>(), Guid.CreateVersion7(now), file ?? People);
        var version = new DatasetVersion { Id = Guid.CreateVersion7(now), DatasetId = dataset.Id, Number = 1, Description = Published.Description(), Resources = [made], CreatedAt = now };
        return await platform.WithDb(async db =>
        {
            db.Datasets.Add(dataset);
            db.DatasetVersions.Add(version);
            await VersionObjects.ReferAsync(db, version, now, default);
            await db.SaveChangesAsync();
            return (department, dataset.Id, version);
        });
    }
}
