using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using OpenIddict.Abstractions;
using Zhengtong.Agreements;
using Zhengtong.Agreements.Model;
using Zhengtong.Catalogue.Model;
using Zhengtong.Exchange.Gateway;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Organisations;
using Zhengtong.Kernel.Regions;
using Zhengtong.Kernel.Secrets;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Exchange.Gateway;

/// <summary>Tests that share one gateway.</summary>
[CollectionDefinition]
public sealed class GatewayTests : ICollectionFixture<GatewayFixture>;

/// <summary>A platform with the gateway at work, and a department's real HTTP service behind it. Each test makes its own agreement in a few lines.</summary>
public sealed class GatewayFixture : IAsyncLifetime
{
    internal const string Instance = "CN-610000";
    private static int serial;
    private OwnPlatform platform = null!;

    internal IServiceProvider Services => platform.App.Services;

    internal DepartmentService Provider { get; private set; } = null!;

    internal Uri Address { get; private set; } = null!;

    internal Uri Secure { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Provider = await DepartmentService.StartAsync();
        var server = Certificate("CN=127.0.0.1", TimeProvider.System.GetUtcNow().AddDays(-1));
        platform = await OwnPlatform.StartAsync(b =>
        {
            Configure(b.Configuration);
            b.Configuration["Exchange:Gateway:AskForCertificates"] = "true";
            b.WebHost.ConfigureKestrel(o =>
            {
                o.Listen(IPAddress.Loopback, 0);
                o.Listen(IPAddress.Loopback, 0, l => l.UseHttps(server));
            });
        });
        Address = new Uri(platform.App.Urls.Single(u => u.StartsWith("http://", StringComparison.Ordinal)));
        Secure = new Uri(platform.App.Urls.Single(u => u.StartsWith("https://", StringComparison.Ordinal)));
    }

    public async ValueTask DisposeAsync()
    {
        if (platform is not null) { await platform.DisposeAsync(); }
        if (Provider is not null) { await Provider.DisposeAsync(); }
    }

    /// <summary>The provider stands on this machine, what is changed holds soon, and what rests, rests shortly.</summary>
    internal static void Configure(Microsoft.Extensions.Configuration.IConfiguration configuration)
    {
        configuration["Exchange:Gateway:Instance"] = Instance;
        configuration["Exchange:Gateway:ForbiddenNetworks"] = "";
        configuration["Exchange:Gateway:StaleMilliseconds"] = "50";
        configuration["Exchange:Gateway:RestSeconds"] = "1";
    }

