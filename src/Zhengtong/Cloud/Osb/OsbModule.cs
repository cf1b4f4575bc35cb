using Zhengtong.Kernel.Http;

namespace Zhengtong.Cloud.Osb;

/// <summary>The platform as a service broker for platforms of others, Open Service Broker API 2.17 below <c>/osb</c>.</summary>
internal static class OsbModule
{
    internal static void MapOsb(this WebApplication app)
    {
        var api = app.ApiGroup("Cloud");
        RegisterOsbConsumer.Map(api);
        RevokeOsbConsumer.Map(api);
        ListOsbConsumers.Map(api);
        var broker = app.OsbGroup();
        ShowOsbCatalogue.Map(broker);
        ProvisionOsbInstance.Map(broker);
        AskOsbOperation.Map(broker);
        ShowOsbInstance.Map(broker);
        UpdateOsbInstance.Map(broker);
        DeprovisionOsbInstance.Map(broker);
        BindOsbInstance.Map(broker);
        ShowOsbBinding.Map(broker);
        UnbindOsbInstance.Map(broker);
    }
}
