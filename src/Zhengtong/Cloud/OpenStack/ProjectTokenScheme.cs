using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Identity.Slices;

namespace Zhengtong.Cloud.OpenStack;

/// <summary>Who calls with a token in X-Auth-Token. Sessions in cookies and OAuth's tokens open nothing here, nor these tokens anything elsewhere.</summary>
internal sealed class ProjectTokenScheme(
    IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder, ProjectTokens tokens, ZhengtongDb db, IdentityPolicy policy) : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    internal const string Name = "openstack-project-token";
    internal const string ProjectClaim = "zt:openstack-project";
    internal const string Header = "X-Auth-Token";

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        if (Request.Headers[Header] is not [{ Length: > 0 } text]) { return AuthenticateResult.NoResult(); }
        if (tokens.Read(text) is not { } token || await IdentityOfAsync(db, policy, token, Context.RequestAborted) is not { } identity) { return AuthenticateResult.Fail("The token is not ours, over or withdrawn"); }
        return AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(identity), Scheme.Name));
    }

    protected override Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        Response.Headers.WWWAuthenticate = $"Keystone uri=\"{OpenStackBody.RootOf(Context)}/identity/v3\"";
        return OpenStackRefusal.Unauthorized(Text.Of("cloud.openstack.token-needed")).ExecuteAsync(Context);
    }

    protected override Task HandleForbiddenAsync(AuthenticationProperties properties) => OpenStackRefusal.Of(KernelProblems.Forbidden.Because()).ExecuteAsync(Context);

    /// <summary>The caller of a token as it is now; null when account or program is gone, locked, or proves itself otherwise since.</summary>
    internal static async Task<ClaimsIdentity?> IdentityOfAsync(ZhengtongDb db, IdentityPolicy policy, ProjectToken token, CancellationToken ct)
    {
        ClaimsIdentity? identity;
        if (token.IsProgram)
        {
            if (await LiveClient.ReadAsync(db, token.Caller, token.Proof, scopes: null, ct) is not { } live) { return null; }
            var name = await db.ApiClients.Where(c => c.Id == token.Caller).Select(c => c.Name).SingleAsync(ct);
            identity = new ClaimsIdentity(
                [new Claim(ClaimTypes.NameIdentifier, token.Caller.ToString()), new Claim(ClaimTypes.Name, name), new Claim(IssueToken.GenerationClaim, token.Proof), .. live], "program", ClaimTypes.Name, Actor.RoleClaim);
        }
        else { identity = await LiveSession.ReadAsync(db, policy, token.Caller, token.Proof, token.HasSecondFactor, ct); }

        if (identity is not null && token.Project is { } project) { identity.AddClaim(new Claim(ProjectClaim, project.ToString())); }
        return identity;
    }
}
