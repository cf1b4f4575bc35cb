using System.ComponentModel.DataAnnotations;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Catalogue.Model;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;

namespace Zhengtong.Catalogue.Slices;

/// <summary>A new information resource of the caller's department.</summary>
/// <param name="Name">信息资源名称, 2 to 100 characters, unique within the department.</param>
/// <param name="Abstract">信息资源摘要, at most 1,000 characters.</param>
/// <param name="SharingType">共享类型.</param>
/// <param name="SharingCondition">共享条件, at most 500 characters; required unless sharing is unconditional.</param>
/// <param name="UpdateCycle">更新周期.</param>
/// <param name="Items">信息项, at most 500. A table has at least one, at least one of them a key; a file and an API may have none.</param>
/// <param name="Kind">共享方式; a table when not said.</param>
/// <param name="OpenApi">Of an API: its OpenAPI 3 document as JSON, at most 1,000,000 characters; it says which operations there are.</param>
public sealed record RegisterResourceRequest(
    [Required, StringLength(100, MinimumLength = 2)] string Name,
    [Required(AllowEmptyStrings = true), StringLength(1000)] string Abstract,
    SharingType SharingType,
    [StringLength(500)] string? SharingCondition,
    UpdateCycle UpdateCycle,
    [Required, MaxLength(500)] IReadOnlyList<RegisterResourceItem> Items,
    DeliveryKind? Kind = null,
    [StringLength(OpenApiText.MaxLength)] string? OpenApi = null);

/// <summary>One item of a new resource.</summary>
/// <param name="Name">信息项名称, 1 to 100 characters.</param>
/// <param name="Column">Column name: a lower-case letter, then lower-case letters, digits, underscores; at most 63. Of an API: the path of a JSON member, names joined by dots; at most 200.</param>
/// <param name="Type">Data type.</param>
/// <param name="Length">Most characters or digits, 1 to 10,485,760; null where the type has none.</param>
/// <param name="IsKey">Part of the key.</param>
/// <param name="SharingType">The item's own sharing type; null takes the resource's.</param>
/// <param name="Mask">脱敏: how values are masked before they leave; not at all when not said.</param>
/// <param name="MaskKeep">How many characters stay, or how coarse, 0 to 100; needed by keepLast and generalise.</param>
/// <param name="Check">What values are checked against; type and length only when not said.</param>
/// <param name="Codes">Allowed values of a code list, 1 to 1,000.</param>
public sealed record RegisterResourceItem(
    [Required, StringLength(100, MinimumLength = 1)] string Name,
    [Required, StringLength(200), RegularExpression(@"^[\p{L}_][\p{L}\p{Nd}_.-]*$")] string Column,
    ItemType Type,
    [Range(1, 10_485_760)] int? Length,
    bool IsKey,
    SharingType? SharingType,
    ItemMask? Mask = null,
    [Range(0, 100)] int? MaskKeep = null,
    ItemCheck? Check = null,
    [MaxLength(1000)] IReadOnlyList<string>? Codes = null);

/// <summary>The resource as registered.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Code">信息资源代码.</param>
/// <param name="Revision">1.</param>
public sealed record RegisterResourceResponse(Guid Id, string Code, int Revision);

