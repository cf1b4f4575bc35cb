using Zhengtong.Kernel.Identity;

namespace Zhengtong.Kernel.Organisations;

/// <summary>Organisations: who is on the platform, where, and below whom.</summary>
internal static class OrganisationsModule
{
    internal static void AddOrganisations(this IServiceCollection services) =>
        services.AddSingleton(new NavigationItem(Right.ManageOrganisations, "/admin/organisations", "kernel.organisations.title", "organisation", 910, "kernel.menu.administration"));

    internal static void MapOrganisations(this WebApplication app, IEndpointRouteBuilder api)
    {
        ExportOrganisations.Map(app);
        RegisterOrganisation.Map(api);
        ReviseOrganisation.Map(api);
        ListOrganisations.Map(api);
        GetOrganisation.Map(api);
    }
}
