using System.Globalization;
using System.Security.Claims;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using OpenIddict.Abstractions;
using Zhengtong.Cloud.Model;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Identity.Slices;
using Zhengtong.Kernel.Secrets;

namespace Zhengtong.Cloud.OpenStack;

internal static class IssueProjectToken
{
    private const string Subject = "X-Subject-Token";

    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/identity/v3/auth/tokens", Handle);

    /// <summary>Make a token: of an officer by password (with <c>totp</c> where the account has codes), of a program by its id and secret as application credential, or of a caller's token another for another project.
    /// Wrong passwords count as they do at the sign-in page.</summary>
    internal static async Task<Results<JsonHttpResult<JsonObject>, OpenStackRefusal>> Handle(
        HttpContext http, UserManager<Officer> users, IOpenIddictApplicationManager applications, ZhengtongDb db, Vault vault, IdentityPolicy policy, ProjectTokens tokens, TimeProvider clock, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        if (await OpenStackBody.ReadAsync(http, ct) is not { } body || body.At("auth", "identity") is not { } identity || identity.At("methods") is not { ValueKind: JsonValueKind.Array } named)
        {
            return OpenStackRefusal.BadRequest(Text.Of("cloud.openstack.body"));
        }

        var methods = named.EnumerateArray().Select(m => m.ValueKind == JsonValueKind.String ? m.GetString() : null).Take(3).ToList();
        var (draft, refusal) = methods switch
        {
            ["password"] or ["password", "totp"] or ["totp", "password"] => await OfficerAsync(identity, users, db, vault, policy, tokens, now, ct),
            ["application_credential"] => await ProgramAsync(identity, applications, db, tokens, now, ct),
            ["token"] => tokens.Read(identity.TextAt("token", "id")) is { } before ? (before with { Project = null, IssuedAt = now }, null) : (null, OpenStackRefusal.Unauthorized(Text.Of("cloud.openstack.token-needed"))),
            _ => (null, OpenStackRefusal.Unauthorized(Text.Of("cloud.openstack.methods"))),
        };
        if (draft is null) { return refusal!; }
        if (await ProjectTokenScheme.IdentityOfAsync(db, policy, draft, ct) is not { } caller) { return OpenStackRefusal.Unauthorized(Text.Of("cloud.openstack.token-needed")); }
        var actor = Actor.Of(new ClaimsPrincipal(caller));
        var (project, outside) = await ProjectAsync(body, identity, methods[0] == "application_credential", actor, db, ct);
        if (outside is not null) { return outside; }

        var token = draft with { Project = project?.Id };
        http.Response.Headers[Subject] = tokens.Write(token);
        http.Response.Headers.Append("Vary", ProjectTokenScheme.Header);
        return TypedResults.Json(new JsonObject { ["token"] = Shown(token, methods, actor, project, OpenStackBody.RootOf(http)) }, statusCode: 201);
    }

    private static async Task<(ProjectToken? Token, OpenStackRefusal? Refusal)> OfficerAsync(
        JsonElement identity, UserManager<Officer> users, ZhengtongDb db, Vault vault, IdentityPolicy policy, ProjectTokens tokens, DateTimeOffset now, CancellationToken ct)
    {
        if (identity.At("password", "user") is not { } user || user.TextAt("password") is not { Length: > 0 and <= 200 } password) { return (null, OpenStackRefusal.BadRequest(Text.Of("cloud.openstack.body"))); }
        var name = user.TextAt("id") is { } id ? (Guid.TryParse(id, out var key) ? await db.Users.Where(o => o.Id == key).Select(o => o.UserName).SingleOrDefaultAsync(ct) : null) ?? "" : user.TextAt("name") ?? "";
        if (name.Length > 100 || !Projects.IsDomain(user)) { name = ""; }
        var (officer, refusal) = await SignIn.ProveAsync(new SignInRequest(name, password, identity.TextAt("totp", "user", "passcode")), users, db, vault, policy, now, ct);
        // All that is wrong is said with one status, as clients expect; which it was stands in the sentence.
        if (officer is null) { return (null, OpenStackRefusal.Unauthorized(refusal!.ProblemDetails.Title!)); }
        var secondFactor = SignIn.SecondFactorOf(officer);
        if (!await SignIn.WriteDownAsync(db, officer, secondFactor, now, ct)) { return (null, OpenStackRefusal.Unauthorized(KernelProblems.LockedOut.Title)); }
        return (new ProjectToken(officer.Id, IsProgram: false, officer.SecurityStamp!, secondFactor is not null, null, now, now + tokens.Lifetime), null);
    }

