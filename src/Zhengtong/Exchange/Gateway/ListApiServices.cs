using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Zhengtong.Catalogue;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.Exchange.Gateway;

/// <summary>A service of the caller's department.</summary>
/// <param name="ResourceId">The API resource.</param>
/// <param name="ResourceName">Its name.</param>
/// <param name="SubsystemCode">Subsystem.</param>
/// <param name="ServiceCode">Service.</param>
/// <param name="XRoadAddress">Where X-Road clients call it, below this host.</param>
/// <param name="TimeoutSeconds">How long it may stay silent, in seconds.</param>
/// <param name="Enabled">Whether it takes calls.</param>
/// <param name="LastFault">Problem code of the last call that it failed; null when none did since it was set.</param>
/// <param name="LastFaultAt">When.</param>
public sealed record ApiServiceSummary(
    Guid ResourceId, string ResourceName, string SubsystemCode, string ServiceCode, string XRoadAddress, int TimeoutSeconds, bool Enabled, string? LastFault, DateTimeOffset? LastFaultAt);

/// <summary>The services of the caller's department.</summary>
/// <param name="Items">In the order of their codes.</param>
public sealed record ListApiServicesResponse(IReadOnlyList<ApiServiceSummary> Items);

internal static class ListApiServices
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/api-services", Handle).Requires(Right.OperateExchange).ProducesProblem(403);

    /// <summary>List the services of the caller's department; addresses and headers are not told.</summary>
    /// <response code="200">All of them.</response>
    internal static async Task<Ok<ListApiServicesResponse>> Handle(Actor actor, ZhengtongDb db, IOptions<GatewayOptions> options, CancellationToken ct)
    {
        var code = await db.Organisations.Where(o => o.Id == actor.Organisation).Select(o => o.CreditCode).SingleOrDefaultAsync(ct);
        var services = await db.ApiServices.AsNoTracking().Where(s => s.OrganisationId == actor.Organisation).OrderBy(s => s.SubsystemCode).ThenBy(s => s.ServiceCode)
            .Join(CatalogueLookup.Names(db), s => s.ResourceId, n => n.Id, (s, n) => new { Service = s, n.Name }).ToListAsync(ct);
        return TypedResults.Ok(new ListApiServicesResponse([.. services.Select(s => new ApiServiceSummary(
            s.Service.ResourceId, s.Name, s.Service.SubsystemCode, s.Service.ServiceCode,
            $"/r1/{options.Value.Instance}/{GatewayDirectory.MemberClass}/{code.Value}/{s.Service.SubsystemCode}/{s.Service.ServiceCode}",
            s.Service.TimeoutSeconds, s.Service.IsEnabled, s.Service.LastFault, s.Service.LastFaultAt))]));
    }
}
