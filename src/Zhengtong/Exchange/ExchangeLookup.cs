using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Agreements;
using Zhengtong.Catalogue.Model;
using Zhengtong.Exchange.Engine;
using Zhengtong.Exchange.Model;

namespace Zhengtong.Exchange;

/// <summary>What an agreement has brought its consumer.</summary>
/// <param name="Agreement">The agreement.</param>
/// <param name="Number">As people name it.</param>
/// <param name="ResourceName">The information resource's name when agreed.</param>
/// <param name="Consumer">The department whose table it is.</param>
/// <param name="Allows">True while the agreement allows delivery.</param>
/// <param name="Items">The agreed items, in order.</param>
/// <param name="Batches">Batches the consumer gave its receipt for: grows whenever the table changes by the delivery.</param>
/// <param name="ReceivedAt">When the last one was; null before the first.</param>
/// <param name="IsHere">False when only a front-end node reaches the table.</param>
internal sealed record DeliveredTable(
    Guid Agreement, string Number, string ResourceName, Guid Consumer, bool Allows, IReadOnlyList<AgreedItem> Items, long Batches, DateTimeOffset? ReceivedAt, bool IsHere);

/// <summary>A delivered table cannot be read now: its database does not answer, or it is no longer what was agreed. The message is a problem code, never a value.</summary>
internal sealed class DeliveredTableUnreadableException(string code, Exception? cause = null) : Exception(code, cause);

