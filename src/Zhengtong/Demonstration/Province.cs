using System.Text.Json;
using System.Text.Json.Serialization;
using Zhengtong.Catalogue.Model;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Organisations;
using Zhengtong.Kernel.Regions;

namespace Zhengtong.Demonstration;

/// <summary>The demonstration province as described in <c>province.json</c>: data, not code.</summary>
internal sealed record Province(
    IReadOnlyList<ProvinceRegion> Regions, IReadOnlyList<ProvinceOrganisation> Organisations,
    IReadOnlyDictionary<string, string> Words, IReadOnlyList<ProvinceTable> Tables, IReadOnlyList<ProvinceOffering> Offerings, IReadOnlyList<ProvinceSharing> Sharings, string DataSource, ProvinceJob MainJob)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { Converters = { new JsonStringEnumConverter() } };

    internal static Province Load()
    {
        using var file = typeof(Province).Assembly.GetManifestResourceStream("Zhengtong.Demonstration.province.json")!;
        var province = JsonSerializer.Deserialize<Province>(file, Json)!;
        // Departments that only open data come last: the bodies' codes follow from their order.
        var plan = OpenDataPlan.Load();
        var opening = plan.Departments;
        return province with
        {
            Organisations = [.. province.Organisations.Select(o => o with { Opens = opening.Any(d => d.Slug == o.Slug) }), .. opening.Where(d => d.Name is not null).Select(d => d.AsOrganisation())],
            Words = province.Words.Concat(plan.Words).ToDictionary(w => w.Key, w => w.Value),
        };
    }

    /// <summary>The same province with a share of the rows, above 0 to 1, at least 50 a table: for tests that do not need them all.</summary>
    internal Province AtShare(double share) => this with { Tables = [.. Tables.Select(t => t with { Rows = Math.Min(t.Rows, Math.Max(50, (int)(t.Rows * share))) })] };

    /// <summary>Every body of the province, above before below.</summary>
    internal IEnumerable<ProvinceBody> Bodies() =>
        from organisation in Organisations
        from region in Regions
        where organisation.Levels.Contains(RegionCode.Parse(region.Code).Level)
        select new ProvinceBody(organisation, region);

    /// <summary>Every account of the province: the bodies' posts, then a second officer for each department that opens data, since nobody examines what he proposed.</summary>
    internal IEnumerable<(ProvinceBody Body, Role Role, string UserName)> Accounts() =>
    [
        .. from body in Bodies() from role in body.Posts select (body, role, DemonstrationCredentials.UserName(body, role)),
        .. from body in Bodies() where body.Opens select (body, Role.DepartmentOfficer, $"{body.Slug}-examiner"),
    ];
}

/// <summary>A division; <paramref name="Short"/> stands before the short names of its bodies, <paramref name="Slug"/> in account names.</summary>
internal sealed record ProvinceRegion(string Code, string Name, string Slug, string Short);

/// <summary>A kind of body that exists on the named levels; the names below the province may differ.</summary>
internal sealed record ProvinceOrganisation(
    string Slug, string Name, string? NameBelow, string Short, string? ShortBelow, OrganisationKind Kind, IReadOnlyList<RegionLevel> Levels, IReadOnlyList<Role>? Posts)
{
    /// <summary>It opens data to the public: <c>opendata.json</c> names it.</summary>
    public bool Opens { get; init; }

    /// <summary>It is there for the data it opens and keeps no business database.</summary>
    public bool OnlyOpens { get; init; }
}

/// <summary>One body in one region.</summary>
internal sealed record ProvinceBody(ProvinceOrganisation Organisation, ProvinceRegion Region)
{
    internal RegionCode Code => RegionCode.Parse(Region.Code);

    private bool IsBelow => Code.Level > RegionLevel.Province;

    /// <summary>Unique among the bodies: <c>aic</c>, <c>mingchuan-aic</c>.</summary>
    internal string Slug => IsBelow ? $"{Region.Slug}-{Organisation.Slug}" : Organisation.Slug;

    internal string Name => Region.Name + (IsBelow ? Organisation.NameBelow ?? Organisation.Name : Organisation.Name);

    internal string ShortName => Region.Short + (IsBelow ? Organisation.ShortBelow ?? Organisation.Short : Organisation.Short);

    internal IReadOnlyList<Role> Posts => Organisation.Posts ?? [Role.DepartmentOfficer, Role.DepartmentLeader];

    /// <summary>Only provincial bodies keep business databases.</summary>
    internal bool KeepsDatabase => !IsBelow && !Organisation.OnlyOpens;

    /// <summary>The provincial bodies open data for their branches too.</summary>
    internal bool Opens => !IsBelow && Organisation.Opens;
}

/// <summary>A table of a department's business database, and the information resource that describes it: the department by the slug of its provincial body,
/// the resource's name where it differs from the title, and for each column its name, the item's name, type with length and key, and how its values come about
/// (see <see cref="SyntheticTable"/>).</summary>
internal sealed record ProvinceTable(
    string Department, string Name, string Title, string? Publish, string Abstract, SharingType Sharing, string? Condition, UpdateCycle Cycle, int Rows,
    IReadOnlyList<IReadOnlyList<string>> Columns);

/// <summary>What a department offers besides its tables: files, or a service with the members of its answers (name, item's name, type with length) and its OpenAPI document.</summary>
internal sealed record ProvinceOffering(
    string Slug, string Department, DeliveryKind Kind, string Name, string Abstract, SharingType Sharing, string? Condition, UpdateCycle Cycle,
    IReadOnlyList<IReadOnlyList<string>>? Members, JsonElement? OpenApi);

/// <summary>The words of the main job.</summary>
internal sealed record ProvinceJob(string Resource, string Abstract, string Condition, string Purpose, string Ground, string Changed, string ChangedAgain, string RevocationReason);
