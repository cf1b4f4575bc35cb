using System.Security.Cryptography;
using Zhengtong.Exchange.Files;

namespace Zhengtong.Tests.Exchange.Files;

/// <summary>What is done to segments behind the platform's back is found.</summary>
public sealed class FileContentTests : IAsyncLifetime
{
    private const int Length = (2 * FileContent.SegmentSize) + 12_345;
    private readonly string folder = Directory.CreateTempSubdirectory("zhengtong-content-").FullName;
    private readonly byte[] key = RandomNumberGenerator.GetBytes(FileContent.KeySize);
    private readonly Guid file = Guid.CreateVersion7(TimeProvider.System.GetUtcNow());
    private readonly byte[] plain = FileParties.Bytes(Length);
    private FileContent content = null!;
    private WebApplication app = null!;

    public async ValueTask InitializeAsync()
    {
        app = Platform.Build(new Deployment(folder, null, "http://127.0.0.1:0", Demo: false));
        content = app.Services.GetRequiredService<FileContent>();
        await WriteAsync(file, plain);
    }

    public async ValueTask DisposeAsync()
    {
        await app.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task Read_WholeAndInParts_GivesTheTrueBytes()
    {
        (await ReadAllAsync(file, Length)).ShouldBe(plain);
        await using var reading = content.Open([.. key], file, Length);
        var random = new Seeded(7);
        foreach (var from in Enumerable.Range(0, 60).Select(_ => random.Next(Length)).Concat([0, FileContent.SegmentSize - 1, FileContent.SegmentSize, (2 * FileContent.SegmentSize) - 1, Length - 1]))
        {
            var part = new byte[Math.Min(1 + random.Next(300_000), Length - from)];
            reading.Position = from;
            await reading.ReadExactlyAsync(part, TestContext.Current.CancellationToken);
            part.AsSpan().SequenceEqual(plain.AsSpan(from, part.Length)).ShouldBeTrue($"{from}, {part.Length}");
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(FileContent.SegmentSize - 1)]
    [InlineData(FileContent.SegmentSize)]
    [InlineData(FileContent.SegmentSize + 1)]
    [InlineData(2 * FileContent.SegmentSize)]
    public async Task Read_LengthsAtTheEdgesOfSegments_GiveTheTrueBytes(int length)
    {
        var id = Guid.CreateVersion7(TimeProvider.System.GetUtcNow());
        await WriteAsync(id, plain.AsMemory(0, length));
        (await ReadAllAsync(id, length)).AsSpan().SequenceEqual(plain.AsSpan(0, length)).ShouldBeTrue();
    }

    [Fact]
    public async Task Read_SegmentsSwappedRepeatedCutOrChanged_IsRefused()
    {
        var whole = Enumerable.Range(0, 3).Select(n => File.ReadAllBytes(PathOf(n))).ToArray();
        await BrokenAsync("swapped", () => (whole[1], whole[0], whole[2]));
        await BrokenAsync("repeated", () => (whole[0], whole[0], whole[2]));
        await BrokenAsync("the end before its place", () => (whole[0], whole[2], whole[2]));
        await BrokenAsync("cut in a segment", () => (whole[0], whole[1], whole[2][..^1]));
        foreach (var at in new[] { 0, 11, 12, 5000, whole[1].Length - 17, whole[1].Length - 1 })
        {
            await BrokenAsync($"byte {at}", () =>
            {
                byte[] changed = [.. whole[1]];
                changed[at] ^= 1;
                return (whole[0], changed, whole[2]);
            });
        }

        Put(whole[0], whole[1], whole[2]);
        // The record says less or more than is there: the last segment knows that it is the last.
        await Should.ThrowAsync<CryptographicException>(() => ReadAllAsync(file, 2 * FileContent.SegmentSize));
        await Should.ThrowAsync<CryptographicException>(() => ReadAllAsync(file, Length - 1));
        await Should.ThrowAsync<CryptographicException>(() => ReadAllAsync(file, Length + FileContent.SegmentSize));
        File.Delete(PathOf(2));
        await Should.ThrowAsync<IOException>(() => ReadAllAsync(file, Length));
        var other = Guid.CreateVersion7(TimeProvider.System.GetUtcNow());
        await WriteAsync(other, plain);
        File.WriteAllBytes(PathOf(2), File.ReadAllBytes(PathOf(2).Replace($"{file:D}", $"{other:D}", StringComparison.Ordinal)));
        await Should.ThrowAsync<CryptographicException>(() => ReadAllAsync(file, Length));
    }

    [Fact]
    public void Segments_OfTheSameBytes_AreNeverTheSame()
    {
        var (one, other) = (new byte[100 + FileContent.Overhead], new byte[100 + FileContent.Overhead]);
        FileContent.Seal(key, file, 0, false, plain.AsSpan(0, 100), one);
        FileContent.Seal(key, file, 0, false, plain.AsSpan(0, 100), other);
        one.AsSpan(12).SequenceEqual(other.AsSpan(12)).ShouldBeFalse();
    }

    private async Task BrokenAsync(string what, Func<(byte[], byte[], byte[])> segments)
    {
        var (first, second, third) = segments();
        Put(first, second, third);
        await Should.ThrowAsync<CryptographicException>(() => ReadAllAsync(file, Length), what);
    }

    private void Put(params byte[][] segments)
    {
        foreach (var (n, segment) in segments.Index()) { File.WriteAllBytes(PathOf(n), segment); }
    }

    private string PathOf(int index) => Path.Combine([folder, .. FileContent.NameOf(file, index).Split('/')]);

    private async Task WriteAsync(Guid id, ReadOnlyMemory<byte> bytes)
    {
        var count = FileContent.SegmentsOf(bytes.Length);
        for (var n = 0; n < count; n++)
        {
            var from = n * FileContent.SegmentSize;
            await content.WriteAsync(key, id, n, n == count - 1, bytes[from..Math.Min(bytes.Length, from + FileContent.SegmentSize)], CancellationToken.None);
        }
    }

    private async Task<byte[]> ReadAllAsync(Guid id, long length)
    {
        await using var reading = content.Open([.. key], id, length);
        using var all = new MemoryStream();
        await reading.CopyToAsync(all, TestContext.Current.CancellationToken);
        return all.ToArray();
    }
}