    private static async Task<(ProjectToken? Token, OpenStackRefusal? Refusal)> ProgramAsync(JsonElement identity, IOpenIddictApplicationManager applications, ZhengtongDb db, ProjectTokens tokens, DateTimeOffset now, CancellationToken ct)
    {
        var wrong = (default(ProjectToken), OpenStackRefusal.Unauthorized(Text.Of("cloud.openstack.credential-wrong")));
        if (identity.TextAt("application_credential", "secret") is not { Length: > 0 and <= 200 } secret || !Guid.TryParse(CredentialOf(identity).Client, out var id)) { return wrong; }
        if (await db.ApiClients.AsNoTracking().SingleOrDefaultAsync(c => c.Id == id && c.RevokedAt == null, ct) is not { } client) { return wrong; }
        if (await applications.FindByClientIdAsync(client.ClientId, ct) is not { } application || !await applications.ValidateClientSecretAsync(application, secret, ct)) { return wrong; }
        return (new ProjectToken(client.Id, IsProgram: true, client.SecretGeneration.ToString(CultureInfo.InvariantCulture), HasSecondFactor: false, null, now, now + tokens.Lifetime), null);
    }

    /// <summary>An application credential is for one project; ours names it behind the program's id: <c>PROGRAM@PROJECT</c>.</summary>
    private static (string? Client, string? Project) CredentialOf(JsonElement identity) =>
        identity.TextAt("application_credential", "id")?.Split('@') switch { [var client] => (client, null), [var client, var project] => (client, project), _ => (null, null) };

    private static async Task<(BusinessSystem? Project, OpenStackRefusal? Refusal)> ProjectAsync(JsonElement body, JsonElement identity, bool isCredential, Actor actor, ZhengtongDb db, CancellationToken ct)
    {
        var scope = body.At("auth", "scope");
        if (isCredential)
        {
            if (scope is not null) { return (null, OpenStackRefusal.BadRequest(Text.Of("cloud.openstack.credential-scope"))); }
            if (CredentialOf(identity).Project is { } own) { return Guid.TryParse(own, out var one) && await Projects.Of(db, actor).SingleOrDefaultAsync(s => s.Id == one, ct) is { } found ? (found, null) : Refused(); }
            return await Projects.Of(db, actor).OrderBy(s => s.Id).Take(2).ToListAsync(ct) is [var only] ? (only, null) : (null, OpenStackRefusal.Unauthorized(Text.Of("cloud.openstack.credential-project")));
        }

        if (scope is not { ValueKind: JsonValueKind.Object } scoped) { return (null, null); }
        if (scoped.At("project") is not { } named) { return (null, OpenStackRefusal.Forbidden(Text.Of("cloud.openstack.scope"))); }
        var projects = Projects.Of(db, actor);
        var project = named.TextAt("id") is { } id ? (Guid.TryParse(id, out var key) ? await projects.SingleOrDefaultAsync(s => s.Id == key, ct) : null)
            : named.TextAt("name") is { Length: <= 100 } name && Projects.IsDomain(named) ? await projects.SingleOrDefaultAsync(s => s.Name == name, ct) : null;
        return project is null ? Refused() : (project, null);

        // As for a wrong password: which projects there are is not told.
        static (BusinessSystem?, OpenStackRefusal?) Refused() => (null, OpenStackRefusal.Unauthorized(Text.Of("cloud.openstack.project-unknown")));
    }

    private static JsonObject Shown(ProjectToken token, IReadOnlyList<string?> methods, Actor actor, BusinessSystem? project, string root)
    {
        var shown = new JsonObject
        {
            ["methods"] = new JsonArray([.. methods.Select(m => JsonValue.Create(m))]),
            ["user"] = new JsonObject { ["id"] = $"{actor.Id:N}", ["name"] = actor.Name, ["domain"] = Projects.DomainShown, ["password_expires_at"] = null },
            ["audit_ids"] = new JsonArray($"{token.Caller:N}"[..22]),
            ["issued_at"] = At(token.IssuedAt), ["expires_at"] = At(token.ExpiresAt),
        };
        if (project is null) { return shown; }

        shown["project"] = new JsonObject { ["id"] = $"{project.Id:N}", ["name"] = project.Name, ["domain"] = Projects.DomainShown };
        shown["is_domain"] = false;
        shown["roles"] = new JsonArray([.. new[] { actor.May(Right.Apply) ? "member" : null, actor.May(Right.ReadWork) ? "reader" : null }.OfType<string>().Select(r => new JsonObject { ["id"] = r, ["name"] = r })]);
        shown["catalog"] = new JsonArray(
            Service("identity", "keystone", $"{root}/identity/v3"), Service("compute", "nova", $"{root}/compute/v2.1"), Service("image", "glance", $"{root}/image"));
        return shown;
    }

    private static JsonObject Service(string type, string name, string url) => new()
    {
        ["id"] = type, ["type"] = type, ["name"] = name,
        ["endpoints"] = new JsonArray(new JsonObject { ["id"] = $"{type}-public", ["interface"] = "public", ["region"] = "RegionOne", ["region_id"] = "RegionOne", ["url"] = url }),
    };

    private static string At(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);
}
