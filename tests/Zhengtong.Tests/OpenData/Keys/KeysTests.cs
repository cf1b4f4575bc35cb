using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Identity;
using Zhengtong.OpenData.Keys;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.OpenData.Keys;

[OnDatabase]
public sealed class KeysTests(PlatformFixture platform)
{
    [Fact]
    public async Task Create_ThenCall_ThenRotateAndRevoke_EachHoldsAtOnce()
    {
        var visitor = platform.Visitor();
        var made = await Take(visitor);
        var (id, token) = (made.GetProperty("id").GetGuid(), made.GetProperty("token").GetString()!);
        token.ShouldMatch("^ztk_[0-9a-f]{64}$");
        (await Call(visitor, token)).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await Call(visitor, token)).StatusCode.ShouldBe(HttpStatusCode.OK);
        await platform.App.Services.GetRequiredService<PublicLimits>().SaveAsync(CancellationToken.None);
        var read = await Send(visitor, HttpMethod.Get, "/api/v1/developer-keys/current", token);
        var usage = (await read.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("usage");
        usage.EnumerateArray().Sum(u => u.GetProperty("calls").GetInt64()).ShouldBe(2);
        usage[0].GetProperty("interface").GetString().ShouldBe("ogc");

        var rotated = await (await Send(visitor, HttpMethod.Post, "/api/v1/developer-keys/current/rotation", token)).Content.ReadFromJsonAsync<JsonElement>();
        var fresh = rotated.GetProperty("token").GetString()!;
        (await (await Call(visitor, token)).ReadProblemCode()).ShouldBe("open-data.key-unknown");
        (await Call(visitor, fresh)).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await Send(visitor, HttpMethod.Delete, "/api/v1/developer-keys/current", fresh)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        var refused = await Call(visitor, fresh);
        refused.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        (await (await Send(visitor, HttpMethod.Delete, "/api/v1/developer-keys/current", fresh)).ReadProblemCode()).ShouldBe("open-data.key-not-found");

        var events = await platform.WithDb(db => db.Ledger.Where(e => e.Subject == id.ToString()).Select(e => e.Event).ToListAsync());
        events.Order().ShouldBe(["open-data.key-created", "open-data.key-revoked", "open-data.key-rotated"]);
        var kept = await platform.WithDb(db => db.DeveloperKeys.AsNoTracking().SingleAsync(k => k.Id == id));
        kept.TokenHash.ShouldNotContain(fresh[4..]);
        kept.Beginning.ShouldBe(fresh[..12]);
    }

    [Fact]
    public async Task Create_Invalid_NamesEveryFault()
    {
        var answer = await platform.Visitor().PostAsJsonAsync("/api/v1/developer-keys", new { name = "x", mail = "no mail", scopes = Array.Empty<string>() });
        answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        var errors = (await answer.ReadProblem()).GetProperty("errors").EnumerateObject().Select(e => e.Name).Order();
        errors.ShouldBe(["mail", "name", "scopes"]);
    }

    [Fact]
    public async Task Call_WithoutTheScope_IsRefusedByItsName()
    {
        var token = (await Take(platform.Visitor(), "catalogue")).GetProperty("token").GetString()!;
        var answer = await Call(platform.Visitor(), token);
        answer.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        (await answer.ReadProblemCode()).ShouldBe("open-data.key-scope-missing");
    }

