using System.Net;
using System.Net.Http.Json;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using Zhengtong.Cloud.Engines;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Identity.Slices;
using Zhengtong.Kernel.Organisations;
using Zhengtong.Kernel.Regions;
using Zhengtong.Kernel.Secrets;
using Zhengtong.Tests.Cloud.Engines;
using Zhengtong.Tests.Support;

[assembly: AssemblyFixture(typeof(PlatformFixture))]

namespace Zhengtong.Tests.Support;

/// <summary>One real platform for the whole run: real HTTP on a free loopback port, a real database. SQLite, or PostgreSQL when
/// ZHENGTONG_TEST_POSTGRES names a server. Tests share it, so each makes its own organisations.</summary>
public sealed class PlatformFixture : IAsyncLifetime
{
    private readonly string folder = Directory.CreateTempSubdirectory("zhengtong-test-").FullName;
    private readonly SemaphoreSlim regions = new(1);
    private readonly SemaphoreSlim administrators = new(1);
    private int serial;

    /// <summary>The server's connection string without a database, or null when the run is on SQLite.</summary>
    public static string? PostgresServer => Environment.GetEnvironmentVariable("ZHENGTONG_TEST_POSTGRES") is { Length: > 0 } value ? value : null;

    internal WebApplication App { get; private set; } = null!;

    /// <summary>Further settings, for a platform beside the run's.</summary>
    internal Action<WebApplicationBuilder>? Configure { get; init; }

    internal Uri Address => new(App.Urls.First());

    public async ValueTask InitializeAsync()
    {
        var database = PostgresServer is null ? null : await CreatePostgresDatabaseAsync();
        App = Platform.Build(new Deployment(folder, database, "http://127.0.0.1:0", Demo: false), b =>
        {
            // All tests come from one address.
            b.Configuration["Http:PerMinute:Visitor"] = "0";
            b.Configuration["Http:PerMinute:SignedIn"] = "0";
            b.Configuration["OpenData:Limits:VisitorPerMinute"] = "0";
            b.Configuration["OpenData:Limits:KeysPerAddress"] = "0";
            b.Configuration["Http:Downloads"] = "0";
            b.Configuration["OpenData:Reuse:WritingsPerAddress"] = "0";
            b.Configuration["OpenData:Reuse:MailsPerAddress"] = "0";
            // Brokers of tests stand on this machine.
            b.Configuration["Cloud:Brokers:ForbiddenNetworks"] = "";
            b.Services.AddSingleton<IEngineDriver, PretendDriver>();
            b.HashPasswordsQuickly();
            Configure?.Invoke(b);
        });
        await App.PrepareOnCopyAsync();
        await App.StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (App is not null)
        {
            await App.StopAsync();
            await App.DisposeAsync();
        }

        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        Directory.Delete(folder, recursive: true);
    }

    /// <summary>A fresh database: empty on the server that is named, already migrated on the test server when none is.</summary>
    public static async Task<string> CreatePostgresDatabaseAsync(string? server = null)
    {
        var name = $"zt_{Guid.CreateVersion7(TimeProvider.System.GetUtcNow()):N}";
        var template = server is null ? $" TEMPLATE {await MigratedDatabase.TemplateAsync()}" : "";
        await using var connection = new NpgsqlConnection(server ?? PostgresServer);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand($"CREATE DATABASE {name}{template}", connection);
        await command.ExecuteNonQueryAsync();
        // Many platforms come and go in one run: their idle sessions may not use up the server's.
        return new NpgsqlConnectionStringBuilder(server ?? PostgresServer) { Database = name, ConnectionIdleLifetime = 15, ConnectionPruningInterval = 5 }.ConnectionString;
    }

    /// <summary>Runs with a scope's database, as a slice would.</summary>
    internal async Task<T> WithDb<T>(Func<ZhengtongDb, Task<T>> act)
    {
        await using var scope = App.Services.CreateAsyncScope();
        return await act(scope.ServiceProvider.GetRequiredService<ZhengtongDb>());
    }

