using System.Security.Cryptography;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Zhengtong.Kernel.Secrets;

namespace Zhengtong.Kernel.Http;

/// <summary>/health/live says that the process answers; /health/ready that it can do its work: every registered check passes. A module adds its own with
/// <c>builder.Services.AddHealthChecks().AddCheck&lt;T&gt;("module.what")</c>. Neither tells more than names and states: details go to the log.</summary>
internal static class Health
{
    internal static void AddHealth(this WebApplicationBuilder builder) => builder.Services.AddHealthChecks()
        .AddCheck<DatabaseAnswers>("kernel.database").AddCheck<MasterKeyOpens>("kernel.master-key").AddCheck<DiskHasRoom>("kernel.disk");

    internal static void MapHealth(this WebApplication app)
    {
        app.MapHealthChecks("/health/live", new HealthCheckOptions { Predicate = _ => false, ResponseWriter = WriteAsync }).AllowAnonymous();
        app.MapHealthChecks("/health/ready", new HealthCheckOptions { ResponseWriter = WriteAsync }).AllowAnonymous();
    }

    private static Task WriteAsync(HttpContext http, HealthReport report) => http.Response.WriteAsJsonAsync(
        new HealthResponse(Say(report.Status), report.Entries.ToDictionary(e => e.Key, e => Say(e.Value.Status))), http.RequestAborted);

    private static string Say(HealthStatus status) => status.ToString().ToLowerInvariant();

    private sealed record HealthResponse(string Status, Dictionary<string, string> Checks);

    private sealed class DatabaseAnswers(IServiceScopeFactory scopes) : IHealthCheck
    {
        public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
        {
            await using var scope = scopes.CreateAsyncScope();
            await scope.ServiceProvider.GetRequiredService<ZhengtongDb>().Database.ExecuteSqlAsync($"SELECT 1", cancellationToken);
            return HealthCheckResult.Healthy();
        }
    }

    private sealed class MasterKeyOpens(Vault vault, Deployment deployment) : IHealthCheck
    {
        public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
        {
            // The key in memory works; another start needs the one on the disk.
            var sealedBytes = vault.Seal(RandomNumberGenerator.GetBytes(16), "health");
            vault.Open(sealedBytes, "health");
            return Task.FromResult(File.Exists(deployment.PathOf("keys", "master.key")) ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy("The master key's file is gone"));
        }
    }

    /// <summary>Below <c>Health:FreeMegabytes</c> (default 256) free below the data directory, nothing can be promised to be kept.</summary>
    private sealed class DiskHasRoom(Deployment deployment, IConfiguration configuration) : IHealthCheck
    {
        public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
        {
            var free = new DriveInfo(deployment.DataDirectory).AvailableFreeSpace >> 20;
            return Task.FromResult(free >= configuration.GetValue("Health:FreeMegabytes", 256L) ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy($"{free} MB are free"));
        }
    }
}
