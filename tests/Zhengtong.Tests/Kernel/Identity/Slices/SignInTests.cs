using System.Net;
using System.Net.Http.Json;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Identity;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Kernel.Identity.Slices;

[OnDatabase]
public sealed class SignInTests(PlatformFixture platform)
{
    [Fact]
    public async Task Post_WrongPasswordOrUnknownName_AreRefusedAlike()
    {
        var officer = await platform.Officer(await platform.Department(), Role.DepartmentOfficer);
        foreach (var name in new[] { officer.UserName!, "nobody-of-this-name" })
        {
            var response = await SignIn(platform.Visitor(), name, "Not-the-password-1");
            response.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
            (await response.ReadProblemCode()).ShouldBe("kernel.sign-in-failed");
        }
    }

    [Fact]
    public async Task Post_RightPassword_SetsASessionCookieThatScriptsCannotRead()
    {
        var officer = await platform.Officer(await platform.Department(), Role.DepartmentOfficer);
        var response = await SignIn(platform.Visitor(), officer.UserName!, PlatformFixture.Password);
        response.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        var cookie = response.Headers.GetValues("Set-Cookie").Single(c => c.StartsWith("zhengtong-session=", StringComparison.Ordinal));
        cookie.ShouldContain("httponly");
        cookie.ShouldContain("samesite=lax");
        (await platform.WithDb(db => db.Ledger.CountAsync(e => e.Subject == officer.Id.ToString() && e.Event == "kernel.signed-in"))).ShouldBe(1);
    }

    [Fact]
    public async Task Post_FiveWrongPasswords_LockTheAccountEvenForTheRightOne()
    {
        var officer = await platform.Officer(await platform.Department(), Role.DepartmentOfficer);
        for (var n = 0; n < 4; n++) { (await (await SignIn(platform.Visitor(), officer.UserName!, "Not-the-password-1")).ReadProblemCode()).ShouldBe("kernel.sign-in-failed"); }
        (await (await SignIn(platform.Visitor(), officer.UserName!, "Not-the-password-1")).ReadProblemCode()).ShouldBe("kernel.locked-out");
        var right = await SignIn(platform.Visitor(), officer.UserName!, PlatformFixture.Password);
        right.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        (await right.ReadProblemCode()).ShouldBe("kernel.locked-out");
        (await platform.WithDb(db => db.Ledger.CountAsync(e => e.Subject == officer.Id.ToString() && e.Event == "kernel.sign-in-refused"))).ShouldBe(5);
    }

    [Fact]
    public async Task Post_ManyWrongPasswordsAtOnce_AllCount()
    {
        var officer = await platform.Officer(await platform.Department(), Role.DepartmentOfficer);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => SignIn(platform.Visitor(), officer.UserName!, "Not-the-password-1")));
        (await (await SignIn(platform.Visitor(), officer.UserName!, PlatformFixture.Password)).ReadProblemCode()).ShouldBe("kernel.locked-out");
    }

    [Fact]
    public async Task Post_AccountWithCodes_NeedsOneAndTakesItOnce()
    {
        var officer = await platform.Officer(await platform.Department(), Role.DepartmentOfficer);
        var secret = await platform.GiveCodes(officer);
        (await (await SignIn(platform.Visitor(), officer.UserName!, PlatformFixture.Password)).ReadProblemCode()).ShouldBe("kernel.code-needed");
        (await (await SignIn(platform.Visitor(), officer.UserName!, PlatformFixture.Password, "12345x")).ReadProblemCode()).ShouldBe("kernel.code-wrong");
        var code = OneTimeCode.At(secret, OneTimeCode.StepOf(TimeProvider.System.GetUtcNow()));
        (await SignIn(platform.Visitor(), officer.UserName!, PlatformFixture.Password, code)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await (await SignIn(platform.Visitor(), officer.UserName!, PlatformFixture.Password, code)).ReadProblemCode()).ShouldBe("kernel.code-wrong");
    }

    [Fact]
    public async Task Delete_Session_EndsIt()
    {
        var (client, officer) = await platform.SignedInAs(await platform.Department(), Role.DepartmentOfficer);
        (await client.DeleteAsync("/api/v1/session")).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await (await client.PostAsJsonAsync("/api/v1/resources", new { })).ReadProblemCode()).ShouldBe("kernel.not-signed-in");
        (await platform.WithDb(db => db.Ledger.CountAsync(e => e.Subject == officer.Id.ToString() && e.Event == "kernel.signed-out"))).ShouldBe(1);
    }

    internal static Task<HttpResponseMessage> SignIn(HttpClient client, string userName, string password, string? code = null) =>
        client.PostAsJsonAsync("/api/v1/session", new { userName, password, code });
}
