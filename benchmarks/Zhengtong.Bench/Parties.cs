using System.Text;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using OpenIddict.Abstractions;
using Zhengtong.Agreements;
using Zhengtong.Agreements.Model;
using Zhengtong.Catalogue.Model;
using Zhengtong.Exchange.Engine;
using Zhengtong.Exchange.Gateway;
using Zhengtong.Exchange.Model;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Organisations;
using Zhengtong.Kernel.Regions;
using Zhengtong.Kernel.Secrets;

namespace Zhengtong.Bench;

/// <summary>A table of a department: its database and its name in the schema public.</summary>
internal sealed record DepartmentTable(string Connection, string Table);

/// <summary>Two departments on a platform, and what they agree on: each agreement is sealed by both and in force, with everything set that the exchange needs.</summary>
internal sealed class Parties
{
    private readonly IServiceProvider services;
    private readonly DateTimeOffset now = TimeProvider.System.GetUtcNow();
    private readonly Dictionary<(Guid, string), Guid> sources = [];
    private int serial;

    private Parties(IServiceProvider services, Organisation provider, Organisation consumer) => (this.services, Provider, Consumer) = (services, provider, consumer);

    internal Organisation Provider { get; }

    internal Organisation Consumer { get; }

    /// <summary>Makes the two on a prepared platform.</summary>
    internal static async Task<Parties> MakeAsync(IServiceProvider services)
    {
        await using var scope = services.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<ZhengtongDb>();
        var code = RegionCode.Parse("610000");
        if (!await db.Regions.AnyAsync(r => r.Code == code)) { db.Regions.Add(new Region { Code = code, Name = "陕西省", Level = code.Level, Parent = code.Parent }); }
        Organisation[] both = [.. new[] { "甲", "乙" }.Select((name, n) => new Organisation
        {
            Id = Guid.CreateVersion7(TimeProvider.System.GetUtcNow()), CreditCode = CreditCode.FromBody($"1161000000{n + 1:D7}"), Name = $"{name}部门", ShortName = $"{name}部门", Region = code, Kind = OrganisationKind.Department,
        })];
        db.Organisations.AddRange(both);
        await db.SaveChangesAsync();
        return new Parties(services, both[0], both[1]);
    }

    /// <summary>An agreement over a table with its mount and intake, and, unless the platform is to make it itself, its delivery.</summary>
    /// <param name="source">The provider's table.</param>
    /// <param name="target">The consumer's.</param>
    /// <param name="items">What is agreed, of tables that fit.</param>
    /// <param name="suite">By which it is sealed.</param>
    /// <param name="watermark">The column that grows with each change; null where changes are found by replication.</param>
    /// <param name="withDelivery">False leaves it to the reconciler.</param>
    internal async Task<Guid> AddTableAsync(DepartmentTable source, DepartmentTable target, AgreedItem[] items, SuiteName suite, string? watermark, bool withDelivery = true)
    {
        await using var scope = services.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<ZhengtongDb>();
        var (resource, agreement) = await AgreeAsync(scope.ServiceProvider, DeliveryKind.Table, items, [], null, suite);
        db.Mounts.Add(new Mount
        {
            Id = Guid.CreateVersion7(now), ResourceId = resource.Id, OrganisationId = Provider.Id, DataSourceId = SourceOf(scope.ServiceProvider, Provider, source.Connection), Schema = "public", Table = source.Table,
            Capture = watermark is null ? CaptureKind.Replication : CaptureKind.Watermark, WatermarkColumn = watermark, SetAt = now,
        });
        db.Intakes.Add(new Intake
        {
            Id = Guid.CreateVersion7(now), AgreementId = agreement.Id, OrganisationId = Consumer.Id, DataSourceId = SourceOf(scope.ServiceProvider, Consumer, target.Connection), Schema = "public", Table = target.Table, SetAt = now,
        });
        var delivery = new Delivery { Id = Guid.CreateVersion7(now), AgreementId = agreement.Id, ResourceId = resource.Id, ProviderId = Provider.Id, ConsumerId = Consumer.Id, CreatedAt = now, NextRunAt = now };
        if (withDelivery) { db.Deliveries.Add(delivery); }
        await db.SaveChangesAsync();
        return delivery.Id;
    }

    /// <summary>An agreement over a service, whose consumer is known by this machine's address. Returns the agreement's number.</summary>
    /// <param name="address">The provider's service, without a slash at its end.</param>
    internal async Task<string> AddServiceAsync(string address)
    {
        await using var scope = services.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<ZhengtongDb>();
        ServiceOperation operation = new("GET", "/firms/{code}", "");
        var (resource, agreement) = await AgreeAsync(scope.ServiceProvider, DeliveryKind.Api, [], [operation], new ApiLimits(int.MaxValue, 1_000_000, 10_000), SuiteName.International);
        var id = Guid.CreateVersion7(now);
        db.ApiServices.Add(new ApiService
        {
            Id = id, ResourceId = resource.Id, OrganisationId = Provider.Id, SubsystemCode = "registry", ServiceCode = "firms", IsEnabled = true, TimeoutSeconds = 20, SetAt = now,
            Door = GatewayDirectory.Seal(scope.ServiceProvider.GetRequiredService<Vault>(), id, new ServiceDoor(address, [])),
        });
        db.InformationSystems.Add(new InformationSystem { Id = Guid.CreateVersion7(now), OrganisationId = Consumer.Id, SubsystemCode = "desk", Name = "办事系统", Certificates = [], Addresses = ["127.0.0.1/32"], SetAt = now });
        await db.SaveChangesAsync();
        return agreement.Number;
    }

