using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Exchange.Evidence;
using Zhengtong.Kernel.Secrets;
using Zhengtong.Tests.Exchange.Gateway;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Exchange.Evidence;

[OnDatabase]
[Collection<GatewayTests>]
public sealed class CallLogTests(GatewayFixture gateway)
{
    [Fact]
    public async Task Record_ByFiftyWritersAtOnce_IsDurableWhenItReturnsAndSharesSaves()
    {
        var scene = await gateway.SceneAsync();
        ConcurrentBag<Guid> recorded = [];
        await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => Task.Run(async () =>
        {
            for (var n = 0; n < 10; n++)
            {
                var call = await Calls.RecordAsync(gateway.Services, Calls.Of(scene, response: [1, 2, 3]));
                // Another connection sees it at once.
                (await gateway.WithDb(db => db.Calls.AnyAsync(c => c.Id == call.Id))).ShouldBeTrue();
                recorded.Add(call.Id);
            }
        })));
        (await gateway.WithDb(db => db.Calls.Where(c => c.AgreementId == scene.Agreement.Id).Select(c => c.Id).ToListAsync())).ShouldBe(recorded, ignoreOrder: true);
        var groups = await gateway.WithDb(db => db.CallGroups.Where(g => g.ProviderId == scene.Provider.Id).Select(g => g.Size).ToListAsync());
        groups.Sum().ShouldBe(500);
        // All are of one pair, so that each save has one group.
        groups.Count.ShouldBeLessThan(250);
    }

    [Fact]
    public async Task Record_OfAnIdThatExists_FailsAloneAndTakesNoOtherWithIt()
    {
        var scene = await gateway.SceneAsync();
        var first = await Calls.RecordAsync(gateway.Services, Calls.Of(scene));
        var others = Enumerable.Range(0, 20).Select(_ => Calls.RecordAsync(gateway.Services, Calls.Of(scene))).ToList();
        await Should.ThrowAsync<DbUpdateException>(() => Calls.RecordAsync(gateway.Services, Calls.Of(scene, id: first.Id)));
        await Task.WhenAll(others);
        (await gateway.WithDb(db => db.Calls.CountAsync(c => c.AgreementId == scene.Agreement.Id))).ShouldBe(21);
    }

    [Theory]
    [InlineData(SuiteName.International, 10)]
    [InlineData(SuiteName.National, 10)]
    [InlineData(SuiteName.International, 200_000)]
    [InlineData(SuiteName.National, 200_000)]
    public async Task Content_OpensForBothPartiesAlone(SuiteName suite, int length)
    {
        var scene = await gateway.SceneAsync(s => s.Suite = suite);
        var (sent, got) = (RandomNumberGenerator.GetBytes(length), RandomNumberGenerator.GetBytes(length + 1));
        var record = await Calls.RecordAsync(gateway.Services, Calls.Of(scene, "/firms/91610000", sent, got));
        var call = await gateway.WithDb(db => db.Calls.AsNoTracking().SingleAsync(c => c.Id == record.Id));
        (call.Object is null, call.Sealed is null).ShouldBe((length < 64 * 1024, length > 64 * 1024));
        foreach (var party in new[] { scene.Provider.Id, scene.Consumer.Id })
        {
            var content = await Calls.OpenAsync(gateway.Services, call, party);
            content.RequestBody!.Value.ToArray().ShouldBe(sent);
            content.ResponseBody!.Value.ToArray().ShouldBe(got);
            content.RequestHead.ToArray().ShouldBe(record.RequestHead);
            content.ResponseHead.ToArray().ShouldBe(record.ResponseHead);
            var evidence = CallEvidence.Parse(content.Evidence)!;
            (evidence.Id, evidence.Service, evidence.ResponseBytes).ShouldBe((record.Id, "firms", got.Length));
            call.LeafHash.ShouldBe(CallTree.HashLeaf(Suite.Of(suite), Encoding.UTF8.GetBytes(content.Evidence)));
        }

        var stranger = (await gateway.SceneAsync()).Consumer.Id;
        await Should.ThrowAsync<CryptographicException>(() => Calls.OpenAsync(gateway.Services, call, stranger));
    }

    [Fact]
    public async Task Keys_OfOnePair_ServeManyCalls()
    {
        var scene = await gateway.SceneAsync();
        await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => Calls.RecordAsync(gateway.Services, Calls.Of(scene))));
        (await gateway.WithDb(db => db.Calls.Where(c => c.AgreementId == scene.Agreement.Id).Select(c => c.KeyId).Distinct().CountAsync())).ShouldBeLessThanOrEqualTo(2);
    }
}
