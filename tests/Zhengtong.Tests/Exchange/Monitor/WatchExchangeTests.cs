using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Zhengtong.Agreements;
using Zhengtong.Catalogue.Model;
using Zhengtong.Exchange.Evidence;
using Zhengtong.Exchange.Model;
using Zhengtong.Exchange.Monitor;
using Zhengtong.Exchange.Timetables;
using Zhengtong.Kernel.Jobs;
using Zhengtong.Kernel.Metering;
using Zhengtong.Kernel.Notices;
using Zhengtong.Tests.Exchange.Support;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Exchange.Monitor;

/// <summary>Alarms over a platform whose jobs stand still, so that a test decides when the monitor looks, and what time it is.</summary>
[OnDatabase]
public sealed class WatchExchangeTests(ExchangeFixture exchange) : IClassFixture<ExchangeFixture>
{
    private readonly MovableClock clock = new();

    [Fact]
    public async Task Lag_OfABatch_IsRaisedOnceToldToBothAndClearedWhenItIsCalm()
    {
        var route = await exchange.RouteAsync(DataSourceKind.Sqlite, DataSourceKind.Sqlite, s => s.EverySeconds = 86_400);
        await exchange.WithDb(db =>
        {
            db.Batches.Add(new Batch
            {
                DeliveryId = route.Delivery, Sequence = 1, Phase = DeliveryPhase.Snapshot, Rows = 3, Manifest = "{}", ManifestDigest = "", Signature = "", CiphertextDigest = "", Bytes = 10, SealedAt = TimeProvider.System.GetUtcNow(),
            });
            return db.SaveChangesAsync();
        });
        await LookAsync();
        (await AlarmsAsync(route)).ShouldBeEmpty();

        clock.Ahead = TimeSpan.FromMinutes(11);
        await LookAsync();
        await LookAsync();
        var alarm = (await AlarmsAsync(route)).ShouldHaveSingleItem();
        (alarm.Kind, alarm.Limit, alarm.ClearedAt).ShouldBe((AlarmKind.Lag, 600, null));
        alarm.Figure.ShouldBeInRange(655, 665);
        (await NoticesAsync(route)).ShouldBe([(route.Provider.Id, NoticeTone.Warning), (route.Consumer.Id, NoticeTone.Warning)], ignoreOrder: true);
        (await EventsAsync(alarm)).ShouldBe(["exchange.alarm-raised"]);

        await exchange.WithDb(db => db.Batches.Where(b => b.DeliveryId == route.Delivery).ExecuteUpdateAsync(set => set.SetProperty(b => b.ReceivedAt, clock.GetUtcNow())));
        await LookAsync();
        (await AlarmsAsync(route)).Single().ClearedAt.ShouldBeNull("what comes and goes is not told each time");
        clock.Ahead += TimeSpan.FromSeconds(125);
        await LookAsync();
        (await AlarmsAsync(route)).Single().ClearedAt.ShouldNotBeNull();
        (await NoticesAsync(route)).Count.ShouldBe(4);
        (await EventsAsync(alarm)).ShouldBe(["exchange.alarm-raised", "exchange.alarm-cleared"]);
    }

    [Fact]
    public async Task Silence_AgreementSealedLongAfterItsPeriodBegan_IsCountedFromTheLastSeal()
    {
        var route = await exchange.RouteAsync(DataSourceKind.Sqlite, DataSourceKind.Sqlite, s => s.EverySeconds = 600);
        // Nobody has said yet where the rows go.
        await exchange.WithDb(db => db.Deliveries.Where(d => d.Id == route.Delivery).ExecuteDeleteAsync());
        clock.Ahead = TimeSpan.FromMinutes(29);
        await LookAsync();
        (await AlarmsAsync(route)).ShouldBeEmpty();
        clock.Ahead = TimeSpan.FromMinutes(31);
        await LookAsync();
        (await AlarmsAsync(route)).Single().Kind.ShouldBe(AlarmKind.Silence);
    }