/// <summary>What other modules may ask Exchange.</summary>
internal sealed class ExchangeLookup(ZhengtongDb db, AgreementsLookup agreements, DepartmentDatabases databases, TimeProvider clock)
{
    private const int RowsAtOnce = 4096;
    private const int BytesAtOnce = 4 * 1024 * 1024;
    private static readonly int Epoch = new DateOnly(1970, 1, 1).DayNumber;
    private static readonly long LeastMoment = (DateTime.MinValue - DateTime.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
    private static readonly long GreatestMoment = (DateTime.MaxValue - DateTime.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;

    /// <summary>What the agreement has brought; null when it delivers no table, or its consumer has not said where to.</summary>
    internal async Task<DeliveredTable?> FindAsync(Guid agreement, CancellationToken ct)
    {
        if (await agreements.FindAsync(agreement, ct) is not { Kind: DeliveryKind.Table } terms) { return null; }
        var found = await db.Intakes.AsNoTracking().Where(i => i.AgreementId == agreement).Join(db.DataSources.AsNoTracking(), i => i.DataSourceId, s => s.Id, (i, s) => new { IsHere = s.NodeId == null }).SingleOrDefaultAsync(ct);
        if (found is null) { return null; }
        var delivery = await db.Deliveries.AsNoTracking().Where(d => d.AgreementId == agreement).Select(d => new { d.BatchesReceived, d.LastReceivedAt }).SingleOrDefaultAsync(ct);
        return new DeliveredTable(agreement, terms.Number, terms.ResourceName, terms.Consumer, terms.AllowsDelivery(clock.GetUtcNow()), terms.Items, delivery?.BatchesReceived ?? 0, delivery?.LastReceivedAt, found.IsHere);
    }

    /// <summary>The agreements by which a department gets tables that the platform can read, by their numbers.</summary>
    internal async Task<IReadOnlyList<(Guid Agreement, string Number, string ResourceName)>> OfConsumerAsync(Guid consumer, CancellationToken ct)
    {
        var held = await db.Intakes.AsNoTracking().Where(i => i.OrganisationId == consumer && db.DataSources.Any(s => s.Id == i.DataSourceId && s.NodeId == null)).Select(i => i.AgreementId).ToListAsync(ct);
        return [.. (await agreements.OfPartyAsync(consumer, DeliveryKind.Table, clock.GetUtcNow(), ct)).Where(t => t.Consumer == consumer && held.Contains(t.Id)).OrderBy(t => t.Number, StringComparer.Ordinal).Select(t => (t.Id, t.Number, t.ResourceName))];
    }

    /// <summary>Every row of the delivered table in the order of its key: the agreed items in their invariant form - times in UTC, bytes in base64 -, null for none. A value that is none of its
    /// type is as its database writes it, and a day or moment outside the years 1 to 9999, such as PostgreSQL's infinity, a number: whoever reads the texts finds it unfit and can say so. The array is used again for the next row.</summary>
    /// <exception cref="DeliveredTableUnreadableException">It cannot be read now.</exception>
    internal async IAsyncEnumerable<string?[]> ReadAsync(Guid agreement, [EnumeratorCancellation] CancellationToken ct)
    {
        var terms = await agreements.FindAsync(agreement, ct) ?? throw new DeliveredTableUnreadableException("exchange.agreement-unknown");
        var intake = await db.Intakes.AsNoTracking().SingleOrDefaultAsync(i => i.AgreementId == agreement, ct) ?? throw new DeliveredTableUnreadableException("exchange.agreement-unknown");
        var held = await db.DataSources.AsNoTracking().SingleAsync(s => s.Id == intake.DataSourceId, ct);
        var database = await ExplainedAsync(() => Task.FromResult(databases.Open(held)));
        await using var source = await ExplainedAsync(() => SideReading(database, intake, terms, ct));
        await using var groups = source.SnapshotAsync(null, ct).GetAsyncEnumerator(ct);
        var cells = new string?[terms.Items.Count];
        while (await ExplainedAsync(() => Delivering.Explained(database, Side.Target, async () => await groups.MoveNextAsync())))
        {
            var group = groups.Current;
            for (var row = 0; row < group.Rows; row++)
            {
                for (var n = 0; n < cells.Length; n++) { cells[n] = TextOf(group.Columns[n], row); }
                yield return cells;
            }
        }
    }

    /// <summary>The cell as <see cref="ReadAsync"/> has it.</summary>
    internal static string? TextOf(ColumnBuffer column, int row) => column.UnfitAt(row) is { } written ? Encoding.UTF8.GetString(written) : column.IsNull(row) ? null : column.Type switch
    {
        ItemType.Integer => column.Int64At(row).ToString(CultureInfo.InvariantCulture),
        ItemType.Float => column.DoubleAt(row).ToString("R", CultureInfo.InvariantCulture),
        ItemType.Boolean => column.BooleanAt(row) ? "true" : "false",
        ItemType.Date => DayOf(column.DaysAt(row)),
        ItemType.Timestamp => MomentOf(column.Int64At(row)),
        ItemType.Binary => Convert.ToBase64String(column.BytesAt(row)),
        _ => Encoding.UTF8.GetString(column.BytesAt(row)),
    };

    private static Task<Source> SideReading(DepartmentDatabase database, Intake intake, AgreementTerms terms, CancellationToken ct) => Delivering.Explained(
        database, Side.Target, () => database.OpenSourceAsync(new Reading(new TableName(intake.Schema, intake.Table), terms.Items, [], null, null, RowsAtOnce, BytesAtOnce), ct));

    private static async Task<T> ExplainedAsync<T>(Func<Task<T>> act)
    {
        try { return await act(); }
        catch (ExchangeFault fault) { throw new DeliveredTableUnreadableException(fault.Type.Code, fault); }
    }

    private static string DayOf(int days) => (long)days + Epoch is >= 0 and var day && day <= DateOnly.MaxValue.DayNumber
        ? DateOnly.FromDayNumber((int)day).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture) : days.ToString(CultureInfo.InvariantCulture);

    private static string MomentOf(long microseconds) => microseconds >= LeastMoment && microseconds <= GreatestMoment
        ? DateTime.UnixEpoch.AddTicks(microseconds * TimeSpan.TicksPerMicrosecond).ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFF", CultureInfo.InvariantCulture) : microseconds.ToString(CultureInfo.InvariantCulture);
}
