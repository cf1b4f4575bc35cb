using Microsoft.Extensions.Options;
using Zhengtong.Cloud.Delivery;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.Cloud.Brokers;

/// <summary>What is ordered from service brokers of others.</summary>
internal static class BrokersModule
{
    internal static void AddBrokers(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddOptions<BrokersOptions>().Bind(builder.Configuration.GetSection("Cloud:Brokers")).ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<IValidateOptions<BrokersOptions>, BrokersOptionsCheck>();
        services.AddSingleton<BrokerConnections>();
        services.AddScoped<IFulfilment, BrokeredFulfilment>();
        services.AddSingleton(new NavigationItem(Right.ManagePools, "/work/cloud/brokers", "cloud.brokers.title", "exchange", 392, "catalogue.services.menu-group"));
        services.AddSingleton(new NavigationItem(Right.ManagePools, "/work/cloud/osb-consumers", "cloud.osb-consumers.title", "exchange", 394, "catalogue.services.menu-group"));
    }

    internal static void MapBrokers(this WebApplication app)
    {
        var api = app.ApiGroup("Cloud");
        RegisterBroker.Map(api);
        ReviseBroker.Map(api);
        ListBrokers.Map(api);
        GetBroker.Map(api);
        ReadBrokerCatalogue.Map(api);
        AcceptBrokerCatalogue.Map(api);
        SetBrokeredPlan.Map(api);
        AdoptBrokered.Map(api);
        OpenBinding.Map(api);
        ListBindings.Map(api);
        ShowBinding.Map(api);
        EndBinding.Map(api);
    }
}
