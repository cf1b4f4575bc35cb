using System.Text;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Zhengtong.Agreements;
using Zhengtong.Agreements.Model;
using Zhengtong.Catalogue.Model;
using Zhengtong.Exchange;
using Zhengtong.Exchange.Engine;
using Zhengtong.Exchange.Model;
using Zhengtong.Exchange.Nodes;
using Zhengtong.Exchange.Reconciliations;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Jobs;
using Zhengtong.Kernel.Organisations;
using Zhengtong.Kernel.Regions;
using Zhengtong.Kernel.Secrets;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Exchange.Support;

/// <summary>A platform whose reconciler stands still, so that a test decides when a delivery runs; and all that a delivery needs, made in a few lines.</summary>
public sealed class ExchangeFixture : IAsyncLifetime
{
    private readonly string folder = Directory.CreateTempSubdirectory("zhengtong-exchange-").FullName;
    private static int serial;
    private WebApplication app = null!;

    internal Deployment Deployment { get; private set; } = null!;

    internal IServiceProvider Services => app.Services;

    public async ValueTask InitializeAsync()
    {
        var database = PlatformFixture.PostgresServer is null ? null : await PlatformFixture.CreatePostgresDatabaseAsync();
        Deployment = new Deployment(folder, database, "http://127.0.0.1:0", Demo: false);
        app = Platform.Build(Deployment);
        await app.PrepareOnCopyAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await app.DisposeAsync();
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        Directory.Delete(folder, recursive: true);
    }

    internal async Task<T> WithDb<T>(Func<ZhengtongDb, Task<T>> act)
    {
        await using var scope = Services.CreateAsyncScope();
        return await act(scope.ServiceProvider.GetRequiredService<ZhengtongDb>());
    }

    /// <summary>An agreement in force over the provider's table, mounted, with the consumer's table made and set.</summary>
    internal Task<Route> RouteAsync(DataSourceKind from, DataSourceKind to, Action<RouteSettings>? change = null) => PrepareAsync(Services, Deployment, from, to, change);

    /// <summary>The same on any built platform.</summary>
    internal static async Task<Route> PrepareAsync(IServiceProvider services, Deployment deployment, DataSourceKind from, DataSourceKind to, Action<RouteSettings>? change = null)
    {
        var settings = new RouteSettings();
        change?.Invoke(settings);
        await using var scope = services.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<ZhengtongDb>();
        var keys = scope.ServiceProvider.GetRequiredService<OrganisationKeys>();
        var databases = scope.ServiceProvider.GetRequiredService<DepartmentDatabases>();
        var now = TimeProvider.System.GetUtcNow();

        var provider = await OrganisationAsync(db);
        var consumer = await OrganisationAsync(db);
        var source = await DepartmentTable.OfAsync(from, DepartmentFiles.FolderOf(deployment, provider.Id), "source", settings.MariaDbServer, settings.PostgresServer);
        var target = await DepartmentTable.OfAsync(to, DepartmentFiles.FolderOf(deployment, consumer.Id), "target", settings.MariaDbServer, settings.PostgresServer);
        await source.CreateAsync();

        var resource = new InformationResource
        {
            Id = Guid.CreateVersion7(now), Code = $"3/{Guid.CreateVersion7(now):N}", Name = "企业登记信息", Abstract = "", ProviderId = provider.Id, SharingType = SharingType.Unconditional,
            UpdateCycle = UpdateCycle.Realtime, CreatedAt = now,
            Items = [.. AllItems.Select((i, n) => new InformationItem
            {
                Id = Guid.CreateVersion7(now), Position = n + 1, Name = i.Name, Column = i.Column, Type = i.Type, Length = i.Length, IsKey = i.IsKey, SharingType = SharingType.Unconditional,
            })],
        };
        db.Resources.Add(resource);
        var agreement = await AgreementAsync(db, keys, provider, consumer, resource, settings, now);
        var sourceId = AddSource(db, databases, provider.Id, source, settings.SourceThrough, now);
        var targetId = AddSource(db, databases, consumer.Id, target, settings.TargetThrough, now);
        db.Mounts.Add(new Mount
        {
            Id = Guid.CreateVersion7(now), ResourceId = resource.Id, OrganisationId = provider.Id, DataSourceId = sourceId, Schema = source.Schema,
            Table = "enterprise", Capture = settings.Capture, WatermarkColumn = settings.Capture == CaptureKind.Watermark ? "changed" : null, SetAt = now,
        });
        db.Intakes.Add(new Intake
        {
            Id = Guid.CreateVersion7(now), AgreementId = agreement.Id, OrganisationId = consumer.Id, DataSourceId = targetId, Schema = target.Schema,
            Table = "received", SetAt = now,
        });
        var delivery = new Delivery
        {
            Id = Guid.CreateVersion7(now), AgreementId = agreement.Id, ResourceId = resource.Id, ProviderId = provider.Id, ConsumerId = consumer.Id, CreatedAt = now, NextRunAt = now,
        };
        if (settings.WithDelivery) { db.Deliveries.Add(delivery); }
        await db.SaveChangesAsync();
        var made = databases.Open(await db.DataSources.SingleAsync(s => s.Id == targetId));
        await made.CreateTableAsync(new TableName(target.Schema, "received"), agreement.Terms().Items, CancellationToken.None);
        return new Route(services, delivery.Id, agreement.Id, provider, consumer, source, target, settings);
    }

