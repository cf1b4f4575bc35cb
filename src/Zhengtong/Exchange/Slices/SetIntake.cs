using System.ComponentModel.DataAnnotations;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Agreements;
using Zhengtong.Exchange.Engine;
using Zhengtong.Exchange.Model;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;

namespace Zhengtong.Exchange.Slices;

/// <summary>Where the consumer of an agreement wants its rows.</summary>
/// <param name="DataSourceId">A data source of the caller's department.</param>
/// <param name="Schema">Schema, at most 63 characters; empty on SQLite; when empty, <c>public</c> on PostgreSQL and the connection's own database on MariaDB and MySQL.</param>
/// <param name="Table">Table, 1 to 63 characters, exactly as the database writes it.</param>
/// <param name="Create">True makes the table from the agreed items; its name is then a lower-case letter and lower-case letters, digits or underscores.</param>
public sealed record SetIntakeRequest(
    Guid DataSourceId,
    [StringLength(63)] string? Schema,
    [Required, StringLength(63, MinimumLength = 1)] string Table,
    bool Create = false);

internal static partial class SetIntake
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPut("/agreements/{id:guid}/intake", Handle)
        .Requires(Right.OperateExchange).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409).ProducesProblem(422).ProducesProblem(503);

    /// <summary>Say where the rows of an agreement go. The live table is checked: it has every agreed item's column in a type that keeps each value,
    /// no other column that must be filled, and a unique key. Or it is made.</summary>
    /// <response code="204">Set; ledger event exchange.intake-set.</response>
    /// <response code="403">exchange.not-consumer</response>
    /// <response code="404">exchange.agreement-unknown, exchange.data-source-unknown</response>
    /// <response code="409">exchange.delivery-under-way, exchange.table-exists</response>
    /// <response code="422">exchange.table-unfit with every fault</response>
    /// <response code="503">exchange.target-unreachable</response>
    internal static async Task<Results<NoContent, ProblemHttpResult>> Handle(
        Guid id, SetIntakeRequest request, Actor actor, ZhengtongDb db, AgreementsLookup agreements, DepartmentDatabases databases, DeliveryReconciler deliveries,
        TimeProvider clock, CancellationToken ct)
    {
        if (await agreements.FindAsync(id, ct) is not { } terms) { return ExchangeProblems.AgreementUnknown.Because($"{id}"); }
        if (terms.Consumer != actor.Organisation) { return ExchangeProblems.NotConsumer.Because(terms.Number); }
        var source = await db.DataSources.AsNoTracking().SingleOrDefaultAsync(s => s.Id == request.DataSourceId && s.OrganisationId == actor.Organisation, ct);
        if (source is null) { return ExchangeProblems.DataSourceUnknown.Because($"{request.DataSourceId}"); }
        if (await db.Deliveries.AnyAsync(d => d.AgreementId == id && d.Sequence > 0, ct)) { return ExchangeProblems.DeliveryUnderWay.Because(terms.Number); }

        var name = source.TableName(request.Schema, request.Table);
        // A table that only a node reaches is looked at there, or made, when the delivery begins; what does not fit is then the delivery's fault to show.
        if (source.NodeId is null)
        {
            var database = databases.Open(source);
            try
            {
                if (await CheckAsync(database, name, terms, request.Create, ct) is { } refusal) { return refusal; }
            }
            catch (Exception e) when (database.Explain(e, Side.Target) is { } fault)
            {
                return fault.Because();
            }
        }
        else if (request.Create && !NewName().IsMatch(name.Table))
        {
            return ExchangeProblems.TableUnfit.For([new Fault("table", "exchange.fault.table-name")]);
        }

        var now = clock.GetUtcNow();
        var intake = await db.Intakes.SingleOrDefaultAsync(i => i.AgreementId == id, ct);
        var before = intake is null ? null : new { intake.DataSourceId, intake.Schema, intake.Table };
        if (intake is null)
        {
            db.Intakes.Add(intake = new Intake
            {
                Id = Guid.CreateVersion7(now), AgreementId = id, OrganisationId = actor.Organisation, DataSourceId = source.Id, Schema = name.Schema, Table = name.Table, SetAt = now,
            });
        }

        (intake.DataSourceId, intake.Schema, intake.Table, intake.CreateOnNode, intake.SetAt) = (source.Id, name.Schema, name.Table, request.Create && source.NodeId is not null, now);
        db.Ledger.Add(LedgerEntry.Of("exchange.intake-set", id, actor, now, before: before, after: new { intake.DataSourceId, intake.Schema, intake.Table }));
        try { await db.SaveChangesAsync(ct); }
        catch (DbUpdateException e) when (e.IsUniqueViolation()) { return KernelProblems.ChangedMeanwhile.Because(terms.Number); }
        deliveries.Wake();
        return TypedResults.NoContent();
    }

    private static async Task<ProblemHttpResult?> CheckAsync(DepartmentDatabase database, TableName name, AgreementTerms terms, bool create, CancellationToken ct)
    {
        var table = await database.FindTableAsync(name, ct);
        if (create)
        {
            if (table is not null) { return ExchangeProblems.TableExists.Because(name.ToString()); }
            if (!NewName().IsMatch(name.Table)) { return ExchangeProblems.TableUnfit.For([new Fault("table", "exchange.fault.table-name")]); }
            await database.CreateTableAsync(name, terms.Items, ct);
            return null;
        }

        if (table is null) { return ExchangeProblems.TableUnfit.For([new Fault("table", "exchange.fault.table-missing", name.ToString())]); }
        return database.TargetFaults(table, terms.Items) is { Count: > 0 } faults ? ExchangeProblems.TableUnfit.For(faults) : null;
    }

    [GeneratedRegex(@"\A[a-z][a-z0-9_]{0,62}\z")]
    private static partial Regex NewName();
}
