using System.Security.Cryptography;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using Zhengtong.Cloud.Backups;
using Zhengtong.Cloud.Databases;
using Zhengtong.Cloud.Delivery;
using Zhengtong.Cloud.Model;
using Zhengtong.Kernel.Objects;
using Zhengtong.Kernel.Secrets;
using Zhengtong.Tests.Cloud.Delivery;
using Zhengtong.Tests.Exchange.Support;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Cloud.Databases;

/// <summary>Departments' databases on a real server.</summary>
[OnDatabase(Once = true)]
public sealed class DatabaseFulfilmentTests(DeliveryScene scene) : IClassFixture<DeliveryScene>, IAsyncLifetime
{
    private CutLine line = null!;
    private Guid server;

    public async ValueTask InitializeAsync()
    {
        Assert.SkipWhen(DepartmentTable.PostgresServer is null, "Needs a PostgreSQL server: ZHENGTONG_POSTGRES is not set");
        var at = new NpgsqlConnectionStringBuilder(DepartmentTable.PostgresServer);
        line = new CutLine(at.Host!, at.Port);
        var vault = scene.App.Services.GetRequiredService<Vault>();
        server = DeliveryScene.Id();
        // One server at a time takes what is granted.
        await scene.WithDb(db => db.DatabaseServers.ExecuteUpdateAsync(set => set.SetProperty(s => s.IsOpen, false)));
        await scene.WithDb(db =>
        {
            db.DatabaseServers.Add(new DatabaseServer
            {
                Id = server, Name = $"server {server}", Host = "127.0.0.1", Port = line.Port, MostDatabases = 100, Connections = 7, Zone = NetworkZone.GovernmentExtranet, Protection = 3,
                CreatedAt = TimeProvider.System.GetUtcNow(),
                Connection = RegisterDatabaseServer.SealOf(vault, server, RegisterDatabaseServer.ConnectionOf("127.0.0.1", line.Port, at.Username!, at.Password, at.Database!, ServerEncryption.None)),
            });
            return db.SaveChangesAsync();
        });
    }

    public async ValueTask DisposeAsync()
    {
        if (line is not null) { await line.DisposeAsync(); }
    }

    [Fact]
    public async Task Database_GrantedStoppedStartedRemoved_IsMadeForItsDepartmentAlone_AndLeavesNothing()
    {
        var id = await GrantAsync();
        var resource = await scene.DriveAsync(id);
        (resource.State, resource.Problem).ShouldBe((CloudResourceState.Running, null));
        resource.Address.ShouldBe($"postgresql://127.0.0.1:{line.Port}/{resource.EngineName}");
        (await scene.HoldAsync(id)).State.ShouldBe(HoldState.Active);
        (await Ask<string>("SELECT rolname FROM pg_database d JOIN pg_roles r ON r.oid = d.datdba WHERE datname = $1", resource.EngineName)).ShouldNotBe(resource.EngineName);
        (await Ask<bool>("SELECT has_database_privilege('pg_monitor', datname, 'CONNECT') FROM pg_database WHERE datname = $1", resource.EngineName)).ShouldBeFalse();
        (await Ask<int>("SELECT rolconnlimit FROM pg_roles WHERE rolname = $1", resource.EngineName)).ShouldBe(7);
        // The server keeps a verifier of the password that the department is shown, and nothing else of it.
        var vault = scene.App.Services.GetRequiredService<Vault>();
        var kept = await Ask<string>("SELECT rolpassword FROM pg_authid WHERE rolname = $1", resource.EngineName);
        var row = await scene.WithDb(db => db.ManagedDatabases.AsNoTracking().SingleAsync(d => d.ResourceId == id));
        PostgresAdmin.VerifierOf(DatabaseFulfilment.OpenPassword(vault, row), Convert.FromBase64String(kept.Split(':')[1].Split('$')[0])).ShouldBe(kept);

        await using (var own = await OwnAsync(resource)) { await RunAsync(own, "CREATE TABLE t (a int); INSERT INTO t VALUES (1)"); }
        await scene.WishAsync(id, ResourceWish.Stopped);
        (await scene.DriveAsync(id)).State.ShouldBe(CloudResourceState.Stopped);
        (await Should.ThrowAsync<PostgresException>(() => OwnAsync(resource))).SqlState.ShouldBe("28000");
        await scene.WishAsync(id, ResourceWish.Running);
        (await scene.DriveAsync(id)).State.ShouldBe(CloudResourceState.Running);
        await using (var own = await OwnAsync(resource)) { (await ScalarAsync<int>(own, "SELECT a FROM t")).ShouldBe(1); }

        await scene.WishAsync(id, ResourceWish.Removed);
        (await scene.DriveAsync(id)).State.ShouldBe(CloudResourceState.Removed);
        await NothingLeftAsync(resource, row.Draft);
        (await scene.WithDb(db => db.DatabaseServers.AsNoTracking().SingleAsync(s => s.Id == server))).Databases.ShouldBe(0);
    }

