using Zhengtong.Kernel;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Jobs;

namespace Zhengtong.Exchange.Nodes;

/// <summary>The platform's side of front-end nodes. What nodes ask stands below <c>/node/v1</c>; it is between two versions of one program, and no part of the platform's API description.</summary>
internal static class NodesModule
{
    internal static void AddNodes(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddOptions<NodeOptions>().Bind(builder.Configuration.GetSection("Exchange:Nodes"))
            .Validate(o => o is { CertificateHours: > 0, TokenHours: > 0, SkewSeconds: > 0, SilentSeconds: > 0, PollMilliseconds: > 0, BatchMegabytes: > 0, MostWaiting: > 0, DiskWarningMegabytes: >= 0, CertificateWarningHours: >= 0, AnswerMinutes: > 0, ComparisonHours: > 0 }, "Exchange:Nodes takes numbers above 0 only")
            .ValidateOnStart();
        services.AddScoped<PlatformAuthority>();
        services.AddScoped<NodeDeliveries>();
        services.AddScoped<NodeFiles>();
        services.AddScoped(s => s.GetRequiredService<IHttpContextAccessor>().HttpContext?.Features.Get<NodeCaller>() ?? throw new InvalidOperationException("Only requests of nodes have one"));
        services.AddReconciler<WatchNodes>();
        services.AddSingleton(new NavigationItem(Right.SeeNodes, "/work/exchange/all-nodes", "exchange.nodes.all", "node", 133, "catalogue.menu.group"));
        services.AddReconciler<SweepNodeRelay>();
    }

    internal static void MapNodes(this WebApplication app, IEndpointRouteBuilder api)
    {
        CreateNode.Map(api);
        ListNodes.Map(api);
        ListAllNodes.Map(api);
        ExportNodes.Map(app);
        IssueNodeToken.Map(api);
        RevokeNode.Map(api);

        app.UseNodeRequests();
        EnrolNode.Map(app.MapGroup("/node/v1").AllowAnonymous().ExcludeFromDescription().AddEndpointFilterFactory(RequestFaults.Filter));
        var node = app.NodeGroup();
        RenewNodeCertificate.Map(node);
        ReadNodeConfiguration.Map(node);
        ReadNodeNews.Map(node);
        ReportNodeHeartbeat.Map(node);
        ReadNodePlace.Map(node);
        TellNodeSnapshot.Map(node);
        PublishNodeBatch.Map(node);
        TellNodeQuarantine.Map(node);
        ReadNodeQuestion.Map(node);
        AnswerNodeQuestion.Map(node);
        ReadNodeRepair.Map(node);
        TellNodeRepaired.Map(node);
        ReadNodeBackFill.Map(node);
        TellNodeBackFill.Map(node);
        ListNodeBatches.Map(node);
        FetchNodeCiphertext.Map(node);
        GiveNodeReceipt.Map(node);
        GiveUpNodeBatches.Map(node);
        BeginNodeFile.Map(node);
        PutNodeFileSegment.Map(node);
        GiveUpNodeFile.Map(node);
        ListNodeUnpublishedFiles.Map(node);
        PublishNodeFile.Map(node);
        ForgetNodeFiles.Map(node);
        ListNodeReceivedFiles.Map(node);
        FetchNodeFileSegment.Map(node);
        ConfirmNodeFile.Map(node);
    }
}
