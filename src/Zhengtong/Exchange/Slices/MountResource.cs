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
/// <param name="Schema">Schema, at most 63 characters; empty on SQLite; when empty, <c>public</c> on PostgreSQL and the connection's own database on MariaDB and MySQL.</param>
/// <param name="Table">Table, 1 to 63 characters, exactly as the database writes it.</param>
/// <param name="WatermarkColumn">Column that grows with every change of a row: a time set by the database's own clock, or a number of a sequence. Never null. Needed, and
/// allowed, only when changes are found by watermark.</param>
/// <param name="Capture">How changes are found. Watermark, the default, finds no deletions; replication is for PostgreSQL alone.</param>
/// <param name="Encoding">How texts are encoded. Declared, the default: as the database says. Gb18030 is for a database that does not know its texts are; keys and row conditions are ASCII then.</param>
public sealed record MountResourceRequest(
    Guid DataSourceId,
    [StringLength(63)] string? Schema,
    [Required, StringLength(63, MinimumLength = 1)] string Table,
    [StringLength(63)] string? WatermarkColumn,
    CaptureKind Capture = CaptureKind.Watermark,
    TextEncoding Encoding = TextEncoding.Declared);

internal static class MountResource
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPut("/resources/{id:guid}/mount", Handle)
        .Requires(Right.OperateExchange).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409).ProducesProblem(422).ProducesProblem(503);

    /// <summary>Mount 挂接 a table behind an information resource of the caller's department. The live table is checked: it has every item's column in a
    /// type that fits, a unique key that is never null, and all that the way of finding changes needs. Nothing of the database is changed.</summary>
    /// <response code="204">Mounted; ledger event exchange.resource-mounted.</response>
    /// <response code="403">exchange.not-provider</response>
    /// <response code="404">exchange.resource-unknown, exchange.data-source-unknown</response>
    /// <response code="409">exchange.delivery-under-way</response>
    /// <response code="422">exchange.table-unfit, exchange.capture-unfit, with every fault</response>
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

        var watermark = string.IsNullOrEmpty(request.WatermarkColumn) ? null : request.WatermarkColumn;
        if (request.Capture == CaptureKind.Watermark != watermark is not null)
        {
            return ExchangeProblems.CaptureUnfit.For([new Fault("watermarkColumn", watermark is null ? "exchange.fault.watermark-needed" : "exchange.fault.watermark-unused")]);
        }

        var name = source.TableName(request.Schema, request.Table);
        if (source.NodeId is null && await CheckAsync(databases.Open(source), name, resource, request.Capture, watermark, ct) is { } refusal) { return refusal; }

        var now = clock.GetUtcNow();
        var mount = await db.Mounts.SingleOrDefaultAsync(m => m.ResourceId == id, ct);
        var before = mount is null ? null : new { mount.DataSourceId, mount.Schema, mount.Table, mount.Capture, mount.WatermarkColumn, mount.Encoding };
        if (mount is null)
        {
            db.Mounts.Add(mount = new Mount
            {
                Id = Guid.CreateVersion7(now), ResourceId = id, OrganisationId = actor.Organisation, DataSourceId = source.Id,
                Schema = name.Schema, Table = name.Table, WatermarkColumn = watermark, SetAt = now,
            });
        }

        (mount.DataSourceId, mount.Schema, mount.Table, mount.Capture, mount.WatermarkColumn, mount.Encoding, mount.SetAt) = (source.Id, name.Schema, name.Table, request.Capture, watermark, request.Encoding, now);
        db.Ledger.Add(LedgerEntry.Of("exchange.resource-mounted", id, actor, now, before: before, after: new { mount.DataSourceId, mount.Schema, mount.Table, mount.Capture, mount.WatermarkColumn, mount.Encoding }));
        try { await db.SaveChangesAsync(ct); }
        catch (DbUpdateException e) when (e.IsUniqueViolation()) { return KernelProblems.ChangedMeanwhile.Because(resource.Name); }
        deliveries.Wake();
        return TypedResults.NoContent();
    }

    /// <summary>Looks at the live table. One that only a node reaches is looked at there, when the delivery begins; what does not fit is then the delivery's fault to show.</summary>
    private static async Task<ProblemHttpResult?> CheckAsync(DepartmentDatabase database, TableName name, ResourceCard resource, CaptureKind capture, string? watermark, CancellationToken ct)
    {
        try
        {
            if (await database.FindTableAsync(name, ct) is not { } table) { return ExchangeProblems.TableUnfit.For([new Fault("table", "exchange.fault.table-missing", name.ToString())]); }
            var items = resource.Items.Select(i => new AgreedItem(i.Name, i.Column, i.Type, i.Length, i.IsKey)).ToList();
            if (database.SourceFaults(table, items, watermark) is { Count: > 0 } faults) { return ExchangeProblems.TableUnfit.For(faults); }
            return await database.CaptureFaultsAsync(capture, table, items, ct) is { Count: > 0 } others ? ExchangeProblems.CaptureUnfit.For(others) : null;
        }
        catch (Exception e) when (database.Explain(e, Side.Source) is { } fault)
        {
            return fault.Because();
        }
    }

    /// <summary>A table of the source; PostgreSQL's usual schema, MySQL's connected database when none is named.</summary>
    internal static TableName TableName(this DataSource source, string? schema, string table) => new(source.Kind switch
    {
        DataSourceKind.Sqlite => "",
        DataSourceKind.Postgres when string.IsNullOrEmpty(schema) => "public",
        _ => schema ?? "",
    }, table);
}