    [Fact]
    public async Task Names_OfSomebodyElse_AreNeverTouched()
    {
        var (id, other) = (await GrantAsync(), await GrantAsync());
        var (name, role) = ($"r{id:N}", $"r{other:N}");
        await Run($"CREATE DATABASE {name}");
        await Run($"CREATE ROLE {role}");
        await scene.DriveAsync(id, most: 2);
        await scene.DriveAsync(other, most: 2);
        foreach (var one in new[] { id, other })
        {
            var resource = await scene.ReadAsync(one);
            (resource.State, resource.Problem).ShouldBe((CloudResourceState.Failed, "database-name-taken"));
            await scene.WishAsync(one, ResourceWish.Removed);
            (await scene.DriveAsync(one)).State.ShouldBe(CloudResourceState.Removed);
        }

        (await Ask<long>("SELECT count(*) FROM pg_database WHERE datname = $1", name)).ShouldBe(1);
        (await Ask<long>("SELECT count(*) FROM pg_roles WHERE rolname = $1", role)).ShouldBe(1);
        await Run($"DROP DATABASE {name}");
        await Run($"DROP ROLE {role}");
    }

    [Fact]
    public async Task Database_GoneBehindOurBack_IsLostAndNotMadeAnew()
    {
        var id = await GrantAsync();
        var resource = await scene.DriveAsync(id);
        await Run($"DROP DATABASE {resource.EngineName} WITH (FORCE)");
        await scene.WishAsync(id, ResourceWish.Running);
        resource = await scene.DriveAsync(id);
        (resource.State, resource.Problem).ShouldBe((CloudResourceState.Lost, "gone"));
        (await Ask<long>("SELECT count(*) FROM pg_database WHERE datname = $1", resource.EngineName)).ShouldBe(0);
    }

    [Fact]
    public async Task Backup_Restored_BringsBackWhatWas_AndADamagedOneLeavesAllAsItIs()
    {
        var id = await GrantAsync();
        var resource = await scene.DriveAsync(id);
        await using (var own = await OwnAsync(resource)) { await RunAsync(own, "CREATE TABLE t (a int); INSERT INTO t SELECT generate_series(1, 1000); CREATE SCHEMA s; CREATE VIEW s.v AS SELECT sum(a) AS a FROM t"); }
        var task = await TaskAsync(resource, ResourceTaskKind.BackUp, "first");
        (await DoAsync(resource, task)).ShouldBe(TaskStep.Done);
        // Done once more, as after a crash, it is the same one.
        (await DoAsync(resource, task)).ShouldBe(TaskStep.Done);
        (await DoAsync(resource, await TaskAsync(resource, ResourceTaskKind.BackUp, "first"))).ShouldBe(TaskStep.Never("backup-name-taken"));
        var backup = await scene.WithDb(db => db.ResourceBackups.AsNoTracking().SingleAsync(b => b.ResourceId == id));
        var (objects, vault) = (scene.App.Services.GetRequiredService<ObjectStore>(), scene.App.Services.GetRequiredService<Vault>());
        await using (var raw = (await objects.OpenAsync(backup.Digest, default))!)
        {
            var bytes = new byte[5];
            await raw.ReadExactlyAsync(bytes);
            bytes.ShouldNotBe("PGDMP"u8.ToArray());
        }

        await using (var open = (await scene.App.Services.GetRequiredService<BackupStore>().OpenAsync(backup, default))!)
        {
            var bytes = new byte[backup.Length];
            await open.ReadExactlyAsync(bytes);
            bytes[..5].ShouldBe("PGDMP"u8.ToArray());
            (await open.ReadAsync(new byte[1])).ShouldBe(0);
        }

        await using (var own = await OwnAsync(resource)) { await RunAsync(own, "DROP SCHEMA s CASCADE; DELETE FROM t WHERE a > 1"); }
        (await DoAsync(resource, await TaskAsync(resource, ResourceTaskKind.Restore, "none"))).ShouldBe(TaskStep.Never("backup-unknown"));
        await using (var own = await OwnAsync(resource)) { (await ScalarAsync<long>(own, "SELECT count(*) FROM t")).ShouldBe(1); }

        // A key that is not its own: nothing of it opens.
        await scene.WithDb(db => db.ResourceBackups.Where(b => b.Id == backup.Id).ExecuteUpdateAsync(s => s.SetProperty(b => b.Key, vault.Seal(RandomNumberGenerator.GetBytes(32), ResourceBackup.PurposeOf(backup.Id)))));
        (await DoAsync(resource, await TaskAsync(resource, ResourceTaskKind.Restore, "first"))).ShouldBe(TaskStep.Never("backup-damaged"));
        await using (var own = await OwnAsync(resource)) { (await ScalarAsync<long>(own, "SELECT count(*) FROM t")).ShouldBe(1); }
        await scene.WithDb(db => db.ResourceBackups.Where(b => b.Id == backup.Id).ExecuteUpdateAsync(s => s.SetProperty(b => b.Key, backup.Key)));

        task = await TaskAsync(resource, ResourceTaskKind.Restore, "first");
        (await DoAsync(resource, task)).ShouldBe(TaskStep.Done);
        (await DoAsync(resource, task)).ShouldBe(TaskStep.Done);
        await using (var own = await OwnAsync(resource))
        {
            (await ScalarAsync<long>(own, "SELECT a FROM s.v")).ShouldBe(500_500);
            // What was restored is the role's own again.
            await RunAsync(own, "ALTER TABLE t ADD b int");
        }

        (await scene.DriveAsync(id)).Problem.ShouldBeNull();
        await scene.WishAsync(id, ResourceWish.Removed);
        (await scene.DriveAsync(id)).State.ShouldBe(CloudResourceState.Removed);
        (await scene.WithDb(db => db.ResourceBackups.AsNoTracking().SingleAsync(b => b.ResourceId == id))).ExpiresAt.ShouldNotBeNull();
    }