    internal static X509Certificate2 Certificate(string name, DateTimeOffset from, int days = 2)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var made = new CertificateRequest(name, key, HashAlgorithmName.SHA256).CreateSelfSigned(from, from.AddDays(days));
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pfx), null);
    }

    internal Task<T> WithDb<T>(Func<ZhengtongDb, Task<T>> act) => WithDb(Services, act);

    internal static async Task<T> WithDb<T>(IServiceProvider services, Func<ZhengtongDb, Task<T>> act)
    {
        await using var scope = services.CreateAsyncScope();
        return await act(scope.ServiceProvider.GetRequiredService<ZhengtongDb>());
    }

    /// <summary>A client that follows nothing and adds nothing.</summary>
    internal static HttpClient Client(Uri address, X509Certificate2? certificate = null)
    {
        var handler = new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false };
        handler.SslOptions.RemoteCertificateValidationCallback = (_, _, _, _) => true;
        if (certificate is not null) { handler.SslOptions.ClientCertificates = [certificate]; }
        return new HttpClient(handler) { BaseAddress = address };
    }

    internal HttpClient Client() => Client(Address);

    /// <summary>An agreement in force over a service of the provider, and a consumer's system known by this machine's address.</summary>
    internal Task<Scene> SceneAsync(Action<SceneSettings>? change = null) => SceneAsync(Services, Provider, change);

    internal static async Task<Scene> SceneAsync(IServiceProvider services, DepartmentService service, Action<SceneSettings>? change = null)
    {
        var settings = new SceneSettings();
        change?.Invoke(settings);
        await using var scope = services.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<ZhengtongDb>();
        var (keys, vault) = (scope.ServiceProvider.GetRequiredService<OrganisationKeys>(), scope.ServiceProvider.GetRequiredService<Vault>());
        var now = TimeProvider.System.GetUtcNow();
        var (provider, consumer) = (await OrganisationAsync(db), await OrganisationAsync(db));
        var resource = new InformationResource
        {
            Id = Guid.CreateVersion7(now), Code = $"3/{Guid.CreateVersion7(now):N}", Name = "企业查询接口", Abstract = "", ProviderId = provider.Id, SharingType = SharingType.Unconditional,
            UpdateCycle = UpdateCycle.Realtime, CreatedAt = now, Kind = DeliveryKind.Api, Operations = [.. settings.Catalogued.Concat(settings.Operations).Distinct().Select(o => new ServiceOperation(o.Split(' ')[0], o.Split(' ')[1], ""))],
        };
        db.Resources.Add(resource);
        if (settings.Description is { } description) { db.ServiceDescriptions.Add(new ServiceDescription { ResourceId = resource.Id, Text = description }); }
        var agreement = await AgreementAsync(db, keys, provider, consumer, resource, settings, now);
        var id = Guid.CreateVersion7(now);
        var name = $"s{Interlocked.Increment(ref serial)}";
        db.ApiServices.Add(new ApiService
        {
            Id = id, ResourceId = resource.Id, OrganisationId = provider.Id, SubsystemCode = "registry", ServiceCode = "firms", IsEnabled = true, TimeoutSeconds = settings.TimeoutSeconds, SetAt = now,
            Door = GatewayDirectory.Seal(vault, id, new ServiceDoor(settings.Address ?? $"{service.Address}{name}", settings.Headers)),
        });
        if (settings.WithSystem)
        {
            db.InformationSystems.Add(new InformationSystem
            {
                Id = Guid.CreateVersion7(now), OrganisationId = consumer.Id, SubsystemCode = "desk", Name = "办事系统", Certificates = settings.Certificates, Addresses = settings.Addresses, SetAt = now,
            });
        }

        await db.SaveChangesAsync();
        return new Scene(services, service, name, agreement, resource.Id, provider, consumer, id);
    }

    private static async Task<Organisation> OrganisationAsync(ZhengtongDb db)
    {
        var code = RegionCode.Parse("610000");
        if (!await db.Regions.AnyAsync(r => r.Code == code))
        {
            db.Regions.Add(new Region { Code = code, Name = "陕西省", Level = code.Level, Parent = code.Parent });
            try { await db.SaveChangesAsync(); }
            catch (DbUpdateException e) when (e.IsUniqueViolation()) { db.ChangeTracker.Clear(); }
        }

        var n = Interlocked.Increment(ref serial);
        var organisation = new Organisation
        {
            Id = Guid.CreateVersion7(TimeProvider.System.GetUtcNow()), CreditCode = CreditCode.FromBody($"1161000002{n:D7}"), Name = $"部门{n}", ShortName = $"部门{n}", Region = code, Kind = OrganisationKind.Department,
        };
        db.Organisations.Add(organisation);
        await db.SaveChangesAsync();
        return organisation;
    }

    private static async Task<Agreement> AgreementAsync(
        ZhengtongDb db, OrganisationKeys keys, Organisation provider, Organisation consumer, InformationResource resource, SceneSettings settings, DateTimeOffset now)
    {
        AgreementDocument document = new("zhengtong-agreement-1", Guid.CreateVersion7(now), $"XS-2098-{Interlocked.Increment(ref serial):D6}", new AgreementResource(resource.Id, resource.Code, resource.Name, 1),
            new AgreementParty(provider.Id, provider.CreditCode.Value, provider.Name), new AgreementParty(consumer.Id, consumer.CreditCode.Value, consumer.Name),
            settings.Items, [], "监管", "食品安全法", 60, now.AddDays(-2), settings.Until ?? now.AddDays(2), Suite.Of(settings.Suite).Word, DeliveryKind.Api,
            [.. settings.Operations.Select(o => new AgreedOperation(o.Split(' ')[0], o.Split(' ')[1]))], settings.Limits);
        var application = new Application
        {
            Id = Guid.CreateVersion7(now), Number = $"SQ-2098-{Interlocked.Increment(ref serial):D6}", ResourceId = resource.Id, ResourceName = resource.Name, ResourceRevision = 1, ProviderId = provider.Id, ApplicantId = consumer.Id,
            Kind = DeliveryKind.Api, Columns = [], Operations = settings.Operations, Limits = settings.Limits, Rows = [], Purpose = document.Purpose, LegalGround = document.LegalGround, EverySeconds = 60, Until = document.Until,
            Suite = settings.Suite, SubmittedBy = Guid.Empty, SubmittedAt = now, DueOn = DateOnly.FromDateTime(now.UtcDateTime),
        };
        db.Applications.Add(application);
        var agreement = Agreement.DrawUp(application.Id, document, now);
        foreach (var side in new[] { provider, consumer })
        {
            var key = await keys.CurrentAsync(side.Id, Suite.Of(settings.Suite), KeyUse.Seal, CancellationToken.None);
            agreement.Put(new Seal(side.Id, Guid.Empty, "张三", now, key.KeyId, keys.Sign(key, Encoding.UTF8.GetBytes(agreement.Document))));
        }

        db.Agreements.Add(agreement);
        return agreement;
    }
}

