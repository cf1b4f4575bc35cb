using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Regions;

namespace Zhengtong.Demonstration;

/// <summary>An account of the demonstration as a person needs it.</summary>
internal sealed record DemonstrationAccount(string UserName, string Password, Role Role, string Organisation);

/// <summary>An API client of one organisation: OAuth 2 client credentials at <c>/connect/token</c>.</summary>
internal sealed record DemonstrationClient(string Organisation, string Name, string ClientId, string ClientSecret, IReadOnlyList<string> Scopes);

/// <summary>Names and random passwords of the demonstration, in <c>demo-credentials.json</c> of mode 600 below the data directory. Drawn and written before
/// the accounts are made, so that a start killed half way leaves no account that nobody can open.</summary>
internal sealed record DemonstrationCredentials(IReadOnlyList<DemonstrationAccount> Accounts, IReadOnlyList<DemonstrationClient> Clients)
{
    private const string FileName = "demo-credentials.json";
    private const string Upper = "ABCDEFGHJKLMNPQRSTUVWXYZ";
    private const string Lower = "abcdefghijkmnpqrstuvwxyz";
    private const string Figures = "23456789";

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter() },
    };

    /// <summary>True when the file did not exist: accounts that already exist take the new passwords.</summary>
    [JsonIgnore]
    public bool Drawn { get; private init; }

    internal static string PathOf(Deployment deployment) => deployment.PathOf(FileName);

    /// <summary>The file's content, or null when there is none.</summary>
    internal static DemonstrationCredentials? Load(Deployment deployment) =>
        File.Exists(PathOf(deployment)) ? JsonSerializer.Deserialize<DemonstrationCredentials>(File.ReadAllBytes(PathOf(deployment)), Json) : null;

    internal static DemonstrationCredentials LoadOrDraw(Deployment deployment, Province province)
    {
        if (Load(deployment) is { } present) { return present; }

        var path = PathOf(deployment);
        var bodies = province.Bodies().ToList();
        var drawn = new DemonstrationCredentials(
            [.. province.Accounts().Select(a => new DemonstrationAccount(a.UserName, Secret(), a.Role, a.Body.ShortName))],
            [.. bodies.Select(Client)])
        { Drawn = true };
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite };
        using (var file = new FileStream($"{path}.draft", options))
        {
            JsonSerializer.Serialize(file, drawn, Json);
            file.Flush(flushToDisk: true);
        }

        File.Move($"{path}.draft", path, overwrite: true);
        return drawn;
    }

    /// <summary>The program of a body, by its slug.</summary>
    internal DemonstrationClient ClientOf(Province province, string body)
    {
        var name = province.Bodies().Single(b => b.Slug == body).ShortName;
        return Clients.Single(c => c.Organisation == name);
    }

    /// <summary><c>aic-officer</c>, <c>mingchuan-aic-leader</c>; for posts that exist once in a region <c>auditor</c>, <c>mingchuan-authority</c>.</summary>
    internal static string UserName(ProvinceBody body, Role role) => role switch
    {
        Role.DepartmentOfficer => $"{body.Slug}-officer",
        Role.DepartmentLeader => $"{body.Slug}-leader",
        _ => (body.Code.Level > RegionLevel.Province ? $"{body.Region.Slug}-" : "") + JsonNamingPolicy.KebabCaseLower.ConvertName(role.ToString()),
    };

    /// <summary>A program with every scope that its body's posts could have.</summary>
    private static DemonstrationClient Client(ProvinceBody body)
    {
        var id = Guid.CreateVersion7(TimeProvider.System.GetUtcNow()).ToString("N");
        var rights = body.Posts.SelectMany(role => Rights.Of[role]).ToHashSet();
        return new DemonstrationClient(body.ShortName, $"demo-{body.Slug}-{id[^6..]}", id, ApiClients.NewSecret(), [.. Scopes.Of.Where(s => rights.Contains(s.Value)).Select(s => s.Key)]);
    }

    /// <summary>24 characters, some of each kind that a policy may ask for.</summary>
    private static string Secret() =>
        RandomNumberGenerator.GetString(Upper + Lower + Figures, 19) + "-"
        + RandomNumberGenerator.GetString(Upper, 1) + RandomNumberGenerator.GetString(Lower, 2) + RandomNumberGenerator.GetString(Figures, 1);
}