    [Fact]
    public async Task Backup_RestoredAsNew_IsAnotherDatabaseWithWhatWas_WhereverItIsCut()
    {
        var id = await GrantAsync();
        var first = await scene.DriveAsync(id);
        (await scene.WithDb(db => db.BackupPlans.AsNoTracking().SingleAsync(p => p.ResourceId == id))).ShouldSatisfyAllConditions(p => p.Days.ShouldBe(7), p => p.NextAt.ShouldBeGreaterThan(TimeProvider.System.GetUtcNow()));
        await using (var own = await OwnAsync(first)) { await RunAsync(own, "CREATE TABLE t (a int); INSERT INTO t SELECT generate_series(1, 1000)"); }
        var task = await TaskAsync(first, ResourceTaskKind.BackUp, "first");
        (await DoAsync(first, task)).ShouldBe(TaskStep.Done);
        for (var (at, cut) = (1, true); cut; at += 2)
        {
            cut = false;
            foreach (var after in new[] { false, true })
            {
                var made = await GrantAsync();
                await scene.WithDb(db => db.CloudResources.Where(r => r.Id == made).ExecuteUpdateAsync(s => s.SetProperty(r => r.BackupId, task.Id)));
                line.Set(at, after);
                var resource = await scene.DriveAsync(made);
                cut |= line.IsCut;
                line.Set(0, false);
                // The programs of PostgreSQL go by the line too: cut within them, the restoration says that it failed, and is tried again.
                if (resource.Problem == "restore-failed")
                {
                    await scene.WithDb(db => db.CloudResources.Where(r => r.Id == made).ExecuteUpdateAsync(s => s.SetProperty(r => r.NextAt, TimeProvider.System.GetUtcNow()).SetProperty(r => r.State, CloudResourceState.Changing)));
                    resource = await scene.DriveAsync(made);
                }

                (resource.State, resource.Problem).ShouldBe((CloudResourceState.Running, null), $"cut at {at}, after: {after}");
                await using (var own = await OwnAsync(resource))
                {
                    (await ScalarAsync<long>(own, "SELECT sum(a) FROM t")).ShouldBe(500_500);
                    await RunAsync(own, "ALTER TABLE t ADD b int");
                }

                var draft = (await scene.WithDb(db => db.ManagedDatabases.AsNoTracking().SingleAsync(d => d.ResourceId == made))).Draft;
                (await Ask<long>("SELECT count(*) FROM pg_database WHERE datname LIKE $1 || '%'", draft)).ShouldBe(0);
                (await Ask<long>("SELECT count(*) FROM pg_roles WHERE rolname = $1", $"l{made:N}")).ShouldBe(0);
                await scene.WishAsync(made, ResourceWish.Removed);
                (await scene.DriveAsync(made)).State.ShouldBe(CloudResourceState.Removed);
                await NothingLeftAsync(resource, draft);
            }
        }

        await using (var own = await OwnAsync(first)) { (await ScalarAsync<long>(own, "SELECT count(*) FROM t")).ShouldBe(1000); }
    }

