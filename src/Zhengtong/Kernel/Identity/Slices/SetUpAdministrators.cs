using System.ComponentModel.DataAnnotations;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Ledger;
using Zhengtong.Kernel.Organisations;
using Zhengtong.Kernel.Regions;

namespace Zhengtong.Kernel.Identity.Slices;

/// <summary>The first set-up: the body that runs the platform, and its three administrators at once.</summary>
/// <param name="Token">The one-time token from the file <c>setup-token</c> in the data directory.</param>
/// <param name="OrganisationName">Full name of the body that runs the platform, 2 to 200 characters.</param>
/// <param name="CreditCode">Its unified social credit code.</param>
/// <param name="Region">Its administrative division: what the administrators reach.</param>
/// <param name="System">The system administrator 系统管理员.</param>
/// <param name="Security">The security administrator 安全管理员.</param>
/// <param name="Audit">The audit administrator 审计管理员.</param>
public sealed record SetUpAdministratorsRequest(
    [Required, StringLength(200)] string Token,
    [Required, StringLength(200, MinimumLength = 2)] string OrganisationName,
    [Required, CreditCode] string CreditCode,
    [Required, RegionCode] string Region,
    [Required] SetUpAdministrator System,
    [Required] SetUpAdministrator Security,
    [Required] SetUpAdministrator Audit);

/// <summary>One of the three.</summary>
/// <param name="UserName">3 to 100 letters, digits, dots, hyphens, underscores or @.</param>
/// <param name="DisplayName">2 to 50 characters.</param>
/// <param name="Password">At least 12 characters with digits, lower- and upper-case letters; not easy to guess.</param>
public sealed record SetUpAdministrator(
    [Required, StringLength(100, MinimumLength = 3), RegularExpression("^[A-Za-z0-9._@-]+$", ErrorMessage = "kernel.account.name-characters")] string UserName,
    [Required, StringLength(50, MinimumLength = 2)] string DisplayName,
    [Required, StringLength(200)] string Password);

