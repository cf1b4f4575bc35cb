using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Zhengtong;

/// <summary>A step that fills or checks the platform before it serves. Steps run in order of registration, after the migrations, and may run again at each start.</summary>
internal interface IStartupStep
{
    /// <summary>Does the step; must be safe to repeat.</summary>
    Task RunAsync(IServiceProvider scope, CancellationToken ct);
}

/// <summary>What happens between building and serving.</summary>
internal static class Startup
{
    /// <summary>Migrates the database, then runs each module's start-up steps, while other processes on the same database wait.</summary>
    /// <exception cref="RefusedToStartException">The database holds a migration this program does not know, or a step refuses what it found.</exception>
    internal static async Task PrepareAsync(this WebApplication app, CancellationToken ct)
    {
        await using var scope = app.Services.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<ZhengtongDb>();
        await using var alone = await StartupLock.TakeAsync(app.Services.GetRequiredService<Deployment>(), db, ct);
        await MigrateAsync(db, ct);
        foreach (var step in app.Services.GetServices<IStartupStep>())
        {
            await using var own = app.Services.CreateAsyncScope();
            await step.RunAsync(own.ServiceProvider, ct);
        }
    }

    private static async Task MigrateAsync(ZhengtongDb db, CancellationToken ct)
    {
        var known = db.GetService<IMigrationsAssembly>().Migrations.Keys;
        List<string> applied = await db.Database.CanConnectAsync(ct) ? [.. await db.Database.GetAppliedMigrationsAsync(ct)] : [];
        var unknown = applied.Except(known).ToList();
        if (unknown.Count > 0)
        {
            throw new RefusedToStartException(3, $"The database is newer than this program: it holds {unknown.Count} migration(s) unknown here ({string.Join(", ", unknown)}). "
                + "Start the newer program, or restore the backup taken before the upgrade.");
        }

        // Asked when there is nothing to do, it would still look through its whole model: at nearly each start, for nothing.
        if (known.Except(applied).Any()) { await db.Database.MigrateAsync(ct); }
    }
}
