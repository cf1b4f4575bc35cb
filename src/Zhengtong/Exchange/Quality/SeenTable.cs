using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Exchange.Engine;

namespace Zhengtong.Exchange.Quality;

/// <summary>A provider's table as it was when a delivery last read it: names and types of columns, no payload. What changed can be told exactly only from there.</summary>
internal sealed class SeenTable
{
    internal required Guid DeliveryId { get; init; }

    /// <summary>JSON of a <see cref="SeenShape"/>.</summary>
    internal required string Shape { get; set; }

    internal required DateTimeOffset At { get; set; }
}

/// <summary>What is noted of a table.</summary>
/// <param name="Columns">Its columns in order.</param>
/// <param name="Keys">Column sets that a primary key or a whole unique index covers, each in the order of names.</param>
internal sealed record SeenShape(IReadOnlyList<TableColumn> Columns, IReadOnlyList<IReadOnlyList<string>> Keys)
{
    internal static SeenShape Of(TableShape table) => new(table.Columns, [.. table.UniqueKeys.Select(k => (IReadOnlyList<string>)[.. k.Order(StringComparer.Ordinal)])]);
}

/// <summary>Notes how providers' tables look, and tells, when one no longer fits, what exactly became of it and what can be done.</summary>
internal sealed class SeenTables(ZhengtongDb db, TimeProvider clock)
{
    private static readonly TimeSpan Fresh = TimeSpan.FromDays(1);

    /// <summary>Notes the table after a run that went well: once a day, and at once after a fault.</summary>
    internal async Task NoteAsync(ProvidingRoute route, bool isMended, CancellationToken ct)
    {
        var (now, seen) = (clock.GetUtcNow(), await db.SeenTables.SingleOrDefaultAsync(s => s.DeliveryId == route.Delivery, ct));
        if (seen is not null && !isMended && now - seen.At < Fresh) { return; }
        if (await route.Source.FindTableAsync(route.Reading.Table, ct) is not { } table) { return; }
        var shape = JsonSerializer.Serialize(SeenShape.Of(table));
        if (seen is null) { db.SeenTables.Add(new SeenTable { DeliveryId = route.Delivery, Shape = shape, At = now }); }
        else { (seen.Shape, seen.At) = (shape, now); }
        await db.SaveChangesAsync(ct);
    }

    /// <summary>The fault together with the difference and the proposal; the fault alone when the table was never seen.</summary>
    internal async Task<ExchangeFault> ExplainAsync(ProvidingRoute route, ExchangeFault fault, CancellationToken ct)
    {
        if (await db.SeenTables.AsNoTracking().SingleOrDefaultAsync(s => s.DeliveryId == route.Delivery, ct) is not { } seen) { return fault; }
        var table = await route.Source.FindTableAsync(route.Reading.Table, ct);
        string[] concerned = [.. route.Terms.Items.Select(i => i.Column).Union(route.Terms.Rows.Select(r => r.Column)), .. route.Reading.Watermark is { } watermark ? [watermark] : Array.Empty<string>()];
        var told = TableDifference.Of(JsonSerializer.Deserialize<SeenShape>(seen.Shape)!, table, concerned, [.. route.Reading.Key.Select(i => i.Column)]);
        return told.Count == 0 ? fault : new ExchangeFault(fault.Type, [.. fault.Faults, .. told], fault);
    }
}
