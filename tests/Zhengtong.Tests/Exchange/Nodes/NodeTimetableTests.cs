using Microsoft.EntityFrameworkCore;
using Zhengtong.Exchange.Model;
using Zhengtong.Exchange.Timetables;
using Zhengtong.Tests.Exchange.Timetables;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Exchange.Nodes;

/// <summary>A timetable kept by a provider's own node: the real program, as platform and as node.</summary>
[OnDatabase(Once = true)]
public sealed class NodeTimetableTests
{
    [Fact]
    public async Task Node_HoursOfWorkingDaysAndALimit_KeepsBothAndRunsAheadWhenAsked()
    {
        await using var scene = await NodeScene.PrepareAsync(DataSourceKind.Postgres, DataSourceKind.Sqlite, receives: false);
        await scene.Source.FillAsync(1, 300);
        await scene.ServeAsync();
        await scene.UntilAsync(() => scene.WithDb(db => db.Deliveries.AnyAsync()), "no delivery is made");
        var delivery = await scene.WithDb(db => db.Deliveries.Select(d => d.Id).SingleAsync());
        var later = TimetableDeliveryTests.LaterToday() with { Days = [RunningDay.WorkingDay, RunningDay.DayOff] };
        await SetAsync(t =>
        {
            t.OpenIn([later]);
            t.LimitTo(100, null);
        });
        await scene.EnrolAsync(scene.Provider);
        scene.Run(scene.Provider);
        // The half is known to the node, and rests.
        await scene.UntilAsync(() => Task.FromResult(scene.Provider.Open().Configuration?.Document is { } document && document.Contains("\"workingDay\"", StringComparison.Ordinal) && document.Contains("\"isWorkingDay\"", StringComparison.Ordinal)), "the hours do not arrive");
        await scene.UntilAsync(() => Task.FromResult(scene.Provider.Open().Report is { Deliveries.Count: 1 }), "the node does not know the delivery");
        (await scene.WithDb(db => db.Batches.AnyAsync())).ShouldBeFalse();

        await scene.WithDb(db => db.Deliveries.ExecuteUpdateAsync(s => s.SetProperty(d => d.AskedAt, TimeProvider.System.GetUtcNow())));
        await scene.EqualAsync();
        var batches = await scene.WithDb(db => db.Batches.AsNoTracking().OrderBy(b => b.Sequence).ToListAsync());
        batches.Sum(b => b.Rows).ShouldBe(300);
        for (var n = 1; n < batches.Count; n++)
        {
            (batches[n].SealedAt - batches[0].SealedAt).TotalSeconds.ShouldBeGreaterThanOrEqualTo((batches.Take(n).Sum(b => b.Rows) / 100.0) - 0.05);
        }

        await SetAsync(t =>
        {
            t.OpenIn([]);
            t.LimitTo(null, null);
        });
        await scene.Source.FillAsync(301, 320, fresh: true);
        await scene.EqualAsync();

        Task SetAsync(Action<Timetable> change) => scene.WithDb(async db =>
        {
            change(await db.TimetableToChangeAsync(delivery, CancellationToken.None));
            return await db.SaveTimetableAsync(CancellationToken.None);
        });
    }
}
