using Microsoft.EntityFrameworkCore;
using Zhengtong.Agreements;
using Zhengtong.Agreements.Model;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Agreements;

[OnDatabase]
public sealed class ExpireAgreementsTests(PlatformFixture platform)
{
    private sealed class Later(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }

    [Fact]
    public async Task Reconcile_PeriodOver_ExpiresOnceWithItsEvent()
    {
        var parties = await Parties.Meet(platform);
        // Earlier than any other test's: this one moves the clock past it for all.
        parties.LastDay = "2027-01-05";
        var id = await parties.InForce();
        var until = await platform.WithDb(db => db.Agreements.Where(a => a.Id == id).Select(a => a.Until).SingleAsync());
        await platform.WithDb(async db => await new ExpireAgreements(db, new Later(until.AddMinutes(-1))).ReconcileAsync(default));
        (await State(id)).ShouldBe(AgreementState.InForce);
        for (var pass = 0; pass < 2; pass++) { await platform.WithDb(async db => await new ExpireAgreements(db, new Later(until)).ReconcileAsync(default)); }
        (await State(id)).ShouldBe(AgreementState.Expired);
        (await platform.WithDb(db => db.Ledger.CountAsync(e => e.Subject == id.ToString() && e.Event == "agreements.expired"))).ShouldBe(1);
    }

    private Task<AgreementState> State(Guid id) => platform.WithDb(db => db.Agreements.Where(a => a.Id == id).Select(a => a.State).SingleAsync());
}