    /// <summary>An agreement over a resource shared as files. Returns the resource.</summary>
    internal async Task<Guid> AddFilesAsync()
    {
        await using var scope = services.CreateAsyncScope();
        var (resource, _) = await AgreeAsync(scope.ServiceProvider, DeliveryKind.File, [], [], null, SuiteName.International);
        await scope.ServiceProvider.GetRequiredService<ZhengtongDb>().SaveChangesAsync();
        return resource.Id;
    }

    /// <summary>A program of a party, by which it signs in.</summary>
    internal async Task<(string Id, string Secret)> AddProgramAsync(Organisation party)
    {
        await using var scope = services.CreateAsyncScope();
        var (client, secret) = await ApiClients.CreateAsync(scope.ServiceProvider.GetRequiredService<ZhengtongDb>(), scope.ServiceProvider.GetRequiredService<IOpenIddictApplicationManager>(),
            Actor.Platform, party.Id, "Program", ["work", "exchange"], now, CancellationToken.None);
        return (client.ClientId, secret);
    }

    private async Task<(InformationResource Resource, Agreement Agreement)> AgreeAsync(
        IServiceProvider scope, DeliveryKind kind, AgreedItem[] items, ServiceOperation[] operations, ApiLimits? limits, SuiteName suiteName)
    {
        var db = scope.GetRequiredService<ZhengtongDb>();
        var keys = scope.GetRequiredService<OrganisationKeys>();
        var (suite, number) = (Suite.Of(suiteName), ++serial);
        var resource = new InformationResource
        {
            Id = Guid.CreateVersion7(now), Code = $"3/bench-{number}", Name = $"企业{number}", Abstract = "", ProviderId = Provider.Id, SharingType = SharingType.Unconditional, UpdateCycle = UpdateCycle.Realtime, CreatedAt = now,
            Kind = kind, Operations = [.. operations],
        };
        db.Resources.Add(resource);
        var document = new AgreementDocument(AgreementDocument.CurrentFormat, Guid.CreateVersion7(now), $"XS-2026-{number:D6}", new AgreementResource(resource.Id, resource.Code, resource.Name, 1),
            new AgreementParty(Provider.Id, Provider.CreditCode.Value, Provider.Name), new AgreementParty(Consumer.Id, Consumer.CreditCode.Value, Consumer.Name),
            items, [], "测试", "测试", 1, now.AddDays(-1), now.AddDays(1), suite.Word, kind, [.. operations.Select(o => new AgreedOperation(o.Method, o.Path))], limits);
        var application = new Application
        {
            Id = Guid.CreateVersion7(now), Number = $"SQ-2026-{number:D6}", ResourceId = resource.Id, ResourceName = resource.Name, ResourceRevision = 1, ProviderId = Provider.Id, ApplicantId = Consumer.Id,
            Kind = kind, Columns = [.. items.Select(i => i.Column)], Operations = [.. operations.Select(o => $"{o.Method} {o.Path}")], Limits = limits, Rows = [], Purpose = document.Purpose, LegalGround = document.LegalGround,
            EverySeconds = 1, Until = document.Until, Suite = suiteName, SubmittedBy = Guid.Empty, SubmittedAt = now, DueOn = DateOnly.FromDateTime(now.UtcDateTime),
        };
        db.Applications.Add(application);
        var agreement = Agreement.DrawUp(application.Id, document, now);
        foreach (var party in new[] { Provider, Consumer })
        {
            var key = await keys.CurrentAsync(party.Id, suite, KeyUse.Seal, CancellationToken.None);
            agreement.Put(new Seal(party.Id, Guid.Empty, "测试", now, key.KeyId, keys.Sign(key, Encoding.UTF8.GetBytes(agreement.Document))));
        }

        db.Agreements.Add(agreement);
        return (resource, agreement);
    }

    /// <summary>The party's data source over this database, made when it is named for the first time.</summary>
    private Guid SourceOf(IServiceProvider scope, Organisation party, string connection)
    {
        if (sources.TryGetValue((party.Id, connection), out var known)) { return known; }
        var id = sources[(party.Id, connection)] = Guid.CreateVersion7(now);
        scope.GetRequiredService<ZhengtongDb>().DataSources.Add(new DataSource
        {
            Id = id, OrganisationId = party.Id, Name = $"库{sources.Count}", Kind = DataSourceKind.Postgres, Connection = scope.GetRequiredService<DepartmentDatabases>().SealConnection(id, connection), CreatedAt = now,
        });
        return id;
    }
}