    internal static readonly AgreedItem[] AllItems =
    [
        new("编号", "id", ItemType.Integer, null, true), new("名称", "name", ItemType.Text, 200, false), new("备注", "note", ItemType.Text, null, false),
        new("金额", "amount", ItemType.Decimal, null, false), new("评分", "score", ItemType.Float, null, false), new("在业", "active", ItemType.Boolean, null, false),
        new("成立", "born", ItemType.Date, null, false), new("更新", "changed", ItemType.Timestamp, null, false), new("照片", "photo", ItemType.Binary, null, false),
        new("密级", "secret", ItemType.Text, null, false),
    ];

    private static Guid AddSource(ZhengtongDb db, DepartmentDatabases databases, Guid organisation, DepartmentTable table, Func<string, string> through, DateTimeOffset now)
    {
        var id = Guid.CreateVersion7(now);
        db.DataSources.Add(new DataSource { Id = id, OrganisationId = organisation, Name = $"库{id:N}", Kind = table.Kind, Connection = databases.SealConnection(id, through(table.Registered)), CreatedAt = now });
        return id;
    }

    private static async Task<Organisation> OrganisationAsync(ZhengtongDb db)
    {
        var code = RegionCode.Parse("610000");
        if (!await db.Regions.AnyAsync(r => r.Code == code))
        {
            db.Regions.Add(new Region { Code = code, Name = "陕西省", Level = code.Level, Parent = code.Parent });
        }

        var n = Interlocked.Increment(ref serial);
        var organisation = new Organisation
        {
            Id = Guid.CreateVersion7(TimeProvider.System.GetUtcNow()), CreditCode = CreditCode.FromBody($"1161000001{n:D7}"), Name = $"部门{n}", ShortName = $"部门{n}", Region = code,
            Kind = OrganisationKind.Department,
        };
        db.Organisations.Add(organisation);
        await db.SaveChangesAsync();
        return organisation;
    }

