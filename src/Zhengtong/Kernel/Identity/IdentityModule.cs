using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;
using OpenIddict.Server;
using OpenIddict.Validation.AspNetCore;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity.Slices;
using Zhengtong.Kernel.Secrets;
using static OpenIddict.Validation.OpenIddictValidationEvents;

namespace Zhengtong.Kernel.Identity;

/// <summary>Identity: accounts, posts, sessions, API clients.</summary>
internal static class IdentityModule
{
    /// <summary>Chooses for each request: the Authorization header when there is one, else the cookie.</summary>
    private const string Scheme = "zhengtong";

    internal static void AddIdentity(this WebApplicationBuilder builder, Deployment deployment)
    {
        var services = builder.Services;
        services.AddSingleton(sp => IdentityPolicy.Of(sp.GetRequiredService<IConfiguration>(), deployment));
        services.AddScoped(sp => sp.GetRequiredService<IHttpContextAccessor>().HttpContext is { } http ? Actor.Of(http.User) : Actor.Platform);
        AddKeyRing(services, deployment);
        AddSessions(services);
        AddTokens(services);
        services.AddSingleton<IStartupStep>(new SetUpToken(deployment));
        services.AddSingleton(new NavigationItem(Right.ReadAccounts, "/admin/accounts", "kernel.accounts.title", "people", 900, "kernel.menu.administration"));
        services.AddSingleton(new NavigationItem(Right.ReadAccounts, "/admin/clients", "kernel.clients.title", "key", 901, "kernel.menu.administration"));
        var authorization = services.AddAuthorizationBuilder()
            .AddPolicy(Rights.SignedInPolicy, p => p.RequireAssertion(c => Actor.Of(c.User).IsSignedIn))
            .AddPolicy(Rights.OfficerPolicy, p => p.RequireAssertion(c => Actor.Of(c.User) is { IsSignedIn: true, IsProgram: false }));
        foreach (var right in Enum.GetValues<Right>())
        {
            authorization.AddPolicy(right.ToString(), p => p.RequireAssertion(c => Actor.Of(c.User).May(right)));
        }
    }

    internal static void MapIdentity(this WebApplication app, RouteGroupBuilder api)
    {
        SignIn.Map(api);
        SignOut.Map(api);
        GetMe.Map(api);
        CreateAccount.Map(api);
        ListAccounts.Map(api);
        GetAccount.Map(api);
        LockAccount.Map(api);
        UnlockAccount.Map(api);
        ResetPassword.Map(api);
        SetPassword.Map(api);
        ChangePassword.Map(api);
        SetUpCodes.Map(api);
        Passkeys.Map(api);
        GrantPost.Map(api);
        WithdrawPost.Map(api);
        CreateClient.Map(api);
        ListClients.Map(api);
        GrantScopes.Map(api);
        RotateClientSecret.Map(api);
        RevokeClient.Map(api);
        SetUpAdministrators.Map(api);
        SignOutPage.Map(app);
        IssueToken.Map(app);
    }

    private static void AddKeyRing(IServiceCollection services, Deployment deployment)
    {
        var folder = deployment.PathOf("keys", "ring");
        Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        services.AddDataProtection().SetApplicationName("zhengtong").PersistKeysToFileSystem(new DirectoryInfo(folder));
        services.AddOptions<KeyManagementOptions>().Configure<Vault>((o, vault) => o.XmlEncryptor = new KeyRingSeal(vault));
    }

