using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Npgsql;
using Zhengtong.Cloud.Backups;
using Zhengtong.Cloud.Delivery;
using Zhengtong.Cloud.Model;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Objects;
using Zhengtong.Kernel.Secrets;

namespace Zhengtong.Cloud.Databases;

/// <summary>Databases on managed servers. What belongs to a resource is found on the server by its name and by a mark in its comment; a role or database of that name without the mark is never touched.
/// A database is made under a name that nobody could guess and gets mark and name in one step, so that after a crash there is none of which nobody knows whose it is.</summary>
internal sealed partial class DatabaseFulfilment(
    IServiceScopeFactory scopes, Vault vault, BackupStore backups, PostgresTools tools, IOptions<DatabasesOptions> options, TimeProvider clock, ILogger<DatabaseFulfilment> logger) : IFulfilment
{
    private const long GiB = 1L << 30;

    public ResourceForm Form => ResourceForm.Database;

    public async Task<DeliveryStep> StepAsync(CloudResource resource, CancellationToken ct)
    {
        // A scope of its own: what is written here is saved alone.
        await using var scope = scopes.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<ZhengtongDb>();
        if (await FindAsync(db, resource.Id, ct) is not { } place)
        {
            if (resource.Wish == ResourceWish.Removed || resource.DeliveredAt is not null) { return new DeliveryStep(Sight.Absent); }
            if (await ClaimAsync(db, resource, ct) is not { } claimed) { return DeliveryStep.NotNow("no-database-server"); }
            place = claimed;
        }

        try
        {
            await using var admin = await PostgresAdmin.OpenAsync(place.Connection, null, options.Value, ct);
            return resource.Wish == ResourceWish.Removed ? await RemoveAsync(db, admin, resource, place, ct) : await KeepAsync(db, admin, resource, place, ct);
        }
        catch (NpgsqlException e) { return DeliveryStep.NotNow(ProblemOf(e)); }
        // Sealed under another master key: it never opens again.
        catch (CryptographicException) { return DeliveryStep.Never("secret-lost"); }
    }

    public async Task<TaskStep> DoAsync(CloudResource resource, ResourceTask task, CancellationToken ct)
    {
        await using var scope = scopes.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<ZhengtongDb>();
        if (await FindAsync(db, resource.Id, ct) is not { } place) { return TaskStep.Never("gone"); }
        try { _ = place.Connection; }
        catch (CryptographicException) { return TaskStep.Never("secret-lost"); }
        using var bound = CancellationTokenSource.CreateLinkedTokenSource(ct);
        using var timer = clock.CreateTimer(_ => bound.Cancel(), null, TimeSpan.FromMinutes(options.Value.TaskMinutes), Timeout.InfiniteTimeSpan);
        try
        {
            if (task.Kind == ResourceTaskKind.DeleteSnapshot) { return await DeleteBackupAsync(db, resource, task, bound.Token); }
            await using var admin = await PostgresAdmin.OpenAsync(place.Connection, null, options.Value, bound.Token);
            switch (task.Kind)
            {
                case ResourceTaskKind.BackUp:
                    return await BackUpAsync(db, admin, resource, place, task, bound.Token);
                case ResourceTaskKind.Restore:
                    return await RestoreAsync(db, admin, resource, place, task, bound.Token);
                case ResourceTaskKind.Restart:
                    await admin.EndSessionsInAsync(resource.EngineName, bound.Token);
                    return TaskStep.Done;
                default:
                    return TaskStep.Never("not-supported");
            }
        }
        catch (NpgsqlException e) { return TaskStep.NotNow(ProblemOf(e)); }
        catch (PostgresToolException e)
        {
            LogToolFailed(resource.Id, e.Message);
            return TaskStep.Never(task.Kind == ResourceTaskKind.Restore ? "restore-failed" : "backup-failed");
        }
        catch (Exception e) when (e is CryptographicException or DamagedObjectException) { return TaskStep.Never("backup-damaged"); }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested) { return TaskStep.Never("took-too-long"); }
    }

    /// <summary>Makes a login at once, with the rights of the database's owner; false when the server could not be asked or the database is not there. Asked again it changes nothing.</summary>
    internal async Task<bool> TryMakeLoginAsync(CloudResource resource, DatabaseLogin login, CancellationToken ct)
    {
        await using var scope = scopes.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<ZhengtongDb>();
        if (await FindAsync(db, resource.Id, ct) is not { } place) { return false; }
        try
        {
            await using var admin = await PostgresAdmin.OpenAsync(place.Connection, null, options.Value, ct);
            if (!(await admin.FindDatabaseAsync(resource.EngineName, ct)).IsThere) { return false; }
            return await KeepLoginAsync(admin, resource, place, login, resource.Wish == ResourceWish.Running, place.Row.IsFull, ct);
        }
        catch (Exception e) when (e is NpgsqlException or CryptographicException) { return false; }
    }

    /// <summary>Takes a login away at once; false when the server could not be asked.</summary>
    internal async Task<bool> TryDropLoginAsync(CloudResource resource, Guid login, CancellationToken ct)
    {
        await using var scope = scopes.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<ZhengtongDb>();
        if (await db.DatabaseLogins.AsNoTracking().SingleOrDefaultAsync(l => l.Id == login, ct) is not { } row) { return true; }
        if (await FindAsync(db, resource.Id, ct) is not { } place) { return false; }
        try
        {
            await using var admin = await PostgresAdmin.OpenAsync(place.Connection, null, options.Value, ct);
            await DropLoginAsync(db, admin, resource, place, row, ct);
            return true;
        }
        catch (Exception e) when (e is NpgsqlException or CryptographicException) { return false; }
    }

    internal static string NewPassword() => ApiClients.NewSecret();

    internal static string OpenPassword(Vault vault, ManagedDatabase row) => Encoding.UTF8.GetString(vault.Open(row.Password, ManagedDatabase.PurposeOf(row.ResourceId)));

    internal static string OpenPassword(Vault vault, DatabaseLogin row) => Encoding.UTF8.GetString(vault.Open(row.Password, DatabaseLogin.PurposeOf(row.Id)));

    /// <summary>Bytes that a database may have; <see cref="long.MaxValue"/> where its order names no disk.</summary>
    internal static long LimitOf(IReadOnlyList<ResourceAmount> amounts) => amounts.Get("disk") is > 0 and <= long.MaxValue / GiB / 2 and var disk ? disk * GiB : long.MaxValue;

    private bool IsFarOver(long size, long limit) => limit != long.MaxValue && size - limit > limit / 1000 * options.Value.Grace;

    private static string MarkOf(CloudResource resource) => $"zhengtong:{resource.Id}";

    private static bool IsOurs(string? mark, CloudResource resource) => mark == MarkOf(resource) || mark?.StartsWith($"{MarkOf(resource)}:", StringComparison.Ordinal) == true;

    private string ProblemOf(NpgsqlException failure)
    {
        var code = CodeOf(failure);
        if (failure is PostgresException refused && code != "database-server-unreachable") { LogRefused(refused.SqlState); }
        return code;
    }

    /// <summary>The code by which people are told of a server's failure.</summary>
    internal static string CodeOf(NpgsqlException failure) => (failure as PostgresException)?.SqlState switch
    {
        null => "database-server-unreachable",
        // The connection, or somebody who ended it.
        ['0', '8', ..] or ['5', '7', ..] => "database-server-unreachable",
        PostgresErrorCodes.DependentObjectsStillExist => "role-owns-elsewhere",
        PostgresErrorCodes.ObjectInUse => "database-in-use",
        _ => "database-server-refused",
    };

    private async Task<Place?> FindAsync(ZhengtongDb db, Guid resource, CancellationToken ct)
    {
        var found = await db.ManagedDatabases.AsNoTracking().Where(d => d.ResourceId == resource).Join(db.DatabaseServers.AsNoTracking(), d => d.ServerId, s => s.Id, (d, s) => new { Row = d, Server = s }).SingleOrDefaultAsync(ct);
        return found is null ? null : new Place(found.Row, found.Server, vault);
    }

    internal static string ConnectionOf(Vault vault, DatabaseServer server) => Encoding.UTF8.GetString(vault.Open(server.Connection, DatabaseServer.PurposeOf(server.Id)));

    /// <summary>Chooses the server of which the least is taken, and writes the choice down with the password before the server is asked; null when none has room.</summary>
    private async Task<Place?> ClaimAsync(ZhengtongDb db, CloudResource resource, CancellationToken ct)
    {
        var fitting = await db.DatabaseServers.AsNoTracking()
            .Where(s => s.IsOpen && s.Zone == resource.Zone && s.Protection >= resource.Protection && s.Databases < s.MostDatabases && (resource.PoolId == null || s.PoolId == resource.PoolId))
            .OrderBy(s => (double)s.Databases / s.MostDatabases).ThenBy(s => s.Id).Take(5).ToListAsync(ct);
        foreach (var server in fitting)
        {
            await using var transaction = await db.Database.BeginTransactionAsync(ct);
            // The last word is the statement's: of two who want the last place one gets it.
            if (await db.DatabaseServers.Where(s => s.Id == server.Id && s.IsOpen && s.Databases < s.MostDatabases).ExecuteUpdateAsync(set => set.SetProperty(s => s.Databases, s => s.Databases + 1), ct) == 0) { continue; }
            var now = clock.GetUtcNow();
            var row = new ManagedDatabase
            {
                ResourceId = resource.Id, ServerId = server.Id, Draft = $"zt_{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(12))}",
                Password = vault.Seal(Encoding.UTF8.GetBytes(NewPassword()), ManagedDatabase.PurposeOf(resource.Id)), CreatedAt = now,
            };
            db.ManagedDatabases.Add(row);
            // Data of departments is backed up unless they say otherwise.
            if (!await db.BackupPlans.AnyAsync(p => p.ResourceId == resource.Id, ct)) { db.BackupPlans.Add(BackupPlan.Usual(resource.Id, now)); }
            await db.SaveChangesAsync(ct);
            await transaction.CommitAsync(ct);
            db.ChangeTracker.Clear();
            return new Place(row, server, vault);
        }

        return null;
    }

    private async Task<DeliveryStep> KeepAsync(ZhengtongDb db, PostgresAdmin admin, CloudResource resource, Place place, CancellationToken ct)
    {
        var name = resource.EngineName;
        var (role, there) = (await admin.FindRoleAsync(name, ct), await admin.FindDatabaseAsync(name, ct));
        if ((role is not null && !IsOurs(role.Mark, resource)) || (there.IsThere && !IsOurs(there.Mark, resource))) { return DeliveryStep.Never("database-name-taken"); }
        if (!there.IsThere && resource.DeliveredAt is not null) { return new DeliveryStep(Sight.Absent); }
        await KeepRoleAsync(admin, name, role, $"{MarkOf(resource)}:{place.Row.Generation}", () => OpenPassword(vault, place.Row), ct);
        if (!there.IsThere)
        {
            if (resource.BackupId is { } origin)
            {
                if (await db.ResourceBackups.AsNoTracking().SingleOrDefaultAsync(b => b.Id == origin, ct) is not { } backup) { return DeliveryStep.Never("backup-unknown", Sight.Absent); }
                if (tools.Find("pg_restore", admin.Major) is not { } program) { return DeliveryStep.NotNow("no-database-tools", Sight.Absent); }
                using var bound = CancellationTokenSource.CreateLinkedTokenSource(ct);
                using var timer = clock.CreateTimer(_ => bound.Cancel(), null, TimeSpan.FromMinutes(options.Value.TaskMinutes), Timeout.InfiniteTimeSpan);
                try
                {
                    if (!await FillAsync(admin, resource, place, place.Row.Draft, backup, program, resource.Id, bound.Token)) { return DeliveryStep.Never("backup-damaged", Sight.Absent); }
                }
                catch (PostgresToolException e)
                {
                    LogToolFailed(resource.Id, e.Message);
                    return DeliveryStep.Never("restore-failed", Sight.Absent);
                }
                catch (Exception e) when (e is CryptographicException or DamagedObjectException) { return DeliveryStep.Never("backup-damaged", Sight.Absent); }
                catch (OperationCanceledException) when (!ct.IsCancellationRequested) { return DeliveryStep.Never("took-too-long", Sight.Absent); }
            }
            else { await MakeAsync(admin, place, place.Row.Draft, name, ct); }
            await admin.TogetherAsync(async () =>
            {
                await admin.RunAsync("COMMENT ON DATABASE %I IS %L", ct, place.Row.Draft, MarkOf(resource));
                await admin.RunAsync("ALTER DATABASE %I RENAME TO %I", ct, place.Row.Draft, name);
            }, ct);
        }

        var size = (await admin.SizesAsync([name], ct)).GetValueOrDefault(name);
        var limit = LimitOf(resource.Amounts);
        var (isFull, isFarOver) = (size > limit, IsFarOver(size, limit));
        var opens = resource.Wish == ResourceWish.Running && !isFarOver;
        await db.ManagedDatabases.Where(d => d.ResourceId == resource.Id).ExecuteUpdateAsync(set => set.SetProperty(d => d.Size, size).SetProperty(d => d.IsFull, isFull), ct);
        await SetAsync(admin, name, name, opens, ConnectionsOf(resource, place), isFull, ct);
        foreach (var login in await db.DatabaseLogins.AsNoTracking().Where(l => l.ResourceId == resource.Id).ToListAsync(ct))
        {
            if (login.IsEnding) { await DropLoginAsync(db, admin, resource, place, login, ct); }
            else { await KeepLoginAsync(admin, resource, place, login, opens, isFull, ct); }
        }

        var address = string.Create(CultureInfo.InvariantCulture, $"postgresql://{HostOf(place.Server)}:{place.Server.Port}/{name}");
        return new DeliveryStep(opens ? Sight.Running : Sight.Stopped, isFarOver ? "database-far-over-size" : isFull ? "database-full" : null, Address: address);
    }

    internal static string HostOf(DatabaseServer server) => server.Host.Contains(':', StringComparison.Ordinal) ? $"[{server.Host}]" : server.Host;

    /// <summary>Sessions that its logins may have together: those that were ordered, else what the server gives each.</summary>
    private static int ConnectionsOf(CloudResource resource, Place place) => resource.Amounts.Get("connection") is > 0 and <= 1000 and var ordered ? (int)ordered : place.Server.Connections;

    /// <summary>The role with its mark and the password that the mark tells of, all in one step.</summary>
    private static async Task KeepRoleAsync(PostgresAdmin admin, string name, ServerRole? role, string mark, Func<string> password, CancellationToken ct)
    {
        if (role?.Mark == mark) { return; }
        var verifier = PostgresAdmin.VerifierOf(password(), RandomNumberGenerator.GetBytes(16));
        await admin.TogetherAsync(async () =>
        {
            if (role is null) { await admin.RunAsync("CREATE ROLE %I NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION INHERIT", ct, name); }
            await admin.RunAsync("ALTER ROLE %I PASSWORD %L", ct, name, verifier);
            await admin.RunAsync("COMMENT ON ROLE %I IS %L", ct, name, mark);
        }, ct);
    }

    /// <summary>An empty database under a name of ours, as the role may use it and nobody else.</summary>
    private async Task MakeAsync(PostgresAdmin admin, Place place, string database, string role, CancellationToken ct)
    {
        // It belongs to the platform's account: its owner could take its mark and its limits away.
        if (!(await admin.FindDatabaseAsync(database, ct)).IsThere) { await admin.RunAsync("CREATE DATABASE %I TEMPLATE template0 ENCODING 'UTF8'", ct, database); }
        if (!await admin.IsSuperuserAsync(ct)) { await admin.RunAsync("GRANT %I TO CURRENT_USER", ct, role); }
        await admin.RunAsync("REVOKE ALL ON DATABASE %I FROM PUBLIC", ct, database);
        await admin.RunAsync("GRANT CONNECT, CREATE, TEMPORARY ON DATABASE %I TO %I", ct, database, role);
        await using var inside = await PostgresAdmin.OpenAsync(place.Connection, database, options.Value, ct);
        await inside.RunAsync("ALTER SCHEMA public OWNER TO %I", ct, role);
    }

    /// <summary>Whether a role may log in, how often at once, and whether it may write.</summary>
    private static async Task SetAsync(PostgresAdmin admin, string role, string database, bool opens, int connections, bool isFull, CancellationToken ct)
    {
        var now = await admin.FindRoleAsync(role, ct);
        if (now?.CanLogIn != opens || now.Connections != connections)
        {
            await admin.RunAsync($"ALTER ROLE %I {(opens ? "LOGIN" : "NOLOGIN")} CONNECTION LIMIT {connections.ToString(CultureInfo.InvariantCulture)}", ct, role);
        }

        var isReadOnly = await admin.IsReadOnlyAsync(role, database, ct);
        if (isFull && !isReadOnly) { await admin.RunAsync("ALTER ROLE %I IN DATABASE %I SET default_transaction_read_only = on", ct, role, database); }
        if (!isFull && isReadOnly) { await admin.RunAsync("ALTER ROLE %I IN DATABASE %I RESET default_transaction_read_only", ct, role, database); }
        // Sessions that are open keep what held when they began.
        if (!opens || isFull != isReadOnly) { await admin.EndSessionsOfAsync(role, ct); }
    }

    private async Task<bool> KeepLoginAsync(PostgresAdmin admin, CloudResource resource, Place place, DatabaseLogin login, bool opens, bool isFull, CancellationToken ct)
    {
        var role = await admin.FindRoleAsync(login.RoleName, ct);
        if (role is not null && !IsOurs(role.Mark, resource)) { return false; }
        await KeepRoleAsync(admin, login.RoleName, role, $"{MarkOf(resource)}:{login.Id}", () => OpenPassword(vault, login), ct);
        if (!(await admin.MembersAsync(resource.EngineName, ct)).Contains(login.RoleName))
        {
            await admin.RunAsync("GRANT %I TO %I", ct, resource.EngineName, login.RoleName);
        }

        // What it makes belongs to the database's role, so that all logins share it and it stays when the login goes.
        await admin.RunAsync("ALTER ROLE %I IN DATABASE %I SET role = %L", ct, login.RoleName, resource.EngineName, resource.EngineName);
        await SetAsync(admin, login.RoleName, resource.EngineName, opens, ConnectionsOf(resource, place), isFull, ct);
        return true;
    }

    private async Task DropLoginAsync(ZhengtongDb db, PostgresAdmin admin, CloudResource resource, Place place, DatabaseLogin login, CancellationToken ct)
    {
        if (await admin.FindRoleAsync(login.RoleName, ct) is { } role && IsOurs(role.Mark, resource)) { await DropRoleAsync(admin, resource, place, resource.EngineName, login.RoleName, ct); }
        await db.DatabaseLogins.Where(l => l.Id == login.Id).ExecuteDeleteAsync(ct);
    }

    /// <summary>A login goes; what it made in a database stays there with the database's role.</summary>
    private async Task DropRoleAsync(PostgresAdmin admin, CloudResource resource, Place place, string database, string role, CancellationToken ct)
    {
        await admin.RunAsync("ALTER ROLE %I NOLOGIN", ct, role);
        await admin.EndSessionsOfAsync(role, ct);
        await GrantAsync(admin, role, ct);
        if ((await admin.FindDatabaseAsync(database, ct)).IsThere)
        {
            await using var inside = await PostgresAdmin.OpenAsync(place.Connection, database, options.Value, ct);
            await inside.RunAsync("REASSIGN OWNED BY %I TO %I", ct, role, resource.EngineName);
            await inside.RunAsync("DROP OWNED BY %I", ct, role);
        }

        await admin.RunAsync("DROP OWNED BY %I", ct, role);
        await admin.RunAsync("DROP ROLE %I", ct, role);
    }

    /// <summary>An account that is no superuser must be a member to act for a role.</summary>
    private static async Task GrantAsync(PostgresAdmin admin, string role, CancellationToken ct)
    {
        if (!await admin.IsSuperuserAsync(ct)) { await admin.RunAsync("GRANT %I TO CURRENT_USER", ct, role); }
    }

    private async Task<DeliveryStep> RemoveAsync(ZhengtongDb db, PostgresAdmin admin, CloudResource resource, Place place, CancellationToken ct)
    {
        var name = resource.EngineName;
        var role = await admin.FindRoleAsync(name, ct);
        if (role is not null && IsOurs(role.Mark, resource)) { await admin.RunAsync("ALTER ROLE %I NOLOGIN", ct, name); }
        if ((await admin.FindDatabaseAsync(name, ct)).Mark is { } mark && IsOurs(mark, resource)) { await admin.RunAsync("DROP DATABASE %I WITH (FORCE)", ct, name); }
        foreach (var draft in new[] { place.Row.Draft, NewOf(place), OldOf(place) }) { await DropDraftAsync(admin, resource, draft, ct); }
        foreach (var login in await db.DatabaseLogins.AsNoTracking().Where(l => l.ResourceId == resource.Id).ToListAsync(ct)) { await DropLoginAsync(db, admin, resource, place, login, ct); }
        if (role is not null && IsOurs(role.Mark, resource))
        {
            // Stand-ins of tasks that broke off; the databases are gone, and what they owned with them.
            foreach (var left in await admin.MembersAsync(name, ct)) { await DropStandInAsync(admin, resource, place, name, left, ct); }
            await admin.EndSessionsOfAsync(name, ct);
            await GrantAsync(admin, name, ct);
            await admin.RunAsync("DROP OWNED BY %I", ct, name);
            await admin.RunAsync("DROP ROLE %I", ct, name);
        }

        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        if (await db.ManagedDatabases.Where(d => d.ResourceId == resource.Id).ExecuteDeleteAsync(ct) > 0)
        {
            await db.DatabaseServers.Where(s => s.Id == place.Server.Id).ExecuteUpdateAsync(set => set.SetProperty(s => s.Databases, s => s.Databases - 1), ct);
        }

        await transaction.CommitAsync(ct);
        return new DeliveryStep(Sight.Absent);
    }

    /// <summary>The name under which a backup is restored before it takes the place of what is there.</summary>
    private static string NewOf(Place place) => $"{place.Row.Draft}_new";

    /// <summary>The name of what was there before.</summary>
    private static string OldOf(Place place) => $"{place.Row.Draft}_old";

    private static async Task DropDraftAsync(PostgresAdmin admin, CloudResource resource, string database, CancellationToken ct)
    {
        var (isThere, mark) = await admin.FindDatabaseAsync(database, ct);
        if (isThere && (mark is null || IsOurs(mark, resource))) { await admin.RunAsync("DROP DATABASE %I WITH (FORCE)", ct, database); }
    }

    private async Task<TaskStep> BackUpAsync(ZhengtongDb db, PostgresAdmin admin, CloudResource resource, Place place, ResourceTask task, CancellationToken ct)
    {
        var name = task.Subject ?? $"{task.Id:N}";
        if (await db.ResourceBackups.AnyAsync(b => b.Id == task.Id, ct)) { return TaskStep.Done; }
        if (await db.ResourceBackups.AnyAsync(b => b.ResourceId == resource.Id && b.Name == name, ct)) { return TaskStep.Never("backup-name-taken"); }
        if (tools.Find("pg_dump", admin.Major) is not { } program) { return TaskStep.NotNow("no-database-tools"); }
        if (!IsOurs((await admin.FindDatabaseAsync(resource.EngineName, ct)).Mark, resource)) { return TaskStep.Never("gone"); }
        var connection = await StandInAsync(admin, resource, place, task.Id, resource.EngineName, ct, seesAllRows: true);
        try
        {
            var isKept = await tools.DumpAsync(program, connection, resource.EngineName, (archive, atEnd) => backups.KeepAsync(db, task, name, admin.Version, archive, atEnd, ct), ct);
            return isKept ? TaskStep.Done : TaskStep.Never("backup-name-taken");
        }
        // However it ended: nobody logs in as it any more.
        finally { await DropStandInAsync(admin, resource, place, resource.EngineName, StandInOf(task.Id), CancellationToken.None); }
    }

    /// <summary>Restores beside what is there, then changes the two in one transaction: whoever looks finds the one or the other, whole.</summary>
    private async Task<TaskStep> RestoreAsync(ZhengtongDb db, PostgresAdmin admin, CloudResource resource, Place place, ResourceTask task, CancellationToken ct)
    {
        var (name, mark) = (resource.EngineName, $"{MarkOf(resource)}:{task.Id}");
        var there = await admin.FindDatabaseAsync(name, ct);
        if (there.Mark != mark)
        {
            if (!IsOurs(there.Mark, resource)) { return TaskStep.Never("gone"); }
            if (await db.ResourceBackups.AsNoTracking().SingleOrDefaultAsync(b => b.ResourceId == resource.Id && b.Name == task.Subject, ct) is not { } backup) { return TaskStep.Never("backup-unknown"); }
            if (tools.Find("pg_restore", admin.Major) is not { } program) { return TaskStep.NotNow("no-database-tools"); }
            if (!await FillAsync(admin, resource, place, NewOf(place), backup, program, task.Id, ct)) { return TaskStep.Never("backup-damaged"); }
            await DropDraftAsync(admin, resource, OldOf(place), ct);
            foreach (var role in await RolesAsync(admin, resource, ct))
            {
                await admin.RunAsync("ALTER ROLE %I NOLOGIN", ct, role);
                await admin.EndSessionsOfAsync(role, ct);
            }

            try
            {
                await admin.EndSessionsInAsync(name, ct);
                await admin.TogetherAsync(async () =>
                {
                    await admin.RunAsync("COMMENT ON DATABASE %I IS %L", ct, NewOf(place), mark);
                    await admin.RunAsync("ALTER DATABASE %I RENAME TO %I", ct, name, OldOf(place));
                    await admin.RunAsync("ALTER DATABASE %I RENAME TO %I", ct, NewOf(place), name);
                }, ct);
            }
            catch (PostgresException)
            {
                await KeepAsync(db, admin, resource, place, ct);
                throw;
            }
        }

        await DropDraftAsync(admin, resource, OldOf(place), ct);
        await KeepAsync(db, admin, resource, place, ct);
        return TaskStep.Done;
    }

    /// <summary>Makes a database under a name of ours anew, from a backup; false when its bytes are gone. What fails leaves nothing behind.</summary>
    /// <param name="admin">The server.</param>
    /// <param name="resource">Whose.</param>
    /// <param name="place">Where.</param>
    /// <param name="database">The name.</param>
    /// <param name="backup">What it is made from.</param>
    /// <param name="program">pg_restore.</param>
    /// <param name="work">Gives the login that does it its name: the same for each attempt.</param>
    /// <param name="ct">Stops it.</param>
    private async Task<bool> FillAsync(PostgresAdmin admin, CloudResource resource, Place place, string database, ResourceBackup backup, string program, Guid work, CancellationToken ct)
    {
        var name = resource.EngineName;
        await DropDraftAsync(admin, resource, database, ct);
        await MakeAsync(admin, place, database, name, ct);
        try
        {
            if (await backups.OpenAsync(backup, ct) is not { } archive)
            {
                await DropDraftAsync(admin, resource, database, ct);
                return false;
            }

            await using (archive) { await tools.RestoreAsync(program, await StandInAsync(admin, resource, place, work, database, ct), database, name, archive, ct); }
        }
        catch (Exception e) when (e is PostgresToolException or CryptographicException or DamagedObjectException)
        {
            await DropStandInAsync(admin, resource, place, database, StandInOf(work), ct);
            await DropDraftAsync(admin, resource, database, ct);
            throw;
        }

        await DropStandInAsync(admin, resource, place, database, StandInOf(work), ct);
        return true;
    }

    /// <summary>The database's role and those of its members that are ours: before PostgreSQL 15 a role may make anybody's a member of itself, and what is another department's is neither locked out nor lent.</summary>
    private static async Task<IReadOnlyList<string>> RolesAsync(PostgresAdmin admin, CloudResource resource, CancellationToken ct)
    {
        List<string> roles = [resource.EngineName];
        foreach (var member in await admin.MembersAsync(resource.EngineName, ct))
        {
            if (IsOurs((await admin.FindRoleAsync(member, ct))?.Mark, resource)) { roles.Add(member); }
        }

        return roles;
    }

    private static string StandInOf(Guid work) => $"l{work:N}";

    /// <summary>The connection of a login that may do what the database's role and its logins may and nothing more. What is dumped or restored was written by the department: its functions may run while it is, and
    /// one that sets its role back must not find the platform's account.</summary>
    /// <param name="admin">The server.</param>
    /// <param name="resource">Whose.</param>
    /// <param name="place">Where.</param>
    /// <param name="work">Gives it its name.</param>
    /// <param name="database">Where an earlier attempt may have left something of it.</param>
    /// <param name="ct">Stops it.</param>
    /// <param name="seesAllRows">True where row security hides nothing from it: a table that forces it on its owner too would end every dump. It reaches no rows but those of the department's own database.</param>
    private async Task<string> StandInAsync(PostgresAdmin admin, CloudResource resource, Place place, Guid work, string database, CancellationToken ct, bool seesAllRows = false)
    {
        var (name, password) = (StandInOf(work), NewPassword());
        await DropStandInAsync(admin, resource, place, database, name, ct);
        await KeepRoleAsync(admin, name, null, $"{MarkOf(resource)}:{work}", () => password, ct);
        // What a login made as itself is the department's too.
        foreach (var owner in await RolesAsync(admin, resource, ct)) { await admin.RunAsync("GRANT %I TO %I", ct, owner, name); }
        if (seesAllRows)
        {
            // An account that has not the right itself cannot lend it: then only a database that forces row security is not dumped.
            try { await admin.RunAsync("ALTER ROLE %I BYPASSRLS", ct, name); }
            catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.InsufficientPrivilege) { }
        }

        await admin.RunAsync("ALTER ROLE %I LOGIN", ct, name);
        return new NpgsqlConnectionStringBuilder(place.Connection) { Username = name, Password = password }.ConnectionString;
    }

    private async Task DropStandInAsync(PostgresAdmin admin, CloudResource resource, Place place, string database, string name, CancellationToken ct)
    {
        if (await admin.FindRoleAsync(name, ct) is { } role && IsOurs(role.Mark, resource)) { await DropRoleAsync(admin, resource, place, database, name, ct); }
    }

    private static async Task<TaskStep> DeleteBackupAsync(ZhengtongDb db, CloudResource resource, ResourceTask task, CancellationToken ct)
    {
        if (await db.ResourceBackups.SingleOrDefaultAsync(b => b.ResourceId == resource.Id && b.Name == task.Subject, ct) is { } backup) { await BackupStore.ForgetAsync(db, [backup], ct); }
        return TaskStep.Done;
    }

    [LoggerMessage(LogLevel.Warning, "The database server refused a statement: {State}")]
    private partial void LogRefused(string state);

    [LoggerMessage(LogLevel.Warning, "A task of database {Resource} failed: {What}")]
    private partial void LogToolFailed(Guid resource, string what);

    /// <summary>A database and its server.</summary>
    private sealed record Place(ManagedDatabase Row, DatabaseServer Server, Vault Vault)
    {
        /// <summary>The way there.</summary>
        /// <exception cref="CryptographicException">Sealed under another master key.</exception>
        internal string Connection => ConnectionOf(Vault, Server);
    }
}