    [Fact]
    public async Task Database_WithoutADiskOrdered_HasNoLimit_AndOthersWhatWasOrdered()
    {
        var id = await GrantAsync();
        var resource = await scene.DriveAsync(id);
        await using var session = await OwnAsync(resource);
        await RunAsync(session, "CREATE TABLE t (a int)");
        await AmountsAsync(id, new ResourceAmount("database", 1));
        var fulfilment = scene.App.Services.GetRequiredService<IServiceScopeFactory>().CreateScope().ServiceProvider.GetRequiredService<DatabaseFulfilment>();
        (await fulfilment.StepAsync(await scene.ReadAsync(id), default)).Problem.ShouldBeNull();
        DatabaseFulfilment.LimitOf([new("disk", 2)]).ShouldBe(2L << 30);
        // More than any server has.
        DatabaseFulfilment.LimitOf([new("disk", ResourceAmount.Most)]).ShouldBe(long.MaxValue);
    }

    [Fact]
    public async Task Database_TooLarge_CanOnlyBeRead_FarTooLargeNotBeOpened_AndIsBackWhenItIsSmaller()
    {
        var id = await GrantAsync();
        var resource = await scene.DriveAsync(id);
        await using (var own = await OwnAsync(resource))
        {
            // A row fills a page: a gibibyte has 131,072.
            await RunAsync(own, "CREATE UNLOGGED TABLE big (t text); ALTER TABLE big ALTER t SET STORAGE PLAIN; INSERT INTO big SELECT repeat('x', 8000) FROM generate_series(1, 140000)");
        }

        await scene.RunAsync<WatchDatabases>();
        resource = await scene.DriveAsync(id, most: 1);
        (resource.State, resource.Problem).ShouldBe((CloudResourceState.Running, "database-full"));
        var row = await scene.WithDb(db => db.ManagedDatabases.AsNoTracking().SingleAsync(d => d.ResourceId == id));
        (row.IsFull, row.Size > 1L << 30).ShouldBe((true, true));
        await using (var own = await OwnAsync(resource))
        {
            (await ScalarAsync<long>(own, "SELECT count(*) FROM big")).ShouldBe(140_000);
            (await Should.ThrowAsync<PostgresException>(() => RunAsync(own, "INSERT INTO big VALUES ('y')"))).SqlState.ShouldBe(PostgresErrorCodes.ReadOnlySqlTransaction);
            // Who wants to make room says so. Here it is used for more.
            await RunAsync(own, "SET default_transaction_read_only = off");
            await RunAsync(own, "INSERT INTO big SELECT repeat('x', 8000) FROM generate_series(1, 25000)");
        }

        await DueAsync(id);
        resource = await scene.DriveAsync(id, most: 1);
        (resource.State, resource.Problem).ShouldBe((CloudResourceState.Stopped, "database-far-over-size"));
        await Should.ThrowAsync<PostgresException>(() => OwnAsync(resource));

        // More is ordered: it opens, and can be emptied.
        await AmountsAsync(id, new ResourceAmount("database", 1), new ResourceAmount("disk", 2));
        await DueAsync(id);
        resource = await scene.DriveAsync(id);
        (resource.State, resource.Problem).ShouldBe((CloudResourceState.Running, null));
        await using (var own = await OwnAsync(resource))
        {
            await RunAsync(own, "DELETE FROM big WHERE ctid > '(135000,1)'");
            await RunAsync(own, "VACUUM big");
        }

        await AmountsAsync(id, new ResourceAmount("database", 1), new ResourceAmount("disk", 1));
        await scene.RunAsync<WatchDatabases>();
        (await scene.DriveAsync(id, most: 1)).Problem.ShouldBe("database-full");
        await using (var own = await OwnAsync(resource)) { await RunAsync(own, "BEGIN; SET transaction_read_only = off; TRUNCATE big; COMMIT"); }
        await scene.RunAsync<WatchDatabases>();
        resource = await scene.DriveAsync(id);
        (resource.State, resource.Problem).ShouldBe((CloudResourceState.Running, null));
        await using (var own = await OwnAsync(resource)) { await RunAsync(own, "INSERT INTO big VALUES ('y')"); }
        (await scene.WithDb(db => db.DatabaseServers.AsNoTracking().SingleAsync(s => s.Id == server))).ShouldSatisfyAllConditions(s => s.AnsweredAt.ShouldNotBeNull(), s => s.Problem.ShouldBeNull());
        await scene.WishAsync(id, ResourceWish.Removed);
        await scene.DriveAsync(id);
    }

