using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using OpenIddict.Abstractions;
using Zhengtong.Agreements.Model;
using Zhengtong.Catalogue.Model;
using Zhengtong.Exchange.Files;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Organisations;
using Zhengtong.Kernel.Regions;
using Zhengtong.Kernel.Secrets;

namespace Zhengtong.Tests.Exchange.Files;

/// <summary>A provider with a resource shared as files, and those who have an agreement on it; each has a program with its own token.</summary>
internal sealed class FileParties
{
    private static int serial;
    private readonly IServiceProvider services;
    private readonly Dictionary<Guid, (string Id, string Secret)> programs = [];

    private FileParties(IServiceProvider services, Organisation provider, InformationResource resource) => (this.services, Provider, Resource) = (services, provider, resource);

    internal Organisation Provider { get; }

    internal InformationResource Resource { get; }

    internal List<(Organisation Consumer, Agreement Agreement)> Takers { get; } = [];

    /// <summary>Makes them on a built platform, whoever serves it.</summary>
    internal static async Task<FileParties> MakeAsync(IServiceProvider services, params SuiteName[] takers)
    {
        await using var scope = services.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<ZhengtongDb>();
        var now = scope.ServiceProvider.GetRequiredService<TimeProvider>().GetUtcNow();
        var provider = await OrganisationAsync(db);
        var resource = new InformationResource
        {
            Id = Guid.CreateVersion7(now), Code = $"3/{Guid.CreateVersion7(now):N}", Name = "卫星影像", Abstract = "", ProviderId = provider.Id, Kind = DeliveryKind.File, SharingType = SharingType.Unconditional,
            UpdateCycle = UpdateCycle.Daily, CreatedAt = now, Items = [],
        };
        db.Resources.Add(resource);
        await db.SaveChangesAsync();
        var parties = new FileParties(services, provider, resource);
        await parties.AddProgramAsync(scope.ServiceProvider, provider);
        foreach (var suite in takers) { await parties.AddTakerAsync(suite); }
        return parties;
    }

    /// <summary>One more consumer with an agreement in force.</summary>
    internal async Task<(Organisation Consumer, Agreement Agreement)> AddTakerAsync(SuiteName suite = SuiteName.International)
    {
        await using var scope = services.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<ZhengtongDb>();
        var now = scope.ServiceProvider.GetRequiredService<TimeProvider>().GetUtcNow();
        var consumer = await OrganisationAsync(db);
        var agreement = await AgreementAsync(db, scope.ServiceProvider.GetRequiredService<OrganisationKeys>(), consumer, suite, now);
        await db.SaveChangesAsync();
        await AddProgramAsync(scope.ServiceProvider, consumer);
        Takers.Add((consumer, agreement));
        return Takers[^1];
    }