/// <summary>What a test may change about an agreement.</summary>
internal sealed class SceneSettings
{
    internal string[] Operations { get; set; } = ["GET /firms/{code}", "POST /firms", "GET /firms"];

    /// <summary>Operations of the service that are not agreed.</summary>
    internal string[] Catalogued { get; set; } = ["GET /firms/{code}/secret"];

    internal AgreedItem[] Items { get; set; } = [];

    internal ApiLimits Limits { get; set; } = new(1_000_000, 100_000, 1000);

    internal DateTimeOffset? Until { get; set; }

    internal SuiteName Suite { get; set; } = SuiteName.International;

    internal ServiceHeader[] Headers { get; set; } = [];

    internal int TimeoutSeconds { get; set; } = 20;

    internal string? Address { get; set; }

    internal string? Description { get; set; }

    internal bool WithSystem { get; set; } = true;

    internal string[] Addresses { get; set; } = ["127.0.0.1/32"];

    internal string[] Certificates { get; set; } = [];

    internal static AgreedItem[] Members(params string[] paths) => [.. paths.Select(p => new AgreedItem(p, p, ItemType.Text, null, false))];
}

/// <summary>One agreement with its service.</summary>
internal sealed record Scene(IServiceProvider Services, DepartmentService Service, string Name, Agreement Agreement, Guid Resource, Organisation Provider, Organisation Consumer, Guid ServiceId)
{
    /// <summary>As X-Road clients call it.</summary>
    internal string R1 => $"/r1/{GatewayFixture.Instance}/GOV/{Provider.CreditCode}/registry/firms";

    /// <summary>As plain clients call it.</summary>
    internal string Plain => $"/services/{Agreement.Number}";

    internal string ClientId => $"{GatewayFixture.Instance}/GOV/{Consumer.CreditCode}/desk";

    /// <summary>What reached the provider, targets below its base address.</summary>
    internal IReadOnlyList<SeenRequest> Seen => Service.Seen(Name);

    /// <summary>How the provider answers from now on.</summary>
    internal void Answer(Func<HttpContext, Task> answer) => Service.Answer(Name, answer);

    internal void AnswerJson(string json, int status = 200) => Answer(http =>
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = "application/json";
        return http.Response.WriteAsync(json);
    });

    internal HttpRequestMessage Call(HttpMethod method, string path) => new(method, R1 + path) { Headers = { { "X-Road-Client", ClientId } } };

    internal Task ChangeAsync(Action<Agreement> change) => GatewayFixture.WithDb(Services, async db =>
    {
        change(await db.Agreements.SingleAsync(a => a.Id == Agreement.Id));
        return await db.SaveChangesAsync();
    });

    /// <summary>A bearer token of an API client of the organisation.</summary>
    internal async Task<(Guid Client, string Token)> TokenAsync(HttpClient http, Organisation organisation)
    {
        await using var scope = Services.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<ZhengtongDb>();
        var (client, secret) = await ApiClients.CreateAsync(db, scope.ServiceProvider.GetRequiredService<IOpenIddictApplicationManager>(), Actor.Platform, organisation.Id,
            $"程序{Guid.CreateVersion7(TimeProvider.System.GetUtcNow())}", ["work"], TimeProvider.System.GetUtcNow(), CancellationToken.None);
        var answer = await http.PostAsync("/connect/token", new FormUrlEncodedContent(new Dictionary<string, string> { ["grant_type"] = "client_credentials", ["client_id"] = client.ClientId, ["client_secret"] = secret }));
        return (client.Id, (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("access_token").GetString()!);
    }

    internal Task SystemAsync(Action<InformationSystem> change) => GatewayFixture.WithDb(Services, async db =>
    {
        change(await db.InformationSystems.SingleAsync(s => s.OrganisationId == Consumer.Id));
        return await db.SaveChangesAsync();
    });
}