    /// <summary>A client without a session, in English unless told otherwise.</summary>
    internal HttpClient Visitor(string language = "en")
    {
        var client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, CookieContainer = new CookieContainer() }) { BaseAddress = Address };
        client.DefaultRequestHeaders.AcceptLanguage.ParseAdd(language);
        return client;
    }

    /// <summary>A new department in Shaanxi.</summary>
    internal async Task<Organisation> Department(string? name = null, string region = "610000")
    {
        var n = Interlocked.Increment(ref serial);
        return await WithDb(async db =>
        {
            var code = RegionCode.Parse(region);
            await regions.WaitAsync();
            try
            {
                if (!await db.Regions.AnyAsync(r => r.Code == code))
                {
                    db.Regions.Add(new Region { Code = code, Name = $"Region {code}", Level = code.Level, Parent = code.Parent });
                    await db.SaveChangesAsync();
                }
            }
            finally { regions.Release(); }

            var organisation = new Organisation
            {
                Id = Guid.CreateVersion7(TimeProvider.System.GetUtcNow()),
                CreditCode = CreditCode.FromBody($"1161000000{n:D7}"),
                Name = name ?? $"Department {n}",
                ShortName = $"Dept {n}",
                Region = code,
                Kind = OrganisationKind.Department,
            };
            db.Organisations.Add(organisation);
            await db.SaveChangesAsync();
            return organisation;
        });
    }

    /// <summary>A new officer of the organisation with these roles; its password is <see cref="Password"/>.</summary>
    internal async Task<Officer> Officer(Organisation organisation, params Role[] roles)
    {
        var name = $"officer{Interlocked.Increment(ref serial)}";
        await using var scope = App.Services.CreateAsyncScope();
        // Of two administrators made at once one is refused as a concurrent change; tests that are not about that take turns.
        await administrators.WaitAsync();
        try
        {
            var (officer, result) = await Accounts.CreateAsync(
                scope.ServiceProvider.GetRequiredService<ZhengtongDb>(), scope.ServiceProvider.GetRequiredService<UserManager<Officer>>(),
                Actor.Platform, name, name, organisation.Id, Password, roles, TimeProvider.System.GetUtcNow());
            result.Succeeded.ShouldBeTrue(string.Join(", ", result.Errors.Select(e => e.Code)));
            return officer;
        }
        finally { administrators.Release(); }
    }

    /// <summary>Gives the officer one-time codes.</summary>
    internal async Task<byte[]> GiveCodes(Officer officer)
    {
        var secret = OneTimeCode.NewSecret();
        var sealedSecret = App.Services.GetRequiredService<Vault>().Seal(secret, SignIn.OneTimeCodePurpose(officer.Id));
        await WithDb(db => db.Users.Where(o => o.Id == officer.Id).ExecuteUpdateAsync(s => s.SetProperty(o => o.CodeSecret, sealedSecret).SetProperty(o => o.TwoFactorEnabled, true)));
        return secret;
    }

    /// <summary>A client signed in as a new officer of the organisation with these roles; administrators with a one-time code.</summary>
    internal async Task<HttpClient> SignedIn(Organisation organisation, params Role[] roles) => (await SignedInAs(organisation, roles)).Client;

    /// <summary>The same, with the officer.</summary>
    internal async Task<(HttpClient Client, Officer Officer)> SignedInAs(Organisation organisation, params Role[] roles)
    {
        var officer = await Officer(organisation, roles);
        var code = roles.Any(Rights.Administrators.Contains) ? OneTimeCode.At(await GiveCodes(officer), OneTimeCode.StepOf(TimeProvider.System.GetUtcNow())) : null;
        var client = Visitor();
        (await client.PostAsJsonAsync("/api/v1/session", new { officer.UserName, Password, code })).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        return (client, officer);
    }

    /// <summary>Long enough for any policy; made anew for each run.</summary>
    internal static readonly string Password = $"Zt-{Convert.ToHexStringLower(System.Security.Cryptography.RandomNumberGenerator.GetBytes(12))}!";
}
