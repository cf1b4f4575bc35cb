using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;
using CsCheck;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Catalogue;
using Zhengtong.Cloud.Bills;
using Zhengtong.Cloud.Model;
using Zhengtong.Kernel.Identity;
using Zhengtong.Tests.Cloud.Metering;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Cloud.Bills;

/// <summary>From stretches of time and prices to bills, corrections and FOCUS.</summary>
[OnDatabase]
public sealed class BillsTests(PlatformFixture platform)
{
    private static readonly DateTimeOffset September = new(2026, 8, 31, 16, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset October = new(2026, 9, 30, 16, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset Later = new(2026, 11, 20, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task Bill_OfAMonth_IsSplitByPriceStateAndSizeAndClosedOnce()
    {
        var world = await MeteredWorld.MakeAsync(platform);
        var early = September.AddYears(-1);
        await world.PriceAsync("vcpu-hour", 0.05m, early, September.AddDays(10));
        await world.PriceAsync("vcpu-hour", 0.04m, September.AddDays(10));
        await world.PriceAsync("gib-memory-hour", 0.01m, early);
        await world.PriceAsync("gib-disk-hour", 0.0003m, early);
        await world.PriceAsync("one-time", 30m, early);
        // Two days before the new price until two after; stopped for a day; then of twice the size for an hour.
        var resource = await world.ResourceAsync(September.AddDays(8), September.AddDays(12));
        await platform.WithDb(async db =>
        {
            db.ResourceSpans.Add(MeteredWorld.Span(resource, September.AddDays(12), September.AddDays(13), isRunning: false));
            db.ResourceSpans.Add(MeteredWorld.Span(resource, September.AddDays(13), September.AddDays(13).AddHours(1), amounts: Amounts.Of([new("vcpu", 4000), new("memory", 8192), new("disk", 40)])));
            await db.CloudResources.Where(r => r.Id == resource.Id).ExecuteUpdateAsync(s => s.SetProperty(r => r.RemovedAt, September.AddDays(13).AddHours(1)));
            return await db.SaveChangesAsync();
        });
        var bill = await CountedAsync(world, "2026-09");
        const decimal Exact = (0.05m * 2 * 48) + (0.04m * 2 * 48) + (0.04m * 4) + (0.01m * 4 * 96) + (0.01m * 8) + (0.0003m * 40 * (96 + 24 + 1)) + 30m;
        bill.Total.ShouldBe(Exact);

        var (officer, platformOfficer) = (await platform.SignedIn(world.Department, Role.DepartmentOfficer), await Operator());
        var detail = await officer.GetFromJsonAsync<JsonElement>($"/api/v1/cloud/bills/{bill.Id}");
        detail.GetProperty("lines").GetArrayLength().ShouldBe(9);
        (await (await officer.PostAsync($"/api/v1/cloud/bills/{bill.Id}/closing", null)).ReadProblemCode()).ShouldBe("kernel.forbidden");
        (await (await platformOfficer.PostAsync($"/api/v1/cloud/bills/{bill.Id}/closing", null)).ReadProblemCode()).ShouldBe("kernel.precondition-needed");
        var answers = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Close(platformOfficer, bill.Id, detail.GetProperty("revision").GetInt32())));
        answers.Count(a => a.StatusCode == HttpStatusCode.NoContent).ShouldBe(1, string.Join(", ", answers.Select(a => a.StatusCode)));
        var closed = await platform.WithDb(db => db.Bills.AsNoTracking().SingleAsync(b => b.Id == bill.Id));
        closed.Total.ShouldBe(decimal.Round(Exact, 2));
        (await platform.WithDb(db => db.Ledger.CountAsync(e => e.Event == "cloud.bill-closed" && e.Subject == bill.Id.ToString()))).ShouldBe(1);
        (await (await Close(platformOfficer, bill.Id, closed.Revision)).ReadProblemCode()).ShouldBe("cloud.bill-closed");

        await CorrectedInTheNext(world, platformOfficer, bill.Id, officer);
        var showback = await officer.GetFromJsonAsync<JsonElement>("/api/v1/cloud/showback?month=2026-09");
        showback.GetProperty("systems").EnumerateArray().Single().GetProperty("cost").GetDecimal().ShouldBe(Exact);
        // People read what programs read.
        (await officer.GetPage("/work/cloud/bills?month=2026-09")).ShouldContain($"value=\"{closed.Total.ToString(CultureInfo.InvariantCulture)}\"");
        (await officer.GetPage($"/work/cloud/bills/{bill.Id}")).ShouldContain($"value=\"{closed.Total.ToString(CultureInfo.InvariantCulture)}\"");
        Regex.Matches(await officer.GetPage("/work/cloud/bills/showback?month=2026-09"), "<data[^>]*value=\"([0-9.]+)\"").Select(m => decimal.Parse(m.Groups[1].Value, CultureInfo.InvariantCulture)).ShouldBe([Exact, Exact]);
        await FocusRules(officer, closed);
    }

    [Fact]
    public async Task Close_MonthNotOverOrWithoutPrice_IsRefused()
    {
        var world = await MeteredWorld.MakeAsync(platform);
        await world.ResourceAsync(September);
        var @operator = await Operator();
        var bill = await CountedAsync(world, "2026-09");
        bill.UnpricedCount.ShouldBe(1);
        (await (await Close(@operator, bill.Id, bill.Revision)).ReadProblemCode()).ShouldBe("cloud.bill-unpriced");
        var current = BillMonth.Of(TimeProvider.System.GetUtcNow()).ToString();
        var open = await CountedAsync(world, current);
        (await (await Close(@operator, open.Id, open.Revision)).ReadProblemCode()).ShouldBe("cloud.bill-not-over");
        var stranger = await platform.SignedIn(await platform.Department(), Role.DepartmentOfficer);
        (await (await stranger.GetAsync($"/api/v1/cloud/bills/{bill.Id}")).ReadProblemCode()).ShouldBe("cloud.bill-not-found");
        (await stranger.GetFromJsonAsync<JsonElement>("/api/v1/cloud/bills")).GetProperty("total").GetInt64().ShouldBe(0);
    }

    [Fact]
    public void Charges_WhereverATimeIsCut_AreTheSame() => Gen.Select(Gen.Int[0, 2000], Gen.Int[1, 900], Gen.Int[0, 100]).Sample((start, hours, cut) =>
    {
        // Whole hours: no quantity is rounded.
        var (from, until) = (September.AddHours(start % 400), September.AddHours((start % 400) + hours));
        var resource = Resource();
        PriceCard[] prices = [Price("vcpu-hour", 0.05m), Price("gib-disk-hour", 0.001m), Price("instance-hour-stopped", 0.1m)];
        var at = from + TimeSpan.FromHours(hours * cut / 100);
        var whole = Charging.Of(resource, [MeteredWorld.Span(resource, from, until)], prices.ToLookup(p => p.PlanCode), BillMonth.Of(September), from, Later);
        var parts = at == from || at == until ? whole
            : Charging.Of(resource, [MeteredWorld.Span(resource, from, at), MeteredWorld.Span(resource, at, until)], prices.ToLookup(p => p.PlanCode), BillMonth.Of(September), from, Later);
        parts.Charges.Sum(c => c.Cost).ShouldBe(whole.Charges.Sum(c => c.Cost));
        whole.Charges.ShouldAllBe(c => c.From >= September && c.Until <= October && c.Cost == c.UnitPrice * c.Quantity);
        whole.Unpriced.ShouldBeEmpty();
    });

    [Fact]
    public void Charges_MonthOfAnInstance_IsOneUnit()
    {
        var resource = Resource();
        var (charges, unpriced) = Charging.Of(resource, [MeteredWorld.Span(resource, September.AddDays(-3), null)], new[] { Price("instance-month", 120m) }.ToLookup(p => p.PlanCode), BillMonth.Of(September), September.AddDays(-3), Later);
        charges.Single().Quantity.ShouldBe(1m);
        unpriced.ShouldBeEmpty();
        Charging.Of(resource, [MeteredWorld.Span(resource, September, null)], new[] { Price("carrier-pigeon", 1m) }.ToLookup(p => p.PlanCode), BillMonth.Of(September), September, Later).Unpriced.ShouldNotBeEmpty();
    }

    private async Task CorrectedInTheNext(MeteredWorld world, HttpClient @operator, Guid bill, HttpClient officer)
    {
        var line = await platform.WithDb(db => db.BillLines.AsNoTracking().Where(l => l.BillId == bill && l.Meter == "gib-memory-hour").OrderBy(l => l.Position).FirstAsync());
        (await @operator.PostAsJsonAsync($"/api/v1/cloud/bill-lines/{line.Id}/corrections", new { quantity = line.Quantity, reason = "nothing" })).StatusCode.ShouldBe(HttpStatusCode.Conflict);
        (await (await @operator.PostAsJsonAsync($"/api/v1/cloud/bill-lines/{line.Id}/corrections", new { quantity = 1.123456789m, reason = "nine places" })).ReadProblemCode()).ShouldBe("cloud.invalid");
        (await @operator.PostAsJsonAsync($"/api/v1/cloud/bill-lines/{line.Id}/corrections", new { quantity = line.Quantity - 10, reason = "停机十小时" })).StatusCode.ShouldBe(HttpStatusCode.Created);
        var next = await CountedAsync(world, "2026-10");
        next.Total.ShouldBe(-0.1m);
        (await Close(@operator, next.Id, next.Revision)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        var corrected = await platform.WithDb(db => db.BillLines.AsNoTracking().SingleAsync(l => l.BillId == next.Id));
        (corrected.Corrects, corrected.Quantity, corrected.From).ShouldBe((line.Id, -10m, line.From));
        await CountedAsync(world, "2026-11", mayBeNone: true);
        var focus = await FocusAsync(officer, "2026-10");
        focus.Single()["ChargeClass"].ShouldBe("Correction");
        focus.Single()["BillingPeriodStart"].ShouldBe("2026-09-30T16:00:00Z");
    }

    private static async Task FocusRules(HttpClient officer, Bill bill)
    {
        var rows = await FocusAsync(officer, "2026-09");
        // Nine charges, and what rounds.
        rows.Count.ShouldBe(10);
        rows.Count(r => r["ChargeCategory"] == "Adjustment").ShouldBe(1);
        string[] notNull = ["BilledCost", "EffectiveCost", "ListCost", "ContractedCost", "BillingAccountId", "BillingCurrency", "BillingPeriodStart", "BillingPeriodEnd", "ChargeCategory", "ChargePeriodStart", "ChargePeriodEnd", "InvoiceIssuerName", "ProviderName", "PublisherName", "ServiceCategory", "ServiceName", "ChargeFrequency", "ServiceSubcategory"];
        string[] mandatory = [.. notNull[..16], "BillingAccountName", "ChargeClass", "ChargeDescription", "PricingQuantity", "PricingUnit"];
        rows[0].Keys.ShouldBeUnique();
        mandatory.ShouldAllBe(c => rows[0].ContainsKey(c));
        foreach (var row in rows)
        {
            notNull.Where(c => row[c].Length == 0).ShouldBeEmpty();
            row["BillingCurrency"].ShouldBe("CNY");
            foreach (var time in row.Where(c => c.Key.EndsWith("PeriodStart", StringComparison.Ordinal) || c.Key.EndsWith("PeriodEnd", StringComparison.Ordinal))) { DateTime.TryParseExact(time.Value, "yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture, DateTimeStyles.None, out _).ShouldBeTrue(time.Value); }
            string.CompareOrdinal(row["ChargePeriodStart"], row["ChargePeriodEnd"]).ShouldBeLessThan(0);
            new[] { "Usage", "Purchase", "Tax", "Credit", "Adjustment" }.ShouldContain(row["ChargeCategory"]);
            new[] { "", "Correction" }.ShouldContain(row["ChargeClass"]);
            new[] { "One-Time", "Recurring", "Usage-Based" }.ShouldContain(row["ChargeFrequency"]);
            new[] { "", "Standard", "Dynamic", "Committed", "Other" }.ShouldContain(row["PricingCategory"]);
            new[] { "Compute", "Databases", "Web", "Other" }.ShouldContain(row["ServiceCategory"]);
            foreach (var number in new[] { "BilledCost", "EffectiveCost", "ListCost", "ContractedCost", "PricingQuantity", "ConsumedQuantity", "ListUnitPrice", "ContractedUnitPrice" }) { row[number].ShouldMatch("^(-?[0-9]+(\\.[0-9]+)?)?$"); }
            if (row["ListUnitPrice"].Length > 0 && row["ChargeClass"].Length == 0)
            {
                (Number(row["ListUnitPrice"]) * Number(row["PricingQuantity"])).ShouldBe(Number(row["ListCost"]));
                (Number(row["ContractedUnitPrice"]) * Number(row["PricingQuantity"])).ShouldBe(Number(row["ContractedCost"]));
            }

            (row["ConsumedQuantity"].Length > 0).ShouldBe(row["ChargeCategory"] == "Usage");
            if (row["ChargeCategory"] is "Usage" or "Purchase")
            {
                row["SkuId"].ShouldNotBeEmpty();
                row["SkuPriceId"].ShouldNotBeEmpty();
                row["PricingQuantity"].ShouldNotBeEmpty();
                JsonDocument.Parse(row["Tags"]).RootElement.EnumerateObject().ShouldAllBe(t => t.Value.ValueKind == JsonValueKind.String);
                JsonDocument.Parse(row["SkuPriceDetails"]).RootElement.ValueKind.ShouldBe(JsonValueKind.Object);
            }
        }

        rows.Where(r => r["SkuPriceId"].Length > 0).GroupBy(r => r["SkuPriceId"]).ShouldAllBe(g => g.Select(r => r["SkuId"]).Distinct().Count() == 1);
        rows.GroupBy(r => r["InvoiceId"]).Single().Sum(r => Number(r["BilledCost"])).ShouldBe(bill.Total);
        rows[0]["InvoiceId"].ShouldBe(bill.Number);
    }

    private async Task<Bill> CountedAsync(MeteredWorld world, string month, bool mayBeNone = false)
    {
        var asked = BillMonth.Parse(month)!.Value;
        await platform.WithDb(db => CountBills.CountAsync(db, asked, Later > TimeProvider.System.GetUtcNow() ? Later : TimeProvider.System.GetUtcNow(), default));
        var bill = await platform.WithDb(db => db.Bills.AsNoTracking().Where(b => b.OrganisationId == world.Department.Id && b.Month == asked.First).ToListAsync());
        return mayBeNone ? bill.FirstOrDefault()! : bill.ShouldHaveSingleItem();
    }

    private async Task<HttpClient> Operator() => await platform.SignedIn(await platform.Department(), Role.PlatformOperator);

    private static async Task<HttpResponseMessage> Close(HttpClient client, Guid bill, int revision)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/api/v1/cloud/bills/{bill}/closing");
        request.Headers.TryAddWithoutValidation("If-Match", $"\"{revision}\"");
        return await client.SendAsync(request);
    }

    private static async Task<List<Dictionary<string, string>>> FocusAsync(HttpClient client, string month)
    {
        var lines = (await client.GetStringAsync($"/work/cloud/bills/focus.csv?month={month}")).Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        var names = Fields(lines[0]);
        return [.. lines.Skip(1).Select(l => names.Zip(Fields(l)).ToDictionary(p => p.First, p => p.Second))];
    }

    private static List<string> Fields(string line)
    {
        var (fields, quoted, field) = (new List<string>(), false, new System.Text.StringBuilder());
        for (var n = 0; n < line.Length; n++)
        {
            if (line[n] == '"' && quoted && n + 1 < line.Length && line[n + 1] == '"') { field.Append('"'); n++; }
            else if (line[n] == '"') { quoted = !quoted; }
            else if (line[n] == ',' && !quoted) { fields.Add(field.ToString()); field.Clear(); }
            else { field.Append(line[n]); }
        }

        fields.Add(field.ToString());
        return fields;
    }

    private static decimal Number(string text) => decimal.Parse(text, CultureInfo.InvariantCulture);

    private static PriceCard Price(string meter, decimal amount) => new(CloudWorld.NewId(), "svc", "small", meter, amount, September.AddYears(-1), null, "Price list");

    private static CloudResource Resource() => new()
    {
        Id = CloudWorld.NewId(), Number = "ZT-1", Name = "one", Form = ResourceForm.Instance, OrderId = Guid.Empty, Item = 1, OrganisationId = Guid.Empty, Region = default, NodeId = Guid.Empty, SystemId = Guid.Empty, ServiceCode = "svc", PlanCode = "small",
        Zone = NetworkZone.Internet, Protection = 1, Amounts = Amounts.Of([new("vcpu", 3000), new("memory", 4096), new("disk", 40)]), Wish = ResourceWish.Running, Until = Later, CreatedAt = September,
    };
}
