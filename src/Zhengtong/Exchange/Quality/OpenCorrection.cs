using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Agreements;
using Zhengtong.Agreements.Model;
using Zhengtong.Exchange.Engine;
using Zhengtong.Exchange.Model;
using Zhengtong.Exchange.Reconciliations;
using Zhengtong.Exchange.Slices;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Calendar;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;
using Zhengtong.Kernel.Secrets;
using Zhengtong.Web;

namespace Zhengtong.Exchange.Quality;

/// <summary>A value of an exchanged row that its consumer doubts.</summary>
/// <param name="Key">The row's key as the consumer has it, the values in the order of the agreed items.</param>
/// <param name="Column">Column of the doubted item, one of the agreed.</param>
/// <param name="Why">Why it is doubted, 2 to 2,000 characters; only the two parties read it.</param>
public sealed record OpenCorrectionRequest(
    [Required, MinLength(1), MaxLength(20)] IReadOnlyList<string> Key, [Required, StringLength(63, MinimumLength = 1)] string Column, [Required, StringLength(2000, MinimumLength = 2)] string Why);

/// <summary>The correction as opened.</summary>
/// <param name="Id">Its id.</param>
/// <param name="DueOn">The last day on which the provider answers in time, counted in working days.</param>
public sealed record OpenCorrectionResponse(Guid Id, DateOnly DueOn);

internal static class OpenCorrection
{
    /// <summary>The limit of the provider's answer, among the deadline rules.</summary>
    internal const string Rule = "catalogue.correction";

    /// <summary>Working days to answer while no rule is in force: what every known rule gives.</summary>
    internal const int DaysWithoutRule = 10;

    private const int LongestKey = 1_000;

    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/deliveries/{id:guid}/corrections", Handle)
        .Requires(Right.OperateExchange).ProducesProblem(400).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409);

    /// <summary>Doubt a value of an exchanged row 疑义数据校核: its provider answers within working days, by the rule in force.</summary>
    /// <response code="201">Opened; ledger event exchange.correction-opened.</response>
    /// <response code="400">exchange.correction-invalid with every fault</response>
    /// <response code="403">exchange.not-consumer</response>
    /// <response code="404">exchange.delivery-unknown</response>
    /// <response code="409">exchange.correction-under-way</response>
    internal static async Task<Results<Created<OpenCorrectionResponse>, ProblemHttpResult>> Handle(
        Guid id, OpenCorrectionRequest request, Actor actor, ZhengtongDb db, AgreementsLookup agreements, QualitySecrets secrets, WorkingCalendar calendar, Vault vault, TimeProvider clock, CancellationToken ct)
    {
        if (await db.Deliveries.AsNoTracking().VisibleTo(actor).SingleOrDefaultAsync(d => d.Id == id, ct) is not { } delivery) { return ExchangeProblems.DeliveryUnknown.Because($"{id}"); }
        if (delivery.ConsumerId != actor.Organisation) { return ExchangeProblems.NotConsumer.Because($"{id}"); }
        if (await agreements.FindAsync(delivery.AgreementId, ct) is not { } terms) { return ExchangeProblems.DeliveryUnknown.Because($"{id}"); }
        var (row, faults) = KeyOf(request.Key, terms.Items);
        var item = terms.Items.FirstOrDefault(i => i.Column == request.Column);
        if (item is null) { faults["column"] = [Text.Of("exchange.correction.column")]; }
        if (faults.Count > 0 || item is null) { return ExchangeProblems.CorrectionInvalid.For(faults); }

        var keys = await secrets.OfAsync(terms.Provider, terms.Consumer, id, ct);
        var digest = Gate.KeyOf(new RowDigests(terms.Items, keys.Keys), row, 0);
        var active = Correction.ActiveKeyOf(digest, item.Column);
        if (await db.Corrections.AnyAsync(c => c.DeliveryId == id && c.ActiveKey == active, ct)) { return ExchangeProblems.CorrectionUnderWay.Because(item.Name); }

        var now = clock.GetUtcNow();
        var deadline = await calendar.DeadlineAsync(Rule, now, ct);
        var correctionId = Guid.CreateVersion7(now);
        var correction = new Correction
        {
            Id = correctionId, DeliveryId = id, ProviderId = terms.Provider, ConsumerId = terms.Consumer, Column = item.Column, Item = item.Name, KeyDigest = digest, ActiveKey = active,
            Content = new CorrectionContent(request.Key, request.Why, null).Seal(vault, correctionId), OpenedAt = now,
            DueOn = deadline?.LastDay ?? (await calendar.ReadAsync(ct)).Add(ChinaTime.DateOf(now), DaysWithoutRule), DueBy = deadline is null ? null : AnswerLimit.Of(deadline),
        };
        db.Corrections.Add(correction);
        db.Ledger.Add(LedgerEntry.Of("exchange.correction-opened", correction.Id, actor, now, after: new { delivery = id, correction.Item, correction.DueOn, rule = correction.DueBy?.Rule }));
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        try { await db.SaveChangesAsync(ct); }
        catch (DbUpdateException e) when (e.IsUniqueViolation()) { return ExchangeProblems.CorrectionUnderWay.Because(item.Name); }
        // A run that follows its stream learned what is doubted when it began: the next one knows of this too. Killed in between, nobody would order it.
        await db.Deliveries.OrderRunAsync(id, ct);
        await transaction.CommitAsync(ct);
        return TypedResults.Created($"/api/v1/corrections/{correction.Id}", new OpenCorrectionResponse(correction.Id, correction.DueOn));
    }

    /// <summary>A row that holds nothing but the key; a masked key as the consumer has it.</summary>
    private static (IReadOnlyList<ColumnBuffer> Row, Dictionary<string, string[]> Faults) KeyOf(IReadOnlyList<string> key, IReadOnlyList<AgreedItem> items)
    {
        ColumnBuffer[] row = [.. items.Select(i => new ColumnBuffer(i.Type))];
        Dictionary<string, string[]> faults = [];
        if (items.Count(i => i.IsKey) != key.Count) { faults["key"] = [Text.Of("exchange.correction.key", string.Join(", ", items.Where(i => i.IsKey).Select(i => i.Name)))]; }
        var next = 0;
        foreach (var (n, item) in items.Index())
        {
            if (!item.IsKey || next >= key.Count) { row[n].AppendNull(); continue; }
            if (key[next] is not { Length: <= LongestKey } value || !RowBytes.TryAppend(row[n], value)) { faults[$"key[{next}]"] = [Text.Of("exchange.correction.type", item.Name, Show.Word("catalogue", item.Type))]; }
            next++;
        }

        return (row, faults);
    }
}
