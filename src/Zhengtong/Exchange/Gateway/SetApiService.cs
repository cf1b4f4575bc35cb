using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Catalogue;
using Zhengtong.Catalogue.Model;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;
using Zhengtong.Kernel.Secrets;

namespace Zhengtong.Exchange.Gateway;

/// <summary>How the gateway reaches the service behind an API resource.</summary>
/// <param name="SubsystemCode">Subsystem, 1 to 60 of the characters that X-Road allows: letters, digits and <c>'()+,-.=?</c>. Part of the service's address for X-Road clients.</param>
/// <param name="ServiceCode">Service, likewise; unique with the subsystem within the department.</param>
/// <param name="Address">Base address, http or https, at most 500 characters, without query; the operations' paths stand below it. Sealed, never returned; null keeps the one that is set.</param>
/// <param name="Headers">Headers that go with every call, such as an API key; at most 20. Sealed, never returned; null keeps those that are set.</param>
/// <param name="TimeoutSeconds">How long the service may stay silent, before its answer and within it: 1 to 600 seconds; 30 when not said.</param>
public sealed record SetApiServiceRequest(
    [Required, StringLength(60, MinimumLength = 1)] string SubsystemCode,
    [Required, StringLength(60, MinimumLength = 1)] string ServiceCode,
    [StringLength(500)] string? Address,
    [MaxLength(20)] IReadOnlyList<ServiceHeader>? Headers,
    [Range(1, 600)] int? TimeoutSeconds = null);

/// <summary>A header that goes with every call.</summary>
/// <param name="Name">Its name, at most 100 characters.</param>
/// <param name="Value">Its value, at most 4,000 visible ASCII characters.</param>
public sealed record ServiceHeader([Required, StringLength(100, MinimumLength = 1)] string Name, [Required, StringLength(4000)] string Value);