    private static void AddSessions(IServiceCollection services)
    {
        services.AddAuthentication(Scheme)
            .AddPolicyScheme(Scheme, null, o => o.ForwardDefaultSelector = http =>
                http.Request.Headers.Authorization.Count > 0 ? OpenIddictValidationAspNetCoreDefaults.AuthenticationScheme : IdentityConstants.ApplicationScheme)
            .AddIdentityCookies();
        services.AddOptions<CookieAuthenticationOptions>(IdentityConstants.ApplicationScheme).Configure<IdentityPolicy>((o, policy) =>
        {
            o.Cookie.Name = "zhengtong-session";
            o.Cookie.HttpOnly = true;
            o.Cookie.SameSite = SameSiteMode.Lax;
            o.Cookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
            o.LoginPath = "/account/sign-in";
            o.ReturnUrlParameter = "returnUrl";
            o.ExpireTimeSpan = policy.IdleTime;
            o.SlidingExpiration = true;
            // Programs get a status that becomes a problem document; people get the sign-in page.
            o.Events = new CookieAuthenticationEvents
            {
                OnValidatePrincipal = LiveSession.ValidateAsync,
                OnCheckSlidingExpiration = c =>
                {
                    c.ShouldRenew &= !c.Request.Path.StartsWithSegments(LiveFragments.Path);
                    return Task.CompletedTask;
                },
                OnRedirectToLogin = c => Refuse(c, 401),
                OnRedirectToAccessDenied = c => Refuse(c, 403),
            };
        });
        services.AddIdentityCore<Officer>(o =>
            {
                o.Stores.SchemaVersion = IdentitySchemaVersions.Version3;
                o.Password.RequiredLength = 12;
                o.Password.RequireNonAlphanumeric = false;
                o.User.AllowedUserNameCharacters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._@";
                o.Lockout.AllowedForNewUsers = true;
            })
            .AddEntityFrameworkStores<ZhengtongDb>().AddSignInManager().AddDefaultTokenProviders()
            .AddClaimsPrincipalFactory<OfficerClaims>().AddPasswordValidator<CommonPasswords>().AddErrorDescriber<IdentityWords>();
        services.AddOptions<IdentityPasskeyOptions>().Configure<IConfiguration>((o, configuration) =>
        {
            o.ServerDomain = configuration["Identity:PasskeyDomain"];
            o.UserVerificationRequirement = "required";
            o.ResidentKeyRequirement = "required";
        });
        services.AddOptions<IdentityOptions>().Configure<IdentityPolicy>((o, policy) =>
        {
            o.Lockout.MaxFailedAccessAttempts = policy.Failures;
            o.Lockout.DefaultLockoutTimeSpan = policy.LockTime;
        });
    }

    private static void AddTokens(IServiceCollection services)
    {
        services.AddSingleton<TokenKeys>();
        services.AddSingleton<IStartupStep>(sp => sp.GetRequiredService<TokenKeys>());
        services.AddSingleton<IConfigureOptions<OpenIddictServerOptions>>(sp => sp.GetRequiredService<TokenKeys>());
        services.AddOptions<OpenIddictServerOptions>().Configure<IdentityPolicy>((o, policy) => o.AccessTokenLifetime = policy.TokenTime);
        services.AddOpenIddict()
            .AddCore(o => o.UseEntityFrameworkCore().UseDbContext<ZhengtongDb>().ReplaceDefaultEntities<Guid>())
            .AddServer(o =>
            {
                o.SetTokenEndpointUris("connect/token").AllowClientCredentialsFlow();
                // Tokens live shortly and LiveClient looks at the client at each request: nothing of them needs keeping.
                o.DisableTokenStorage().DisableAuthorizationStorage();
                // Which scopes a client has stands in one place: the client.
                o.DisableScopeValidation().IgnoreScopePermissions();
                // TLS ends at the load balancer.
                o.UseAspNetCore().EnableTokenEndpointPassthrough().DisableTransportSecurityRequirement();
            })
            .AddValidation(o =>
            {
                o.UseLocalServer();
                o.UseAspNetCore();
                o.AddEventHandler<ProcessAuthenticationContext>(h => h.UseScopedHandler<LiveClient>().SetOrder(int.MaxValue - 100_000));
            });
    }

    private static Task Refuse(RedirectContext<CookieAuthenticationOptions> redirect, int status)
    {
        var http = redirect.HttpContext;
        var isApi = http.Request.Path.StartsWithSegments("/api");
        var needsSecondFactor = status == 403 && http.User.HasClaim(c => c.Type == LiveSession.SecondFactorNeededClaim);
        if (isApi && needsSecondFactor) { return KernelProblems.SecondFactorNeeded.Because().ExecuteAsync(http); }
        if (needsSecondFactor) { redirect.Response.Redirect("/account/security"); }
        else if (isApi || status == 403) { redirect.Response.StatusCode = status; }
        else { redirect.Response.Redirect(redirect.RedirectUri); }
        return Task.CompletedTask;
    }
}
