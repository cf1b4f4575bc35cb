using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Jobs;
using Zhengtong.Kernel.Metering;
using Zhengtong.Kernel.Organisations;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Kernel.Metering;

[OnDatabase]
public sealed class MeteringTests(PlatformFixture platform)
{
    private static readonly DateTimeOffset Noon = new(2026, 3, 5, 4, 30, 0, TimeSpan.Zero);

    [Fact]
    public async Task RollUp_RecordsOfManyHours_SumsAreExactByHourAndByDayInChina()
    {
        var department = await platform.Department();
        // 15:59 UTC is the last minute of the day in China; 16:00 begins the next.
        await Record(department, (10, Noon), (5, Noon.AddMinutes(29)), (7, Noon.AddMinutes(30)), (1, new(2026, 3, 5, 15, 59, 0, TimeSpan.Zero)), (100, new(2026, 3, 5, 16, 0, 0, TimeSpan.Zero)));
        await Settle();
        (await Sums(department, RollUpPeriod.Hour)).ShouldBe([15, 7, 1, 100]);
        (await Sums(department, RollUpPeriod.Day)).ShouldBe([23, 100]);
    }

    [Fact]
    public async Task RollUp_LateAndCorrectingRecords_AreTakenIntoTheirHour()
    {
        var department = await platform.Department();
        await Record(department, (10, Noon));
        await Settle();
        await Record(department, (3, Noon), (-1, Noon));
        await Settle();
        await Settle();
        (await Sums(department, RollUpPeriod.Hour)).ShouldBe([12]);
    }

    [Fact]
    public async Task RollUp_ManyWithoutTheLease_CountEachRecordOnce()
    {
        var department = await platform.Department();
        await Record(department, [.. Enumerable.Range(1, 3_000).Select(n => ((long)n, Noon.AddMinutes(n)))]);
        // Straight past the lease, as after a cut network: all but one of those that meet must step back.
        await Task.WhenAll(Enumerable.Range(0, 6).Select(async _ =>
        {
            await using var scope = platform.App.Services.CreateAsyncScope();
            try { await scope.ServiceProvider.GetRequiredService<RollUpUsage>().ReconcileAsync(CancellationToken.None); }
            catch (Exception e) when (e is DbUpdateException or Microsoft.Data.Sqlite.SqliteException) { }
        }));
        await Settle();
        (await Sums(department, RollUpPeriod.Hour)).Sum().ShouldBe(3_000L * 3_001 / 2);
        (await Sums(department, RollUpPeriod.Day)).Sum().ShouldBe(3_000L * 3_001 / 2);
    }

    [Fact]
    public async Task Get_Usage_OwnAlways_OthersOnlyInReach()
    {
        var department = await platform.Department();
        await Record(department, (42, Noon));
        await Settle();
        var query = "/api/v1/usage?by=hour&from=2026-03-05T00:00:00Z&to=2026-03-06T00:00:00Z";

        var own = await (await platform.SignedIn(department, Role.DepartmentOfficer)).GetFromJsonAsync<JsonElement>(query);
        own.GetProperty("sums").EnumerateArray().Single().GetProperty("quantity").GetInt64().ShouldBe(42);

        var neighbour = await platform.SignedIn(await platform.Department(), Role.DepartmentOfficer);
        (await neighbour.GetFromJsonAsync<JsonElement>(query)).GetProperty("sums").GetArrayLength().ShouldBe(0);
        (await (await neighbour.GetAsync($"{query}&organisation={department.Id}")).ReadProblemCode()).ShouldBe("kernel.out-of-reach");

        var authority = await platform.SignedIn(await platform.Department(), Role.Authority);
        (await authority.GetFromJsonAsync<JsonElement>($"{query}&organisation={department.Id}")).GetProperty("sums").GetArrayLength().ShouldBe(1);
        (await authority.GetFromJsonAsync<JsonElement>($"{query}&region=61")).GetProperty("sums").EnumerateArray()
            .ShouldContain(s => s.GetProperty("organisation").GetGuid() == department.Id);
        (await (await authority.GetAsync($"{query}&region=620000")).ReadProblemCode()).ShouldBe("kernel.out-of-reach");
        (await authority.GetAsync($"{query}&region=nowhere")).StatusCode.ShouldBe(HttpStatusCode.BadRequest);

        var city = await platform.SignedIn(await platform.Department(region: "610100"), Role.Authority);
        (await (await city.GetAsync($"{query}&organisation={department.Id}")).ReadProblemCode()).ShouldBe("kernel.out-of-reach");
    }

    [Fact]
    public async Task Get_Indicators_ByNameWithSourceAndVersion()
    {
        var client = await platform.SignedIn(await platform.Department(), Role.Authority);
        var readings = await client.GetFromJsonAsync<JsonElement>("/api/v1/indicators?name=kernel.organisations&region=610000");
        var reading = readings.EnumerateArray().Single();
        reading.GetProperty("value").GetDecimal().ShouldBeGreaterThan(0);
        reading.GetProperty("title").GetString().ShouldBe("Organisations on the platform");
        reading.GetProperty("source").GetString()!.ShouldNotStartWith("kernel.");
        (await (await client.GetAsync("/api/v1/indicators?name=kernel.no-such")).ReadProblemCode()).ShouldBe("kernel.indicator-unknown");
    }

    [Fact]
    public async Task MeteredIndicator_DaysAndPartsOfDays_AgreeWithTheRecords()
    {
        var department = await platform.Department();
        await Record(department, (10, Noon), (20, Noon.AddDays(1)), (40, Noon.AddDays(1).AddHours(3)));
        await Settle();
        var services = new ServiceCollection();
        services.AddMeteredIndicator("test.rows", "row", "test.rows", "test.source");
        await platform.WithDb(async db =>
        {
            var indicators = new Indicators(services.Select(s => (Indicator)s.ImplementationInstance!), db, TimeProvider.System);
            async Task<decimal?> Read(DateTimeOffset from, DateTimeOffset to) =>
                (await indicators.ReadAsync("test.rows", new IndicatorQuestion(from, to, department.Id), CancellationToken.None))!.Answer.Value;
            var day = new DateTimeOffset(2026, 3, 4, 16, 0, 0, TimeSpan.Zero);
            (await Read(day, day.AddDays(2))).ShouldBe(70);
            (await Read(day.AddDays(1), day.AddDays(2))).ShouldBe(60);
            (await Read(Noon.AddDays(1).AddHours(1), day.AddDays(2))).ShouldBe(40);
            return 0;
        });
    }

    private Task<int> Record(Organisation organisation, params (long Quantity, DateTimeOffset At)[] uses) => platform.WithDb(db =>
    {
        db.Usage.AddRange(uses.Select(u => UsageRecord.Of("test.rows", "row", u.Quantity, "test", organisation.Id, u.At)));
        return db.SaveChangesAsync();
    });

    private Task<long> Settle() => platform.App.Services.GetRequiredService<Reconcilers>().SettleAsync<RollUpUsage>(CancellationToken.None);

    private Task<List<long>> Sums(Organisation organisation, RollUpPeriod period) => platform.WithDb(db =>
        db.UsageRollUps.Where(u => u.OrganisationId == organisation.Id && u.Period == period).OrderBy(u => u.StartsAt).Select(u => u.Quantity).ToListAsync());
}
