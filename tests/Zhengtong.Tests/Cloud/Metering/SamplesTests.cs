using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Metering;
using Zhengtong.Kernel.Identity;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Cloud.Metering;

/// <summary>Readings go in minute by minute, and come out as minutes, hours, days and months.</summary>
[OnDatabase]
public sealed class SamplesTests(PlatformFixture platform)
{
    [Fact]
    public async Task Readings_OfADay_AreFoldedKeptAndRead()
    {
        var world = await MeteredWorld.MakeAsync(platform);
        // A day that no other test has sheets of, so that folding is this test's alone.
        var start = new DateTimeOffset(2026, 3, 9, 16, 0, 30, TimeSpan.Zero);
        var (one, other) = (await world.ResourceAsync(start), await world.ResourceAsync(start));
        var readings = 0;
        for (var minute = 0; minute < 130; minute++)
        {
            var at = start.AddMinutes(minute);
            if (minute is > 70 and < 80) { continue; }
            List<MeterReading> round = [Reading(one.Id, at, minute * 6_000_000L), Reading(other.Id, at, minute * 60_000_000L)];
            (await Take(round, at)).Taken.ShouldBe(2);
            if (minute == 10) { (await Take(round, at)).Taken.ShouldBe(0); }
            readings++;
        }

        (await platform.WithDb(db => db.MeterLatest.AsNoTracking().SingleAsync(l => l.ResourceId == one.Id))).Cpu.ShouldBe(100);
        var end = start.AddMinutes(190);
        while (await platform.WithDb(db => Folding.FoldHourAsync(db, end, default)) is not null) { }
        var day = await platform.WithDb(db => db.MeterDays.AsNoTracking().SingleAsync(d => d.ResourceId == one.Id));
        day.Day.ShouldBe(new DateOnly(2026, 3, 10));
        // The first minute has nothing before it; nine are missing, and the one after them.
        day.Figures.Covered.ShouldBe(130 - 1 - 9 - 1);
        (day.Figures.CpuMean, day.Figures.CpuMax, day.Figures.CpuP95).ShouldBe((100, 100, null));
        (await platform.WithDb(db => db.MeterSheets.CountAsync(s => s.Hour >= Folding.HourOf(start) && s.Hour <= Folding.HourOf(start) + 3))).ShouldBe(0);

        var officer = await platform.SignedIn(world.Department, Role.DepartmentOfficer);
        var course = await officer.GetFromJsonAsync<JsonElement>($"/api/v1/cloud/usage/{one.Id}?period=minute&from={Uri.EscapeDataString(start.ToString("O"))}&to={Uri.EscapeDataString(start.AddHours(3).ToString("O"))}");
        course.GetProperty("points").GetArrayLength().ShouldBe(readings - 1);
        var hours = await officer.GetFromJsonAsync<JsonElement>($"/api/v1/cloud/usage/{one.Id}?from=2026-03-09T16:00:00Z&to=2026-03-10T16:00:00Z");
        hours.GetProperty("points").EnumerateArray().Select(p => p.GetProperty("coverage").GetInt32()).ShouldBe([983, 833, 166]);
        hours.GetProperty("points")[0].GetProperty("cpuP95").GetInt32().ShouldBe(100);

        // The day is over: its percentiles come from its minutes, and its month is counted.
        while (await platform.WithDb(db => Folding.CloseDaysAsync(db, start.AddDays(2), default)) > 0) { }
        (await platform.WithDb(db => db.MeterDays.AsNoTracking().SingleAsync(d => d.ResourceId == other.Id))).Figures.CpuP95.ShouldBe(1000);
        var month = await platform.WithDb(db => db.MeterMonths.AsNoTracking().SingleAsync(m => m.ResourceId == other.Id));
        (month.Month, month.Days, month.Figures.CpuMean).ShouldBe((new DateOnly(2026, 3, 1), 1, 1000));

        await platform.WithDb(db => Folding.LetGoAsync(db, start.AddDays(37), default));
        (await platform.WithDb(db => db.MeterMinutes.CountAsync(m => m.ResourceId == one.Id))).ShouldBe(0);
        (await platform.WithDb(db => db.MeterDays.AsNoTracking().SingleAsync(d => d.ResourceId == one.Id))).Hours.ShouldNotBeNull();
        await platform.WithDb(db => Folding.LetGoAsync(db, start.AddMonths(14), default));
        (await platform.WithDb(db => db.MeterDays.AsNoTracking().SingleAsync(d => d.ResourceId == one.Id))).Hours.ShouldBeNull();
    }