    /// <summary>Names that the platform's own statements call, in the department's database and before the server's own; a check that runs while a backup is restored and tries for more.</summary>
    [Fact]
    public async Task Database_WithHostileObjects_IsDumpedAndRestored_WithTheDepartmentsRightsAlone()
    {
        var id = await GrantAsync();
        var resource = await scene.DriveAsync(id);
        var neighbour = await scene.DriveAsync(await GrantAsync());
        var evil = $"evil_{id:N}";
        const string Higher = "SELECT pg_catalog.count(*) FROM public.seen WHERE super OPERATOR(pg_catalog.<>) 'off' OR who OPERATOR(pg_catalog.!~) '^[lr][0-9a-f]{32}$'";
        await using (var own = await OwnAsync(resource))
        {
            await RunAsync(own, $$"""
                CREATE TABLE seen (what text, who text, super text);
                CREATE FUNCTION note(what text) RETURNS void LANGUAGE plpgsql AS $f$
                BEGIN
                  BEGIN EXECUTE 'RESET ROLE'; EXCEPTION WHEN OTHERS THEN NULL; END;
                  BEGIN EXECUTE 'CREATE ROLE {{evil}} SUPERUSER'; EXCEPTION WHEN OTHERS THEN NULL; END;
                  INSERT INTO public.seen VALUES (what, session_user, pg_catalog.current_setting('is_superuser'));
                END $f$;
                CREATE FUNCTION look(a int) RETURNS boolean LANGUAGE plpgsql AS $f$ BEGIN PERFORM public.note('check'); RETURN true; END $f$;
                CREATE FUNCTION format(text, VARIADIC text[]) RETURNS text LANGUAGE plpgsql AS $f$ BEGIN PERFORM public.note('format'); RETURN pg_catalog.format($1, VARIADIC $2); END $f$;
                CREATE FUNCTION set_config(text, text, boolean) RETURNS text LANGUAGE plpgsql AS $f$ BEGIN PERFORM public.note('set_config'); RETURN $2; END $f$;
                CREATE FUNCTION same(name, text) RETURNS boolean LANGUAGE plpgsql AS $f$ BEGIN PERFORM public.note('operator'); RETURN true; END $f$;
                CREATE OPERATOR = (LEFTARG = name, RIGHTARG = text, FUNCTION = same);
                CREATE TABLE t (a int CHECK (look(a)));
                CREATE VIEW v AS SELECT a, look(a) FROM t;
                CREATE MATERIALIZED VIEW m AS SELECT a, look(a) FROM t;
                ALTER ROLE {{resource.EngineName}} IN DATABASE {{resource.EngineName}} SET search_path = public, pg_catalog;
                INSERT INTO t VALUES (1);
                DELETE FROM seen;
                """);
        }

        // Before PostgreSQL 15 the department could do so itself.
        await Run($"GRANT {resource.EngineName} TO {neighbour.EngineName}");
        // A login goes: the platform's account works inside the database.
        var vault = scene.App.Services.GetRequiredService<Vault>();
        var login = DeliveryScene.Id();
        await scene.WithDb(db =>
        {
            db.DatabaseLogins.Add(new DatabaseLogin { Id = login, ResourceId = id, Password = vault.Seal("geheim"u8, DatabaseLogin.PurposeOf(login)), CreatedAt = TimeProvider.System.GetUtcNow() });
            return db.SaveChangesAsync();
        });
        await DueAsync(id);
        (await scene.DriveAsync(id)).Problem.ShouldBeNull();
        await using (var own = await OwnAsync(resource, $"l{login:N}")) { await RunAsync(own, "SET ROLE NONE; CREATE SCHEMA alone; CREATE TABLE alone.mine (a int); INSERT INTO alone.mine VALUES (7)"); }

        // The dump waits for this table, and can be looked at.
        var task = await TaskAsync(resource, ResourceTaskKind.BackUp, "hostile");
        await using (var holding = await OwnAsync(resource))
        {
            await RunAsync(holding, "BEGIN; LOCK TABLE public.t IN ACCESS EXCLUSIVE MODE");
            var dump = DoAsync(resource, task);
            var who = "";
            for (var attempt = 0; who.Length == 0 && attempt < 200 && !dump.IsCompleted; attempt++)
            {
                await Task.Delay(50);
                who = await Ask<string>("SELECT coalesce(max(usename::text), '') FROM pg_stat_activity WHERE datname = $1 AND usename <> $1 AND wait_event_type = 'Lock'", resource.EngineName);
            }

            who.ShouldBe($"l{task.Id:N}");
            (await Ask<bool>("SELECT rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication FROM pg_roles WHERE rolname = $1", who)).ShouldBeFalse();
            // All rows of this database, and no other database of anybody's.
            (await Ask<bool>("SELECT rolbypassrls FROM pg_roles WHERE rolname = $1", who)).ShouldBeTrue();
            (await Ask<bool>("SELECT has_database_privilege($1, $2, 'CONNECT')", who, neighbour.EngineName)).ShouldBeFalse();
            (await Ask<long>("SELECT count(*) FROM pg_auth_members a JOIN pg_roles m ON m.oid = a.member JOIN pg_roles r ON r.oid = a.roleid WHERE m.rolname = $1 AND r.rolname NOT IN ($2, $3)", who, resource.EngineName, $"l{login:N}")).ShouldBe(0);
            await RunAsync(holding, "COMMIT");
            (await dump).ShouldBe(TaskStep.Done);
        }

        (await WithFulfilmentAsync(f => f.TryDropLoginAsync(resource, login, default))).ShouldBeTrue();
        await using (var own = await OwnAsync(resource)) { (await ScalarAsync<long>(own, Higher)).ShouldBe(0); }
        (await Ask<long>("SELECT count(*) FROM pg_roles WHERE rolname = $1", $"l{task.Id:N}")).ShouldBe(0);

        (await DoAsync(resource, await TaskAsync(resource, ResourceTaskKind.Restore, "hostile"))).ShouldBe(TaskStep.Done);
        await using (var own = await OwnAsync(resource))
        {
            // The check ran, by somebody who may do no more than the department.
            (await ScalarAsync<long>(own, "SELECT pg_catalog.count(*) FROM public.seen WHERE what OPERATOR(pg_catalog.=) 'check'")).ShouldBeGreaterThan(0);
            (await ScalarAsync<long>(own, Higher)).ShouldBe(0);
            (await ScalarAsync<int>(own, "SELECT a FROM alone.mine")).ShouldBe(7);
        }

        (await Ask<long>("SELECT count(*) FROM pg_roles WHERE rolname = $1", evil)).ShouldBe(0);
        // Another department's role, made a member against its will, was neither lent nor locked out.
        (await Ask<bool>("SELECT rolcanlogin FROM pg_roles WHERE rolname = $1", neighbour.EngineName)).ShouldBeTrue();
        foreach (var one in new[] { id, neighbour.Id })
        {
            await scene.WishAsync(one, ResourceWish.Removed);
            (await scene.DriveAsync(one)).State.ShouldBe(CloudResourceState.Removed);
        }

        await NothingLeftAsync(resource, "zt_none");

        async Task<T> WithFulfilmentAsync<T>(Func<DatabaseFulfilment, Task<T>> act)
        {
            await using var scope = scene.App.Services.CreateAsyncScope();
            return await act(scope.ServiceProvider.GetRequiredService<DatabaseFulfilment>());
        }
    }

