using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Exchange.Files;
using Zhengtong.Kernel.Identity;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Exchange.Files;

/// <summary>tus 1.0.0 as its text says, header by header.</summary>
[OnDatabase]
public sealed class TusTests(PlatformFixture platform)
{
    private IServiceProvider Services => platform.App.Services;

    [Fact]
    public async Task Options_WithoutSignInOrVersion_TellsWhatIsSpoken()
    {
        foreach (var path in new[] { "/tus", $"/tus/{Guid.AllBitsSet}" })
        {
            var answer = await platform.Visitor().SendAsync(new HttpRequestMessage(HttpMethod.Options, path));
            answer.StatusCode.ShouldBe(HttpStatusCode.NoContent);
            answer.Header("Tus-Resumable").ShouldBe("1.0.0");
            answer.Header("Tus-Version").ShouldBe("1.0.0");
            answer.Header("Tus-Max-Size").ShouldBe("100000000000");
            answer.Header("Tus-Extension")!.Split(',').ShouldBe(["creation", "creation-with-upload", "creation-defer-length", "checksum", "termination", "expiration"]);
            answer.Header("Tus-Checksum-Algorithm")!.Split(',').ShouldBe(["sha1", "sha256", "sha384", "sha512"]);
        }
    }

    [Fact]
    public async Task Request_OfAnotherVersionOrNone_Is412AndSaysWhich()
    {
        var (client, _) = await ProviderAsync();
        foreach (var version in new[] { "", "0.2.2", "1.0.1", "1.0.0, 1.0.0" })
        {
            foreach (var method in new[] { HttpMethod.Post, HttpMethod.Patch, HttpMethod.Head, HttpMethod.Delete })
            {
                var answer = await client.SendAsync(TusClient.Request(method, method == HttpMethod.Post ? "/tus" : $"/tus/{Guid.AllBitsSet}", ("Tus-Resumable", version)));
                answer.StatusCode.ShouldBe(HttpStatusCode.PreconditionFailed);
                answer.Header("Tus-Version").ShouldBe("1.0.0");
                answer.Header("Tus-Resumable").ShouldBe("1.0.0");
            }
        }
    }

    [Fact]
    public async Task Upload_InThreePieces_TellsItsOffsetAtEachStep()
    {
        var (client, parties) = await ProviderAsync();
        var bytes = FileParties.Bytes(10_000);
        var created = await client.SendAsync(TusClient.Request(HttpMethod.Post, "/tus", ("Upload-Length", "10000"), ("Upload-Metadata", parties.MetadataOf())));
        created.StatusCode.ShouldBe(HttpStatusCode.Created);
        created.Header("Tus-Resumable").ShouldBe("1.0.0");
        var location = created.Headers.Location!.ToString();
        location.ShouldMatch("^/tus/[0-9a-f-]{36}$");
        DateTimeOffset.ParseExact(created.Header("Upload-Expires")!, "R", null).ShouldBeGreaterThan(TimeProvider.System.GetUtcNow().AddHours(71));

        var id = Guid.Parse(location.Split('/')[^1]);
        foreach (var (from, to) in new[] { (0, 1), (1, 6000), (6000, 10_000) })
        {
            var head = await client.SendAsync(TusClient.Request(HttpMethod.Head, location));
            head.StatusCode.ShouldBe(HttpStatusCode.OK);
            (head.Header("Upload-Offset"), head.Header("Upload-Length"), head.Header("Upload-Metadata"), head.Headers.CacheControl?.NoStore).ShouldBe(($"{from}", "10000", parties.MetadataOf(), true));
            var patch = await client.AppendAsync(id, from, bytes[from..to]);
            patch.StatusCode.ShouldBe(HttpStatusCode.NoContent);
            (patch.Header("Upload-Offset"), patch.Header("Tus-Resumable"), patch.Headers.Contains("Upload-Expires")).ShouldBe(($"{to}", "1.0.0", to < 10_000));
        }

        (await client.OffsetAsync(id)).ShouldBe(10_000);
        // Done already: an empty PATCH at the end is no error.
        (await client.AppendAsync(id, 10_000, [])).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        await UntilAsync(async () => (await parties.FileAsync(id)).State == FileState.Published);
        var file = await parties.FileAsync(id);
        (file.Name, file.ContentType, file.Length, file.Sha256).ShouldBe(("影像.tif", "image/tiff", 10_000, FileParties.Sha256(bytes)));
        (await parties.EventsAsync(id)).ShouldBe(["exchange.upload-started", "exchange.file-uploaded", "exchange.file-checked"]);
    }

