using Zhengtong.Agreements.Reviews;
using Zhengtong.Agreements.Slices;
using Zhengtong.Catalogue;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Jobs;

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
        services.AddSingleton(new NavigationItem(Right.ReadWork, "/work/reviews", "agreements.menu.reviews", "check", 115, "catalogue.menu.group"));
        services.AddReconciler<ExpireAgreements>();
        services.AddScoped<IReviewedKind, ApplicationReview>();
        services.AddScoped<ReviewKinds>();
        services.AddScoped<IWorkList, ReviewsWork>();
        services.AddReconciler<WatchReviews>();
    }

    internal static void MapAgreements(this WebApplication app)
    {
        ExportAgreements.Map(app);
        ExportReviews.Map(app);
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
        DefineReviewChain.Map(api);
        ListReviewChains.Map(api);
        GetReviewChain.Map(api);
        ListReviewKinds.Map(api);
        ListReviewsToDo.Map(api);
        GetReview.Map(api);
        ApproveStep.Map(api);
        ReturnReview.Map(api);
        SupplementReview.Map(api);
        RefuseReview.Map(api);
        WithdrawReview.Map(api);
        DelegateReviews.Map(api);
        EndDelegation.Map(api);
        ListDelegations.Map(api);
    }
}
