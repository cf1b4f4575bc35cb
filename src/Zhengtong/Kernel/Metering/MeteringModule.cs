using Zhengtong.Kernel.Jobs;

namespace Zhengtong.Kernel.Metering;

/// <summary>Metering: what was used, its sums, and the indicators that the modules register.</summary>
internal static class MeteringModule
{
    internal static void AddMetering(this IServiceCollection services)
    {
        services.AddScoped<Indicators>();
        services.AddReconciler<RollUpUsage>();
        services.AddIndicator("kernel.organisations", "organisation", RollUpPeriod.Day, "kernel.indicator-source.organisations",
            async (db, question, ct) => IndicatorValue.Of(await Microsoft.EntityFrameworkCore.EntityFrameworkQueryableExtensions.CountAsync(question.OrganisationsOf(db), ct)));
    }

    internal static void MapMetering(this IEndpointRouteBuilder api)
    {
        ReadIndicators.Map(api);
        ReadUsage.Map(api);
    }
}