    [Fact]
    public async Task Silence_AfterCompleteRuns_IsRaisedByTheAgreedCycleAndEndsWithTheNextRun()
    {
        var route = await exchange.RouteAsync(DataSourceKind.Sqlite, DataSourceKind.Sqlite, s => s.EverySeconds = 600);
        (await route.RunAsync()).CaughtUpAt.ShouldNotBeNull();
        clock.Ahead = TimeSpan.FromMinutes(29);
        await LookAsync();
        (await AlarmsAsync(route)).ShouldBeEmpty();
        clock.Ahead = TimeSpan.FromMinutes(31);
        await LookAsync();
        (await AlarmsAsync(route)).Single().Kind.ShouldBe(AlarmKind.Silence);

        clock.Ahead = TimeSpan.Zero;
        await route.RunAsync();
        clock.Ahead = TimeSpan.FromMinutes(34);
        await exchange.WithDb(db => db.Deliveries.Where(d => d.Id == route.Delivery).ExecuteUpdateAsync(s => s.SetProperty(d => d.CaughtUpAt, clock.GetUtcNow())));
        await LookAsync();
        (await AlarmsAsync(route)).Single().ClearedAt.ShouldNotBeNull();
    }

    [Theory]
    [InlineData(DeliveryKind.Table)]
    [InlineData(DeliveryKind.File)]
    public async Task Silence_AgreementResumedAfterASuspension_IsCountedFromTheResumption(DeliveryKind kind)
    {
        var route = await exchange.RouteAsync(DataSourceKind.Sqlite, DataSourceKind.Sqlite, s => (s.Kind, s.Until, s.EverySeconds) = (kind, TimeSpan.FromDays(30), 86_400));
        clock.Ahead = TimeSpan.FromDays(2);
        await route.ChangeAsync(a => a.Suspend(a.ProviderId));
        clock.Ahead = TimeSpan.FromDays(12);
        await LookAsync();
        (await AlarmsAsync(route)).ShouldBeEmpty("nothing can come while it is suspended");
        await route.ChangeAsync(a => a.Resume(clock.GetUtcNow()));
        await LookAsync();
        (await AlarmsAsync(route)).ShouldBeEmpty("the suspension counts as silence");
        clock.Ahead = TimeSpan.FromDays(14.9);
        await LookAsync();
        (await AlarmsAsync(route)).ShouldBeEmpty();
        clock.Ahead = TimeSpan.FromDays(15.1);
        await LookAsync();
        (await AlarmsAsync(route)).Single().Kind.ShouldBe(AlarmKind.Silence);
    }

    [Fact]
    public async Task Silence_OutsideRunningHours_IsCountedFromWhenTheyOpen()
    {
        var route = await exchange.RouteAsync(DataSourceKind.Sqlite, DataSourceKind.Sqlite, s => s.EverySeconds = 600);
        await exchange.WithDb(async db =>
        {
            // They open in two hours.
            (await db.TimetableToChangeAsync(route.Delivery, CancellationToken.None)).OpenIn([Exchange.Timetables.TimetableDeliveryTests.LaterToday()]);
            return await db.SaveTimetableAsync(CancellationToken.None);
        });
        foreach (var minutes in new[] { 60, 115, 140 })
        {
            clock.Ahead = TimeSpan.FromMinutes(minutes);
            await LookAsync();
            (await AlarmsAsync(route)).ShouldBeEmpty($"{minutes}");
        }

        clock.Ahead = TimeSpan.FromMinutes(155);
        await LookAsync();
        (await AlarmsAsync(route)).Single().Kind.ShouldBe(AlarmKind.Silence);
    }

