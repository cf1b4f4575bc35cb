using Zhengtong.Agreements.Slices;
using Zhengtong.Catalogue;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.Agreements;

/// <summary>Agreements: applications, mutual confirmation, sealed agreements.</summary>
internal static class AgreementsModule
{
    internal static void AddAgreements(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddScoped<AgreementsLookup>();
        services.AddScoped<IWorkList, AgreementsWork>();
        services.AddScoped<IHomeFigure, AgreementsFigure>();
        services.AddSingleton(new ResourcePanel(typeof(ResourceUsers), 10));
        services.AddSingleton(new NavigationItem(Right.ReadWork, "/work/applications", "agreements.menu.applications", "application", 110, "catalogue.menu.group"));
        services.AddSingleton(new NavigationItem(Right.ReadWork, "/work/agreements", "agreements.menu.agreements", "agreement", 120, "catalogue.menu.group"));
    }

    internal static void MapAgreements(this WebApplication app)
    {
        ExportAgreements.Map(app);
        var api = app.ApiGroup("Agreements");
        ApplyForResource.Map(api);
        ListApplications.Map(api);
        GetApplication.Map(api);
        ConfirmApplication.Map(api);
        RefuseApplication.Map(api);
        WithdrawApplication.Map(api);
        ListAgreements.Map(api);
        GetAgreement.Map(api);
        SealAgreement.Map(api);
        SuspendAgreement.Map(api);
        ResumeAgreement.Map(api);
        RevokeAgreement.Map(api);
    }
}
