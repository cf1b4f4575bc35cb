using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Organisations;
using Zhengtong.Kernel.Regions;
using Zhengtong.OpenData.Model;
using Zhengtong.OpenData.Portal;
using Zhengtong.Tests.OpenData.Support;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.OpenData.Portal;

/// <summary>Files as they were published, whole and in ranges, and how often.</summary>
[OnDatabase]
public sealed class DownloadTests(PlatformFixture platform)
{
    /// <summary>More than two blocks of a copy, and nothing that repeats.</summary>
    private static byte[] Bytes(int length = 300_000)
    {
        var bytes = new byte[length];
        for (var at = 0; at < length; at += 32) { SHA256.HashData(BitConverter.GetBytes(at)).AsSpan(0, Math.Min(32, length - at)).CopyTo(bytes.AsSpan(at)); }
        return bytes;
    }

    [Fact]
    public async Task Download_Whole_IsTheFileByteForByte()
    {
        var bytes = Bytes();
        var (made, address) = await Made("数据 \"2026\".bin", bytes);
        var response = await platform.Visitor().GetAsync(address);
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await response.Content.ReadAsByteArrayAsync()).ShouldBe(bytes);
        response.Content.Headers.ContentLength.ShouldBe(bytes.Length);
        response.Headers.ETag!.Tag.ShouldBe($"\"{made[0].Content}\"");
        response.Headers.AcceptRanges.ShouldBe(["bytes"]);
        response.Headers.GetValues("Repr-Digest").Single().ShouldBe($"sha-256=:{Convert.ToBase64String(SHA256.HashData(bytes))}:");
        response.Content.Headers.ContentDisposition!.DispositionType.ShouldBe("attachment");
        response.Content.Headers.ContentDisposition.FileNameStar.ShouldBe("数据 \"2026\".bin");
    }

    [Theory]
    [InlineData("bytes=0-0", 0, 0)]
    [InlineData("bytes=100-199999", 100, 199_999)]
    [InlineData("bytes=299999-", 299_999, 299_999)]
    [InlineData("bytes=250000-999999", 250_000, 299_999)]
    [InlineData("bytes=-10", 299_990, 299_999)]
    public async Task Download_Range_IsThatPart(string range, int from, int to)
    {
        var bytes = Bytes();
        var (_, address) = await Made("a.bin", bytes);
        var response = await Get(address, r => r.Headers.TryAddWithoutValidation("Range", range));
        response.StatusCode.ShouldBe(HttpStatusCode.PartialContent);
        response.Content.Headers.ContentRange!.ToString().ShouldBe($"bytes {from}-{to}/300000");
        (await response.Content.ReadAsByteArrayAsync()).ShouldBe(bytes[from..(to + 1)]);
    }

    [Fact]
    public async Task Download_RangesAndConditions_FollowTheStandard()
    {
        var (made, address) = await Made("a.bin", Bytes());
        (await Get(address, r => r.Headers.TryAddWithoutValidation("Range", "bytes=300000-"))).StatusCode.ShouldBe(HttpStatusCode.RequestedRangeNotSatisfiable);
        // Several ranges, or a range of what has changed: the whole.
        (await Get(address, r => r.Headers.TryAddWithoutValidation("Range", "bytes=0-1,5-6"))).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await Get(address, r => { r.Headers.Range = new RangeHeaderValue(0, 9); r.Headers.IfRange = new RangeConditionHeaderValue(new EntityTagHeaderValue("\"other\"")); })).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await Get(address, r => { r.Headers.Range = new RangeHeaderValue(0, 9); r.Headers.IfRange = new RangeConditionHeaderValue(new EntityTagHeaderValue($"\"{made[0].Content}\"")); })).StatusCode.ShouldBe(HttpStatusCode.PartialContent);
        (await Get(address, r => r.Headers.IfNoneMatch.Add(new EntityTagHeaderValue($"\"{made[0].Content}\"")))).StatusCode.ShouldBe(HttpStatusCode.NotModified);
        (await Get(address, r => r.Headers.IfMatch.Add(new EntityTagHeaderValue("\"other\"")))).StatusCode.ShouldBe(HttpStatusCode.PreconditionFailed);
        var head = await Get(address, r => r.Method = HttpMethod.Head);
        head.Content.Headers.ContentLength.ShouldBe(300_000);
    }

    [Fact]
    public async Task Download_JsonWithCompressionAsked_IsSentAsItLies()
    {
        var bytes = Encoding.UTF8.GetBytes($"[{string.Join(',', Enumerable.Range(0, 2000))}]");
        var (_, address) = await Made("a.json", bytes);
        var response = await Get(address, r => r.Headers.AcceptEncoding.ParseAdd("gzip, br"));
        (await response.Content.ReadAsByteArrayAsync()).ShouldBe(bytes);
    }

    [Fact]
    public async Task Download_EmptyFile_IsEmpty()
    {
        var (_, address) = await Made("a.bin", []);
        (await (await platform.Visitor().GetAsync(address)).Content.ReadAsByteArrayAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task Download_DamagedObject_IsNeverWhole()
    {
        var bytes = Bytes();
        await using var own = await OwnPlatform.StartAsync();
        var department = await own.WithDb(OwnDepartment);
        var made = await Published.PublishAsync(own.App.Services, department.Id, Published.Description(), Published.NewName(), [new MadeFile("a.bin", bytes)]);
        var path = Path.Combine(own.Folder, "objects", made[0].Content.Value[..2], made[0].Content.Value);
        bytes[1000] ^= 1;
        await File.WriteAllBytesAsync(path, bytes);
        await Should.ThrowAsync<HttpRequestException>(() => own.Visitor().GetByteArrayAsync($"/dataset/{made.Name}/resource/{made[0].Id}/download/a.bin"));
    }

    [Fact]
    public async Task Download_ByManyAtOnce_IsCountedEachTime()
    {
        var (made, address) = await Made("a.bin", [1, 2, 3]);
        await Task.WhenAll(Enumerable.Range(0, 24).Select(async _ => await platform.Visitor().GetByteArrayAsync(address)));
        // A download that goes on, a look and what the reader has already are none.
        await Get(address, r => r.Headers.Range = new RangeHeaderValue(1, 2));
        await Get(address, r => r.Method = HttpMethod.Head);
        await Get(address, r => r.Headers.IfNoneMatch.Add(new EntityTagHeaderValue($"\"{made[0].Content}\"")));
        (await platform.WithDb(db => db.DownloadCounts.Where(c => c.DatasetId == made.Id).SumAsync(c => c.Count))).ShouldBe(24);
        (await platform.Visitor().GetPage($"/dataset?publisher={made.Dataset.PublisherId}&sort=downloads")).ShouldContain("24 downloads");
    }

    [Fact]
    public async Task Ranking_OldDownloads_CountNoMore()
    {
        var department = await platform.Department();
        var (old, fresh) = (await platform.PublishAsync(department, MadeFile.Text("a.txt", "x")), await platform.PublishAsync(department, MadeFile.Text("a.txt", "x")));
        var now = TimeProvider.System.GetUtcNow();
        await platform.WithDb(async db =>
        {
            db.DownloadCounts.Add(new DownloadCount { DatasetId = old.Id, Day = Downloads.RankedSince(now).AddDays(-1), Count = 1000 });
            db.DownloadCounts.Add(new DownloadCount { DatasetId = fresh.Id, Day = Downloads.RankedSince(now), Count = 3 });
            return await db.SaveChangesAsync();
        });
        var page = await platform.Visitor().GetPage($"/dataset?publisher={department.Id}&sort=downloads");
        page.IndexOf(fresh.Name, StringComparison.Ordinal).ShouldBeLessThan(page.IndexOf(old.Name, StringComparison.Ordinal));
        page.ShouldNotContain("1,000 downloads");
    }

    [Fact]
    public async Task Download_MoreAtOnceThanAllowed_IsRefused()
    {
        await using var own = await OwnPlatform.StartAsync(b => b.Configuration[RateLimits.AtOnce] = "2");
        var department = await own.WithDb(OwnDepartment);
        var made = await Published.PublishAsync(own.App.Services, department.Id, Published.Description(), Published.NewName(), [new MadeFile("a.bin", Bytes(40_000_000))]);
        var address = $"/dataset/{made.Name}/resource/{made[0].Id}/download/a.bin";
        var visitor = own.Visitor();
        // Two that are begun and not read hold their places: the file is larger than what lies on the way.
        using var first = await visitor.GetAsync(address, HttpCompletionOption.ResponseHeadersRead);
        using var second = await visitor.GetAsync(address, HttpCompletionOption.ResponseHeadersRead);
        var third = await visitor.GetAsync(address, HttpCompletionOption.ResponseHeadersRead);
        third.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        (await visitor.GetAsync("/open")).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    /// <summary>The only department of a platform of a test's own.</summary>
    internal static async Task<Organisation> OwnDepartment(ZhengtongDb db)
    {
        var region = RegionCode.Parse("610000");
        if (!await db.Regions.AnyAsync(r => r.Code == region)) { db.Regions.Add(new Region { Code = region, Name = "陕西省", Level = region.Level, Parent = region.Parent }); }
        var made = new Organisation { Id = Guid.CreateVersion7(TimeProvider.System.GetUtcNow()), CreditCode = CreditCode.FromBody("11610000000000017"), Name = "Own department", ShortName = "Own", Region = region, Kind = OrganisationKind.Department };
        db.Organisations.Add(made);
        await db.SaveChangesAsync();
        return made;
    }

    private async Task<(PublishedDataset Made, string Address)> Made(string fileName, byte[] bytes)
    {
        var made = await platform.PublishAsync(await platform.Department(), new MadeFile(fileName, bytes));
        return (made, $"/dataset/{made.Name}/resource/{made[0].Id}/download/{Uri.EscapeDataString(fileName)}");
    }

    private async Task<HttpResponseMessage> Get(string address, Action<HttpRequestMessage> with)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        with(request);
        return await platform.Visitor().SendAsync(request);
    }
}
