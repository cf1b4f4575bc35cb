using System.Diagnostics;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using OpenIddict.Abstractions;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;
using Zhengtong.Kernel.Organisations;
using Zhengtong.Kernel.Regions;

namespace Zhengtong.Demonstration;

/// <summary>Regions, organisations and accounts of the province. Adds what is missing.</summary>
internal sealed class SeedBodies(Province province, SyntheticProvince synthetic, DemonstrationCredentials credentials, TimeProvider clock) : IStartupStep
{
    public async Task RunAsync(IServiceProvider scope, CancellationToken ct)
    {
        var watch = Stopwatch.StartNew();
        var db = scope.GetRequiredService<ZhengtongDb>();
        await AddRegionsAsync(db, ct);
        var organisations = await AddOrganisationsAsync(db, ct);
        await AddAccountsAsync(scope, db, organisations, ct);
        await AddClientsAsync(scope, db, organisations, ct);
        Progress.Say("demonstration.progress.bodies", province.Regions.Count, organisations.Count, credentials.Accounts.Count, watch.Elapsed.TotalSeconds);
    }

    private async Task AddRegionsAsync(ZhengtongDb db, CancellationToken ct)
    {
        foreach (var region in province.Regions)
        {
            var code = RegionCode.Parse(region.Code);
            if (!await db.Regions.AnyAsync(r => r.Code == code, ct))
            {
                db.Regions.Add(new Region { Code = code, Name = region.Name, Level = code.Level, Parent = code.Parent });
            }
        }

        await db.SaveChangesAsync(ct);
    }

    private async Task<Dictionary<string, Organisation>> AddOrganisationsAsync(ZhengtongDb db, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var present = await db.Organisations.ToDictionaryAsync(o => o.CreditCode, ct);
        var bySlug = new Dictionary<string, Organisation>();
        foreach (var (n, body) in province.Bodies().Index())
        {
            var code = Codes.Body(body.Region.Code, n + 1);
            if (!present.TryGetValue(code, out var organisation))
            {
                organisation = new Organisation
                {
                    Id = Guid.CreateVersion7(now),
                    CreditCode = code,
                    Name = body.Name,
                    ShortName = body.ShortName,
                    Region = body.Code,
                    Kind = body.Organisation.Kind,
                    ParentId = body.Code.Level == RegionLevel.Province ? null : bySlug[body.Organisation.Slug].Id,
                };
                db.Organisations.Add(organisation);
            }

            bySlug[body.Slug] = organisation;
        }

        await db.SaveChangesAsync(ct);
        return bySlug;
    }

    private async Task AddAccountsAsync(IServiceProvider scope, ZhengtongDb db, Dictionary<string, Organisation> organisations, CancellationToken ct)
    {
        var users = scope.GetRequiredService<UserManager<Officer>>();
        var present = await db.Users.ToDictionaryAsync(o => o.UserName!, ct);
        foreach (var (n, (body, role, name)) in province.Accounts().Index())
        {
            if (present.ContainsKey(name)) { continue; }
            var dice = new Dice((ulong)n);
            var displayName = dice.Pick(synthetic.Words("surname")) + dice.Pick(synthetic.Words("given"));
            var (officer, result) = await Accounts.CreateAsync(db, users, Actor.Platform, name, displayName, organisations[body.Slug].Id, null, [role], clock.GetUtcNow());
            present[name] = result.Succeeded ? officer : throw new InvalidOperationException($"{name}: {string.Join(", ", result.Errors.Select(e => e.Code))}");
        }

        // Slow hashes guard passwords that people think up; these are 24 random characters. The first sign-in hashes anew at full strength.
        var hasher = new PasswordHasher<Officer>(Options.Create(new PasswordHasherOptions { IterationCount = 10_000 }));
        foreach (var account in credentials.Accounts)
        {
            var officer = present[account.UserName];
            if (officer.PasswordHash is null || credentials.Drawn)
            {
                officer.PasswordHash = hasher.HashPassword(officer, account.Password);
                officer.EndSessions(clock.GetUtcNow());
            }
        }

        await db.SaveChangesAsync(ct);
    }

    /// <summary>A program for each organisation, with the id and secret that the credentials file names.</summary>
    private async Task AddClientsAsync(IServiceProvider scope, ZhengtongDb db, Dictionary<string, Organisation> organisations, CancellationToken ct)
    {
        var applications = scope.GetRequiredService<IOpenIddictApplicationManager>();
        var present = await db.ApiClients.Select(c => c.Id).ToListAsync(ct);
        foreach (var client in credentials.Clients)
        {
            var id = Guid.ParseExact(client.ClientId, "N");
            if (present.Contains(id)) { continue; }
            var organisation = organisations.Values.Single(o => o.ShortName == client.Organisation).Id;
            var now = clock.GetUtcNow();
            db.ApiClients.Add(new ApiClient { Id = id, OrganisationId = organisation, Name = client.Name, Granted = string.Join(' ', client.Scopes), CreatedAt = now });
            db.Ledger.Add(LedgerEntry.Of("kernel.client-created", id, Actor.Platform, now, after: new { organisation, client.Name, scopes = string.Join(' ', client.Scopes) }));
            await applications.CreateAsync(new OpenIddictApplicationDescriptor
            {
                ClientId = client.ClientId,
                ClientSecret = client.ClientSecret,
                ClientType = OpenIddictConstants.ClientTypes.Confidential,
                DisplayName = client.Name,
                Permissions = { OpenIddictConstants.Permissions.Endpoints.Token, OpenIddictConstants.Permissions.GrantTypes.ClientCredentials },
            }, ct);
        }
    }
}
