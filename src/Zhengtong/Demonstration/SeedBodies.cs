using System.Diagnostics;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Zhengtong.Kernel.Identity;
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
        var wanted = (from body in province.Bodies() from role in body.Posts select (body, role, name: DemonstrationCredentials.UserName(body, role))).ToList();
        var passwords = credentials.Accounts.ToDictionary(a => a.UserName, a => a.Password);
        var hashes = new System.Collections.Concurrent.ConcurrentDictionary<string, string>();
        // Slow hashes guard passwords that people think up; these are 24 random characters. The first sign-in hashes anew at full strength.
        var hasher = new PasswordHasher<Officer>(Options.Create(new PasswordHasherOptions { IterationCount = 10_000 }));
        Parallel.ForEach(wanted.Where(w => credentials.Drawn || !present.ContainsKey(w.name)), w => hashes[w.name] = hasher.HashPassword(null!, passwords[w.name]));
        var now = clock.GetUtcNow();
        foreach (var (n, (body, role, name)) in wanted.Index())
        {
            if (present.TryGetValue(name, out var known))
            {
                if (credentials.Drawn)
                {
                    known.PasswordHash = hashes[name];
                    known.SecurityStamp = Convert.ToHexString(System.Security.Cryptography.RandomNumberGenerator.GetBytes(20));
                }

                continue;
            }

            var dice = new Dice((ulong)n);
            var officer = new Officer
            {
                Id = Guid.CreateVersion7(now),
                UserName = name,
                NormalizedUserName = users.NormalizeName(name),
                DisplayName = dice.Pick(synthetic.Words("surname")) + dice.Pick(synthetic.Words("given")),
                OrganisationId = organisations[body.Slug].Id,
                PasswordHash = hashes[name],
                SecurityStamp = Convert.ToHexString(System.Security.Cryptography.RandomNumberGenerator.GetBytes(20)),
                LockoutEnabled = true,
            };
            officer.Posts.Add(new Post { OfficerId = officer.Id, Role = role, GrantedAt = now, GrantedBy = Guid.Empty });
            db.Users.Add(officer);
        }

        await db.SaveChangesAsync(ct);
    }
}
