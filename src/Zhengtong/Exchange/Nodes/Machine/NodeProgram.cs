using System.Net;
using System.Reflection;
using System.Text.Encodings.Web;
using System.Text.Unicode;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Localization;
using Microsoft.Extensions.Options;
using Zhengtong.Exchange.Files;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Http;

namespace Zhengtong.Exchange.Nodes.Machine;

/// <summary>The front-end node as one small application: its work, and a status page that only this machine sees.</summary>
internal static class NodeProgram
{
    /// <summary>Of the program.</summary>
    internal static string Version { get; } = (typeof(NodeProgram).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0").Split('+')[0];

    /// <summary>Builds the node over an enrolled folder.</summary>
    /// <param name="folder">Where it lives.</param>
    /// <param name="urls">Loopback addresses of the status page, separated by semicolons.</param>
    /// <param name="configure">Last word on the builder, for tests.</param>
    /// <param name="ct">Stops the opening.</param>
    /// <exception cref="RefusedToStartException">Not enrolled, in use, or an address that others reach.</exception>
    internal static async Task<WebApplication> BuildAsync(NodeFolder folder, string urls, Action<WebApplicationBuilder>? configure, CancellationToken ct)
    {
        if (folder.Identity is not { } identity || folder.Certificate is null) { throw new RefusedToStartException(7, Text.Of("exchange.node-verb.not-enrolled", folder.Root)); }
        foreach (var url in urls.Split(';'))
        {
            if (!Uri.TryCreate(url, UriKind.Absolute, out var address) || !address.IsLoopback || address.Scheme != Uri.UriSchemeHttp) { throw new RefusedToStartException(6, Text.Of("exchange.node-verb.status-address", url)); }
        }

        var alone = folder.TryLock() ?? throw new RefusedToStartException(7, Text.Of("exchange.node-verb.in-use", folder.Root));
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { ApplicationName = typeof(NodeProgram).Assembly.GetName().Name, ContentRootPath = AppContext.BaseDirectory });
        builder.WebHost.UseUrls(urls.Split(';'));
        // Not by another name: what a page from elsewhere would call this machine.
        builder.Configuration["AllowedHosts"] = "localhost;127.0.0.1;[::1]";
        builder.Host.UseDefaultServiceProvider(o => { o.ValidateScopes = true; o.ValidateOnBuild = true; });
        var services = builder.Services;
        services.AddOptions<NodeSettings>().Bind(builder.Configuration.GetSection("Node")).Validate(s => s.AreRight, "Node takes numbers in their ranges only").ValidateOnStart();
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton(folder);
        services.AddSingleton(identity);
        // Disposed last, when nothing writes any more.
        services.AddSingleton(_ => alone);
        services.AddSingleton(folder.OpenVault());
        services.AddSingleton(await NodeQueue.OpenAsync(folder.Of("node.db"), TimeProvider.System, ct));
        services.AddSingleton(s => new PlatformLine(folder, identity, s.GetRequiredService<TimeProvider>()));
        services.AddSingleton(await NodeFileStore.OpenAsync(folder.Of("files.db"), ct));
        services.AddSingleton<Outbox>();
        services.AddSingleton<IOptions<FilesOptions>>(s => Options.Create(s.GetRequiredService<IOptions<NodeSettings>>().Value.ForFiles()));
        services.AddSingleton<Clamd>();
        services.AddSingleton<NodeFileWork>();
        services.AddSingleton<NodeWork>();
        services.AddHostedService(s => s.GetRequiredService<NodeWork>());
        services.AddRazorComponents();
        services.AddSingleton(HtmlEncoder.Create(UnicodeRanges.All));
        services.Configure<RequestLocalizationOptions>(o =>
        {
            o.DefaultRequestCulture = new RequestCulture("zh-CN");
            o.SupportedCultures = ReadersLanguage.All;
            o.SupportedUICultures = ReadersLanguage.All;
            o.RequestCultureProviders = [new ReadersLanguage()];
        });
        configure?.Invoke(builder);

        var app = builder.Build();
        _ = app.Services.GetRequiredService<FileStream>();
        app.UseRequestLocalization();
        app.Use((http, next) =>
        {
            (http.Response.Headers.XContentTypeOptions, http.Response.Headers.CacheControl) = ("nosniff", "no-store");
            http.Response.Headers.ContentSecurityPolicy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'";
            return next(http);
        });
        app.MapGet("/", Page);
        app.MapGet("/health", HealthAsync);
        return app;
    }

    private static RazorComponentResult Page() => new RazorComponentResult<NodeStatusPage>();

    /// <summary>Serves until it is told to end; returns the exit code.</summary>
    internal static Task<int> RunAsync(NodeFolder folder, string urls, CancellationToken ct) => RefusedToStartException.GuardAsync(async () =>
    {
        await using var app = await BuildAsync(folder, urls, null, ct);
        await app.StartAsync(ct);
        foreach (var url in app.Urls) { Console.WriteLine($"Zhengtong node is ready: {url}"); }
        await app.WaitForShutdownAsync(ct);
        return 0;
    }, ct);

    /// <summary>200 while the node works and the platform answers; 503 else, with the problem's code.</summary>
    private static async Task<IResult> HealthAsync(NodeWork work, CancellationToken ct) =>
        (await work.StandAsync(ct)).Problem is { } problem ? TypedResults.Text(problem, statusCode: (int)HttpStatusCode.ServiceUnavailable) : TypedResults.Text("ok");
}

/// <summary>A node as people are shown it, on its page and by <c>node status</c>.</summary>
internal sealed record NodeStatus(NodeIdentity Identity, DateTimeOffset CertificateUntil, NodeReport? Report, bool IsRunning)
{
    internal bool IsWell => IsRunning && Report is { Problem: null } report && report.Sources.All(s => s.Problem is null) && report.Deliveries.All(d => d.Problem is null)
        && report.FilesProblem is null && (report.Files ?? []).All(f => f.Problem is null);

    /// <summary>The title of a problem's code, in the reader's language.</summary>
    internal static string TitleOf(string? code) => code is null ? Text.Of("exchange.node-status.well") : Text.Find(code) ?? code;
}