internal static class SetApiService
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPut("/resources/{id:guid}/service", Handle)
        .Requires(Right.OperateExchange).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409);

    /// <summary>Set up the service behind an API resource of the caller's department. A new one takes no calls until it is enabled.</summary>
    /// <response code="204">Set; ledger event exchange.service-set.</response>
    /// <response code="400">kernel.invalid</response>
    /// <response code="403">exchange.not-provider</response>
    /// <response code="404">exchange.resource-unknown</response>
    /// <response code="409">exchange.not-an-api, exchange.service-code-taken, kernel.changed-meanwhile</response>
    internal static async Task<Results<NoContent, ProblemHttpResult>> Handle(
        Guid id, SetApiServiceRequest request, Actor actor, ZhengtongDb db, CatalogueLookup catalogue, Vault vault, TimeProvider clock, CancellationToken ct)
    {
        if (await catalogue.FindAsync(id, ct) is not { } resource) { return ExchangeProblems.ResourceUnknown.Because($"{id}"); }
        if (resource.ProviderId != actor.Organisation) { return ExchangeProblems.NotProvider.Because(resource.Name); }
        if (resource.Kind != DeliveryKind.Api) { return ExchangeProblems.NotAnApi.Because(resource.Name); }
        var service = await db.ApiServices.SingleOrDefaultAsync(s => s.ResourceId == id, ct);
        if (FaultsOf(request, isNew: service is null) is { Count: > 0 } faults) { return KernelProblems.Invalid.For(faults); }
        if (await db.ApiServices.AnyAsync(s => s.OrganisationId == actor.Organisation && s.ResourceId != id && s.SubsystemCode == request.SubsystemCode && s.ServiceCode == request.ServiceCode, ct))
        {
            return ExchangeProblems.ServiceCodeTaken.Because($"{request.SubsystemCode}/{request.ServiceCode}");
        }

        var now = clock.GetUtcNow();
        var before = service is null ? null : new { service.SubsystemCode, service.ServiceCode, service.TimeoutSeconds };
        var serviceId = service?.Id ?? Guid.CreateVersion7(now);
        var known = service is null ? new ServiceDoor("", []) : GatewayDirectory.Open(vault, service);
        var door = GatewayDirectory.Seal(vault, serviceId, new ServiceDoor(request.Address?.TrimEnd('/') ?? known.Address, request.Headers ?? known.Headers));
        var timeout = request.TimeoutSeconds ?? service?.TimeoutSeconds ?? 30;
        if (service is null)
        {
            db.ApiServices.Add(service = new ApiService
            {
                Id = serviceId, ResourceId = id, OrganisationId = actor.Organisation, SubsystemCode = request.SubsystemCode, ServiceCode = request.ServiceCode, Door = door,
                TimeoutSeconds = timeout, SetAt = now,
            });
        }
        else
        {
            (service.SubsystemCode, service.ServiceCode, service.Door, service.TimeoutSeconds, service.SetAt) = (request.SubsystemCode, request.ServiceCode, door, timeout, now);
            (service.LastFault, service.LastFaultAt) = (null, null);
            service.Revision++;
        }

        // That address or headers changed is told, what they are is not.
        db.Ledger.Add(LedgerEntry.Of("exchange.service-set", service.Id, actor, now, before: before,
            after: new { resource = id, request.SubsystemCode, request.ServiceCode, timeoutSeconds = timeout, address = request.Address is not null, headers = request.Headers is not null }));
        try { await db.SaveChangesAsync(ct); }
        catch (DbUpdateConcurrencyException) { return KernelProblems.ChangedMeanwhile.Because(resource.Name); }
        catch (DbUpdateException e) when (e.IsUniqueViolation()) { return ExchangeProblems.ServiceCodeTaken.Because($"{request.SubsystemCode}/{request.ServiceCode}"); }
        return TypedResults.NoContent();
    }

    private static Dictionary<string, string[]> FaultsOf(SetApiServiceRequest request, bool isNew)
    {
        var faults = new Dictionary<string, string[]>();
        if (!XRoadId.IsCode(request.SubsystemCode)) { faults["subsystemCode"] = [Text.Of("exchange.service.code-form")]; }
        if (!XRoadId.IsCode(request.ServiceCode)) { faults["serviceCode"] = [Text.Of("exchange.service.code-form")]; }
        if (ApiService.Reserved.Contains(request.ServiceCode, StringComparer.OrdinalIgnoreCase)) { faults["serviceCode"] = [Text.Of("exchange.service.code-reserved")]; }
        if (request.Address is null ? isNew : !IsAddress(request.Address)) { faults["address"] = [Text.Of("exchange.service.address-form")]; }
        foreach (var (n, header) in (request.Headers ?? []).Index())
        {
            if (!IsToken(header.Name) || CallHead.IsHopByHop(header.Name) || header.Name.StartsWith("X-Road-", StringComparison.OrdinalIgnoreCase)) { faults[$"headers[{n}].name"] = [Text.Of("exchange.service.header-name")]; }
            if (header.Value.Any(c => c is < ' ' or > '~')) { faults[$"headers[{n}].value"] = [Text.Of("exchange.service.header-value")]; }
        }

        return faults;
    }

    /// <summary>A plain base address: nothing in it could be read in two ways, or reach further than it says.</summary>
    private static bool IsAddress(string address) =>
        Uri.TryCreate(address, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" && uri.Host.Length > 0 && uri.UserInfo.Length == 0 && !address.Contains('@')
        && address.All(c => c is > ' ' and <= '~') && address.IndexOfAny(['?', '#', '\\']) < 0
        && CallTarget.Read(address[(address.IndexOf("://", StringComparison.Ordinal) + 3)..] is var rest && rest.IndexOf('/') is var slash and >= 0 ? rest[slash..] : "/", out _) is not null;

    private static bool IsToken(string name) => name.All(c => char.IsAsciiLetterOrDigit(c) || c == '-');
}
