namespace Zhengtong.Agreements;

/// <summary>Agreements: applications, mutual confirmation, sealed agreements.</summary>
internal static class AgreementsModule
{
    internal static void AddAgreements(this WebApplicationBuilder builder) => builder.Services.AddScoped<AgreementsLookup>();

    internal static void MapAgreements(this WebApplication app) => _ = app;
}