    [Theory]
    [InlineData("", "", "filename eA==,resource R", "exchange.upload-length")]
    [InlineData("-1", "", "filename eA==,resource R", "exchange.upload-length")]
    [InlineData("1.5", "", "filename eA==,resource R", "exchange.upload-length")]
    [InlineData("9223372036854775808", "", "filename eA==,resource R", "exchange.upload-length")]
    [InlineData("5", "1", "filename eA==,resource R", "exchange.upload-length")]
    [InlineData("", "2", "filename eA==,resource R", "exchange.upload-length")]
    [InlineData("5", "", "", "exchange.upload-metadata")]
    [InlineData("5", "", "filename eA==", "exchange.upload-metadata")]
    [InlineData("5", "", "resource R", "exchange.upload-metadata")]
    [InlineData("5", "", "filename *,resource R", "exchange.upload-metadata")]
    [InlineData("5", "", "filename eA==,filename eA==,resource R", "exchange.upload-metadata")]
    [InlineData("5", "", "filename Li4=,resource R", "exchange.upload-metadata")]
    [InlineData("5", "", "filename Li4vZXZpbA==,resource R", "exchange.upload-metadata")]
    [InlineData("5", "", "filename YQBi,resource R", "exchange.upload-metadata")]
    [InlineData("5", "", "filename /w==,resource R", "exchange.upload-metadata")]
    [InlineData("5", "", "filename 4oCu,resource R", "exchange.upload-metadata")]
    [InlineData("100000000001", "", "filename eA==,resource R", "exchange.upload-too-large")]
    public async Task Create_NotAsItMustBe_IsRefusedWithItsCode(string length, string deferred, string metadata, string code)
    {
        var (client, parties) = await ProviderAsync();
        var answer = await client.SendAsync(TusClient.Request(HttpMethod.Post, "/tus",
            ("Upload-Length", length), ("Upload-Defer-Length", deferred), ("Upload-Metadata", metadata.Replace("resource R", $"resource {FileParties.Base64($"{parties.Resource.Id}")}", StringComparison.Ordinal))));
        ((int)answer.StatusCode).ShouldBe(code == "exchange.upload-too-large" ? 413 : 400);
        (await answer.ReadProblemCode()).ShouldBe(code);
    }

    [Fact]
    public async Task Create_ForAnothersResourceOrNone_IsRefused()
    {
        var (client, parties) = await ProviderAsync();
        var (_, others) = await ProviderAsync();
        (await (await client.SendAsync(TusClient.Request(HttpMethod.Post, "/tus", ("Upload-Length", "1"), ("Upload-Metadata", others.MetadataOf())))).ReadProblemCode()).ShouldBe("exchange.not-provider");
        var none = parties.MetadataOf().Replace(FileParties.Base64($"{parties.Resource.Id}"), FileParties.Base64($"{Guid.AllBitsSet}"), StringComparison.Ordinal);
        (await (await client.SendAsync(TusClient.Request(HttpMethod.Post, "/tus", ("Upload-Length", "1"), ("Upload-Metadata", none)))).ReadProblemCode()).ShouldBe("exchange.resource-unknown");
        await parties.WithDb(db => db.Resources.Where(r => r.Id == parties.Resource.Id).ExecuteUpdateAsync(r => r.SetProperty(x => x.Kind, Zhengtong.Catalogue.Model.DeliveryKind.Table)));
        (await (await client.SendAsync(TusClient.Request(HttpMethod.Post, "/tus", ("Upload-Length", "1"), ("Upload-Metadata", parties.MetadataOf())))).ReadProblemCode()).ShouldBe("exchange.no-file-resource");
    }

