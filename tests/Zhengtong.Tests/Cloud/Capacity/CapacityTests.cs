using System.Net.Http.Json;
using System.Text.Json;
using CsCheck;
using Zhengtong.Cloud.Capacity;
using Zhengtong.Cloud.Model;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Regions;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Cloud.Capacity;

/// <summary>How full pools are, and when they will be.</summary>
[OnDatabase]
public sealed class CapacityTests(PlatformFixture platform)
{
    private static readonly DateOnly Day = new(2026, 11, 20);

    [Fact]
    public void Forecast_OfAStraightLine_IsItsDay()
    {
        var forecast = Forecasting.Of(Line(30, n => 100 + (10 * n)), 490);
        forecast.PerDay!.Value.ShouldBe(10, 1e-9);
        (forecast.Expected, forecast.Earliest, forecast.Latest, forecast.IsEnough).ShouldBe((Day.AddDays(10), Day.AddDays(10), Day.AddDays(10), true));
        Forecasting.Of(Line(13, n => n), 100).ShouldBe(new CapacityForecast(13, null, null, null, null, false));
        Forecasting.Of(Line(30, _ => 5), 100).Expected.ShouldBeNull();
        Forecasting.Of(Line(30, n => 100 - n), 100).Expected.ShouldBeNull();
        Forecasting.Of(Line(30, n => 71 + n), 100).Expected.ShouldBe(Day);
    }

    [Fact]
    public void Forecast_OfAnyHistory_HoldsTheExpectedDayInItsRange() => Gen.Select(Gen.Int[14, 90], Gen.Long[1, 1000].Array[90], Gen.Long[1, 5000]).Sample((count, noise, capacity) =>
    {
        var forecast = Forecasting.Of(Line(count, n => (n * 3) + noise[n]), capacity);
        if (forecast.Expected is { } expected)
        {
            forecast.Earliest.ShouldNotBeNull();
            (forecast.Earliest.Value <= expected).ShouldBeTrue();
            (forecast.Latest is null || forecast.Latest >= expected).ShouldBeTrue();
        }
        else { forecast.Latest.ShouldBeNull(); }
    });

    [Fact]
    public async Task Record_OfAPool_IsReadThreeWays()
    {
        var (now, pool) = (TimeProvider.System.GetUtcNow(), CloudWorld.NewId());
        await platform.Department();
        await platform.WithDb(async db =>
        {
            db.ResourcePools.Add(new ResourcePool { Id = pool, Name = $"capacity {pool}", Zone = NetworkZone.Internet, Region = RegionCode.Parse("610000"), Engine = "none", Address = "-", Protection = 2, Strategy = PlacementStrategy.Spread, Ratios = [], CreatedAt = now, IsOpen = false });
            var host = new CloudHost { Id = CloudWorld.NewId(), PoolId = pool, Name = "one", State = HostState.Offline, Traits = [], Group = "" };
            db.CloudHosts.Add(host);
            db.HostInventories.Add(new HostInventory { HostId = host.Id, Kind = "vcpu", Total = 10_000, Reserved = 0, Capacity = 20_000, Used = 15_000, IsOpen = false, Generation = 0, SetGeneration = 0 });
            return await db.SaveChangesAsync();
        });
        await platform.WithDb(db => RecordCapacity.RecordAsync(db, now, default));
        await platform.WithDb(db => RecordCapacity.RecordAsync(db, now, default));
        var @operator = await platform.SignedIn(await platform.Department(), Role.PlatformOperator);
        var row = (await @operator.GetFromJsonAsync<JsonElement>($"/api/v1/cloud/capacity?pool={pool}")).EnumerateArray().Single();
        (row.GetProperty("allocated").GetInt32(), row.GetProperty("physical").GetInt32(), row.GetProperty("used").ValueKind).ShouldBe((750, 1500, JsonValueKind.Null));
        row.GetProperty("forecast").GetProperty("isEnough").GetBoolean().ShouldBeFalse();
        row.GetProperty("history").GetArrayLength().ShouldBe(1);
        var shown = await @operator.GetPage("/work/cloud/capacity");
        shown[shown.IndexOf($"capacity {pool}", StringComparison.Ordinal)..].Split("</tr>")[0].ShouldMatch(@">\s*75\s*<(.|\n)*>\s*150\s*<");
        (await (await (await platform.SignedIn(await platform.Department(), Role.DepartmentOfficer)).GetAsync("/api/v1/cloud/capacity")).ReadProblemCode()).ShouldBe("kernel.forbidden");
    }

    private static List<(DateOnly Day, long Amount)> Line(int count, Func<int, long> amount) => [.. Enumerable.Range(0, count).Select(n => (Day.AddDays(n - count + 1), amount(n)))];
}
