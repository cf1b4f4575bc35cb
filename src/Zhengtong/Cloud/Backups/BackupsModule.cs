using Zhengtong.Kernel.Jobs;

namespace Zhengtong.Cloud.Backups;

/// <summary>Backups of departments' instances, sites and databases.</summary>
internal static class BackupsModule
{
    internal static void AddBackups(this IServiceCollection services)
    {
        services.AddSingleton<BackupStore>();
        services.AddScoped<BackUpInstance>();
        services.AddReconciler<KeepBackups>();
    }

    internal static void MapBackups(IEndpointRouteBuilder api)
    {
        ListBackups.Map(api);
        DownloadBackup.Map(api);
        DeleteBackup.Map(api);
        GetBackupPlan.Map(api);
        SetBackupPlan.Map(api);
        RestoreBackup.Map(api);
    }
}
