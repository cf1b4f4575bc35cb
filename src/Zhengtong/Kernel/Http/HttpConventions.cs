using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Localization;

namespace Zhengtong.Kernel.Http;

/// <summary>What holds for every request: language, problems, security headers, JSON.</summary>
internal static class HttpConventions
{
    private static readonly CultureInfo[] Languages = [CultureInfo.GetCultureInfo("zh-CN"), CultureInfo.GetCultureInfo("en")];

    internal static void AddHttpConventions(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddValidation();
        services.AddProblemDetails(o => o.CustomizeProblemDetails = c => ProblemShape.Complete(c.ProblemDetails, c.HttpContext));
        services.AddExceptionHandler<UnreadableRequests>();
        services.Configure<RouteHandlerOptions>(o => o.ThrowOnBadRequest = true);
        services.AddOpenApi("v1");
        services.ConfigureHttpJsonOptions(o =>
        {
            o.SerializerOptions.NumberHandling = JsonNumberHandling.Strict;
            o.SerializerOptions.Converters.Add(new JsonStringEnumConverter(JsonNamingPolicy.CamelCase, allowIntegerValues: false));
        });
        services.Configure<RequestLocalizationOptions>(o =>
        {
            o.DefaultRequestCulture = new RequestCulture("zh-CN");
            o.SupportedCultures = Languages;
            o.SupportedUICultures = Languages;
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
        app.MapOpenApi("/openapi/{documentName}.json");
    }

    /// <summary>The group every API slice maps into: /api/v1.</summary>
    internal static RouteGroupBuilder ApiGroup(this WebApplication app, string module) =>
        app.MapGroup("/api/v1").WithTags(module).ProducesValidationProblem().ProducesProblem(401);
}
