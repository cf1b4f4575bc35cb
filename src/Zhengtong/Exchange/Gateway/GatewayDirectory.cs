using System.Net;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Zhengtong.Agreements;
using Zhengtong.Catalogue;
using Zhengtong.Catalogue.Model;
using Zhengtong.Exchange.Quality;
using Zhengtong.Kernel.Organisations;
using Zhengtong.Kernel.Secrets;

namespace Zhengtong.Exchange.Gateway;

/// <summary>An organisation as a member.</summary>
internal sealed record Member(Guid Id, string Code, string Name);

/// <summary>A service ready to be called.</summary>
/// <param name="Catalogued">Every operation of the resource.</param>
internal sealed record ServedApi(
    Guid Id, Guid ResourceId, Guid Provider, string ProviderCode, string Subsystem, string Code, bool IsEnabled, ServiceDoor Door, TimeSpan Timeout, IReadOnlyList<ServiceOperation> Catalogued);

/// <summary>An agreement as the gateway keeps it.</summary>
/// <param name="Terms">What was agreed.</param>
/// <param name="Operations">What may be called.</param>
/// <param name="Members">What of the answers may be seen; null for all.</param>
/// <param name="ConsumerCode">The consumer's member code.</param>
internal sealed record Grant(AgreementTerms Terms, OperationTable Operations, MemberTree? Members, string ConsumerCode);

/// <summary>A consumer's program, ready to be recognised.</summary>
internal sealed record KnownSystem(Guid Id, string Subsystem, Guid? ClientId, IReadOnlyList<string> Certificates, IReadOnlyList<IPNetwork> Networks);

/// <summary>Who and what the gateway knows, read from the database and believed for a moment (<see cref="GatewayOptions.StaleMilliseconds"/>).</summary>
internal sealed class GatewayDirectory
{
    /// <summary>X-Road member class of every organisation.</summary>
    internal const string MemberClass = "GOV";

    private readonly IServiceScopeFactory scopes;
    private readonly Vault vault;
    private readonly FreshReading<string, Member?> members;
    private readonly FreshReading<(Member Provider, string Subsystem, string Code), ServedApi?> services;
    private readonly FreshReading<Guid, ServedApi?> servicesOfResources;
    private readonly FreshReading<(Guid Consumer, Guid Resource), IReadOnlyList<Grant>> grants;
    private readonly FreshReading<string, Grant?> grantsByNumber;
    private readonly FreshReading<Guid, IReadOnlyList<KnownSystem>> systems;

    public GatewayDirectory(IServiceScopeFactory scopes, Vault vault, TimeProvider clock, IOptions<GatewayOptions> options)
    {
        (this.scopes, this.vault, Instance) = (scopes, vault, options.Value.Instance);
        var life = TimeSpan.FromMilliseconds(options.Value.StaleMilliseconds);
        // Without a token: what is read is for all who wait for it, not only for the call that asked first.
        FreshReading<TKey, TValue> Reading<TKey, TValue>(Func<IServiceProvider, TKey, Task<TValue>> read) where TKey : notnull => new(clock, life, key => ReadAsync(scope => read(scope, key)));
        (members, services, servicesOfResources) = (Reading<string, Member?>(FindMemberAsync), Reading<(Member, string, string), ServedApi?>(FindServiceAsync), Reading<Guid, ServedApi?>(FindServiceAsync));
        (grants, grantsByNumber, systems) = (Reading<(Guid, Guid), IReadOnlyList<Grant>>(FindGrantsAsync), Reading<string, Grant?>(FindGrantAsync), Reading<Guid, IReadOnlyList<KnownSystem>>(FindSystemsAsync));
    }

    /// <summary>X-Road instance of this platform.</summary>
    internal string Instance { get; }

    internal ValueTask<Member?> MemberAsync(string code) => members.ReadAsync(code);

    internal ValueTask<ServedApi?> ServiceAsync(Member provider, string subsystem, string code) => services.ReadAsync((provider, subsystem, code));

    internal ValueTask<ServedApi?> ServiceAsync(Guid resource) => servicesOfResources.ReadAsync(resource);

    /// <summary>Agreements of a consumer over a resource, in force when they were read.</summary>
    internal ValueTask<IReadOnlyList<Grant>> GrantsAsync(Guid consumer, Guid resource) => grants.ReadAsync((consumer, resource));

    /// <summary>An agreement over an API in whatever state.</summary>
    internal ValueTask<Grant?> GrantAsync(string number) => grantsByNumber.ReadAsync(number);

    internal ValueTask<IReadOnlyList<KnownSystem>> SystemsAsync(Guid organisation) => systems.ReadAsync(organisation);

    /// <summary>Reads anything else with a scope of its own.</summary>
    internal async Task<T> ReadAsync<T>(Func<IServiceProvider, Task<T>> read)
    {
        await using var scope = scopes.CreateAsyncScope();
        return await read(scope.ServiceProvider);
    }