    [Fact]
    public async Task Call_AsVisitor_EndsAtTheLimitAndAKeyGoesOn()
    {
        await using var own = await OwnPlatform.StartAsync(b =>
        {
            b.Configuration["OpenData:Limits:VisitorPerMinute"] = "3";
            b.Configuration["OpenData:Limits:KeyPerMinute"] = "50";
            b.Configuration["OpenData:Limits:KeyPerDay"] = "5";
        });
        var visitor = own.Visitor();
        foreach (var left in new[] { 2, 1, 0 })
        {
            var answer = await visitor.GetAsync("/ogc/conformance");
            answer.StatusCode.ShouldBe(HttpStatusCode.OK);
            answer.Headers.GetValues("RateLimit-Policy").Single().ShouldBe("\"minute\";q=3;w=60, \"day\";q=20000;w=86400");
            answer.Headers.GetValues("RateLimit").Single().ShouldStartWith($"\"minute\";r={left};");
        }

        var stopped = await visitor.GetAsync("/ogc/conformance");
        stopped.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        stopped.Headers.RetryAfter!.Delta!.Value.ShouldBeGreaterThan(TimeSpan.Zero);
        (await stopped.ReadProblemCode()).ShouldBe("open-data.too-many");

        var token = (await Take(visitor)).GetProperty("token").GetString()!;
        for (var n = 0; n < 5; n++) { (await Call(visitor, token)).StatusCode.ShouldBe(HttpStatusCode.OK); }
        var spent = await Call(visitor, token);
        spent.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        spent.Headers.GetValues("RateLimit").Single().ShouldContain("\"day\";r=0;");
        // The day ends at most 24 hours later.
        spent.Headers.RetryAfter!.Delta!.Value.ShouldBeLessThanOrEqualTo(TimeSpan.FromDays(1));
        // In OData's own shape.
        var odata = await Send(visitor, HttpMethod.Get, "/odata", token);
        odata.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        (await odata.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("error").GetProperty("code").GetString().ShouldBe("TooManyRequests");
    }

    [Fact]
    public async Task Save_WhatAnotherProcessCounted_CountsToo()
    {
        await using var own = await OwnPlatform.StartAsync(b => b.Configuration["OpenData:Limits:KeyPerDay"] = "10");
        var visitor = own.Visitor();
        var made = await Take(visitor);
        var (id, token) = (made.GetProperty("id").GetGuid(), made.GetProperty("token").GetString()!);
        (await Call(visitor, token)).StatusCode.ShouldBe(HttpStatusCode.OK);
        var limits = own.App.Services.GetRequiredService<PublicLimits>();
        await limits.SaveAsync(CancellationToken.None);
        // As the other process would add it.
        (await own.WithDb(db => db.KeyUsages.Where(u => u.KeyId == id).ExecuteUpdateAsync(s => s.SetProperty(u => u.Calls, u => u.Calls + 8)))).ShouldBe(1);
        await limits.SaveAsync(CancellationToken.None);
        (await Call(visitor, token)).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await Call(visitor, token)).StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        await limits.SaveAsync(CancellationToken.None);
        var usage = await own.WithDb(db => db.KeyUsages.AsNoTracking().SingleAsync(u => u.KeyId == id));
        (usage.Calls, usage.Refused).ShouldBe((10, 1));
    }

    [Fact]
    public async Task Create_FromOneAddressTooOften_IsRefused()
    {
        await using var own = await OwnPlatform.StartAsync(b => b.Configuration["OpenData:Limits:KeysPerAddress"] = "2");
        var visitor = own.Visitor();
        await Take(visitor);
        await Take(visitor);
        var third = await visitor.PostAsJsonAsync("/api/v1/developer-keys", new { name = "Third", scopes = new[] { "rows" } });
        third.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        (await third.ReadProblemCode()).ShouldBe("open-data.too-many-keys");
    }