    [Fact]
    public async Task RowSecurity_ForcedOnItsOwnerToo_HidesNoRowFromABackup_AndStandsAgainAfterTheRestore()
    {
        var id = await GrantAsync();
        var resource = await scene.DriveAsync(id);
        await using (var own = await OwnAsync(resource))
        {
            await RunAsync(own, $$"""
                CREATE TABLE kept (who text, a int PRIMARY KEY);
                INSERT INTO kept SELECT 'one', n FROM generate_series(1, 500) n;
                INSERT INTO kept SELECT 'two', n FROM generate_series(501, 1000) n;
                CREATE TABLE part (a int REFERENCES kept);
                INSERT INTO part SELECT generate_series(1, 1000);
                CREATE TABLE seen (what text, as_whom text, may_more bool);
                CREATE FUNCTION look(a int) RETURNS int LANGUAGE plpgsql AS $f$ BEGIN
                    INSERT INTO public.seen SELECT 'check', session_user, bool_or(rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication) FROM pg_catalog.pg_roles WHERE rolname = session_user;
                    RETURN a; END $f$;
                CREATE TABLE watched (a int CHECK (look(a) > 0));
                INSERT INTO watched VALUES (1);
                DELETE FROM seen;
                ALTER TABLE kept ENABLE ROW LEVEL SECURITY;
                ALTER TABLE kept FORCE ROW LEVEL SECURITY;
                CREATE POLICY own ON kept USING (who = current_setting('app.who', true));
                """);
            (await ScalarAsync<long>(own, "SELECT count(*) FROM kept")).ShouldBe(0);
        }

        (await DoAsync(resource, await TaskAsync(resource, ResourceTaskKind.BackUp, "forced"))).ShouldBe(TaskStep.Done);
        (await Ask<long>("SELECT count(*) FROM pg_roles WHERE rolbypassrls AND rolname LIKE 'l%' AND shobj_description(oid, 'pg_authid') LIKE $1", $"%{id}%")).ShouldBe(0);
        await using (var own = await OwnAsync(resource)) { await RunAsync(own, "DROP TABLE part; DROP TABLE kept"); }
        (await DoAsync(resource, await TaskAsync(resource, ResourceTaskKind.Restore, "forced"))).ShouldBe(TaskStep.Done);
        await using (var own = await OwnAsync(resource))
        {
            (await ScalarAsync<long>(own, "SELECT count(*) FROM kept")).ShouldBe(0);
            (await ScalarAsync<bool>(own, "SELECT relrowsecurity AND relforcerowsecurity FROM pg_class WHERE oid = 'kept'::regclass")).ShouldBeTrue();
            await RunAsync(own, "SET app.who = 'one'");
            (await ScalarAsync<long>(own, "SELECT count(*) FROM kept")).ShouldBe(500);
            await RunAsync(own, "ALTER TABLE kept NO FORCE ROW LEVEL SECURITY");
            (await ScalarAsync<long>(own, "SELECT count(*) FROM kept")).ShouldBe(1000);
            (await ScalarAsync<long>(own, "SELECT count(*) FROM part")).ShouldBe(1000);
            // What its check did while it was restored, it did as the department, with no right of anybody else's.
            (await ScalarAsync<long>(own, "SELECT count(*) FROM seen")).ShouldBeGreaterThan(0);
            (await ScalarAsync<bool>(own, "SELECT bool_or(may_more) FROM seen")).ShouldBeFalse();
        }

        await scene.WishAsync(id, ResourceWish.Removed);
        (await scene.DriveAsync(id)).State.ShouldBe(CloudResourceState.Removed);
    }