    /// <summary>A program of the organisation, with a token, at this address.</summary>
    internal async Task<HttpClient> ProgramAsync(Uri address, Organisation organisation)
    {
        var client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false }) { BaseAddress = address, Timeout = TimeSpan.FromMinutes(10) };
        client.DefaultRequestHeaders.AcceptLanguage.ParseAdd("en");
        var (id, secret) = programs[organisation.Id];
        var answer = await client.PostAsync("/connect/token", new FormUrlEncodedContent(new Dictionary<string, string> { ["grant_type"] = "client_credentials", ["client_id"] = id, ["client_secret"] = secret }));
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("access_token").GetString());
        return client;
    }

    internal Task<HttpClient> ProviderAsync(Uri address) => ProgramAsync(address, Provider);

    internal string MetadataOf(string name = "影像.tif") => $"filename {Base64(name)},resource {Base64($"{Resource.Id}")},filetype {Base64("image/tiff")},note";

    internal static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    /// <summary>Bytes that repeat with the seed and that no compression shortens.</summary>
    internal static byte[] Bytes(int length, int seed = 1)
    {
        var words = new ulong[(length + 7) / 8];
        var state = new Seeded((ulong)seed);
        for (var n = 0; n < words.Length; n++) { words[n] = state.Next(); }
        return System.Runtime.InteropServices.MemoryMarshal.AsBytes(words.AsSpan())[..length].ToArray();
    }

    internal static string Sha256(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    internal async Task<T> WithDb<T>(Func<ZhengtongDb, Task<T>> act)
    {
        await using var scope = services.CreateAsyncScope();
        return await act(scope.ServiceProvider.GetRequiredService<ZhengtongDb>());
    }

    internal Task<ExchangedFile> FileAsync(Guid id) => WithDb(db => db.ExchangedFiles.AsNoTracking().SingleAsync(f => f.Id == id));

    internal Task<List<FileRecipient>> RecipientsAsync(Guid file) => WithDb(db => db.FileRecipients.AsNoTracking().Where(r => r.FileId == file).OrderBy(r => r.PublishedAt).ToListAsync());

    internal Task<List<string>> EventsAsync(params Guid[] subjects)
    {
        var names = subjects.Select(s => s.ToString()).ToList();
        return WithDb(db => db.Ledger.Where(e => names.Contains(e.Subject)).OrderBy(e => e.At).ThenBy(e => e.Id).Select(e => e.Event).ToListAsync());
    }

    /// <summary>Waits until the file and all who should have it stand as asked.</summary>
    internal async Task<List<FileRecipient>> PublishedAsync(Guid file, int recipients)
    {
        await UntilAsync(async () => (await FileAsync(file)).State == FileState.Published && (await RecipientsAsync(file)).Count == recipients, async () => $"{(await FileAsync(file)).State} {(await FileAsync(file)).Problem}");
        return await RecipientsAsync(file);
    }

    /// <summary>Uploads at once; the file's id.</summary>
    internal async Task<Guid> UploadAsync(HttpClient client, byte[] bytes, string name = "影像.tif")
    {
        var id = await client.CreateUploadAsync(this, bytes.Length, name);
        if (bytes.Length > 0) { (await client.AppendAsync(id, 0, bytes)).StatusCode.ShouldBe(System.Net.HttpStatusCode.NoContent); }
        return id;
    }

    private async Task AddProgramAsync(IServiceProvider scope, Organisation organisation)
    {
        var db = scope.GetRequiredService<ZhengtongDb>();
        var (client, secret) = await ApiClients.CreateAsync(db, scope.GetRequiredService<IOpenIddictApplicationManager>(), Actor.Platform, organisation.Id, "Program", ["work", "exchange"],
            scope.GetRequiredService<TimeProvider>().GetUtcNow(), CancellationToken.None);
        programs[organisation.Id] = (client.ClientId, secret);
    }

    private static async Task<Organisation> OrganisationAsync(ZhengtongDb db)
    {
        var code = RegionCode.Parse("610000");
        if (!await db.Regions.AnyAsync(r => r.Code == code)) { db.Regions.Add(new Region { Code = code, Name = "陕西省", Level = code.Level, Parent = code.Parent }); }
        var n = Interlocked.Increment(ref serial);
        var organisation = new Organisation
        {
            Id = Guid.CreateVersion7(TimeProvider.System.GetUtcNow()), CreditCode = CreditCode.FromBody($"1161000003{n:D7}"), Name = $"文件部门{n}", ShortName = $"文件部门{n}", Region = code,
            Kind = OrganisationKind.Department,
        };
        db.Organisations.Add(organisation);
        try { await db.SaveChangesAsync(); }
        catch (DbUpdateException e) when (e.IsUniqueViolation())
        {
            // Another class made the region in this moment.
            db.ChangeTracker.Clear();
            db.Organisations.Add(organisation);
            await db.SaveChangesAsync();
        }

        return organisation;
    }

    private async Task<Agreement> AgreementAsync(ZhengtongDb db, OrganisationKeys keys, Organisation consumer, SuiteName suite, DateTimeOffset now)
    {
        var document = new AgreementDocument(AgreementDocument.CurrentFormat, Guid.CreateVersion7(now), $"WJ-2099-{Interlocked.Increment(ref serial):D6}", new AgreementResource(Resource.Id, Resource.Code, Resource.Name, 1),
            new AgreementParty(Provider.Id, Provider.CreditCode.Value, Provider.Name), new AgreementParty(consumer.Id, consumer.CreditCode.Value, consumer.Name),
            [], [], "监管", "测绘法", 60, now.AddDays(-1), now.AddDays(1000), Suite.Of(suite).Word, DeliveryKind.File, [], null);
        var application = new Application
        {
            Id = Guid.CreateVersion7(now), Number = $"WS-2099-{Interlocked.Increment(ref serial):D6}", ResourceId = Resource.Id, ResourceName = Resource.Name, ResourceRevision = 1, ProviderId = Provider.Id, ApplicantId = consumer.Id,
            Kind = DeliveryKind.File, Columns = [], Rows = [], Purpose = document.Purpose, LegalGround = document.LegalGround, EverySeconds = document.EverySeconds, Until = document.Until, Suite = suite,
            SubmittedBy = Guid.Empty, SubmittedAt = now, DueOn = DateOnly.FromDateTime(now.UtcDateTime),
        };
        db.Applications.Add(application);
        var agreement = Agreement.DrawUp(application.Id, document, now);
        foreach (var side in new[] { Provider, consumer })
        {
            var key = await keys.CurrentAsync(side.Id, Suite.Of(suite), KeyUse.Seal, CancellationToken.None);
            agreement.Put(new Seal(side.Id, Guid.Empty, "张三", now, key.KeyId, keys.Sign(key, Encoding.UTF8.GetBytes(CanonicalJson.Of(document)))));
        }

        db.Agreements.Add(agreement);
        return agreement;
    }
}

