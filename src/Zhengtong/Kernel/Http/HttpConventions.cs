using System.IO.Compression;
using System.Net;
using Microsoft.AspNetCore.Http.Timeouts;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.AspNetCore.Localization;
using Microsoft.AspNetCore.ResponseCompression;
using Zhengtong.Kernel.Jobs;

namespace Zhengtong.Kernel.Http;

/// <summary>What holds for every request: language, problems, limits, security headers, JSON. Settings:
/// <c>Http:TimeoutSeconds</c> (default 100; an endpoint that streams says <c>.DisableRequestTimeout()</c>),
/// <c>Http:TrustedProxies</c> (addresses, separated by commas, whose X-Forwarded-For and -Proto are believed; none by default).</summary>
internal static class HttpConventions
{
    /// <summary>Most bytes of a body, unless the endpoint says <see cref="SecurityHeaders.TakesUpTo"/>.</summary>
    internal const int BodyBytes = 1 << 20;

    internal static void AddHttpConventions(this WebApplicationBuilder builder, Deployment deployment)
    {
        var (services, configuration) = (builder.Services, builder.Configuration);
        builder.WebHost.ConfigureKestrel(o =>
        {
            o.AddServerHeader = false;
            o.Limits.MaxRequestBodySize = BodyBytes;
        });
        services.AddSingleton<Paging>();
        services.AddReconciler<IdempotencyPurge>();
        services.AddProblemDetails(o => o.CustomizeProblemDetails = c => ProblemShape.Complete(c.ProblemDetails, c.HttpContext));
        services.AddExceptionHandler<UnreadableRequests>();
        services.AddExceptionHandler<OurFaults>();
        services.Configure<RouteHandlerOptions>(o => o.ThrowOnBadRequest = true);
        services.ConfigureHttpJsonOptions(o => RequestJson.Configure(o.SerializerOptions));
        services.Configure<RequestLocalizationOptions>(o =>
        {
            o.DefaultRequestCulture = new RequestCulture("zh-CN");
            o.SupportedCultures = ReadersLanguage.All;
            o.SupportedUICultures = ReadersLanguage.All;
            o.RequestCultureProviders = [new ReadersLanguage()];
        });
        // A line of a head ends with CR LF (RFC 9112, 2.2); what some in front of us read as one header must not be two here.
        AppContext.SetSwitch("Microsoft.AspNetCore.Server.Kestrel.DisableHttp1LineFeedTerminators", true);
        services.Configure<ForwardedHeadersOptions>(o =>
        {
            o.KnownIPNetworks.Clear();
            o.KnownProxies.Clear();
            foreach (var proxy in (configuration["Http:TrustedProxies"] ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)) { o.KnownProxies.Add(IPAddress.Parse(proxy)); }
            // With two empty lists the middleware believes everybody.
            o.ForwardedHeaders = o.KnownProxies.Count > 0 ? ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto : ForwardedHeaders.None;
        });
        services.AddHsts(o => o.MaxAge = TimeSpan.FromDays(365));
        services.AddRequestTimeouts(o => o.DefaultPolicy = new RequestTimeoutPolicy
        {
            Timeout = TimeSpan.FromSeconds(configuration.GetValue("Http:TimeoutSeconds", 100)),
            WriteTimeoutResponse = http => KernelProblems.TimedOut.Because().ExecuteAsync(http),
        });
        services.AddResponseCompression(o =>
        {
            // Antiforgery tokens are masked anew in each answer, so compressing pages over HTTPS gives nothing away.
            o.EnableForHttps = true;
            o.MimeTypes = [.. ResponseCompressionDefaults.MimeTypes, "application/problem+json", "image/svg+xml", "text/csv", "text/tab-separated-values"];
        });
        services.Configure<BrotliCompressionProviderOptions>(o => o.Level = CompressionLevel.Fastest);
        services.Configure<GzipCompressionProviderOptions>(o => o.Level = CompressionLevel.Fastest);
        builder.AddRateLimits();
        builder.AddHealth();
        builder.AddTelemetry(deployment);
        builder.AddApiDescription();
    }

    /// <summary>The pipeline, in order.</summary>
    internal static void UseHttpConventions(this WebApplication app)
    {
        app.UseForwardedHeaders();
        app.UseSecurityHeaders();
        app.UseHsts();
        app.UseRequestLocalization();
        app.UseSingleHeaders();
        app.UseResponseCompression();
        app.UseStatusCodePages(ErrorPages.AnswerAsync);
        // What the caller got wrong is no fault of ours; all else is recorded although a handler answers it.
        app.UseExceptionHandler(new ExceptionHandlerOptions { SuppressDiagnosticsCallback = c => c.Exception is BadHttpRequestException });
        app.UseRouting();
        app.UseRequestTimeouts();
        app.UseAuthentication();
        app.UseRateLimiter();
        app.UseAuthorization();
        app.UseAntiforgery();
        app.UseIdempotency();
        app.UseWebSockets();
        ReadersLanguage.Map(app);
        app.MapHealth();
        app.MapMetrics();
        app.MapApiDescription();
    }

    /// <summary>The group every API slice maps into: /api/v1.</summary>
    internal static RouteGroupBuilder ApiGroup(this WebApplication app, string module) =>
        app.MapGroup("/api/v1").AddEndpointFilter(Revisions.ShowAsync).WithTags(module).ProducesValidationProblem().ProducesProblem(401).AddEndpointFilterFactory(RequestFaults.Filter);
}
