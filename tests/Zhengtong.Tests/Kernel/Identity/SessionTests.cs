using System.Net;
using System.Net.Http.Json;
using Microsoft.AspNetCore.Identity;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Organisations;
using Zhengtong.Kernel.Regions;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Kernel.Identity;

/// <summary>How long a session lasts.</summary>
public sealed class SessionTests
{
    [Fact]
    public async Task Session_KeptAwakeByAPerson_ButNotByAnOpenPage()
    {
        var clock = new MovableClock();
        await using var own = await OwnPlatform.StartAsync(b => b.Services.AddSingleton<TimeProvider>(clock));
        var visitor = await SignInAsync(own);

        // Past the middle of the 30 minutes an act renews the session; what an open page asks for does not.
        clock.Ahead = TimeSpan.FromMinutes(20);
        (await visitor.GetAsync($"/live/deliveries/{Guid.Empty}")).Headers.Contains("Set-Cookie").ShouldBeFalse();
        (await visitor.GetAsync("/work")).Headers.Contains("Set-Cookie").ShouldBeTrue();
        clock.Ahead = TimeSpan.FromMinutes(45);
        (await visitor.GetAsync($"/live/deliveries/{Guid.Empty}")).StatusCode.ShouldBe(HttpStatusCode.OK);
        clock.Ahead = TimeSpan.FromMinutes(51);
        (await visitor.GetAsync("/api/v1/me")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    private static async Task<HttpClient> SignInAsync(OwnPlatform own)
    {
        await using var scope = own.App.Services.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<ZhengtongDb>();
        var now = TimeProvider.System.GetUtcNow();
        var department = new Organisation
        {
            Id = Guid.CreateVersion7(now), CreditCode = CreditCode.FromBody("11610000000000001"), Name = "Department", ShortName = "Dept", Region = RegionCode.Parse("610000"), Kind = OrganisationKind.Department,
        };
        db.Organisations.Add(department);
        await db.SaveChangesAsync();
        var (officer, _) = await Accounts.CreateAsync(db, scope.ServiceProvider.GetRequiredService<UserManager<Officer>>(), Actor.Platform, "officer", "Officer", department.Id, PlatformFixture.Password, [Role.DepartmentOfficer], now);
        var visitor = own.Visitor();
        (await visitor.PostAsJsonAsync("/api/v1/session", new { officer.UserName, PlatformFixture.Password })).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        return visitor;
    }
}