/// <summary>SplitMix64: repeats with the seed.</summary>
internal sealed class Seeded(ulong state)
{
    internal ulong Next()
    {
        var mixed = state += 0x9E3779B97F4A7C15;
        mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
        return mixed ^ (mixed >> 31);
    }

    /// <summary>From 0, below the bound.</summary>
    internal int Next(int bound) => (int)(Next() % (ulong)bound);
}

/// <summary>tus by hand.</summary>
internal static class TusClient
{
    internal static HttpRequestMessage Request(HttpMethod method, string path, params (string Name, string Value)[] headers)
    {
        var request = new HttpRequestMessage(method, path);
        request.Headers.Add("Tus-Resumable", "1.0.0");
        foreach (var (name, value) in headers)
        {
            request.Headers.Remove(name);
            if (value.Length > 0) { request.Headers.TryAddWithoutValidation(name, value).ShouldBeTrue(); }
        }

        return request;
    }

    internal static async Task<Guid> CreateUploadAsync(this HttpClient client, FileParties parties, long length, string name = "影像.tif")
    {
        var answer = await client.SendAsync(Request(HttpMethod.Post, "/tus", ("Upload-Length", $"{length}"), ("Upload-Metadata", parties.MetadataOf(name))));
        answer.StatusCode.ShouldBe(System.Net.HttpStatusCode.Created, await answer.Content.ReadAsStringAsync());
        return Guid.Parse(answer.Headers.Location!.ToString().Split('/')[^1]);
    }

    internal static async Task<HttpResponseMessage> AppendAsync(this HttpClient client, Guid id, long offset, byte[] bytes, params (string Name, string Value)[] headers)
    {
        var request = Request(HttpMethod.Patch, $"/tus/{id}", [("Upload-Offset", $"{offset}"), .. headers]);
        request.Content = new ByteArrayContent(bytes);
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/offset+octet-stream");
        return await client.SendAsync(request);
    }

    internal static async Task<long> OffsetAsync(this HttpClient client, Guid id)
    {
        var answer = await client.SendAsync(Request(HttpMethod.Head, $"/tus/{id}"));
        answer.StatusCode.ShouldBe(System.Net.HttpStatusCode.OK);
        return long.Parse(answer.Headers.GetValues("Upload-Offset").Single());
    }

    internal static string? Header(this HttpResponseMessage answer, string name) => answer.Headers.TryGetValues(name, out var values) ? string.Join(',', values) : null;
}