    [Fact]
    public async Task Logins_OfTheirOwn_ShareWhatIsThere_AndGoAlone()
    {
        var id = await GrantAsync();
        var resource = await scene.DriveAsync(id);
        var vault = scene.App.Services.GetRequiredService<Vault>();
        var login = new DatabaseLogin { Id = DeliveryScene.Id(), ResourceId = id, Password = [], CreatedAt = TimeProvider.System.GetUtcNow() };
        login = new DatabaseLogin { Id = login.Id, ResourceId = id, Password = vault.Seal("geheim"u8, DatabaseLogin.PurposeOf(login.Id)), CreatedAt = login.CreatedAt };
        await scene.WithDb(db =>
        {
            db.DatabaseLogins.Add(login);
            return db.SaveChangesAsync();
        });
        await using var scope = scene.App.Services.CreateAsyncScope();
        var fulfilment = scope.ServiceProvider.GetRequiredService<DatabaseFulfilment>();
        (await fulfilment.TryMakeLoginAsync(resource, login, default)).ShouldBeTrue();
        (await fulfilment.TryMakeLoginAsync(resource, login, default)).ShouldBeTrue();
        await using (var session = await OwnAsync(resource, login.RoleName)) { await RunAsync(session, "CREATE TABLE shared (a int)"); }
        await using (var own = await OwnAsync(resource)) { await RunAsync(own, "INSERT INTO shared VALUES (1)"); }
        (await fulfilment.TryDropLoginAsync(resource, login.Id, default)).ShouldBeTrue();
        (await fulfilment.TryDropLoginAsync(resource, login.Id, default)).ShouldBeTrue();
        (await Ask<long>("SELECT count(*) FROM pg_roles WHERE rolname = $1", login.RoleName)).ShouldBe(0);
        await using (var own = await OwnAsync(resource)) { (await ScalarAsync<int>(own, "SELECT a FROM shared")).ShouldBe(1); }
    }