    [Fact]
    public async Task Create_WithBytes_TakesThemAtOnce()
    {
        var (client, parties) = await ProviderAsync();
        var bytes = FileParties.Bytes(500);
        var request = TusClient.Request(HttpMethod.Post, "/tus", ("Upload-Length", "500"), ("Upload-Metadata", parties.MetadataOf()));
        request.Content = Offset(bytes[..300]);
        var answer = await client.SendAsync(request);
        (answer.StatusCode, answer.Header("Upload-Offset")).ShouldBe((HttpStatusCode.Created, "300"));
        var id = Guid.Parse(answer.Headers.Location!.ToString().Split('/')[^1]);
        (await client.AppendAsync(id, 300, bytes[300..])).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        await UntilAsync(async () => (await parties.FileAsync(id)).Sha256 == FileParties.Sha256(bytes));

        request = TusClient.Request(HttpMethod.Post, "/tus", ("Upload-Length", "500"), ("Upload-Metadata", parties.MetadataOf()));
        request.Content = new ByteArrayContent(bytes);
        (await client.SendAsync(request)).StatusCode.ShouldBe(HttpStatusCode.UnsupportedMediaType);
        request = TusClient.Request(HttpMethod.Post, "/tus", ("Upload-Length", "100"), ("Upload-Metadata", parties.MetadataOf()));
        request.Content = Offset(bytes);
        (await client.SendAsync(request)).StatusCode.ShouldBe(HttpStatusCode.RequestEntityTooLarge);
    }

    [Fact]
    public async Task Create_WithoutLength_LearnsItLater()
    {
        var (client, parties) = await ProviderAsync();
        var bytes = FileParties.Bytes(FileContent.SegmentSize);
        var answer = await client.SendAsync(TusClient.Request(HttpMethod.Post, "/tus", ("Upload-Defer-Length", "1"), ("Upload-Metadata", parties.MetadataOf())));
        var id = Guid.Parse(answer.Headers.Location!.ToString().Split('/')[^1]);
        var head = await client.SendAsync(TusClient.Request(HttpMethod.Head, $"/tus/{id}"));
        (head.Header("Upload-Defer-Length"), head.Header("Upload-Length")).ShouldBe(("1", null));
        (await client.AppendAsync(id, 0, bytes)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await parties.FileAsync(id)).State.ShouldBe(FileState.Uploading);
        (await (await client.AppendAsync(id, bytes.Length, [], ("Upload-Length", "5"))).ReadProblemCode()).ShouldBe("exchange.upload-length");
        (await (await client.AppendAsync(id, bytes.Length, [], ("Upload-Length", "100000000001"))).ReadProblemCode()).ShouldBe("exchange.upload-too-large");
        // The length is where the upload stands already, at the very end of a segment.
        (await client.AppendAsync(id, bytes.Length, [], ("Upload-Length", $"{bytes.Length}"))).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        await UntilAsync(async () => (await parties.FileAsync(id)).Sha256 == FileParties.Sha256(bytes));
    }

    [Fact]
    public async Task Create_Empty_IsCompleteAtOnce()
    {
        var (client, parties) = await ProviderAsync();
        var id = await client.CreateUploadAsync(parties, 0);
        await UntilAsync(async () => (await parties.FileAsync(id)).Sha256 == FileParties.Sha256([]));
    }

