namespace Zhengtong.Exchange;

/// <summary>Exchange: what agreements promise is delivered here, with receipts both sides can prove.</summary>
internal static class ExchangeModule
{
    internal static void AddExchange(this WebApplicationBuilder builder) => _ = builder;

    internal static void MapExchange(this WebApplication app) => _ = app;
}