    private static async Task<Member?> FindMemberAsync(IServiceProvider scope, string code) => CreditCode.TryParse(code, null, out var parsed) && parsed.Value == code
        ? await scope.GetRequiredService<ZhengtongDb>().Organisations.Where(o => o.CreditCode == parsed).Select(o => new Member(o.Id, code, o.Name)).SingleOrDefaultAsync()
        : null;

    private async Task<ServedApi?> FindServiceAsync(IServiceProvider scope, (Member Provider, string Subsystem, string Code) key) =>
        await scope.GetRequiredService<ZhengtongDb>().ApiServices.AsNoTracking().SingleOrDefaultAsync(s => s.OrganisationId == key.Provider.Id && s.SubsystemCode == key.Subsystem && s.ServiceCode == key.Code) is { } service
            ? await OpenAsync(scope, service, key.Provider.Code)
            : null;

    private async Task<ServedApi?> FindServiceAsync(IServiceProvider scope, Guid resource)
    {
        var db = scope.GetRequiredService<ZhengtongDb>();
        if (await db.ApiServices.AsNoTracking().SingleOrDefaultAsync(s => s.ResourceId == resource) is not { } service) { return null; }
        var code = await db.Organisations.Where(o => o.Id == service.OrganisationId).Select(o => o.CreditCode).SingleAsync();
        return await OpenAsync(scope, service, code.Value);
    }

    private static async Task<IReadOnlyList<Grant>> FindGrantsAsync(IServiceProvider scope, (Guid Consumer, Guid Resource) key)
    {
        var card = await scope.GetRequiredService<CatalogueLookup>().FindAsync(key.Resource, CancellationToken.None);
        var terms = await scope.GetRequiredService<AgreementsLookup>().InForceAsync(key.Consumer, key.Resource, CancellationToken.None);
        List<Grant> found = [];
        foreach (var agreed in terms.Where(t => t.Kind == DeliveryKind.Api)) { found.Add(await GrantOfAsync(scope, agreed, card)); }
        return found;
    }

    private static async Task<Grant?> FindGrantAsync(IServiceProvider scope, string number) =>
        await scope.GetRequiredService<AgreementsLookup>().FindAsync(number, CancellationToken.None) is { Kind: DeliveryKind.Api } terms
            ? await GrantOfAsync(scope, terms, await scope.GetRequiredService<CatalogueLookup>().FindAsync(terms.ResourceId, CancellationToken.None))
            : null;

    private static async Task<IReadOnlyList<KnownSystem>> FindSystemsAsync(IServiceProvider scope, Guid organisation)
    {
        var all = await scope.GetRequiredService<ZhengtongDb>().InformationSystems.AsNoTracking().Where(s => s.OrganisationId == organisation).OrderBy(s => s.SubsystemCode).ToListAsync();
        return [.. all.Select(s => new KnownSystem(s.Id, s.SubsystemCode, s.ClientId, s.Certificates, [.. s.Addresses.Select(a => IPNetwork.Parse(a))]))];
    }

    private static async Task<Grant> GrantOfAsync(IServiceProvider scope, AgreementTerms terms, ResourceCard? card) => new(
        terms, new OperationTable(terms.Operations ?? [], card?.Operations ?? []), MemberTree.Of(terms.Items, await MaskSecretOfAsync(scope, terms)),
        (await scope.GetRequiredService<ZhengtongDb>().Organisations.Where(o => o.Id == terms.Consumer).Select(o => o.CreditCode).SingleAsync()).Value);

    /// <summary>What the agreement's masks hash with: the same as in tables, so that what one consumer gets joins.</summary>
    private static async Task<byte[]> MaskSecretOfAsync(IServiceProvider scope, AgreementTerms terms) =>
        terms.Items.All(i => i.Mask == ItemMask.None) ? [] : await scope.GetRequiredService<QualitySecrets>().OfMasksAsync(terms.Provider, terms.Consumer, CancellationToken.None);

    private async Task<ServedApi> OpenAsync(IServiceProvider scope, ApiService service, string provider)
    {
        var card = await scope.GetRequiredService<CatalogueLookup>().FindAsync(service.ResourceId, CancellationToken.None);
        return new ServedApi(service.Id, service.ResourceId, service.OrganisationId, provider, service.SubsystemCode, service.ServiceCode, service.IsEnabled,
            Open(vault, service), TimeSpan.FromSeconds(service.TimeoutSeconds), card?.Operations ?? []);
    }

    /// <summary>The one place where a service's address and headers are unsealed.</summary>
    internal static ServiceDoor Open(Vault vault, ApiService service) => JsonSerializer.Deserialize<ServiceDoor>(vault.Open(service.Door, ApiService.Purpose(service.Id)))!;

    /// <summary>What goes into the database of a service's address and headers.</summary>
    internal static byte[] Seal(Vault vault, Guid service, ServiceDoor door) => vault.Seal(JsonSerializer.SerializeToUtf8Bytes(door), ApiService.Purpose(service));
}
