using System.Text;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Agreements;
using Zhengtong.Catalogue.Model;
using Zhengtong.Exchange.Engine;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;
using Zhengtong.Kernel.Secrets;

namespace Zhengtong.Exchange.Quality;

/// <summary>A row in quarantine with its values.</summary>
/// <param name="Row">What the list says of it.</param>
/// <param name="DeliveryId">The delivery.</param>
/// <param name="Values">Each agreed item in order; empty once the row is settled, for then it is no longer kept, and while it is on a node.</param>
/// <param name="OnNode">True while the provider's front-end node alone has the values: there <c>zhengtong node quarantine --row</c> shows them.</param>
public sealed record GetQuarantinedRowResponse(QuarantineSummary Row, Guid DeliveryId, IReadOnlyList<QuarantinedValue> Values, bool OnNode);

/// <summary>A value of a row in quarantine.</summary>
/// <param name="Column">Column of the item.</param>
/// <param name="Item">Its name.</param>
/// <param name="Type">Its type.</param>
/// <param name="IsKey">True for a part of the key.</param>
/// <param name="Value">As the source has it, unmasked; null for null.</param>
/// <param name="Faults">What is wrong with it.</param>
public sealed record QuarantinedValue(string Column, string Item, ItemType Type, bool IsKey, string? Value, IReadOnlyList<QualityFault> Faults);

internal static class GetQuarantinedRow
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/quarantine/{id:guid}", Handle).Requires(Right.OperateExchange).ProducesProblem(403).ProducesProblem(404);

    /// <summary>A row in quarantine with its values, for an officer of its provider. Looking at them is kept in the ledger.</summary>
    /// <response code="200">The row; ledger event exchange.quarantine-viewed when values are shown.</response>
    /// <response code="404">exchange.quarantine-unknown</response>
    internal static async Task<Results<Ok<GetQuarantinedRowResponse>, ProblemHttpResult>> Handle(
        Guid id, Actor actor, ZhengtongDb db, AgreementsLookup agreements, Vault vault, TimeProvider clock, CancellationToken ct)
    {
        var row = await db.Quarantine.AsNoTracking().OfProvider(actor).SingleOrDefaultAsync(q => q.Id == id, ct);
        if (row is null) { return ExchangeProblems.QuarantineUnknown.Because($"{id}"); }
        var agreement = await db.Deliveries.Where(d => d.Id == row.DeliveryId).Select(d => d.AgreementId).SingleAsync(ct);
        if (await agreements.FindAsync(agreement, ct) is not { } terms) { return ExchangeProblems.QuarantineUnknown.Because($"{id}"); }

        var values = row.Row is null ? [] : ValuesOf(row, terms.Items, vault);
        if (values.Count > 0)
        {
            db.Ledger.Add(LedgerEntry.Of("exchange.quarantine-viewed", id, actor, clock.GetUtcNow(), after: new { delivery = row.DeliveryId }));
            await db.SaveChangesAsync(ct);
        }

        return TypedResults.Ok(new GetQuarantinedRowResponse(
            new QuarantineSummary(row.Id, row.State, row.Reasons, row.AfterBatch, row.At, row.SettledAt, row.Batch, row.Revision), row.DeliveryId, values, row.IsOnNode));
    }

    private static string? TextOf(ColumnBuffer column) => column.UnfitAt(0) is { } written ? Encoding.UTF8.GetString(written) : column.IsNull(0) ? null : PostgresSource.TextOf(column, 0);

    private static IReadOnlyList<QuarantinedValue> ValuesOf(QuarantinedRow row, IReadOnlyList<AgreedItem> items, Vault vault)
    {
        var columns = RowBytes.Read(items, vault.Open(row.Row!, row.Purpose));
        return [.. items.Zip(columns).Select(i => new QuarantinedValue(
            i.First.Column, i.First.Name, i.First.Type, i.First.IsKey, TextOf(i.Second), [.. row.Reasons.Where(r => r.Item == i.First.Name).Select(r => r.Fault)]))];
    }
}