/// <summary>A request as the provider's server saw it.</summary>
internal sealed record SeenRequest(string Method, string Target, IReadOnlyDictionary<string, string> Headers, byte[] Body);

/// <summary>A department's HTTP service: a real server that keeps what it saw.</summary>
internal sealed class DepartmentService : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, ConcurrentQueue<SeenRequest>> seen = new();
    private readonly ConcurrentDictionary<string, Func<HttpContext, Task>> answers = new();
    private readonly WebApplication app;

    private DepartmentService(WebApplication app) => this.app = app;

    /// <summary>With a slash at its end.</summary>
    internal string Address => app.Urls.Single() + "/";

    internal int Total => seen.Values.Sum(q => q.Count);

    internal static async Task<DepartmentService> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.WebHost.ConfigureKestrel(o => o.Limits.MaxRequestBodySize = null);
        var app = builder.Build();
        var service = new DepartmentService(app);
        app.Run(service.TakeAsync);
        await app.StartAsync();
        return service;
    }

    internal IReadOnlyList<SeenRequest> Seen(string name) => [.. seen.GetValueOrDefault(name) ?? []];

    internal void Answer(string name, Func<HttpContext, Task> answer) => answers[name] = answer;

    public ValueTask DisposeAsync() => app.DisposeAsync();

    private async Task TakeAsync(HttpContext http)
    {
        var target = http.Features.Get<IHttpRequestFeature>()!.RawTarget;
        var name = target[1..].Split('/', '?')[0];
        var isLarge = http.Request.ContentLength > 1 << 20 || http.Request.Headers.ContainsKey("X-Large");
        using var body = new MemoryStream();
        if (!isLarge) { await http.Request.Body.CopyToAsync(body); }
        seen.GetOrAdd(name, _ => new()).Enqueue(new SeenRequest(http.Request.Method, target[(name.Length + 1)..],
            http.Request.Headers.ToDictionary(h => h.Key, h => string.Join(", ", (IEnumerable<string?>)h.Value), StringComparer.OrdinalIgnoreCase), body.ToArray()));
        if (answers.TryGetValue(name, out var answer)) { await answer(http); }
        else
        {
            http.Response.ContentType = "application/json";
            await http.Response.WriteAsync("""{"name":"企业","code":"1"}""");
        }
    }
}

/// <summary>A request and an answer byte for byte over a socket.</summary>
internal static class RawHttp
{
    /// <summary>Sends the text as Latin-1 and reads until the server closes or has answered; the request says Connection: close.</summary>
    internal static async Task<RawAnswer> SendAsync(Uri server, string request, CancellationToken ct = default)
    {
        using var client = new System.Net.Sockets.TcpClient();
        await client.ConnectAsync(server.Host, server.Port, ct);
        await using var stream = client.GetStream();
        await stream.WriteAsync(Encoding.Latin1.GetBytes(request), ct);
        using var bytes = new MemoryStream();
        try { await stream.CopyToAsync(bytes, ct).WaitAsync(TimeSpan.FromSeconds(20), ct); }
        catch (IOException) { /* Cut: what came before counts. */ }
        return RawAnswer.Parse(bytes.ToArray());
    }
}

/// <summary>An answer as it came.</summary>
internal sealed record RawAnswer(int Status, string Reason, IReadOnlyList<(string Name, string Value)> Headers, byte[] Body)
{
    internal string? this[string name] => Headers.Where(h => h.Name.Equals(name, StringComparison.OrdinalIgnoreCase)).Select(h => h.Value).SingleOrDefault();

    internal static RawAnswer Parse(byte[] bytes)
    {
        var end = bytes.AsSpan().IndexOf("\r\n\r\n"u8);
        if (end < 0) { return new RawAnswer(0, "", [], bytes); }
        var lines = Encoding.Latin1.GetString(bytes, 0, end).Split("\r\n");
        var status = lines[0].Split(' ', 3);
        return new RawAnswer(int.Parse(status[1]), status.ElementAtOrDefault(2) ?? "", [.. lines.Skip(1).Select(l => l.Split(": ", 2)).Select(p => (p[0], p.ElementAtOrDefault(1) ?? ""))], bytes[(end + 4)..]);
    }
}