internal static class SetUpAdministrators
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/setup", Handle).AllowAnonymous().ProducesProblem(403).ProducesProblem(409);

    /// <summary>Set up the platform's three administrators. Works once, while there is no administrator, with the token from the data directory.</summary>
    /// <response code="204">Set up; ledger event kernel.administrators-set-up.</response>
    /// <response code="400">kernel.invalid</response>
    /// <response code="403">kernel.set-up-token-wrong</response>
    /// <response code="409">kernel.set-up-done, kernel.user-name-taken</response>
    internal static async Task<Results<NoContent, ProblemHttpResult>> Handle(
        SetUpAdministratorsRequest request, Deployment deployment, ZhengtongDb db, UserManager<Officer> users, TimeProvider clock, CancellationToken ct)
    {
        if (await SetUpToken.IsDoneAsync(db, ct)) { return KernelProblems.SetUpDone.Because(); }
        if (!SetUpToken.IsRight(deployment, request.Token)) { return KernelProblems.SetUpTokenWrong.Because(); }
        (Role Role, string Field, SetUpAdministrator Of)[] three =
            [(Role.SystemAdministrator, "system", request.System), (Role.SecurityAdministrator, "security", request.Security), (Role.AuditAdministrator, "audit", request.Audit)];
        if (await FaultsAsync(request, three, db, users, ct) is { Count: > 0 } faults) { return KernelProblems.Invalid.For(faults); }

        var now = clock.GetUtcNow();
        var code = Organisations.CreditCode.Parse(request.CreditCode);
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        try
        {
            // The rows of the three roles can be made once: of two set-ups at the same time one fails here.
            var organisation = await db.Organisations.SingleOrDefaultAsync(o => o.CreditCode == code, ct);
            if (organisation is null)
            {
                db.Organisations.Add(organisation = new Organisation
                {
                    Id = Guid.CreateVersion7(now),
                    CreditCode = code,
                    Name = request.OrganisationName,
                    ShortName = request.OrganisationName[..Math.Min(40, request.OrganisationName.Length)],
                    Region = RegionCode.Parse(request.Region),
                    Kind = OrganisationKind.Operator,
                });
            }

            db.Ledger.Add(LedgerEntry.Of("kernel.administrators-set-up", organisation.Id, Actor.Platform, now,
                after: new { organisation.Name, system = request.System.UserName, security = request.Security.UserName, audit = request.Audit.UserName }));
            foreach (var (role, field, administrator) in three)
            {
                await Accounts.CountUpAsync(db, role);
                var (_, result) = await Accounts.CreateAsync(db, users, Actor.Platform, administrator.UserName, administrator.DisplayName, organisation.Id, administrator.Password, [role], now);
                if (!result.Succeeded) { return KernelProblems.UserNameTaken.Because($"{field}: {administrator.UserName}"); }
            }

            await transaction.CommitAsync(ct);
        }
        catch (DbUpdateException e) when (e is DbUpdateConcurrencyException || e.IsUniqueViolation()) { return KernelProblems.SetUpDone.Because(); }
        SetUpToken.Remove(deployment);
        return TypedResults.NoContent();
    }

    private static async Task<Dictionary<string, string[]>> FaultsAsync(
        SetUpAdministratorsRequest request, (Role, string Field, SetUpAdministrator Of)[] three, ZhengtongDb db, UserManager<Officer> users, CancellationToken ct)
    {
        var faults = new Dictionary<string, string[]>();
        var region = RegionCode.Parse(request.Region);
        if (!await db.Regions.AnyAsync(r => r.Code == region, ct)) { faults["region"] = [Text.Of("kernel.account.region-unknown")]; }
        foreach (var (n, (_, field, administrator)) in three.Index())
        {
            if (three.Take(n).Any(t => string.Equals(t.Of.UserName, administrator.UserName, StringComparison.OrdinalIgnoreCase))) { faults[$"{field}.userName"] = [Text.Of("kernel.user-name-taken")]; }
            var candidate = new Officer { UserName = administrator.UserName, DisplayName = administrator.DisplayName, OrganisationId = Guid.Empty };
            var words = new List<string>();
            foreach (var rule in users.PasswordValidators)
            {
                words.AddRange((await rule.ValidateAsync(users, candidate, administrator.Password)).Errors.Select(e => e.Description));
            }

            if (words.Count > 0) { faults[$"{field}.password"] = [.. words]; }
        }

        return faults;
    }
}

/// <summary>The token of the first set-up: whoever can read the data directory may set up, nobody else.</summary>
internal sealed class SetUpToken(Deployment deployment) : IStartupStep
{
    public async Task RunAsync(IServiceProvider scope, CancellationToken ct)
    {
        if (deployment.Demo || await IsDoneAsync(scope.GetRequiredService<ZhengtongDb>(), ct)) { return; }
        var path = PathOf(deployment);
        if (!File.Exists(path))
        {
            var draft = $"{path}.{Environment.ProcessId}";
            var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite };
            await using (var file = new FileStream(draft, options)) { await file.WriteAsync(Encoding.ASCII.GetBytes(ApiClients.NewSecret() + "\n"), ct); }
            // Of two processes starting at once one token wins.
            try { File.Move(draft, path, overwrite: false); }
            catch (IOException) when (File.Exists(path)) { File.Delete(draft); }
        }

        Console.WriteLine(Text.Of("kernel.setup.console", path));
    }

    internal static Task<bool> IsDoneAsync(ZhengtongDb db, CancellationToken ct) => db.Posts.AnyAsync(p => Rights.Administrators.Contains(p.Role), ct);

    internal static bool IsRight(Deployment deployment, string token) => File.Exists(PathOf(deployment))
        && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(File.ReadAllText(PathOf(deployment)).Trim()), Encoding.UTF8.GetBytes(token.Trim()));

    internal static void Remove(Deployment deployment) => File.Delete(PathOf(deployment));

    private static string PathOf(Deployment deployment) => deployment.PathOf("setup-token");
}
