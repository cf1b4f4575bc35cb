using Microsoft.EntityFrameworkCore;
using Zhengtong.Agreements;
using Zhengtong.Catalogue.Model;
using Zhengtong.Exchange.Model;
using Zhengtong.Exchange.Reconciliations;
using Zhengtong.Kernel.Secrets;
using Zhengtong.Tests.Exchange.Support;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Exchange.Quality;

/// <summary>Masked deliveries on the whole platform: their reconciliation and its repair.</summary>
[OnDatabase]
public sealed class MaskedDeliveryTests(ExchangeFixture exchange) : IClassFixture<ExchangeFixture>
{
    private static AgreedItem Mask(AgreedItem item) => item.Column switch
    {
        "name" => item with { Mask = ItemMask.Name }, "note" => item with { Mask = ItemMask.Hash }, "born" => item with { Mask = ItemMask.Generalise, MaskKeep = 1 }, _ => item,
    };

    [Theory]
    [InlineData(DataSourceKind.Sqlite, CaptureKind.Watermark)]
    [InlineData(DataSourceKind.Sqlite, CaptureKind.Comparison)]
    [InlineData(DataSourceKind.Postgres, CaptureKind.Watermark)]
    [InlineData(DataSourceKind.Postgres, CaptureKind.Replication)]
    public async Task Reconcile_Masked_ComparesWhatLeftAndRepairsItMasked(DataSourceKind kind, CaptureKind capture)
    {
        var route = await exchange.RouteAsync(kind, kind, s => (s.Capture, s.Items) = (capture, Mask));
        await route.Source.FillAsync(1, 300);
        (await route.RunAsync()).Problem.ShouldBeNull();
        (await route.RunAsync()).Problem.ShouldBeNull();
        (await route.Target.CountAsync("received", "name = '企' || substr('****', 1, length(cast(id as varchar(9))) + 1) AND (note IS NULL OR length(note) = 64)")).ShouldBe(300);
        var equal = await route.ReconcileAsync();
        (equal.State, equal.Problem, equal.IsEqual, equal.ProviderRows).ShouldBe((ReconciliationState.Finished, null, true, 300));

        await route.Target.ExecuteAsync("DELETE FROM received WHERE id = 5");
        await route.Target.ExecuteAsync("UPDATE received SET name = '企业7' WHERE id = 7");
        var found = await route.ReconcileAsync();
        (found.Missing, found.Different, found.Extra).ShouldBe((1, 1, 0));
        await route.WithDb(async db =>
        {
            (await db.Reconciliations.SingleAsync(r => r.Id == found.Id)).OrderRepair(TimeProvider.System.GetUtcNow());
            return await db.SaveChangesAsync();
        });
        (await route.RunAsync()).Problem.ShouldBeNull();
        (await route.Target.QueryAsync("SELECT name FROM received WHERE id IN (5, 7)")).ShouldBe(["企**", "企**"]);
        (await route.ReconcileAsync()).IsEqual.ShouldBeTrue();
    }

    [Fact]
    public async Task Run_TwoConsumersOfOneProvider_GetHashesThatDoNotMeet()
    {
        var secrets = await exchange.WithDb(async db =>
        {
            var (provider, now) = (Guid.CreateVersion7(TimeProvider.System.GetUtcNow()), TimeProvider.System.GetUtcNow());
            var own = new Zhengtong.Exchange.Quality.QualitySecrets(db, exchange.Services.GetRequiredService<Vault>(), TimeProvider.System);
            var (one, other) = (Guid.CreateVersion7(now), Guid.CreateVersion7(now));
            return new[] { await own.OfAsync(provider, one, one, default), await own.OfAsync(provider, other, one, default), await own.OfAsync(provider, one, other, default) };
        });
        secrets[0].Mask.ShouldNotBe(secrets[1].Mask);
        // A renewed agreement goes on with the same values.
        secrets[0].Mask.ShouldBe(secrets[2].Mask);
        secrets[0].Keys.ShouldNotBe(secrets[2].Keys);
    }
}
