using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Databases;
using Zhengtong.Cloud.Model;
using Zhengtong.Cloud.Sites;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Ledger;
using Zhengtong.Kernel.Secrets;

namespace Zhengtong.Cloud.Osb;

internal static class BindOsbInstance
{
    /// <summary>Bindings that one instance may have at once.</summary>
    private const int Most = 100;

    internal static void Map(IEndpointRouteBuilder group) => group.MapPut("/service_instances/{instance}/service_bindings/{binding}", Handle);

    /// <summary>Tell a program how to reach an instance: a login of its own to a database, made at once; the address of a site; the host of an instance. Ledger event cloud.osb-bound.</summary>
    internal static async Task<OsbAnswer> Handle(string instance, string binding, HttpContext http, ZhengtongDb db, DatabaseFulfilment databases, Vault vault, TimeProvider clock, CancellationToken ct)
    {
        var caller = OsbCaller.Of(http);
        if (!OsbRequests.IsId(binding)) { return OsbAnswer.Refuse(400, null, Text.Of("cloud.osb.id")); }
        if (await OsbRequests.ReadAsync(http) is not { } body) { return OsbAnswer.Refuse(400, null, Text.Of("cloud.osb.unreadable")); }
        foreach (var needed in (string[])["service_id", "plan_id"])
        {
            if (string.IsNullOrEmpty(body.Word(needed))) { return OsbAnswer.Refuse(400, null, Text.Of("cloud.osb.missing", needed)); }
        }

        if (await OsbStanding.FindAsync(db, caller, instance, ct) is not { State: not OsbState.Gone } known) { return OsbAnswer.Refuse(404, null, Text.Of("cloud.osb.none")); }
        if (body.Word("service_id") != known.Instance.ServiceCode) { return OsbAnswer.Refuse(400, null, Text.Of("cloud.osb.unknown", "service_id")); }
        if (body.Word("plan_id") != OsbCatalogue.PlanIdOf(known.Instance.ServiceCode, known.Instance.PlanCode)) { return OsbAnswer.Refuse(400, null, Text.Of("cloud.osb.unknown", "plan_id")); }
        if (known.State != OsbState.There) { return OsbAnswer.Refuse(422, "ConcurrencyError", Text.Of("cloud.osb.changing")); }
        var resource = known.Resource!;
        if (resource.Form is not (ResourceForm.Database or ResourceForm.Site or ResourceForm.Instance)) { return OsbAnswer.Refuse(400, null, Text.Of("cloud.osb.not-bindable")); }

        var digest = ProvisionOsbInstance.DigestOf(body, "service_id", "plan_id", "bind_resource", "app_guid", "parameters");
        var row = await db.OsbBindings.AsNoTracking().SingleOrDefaultAsync(b => b.InstanceId == known.Instance.Id && b.RemoteId == binding, ct);
        if (row is not null && row.Digest != digest) { return OsbAnswer.Refuse(409, null, Text.Of("cloud.osb.other-attributes")); }
        var isNew = row is null;
        if (row is null)
        {
            if (await db.OsbBindings.CountAsync(b => b.InstanceId == known.Instance.Id, ct) >= Most) { return OsbAnswer.Refuse(422, null, Text.Of("cloud.osb.bindings-many", Most)); }
            var now = clock.GetUtcNow();
            var id = Guid.CreateVersion7(now);
            var login = resource.Form != ResourceForm.Database ? null
                : new DatabaseLogin { Id = id, ResourceId = resource.Id, Password = vault.Seal(Encoding.UTF8.GetBytes(DatabaseFulfilment.NewPassword()), DatabaseLogin.PurposeOf(id)), CreatedAt = now };
            if (login is not null) { db.DatabaseLogins.Add(login); }
            row = new OsbBinding { Id = id, InstanceId = known.Instance.Id, RemoteId = binding, Digest = digest, CreatedAt = now };
            db.OsbBindings.Add(row);
            db.Ledger.Add(LedgerEntry.Of("cloud.osb-bound", resource.Id, caller.Actor, now, after: new { binding, login = login?.RoleName }));
            try { await db.SaveChangesAsync(ct); }
            catch (Exception e) when (DatabaseErrors.IsLostRace(e)) { return OsbAnswer.Refuse(422, "ConcurrencyError", Text.Of("cloud.osb.changing")); }
        }

        if (resource.Form == ResourceForm.Database)
        {
            if (await db.DatabaseLogins.AsNoTracking().SingleOrDefaultAsync(l => l.Id == row.Id, ct) is not { IsEnding: false } login) { return OsbAnswer.Refuse(422, "ConcurrencyError", Text.Of("cloud.osb.removing")); }
            // What was begun before a crash is made now; who has no answer asks again, or takes it back.
            if (!await databases.TryMakeLoginAsync(resource, login, ct)) { return OsbAnswer.Refuse(503, null, Text.Of("cloud.osb.not-now")); }
        }

        return await TellAsync(isNew ? 201 : 200, row, http, db, vault, resource, ct);
    }

    /// <summary>What a binding's program needs.</summary>
    internal static async Task<OsbAnswer> TellAsync(int status, OsbBinding row, HttpContext http, ZhengtongDb db, Vault vault, CloudResource resource, CancellationToken ct)
    {
        switch (resource)
        {
            case { Form: ResourceForm.Site }:
                var site = await db.CloudSites.AsNoTracking().SingleOrDefaultAsync(s => s.ResourceId == resource.Id, ct) ?? CloudSite.Of(resource);
                return new OsbAnswer(status, new { credentials = new { uri = $"{http.Request.Scheme}://{http.Request.Host}{SiteTransformer.PrefixOf(site.Name)}/" } });
            case { Form: ResourceForm.Instance, Address: { } host }:
                return new OsbAnswer(status, new { credentials = new { host } });
            case { Form: ResourceForm.Instance }:
                return OsbAnswer.Refuse(422, "ConcurrencyError", Text.Of("cloud.osb.changing"));
            default:
                if (await db.DatabaseLogins.AsNoTracking().SingleOrDefaultAsync(l => l.Id == row.Id, ct) is not { IsEnding: false } login) { return OsbAnswer.Refuse(404, null, Text.Of("cloud.osb.none")); }
                return await CredentialsAsync(db, vault, resource, login, ct) is { } credentials ? new OsbAnswer(status, credentials) : OsbAnswer.Refuse(500, null, CloudProblems.SecretLost.Title);
        }
    }

    /// <summary>A database's login; null when its secret is lost.</summary>
    private static async Task<object?> CredentialsAsync(ZhengtongDb db, Vault vault, CloudResource resource, DatabaseLogin login, CancellationToken ct)
    {
        var server = await db.ManagedDatabases.Where(d => d.ResourceId == resource.Id).Join(db.DatabaseServers.AsNoTracking(), d => d.ServerId, s => s.Id, (_, s) => s).SingleAsync(ct);
        string password;
        try { password = DatabaseFulfilment.OpenPassword(vault, login); }
        catch (CryptographicException) { return null; }
        var told = DatabaseCredentials.Of(server, resource.EngineName, login.RoleName, password);
        return new
        {
            credentials = new { host = told.Host, port = told.Port, database = told.Database, username = told.Account, password = told.Password, uri = told.Uri },
            endpoints = new[] { new { host = told.Host, ports = new[] { told.Port.ToString(CultureInfo.InvariantCulture) }, protocol = "tcp" } },
        };
    }
}
