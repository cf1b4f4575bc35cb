using Quartz;

namespace Zhengtong.Kernel.Jobs;

/// <summary>Jobs: reconcilers, their leases and what is seen of them.</summary>
internal static class JobsModule
{
    internal static void AddJobs(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddQuartz();
        services.AddQuartzHostedService(o => o.WaitForJobsToComplete = true);
        services.AddSingleton<JobLeases>();
        services.AddSingleton<Reconcilers>();
        services.AddHostedService(sp => sp.GetRequiredService<Reconcilers>());
        if (builder.Configuration.GetValue<int>(LeaseProbe.Setting) > 0) { services.AddReconciler<LeaseProbe>(); }
    }

    internal static void MapJobs(this IEndpointRouteBuilder api)
    {
        ListJobs.Map(api);
        ListJobRuns.Map(api);
        RunJob.Map(api);
    }

    /// <summary>Registers a reconciler; it starts with the process.</summary>
    internal static void AddReconciler<T>(this IServiceCollection services) where T : class, IReconciler
    {
        services.AddScoped<T>();
        services.AddSingleton(new ReconcilerType(typeof(T)));
    }
}
