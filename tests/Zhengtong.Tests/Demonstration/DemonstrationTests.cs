using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Demonstration;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Demonstration;

/// <summary>The province in small: a hundredth of the rows, all of its bodies, people and resources.</summary>
[OnDatabase]
public sealed class DemonstrationTests : IAsyncLifetime
{
    private readonly string folder = Directory.CreateTempSubdirectory("zhengtong-demo-").FullName;
    private string? database;

    public async ValueTask InitializeAsync() => database = PlatformFixture.PostgresServer is null ? null : await PlatformFixture.CreatePostgresDatabaseAsync();

    public ValueTask DisposeAsync()
    {
        SqliteConnection.ClearAllPools();
        Directory.Delete(folder, recursive: true);
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Start_Twice_FillsOnceAndKeepsThePasswords()
    {
        var first = await PrepareAsync(demo: true);
        first.Regions.ShouldBe(13);
        first.Organisations.ShouldBe(80);
        first.Resources.ShouldBeGreaterThanOrEqualTo(20);
        var file = Path.Combine(folder, "demo-credentials.json");
        File.GetUnixFileMode(file).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        var credentials = await File.ReadAllTextAsync(file);

        (await PrepareAsync(demo: true)).ShouldBe(first);
        (await File.ReadAllTextAsync(file)).ShouldBe(credentials);
    }

    [Fact]
    public async Task Start_KilledHalfWay_IsCompletedByTheNextStart()
    {
        using var kill = new CancellationTokenSource();
        await using (var app = Build(demo: true))
        {
            var preparing = Task.Run(() => app.PrepareAsync(kill.Token));
            await using var scope = app.Services.CreateAsyncScope();
            while (!await HasOrganisations(scope.ServiceProvider.GetRequiredService<ZhengtongDb>()) && !preparing.IsCompleted) { await Task.Delay(5); }
            await kill.CancelAsync();
            await Should.ThrowAsync<Exception>(preparing);
        }

        SqliteConnection.ClearAllPools();
        var completed = await PrepareAsync(demo: true);
        completed.Organisations.ShouldBe(80);
        completed.Resources.ShouldBeGreaterThanOrEqualTo(20);
    }

    [Fact]
    public async Task Start_AsTheRealPlatform_OnTheDemonstration_IsRefused()
    {
        await PrepareAsync(demo: true);
        await Should.ThrowAsync<RefusedToStartException>(PrepareAsync(demo: false));
    }

    [Fact]
    public async Task Start_AsTheDemonstration_OnRealData_IsRefused()
    {
        await using (var app = Build(demo: false))
        {
            await app.PrepareOnCopyAsync();
            await using var scope = app.Services.CreateAsyncScope();
            var db = scope.ServiceProvider.GetRequiredService<ZhengtongDb>();
            var region = Zhengtong.Kernel.Regions.RegionCode.Parse("71");
            if (!await db.Regions.AnyAsync(r => r.Code == region)) { db.Regions.Add(new() { Code = region, Name = "Region", Level = region.Level }); }
            db.Organisations.Add(new()
            {
                Id = Guid.CreateVersion7(TimeProvider.System.GetUtcNow()),
                CreditCode = Codes.Body("71", 1),
                Name = "A real department",
                ShortName = "Real",
                Region = region,
                Kind = Zhengtong.Kernel.Organisations.OrganisationKind.Department,
            });
            await db.SaveChangesAsync();
        }

        await Should.ThrowAsync<RefusedToStartException>(PrepareAsync(demo: true));
    }

    private static async Task<bool> HasOrganisations(ZhengtongDb db)
    {
        try { return await db.Organisations.AnyAsync(); }
        catch (System.Data.Common.DbException) { return false; } // the tables are not there yet
    }

    private WebApplication Build(bool demo) => Platform.Build(new Deployment(folder, database, "http://127.0.0.1:0", demo),
        builder => builder.Configuration["Demonstration:Share"] = "0.01");

    private async Task<Counts> PrepareAsync(bool demo)
    {
        await using var app = Build(demo);
        await app.PrepareOnCopyAsync();
        await using var scope = app.Services.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<ZhengtongDb>();
        return new Counts(await db.Regions.CountAsync(r => ((string)(object)r.Code).StartsWith("99")), await db.Organisations.CountAsync(), await db.Users.CountAsync(), await db.Resources.CountAsync());
    }

    private sealed record Counts(int Regions, int Organisations, int Users, int Resources);
}
