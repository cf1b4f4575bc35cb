using System.Globalization;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Catalogue;
using Zhengtong.Cloud.Model;
using Zhengtong.Kernel.Organisations;

namespace Zhengtong.Cloud.Bills;

/// <summary>A line of a bill with all that FOCUS asks to know of it.</summary>
/// <param name="Line">The line.</param>
/// <param name="Bill">Its bill.</param>
/// <param name="Resource">The resource; null for what rounds.</param>
/// <param name="Department">The department that is charged.</param>
/// <param name="RegionName">Name of the level that pays.</param>
/// <param name="Operator">Name of the body that serves and bills.</param>
/// <param name="Pool">Where the resource is; null when it has no place.</param>
/// <param name="Service">Name of the cloud service; null for what rounds.</param>
/// <param name="Tags">Flat.</param>
internal sealed record FocusRow(BillLine Line, Bill Bill, CloudResource? Resource, Organisation Department, string RegionName, string Operator, string? Pool, string? Service, IReadOnlyDictionary<string, string> Tags)
{
    internal ResourceForm? Form => Resource?.Form;
}

/// <summary>Bills as FOCUS 1.2 (FinOps Open Cost and Usage Specification, tag v1.2) writes them. Of its 57 columns those 44 that apply are there. Left out, because what they tell of does not exist here: reserved capacity (2),
/// discounts for a commitment (7), prices in another currency (4).</summary>
internal static class Focus
{
    internal const string Currency = "CNY";

    /// <summary>Column and value; null is an empty field. In the order of the specification: by name.</summary>
    internal static readonly IReadOnlyList<(string Name, Func<FocusRow, string?> Value)> Columns =
    [
        ("AvailabilityZone", r => r.Pool),
        ("BilledCost", r => Number(r.Line.Cost)),
        ("BillingAccountId", r => r.Department.Region.ToString()),
        ("BillingAccountName", r => r.RegionName),
        ("BillingAccountType", _ => "Region"),
        ("BillingCurrency", _ => Currency),
        ("BillingPeriodEnd", r => Time(BillMonth.Of(r.Bill.Month).Until)),
        ("BillingPeriodStart", r => Time(BillMonth.Of(r.Bill.Month).From)),
        ("ChargeCategory", r => r.Line.Category.ToString()),
        ("ChargeClass", r => r.Line.Corrects is null ? null : "Correction"),
        ("ChargeDescription", r => r.Line.Meter is { } meter ? $"{r.Line.PlanCode} {meter}" : "rounding to whole fen"),
        ("ChargeFrequency", r => r.Line.Category != ChargeCategory.Usage ? "One-Time" : r.Line.Meter == ServiceMeters.Month ? "Recurring" : "Usage-Based"),
        ("ChargePeriodEnd", r => Time(r.Line.Until > r.Line.From ? r.Line.Until : r.Line.From.AddSeconds(1))),
        ("ChargePeriodStart", r => Time(r.Line.From)),
        ("ConsumedQuantity", r => r.Line.Category == ChargeCategory.Usage ? Number(r.Line.Quantity) : null),
        ("ConsumedUnit", r => r.Line is { Category: ChargeCategory.Usage, Meter: { } meter } ? ServiceMeters.UnitOf(meter) : null),
        ("ContractedCost", r => Number(r.Line.Cost)),
        ("ContractedUnitPrice", r => Number(r.Line.UnitPrice)),
        ("EffectiveCost", r => Number(r.Line.Cost)),
        ("InvoiceId", r => r.Bill.State == BillState.Closed ? r.Bill.Number : null),
        ("InvoiceIssuerName", r => r.Operator),
        ("ListCost", r => Number(r.Line.Cost)),
        ("ListUnitPrice", r => Number(r.Line.UnitPrice)),
        ("PricingCategory", r => r.Line.Category == ChargeCategory.Adjustment ? null : "Standard"),
        ("PricingQuantity", r => Number(r.Line.Quantity)),
        ("PricingUnit", r => r.Line.Meter is { } meter ? ServiceMeters.UnitOf(meter) : null),
        ("ProviderName", r => r.Operator),
        ("PublisherName", r => r.Operator),
        ("RegionId", r => r.Resource?.Region.ToString()),
        ("RegionName", r => r.Resource is null ? null : r.RegionName),
        ("ResourceId", r => r.Resource?.Number),
        ("ResourceName", r => r.Resource?.Name),
        ("ResourceType", r => r.Form?.ToString()),
        ("ServiceCategory", r => CategoryOf(r.Form).Category),
        ("ServiceName", r => r.Service ?? r.Line.ServiceCode ?? "rounding"),
        ("ServiceSubcategory", r => CategoryOf(r.Form).Subcategory),
        ("SkuId", r => r.Line.Meter is { } meter ? $"{r.Line.ServiceCode}/{r.Line.PlanCode}/{meter}" : null),
        ("SkuMeter", r => r.Line.Meter),
        ("SkuPriceDetails", r => r.Resource is null ? null : JsonSerializer.Serialize(new Dictionary<string, string> { ["plan"] = r.Line.PlanCode! })),
        ("SkuPriceId", r => r.Line.PriceId?.ToString()),
        ("SubAccountId", r => r.Department.Id.ToString()),
        ("SubAccountName", r => r.Department.Name),
        ("SubAccountType", _ => "Department"),
        ("Tags", r => r.Tags.Count == 0 ? null : JsonSerializer.Serialize(r.Tags, Plain)),
    ];