    [Fact]
    public async Task Take_ReadingThatIsTooOldOrFromTheFuture_CountsForNothing()
    {
        var world = await MeteredWorld.MakeAsync(platform);
        var now = TimeProvider.System.GetUtcNow();
        var resource = await world.ResourceAsync(now.AddDays(-1));
        (await Take([Reading(resource.Id, now.AddHours(-1), 0)], now)).ShouldBe(new SamplesTaken(0, 1));
        (await Take([Reading(resource.Id, now.AddHours(1), 0)], now)).ShouldBe(new SamplesTaken(0, 1));
    }

    [Fact]
    public async Task List_NewestFigures_AreTheDepartmentsOwnAndFresh()
    {
        var (world, foreign) = (await MeteredWorld.MakeAsync(platform), await MeteredWorld.MakeAsync(platform));
        var now = TimeProvider.System.GetUtcNow();
        var (one, silent) = (await world.ResourceAsync(now.AddDays(-1)), await world.ResourceAsync(now.AddDays(-1)));
        await Take([Reading(one.Id, now.AddMinutes(-2), 0)], now.AddMinutes(-2));
        await Take([Reading(one.Id, now.AddMinutes(-1), 30_000_000)], now);
        await Take([Reading(silent.Id, now.AddMinutes(-8), 0)], now);
        var officer = await platform.SignedIn(world.Department, Role.DepartmentOfficer);
        var rows = (await officer.GetFromJsonAsync<JsonElement>("/api/v1/cloud/usage")).GetProperty("items").EnumerateArray().ToDictionary(r => r.GetProperty("id").GetGuid());
        rows.Count.ShouldBe(2);
        rows[one.Id].GetProperty("cpu").GetInt32().ShouldBe(500);
        rows[one.Id].GetProperty("cores").GetInt64().ShouldBe(2000);
        rows[silent.Id].GetProperty("cpu").ValueKind.ShouldBe(JsonValueKind.Null);
        rows[silent.Id].GetProperty("readAt").ValueKind.ShouldBe(JsonValueKind.String);
        // Half a core of two, and 512 MiB of 4 GiB.
        var shown = await officer.GetPage("/work/cloud/usage");
        shown[shown.IndexOf($"/work/cloud/usage/{one.Id}", StringComparison.Ordinal)..].Split("</tr>")[0].ShouldMatch(@">\s*25\s*<(.|\n)*>\s*12\.5\s*<");
        var course = await officer.GetPage($"/work/cloud/usage/{one.Id}?period=Minute");
        course.ShouldContain("<svg");
        course.ShouldContain("0.5");
        (await officer.GetPage($"/work/cloud/usage/{silent.Id}?period=Day")).ShouldNotContain("<svg viewBox=\"0 0 960 220\"");
        var stranger = await platform.SignedIn(foreign.Department, Role.DepartmentOfficer);
        (await (await stranger.GetAsync($"/api/v1/cloud/usage/{one.Id}")).ReadProblemCode()).ShouldBe("cloud.resource-unknown");
        (await (await officer.GetAsync($"/api/v1/cloud/usage/{one.Id}?from=2020-01-01T00:00:00Z")).ReadProblemCode()).ShouldBe("cloud.invalid");
        (await (await platform.Visitor().GetAsync("/api/v1/cloud/usage")).ReadProblemCode()).ShouldBe("kernel.not-signed-in");
    }

    private async Task<SamplesTaken> Take(List<MeterReading> readings, DateTimeOffset now) => await platform.WithDb(db => Samples.TakeAsync(db, readings, now, default));

    private static MeterReading Reading(Guid resource, DateTimeOffset at, long cpu) => new(resource, at, cpu, 512L << 20, 3L << 30, cpu, cpu / 2);
}