    [Fact]
    public async Task Failures_OfRuns_AreMeteredOnceEachAndRaiseAnAlarm()
    {
        var route = await exchange.RouteAsync(DataSourceKind.Sqlite, DataSourceKind.Sqlite, s => s.EverySeconds = 86_400);
        await route.Source.ExecuteAsync("DROP TABLE enterprise");
        for (var n = 0; n < 3; n++) { (await route.RunAsync()).State.ShouldBe(DeliveryState.Failed); }
        await LookAsync();
        var alarm = (await AlarmsAsync(route)).ShouldHaveSingleItem();
        (alarm.Kind, alarm.Figure, alarm.Limit).ShouldBe((AlarmKind.Failures, 3, 3));
        (await exchange.WithDb(db => db.Usage.Where(u => u.Meter == FailureAccount.Failures && u.AgreementId == route.Agreement).SumAsync(u => u.Quantity))).ShouldBe(3);
    }

    [Fact]
    public async Task Alarm_OfAnAgreementThatEnds_IsCleared()
    {
        var route = await exchange.RouteAsync(DataSourceKind.Sqlite, DataSourceKind.Sqlite, s => s.EverySeconds = 60);
        clock.Ahead = TimeSpan.FromHours(1);
        await LookAsync();
        (await AlarmsAsync(route)).Single().ClearedAt.ShouldBeNull();
        await route.ChangeAsync(a => a.Revoke());
        clock.Ahead = TimeSpan.FromHours(2);
        await LookAsync();
        (await AlarmsAsync(route)).Single().ClearedAt.ShouldNotBeNull();
    }

    [Fact]
    public async Task Key_NearTheEndOfItsTime_IsToldToItsHolderAlone()
    {
        var route = await exchange.RouteAsync(DataSourceKind.Sqlite, DataSourceKind.Sqlite, s => s.EverySeconds = 86_400);
        await LookAsync();
        (await exchange.WithDb(db => db.Alarms.CountAsync(a => a.Kind == AlarmKind.Key && a.ProviderId == route.Provider.Id))).ShouldBe(0);
        await LookAsync(new MonitorOptions { KeyDays = 31, KeyWarningDays = 31, CalmSeconds = 0 });
        await LookAsync(new MonitorOptions { KeyDays = 29, CalmSeconds = 0 });
        var alarm = await exchange.WithDb(db => db.Alarms.AsNoTracking().SingleAsync(a => a.Kind == AlarmKind.Key && a.ProviderId == route.Provider.Id));
        (alarm.ConsumerId, alarm.AgreementId, alarm.ClearedAt).ShouldBe((route.Provider.Id, null, null));
        (await exchange.WithDb(db => db.Notices.CountAsync(n => n.OrganisationId == route.Provider.Id))).ShouldBe(1);
        await LookAsync(new MonitorOptions { KeyDays = 0, CalmSeconds = 0 });
        (await exchange.WithDb(db => db.Alarms.AsNoTracking().SingleAsync(a => a.Id == alarm.Id))).ClearedAt.ShouldNotBeNull();
    }

