using System.ComponentModel.DataAnnotations;
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
/// <param name="Items">信息项, 1 to 500, at least one of them a key.</param>
public sealed record RegisterResourceRequest(
    [Required, StringLength(100, MinimumLength = 2)] string Name,
    [Required(AllowEmptyStrings = true), StringLength(1000)] string Abstract,
    SharingType SharingType,
    [StringLength(500)] string? SharingCondition,
    UpdateCycle UpdateCycle,
    [Required, MinLength(1), MaxLength(500)] IReadOnlyList<RegisterResourceItem> Items);

/// <summary>One item of a new resource.</summary>
/// <param name="Name">信息项名称, 1 to 100 characters.</param>
/// <param name="Column">Column name: a lower-case letter, then lower-case letters, digits, underscores; at most 63.</param>
/// <param name="Type">Data type.</param>
/// <param name="Length">Most characters or digits, 1 to 10,485,760; null where the type has none.</param>
/// <param name="IsKey">Part of the key.</param>
/// <param name="SharingType">The item's own sharing type; null takes the resource's.</param>
public sealed record RegisterResourceItem(
    [Required, StringLength(100, MinimumLength = 1)] string Name,
    [Required, RegularExpression("^[a-z][a-z0-9_]{0,62}$")] string Column,
    ItemType Type,
    [Range(1, 10_485_760)] int? Length,
    bool IsKey,
    SharingType? SharingType);

/// <summary>The resource as registered.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Code">信息资源代码.</param>
/// <param name="Revision">1.</param>
public sealed record RegisterResourceResponse(Guid Id, string Code, int Revision);

internal static class RegisterResource
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
            SharingType = request.SharingType,
            SharingCondition = request.SharingCondition,
            UpdateCycle = request.UpdateCycle,
            CreatedAt = now,
            Items = ItemsOf(request, now),
        };
        db.Resources.Add(resource);
        await CatalogueSearch.PutAsync(db, resource, ct);
        db.Ledger.Add(LedgerEntry.Of("catalogue.registered", id, actor, now, after: new { resource.Code, resource.Name, items = request.Items.Select(i => i.Column) }));
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
    })];

    /// <summary>What attributes cannot say, all at once.</summary>
    internal static Dictionary<string, string[]> Faults(RegisterResourceRequest request)
    {
        var faults = new Dictionary<string, string[]>();
        if (request.SharingType != SharingType.Unconditional && string.IsNullOrWhiteSpace(request.SharingCondition)) { faults["sharingCondition"] = [Text.Of("catalogue.condition-missing")]; }
        if (!request.Items.Any(i => i.IsKey)) { faults["items"] = [Text.Of("catalogue.key-missing")]; }
        foreach (var (n, item) in request.Items.Index())
        {
            if (request.Items.Take(n).Any(i => i.Column == item.Column)) { faults[$"items[{n}].column"] = [Text.Of("catalogue.column-twice", item.Column)]; }
            if (item.SharingType < request.SharingType) { faults[$"items[{n}].sharingType"] = [Text.Of("catalogue.item-wider", item.Name)]; }
        }

        return faults;
    }
}
