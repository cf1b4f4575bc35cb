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
        await app.PrepareAsync(CancellationToken.None);
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
        var source = from == DataSourceKind.Postgres ? await DepartmentTable.PostgresAsync() : DepartmentTable.Sqlite(DepartmentFiles.FolderOf(deployment, provider.Id), "source");
        var target = to == DataSourceKind.Postgres ? await DepartmentTable.PostgresAsync() : DepartmentTable.Sqlite(DepartmentFiles.FolderOf(deployment, consumer.Id), "target");
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
        var sourceId = AddSource(db, databases, provider.Id, source, now);
        var targetId = AddSource(db, databases, consumer.Id, target, now);
        db.Mounts.Add(new Mount
        {
            Id = Guid.CreateVersion7(now), ResourceId = resource.Id, OrganisationId = provider.Id, DataSourceId = sourceId, Schema = from == DataSourceKind.Postgres ? "public" : "",
            Table = "enterprise", WatermarkColumn = "changed", SetAt = now,
        });
        db.Intakes.Add(new Intake
        {
            Id = Guid.CreateVersion7(now), AgreementId = agreement.Id, OrganisationId = consumer.Id, DataSourceId = targetId, Schema = to == DataSourceKind.Postgres ? "public" : "",
            Table = "received", SetAt = now,
        });
        var delivery = new Delivery
        {
            Id = Guid.CreateVersion7(now), AgreementId = agreement.Id, ResourceId = resource.Id, ProviderId = provider.Id, ConsumerId = consumer.Id, CreatedAt = now, NextRunAt = now,
        };
        if (settings.WithDelivery) { db.Deliveries.Add(delivery); }
        await db.SaveChangesAsync();
        var made = databases.Open(await db.DataSources.SingleAsync(s => s.Id == targetId));
        await made.CreateTableAsync(new TableName(to == DataSourceKind.Postgres ? "public" : "", "received"), agreement.Terms().Items, CancellationToken.None);
        return new Route(services, delivery.Id, agreement.Id, provider, consumer, source, target, settings);
    }

    internal static readonly AgreedItem[] AllItems =
    [
        new("编号", "id", ItemType.Integer, null, true), new("名称", "name", ItemType.Text, 200, false), new("备注", "note", ItemType.Text, null, false),
        new("金额", "amount", ItemType.Decimal, null, false), new("评分", "score", ItemType.Float, null, false), new("在业", "active", ItemType.Boolean, null, false),
        new("成立", "born", ItemType.Date, null, false), new("更新", "changed", ItemType.Timestamp, null, false), new("照片", "photo", ItemType.Binary, null, false),
        new("密级", "secret", ItemType.Text, null, false),
    ];

    private static Guid AddSource(ZhengtongDb db, DepartmentDatabases databases, Guid organisation, DepartmentTable table, DateTimeOffset now)
    {
        var id = Guid.CreateVersion7(now);
        db.DataSources.Add(new DataSource { Id = id, OrganisationId = organisation, Name = $"库{id:N}", Kind = table.Kind, Connection = databases.SealConnection(id, table.Registered), CreatedAt = now });
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
            [.. AllItems.Where(i => settings.Columns.Contains(i.Column))], settings.Rows, "监管", "食品安全法", settings.EverySeconds, now.AddDays(-1), now.AddDays(1), Suite.Of(settings.Suite).Word);
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

    internal SuiteName Suite { get; set; } = SuiteName.International;

    internal int EverySeconds { get; set; } = 1;

    internal int BatchRows { get; set; } = 100;

    internal bool WithDelivery { get; set; } = true;
}

/// <summary>One prepared delivery.</summary>
internal sealed record Route(
    IServiceProvider Services, Guid Delivery, Guid Agreement, Organisation Provider, Organisation Consumer, DepartmentTable Source, DepartmentTable Target, RouteSettings Settings)
{
    private readonly Horizon horizon = new();

    /// <summary>One run, as the reconciler would start it.</summary>
    internal async Task<Delivery> RunAsync(CancellationToken ct = default)
    {
        await Engine().RunAsync(Delivery, horizon, ct);
        return await StateAsync();
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
        Services.GetRequiredService<IServiceScopeFactory>(), Services.GetRequiredService<JobLeases>(), Services.GetRequiredService<DepartmentDatabases>(), Services.GetRequiredService<Relay>(),
        Services.GetRequiredService<Vault>(), TimeProvider.System, Options.Create(new ExchangeOptions { BatchRows = Settings.BatchRows }), NullLogger<Delivering>.Instance);

    internal Task<Delivery> StateAsync() => WithDb(db => db.Deliveries.AsNoTracking().SingleAsync(d => d.Id == Delivery));

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