    private static async Task<Agreement> AgreementAsync(
        ZhengtongDb db, OrganisationKeys keys, Organisation provider, Organisation consumer, InformationResource resource, RouteSettings settings, DateTimeOffset now)
    {
        var id = Guid.CreateVersion7(now);
        var number = $"XS-2099-{Interlocked.Increment(ref serial):D6}";
        AgreementDocument document = new("zhengtong-agreement-1", id, number, new AgreementResource(resource.Id, resource.Code, resource.Name, 1),
            new AgreementParty(provider.Id, provider.CreditCode.Value, provider.Name), new AgreementParty(consumer.Id, consumer.CreditCode.Value, consumer.Name),
            [.. AllItems.Where(i => settings.Columns.Contains(i.Column)).Select(settings.Items)], settings.Rows, "监管", "食品安全法", settings.EverySeconds, now.AddDays(-1), now + settings.Until, Suite.Of(settings.Suite).Word, settings.Kind, [], null);
        var text = CanonicalJson.Of(document);
        var application = new Application
        {
            Id = Guid.CreateVersion7(now), Number = $"SQ-2099-{Interlocked.Increment(ref serial):D6}", ResourceId = resource.Id, ResourceName = resource.Name, ResourceRevision = 1, ProviderId = provider.Id, ApplicantId = consumer.Id,
            Columns = [.. document.Items.Select(i => i.Column)], Rows = document.Rows, Purpose = document.Purpose, LegalGround = document.LegalGround, EverySeconds = document.EverySeconds, Until = document.Until, Suite = settings.Suite,
            SubmittedBy = Guid.Empty, SubmittedAt = now, DueOn = DateOnly.FromDateTime(now.UtcDateTime),
        };
        db.Applications.Add(application);
        var agreement = Agreement.DrawUp(application.Id, document, now);
        foreach (var side in new[] { provider, consumer })
        {
            var key = await keys.CurrentAsync(side.Id, Suite.Of(settings.Suite), KeyUse.Seal, CancellationToken.None);
            agreement.Put(new Seal(side.Id, Guid.Empty, "张三", now, key.KeyId, keys.Sign(key, Encoding.UTF8.GetBytes(text))));
        }

        db.Agreements.Add(agreement);
        return agreement;
    }
}

/// <summary>What a test may change about a route.</summary>
internal sealed class RouteSettings
{
    internal string[] Columns { get; set; } = ["id", "name", "note", "amount", "score", "active", "born", "changed", "photo"];

    internal RowCondition[] Rows { get; set; } = [];

    /// <summary>What is agreed of an item beside its type.</summary>
    internal Func<AgreedItem, AgreedItem> Items { get; set; } = i => i;

    internal CaptureKind Capture { get; set; } = CaptureKind.Watermark;

    internal SuiteName Suite { get; set; } = SuiteName.International;

    internal int EverySeconds { get; set; } = 1;

    /// <summary>How long the agreement is still in force.</summary>
    internal TimeSpan Until { get; set; } = TimeSpan.FromDays(1);

    /// <summary>Anything but a table only to look at: nothing of it is delivered.</summary>
    internal DeliveryKind Kind { get; set; } = DeliveryKind.Table;

    internal int BatchRows { get; set; } = 100;

    internal int MostQuarantined { get; set; } = 10_000;

    internal bool WithDelivery { get; set; } = true;

    /// <summary>Another MariaDB than the one all tests share.</summary>
    internal string? MariaDbServer { get; set; }

    /// <summary>Another PostgreSQL than the one all tests share.</summary>
    internal string? PostgresServer { get; set; }

    /// <summary>What the provider registers in place of the straight way to its database.</summary>
    internal Func<string, string> SourceThrough { get; set; } = straight => straight;

    /// <summary>The same of the consumer.</summary>
    internal Func<string, string> TargetThrough { get; set; } = straight => straight;

    /// <summary>How long a database may say nothing.</summary>
    internal int SilenceSeconds { get; set; } = 60;

    /// <summary>By which the engine's runs go.</summary>
    internal TimeProvider Clock { get; set; } = TimeProvider.System;
}

