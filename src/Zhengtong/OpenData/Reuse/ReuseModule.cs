using Zhengtong.Kernel;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Jobs;

namespace Zhengtong.OpenData.Reuse;

/// <summary>What readers and developers say to the departments, and what they build: ratings, comments, requests, apps.</summary>
internal static class ReuseModule
{
    internal static void AddReuse(this WebApplicationBuilder builder)
    {
        builder.Services.Configure<ReuseOptions>(builder.Configuration.GetSection("OpenData:Reuse"));
        builder.Services.AddSingleton<Voices>();
        builder.Services.AddScoped<IWorkList, ReuseWork>();
        builder.Services.AddScoped<Readers>();
        builder.Services.AddReconciler<ExpireAccess>();
        builder.Services.AddSingleton<WebhookConnections>();
        builder.Services.AddReconciler<SendWebhooks>();
        builder.Services.AddScoped<SubscriptionMail>();
        builder.Services.AddReconciler<WriteLetters>();
    }

    internal static void MapReuse(this WebApplication app)
    {
        var api = app.ApiGroup("OpenData");
        RateDataset.Map(api);
        GetRating.Map(api);
        AddComment.Map(api);
        ListComments.Map(api);
        ListCommentsToRead.Map(api);
        DecideComment.Map(api);
        AskForData.Map(api);
        AskForCorrection.Map(api);
        ListRequests.Map(api);
        GetRequest.Map(api);
        VoteForRequest.Map(api);
        TakeUpRequest.Map(api);
        PassOnRequest.Map(api);
        AnswerRequest.Map(api);
        MergeRequest.Map(api);
        CloseRequest.Map(api);
        ApplyForAccess.Map(api);
        ListAccessOfKey.Map(api);
        ListAccessApplications.Map(api);
        DecideAccess.Map(api);
        RevokeAccess.Map(api);
        SubmitApp.Map(api);
        RetractApp.Map(api);
        ListApps.Map(api);
        ReviewApp.Map(api);
        ListTouchedApps.Map(api);
        ListKeyNotices.Map(api);
        SubscribeToDataset.Map(api);
        ListSubscriptions.Map(api);
        EndSubscription.Map(api);
        SubscribeByMail.Map(api);
        ConfirmMailSubscription.Map(api);
        EndMailSubscription.Map(api);
    }
}
