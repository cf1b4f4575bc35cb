using System.Security.Cryptography;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Objects;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Kernel.Objects;

[OnDatabase]
public sealed class ObjectStoreTests(PlatformFixture platform)
{
    private static readonly CancellationToken Ct = CancellationToken.None;

    private ObjectStore Store => platform.App.Services.GetRequiredService<ObjectStore>();

    private string PathOf(Digest digest) => platform.App.Services.GetRequiredService<Deployment>().PathOf("objects", digest.Value[..2], digest.Value);

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(131_072)]
    [InlineData(3_000_001)]
    public async Task Put_AnyLength_ComesBackUnderItsDigest(int length)
    {
        var content = RandomNumberGenerator.GetBytes(length);
        var put = await Store.PutAsync(content, Ct);
        put.ShouldBe(new PutObject(Digest.Of(content), length));
        (await Store.ExistsAsync(put.Digest, Ct)).ShouldBeTrue();
        (await Read(put.Digest)).ShouldBe(content);
    }

    [Fact]
    public async Task PutPassing_UnderItsName_IsReadReplacedListedAndRemovedWithoutARow()
    {
        var folder = $"relay/{Guid.CreateVersion7(TimeProvider.System.GetUtcNow())}";
        (await Store.ReadPassingAsync($"{folder}/one", Room, Ct)).ShouldBeNull();
        (await Store.ListPassingAsync(folder, Ct)).ShouldBeEmpty();
        foreach (var length in new[] { 70_000, 17, 3_000_001 })
        {
            var content = RandomNumberGenerator.GetBytes(length + 10);
            // A part of a larger buffer, as the engine has it.
            await Store.PutPassingAsync($"{folder}/one", content.AsMemory(5, length), Ct);
            (await Store.ReadPassingAsync($"{folder}/one", Room, Ct)).ShouldNotBeNull().ToArray().ShouldBe(content[5..(length + 5)]);
            var digest = Digest.Of(content.AsSpan(5, length));
            (await platform.WithDb(db => db.StoredObjects.CountAsync(o => o.Digest == digest))).ShouldBe(0);
        }

        await Store.PutPassingAsync($"{folder}/two", new byte[3], Ct);
        (await Store.ListPassingAsync(folder, Ct)).ShouldBe([$"{folder}/one", $"{folder}/two"], ignoreOrder: true);
        for (var n = 0; n < 2; n++) { await Store.RemovePassingAsync($"{folder}/one", Ct); }
        (await Store.ListPassingAsync(folder, Ct)).ShouldBe([$"{folder}/two"]);

        static Memory<byte> Room(int length) => new byte[length];
    }

    [Fact]
    public async Task Put_Stream_UsesConstantMemory()
    {
        var before = GC.GetTotalMemory(forceFullCollection: true);
        long during = 0;
        var put = await Store.PutAsync(new ZeroStream(200_000_000, nearTheEnd: () => during = GC.GetTotalMemory(forceFullCollection: true)), Ct);
        put.Length.ShouldBe(200_000_000);
        (during - before).ShouldBeLessThan(100_000_000);
    }

    [Fact]
    public async Task Put_SameContentTwice_IsOneObject()
    {
        var content = RandomNumberGenerator.GetBytes(1000);
        var puts = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Store.PutAsync(content, Ct)));
        puts.Distinct().ShouldHaveSingleItem();
        (await platform.WithDb(db => db.StoredObjects.CountAsync(o => o.Digest == puts[0].Digest))).ShouldBe(1);
    }

    [Fact]
    public async Task Put_StreamThatBreaks_LeavesNothing()
    {
        var incoming = Path.GetDirectoryName(platform.App.Services.GetRequiredService<Deployment>().PathOf("objects", "incoming", "x"))!;
        var content = RandomNumberGenerator.GetBytes(500_000);
        await Should.ThrowAsync<IOException>(() => Store.PutAsync(new BreakingStream(content, 300_000), Ct));
        (await Store.ExistsAsync(Digest.Of(content), Ct)).ShouldBeFalse();
        (await Store.ExistsAsync(Digest.Of(content.AsSpan(0, 300_000)), Ct)).ShouldBeFalse();
        Directory.EnumerateFiles(incoming).Select(f => new FileInfo(f).Length).ShouldNotContain(300_000);
    }

    [Fact]
    public async Task Open_Unknown_IsNull()
    {
        var unknown = Digest.Of(RandomNumberGenerator.GetBytes(32));
        (await Store.OpenAsync(unknown, Ct)).ShouldBeNull();
        (await Store.ExistsAsync(unknown, Ct)).ShouldBeFalse();
    }

    [Theory]
    [InlineData("flip")]
    [InlineData("truncate")]
    [InlineData("extend")]
    public async Task Read_AlteredBytes_Throws(string how)
    {
        var put = await Store.PutAsync(RandomNumberGenerator.GetBytes(300_000), Ct);
        await using (var file = new FileStream(PathOf(put.Digest), FileMode.Open, FileAccess.ReadWrite))
        {
            switch (how)
            {
                case "flip":
                    file.Position = 150_000;
                    var b = file.ReadByte();
                    file.Position = 150_000;
                    file.WriteByte((byte)(b ^ 1));
                    break;
                case "truncate":
                    file.SetLength(299_999);
                    break;
                default:
                    file.SetLength(300_001);
                    break;
            }
        }

        (await Should.ThrowAsync<DamagedObjectException>(() => Read(put.Digest))).Message.ShouldContain(put.Digest.Value);
    }

    [Fact]
    public async Task Collect_OldAndUnreferenced_GoesAndTheReferencedStays()
    {
        var kept = await Store.PutAsync(RandomNumberGenerator.GetBytes(100), Ct);
        var young = await Store.PutAsync(RandomNumberGenerator.GetBytes(101), Ct);
        var old = await Store.PutAsync(RandomNumberGenerator.GetBytes(102), Ct);
        await Refer(kept.Digest);
        await Age(kept.Digest);
        await Age(old.Digest);

        await Collect();
        (await Store.ExistsAsync(kept.Digest, Ct)).ShouldBeTrue();
        (await Store.ExistsAsync(young.Digest, Ct)).ShouldBeTrue();
        (await Store.ExistsAsync(old.Digest, Ct)).ShouldBeFalse();
        await Should.ThrowAsync<DbUpdateException>(() => Refer(old.Digest), "a reference to a collected object is refused");

        await platform.WithDb(db => db.ObjectReferences.Where(r => r.Digest == kept.Digest).ExecuteDeleteAsync());
        await Collect();
        (await Store.ExistsAsync(kept.Digest, Ct)).ShouldBeFalse();
    }

    [Fact]
    public async Task Collect_WhileTheSameContentIsPutAndReferred_NeverTakesWhatIsNeeded()
    {
        for (var round = 0; round < 25; round++)
        {
            var content = RandomNumberGenerator.GetBytes(2000);
            var put = await Store.PutAsync(content, Ct);
            await Age(put.Digest);
            var start = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var collect = Task.Run(async () => { await start.Task; return await Collect(); });
            var again = Task.Run(async () => { await start.Task; await Store.PutAsync(content, Ct); await Refer(put.Digest); });
            start.SetResult();
            await Task.WhenAll(collect, again);
            (await Read(put.Digest)).ShouldBe(content);
        }
    }

    [Fact]
    public async Task Collect_WhileAReferenceIsBeingAdded_KeepsTheObjectOrRefusesTheReference()
    {
        for (var round = 0; round < 25; round++)
        {
            var put = await Store.PutAsync(RandomNumberGenerator.GetBytes(2000), Ct);
            await Age(put.Digest);
            var collect = Task.Run(Collect);
            var refer = Task.Run(async () =>
            {
                try { await Refer(put.Digest); return true; }
                catch (DbUpdateException) { return false; }
            });
            await Task.WhenAll(collect, refer);
            (await Store.ExistsAsync(put.Digest, Ct)).ShouldBe(await refer);
        }
    }

    private async Task<byte[]> Read(Digest digest)
    {
        await using var stream = (await Store.OpenAsync(digest, Ct)).ShouldNotBeNull();
        using var all = new MemoryStream();
        await stream.CopyToAsync(all, Ct);
        return all.ToArray();
    }

    private async Task<int> Collect()
    {
        await using var scope = platform.App.Services.CreateAsyncScope();
        return await scope.ServiceProvider.GetRequiredService<ObjectCollector>().CollectAsync(ObjectCollector.Grace, Ct);
    }

    private Task<int> Age(Digest digest) => platform.WithDb(db =>
    {
        var longAgo = TimeProvider.System.GetUtcNow().AddDays(-3);
        return db.StoredObjects.Where(o => o.Digest == digest).ExecuteUpdateAsync(o => o.SetProperty(x => x.TouchedAt, longAgo));
    });

    private Task<int> Refer(Digest digest) => platform.WithDb(db =>
    {
        db.ObjectReferences.Add(new ObjectReference { Digest = digest, Owner = "test:object:1", Since = TimeProvider.System.GetUtcNow() });
        return db.SaveChangesAsync();
    });

    private sealed class BreakingStream(byte[] content, int at) : MemoryStream(content)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            Position >= at ? throw new IOException("cut") : base.ReadAsync(buffer[..(int)Math.Min(buffer.Length, at - Position)], cancellationToken);
    }
}
