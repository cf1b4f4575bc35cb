using Microsoft.AspNetCore.Http.HttpResults;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.Exchange.Slices;

/// <summary>How a delivery goes, as fragments that open pages ask for again and again.</summary>
internal static class LiveDelivery
{
    internal static void Map(IEndpointRouteBuilder app)
    {
        var live = app.MapGroup(LiveFragments.Path).Requires(Right.ReadWork).ExcludeFromDescription();
        live.MapGet("/deliveries/{id:guid}", Handle);
        live.MapGet("/agreements/{id:guid}/delivery", OfAgreement);
    }

    /// <summary>Address of the facts of a delivery.</summary>
    internal static string AddressOf(Guid delivery) => $"{LiveFragments.Path}/deliveries/{delivery}";

    /// <summary>Address of what an agreement's page shows of its delivery, begun or not.</summary>
    internal static string AddressOfAgreement(Guid agreement) => $"{LiveFragments.Path}/agreements/{agreement}/delivery";

    internal static RazorComponentResult Handle(Guid id) => new RazorComponentResult<DeliveryNow>(new { Id = id });

    internal static RazorComponentResult OfAgreement(Guid id) => new RazorComponentResult<AgreementDelivery>(new { AgreementId = id });
}
