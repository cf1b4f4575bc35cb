using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Catalogue.Model;
using Zhengtong.Exchange.Engine;
using Zhengtong.Kernel.Ledger;
using Text = Zhengtong.Kernel.Text;

namespace Zhengtong.Demonstration;

/// <summary>The platform's main job, done over HTTP by the officers whose work it is: a department's table reaches another department under a sealed agreement,
/// and both can prove it. Every step checks what it says; the first that does not hold throws.</summary>
internal sealed class MainJob(WebApplication app, Uri address)
{
    private const string Table = "enterprises";
    private const string Key = "credit_code";
    private const string Target = "enterprises_received";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);
    private static readonly string[] NotAgreed = ["legal_representative", "business_scope"];

    private readonly TimeProvider clock = TimeProvider.System;
    private readonly List<JobStep> steps = [];
    private readonly SyntheticTable table = app.Services.GetRequiredService<SyntheticProvince>().Table(Table);
    private readonly Province province = app.Services.GetRequiredService<Province>();

    /// <summary>What happened so far.</summary>
    internal IReadOnlyList<JobStep> Steps => steps;

    private int Rows => table.Spec.Rows;

    internal async Task RunAsync(CancellationToken ct)
    {
        var accounts = app.Services.GetRequiredService<DemonstrationCredentials>().Accounts.ToDictionary(a => a.UserName);
        using var provider = await Caller.SignInAsync(address, accounts["aic-officer"], ct);
        using var providerLeader = await Caller.SignInAsync(address, accounts["aic-leader"], ct);
        using var consumer = await Caller.SignInAsync(address, accounts["fda-officer"], ct);
        using var consumerLeader = await Caller.SignInAsync(address, accounts["fda-leader"], ct);
        var (source, sink) = await DatabasesAsync(ct);

        // Catalogue
        var resource = await DoAsync("register", "aic-officer", async () =>
        {
            var made = await provider.PostAsync("resources", Registration(), ct);
            return (Id(made), Text.Of("demonstration.result.register", table.Columns.Count, made.GetProperty("code").GetString()));
        });
        await DoAsync("mount", "aic-officer", async () =>
        {
            await provider.PutAsync($"resources/{resource}/mount", new { dataSourceId = await DataSourceAsync("aic-officer", ct), schema = source.Schema, table = Table, watermarkColumn = "updated_at" }, ct);
            return (true, Text.Of("demonstration.result.mount", Table, Rows));
        });
        await DoAsync("publish", "aic-officer", async () =>
        {
            await provider.PostAsync($"resources/{resource}/publication", new { revision = 1 }, ct);
            return (true, Text.Of("demonstration.result.publish"));
        });

        // Application
        var application = await DoAsync("apply", "fda-officer", async () =>
        {
            var made = await consumer.PostAsync("applications", new
            {
                resourceId = resource, columns = Agreed().ToArray(), purpose = province.MainJob.Purpose, legalGround = province.MainJob.Ground, everySeconds = 1,
                until = clock.GetUtcNow().AddYears(1).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
            }, ct);
            return (Id(made), Text.Of("demonstration.result.apply", made.GetProperty("number").GetString(), Agreed().Count(), table.Columns.Count));
        });

        // Agreement
        var agreement = await DoAsync("confirm", "aic-officer", async () =>
        {
            var made = await provider.PostAsync($"applications/{application}/confirmation", new { revision = 1 }, ct);
            return (made.GetProperty("agreementId").GetGuid(), made.GetProperty("number").GetString()!);
        });
        await SealAsync("seal-provider", "aic-leader", providerLeader, agreement, "awaitingSeals", ct);
        await SealAsync("seal-consumer", "fda-leader", consumerLeader, agreement, "inForce", ct);

        // Delivery
        await DoAsync("intake", "fda-officer", async () =>
        {
            await consumer.PutAsync($"agreements/{agreement}/intake", new { dataSourceId = await DataSourceAsync("fda-officer", ct), schema = sink.Schema, table = Target, create = true }, ct);
            return (true, Target);
        });
        await DoAsync("rows", "platform", () => FollowAsync(sink, ct));
        await DoAsync("compare", "both departments", async () =>
        {
            var equal = await TwoTables.EqualRowsAsync(source, Table, sink, Target, Key, [Key, .. Agreed().Where(c => c != Key)], ct);
            if (equal != Rows) { throw new OffException($"{equal:N0} rows arrived, {Rows:N0} are there"); }
            var leaked = (await TwoTables.ColumnsAsync(sink, Target, ct)).Intersect(NotAgreed).ToList();
            if (leaked.Count > 0) { throw new OffException($"not agreed, but arrived: {string.Join(", ", leaked)}"); }
            return (true, Text.Of("demonstration.result.compare", equal, string.Join(", ", NotAgreed)));
        });
        var row = (string)table.Value(Key, 12_345 % Rows);
        await DoAsync("change", "aic", async () =>
        {
            await TwoTables.ChangeAsync(source, Table, "status", province.MainJob.Changed, Key, row, clock.GetUtcNow(), ct);
            await UntilAsync(async () => await TwoTables.ValueAsync(sink, Target, "status", Key, row, ct) == province.MainJob.Changed, $"the changed row {row} did not follow", ct);
            return (true, row);
        });

        // Account
        using var auditor = await Caller.SignInAsync(address, accounts["auditor"], ct);
        await DoAsync("file", "aic, fda", () => TransferFileAsync(ct));
        await DoAsync("call", "fda", () => CallServiceAsync(ct));
        var received = await DoAsync("receipts", "fda-officer", () => VerifyReceiptsAsync(consumer, agreement, ct));
        await DoAsync("ledger", "auditor", () => VerifyLedgerAsync(auditor, received, ct));
        await DoAsync("revoke", "aic-leader", async () =>
        {
            var state = await providerLeader.GetAsync($"agreements/{agreement}", ct);
            await providerLeader.PostAsync($"agreements/{agreement}/revocation", new { reason = province.MainJob.RevocationReason, revision = state.GetProperty("revision").GetInt32() }, ct);
            await TwoTables.ChangeAsync(source, Table, "status", province.MainJob.ChangedAgain, Key, row, clock.GetUtcNow(), ct);
            await UntilAsync(async () => (await DeliveryAsync(consumer, agreement, ct)).GetProperty("state").GetString() == "stopped", "the delivery has not stopped", ct);
            // The agreement allowed a look every second: what would still flow would have flowed by then.
            await Task.Delay(TimeSpan.FromSeconds(5), ct);
            return await TwoTables.ValueAsync(sink, Target, "status", Key, row, ct) == province.MainJob.Changed ? (true, Text.Of("demonstration.result.revoke")) : throw new OffException("a row changed after the revocation arrived");
        });
    }

    private IEnumerable<string> Agreed() => table.Columns.Select(c => c.Name).Except(NotAgreed);

    private object Registration() => new
    {
        name = $"{province.MainJob.Resource} {clock.GetUtcNow():yyyyMMddHHmmss}",
        @abstract = province.MainJob.Abstract,
        sharingType = "conditional",
        sharingCondition = province.MainJob.Condition,
        updateCycle = "realtime",
        items = table.Columns.Select(c => new { name = c.Title, column = c.Name, type = JsonNamingPolicy.CamelCase.ConvertName(c.Type.ToString()), length = c.Length, isKey = c.IsKey }).ToArray(),
    };

    private async Task<(BusinessDatabase Source, BusinessDatabase Sink)> DatabasesAsync(CancellationToken ct)
    {
        await using var scope = app.Services.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<ZhengtongDb>();
        var databases = app.Services.GetRequiredService<BusinessDatabases>();
        async Task<BusinessDatabase> OfAsync(string body) => await databases.OpenAsync(body, (await Officers.ActorAsync(db, $"{body}-officer", ct)).Organisation, ct);
        return (await OfAsync("aic"), await OfAsync("fda"));
    }

    private async Task<Guid> DataSourceAsync(string officer, CancellationToken ct)
    {
        await using var scope = app.Services.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<ZhengtongDb>();
        var organisation = (await Officers.ActorAsync(db, officer, ct)).Organisation;
        return await db.DataSources.Where(s => s.OrganisationId == organisation && s.Name == province.DataSource).Select(s => s.Id).SingleAsync(ct);
    }

    private async Task SealAsync(string step, string who, Caller leader, Guid agreement, string then, CancellationToken ct) => await DoAsync(step, who, async () =>
    {
        var read = await leader.GetAsync($"agreements/{agreement}", ct);
        var after = await leader.PostAsync($"agreements/{agreement}/seals", new { digest = read.GetProperty("digest").GetString() }, ct);
        return after.GetProperty("state").GetString() == then
            ? (true, Text.Of($"demonstration.result.{step}", after.GetProperty("keyId").GetString()))
            : throw new OffException($"after the seal of {who} the agreement is {after.GetProperty("state").GetString()}, not {then}");
    });

    /// <summary>Counts in the consumer's own database until every row is there.</summary>
    private async Task<(bool, string)> FollowAsync(BusinessDatabase sink, CancellationToken ct)
    {
        var watch = Stopwatch.StartNew();
        long shown = 0;
        await UntilAsync(async () =>
        {
            var rows = await TwoTables.CountAsync(sink, Target, ct);
            if (rows > shown) { Progress.Say("demonstration.once.rows", shown = rows, Rows, watch.Elapsed.TotalSeconds); }
            return rows >= Rows;
        }, $"of {Rows:N0} rows only {shown:N0} arrived", ct);
        return (true, Text.Of("demonstration.result.rows", Rows, Rows / watch.Elapsed.TotalSeconds));
    }

    private static async Task<JsonElement> DeliveryAsync(Caller officer, Guid agreement, CancellationToken ct) =>
        (await officer.GetAsync($"deliveries?agreement={agreement}", ct)).GetProperty("items").EnumerateArray().Single();

    /// <summary>Downloads every receipt and checks it as <c>zhengtong verify receipt</c> does; returns the ledger's entries that tell of them.</summary>
    private async Task<(IReadOnlyList<Guid>, string)> VerifyReceiptsAsync(Caller consumer, Guid agreement, CancellationToken ct)
    {
        var delivery = await DeliveryAsync(consumer, agreement, ct);
        var batches = delivery.GetProperty("batches").GetInt64();
        var rows = delivery.GetProperty("rows").GetInt64();
        if (rows <= Rows) { throw new OffException($"receipts for {rows:N0} rows only"); }
        List<Guid> told = [];
        for (long sequence = 1; sequence <= batches; sequence++)
        {
            var text = Encoding.UTF8.GetString(await consumer.BytesAsync($"deliveries/{Id(delivery)}/receipts/{sequence}", ct));
            var receipt = ReceiptFile.Parse(text) ?? throw new OffException($"receipt {sequence} cannot be read");
            if (ReceiptVerification.Of(receipt).FirstOrDefault(c => !c.Holds) is { } broken) { throw new OffException($"receipt {sequence}: {broken.Sentence}"); }
            told.AddRange(new[] { receipt.LedgerSealed, receipt.LedgerReceived }.OfType<Guid>());
        }

        // One byte of the last one changed: the same check must refuse it.
        var last = Encoding.UTF8.GetString(await consumer.BytesAsync($"deliveries/{Id(delivery)}/receipts/{batches}", ct));
        var whole = ReceiptFile.Parse(last)!;
        var tampered = whole with { ConsumerSignature = whole.ConsumerSignature[..10] + (whole.ConsumerSignature[10] == 'A' ? 'B' : 'A') + whole.ConsumerSignature[11..] };
        if (ReceiptVerification.Of(tampered).All(c => c.Holds)) { throw new OffException("a receipt with a changed signature was not refused"); }
        return (told, Text.Of("demonstration.result.receipts", batches, rows));
    }

    /// <summary>Downloads the proofs of the entries, as soon as they stand in the tree, and checks them as <c>zhengtong verify ledger</c> does.</summary>
    private static async Task<(bool, string)> VerifyLedgerAsync(Caller auditor, IReadOnlyList<Guid> entries, CancellationToken ct)
    {
        if (entries.Count == 0) { throw new OffException("no receipt names its entry in the ledger"); }
        long size = 0;
        foreach (var entry in entries)
        {
            byte[]? proof = null;
            await UntilAsync(async () => (proof = await auditor.FindBytesAsync($"ledger/entries/{entry}/proof", ct)) is not null, $"entry {entry} does not stand in the tree", ct);
            var bundle = ProofBundle.Read(Encoding.UTF8.GetString(proof!));
            if (VerifyLedger.FaultsOf(bundle, null).FirstOrDefault() is { } fault) { throw new OffException($"entry {entry}: {Text.Of($"kernel.ledger.verify.{fault}")}"); }
            size = Math.Max(size, bundle.Index + 1);
        }

        return (true, Text.Of("demonstration.result.ledger", entries.Count, size));
    }

    /// <summary>Files: sent in two pieces by the provider's program, fetched and confirmed by the consumer's, byte by byte the same.</summary>
    private async Task<(bool, string)> TransferFileAsync(CancellationToken ct)
    {
        var offering = province.Offerings.First(o => o.Kind == DeliveryKind.File);
        using var sender = await Caller.AsProgramAsync(address, Client(offering.Department), ct);
        using var receiver = await Caller.AsProgramAsync(address, Client("fda"), ct);
        var sent = RandomNumberGenerator.GetBytes(5_000_000);
        var (resource, _, _) = await SharingAsync(offering, "fda", ct);
        await FileTransfer.SendAsync(sender, resource, "report.csv", sent, ct);
        (Guid Id, byte[] Content)? received = null;
        await UntilAsync(async () => (received = await FileTransfer.ReceiveAsync(receiver, ct)) is not null, "the file was not published", ct);
        if (!received!.Value.Content.AsSpan().SequenceEqual(sent)) { throw new OffException("the file arrived otherwise than it was sent"); }
        await FileTransfer.VerifyAsync(receiver, received.Value.Id, ct);
        return (true, Text.Of("demonstration.result.file", sent.Length / 1_000_000));
    }

    /// <summary>Calls: the consumer's program asks the provider's service; members that were not agreed do not leave, operations that were not agreed are refused.</summary>
    private async Task<(bool, string)> CallServiceAsync(CancellationToken ct)
    {
        var offering = province.Offerings.First(o => o.Kind == DeliveryKind.Api);
        using var program = await Caller.AsProgramAsync(address, Client("fda"), ct);
        var (_, agreement, number) = await SharingAsync(offering, "fda", ct);
        var enterprise = (string)table.Value(Key, 4_321 % Rows);
        var answer = await ServiceCall.AskAsync(program, number, enterprise, ct);
        if (answer.GetProperty("creditCode").GetString() != enterprise) { throw new OffException($"the service answered for another enterprise than {enterprise}"); }
        if (answer.TryGetProperty("legalRepresentative", out _)) { throw new OffException("the answer holds a member that was not agreed"); }
        if (await program.FindBytesAsync($"/services/{number}/statistics/status", ct, HttpStatusCode.Forbidden) is not null) { throw new OffException("an operation that was not agreed was answered"); }
        await UntilAsync(async () => await ServiceCall.ReceiptAsync(program, agreement, ct) is not null, "the call has no receipt", ct);
        return (true, Text.Of("demonstration.result.call", answer.EnumerateObject().Count()));
    }

    private DemonstrationClient Client(string body) => app.Services.GetRequiredService<DemonstrationCredentials>().ClientOf(province, body);

    /// <summary>The demonstration's own agreement about an offering.</summary>
    private async Task<(Guid Resource, Guid Agreement, string Number)> SharingAsync(ProvinceOffering offering, string consumer, CancellationToken ct)
    {
        await using var scope = app.Services.CreateAsyncScope();
        return await Officers.SharingAsync(scope.ServiceProvider.GetRequiredService<ZhengtongDb>(), offering, consumer, ct);
    }

    private async Task<T> DoAsync<T>(string name, string who, Func<Task<(T, string)>> act)
    {
        var watch = Stopwatch.StartNew();
        var (value, result) = await act();
        steps.Add(new JobStep(name, who, result, watch.Elapsed));
        return value;
    }

    private static async Task UntilAsync(Func<Task<bool>> holds, string otherwise, CancellationToken ct)
    {
        var watch = Stopwatch.StartNew();
        while (!await holds())
        {
            if (watch.Elapsed > Patience) { throw new OffException($"after {Patience.TotalMinutes:0} minutes {otherwise}"); }
            await Task.Delay(TimeSpan.FromMilliseconds(100), ct);
        }
    }

    private static Guid Id(JsonElement made) => made.GetProperty("id").GetGuid();
}