    /// <summary>The line breaks once at each piece in turn, before the server has it and behind its answer.</summary>
    [Fact]
    public async Task Delivery_CutAtEachPiece_MakesNothingTwiceAndLeavesNothingBehind()
    {
        for (var (at, cut) = (1, true); cut; at++)
        {
            cut = false;
            foreach (var after in new[] { false, true })
            {
                var id = await GrantAsync();
                line.Set(at, after);
                var resource = await scene.DriveAsync(id);
                cut |= line.IsCut;
                line.Set(0, false);
                (resource.State, resource.Problem).ShouldBe((CloudResourceState.Running, null), $"cut at {at}, after: {after}");
                var row = await scene.WithDb(db => db.ManagedDatabases.AsNoTracking().SingleAsync(d => d.ResourceId == id));
                (await Ask<long>("SELECT count(*) FROM pg_database WHERE datname = $1", row.Draft)).ShouldBe(0);

                await scene.WishAsync(id, ResourceWish.Removed);
                line.Set(at, after);
                (await scene.DriveAsync(id)).State.ShouldBe(CloudResourceState.Removed, $"removal cut at {at}, after: {after}");
                line.Set(0, false);
                await NothingLeftAsync(resource, row.Draft);
                (await scene.HoldAsync(id)).State.ShouldBe(HoldState.Released);
            }
        }

        (await scene.WithDb(db => db.DatabaseServers.AsNoTracking().SingleAsync(s => s.Id == server))).Databases.ShouldBe(0);
    }

    private Task<int> DueAsync(Guid id) => scene.WithDb(db => db.CloudResources.Where(r => r.Id == id).ExecuteUpdateAsync(s => s.SetProperty(r => r.NextAt, DateTimeOffset.UnixEpoch)));

    private Task<Guid> GrantAsync() => scene.GrantAsync(ResourceForm.Database, "postgres", "small", new ResourceAmount("database", 1), new ResourceAmount("disk", 1));

    private Task<int> AmountsAsync(Guid id, params ResourceAmount[] amounts) => scene.WithDb(async db =>
    {
        (await db.CloudResources.SingleAsync(r => r.Id == id)).Amounts = Amounts.Of(amounts);
        return await db.SaveChangesAsync();
    });

    private async Task<ResourceTask> TaskAsync(CloudResource resource, ResourceTaskKind kind, string subject) => await scene.WithDb(async db =>
    {
        var now = TimeProvider.System.GetUtcNow();
        var task = new ResourceTask { Id = DeliveryScene.Id(), ResourceId = resource.Id, Kind = kind, Subject = subject, AskedBy = DeliveryScene.Id(), AskedAt = now };
        db.ResourceTasks.Add(task);
        await db.SaveChangesAsync();
        return task;
    });

    private async Task<TaskStep> DoAsync(CloudResource resource, ResourceTask task)
    {
        await using var scope = scene.App.Services.CreateAsyncScope();
        return await scope.ServiceProvider.GetRequiredService<DatabaseFulfilment>().DoAsync(await scene.ReadAsync(resource.Id), task, default);
    }

    private async Task NothingLeftAsync(CloudResource resource, string draft)
    {
        (await Ask<long>("SELECT count(*) FROM pg_database WHERE datname = $1 OR datname LIKE $2 || '%'", resource.EngineName, draft)).ShouldBe(0);
        (await Ask<long>("SELECT count(*) FROM pg_roles WHERE rolname = $1", resource.EngineName)).ShouldBe(0);
    }

    /// <summary>A session as the department's program opens it, beside the line.</summary>
    private static async Task<NpgsqlConnection> OwnAsync(CloudResource resource, string? account = null)
    {
        var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(DepartmentTable.PostgresServer!) { Database = resource.EngineName, Username = account ?? resource.EngineName, Pooling = false }.ConnectionString);
        await connection.OpenAsync();
        return connection;
    }

    private static async Task RunAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    private static async Task<T> ScalarAsync<T>(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        return (T)(await command.ExecuteScalarAsync())!;
    }

    private static async Task Run(string sql)
    {
        await using var connection = new NpgsqlConnection(DepartmentTable.PostgresServer);
        await connection.OpenAsync();
        await RunAsync(connection, sql);
    }

    private static async Task<T> Ask<T>(string sql, params string[] values)
    {
        await using var connection = new NpgsqlConnection(DepartmentTable.PostgresServer);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        foreach (var value in values) { command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = value }); }
        return (T)(await command.ExecuteScalarAsync())!;
    }
}
