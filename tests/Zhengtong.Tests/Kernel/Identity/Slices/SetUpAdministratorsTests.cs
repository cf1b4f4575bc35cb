using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using OpenIddict.Abstractions;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Organisations;
using Zhengtong.Kernel.Regions;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Kernel.Identity.Slices;

[OnDatabase]
public sealed class SetUpAdministratorsTests
{
    private const string Password = "Kaifeng-lamp-7702-river";

    [Fact]
    public async Task Post_FirstSetUp_WorksOnceAndTheLastOfEachStays()
    {
        await using var platform = await OwnPlatform.StartAsync();
        await platform.WithDb(async db =>
        {
            var code = RegionCode.Parse("610000");
            if (!await db.Regions.AnyAsync(r => r.Code == code)) { db.Regions.Add(new Region { Code = code, Name = "Shaanxi", Level = code.Level }); }
            return await db.SaveChangesAsync();
        });
        var file = Path.Combine(platform.Folder, "setup-token");
        File.GetUnixFileMode(file).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        var token = (await File.ReadAllTextAsync(file)).Trim();

        (await (await SetUp(platform, "wrong")).ReadProblemCode()).ShouldBe("kernel.set-up-token-wrong");
        (await (await SetUp(platform, token, audit: "system.one")).ReadProblem()).GetProperty("errors").EnumerateObject().Single().Name.ShouldBe("audit.userName");
        (await (await SetUp(platform, token, password: "Password1234")).ReadProblem()).GetProperty("errors").EnumerateObject().Count().ShouldBe(3);

        var responses = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => SetUp(platform, token)));
        responses.Count(r => r.StatusCode == HttpStatusCode.NoContent).ShouldBe(1);
        (await platform.WithDb(db => db.Posts.CountAsync())).ShouldBe(3);
        (await platform.WithDb(db => db.Ledger.CountAsync(e => e.Event == "kernel.administrators-set-up"))).ShouldBe(1);
        File.Exists(file).ShouldBeFalse();
        (await (await SetUp(platform, token)).ReadProblemCode()).ShouldBe("kernel.set-up-done");

        await OnlyTheLastIsKeptAsync(platform);
    }

    [Fact]
    public async Task Use_ExpiredToken_Is401()
    {
        var clock = new MovableClock();
        await using var platform = await OwnPlatform.StartAsync(b => b.Services.AddSingleton<TimeProvider>(clock));
        var organisation = await Organisation(platform);
        await using var scope = platform.App.Services.CreateAsyncScope();
        var (client, secret) = await ApiClients.CreateAsync(scope.ServiceProvider.GetRequiredService<ZhengtongDb>(), scope.ServiceProvider.GetRequiredService<IOpenIddictApplicationManager>(),
            Actor.Platform, organisation.Id, "Program", ["work"], clock.GetUtcNow(), CancellationToken.None);
        var answer = await platform.Visitor().PostAsync("/connect/token", new FormUrlEncodedContent(new Dictionary<string, string>
        {
            ["grant_type"] = "client_credentials", ["client_id"] = client.ClientId, ["client_secret"] = secret,
        }));
        var caller = platform.Visitor();
        caller.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("access_token").GetString());
        (await caller.GetAsync("/api/v1/me")).StatusCode.ShouldBe(HttpStatusCode.OK);
        clock.Ahead = TimeSpan.FromHours(1);
        (await (await caller.GetAsync("/api/v1/me")).ReadProblemCode()).ShouldBe("kernel.not-signed-in");
    }

    /// <summary>Two system administrators lock each other at the same moment: one stays. The last security administrator keeps the post.</summary>
    private static async Task OnlyTheLastIsKeptAsync(OwnPlatform platform)
    {
        var organisation = await platform.WithDb(db => db.Organisations.Where(o => o.Kind == OrganisationKind.Operator).SingleAsync());
        var first = await platform.WithDb(db => db.Users.SingleAsync(o => o.UserName == "system.one"));
        var security = await platform.WithDb(db => db.Users.SingleAsync(o => o.UserName == "security.one"));
        var asFirst = await SignedIn(platform, first);
        (await (await asFirst.PostAsJsonAsync($"/api/v1/accounts/{first.Id}/lock", new { reason = "why" })).ReadProblemCode()).ShouldBe("kernel.last-administrator");
        (await (await asFirst.PostAsJsonAsync($"/api/v1/accounts/{security.Id}/lock", new { reason = "why" })).ReadProblemCode()).ShouldBe("kernel.last-administrator");

        for (var round = 0; round < 3; round++)
        {
            var second = await Administrator(platform, organisation, Role.SystemAdministrator);
            var asSecond = await SignedIn(platform, second);
            var both = await Task.WhenAll(
                asFirst.PostAsJsonAsync($"/api/v1/accounts/{second.Id}/lock", new { reason = "why" }),
                asSecond.PostAsJsonAsync($"/api/v1/accounts/{first.Id}/lock", new { reason = "why" }));
            both.Count(r => r.StatusCode == HttpStatusCode.NoContent).ShouldBeLessThanOrEqualTo(1);
            (await platform.WithDb(db => db.Users.CountAsync(o => o.LockedAt == null && o.Posts.Any(p => p.Role == Role.SystemAdministrator)))).ShouldBeGreaterThanOrEqualTo(1);
            (first, asFirst) = (await platform.WithDb(db => db.Users.AnyAsync(o => o.Id == first.Id && o.LockedAt == null))) ? (first, asFirst) : (second, asSecond);
        }
    }

    private static async Task<Officer> Administrator(OwnPlatform platform, Organisation organisation, Role role)
    {
        await using var scope = platform.App.Services.CreateAsyncScope();
        var now = TimeProvider.System.GetUtcNow();
        return (await Accounts.CreateAsync(scope.ServiceProvider.GetRequiredService<ZhengtongDb>(), scope.ServiceProvider.GetRequiredService<Microsoft.AspNetCore.Identity.UserManager<Officer>>(),
            Actor.Platform, $"more.{Guid.CreateVersion7(now):N}", "One more", organisation.Id, Password, [role], now)).Officer;
    }

    /// <summary>Signs in and sets one-time codes up, so that the administrator may act.</summary>
    private static async Task<HttpClient> SignedIn(OwnPlatform platform, Officer officer)
    {
        var client = platform.Visitor();
        (await SignInTests.SignIn(client, officer.UserName!, Password)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        var key = OneTimeCodeTests.FromBase32((await (await client.PostAsync("/api/v1/me/codes", null)).Content.ReadFromJsonAsync<JsonElement>()).GetProperty("key").GetString()!);
        var code = OneTimeCode.At(key, OneTimeCode.StepOf(TimeProvider.System.GetUtcNow()));
        (await client.PostAsJsonAsync("/api/v1/me/codes/confirmation", new { code })).StatusCode.ShouldBe(HttpStatusCode.OK);
        return client;
    }

    private static Task<HttpResponseMessage> SetUp(OwnPlatform platform, string token, string audit = "audit.one", string password = Password) =>
        platform.Visitor().PostAsJsonAsync("/api/v1/setup", new
        {
            token, organisationName = "省电子政务中心", creditCode = CreditCode.FromBody("12610000000000001").Value, region = "610000",
            system = new { userName = "system.one", displayName = "System", password },
            security = new { userName = "security.one", displayName = "Security", password },
            audit = new { userName = audit, displayName = "Audit", password },
        });

    private static Task<Organisation> Organisation(OwnPlatform platform) => platform.WithDb(async db =>
    {
        var code = RegionCode.Parse("610000");
        if (!await db.Regions.AnyAsync(r => r.Code == code)) { db.Regions.Add(new Region { Code = code, Name = "Shaanxi", Level = code.Level }); }
        var organisation = new Organisation
        {
            Id = Guid.CreateVersion7(TimeProvider.System.GetUtcNow()), CreditCode = CreditCode.FromBody("12610000000000001"), Name = "Centre", ShortName = "Centre", Region = code, Kind = OrganisationKind.Operator,
        };
        db.Organisations.Add(organisation);
        await db.SaveChangesAsync();
        return organisation;
    });
}
