using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Databases;
using Zhengtong.Cloud.Model;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Ledger;
using Zhengtong.Kernel.Secrets;

namespace Zhengtong.Cloud.Osb;

internal static class BindOsbInstance
{
    /// <summary>Bindings that one instance may have at once.</summary>
    private const int Most = 100;

    internal static void Map(IEndpointRouteBuilder group) => group.MapPut("/service_instances/{instance}/service_bindings/{binding}", Handle);

    /// <summary>Give a program a login of its own to a database. It is made at once; ledger event cloud.osb-bound.</summary>
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
        if (resource.Form != ResourceForm.Database) { return OsbAnswer.Refuse(400, null, Text.Of("cloud.osb.not-bindable")); }

        var digest = ProvisionOsbInstance.DigestOf(body, "service_id", "plan_id", "bind_resource", "app_guid", "parameters");
        var row = await db.OsbBindings.AsNoTracking().SingleOrDefaultAsync(b => b.InstanceId == known.Instance.Id && b.RemoteId == binding, ct);
        if (row is not null && row.Digest != digest) { return OsbAnswer.Refuse(409, null, Text.Of("cloud.osb.other-attributes")); }
        var isNew = row is null;
        DatabaseLogin login;
        if (row is null)
        {
            if (await db.OsbBindings.CountAsync(b => b.InstanceId == known.Instance.Id, ct) >= Most) { return OsbAnswer.Refuse(422, null, Text.Of("cloud.osb.bindings-many", Most)); }
            var now = clock.GetUtcNow();
            var id = Guid.CreateVersion7(now);
            login = new DatabaseLogin { Id = id, ResourceId = resource.Id, Password = vault.Seal(Encoding.UTF8.GetBytes(DatabaseFulfilment.NewPassword()), DatabaseLogin.PurposeOf(id)), CreatedAt = now };
            db.DatabaseLogins.Add(login);
            db.OsbBindings.Add(new OsbBinding { Id = id, InstanceId = known.Instance.Id, RemoteId = binding, Digest = digest, CreatedAt = now });
            db.Ledger.Add(LedgerEntry.Of("cloud.osb-bound", resource.Id, caller.Actor, now, after: new { binding, login = login.RoleName }));
            try { await db.SaveChangesAsync(ct); }
            catch (Exception e) when (DatabaseErrors.IsLostRace(e)) { return OsbAnswer.Refuse(422, "ConcurrencyError", Text.Of("cloud.osb.changing")); }
        }
        else if (await db.DatabaseLogins.AsNoTracking().SingleOrDefaultAsync(l => l.Id == row.Id, ct) is { IsEnding: false } there) { login = there; }
        else { return OsbAnswer.Refuse(422, "ConcurrencyError", Text.Of("cloud.osb.removing")); }

        // What was begun before a crash is made now; who has no answer asks again, or takes it back.
        if (!await databases.TryMakeLoginAsync(resource, login, ct)) { return OsbAnswer.Refuse(503, null, Text.Of("cloud.osb.not-now")); }
        return await CredentialsAsync(db, vault, resource, login, ct) is { } credentials ? new OsbAnswer(isNew ? 201 : 200, credentials) : OsbAnswer.Refuse(500, null, CloudProblems.SecretLost.Title);
    }

    /// <summary>What a binding's program needs; null when its secret is lost.</summary>
    internal static async Task<object?> CredentialsAsync(ZhengtongDb db, Vault vault, CloudResource resource, DatabaseLogin login, CancellationToken ct)
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