    [Fact]
    public async Task SetLimits_ByTheOperatorAlone_HoldAtOnce()
    {
        var made = await Take(platform.Visitor());
        var (id, token) = (made.GetProperty("id").GetGuid(), made.GetProperty("token").GetString()!);
        (await Call(platform.Visitor(), token)).StatusCode.ShouldBe(HttpStatusCode.OK);
        var body = new { perMinute = 5000, perDay = 1L, reason = "agreed", revision = 1 };
        (await (await platform.Visitor().PutAsJsonAsync($"/api/v1/developer-keys/{id}/limits", body)).ReadProblemCode()).ShouldBe("kernel.not-signed-in");
        var officer = await platform.SignedIn(await platform.Department(), Role.DepartmentOfficer);
        (await (await officer.PutAsJsonAsync($"/api/v1/developer-keys/{id}/limits", body)).ReadProblemCode()).ShouldBe("kernel.forbidden");
        (await (await officer.GetAsync("/api/v1/developer-keys")).ReadProblemCode()).ShouldBe("kernel.forbidden");

        var operating = await platform.SignedIn(await platform.Department(), Role.PlatformOperator);
        (await (await operating.PutAsJsonAsync($"/api/v1/developer-keys/{Guid.Empty}/limits", body)).ReadProblemCode()).ShouldBe("open-data.key-not-found");
        (await operating.PutAsJsonAsync($"/api/v1/developer-keys/{id}/limits", body)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await (await operating.PutAsJsonAsync($"/api/v1/developer-keys/{id}/limits", body)).ReadProblemCode()).ShouldBe("open-data.changed-meanwhile");
        var answer = await Call(platform.Visitor(), token);
        answer.Headers.GetValues("RateLimit-Policy").Single().ShouldContain("\"minute\";q=5000;w=60, \"day\";q=1;w=86400");
        var listed = await operating.GetFromJsonAsync<JsonElement>("/api/v1/developer-keys");
        listed.GetProperty("items").EnumerateArray().ShouldContain(k => k.GetProperty("id").GetGuid() == id && k.GetProperty("perDay").GetInt64() == 1);
    }

    [Fact]
    public async Task Page_TakesAKeyShowsItsUsageAndGivesItBack_WithoutScript()
    {
        var visitor = platform.Visitor();
        var faulty = await visitor.Submit("/open/developers", "take-key", ("name", ""), ("mail", "a@b.cn"));
        faulty.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await faulty.Content.ReadAsStringAsync()).ShouldContain("value=\"a@b.cn\"");

        var taken = await (await visitor.Submit("/open/developers", "take-key", ("name", "<script>alert(1)</script>"), ("scopes", "Rows"))).Content.ReadAsStringAsync();
        var token = System.Text.RegularExpressions.Regex.Match(taken, "ztk_[0-9a-f]{64}").Value;
        token.ShouldNotBeEmpty();
        (await Call(visitor, token)).StatusCode.ShouldBe(HttpStatusCode.OK);
        await platform.App.Services.GetRequiredService<PublicLimits>().SaveAsync(CancellationToken.None);
        var shown = await (await visitor.Submit("/open/developers", "have-key", ("token", token), ("act", "usage"))).Content.ReadAsStringAsync();
        shown.ShouldContain("&lt;script&gt;");
        shown.ShouldNotContain("<script>alert");
        shown.ShouldContain(">ogc<");
        shown.ShouldNotContain(token);
        (await visitor.Submit("/open/developers", "have-key", ("token", token), ("act", "revoke"))).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await Call(visitor, token)).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        (await visitor.Submit("/open/developers", "have-key", ("token", token), ("act", "usage"))).StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    private static async Task<JsonElement> Take(HttpClient client, params string[] scopes)
    {
        var made = await client.PostAsJsonAsync("/api/v1/developer-keys", new { name = "A travel app", scopes = scopes.Length > 0 ? scopes : ["catalogue", "rows"] });
        made.StatusCode.ShouldBe(HttpStatusCode.Created);
        return await made.Content.ReadFromJsonAsync<JsonElement>();
    }

    private static Task<HttpResponseMessage> Call(HttpClient client, string token) => Send(client, HttpMethod.Get, "/ogc/conformance", token);

    private static async Task<HttpResponseMessage> Send(HttpClient client, HttpMethod method, string address, string token)
    {
        using var request = new HttpRequestMessage(method, address);
        request.Headers.Add("X-API-Key", token);
        return await client.SendAsync(request);
    }
}
