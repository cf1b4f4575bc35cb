using System.Text;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Zhengtong.Exchange.Containers;
using Zhengtong.Kernel.Metering;

namespace Zhengtong.Exchange.Gateway;

/// <summary>What the gateway is made of. Its addresses are X-Road's and the agreements', no part of the platform's API description.</summary>
internal static class GatewayServices
{
    internal static void AddGateway(this WebApplicationBuilder builder)
    {
        var (services, configuration) = (builder.Services, builder.Configuration.GetSection("Exchange:Gateway"));
        services.AddOptions<GatewayOptions>().Bind(configuration)
            .Validate(o => XRoadId.IsCode(o.Instance), "Exchange:Gateway:Instance takes letters, digits and '()+,-.= only")
            .Validate(o => o.Address is null || (Uri.TryCreate(o.Address, UriKind.Absolute, out var address) && address.Scheme is "http" or "https"), "Exchange:Gateway:Address takes an absolute http or https address").ValidateOnStart();
        builder.WebHost.ConfigureKestrel(o =>
        {
            // Header values of providers pass byte for byte; Latin-1 has a character for each byte.
            o.ResponseHeaderEncodingSelector = _ => Encoding.Latin1;
            if (configuration.GetValue<bool>(nameof(GatewayOptions.AskForCertificates)))
            {
                o.ConfigureHttpsDefaults(https =>
                {
                    https.ClientCertificateMode = ClientCertificateMode.AllowCertificate;
                    // Which certificates count is registered; who issued them does not matter.
                    https.AllowAnyClientCertificate();
                });
            }
        });
        services.AddSingleton<IStartupFilter, GatewayFirst>();
        services.AddSingleton<GatewayDoor>();
        services.AddSingleton<XRoadCalls>();
        services.AddSingleton<XRoadMetadata>();
        services.AddScoped<MemberCertificates>();
        services.AddScoped<OcspResponder>();
        services.AddSingleton<SignedDocuments>();
        services.AddSingleton<VerificationConfiguration>();
        services.AddSingleton<PlainCalls>();
        services.AddSingleton<GatewayDirectory>();
        services.AddSingleton<CallerCheck>();
        services.AddSingleton<ServiceConnections>();
        services.AddSingleton<ServiceRest>();
        services.AddSingleton<CallRelay>();
        services.AddSingleton<CallLimits>();
        services.AddHostedService(s => s.GetRequiredService<CallLimits>());
        services.AddSingleton<CallMeter>();
        services.AddHostedService(s => s.GetRequiredService<CallMeter>());
        services.AddMeteredIndicator("exchange.calls-answered", "call", CallMeter.Calls, "exchange.indicator-source.metering");
    }
}