    [Fact]
    public async Task Patch_NotAsItMustBe_IsRefusedWithItsCode()
    {
        var (client, parties) = await ProviderAsync();
        var id = await client.CreateUploadAsync(parties, 100);
        (await client.AppendAsync(id, 0, new byte[40])).StatusCode.ShouldBe(HttpStatusCode.NoContent);

        var wrong = TusClient.Request(HttpMethod.Patch, $"/tus/{id}", ("Upload-Offset", "40"));
        wrong.Content = new ByteArrayContent(new byte[5]);
        wrong.Content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        (await client.SendAsync(wrong)).StatusCode.ShouldBe(HttpStatusCode.UnsupportedMediaType);
        foreach (var offset in new[] { 0, 39, 41, 100 })
        {
            var answer = await client.AppendAsync(id, offset, offset == 100 ? [] : new byte[5]);
            answer.StatusCode.ShouldBe(HttpStatusCode.Conflict);
            (await answer.ReadProblemCode()).ShouldBe("exchange.offset-wrong");
        }

        foreach (var offset in new[] { "", "-1", "x", "40,40" }) { (await client.AppendAsync(id, 40, new byte[5], ("Upload-Offset", offset))).StatusCode.ShouldBe(HttpStatusCode.BadRequest, offset); }
        (await client.AppendAsync(id, 40, new byte[61])).StatusCode.ShouldBe(HttpStatusCode.RequestEntityTooLarge);
        (await client.AppendAsync(id, 40, new byte[5], ("Upload-Length", "101"))).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await client.AppendAsync(Guid.AllBitsSet, 0, new byte[5])).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await client.OffsetAsync(id)).ShouldBe(40);
    }

    [Theory]
    [InlineData("sha1")]
    [InlineData("sha256")]
    [InlineData("sha384")]
    [InlineData("sha512")]
    public async Task Patch_WithChecksum_KeepsTheRightBytesAndDropsOthers(string algorithm)
    {
        var (client, parties) = await ProviderAsync();
        var bytes = FileParties.Bytes(5000);
        var id = await client.CreateUploadAsync(parties, bytes.Length);
        string Of(byte[] part) => $"{algorithm} {Convert.ToBase64String(algorithm switch { "sha1" => SHA1.HashData(part), "sha256" => SHA256.HashData(part), "sha384" => SHA384.HashData(part), _ => SHA512.HashData(part) })}";
        (await client.AppendAsync(id, 0, bytes[..2000], ("Upload-Checksum", Of(bytes[..2000])))).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        var refused = await client.AppendAsync(id, 2000, FileParties.Bytes(3000, seed: 9), ("Upload-Checksum", Of(bytes[2000..])));
        ((int)refused.StatusCode).ShouldBe(460);
        (await refused.ReadProblemCode()).ShouldBe("exchange.checksum-wrong");
        (await client.OffsetAsync(id)).ShouldBe(2000);
        (await client.AppendAsync(id, 2000, bytes[2000..], ("Upload-Checksum", Of(bytes[2000..])))).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        await UntilAsync(async () => (await parties.FileAsync(id)).Sha256 == FileParties.Sha256(bytes));
    }

    [Theory]
    [InlineData("md4 AAAA")]
    [InlineData("sha256")]
    [InlineData("sha256 AAAA")]
    [InlineData("sha256 !")]
    [InlineData("SHA256 47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=")]
    public async Task Patch_WithAChecksumThatCannotBeRead_Is400(string checksum)
    {
        var (client, parties) = await ProviderAsync();
        var id = await client.CreateUploadAsync(parties, 10);
        var answer = await client.AppendAsync(id, 0, new byte[5], ("Upload-Checksum", checksum));
        (answer.StatusCode, await answer.ReadProblemCode()).ShouldBe((HttpStatusCode.BadRequest, "exchange.checksum-unknown"));
        (await client.OffsetAsync(id)).ShouldBe(0);
    }

    [Fact]
    public async Task Delete_AnUnfinishedUpload_IsGoneForEveryMethod()
    {
        var (client, parties) = await ProviderAsync();
        var id = await client.CreateUploadAsync(parties, 100);
        await client.AppendAsync(id, 0, new byte[40]);
        (await client.SendAsync(TusClient.Request(HttpMethod.Delete, $"/tus/{id}"))).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await client.SendAsync(TusClient.Request(HttpMethod.Head, $"/tus/{id}"))).StatusCode.ShouldBe(HttpStatusCode.Gone);
        (await client.AppendAsync(id, 40, new byte[5])).StatusCode.ShouldBe(HttpStatusCode.Gone);
        (await client.SendAsync(TusClient.Request(HttpMethod.Delete, $"/tus/{id}"))).StatusCode.ShouldBe(HttpStatusCode.Gone);
        var folder = Path.Combine(Services.GetRequiredService<Deployment>().DataDirectory, "files", $"{id:D}");
        await UntilAsync(() => Task.FromResult(!Directory.Exists(folder) || Directory.GetFiles(folder).Length == 0));

        var complete = await parties.UploadAsync(client, new byte[10]);
        (await (await client.SendAsync(TusClient.Request(HttpMethod.Delete, $"/tus/{complete}"))).ReadProblemCode()).ShouldBe("exchange.upload-complete");
    }

    [Fact]
    public async Task Upload_OfAnotherOrganisation_IsNotThere()
    {
        var (client, parties) = await ProviderAsync();
        var (stranger, _) = await ProviderAsync();
        var id = await client.CreateUploadAsync(parties, 100);
        (await stranger.SendAsync(TusClient.Request(HttpMethod.Head, $"/tus/{id}"))).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await stranger.AppendAsync(id, 0, new byte[5])).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await stranger.SendAsync(TusClient.Request(HttpMethod.Delete, $"/tus/{id}"))).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await client.OffsetAsync(id)).ShouldBe(0);
    }

    [Fact]
    public async Task Upload_NotSignedInWithoutTheRightOrFromAnotherSite_IsRefused()
    {
        var parties = await FileParties.MakeAsync(Services);
        HttpRequestMessage Create(params (string, string)[] more) => TusClient.Request(HttpMethod.Post, "/tus", [("Upload-Length", "5"), ("Upload-Metadata", parties.MetadataOf()), .. more]);
        var visitor = await platform.Visitor().SendAsync(Create());
        (visitor.StatusCode, visitor.Header("Tus-Resumable"), await visitor.ReadProblemCode()).ShouldBe((HttpStatusCode.Unauthorized, "1.0.0", "kernel.not-signed-in"));
        (await (await (await platform.SignedIn(parties.Provider, Role.DepartmentLeader)).SendAsync(Create())).ReadProblemCode()).ShouldBe("kernel.forbidden");

        var officer = await platform.SignedIn(parties.Provider, Role.DepartmentOfficer);
        (await officer.SendAsync(Create())).StatusCode.ShouldBe(HttpStatusCode.Created);
        (await officer.SendAsync(Create(("Sec-Fetch-Site", "same-origin"), ("Origin", platform.Address.GetLeftPart(UriPartial.Authority))))).StatusCode.ShouldBe(HttpStatusCode.Created);
        foreach (var site in new[] { ("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Site", "same-site"), ("Origin", "https://evil.example"), ("Origin", "null") })
        {
            (await (await officer.SendAsync(Create(site))).ReadProblemCode()).ShouldBe("exchange.cross-site");
        }
    }

    [Fact]
    public async Task Post_WithMethodOverride_IsThatMethod()
    {
        var (client, parties) = await ProviderAsync();
        var id = await client.CreateUploadAsync(parties, 10);
        var patch = TusClient.Request(HttpMethod.Post, $"/tus/{id}", ("X-HTTP-Method-Override", "PATCH"), ("Upload-Offset", "0"));
        patch.Content = Offset(new byte[5]);
        (await client.SendAsync(patch)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await client.OffsetAsync(id)).ShouldBe(5);
        (await client.SendAsync(TusClient.Request(HttpMethod.Post, $"/tus/{id}", ("X-HTTP-Method-Override", "GET")))).StatusCode.ShouldBe(HttpStatusCode.MethodNotAllowed);
        (await client.SendAsync(TusClient.Request(HttpMethod.Post, $"/tus/{id}", ("X-HTTP-Method-Override", "DELETE")))).StatusCode.ShouldBe(HttpStatusCode.NoContent);
    }

    [Fact]
    public async Task Patch_ManyAtOnce_OneWins()
    {
        var (client, parties) = await ProviderAsync();
        var id = await client.CreateUploadAsync(parties, 1000);
        var answers = await Task.WhenAll(Enumerable.Range(1, 12).Select(n => client.AppendAsync(id, 0, Enumerable.Repeat((byte)n, 1000).ToArray())));
        answers.Count(a => a.StatusCode == HttpStatusCode.NoContent).ShouldBe(1);
        answers.Where(a => a.StatusCode != HttpStatusCode.NoContent).ShouldAllBe(a => a.StatusCode == HttpStatusCode.Conflict || (int)a.StatusCode == 423);
        var winner = (byte)(answers.Index().Single(a => a.Item.StatusCode == HttpStatusCode.NoContent).Index + 1);
        await UntilAsync(async () => (await parties.FileAsync(id)).Sha256 == FileParties.Sha256(Enumerable.Repeat(winner, 1000).ToArray()));
    }

    /// <summary>Byte by byte over a socket: the request is cut in the middle, and what arrived is kept. Meanwhile nobody else may write.</summary>
    [Fact]
    public async Task Patch_CutInTheMiddle_KeepsWhatArrivedAndGoesOn()
    {
        var (client, parties) = await ProviderAsync();
        var bytes = FileParties.Bytes(FileContent.SegmentSize + 700_000);
        var id = await client.CreateUploadAsync(parties, bytes.Length);
        foreach (var (from, to) in new[] { (0, 100_000), (100_000, FileContent.SegmentSize + 10), (FileContent.SegmentSize + 10, FileContent.SegmentSize + 11) })
        {
            for (var isRefused = true; isRefused;)
            {
                using var socket = new TcpClient();
                await socket.ConnectAsync(platform.Address.Host, platform.Address.Port);
                var stream = socket.GetStream();
                await stream.WriteAsync(Encoding.ASCII.GetBytes(
                    $"PATCH /tus/{id} HTTP/1.1\r\nHost: {platform.Address.Authority}\r\nTus-Resumable: 1.0.0\r\nUpload-Offset: {from}\r\nContent-Type: application/offset+octet-stream\r\n"
                    + $"Authorization: {client.DefaultRequestHeaders.Authorization}\r\nContent-Length: {bytes.Length - from}\r\n\r\n"));
                await stream.WriteAsync(bytes.AsMemory(from, to - from));
                // Asked at another offset, so that the question never writes; but it may come first, and then it is the upload that is refused.
                await UntilAsync(async () => (int)(await client.AppendAsync(id, from + 1, new byte[1])).StatusCode == 423 || await client.OffsetAsync(id) != from || socket.Available > 0);
                await Task.Delay(100);
                isRefused = socket.Available > 0;
                socket.Client.LingerState = new LingerOption(true, from == 0 ? 0 : 5);
            }

            // What the kernel had handed over is counted; a reset may lose what it had not.
            await UntilAsync(async () => await client.OffsetAsync(id) == to, async () => $"{await client.OffsetAsync(id)} of {to}");
            // Until its request has ended, the upload belongs to it and the next one is refused.
            await UntilAsync(async () => (await client.AppendAsync(id, to + 1, new byte[1])).StatusCode == HttpStatusCode.Conflict);
        }

        var at = (int)await client.OffsetAsync(id);
        (await client.AppendAsync(id, at, bytes[at..])).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        await UntilAsync(async () => (await parties.FileAsync(id)).Sha256 == FileParties.Sha256(bytes));
    }

    [Fact]
    public async Task Patch_Chunked_NeedsNoContentLength()
    {
        var (client, parties) = await ProviderAsync();
        var bytes = FileParties.Bytes(300_000);
        var id = await client.CreateUploadAsync(parties, bytes.Length);
        var request = TusClient.Request(HttpMethod.Patch, $"/tus/{id}", ("Upload-Offset", "0"));
        request.Content = Offset(bytes);
        request.Headers.TransferEncodingChunked = true;
        (await client.SendAsync(request)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        await UntilAsync(async () => (await parties.FileAsync(id)).Sha256 == FileParties.Sha256(bytes));

        id = await client.CreateUploadAsync(parties, 100);
        request = TusClient.Request(HttpMethod.Patch, $"/tus/{id}", ("Upload-Offset", "0"));
        request.Content = Offset(new byte[101]);
        request.Headers.TransferEncodingChunked = true;
        (await client.SendAsync(request)).StatusCode.ShouldBe(HttpStatusCode.RequestEntityTooLarge);
        (await client.OffsetAsync(id)).ShouldBe(0);
    }

    private async Task<(HttpClient Client, FileParties Parties)> ProviderAsync()
    {
        var parties = await FileParties.MakeAsync(Services);
        return (await parties.ProviderAsync(platform.Address), parties);
    }

    private static ByteArrayContent Offset(byte[] bytes) => new(bytes) { Headers = { ContentType = new MediaTypeHeaderValue("application/offset+octet-stream") } };
}