    private static readonly JsonSerializerOptions Plain = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Columns that people fill freely: a spreadsheet must not run what stands in them.</summary>
    private static readonly HashSet<string> Free = new(StringComparer.Ordinal) { "ResourceName", "SubAccountName", "BillingAccountName", "AvailabilityZone", "InvoiceIssuerName", "ProviderName", "PublisherName", "ServiceName" };

    /// <summary>The field of a column as it stands in the file.</summary>
    internal static string Field((string Name, Func<FocusRow, string?> Value) column, FocusRow row)
    {
        var text = column.Value(row) ?? "";
        if (Free.Contains(column.Name) && text.Length > 0 && "=+-@\t\r".Contains(text[0], StringComparison.Ordinal)) { text = "'" + text; }
        return text.AsSpan().ContainsAny(",\"\r\n") ? $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : text;
    }

    /// <summary>Lines of the bills given, one bill after the other.</summary>
    internal static async IAsyncEnumerable<FocusRow> RowsAsync(ZhengtongDb db, IReadOnlyList<Guid> bills, DateTimeOffset now, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken ct)
    {
        var issuer = await db.Organisations.Where(o => o.Kind == OrganisationKind.Operator).OrderBy(o => o.Id).Select(o => o.Name).FirstOrDefaultAsync(ct) ?? "-";
        var pools = await db.ResourcePools.ToDictionaryAsync(p => p.Id, p => p.Name, ct);
        // As it is called now: of all versions the newest that was published.
        var services = (await db.CloudServices.Where(c => c.PublishedAt != null).OrderBy(c => c.Version).Select(c => new { c.Code, c.Name }).ToListAsync(ct)).GroupBy(c => c.Code, StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.Last().Name, StringComparer.Ordinal);
        foreach (var id in bills)
        {
            var bill = await db.Bills.AsNoTracking().SingleAsync(b => b.Id == id, ct);
            var department = await db.Organisations.AsNoTracking().SingleAsync(o => o.Id == bill.OrganisationId, ct);
            var region = await db.Regions.Where(r => r.Code == department.Region).Select(r => r.Name).SingleOrDefaultAsync(ct) ?? department.Region.ToString();
            var project = await db.QuotaNodes.Where(n => n.Id == bill.NodeId).Select(n => n.Name).SingleOrDefaultAsync(ct);
            foreach (var lines in (await Accounting.ReadAsync(db, bill, now, ct)).Lines.Chunk(500))
            {
                var ids = lines.Select(l => l.ResourceId).OfType<Guid>().Distinct().ToList();
                var resources = await db.CloudResources.AsNoTracking().Where(r => ids.Contains(r.Id)).ToDictionaryAsync(r => r.Id, ct);
                var wanted = resources.Values.Select(r => r.SystemId).Distinct().ToList();
                var systems = await db.BusinessSystems.AsNoTracking().Where(s => wanted.Contains(s.Id)).ToDictionaryAsync(s => s.Id, s => s.Name, ct);
                foreach (var line in lines)
                {
                    var resource = line.ResourceId is { } own ? resources[own] : null;
                    var tags = new SortedDictionary<string, string>(StringComparer.Ordinal);
                    if (resource is not null) { (tags["system"], tags["protection"]) = (systems[resource.SystemId], resource.Protection.ToString(CultureInfo.InvariantCulture)); }
                    if (project is not null) { tags["project"] = project; }
                    yield return new FocusRow(line, bill, resource, department, region, issuer, resource?.PoolId is { } pool ? pools.GetValueOrDefault(pool) : null, line.ServiceCode is { } code ? services.GetValueOrDefault(code) : null, tags);
                }
            }
        }
    }

    private static (string Category, string Subcategory) CategoryOf(ResourceForm? form) => form switch
    {
        ResourceForm.Instance => ("Compute", "Containers"),
        ResourceForm.Database => ("Databases", "Relational Databases"),
        ResourceForm.Site => ("Web", "Other (Web)"),
        _ => ("Other", "Other (Other)"),
    };

    private static string Time(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    /// <summary>Plain digits without needless zeros.</summary>
    private static string? Number(decimal? value) => value?.ToString("0.############################", CultureInfo.InvariantCulture);
}