internal static partial class RegisterResource
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/resources", Handle)
        .Requires(Right.Catalogue).ProducesProblem(403).Idempotent();

    /// <summary>Register an information resource as a draft of the caller's department.</summary>
    /// <response code="201">Registered; ledger event catalogue.registered.</response>
    /// <response code="400">catalogue.invalid</response>
    /// <response code="409">catalogue.name-taken</response>
    internal static async Task<Results<Created<RegisterResourceResponse>, ProblemHttpResult>> Handle(
        RegisterResourceRequest request, Actor actor, ZhengtongDb db, TimeProvider clock, CancellationToken ct)
    {
        if (Faults(request) is { Count: > 0 } faults) { return CatalogueProblems.Invalid.For(faults); }
        if (await db.Resources.AnyAsync(r => r.ProviderId == actor.Organisation && r.Name == request.Name, ct)) { return CatalogueProblems.NameTaken.Because(request.Name); }

        var now = clock.GetUtcNow();
        var id = Guid.CreateVersion7(now);
        var resource = new InformationResource
        {
            Id = id,
            Code = $"3/{id:N}",
            Name = request.Name,
            Abstract = request.Abstract,
            ProviderId = actor.Organisation,
            Kind = request.Kind ?? DeliveryKind.Table,
            Operations = OperationsOf(request),
            SharingType = request.SharingType,
            SharingCondition = request.SharingCondition,
            UpdateCycle = request.UpdateCycle,
            CreatedAt = now,
            Items = ItemsOf(request, now),
        };
        db.Resources.Add(resource);
        if (request.OpenApi is { } text) { db.ServiceDescriptions.Add(new ServiceDescription { ResourceId = id, Text = text }); }
        await CatalogueSearch.PutAsync(db, resource, ct);
        db.Ledger.Add(LedgerEntry.Of("catalogue.registered", id, actor, now, after: new { resource.Code, resource.Name, resource.Kind, items = request.Items.Select(i => i.Column) }));
        try { await db.SaveChangesAsync(ct); }
        catch (DbUpdateException e) when (e.IsUniqueViolation()) { return CatalogueProblems.NameTaken.Because(request.Name); }
        return TypedResults.Created($"/api/v1/resources/{id}", new RegisterResourceResponse(id, resource.Code, resource.Revision));
    }

    internal static List<InformationItem> ItemsOf(RegisterResourceRequest request, DateTimeOffset now) => [.. request.Items.Select((item, n) => new InformationItem
    {
        Id = Guid.CreateVersion7(now),
        Position = n + 1,
        Name = item.Name,
        Column = item.Column,
        Type = item.Type,
        Length = item.Length,
        IsKey = item.IsKey,
        SharingType = item.SharingType ?? request.SharingType,
        Mask = item.Mask ?? ItemMask.None,
        MaskKeep = item.MaskKeep,
        Check = item.Check ?? ItemCheck.None,
        Codes = item.Codes ?? [],
    })];

    internal static IReadOnlyList<ServiceOperation> OperationsOf(RegisterResourceRequest request) => request.OpenApi is { } text ? OpenApiText.Read(text).Operations : [];

    /// <summary>What attributes cannot say, all at once.</summary>
    internal static Dictionary<string, string[]> Faults(RegisterResourceRequest request)
    {
        var faults = new Dictionary<string, string[]>();
        var kind = request.Kind ?? DeliveryKind.Table;
        if (request.SharingType != SharingType.Unconditional && string.IsNullOrWhiteSpace(request.SharingCondition)) { faults["sharingCondition"] = [Text.Of("catalogue.condition-missing")]; }
        if (kind == DeliveryKind.Table && !request.Items.Any(i => i.IsKey)) { faults["items"] = [Text.Of("catalogue.key-missing")]; }
        if (kind == DeliveryKind.Api != request.OpenApi is not null) { faults["openApi"] = [Text.Of(kind == DeliveryKind.Api ? "catalogue.openapi-missing" : "catalogue.openapi-only-api")]; }
        else if (request.OpenApi is { } text && OpenApiText.Read(text).Fault is { } fault) { faults["openApi"] = [fault]; }
        foreach (var (n, item) in request.Items.Index())
        {
            if (!(kind == DeliveryKind.Api ? MemberPath() : ColumnName()).IsMatch(item.Column)) { faults[$"items[{n}].column"] = [Text.Of(kind == DeliveryKind.Api ? "catalogue.member-shape" : "catalogue.column-shape", item.Column)]; }
            if (request.Items.Take(n).Any(i => i.Column == item.Column)) { faults[$"items[{n}].column"] = [Text.Of("catalogue.column-twice", item.Column)]; }
            if (item.SharingType < request.SharingType) { faults[$"items[{n}].sharingType"] = [Text.Of("catalogue.item-wider", item.Name)]; }
            if (MaskFault(item) is { } mask) { faults[$"items[{n}].mask"] = [mask]; }
            if (CheckFault(item) is { } check) { faults[$"items[{n}].check"] = [check]; }
        }

        return faults;
    }

    /// <summary>A mask must be able to hold what it makes, and must not make two keys one.</summary>
    private static string? MaskFault(RegisterResourceItem item) => item.Mask switch
    {
        null or ItemMask.None => null,
        not ItemMask.Hash when item.IsKey => Text.Of("catalogue.mask-key", item.Name),
        ItemMask.Hash when item.Type != ItemType.Text || item.Length < 64 => Text.Of("catalogue.mask-hash", item.Name),
        ItemMask.Generalise when item.Type is ItemType.Boolean or ItemType.Binary or ItemType.Float => Text.Of("catalogue.mask-type", item.Name),
        not (ItemMask.Generalise or ItemMask.Hash) when item.Type != ItemType.Text => Text.Of("catalogue.mask-type", item.Name),
        ItemMask.KeepLast or ItemMask.Generalise when item.MaskKeep is null => Text.Of("catalogue.mask-keep", item.Name),
        ItemMask.Generalise when item.Type is ItemType.Date or ItemType.Timestamp && item.MaskKeep is not (1 or 2) => Text.Of("catalogue.mask-date", item.Name),
        _ => null,
    };

    private static string? CheckFault(RegisterResourceItem item) => item.Check switch
    {
        null or ItemCheck.None => item.Codes is { Count: > 0 } ? Text.Of("catalogue.codes-unused", item.Name) : null,
        ItemCheck.CodeList when item.Codes is not { Count: > 0 } || item.Codes.Any(c => c is not { Length: > 0 and <= 200 }) => Text.Of("catalogue.codes-missing", item.Name),
        not ItemCheck.CodeList when item.Type != ItemType.Text => Text.Of("catalogue.check-type", item.Name),
        ItemCheck.CodeList when item.Type is not (ItemType.Text or ItemType.Integer) => Text.Of("catalogue.check-type", item.Name),
        _ => null,
    };

    [GeneratedRegex("^[a-z][a-z0-9_]{0,62}\\z")]
    private static partial Regex ColumnName();

    [GeneratedRegex("^[\\p{L}_][\\p{L}\\p{Nd}_-]{0,62}(\\.[\\p{L}_][\\p{L}\\p{Nd}_-]{0,62}){0,7}\\z")]
    private static partial Regex MemberPath();
}
