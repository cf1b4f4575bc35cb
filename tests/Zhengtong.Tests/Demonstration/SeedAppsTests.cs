using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Demonstration;
using Zhengtong.Kernel.Jobs;
using Zhengtong.OpenData.Reuse;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Demonstration;

/// <summary>The portal's own apps come into the showcase once what they use is published.</summary>
[OnDatabase]
public sealed class SeedAppsTests : IAsyncLifetime
{
    private static readonly string[] Chosen = ["scenic-spots", "hospitals"];

    private readonly string folder = Directory.CreateTempSubdirectory("zhengtong-demo-").FullName;
    private WebApplication app = null!;
    private OpenDataPlan plan = null!;

    public async ValueTask InitializeAsync()
    {
        var database = PlatformFixture.PostgresServer is null ? null : await PlatformFixture.CreatePostgresDatabaseAsync();
        app = Platform.Build(new Deployment(folder, database, "http://127.0.0.1:0", Demo: true), builder => builder.Configuration["Demonstration:Share"] = "0.01");
        await app.PrepareAsync(CancellationToken.None);
        var all = OpenDataPlan.Load();
        plan = all with { Templates = [.. all.Templates.Where(t => Chosen.Contains(t.Id)).Select(t => t with { Versions = 1 })] };
    }

    public async ValueTask DisposeAsync()
    {
        await app.DisposeAsync();
        SqliteConnection.ClearAllPools();
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task Seed_OnceTheDatasetsAreThere_ShowsEachAppWithWhatItUses()
    {
        (await SeedAsync<SeedApps>()).ShouldBe(0, "Nothing is published yet");
        await SeedAsync<SeedOpenData>();
        (await SeedAsync<SeedApps>()).ShouldBe(2);
        (await SeedAsync<SeedApps>()).ShouldBe(0, "They are there");

        await using var scope = app.Services.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<ZhengtongDb>();
        var apps = await db.ShowcaseApps.OrderBy(a => a.Link).ToListAsync();
        apps.Select(a => a.Link).ShouldBe(["/apps/health", "/apps/tour"]);
        apps.ShouldAllBe(a => a.State == AppState.Shown);
        apps[1].Name.ShouldBe("游览指南");
        var uses = await db.AppUses.Where(u => u.AppId == apps[1].Id).ToListAsync();
        uses.Count.ShouldBe(3);
        uses.ShouldAllBe(u => u.Columns.Contains("opening_hours") && u.Columns.Contains("district_code"));
    }

    private async Task<long> SeedAsync<T>() where T : class, IReconciler
    {
        await using var scope = app.Services.CreateAsyncScope();
        return (await ActivatorUtilities.CreateInstance<T>(scope.ServiceProvider, plan).ReconcileAsync(CancellationToken.None)).Count;
    }
}