    [Fact]
    public async Task Flow_OfADeliveredTable_SaysWhatArrivedAndWhen()
    {
        var route = await exchange.RouteAsync(DataSourceKind.Sqlite, DataSourceKind.Sqlite);
        await route.Source.FillAsync(1, 2);
        await route.SettleAsync();
        await using var scope = exchange.Services.CreateAsyncScope();
        for (var pass = new Pass(1, true); pass.More || pass.Count > 0;) { pass = await scope.ServiceProvider.GetRequiredService<RollUpUsage>().ReconcileAsync(CancellationToken.None); }
        var flow = (await scope.ServiceProvider.GetRequiredService<FlowReading>().ReadAsync(new HashSet<Guid> { route.Consumer.Id }, CancellationToken.None)).ShouldHaveSingleItem();
        (flow.AgreementId, flow.Units, flow.UnitsToday, flow.WaitingSince, flow.FailedRuns).ShouldBe((route.Agreement, 2, 2, null, 0));
        flow.Bytes.ShouldBeGreaterThan(0);
        flow.BytesToday.ShouldBe(flow.Bytes);
        flow.LastSuccessAt.ShouldNotBeNull();
        (await scope.ServiceProvider.GetRequiredService<FlowReading>().ReadAsync(new HashSet<Guid> { Guid.CreateVersion7(clock.GetUtcNow()) }, CancellationToken.None)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Look_ANodeThatIsSilentFullAndNearTheEndOfItsCertificate_RaisesEachOnceAndClearsWhatIsOver()
    {
        var route = await exchange.RouteAsync(DataSourceKind.Sqlite, DataSourceKind.Sqlite);
        var (id, now) = (Guid.CreateVersion7(clock.GetUtcNow()), clock.GetUtcNow());
        Task ReportAsync(long free) => exchange.WithDb(async db =>
        {
            var report = new Zhengtong.Exchange.Nodes.NodeHeartbeat("1", clock.GetUtcNow(), free, 0, 0, [], []);
            (await db.FrontEndNodes.SingleAsync(n => n.Id == id)).Seen(report, "{}", clock.GetUtcNow());
            return await db.SaveChangesAsync();
        });
        Task<List<Alarm>> AboutAsync() => exchange.WithDb(db => db.Alarms.AsNoTracking().Where(a => a.Subject == $"node:{id:D}").OrderBy(a => a.Kind).ToListAsync());
        await exchange.WithDb(async db =>
        {
            var node = new Zhengtong.Exchange.Nodes.FrontEndNode { Id = id, OrganisationId = route.Provider.Id, Name = "楼下的前置机", CreatedAt = now };
            node.Enrol(now);
            db.FrontEndNodes.Add(node);
            db.NodeCertificates.Add(new Zhengtong.Exchange.Nodes.NodeCertificate { Serial = $"{id:N}00000000", NodeId = id, Certificate = [], PublicKey = [], NotBefore = now, NotAfter = now.AddDays(3) });
            return await db.SaveChangesAsync();
        });
        await ReportAsync(5_000_000);
        clock.Ahead = TimeSpan.FromSeconds(400);
        await LookAsync();
        await LookAsync();
        (await AboutAsync()).Select(a => (a.Kind, a.ProviderId)).ShouldBe([.. new[] { AlarmKind.NodeSilence, AlarmKind.NodeDisk, AlarmKind.NodeCertificate }.Select(k => (k, route.Provider.Id))], ignoreOrder: true);
        await ReportAsync(50_000_000_000);
        clock.Ahead += TimeSpan.FromSeconds(130);
        await ReportAsync(50_000_000_000);
        await LookAsync();
        (await AboutAsync()).Where(a => a.ClearedAt is null).Select(a => a.Kind).ShouldBe([AlarmKind.NodeCertificate]);
    }

    private async Task LookAsync(MonitorOptions? options = null)
    {
        await using var scope = exchange.Services.CreateAsyncScope();
        var (services, db) = (scope.ServiceProvider, scope.ServiceProvider.GetRequiredService<ZhengtongDb>());
        var watch = new WatchExchange(db, new FlowReading(db, services.GetRequiredService<AgreementsLookup>(), services.GetRequiredService<TimetableBook>(), clock), services.GetRequiredService<TimeStampAuthority>(),
            services.GetRequiredService<ExchangeGauges>(), clock, Options.Create(options ?? new MonitorOptions()), Options.Create(new Zhengtong.Exchange.Nodes.NodeOptions()), NullLogger<WatchExchange>.Instance);
        await watch.ReconcileAsync(CancellationToken.None);
    }

    private Task<List<Alarm>> AlarmsAsync(Route route) => exchange.WithDb(db => db.Alarms.AsNoTracking().Where(a => a.AgreementId == route.Agreement).ToListAsync());

    private async Task<List<(Guid, NoticeTone)>> NoticesAsync(Route route) =>
        [.. (await exchange.WithDb(db => db.Notices.AsNoTracking().Where(n => n.OrganisationId == route.Provider.Id || n.OrganisationId == route.Consumer.Id).ToListAsync())).Select(n => (n.OrganisationId, n.Tone))];

    private Task<List<string>> EventsAsync(Alarm alarm)
    {
        var subject = alarm.Id.ToString();
        return exchange.WithDb(db => db.Ledger.Where(e => e.Subject == subject).OrderBy(e => e.At).Select(e => e.Event).ToListAsync());
    }
}
