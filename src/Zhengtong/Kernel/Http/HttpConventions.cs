using Microsoft.AspNetCore.Localization;
using Zhengtong.Kernel.Jobs;

namespace Zhengtong.Kernel.Http;

/// <summary>What holds for every request: language, problems, security headers, JSON.</summary>
internal static class HttpConventions
{
    internal static void AddHttpConventions(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddSingleton<Paging>();
        services.AddReconciler<IdempotencyPurge>();
        services.AddProblemDetails(o => o.CustomizeProblemDetails = c => ProblemShape.Complete(c.ProblemDetails, c.HttpContext));
        services.AddExceptionHandler<UnreadableRequests>();
        services.Configure<RouteHandlerOptions>(o => o.ThrowOnBadRequest = true);
        services.AddOpenApi("v1");
        services.ConfigureHttpJsonOptions(o => RequestJson.Configure(o.SerializerOptions));
        services.Configure<RequestLocalizationOptions>(o =>
        {
            o.DefaultRequestCulture = new RequestCulture("zh-CN");
            o.SupportedCultures = ReadersLanguage.All;
            o.SupportedUICultures = ReadersLanguage.All;
            o.RequestCultureProviders = [new ReadersLanguage()];
        });
    }

    /// <summary>The pipeline, in order.</summary>
    internal static void UseHttpConventions(this WebApplication app)
    {
        app.UseRequestLocalization();
        app.UseExceptionHandler();
        app.UseStatusCodePages(async c => await ProblemShape.WriteAsync(c.HttpContext));
        app.UseAuthentication();
        app.UseAuthorization();
        app.UseAntiforgery();
        app.UseIdempotency();
        ReadersLanguage.Map(app);
        app.MapOpenApi("/openapi/{documentName}.json");
    }

    /// <summary>The group every API slice maps into: /api/v1.</summary>
    internal static RouteGroupBuilder ApiGroup(this WebApplication app, string module) =>
        app.MapGroup("/api/v1").WithTags(module).ProducesValidationProblem().ProducesProblem(401).AddEndpointFilterFactory(RequestFaults.Filter);
}
