using Microsoft.EntityFrameworkCore;
using Zhengtong.Agreements;
using Zhengtong.Agreements.Model;
using Zhengtong.Exchange.Model;
using Zhengtong.Tests.Exchange.Support;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Agreements;

[OnDatabase]
public sealed class ExpireAgreementsTests(ExchangeFixture exchange) : IClassFixture<ExchangeFixture>
{
    /// <summary>On a platform of its own: the clock is past the last day of whatever else is there, too.</summary>
    [Fact]
    public async Task Reconcile_PeriodOver_ExpiresOnceWithItsEvent()
    {
        var id = (await exchange.RouteAsync(DataSourceKind.Sqlite, DataSourceKind.Sqlite)).Agreement;
        var until = await exchange.WithDb(db => db.Agreements.Where(a => a.Id == id).Select(a => a.Until).SingleAsync());
        await ReconcileAsync(until.AddMinutes(-1));
        (await StateAsync(id)).ShouldBe(AgreementState.InForce);
        for (var pass = 0; pass < 2; pass++) { await ReconcileAsync(until); }
        (await StateAsync(id)).ShouldBe(AgreementState.Expired);
        (await exchange.WithDb(db => db.Ledger.CountAsync(e => e.Subject == id.ToString() && e.Event == "agreements.expired"))).ShouldBe(1);
    }

    private Task ReconcileAsync(DateTimeOffset now) =>
        exchange.WithDb(db => new ExpireAgreements(db, new MovableClock { Ahead = now - TimeProvider.System.GetUtcNow() }).ReconcileAsync(default));

    private Task<AgreementState> StateAsync(Guid id) => exchange.WithDb(db => db.Agreements.Where(a => a.Id == id).Select(a => a.State).SingleAsync());
}
