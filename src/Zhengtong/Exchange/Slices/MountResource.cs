using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Agreements;
using Zhengtong.Catalogue;
using Zhengtong.Exchange.Engine;
using Zhengtong.Exchange.Model;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;

namespace Zhengtong.Exchange.Slices;

/// <summary>Which table stands behind an information resource.</summary>
/// <param name="DataSourceId">A data source of the caller's department.</param>
/// <param name="Schema">Schema, at most 63 characters; empty on SQLite, <c>public</c> on PostgreSQL when empty.</param>
/// <param name="Table">Table, 1 to 63 characters, exactly as the database writes it.</param>
/// <param name="WatermarkColumn">Column that grows with every change of a row: a time set by the database's own clock, or a number of a sequence. Never null.</param>
public sealed record MountResourceRequest(
    Guid DataSourceId,
    [StringLength(63)] string? Schema,
    [Required, StringLength(63, MinimumLength = 1)] string Table,
    [Required, StringLength(63, MinimumLength = 1)] string WatermarkColumn);

internal static class MountResource
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPut("/resources/{id:guid}/mount", Handle)
        .Requires(Right.OperateExchange).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409).ProducesProblem(422).ProducesProblem(503);

    /// <summary>Mount 挂接 a table behind an information resource of the caller's department. The live table is checked: it has every item's column in a
    /// type that fits, a unique key that is never null, and the watermark column.</summary>
    /// <response code="204">Mounted; ledger event exchange.resource-mounted.</response>
    /// <response code="403">exchange.not-provider</response>
    /// <response code="404">exchange.resource-unknown, exchange.data-source-unknown</response>
    /// <response code="409">exchange.delivery-under-way</response>
    /// <response code="422">exchange.table-unfit with every fault</response>
    /// <response code="503">exchange.source-unreachable</response>
    internal static async Task<Results<NoContent, ProblemHttpResult>> Handle(
        Guid id, MountResourceRequest request, Actor actor, ZhengtongDb db, CatalogueLookup catalogue, DepartmentDatabases databases, DeliveryReconciler deliveries,
        TimeProvider clock, CancellationToken ct)
    {
        if (await catalogue.FindAsync(id, ct) is not { } resource) { return ExchangeProblems.ResourceUnknown.Because($"{id}"); }
        if (resource.ProviderId != actor.Organisation) { return ExchangeProblems.NotProvider.Because(resource.Name); }
        var source = await db.DataSources.AsNoTracking().SingleOrDefaultAsync(s => s.Id == request.DataSourceId && s.OrganisationId == actor.Organisation, ct);
        if (source is null) { return ExchangeProblems.DataSourceUnknown.Because($"{request.DataSourceId}"); }
        if (await db.Deliveries.AnyAsync(d => d.ResourceId == id && d.Sequence > 0, ct)) { return ExchangeProblems.DeliveryUnderWay.Because(resource.Name); }

        var name = source.TableName(request.Schema, request.Table);
        var database = databases.Open(source);
        try
        {
            if (await database.FindTableAsync(name, ct) is not { } table)
            {
                return ExchangeProblems.TableUnfit.For([new Fault("table", "exchange.fault.table-missing", name.ToString())]);
            }

            var items = resource.Items.Select(i => new AgreedItem(i.Name, i.Column, i.Type, i.Length, i.IsKey)).ToList();
            if (database.SourceFaults(table, items, request.WatermarkColumn) is { Count: > 0 } faults) { return ExchangeProblems.TableUnfit.For(faults); }
        }
        catch (Exception e) when (database.Explain(e, Side.Source) is { } fault)
        {
            return fault.Because();
        }

        var now = clock.GetUtcNow();
        var mount = await db.Mounts.SingleOrDefaultAsync(m => m.ResourceId == id, ct);
        var before = mount is null ? null : new { mount.DataSourceId, mount.Schema, mount.Table, mount.WatermarkColumn };
        if (mount is null)
        {
            db.Mounts.Add(mount = new Mount
            {
                Id = Guid.CreateVersion7(now), ResourceId = id, OrganisationId = actor.Organisation, DataSourceId = source.Id,
                Schema = name.Schema, Table = name.Table, WatermarkColumn = request.WatermarkColumn, SetAt = now,
            });
        }

        (mount.DataSourceId, mount.Schema, mount.Table, mount.WatermarkColumn, mount.SetAt) = (source.Id, name.Schema, name.Table, request.WatermarkColumn, now);
        db.Ledger.Add(LedgerEntry.Of("exchange.resource-mounted", id, actor, now, before: before, after: new { mount.DataSourceId, mount.Schema, mount.Table, mount.WatermarkColumn }));
        try { await db.SaveChangesAsync(ct); }
        catch (DbUpdateException e) when (e.IsUniqueViolation()) { return KernelProblems.ChangedMeanwhile.Because(resource.Name); }
        deliveries.Wake();
        return TypedResults.NoContent();
    }

    /// <summary>A table of the source; PostgreSQL's usual schema when none is named.</summary>
    internal static TableName TableName(this DataSource source, string? schema, string table) =>
        new(source.Kind == DataSourceKind.Sqlite ? "" : string.IsNullOrEmpty(schema) ? "public" : schema, table);
}