/// <summary>One prepared delivery.</summary>
internal sealed record Route(
    IServiceProvider Services, Guid Delivery, Guid Agreement, Organisation Provider, Organisation Consumer, DepartmentTable Source, DepartmentTable Target, RouteSettings Settings)
{
    private readonly Horizon horizon = new(TimeProvider.System);

    /// <summary>One run, as the reconciler would start it; another one where it could not begin yet: MariaDB shows the writers of all databases of the server, and so those
    /// of other tests.</summary>
    internal async Task<Delivery> RunAsync(CancellationToken ct = default)
    {
        var until = TimeProvider.System.GetUtcNow().AddSeconds(30);
        while (true)
        {
            await Engine().RunAsync(Delivery, horizon, null, ct);
            var state = await StateAsync();
            if (state is not { State: DeliveryState.Waiting, Phase: DeliveryPhase.Snapshot, ChangesFrom: null } || TimeProvider.System.GetUtcNow() > until) { return state; }
            await Task.Delay(100, CancellationToken.None);
        }
    }

    /// <summary>Runs until nothing is new; a run may have to wait for a bound that lies a second back.</summary>
    internal async Task<Delivery> SettleAsync()
    {
        var until = TimeProvider.System.GetUtcNow().AddSeconds(30);
        while (true)
        {
            var state = await RunAsync();
            if (state.State != DeliveryState.Waiting || (await Source.RowsAsync()).SequenceEqual(await Target.RowsAsync("received"))) { return state; }
            TimeProvider.System.GetUtcNow().ShouldBeLessThan(until, "source and target did not become equal");
            await Task.Delay(200);
        }
    }

    internal Delivering Engine() => new(
        Services.GetRequiredService<IServiceScopeFactory>(), Services.GetRequiredService<JobLeases>(), new DepartmentDatabases(Services.GetRequiredService<Vault>(), Services.GetRequiredService<Deployment>(), Set), Services.GetRequiredService<Relay>(),
        Services.GetRequiredService<Vault>(), Settings.Clock, Set, Options.Create(new NodeOptions()), NullLogger<Delivering>.Instance);

    /// <summary>Whoever compares the two tables.</summary>
    internal Reconciling Comparer() => new(
        Services.GetRequiredService<IServiceScopeFactory>(), Services.GetRequiredService<JobLeases>(), Engine(), Services.GetRequiredService<Questioning>(), Services.GetRequiredService<Vault>(), TimeProvider.System,
        NullLogger<Reconciling>.Instance);

    /// <summary>Asks for a comparison, which waits then.</summary>
    internal Task<Guid> QueueComparisonAsync() => WithDb(async db =>
    {
        var asked = Reconciliation.Of(Delivery, TimeProvider.System.GetUtcNow());
        db.Reconciliations.Add(asked);
        await db.SaveChangesAsync();
        return asked.Id;
    });

    internal Task<Reconciliation> ReadComparisonAsync(Guid id) => WithDb(db => db.Reconciliations.AsNoTracking().SingleAsync(r => r.Id == id));

    /// <summary>Compares the two tables now.</summary>
    internal async Task<Reconciliation> ReconcileAsync()
    {
        var id = await QueueComparisonAsync();
        (await Comparer().RunAsync(id, CancellationToken.None)).ShouldBeTrue();
        return await ReadComparisonAsync(id);
    }

    private IOptions<ExchangeOptions> Set => Options.Create(new ExchangeOptions { BatchRows = Settings.BatchRows, SilenceSeconds = Settings.SilenceSeconds, MostQuarantined = Settings.MostQuarantined });

    internal Task<Delivery> StateAsync() => WithDb(db => db.Deliveries.AsNoTracking().SingleAsync(d => d.Id == Delivery));

    /// <summary>How it stands, for whoever waited in vain.</summary>
    internal async Task<string> SayAsync()
    {
        var (now, state) = (TimeProvider.System.GetUtcNow(), await StateAsync());
        var agreement = await WithDb(db => db.Agreements.Where(a => a.Id == Agreement).Select(a => a.State).SingleAsync());
        var others = await WithDb(db => db.Deliveries.Where(d => d.State != DeliveryState.Stopped).Select(d => d.NextRunAt).ToListAsync());
        return $"{agreement} {state.State} {state.Phase} {state.Sequence} {state.Problem}, ordered: {state.IsOrdered}, asked {(now - state.AskedAt)?.TotalSeconds:F1} s ago, due in {(state.NextRunAt - now).TotalSeconds:F1} s; {others.Count} deliveries, {others.Count(n => n < now)} due";
    }

    internal Task<List<Batch>> BatchesAsync() => WithDb(db => db.Batches.AsNoTracking().Where(b => b.DeliveryId == Delivery).OrderBy(b => b.Sequence).ToListAsync());

    internal Task ChangeAsync(Action<Agreement> change) => WithDb(async db =>
    {
        change(await db.Agreements.SingleAsync(a => a.Id == Agreement));
        return await db.SaveChangesAsync();
    });

    internal async Task<T> WithDb<T>(Func<ZhengtongDb, Task<T>> act)
    {
        await using var scope = Services.CreateAsyncScope();
        return await act(scope.ServiceProvider.GetRequiredService<ZhengtongDb>());
    }
}
