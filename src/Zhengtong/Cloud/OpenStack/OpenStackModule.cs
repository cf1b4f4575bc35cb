using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http.Timeouts;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.Cloud.OpenStack;

/// <summary>What OpenStack's standard clients need to order and steer instances: identity v3, compute v2.1, images v2, below <see cref="Root"/>. What they answer is in docs/openstack.md.</summary>
internal static class OpenStackModule
{
    internal const string Root = "/openstack";

    internal static void AddOpenStack(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<ProjectTokens>();
        builder.Services.AddAuthentication().AddScheme<AuthenticationSchemeOptions, ProjectTokenScheme>(ProjectTokenScheme.Name, null);
        builder.Services.AddAuthorizationBuilder().AddPolicy(ProjectTokenScheme.Name, new AuthorizationPolicyBuilder(ProjectTokenScheme.Name).RequireAssertion(c => Actor.Of(c.User).May(Right.ReadWork)).Build());
    }

    internal static void MapOpenStack(this WebApplication app)
    {
        var timeout = new RequestTimeoutPolicy
        {
            Timeout = TimeSpan.FromSeconds(app.Configuration.GetValue("Http:TimeoutSeconds", 100)),
            WriteTimeoutResponse = http => OpenStackRefusal.Of(KernelProblems.TimedOut.Because()).ExecuteAsync(http),
        };
        var all = app.MapGroup(Root).ExcludeFromDescription().DisableAntiforgery().WithMetadata(new TooManyAnswer(http => OpenStackRefusal.Of(KernelProblems.TooMany.Because()).ExecuteAsync(http)));
        all.WithRequestTimeout(timeout);
        var open = all.MapGroup("").AllowAnonymous();
        ReadVersions.Map(open);
        IssueProjectToken.Map(open);
        RefuseUnknown.Map(open);
        var guarded = all.MapGroup("").RequireAuthorization(ProjectTokenScheme.Name);
        ListProjects.Map(guarded);
        GetProject.Map(guarded);
        ListImages.Map(guarded);
        GetImage.Map(guarded);
        var compute = guarded.MapGroup("/compute/v2.1").AddEndpointFilter(Microversions.ChooseAsync);
        ListFlavors.Map(compute);
        GetFlavor.Map(compute);
        ListServers.Map(compute);
        GetServer.Map(compute);
        CreateServer.Map(compute);
        DeleteServer.Map(compute);
        ActOnServer.Map(compute);
        ReadQuotaSet.Map(compute);
        ReadTenantUsage.Map(compute);
    }
}
