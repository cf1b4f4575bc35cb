using System.Diagnostics;
using System.Security.Cryptography;
using Amazon.Runtime;
using Amazon.S3;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Zhengtong.Kernel.Objects;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Kernel.Objects;

/// <summary>A real S3 service that we did not write: OpenStack Swift with its S3 interface, from Debian's python3-swift.</summary>
public sealed class SwiftFixture : IAsyncLifetime
{
    private readonly string folder = Directory.CreateTempSubdirectory("zhengtong-swift-").FullName;

    /// <summary>Why there is no service, or null when there is one.</summary>
    public string? Missing { get; private set; }

    internal ObjectsOptions Options { get; private set; } = new();

    public async ValueTask InitializeAsync()
    {
        var (code, output) = await RunAsync("up");
        if (code != 0)
        {
            Missing = output;
            return;
        }

        var words = output.Split(' ', StringSplitOptions.TrimEntries);
        Options = new ObjectsOptions { Kind = ObjectsKind.S3, Endpoint = words[0], AccessKey = words[1], SecretKey = words[2], Bucket = words[3] };
    }

    public async ValueTask DisposeAsync()
    {
        await RunAsync("down");
        Directory.Delete(folder, recursive: true);
    }

    private async Task<(int Code, string Output)> RunAsync(string verb)
    {
        var start = new ProcessStartInfo(Repository.Path("tools", "swift"), [verb, folder]) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var output = await process.StandardOutput.ReadToEndAsync();
        var errors = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, process.ExitCode == 0 ? output.Trim() : errors.Trim());
    }
}

