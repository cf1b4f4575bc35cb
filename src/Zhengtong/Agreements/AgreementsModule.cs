using Zhengtong.Agreements.Slices;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Jobs;

namespace Zhengtong.Agreements;

/// <summary>Agreements: applications, mutual confirmation, sealed agreements.</summary>
internal static class AgreementsModule
{
    internal static void AddAgreements(this WebApplicationBuilder builder)
    {
        builder.Services.AddScoped<AgreementsLookup>();
        builder.Services.AddReconciler<ExpireAgreements>();
    }

    internal static void MapAgreements(this WebApplication app)
    {
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
