using Microsoft.EntityFrameworkCore;

namespace Zhengtong.Cloud.Metering;

/// <summary>What became of a round of readings.</summary>
/// <param name="Taken">Readings that were taken in.</param>
/// <param name="Passed">Readings of a minute that had one already, or of an hour that is long folded: they count for nothing.</param>
internal readonly record struct SamplesTaken(int Taken, int Passed);

/// <summary>Writes readings: one sheet for all resources and an hour, and each resource's newest figures. A crash loses the round or nothing of it.</summary>
internal static class Samples
{
    /// <summary>Takes readings in. Of resources that exist: the caller has seen to that.</summary>
    internal static async Task<SamplesTaken> TakeAsync(ZhengtongDb db, IReadOnlyList<MeterReading> readings, DateTimeOffset now, CancellationToken ct)
    {
        if (readings.Count == 0) { return default; }
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        var before = await BeforeAsync(db, readings, ct);
        var (sheets, latest) = (new SortedDictionary<int, PackWriter>(), new Dictionary<Guid, MeterLatest>(readings.Count));
        // What is folded already is not opened again, and what comes from the future would silence the resource until then.
        var (oldest, newest) = (now - Folding.After + TimeSpan.FromMinutes(1), now.AddMinutes(5));
        foreach (var reading in readings)
        {
            if (reading.At < oldest || reading.At > newest) { continue; }
            var known = latest.GetValueOrDefault(reading.ResourceId) ?? before.GetValueOrDefault(reading.ResourceId);
            if (Sampling.Take(known, reading, (minute, slot) => SheetPack.Write(SheetOf(sheets, (int)(minute / 60)), reading.ResourceId, (int)(minute % 60), slot)) is { } next) { latest[reading.ResourceId] = next; }
        }

        db.MeterSheets.AddRange(sheets.Select(s => new MeterSheet { Id = Guid.CreateVersion7(now), Hour = s.Key, Slots = s.Value.ToArray() }));
        await db.SaveChangesAsync(ct);
        db.ChangeTracker.Clear();
        // In one order, so that two rounds at once do not wait for one another.
        await PutAsync(db, [.. latest.Values.OrderBy(l => l.ResourceId)], ct);
        await transaction.CommitAsync(ct);
        return new SamplesTaken(latest.Count, readings.Count - latest.Count);
    }

    private static PackWriter SheetOf(SortedDictionary<int, PackWriter> sheets, int hour) => sheets.TryGetValue(hour, out var sheet) ? sheet : sheets[hour] = new PackWriter(64 * 1024);

    private static async Task<Dictionary<Guid, MeterLatest>> BeforeAsync(ZhengtongDb db, IReadOnlyList<MeterReading> readings, CancellationToken ct)
    {
        var all = db.MeterLatest.AsNoTracking();
        // A few are asked for by name; of many the whole table is quicker.
        if (readings.Count <= 500)
        {
            var ids = readings.Select(r => r.ResourceId).Distinct().ToList();
            all = all.Where(l => ids.Contains(l.ResourceId));
        }

        return await all.ToDictionaryAsync(l => l.ResourceId, ct);
    }

    private static Task PutAsync(ZhengtongDb db, List<MeterLatest> rows, CancellationToken ct) => ManyRows.PutAsync(db, "meter_latest", ["resource_id"],
    [
        ManyColumn.Of("resource_id", n => rows[n].ResourceId), ManyColumn.Of("read_at", n => rows[n].ReadAt), ManyColumn.Of("started_at", n => rows[n].StartedAt),
        ManyColumn.Of("cpu_microseconds", n => rows[n].CpuMicroseconds), ManyColumn.Of("bytes_received", n => rows[n].BytesReceived), ManyColumn.Of("bytes_sent", n => rows[n].BytesSent),
        ManyColumn.Of("cpu", n => rows[n].Cpu), ManyColumn.Of("memory", n => rows[n].MemoryMiB), ManyColumn.Of("disk", n => rows[n].DiskMiB),
        ManyColumn.Of("received_per_second", n => rows[n].ReceivedPerSecond), ManyColumn.Of("sent_per_second", n => rows[n].SentPerSecond),
    ], rows.Count, ct);
}