[OnDatabase]
public sealed class S3ObjectsTests(PlatformFixture platform, SwiftFixture swift) : IClassFixture<SwiftFixture>
{
    private static readonly CancellationToken Ct = CancellationToken.None;

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3_000_001)]
    public async Task Put_AnyLength_ComesBackUnderItsDigest(int length)
    {
        using var store = Store();
        var content = RandomNumberGenerator.GetBytes(length);
        (await store.ExistsAsync(Digest.Of(content), Ct)).ShouldBe(false);
        var put = await store.PutAsync(content, Ct);
        put.ShouldBe(new PutObject(Digest.Of(content), length));
        (await store.PutAsync(content, Ct)).ShouldBe(put);
        (await store.ExistsAsync(put.Digest, Ct)).ShouldBeTrue();
        (await Read(store, put.Digest)).ShouldBe(content);
        await store.DeleteAsync(put.Digest, Ct);
        (await store.ExistsAsync(put.Digest, Ct)).ShouldBeFalse();
        (await store.OpenAsync(put.Digest, Ct)).ShouldBeNull();
        await store.DeleteAsync(put.Digest, Ct);
    }

    [Fact]
    public async Task PutPassing_UnderItsName_IsReadReplacedListedAndRemovedWithoutARow()
    {
        using var store = Store();
        var folder = $"relay/{Guid.CreateVersion7(TimeProvider.System.GetUtcNow())}";
        (await store.ReadPassingAsync($"{folder}/one", Room, Ct)).ShouldBeNull();
        (await store.ListPassingAsync(folder, Ct)).ShouldBeEmpty();
        foreach (var length in new[] { 70_000, 17, 3_000_001 })
        {
            var content = RandomNumberGenerator.GetBytes(length + 10);
            // A part of a larger buffer, as the engine has it.
            await store.PutPassingAsync($"{folder}/one", content.AsMemory(5, length), Ct);
            (await store.ReadPassingAsync($"{folder}/one", Room, Ct)).ShouldNotBeNull().ToArray().ShouldBe(content[5..(length + 5)]);
            var digest = Digest.Of(content.AsSpan(5, length));
            (await platform.WithDb(db => db.StoredObjects.CountAsync(o => o.Digest == digest))).ShouldBe(0);
        }

        await store.PutPassingAsync($"{folder}/two", new byte[3], Ct);
        (await store.ListPassingAsync(folder, Ct)).ShouldBe([$"{folder}/one", $"{folder}/two"], ignoreOrder: true);
        for (var n = 0; n < 2; n++) { await store.RemovePassingAsync($"{folder}/one", Ct); }
        (await store.ListPassingAsync(folder, Ct)).ShouldBe([$"{folder}/two"]);

        static Memory<byte> Room(int length) => new byte[length];
    }

    [Fact]
    public async Task Put_LargerThanAPart_GoesInPartsAndConstantMemory()
    {
        using var store = Store();
        var length = (2L * S3Objects.PartSize) + 12_345;
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var put = await store.PutAsync(new ZeroStream(length), Ct);
        (GC.GetTotalMemory(forceFullCollection: true) - before).ShouldBeLessThan(60_000_000);
        put.Length.ShouldBe(length);
        await using var stream = (await store.OpenAsync(put.Digest, Ct)).ShouldNotBeNull();
        var buffer = new byte[1 << 20];
        long read = 0;
        for (int n; (n = await stream.ReadAsync(buffer, Ct)) > 0; read += n) { buffer.AsSpan(0, n).ContainsAnyExcept((byte)0).ShouldBeFalse(); }
        read.ShouldBe(length);
    }

    [Fact]
    public async Task Read_ObjectAlteredInTheBucket_Throws()
    {
        using var store = Store();
        var put = await store.PutAsync(RandomNumberGenerator.GetBytes(1000), Ct);
        using var client = new AmazonS3Client(new BasicAWSCredentials(swift.Options.AccessKey, swift.Options.SecretKey), new AmazonS3Config
        {
            ServiceURL = swift.Options.Endpoint, AuthenticationRegion = "us-east-1", ForcePathStyle = true,
            RequestChecksumCalculation = RequestChecksumCalculation.WHEN_REQUIRED, ResponseChecksumValidation = ResponseChecksumValidation.WHEN_REQUIRED,
        });
        await client.PutObjectAsync(new Amazon.S3.Model.PutObjectRequest
        {
            BucketName = swift.Options.Bucket, Key = $"objects/{put.Digest.Value[..2]}/{put.Digest.Value}", ContentBody = "altered", UseChunkEncoding = false,
        }, Ct);
        await Should.ThrowAsync<DamagedObjectException>(() => Read(store, put.Digest));
    }

    [Fact]
    public async Task Put_ServiceGone_ThrowsAndNothingIsClaimed()
    {
        using var store = Store(endpoint: "http://127.0.0.1:9");
        await Should.ThrowAsync<Exception>(() => store.PutAsync(RandomNumberGenerator.GetBytes(10), Ct));
    }

    [Fact]
    public void Configuration_HalfOfS3_IsRefusedWithEverythingMissing()
    {
        var refused = new ObjectsOptionsCheck().Validate(null, new ObjectsOptions { Kind = ObjectsKind.S3, Endpoint = "not an address", SecretKey = "hidden-secret" });
        refused.Failed.ShouldBeTrue();
        refused.Failures!.Count().ShouldBe(3);
        refused.FailureMessage.ShouldNotContain("hidden-secret");
        new ObjectsOptionsCheck().Validate(null, new ObjectsOptions()).ShouldBe(ValidateOptionsResult.Success);
    }

    private S3Objects Store(string? endpoint = null)
    {
        if (swift.Missing is { } reason) { Assert.Skip(reason); }
        var options = new ObjectsOptions
        {
            Kind = ObjectsKind.S3, Endpoint = endpoint ?? swift.Options.Endpoint, AccessKey = swift.Options.AccessKey, SecretKey = swift.Options.SecretKey, Bucket = swift.Options.Bucket,
        };
        return new S3Objects(options, platform.App.Services.GetRequiredService<Deployment>(), platform.App.Services.GetRequiredService<IServiceScopeFactory>(), TimeProvider.System);
    }

    private static async Task<byte[]> Read(ObjectStore store, Digest digest)
    {
        await using var stream = (await store.OpenAsync(digest, Ct)).ShouldNotBeNull();
        using var all = new MemoryStream();
        await stream.CopyToAsync(all, Ct);
        return all.ToArray();
    }
}
