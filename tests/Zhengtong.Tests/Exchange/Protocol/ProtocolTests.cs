using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Catalogue.Model;
using Zhengtong.Exchange.Engine;
using Zhengtong.Exchange.Model;
using Zhengtong.Kernel.Secrets;
using Zhengtong.Tests.Exchange.Support;
using Zhengtong.Tests.Support;
using Route = Zhengtong.Tests.Exchange.Support.Route;

namespace Zhengtong.Tests.Exchange.Protocol;

/// <summary>docs/exchange.md suffices to write a node: take_batch.py was written from it, in another language and with other libraries, and takes batches of the real engine.</summary>
[OnDatabase]
public sealed partial class ProtocolTests(ExchangeFixture exchange) : IClassFixture<ExchangeFixture>, IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("zhengtong-protocol-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData(SuiteName.International)]
    [InlineData(SuiteName.National)]
    public async Task Python_WithTheConsumersKeys_TakesADeliveryAndThePlatformTakesItsReceipts(SuiteName suite)
    {
        var route = await exchange.RouteAsync(DataSourceKind.Sqlite, DataSourceKind.Sqlite, s => (s.Suite, s.BatchRows) = (suite, 20));
        await route.Source.FillAsync(1, 30);
        var made = await ProvideAsync(route);
        var desk = new HostedConsumerDesk(route.Delivery, made.Terms, exchange.Services.GetRequiredService<IServiceScopeFactory>(), exchange.Services.GetRequiredService<Relay>());
        List<string> rows = [];
        string? target = null;
        var waiting = await desk.ListWaitingAsync(CancellationToken.None);
        waiting.Count.ShouldBe(2);
        foreach (var batch in waiting)
        {
            await PutAsync("manifest.json", batch.Manifest);
            await PutAsync("signature", batch.Signature);
            await File.WriteAllBytesAsync(Path.Combine(folder, "ciphertext"), (await desk.FetchAsync(batch, new Growing(), CancellationToken.None))!.Value.ToArray());
            await File.WriteAllBytesAsync(Path.Combine(folder, "provider.der"), made.Provider.Seal.PublicKey);
            await PutAsync("receive.pem", await PrivateAsync(made.Provider.Receive));
            var seal = await SealKeyAsync(made);
            await PutAsync("seal.pem", await PrivateAsync(seal));

            var (code, output) = await PythonAsync();
            code.ShouldBe(0, output);
            var told = JsonSerializer.Deserialize<JsonElement>(output);
            rows.AddRange(told.GetProperty("upserts").EnumerateArray().Select(RowOf));
            told.GetProperty("deletes").GetArrayLength().ShouldBe(0);

            var receipt = await File.ReadAllTextAsync(Path.Combine(folder, "counter-receipt.json"));
            var signature = await File.ReadAllTextAsync(Path.Combine(folder, "counter-signature"));
            OrganisationKeys.Verify(seal, Encoding.UTF8.GetBytes(receipt), signature).ShouldBeTrue();
            var read = CounterReceipt.Parse(receipt).ShouldNotBeNull();
            target = CounterReceipt.NextTargetDigest(made.Provider.Suite, target, BatchManifest.Parse(batch.Manifest)!.PayloadDigest);
            (read.TargetDigest, read.ManifestDigest, read.ConsumerKey, read.Sequence).ShouldBe((target, made.Provider.Suite.DigestOf(batch.Manifest), seal.KeyId, batch.Sequence));
            await desk.RecordAsync(new AppliedBatch(route.Delivery, batch.Sequence, read.ManifestDigest, receipt, signature), CancellationToken.None);

            foreach (var name in new[] { "ciphertext", "manifest.json", "signature" })
            {
                var path = Path.Combine(folder, name);
                var whole = await File.ReadAllBytesAsync(path);
                var changed = (byte[])whole.Clone();
                changed[whole.Length / 2] ^= 1;
                await File.WriteAllBytesAsync(path, changed);
                (await PythonAsync()).Code.ShouldNotBe(0, name);
                await File.WriteAllBytesAsync(path, whole);
            }

            await PutAsync("previous-manifest.json", batch.Manifest);
            await PutAsync("previous-receipt.json", receipt);
        }

        rows.ShouldBe(await route.Source.RowsAsync());
        (await route.StateAsync()).RowsReceived.ShouldBe(30);
        (await desk.ListWaitingAsync(CancellationToken.None)).ShouldBeEmpty();
    }

    [Theory]
    [InlineData(SuiteName.International)]
    [InlineData(SuiteName.National)]
    public async Task Python_WithABatchThatClearsAndDeletes_SaysSo(SuiteName name)
    {
        var suite = Suite.Of(name);
        var (provider, receive, seal) = (suite.MakePair(), suite.MakePair(), suite.MakePair());
        using var signer = suite.OpenSealing(provider.PrivateKey);
        ColumnBuffer[] columns = [new(ItemType.Integer), new(ItemType.Text)];
        foreach (var id in (ReadOnlySpan<int>)[7, 8, 9])
        {
            columns[0].AppendInt64(id);
            if (id < 9) { columns[1].AppendBytes("企业"u8); } else { columns[1].AppendNull(); }
        }

        Zhengtong.Agreements.AgreedItem[] items = [new("编号", "id", ItemType.Integer, null, true), new("名称", "name", ItemType.Text, null, false)];
        var now = Moment.Of(TimeProvider.System);
        var batch = new BatchSeal(suite, signer).Seal(new RowGroup(columns, 3, new Position([]), Deletes: 1, Clears: true), items, new BatchManifest(
            BatchManifest.FormatName, Guid.CreateVersion7(now), Guid.CreateVersion7(now), new string('a', 64), 1, null, DeliveryPhase.Changes, 3, null, null, BatchColumn.Of(items), "", suite.Word, now,
            suite.KeyIdOf(provider.PublicKey), suite.KeyIdOf(receive.PublicKey), "", null, null), receive.PublicKey);
        await PutAsync("manifest.json", batch.Manifest);
        await PutAsync("signature", batch.Signature);
        await File.WriteAllBytesAsync(Path.Combine(folder, "ciphertext"), batch.Ciphertext.ToArray());
        await File.WriteAllBytesAsync(Path.Combine(folder, "provider.der"), provider.PublicKey);
        await PutAsync("receive.pem", PemEncoding.WriteString("PRIVATE KEY", receive.PrivateKey));
        await PutAsync("seal.pem", PemEncoding.WriteString("PRIVATE KEY", seal.PrivateKey));
        var (code, output) = await PythonAsync();
        code.ShouldBe(0, output);
        var told = JsonSerializer.Deserialize<JsonElement>(output);
        told.GetProperty("clears").GetBoolean().ShouldBeTrue();
        told.GetProperty("upserts").GetRawText().ShouldBe("""[[7, "企业"], [8, "企业"]]""");
        told.GetProperty("deletes").GetRawText().ShouldBe("[[9, null]]");
    }

    [Theory]
    [InlineData("international")]
    [InlineData("national")]
    public async Task Example_InTheDocumentation_IsWhatPythonAndTheEngineFind(string suite)
    {
        var example = ExampleLine().Matches(Example(suite)).ToDictionary(m => m.Groups[1].Value, m => m.Groups[2].Value.Trim());
        await PutAsync("manifest.json", example["manifest"]);
        await PutAsync("signature", example["signature"]);
        await File.WriteAllBytesAsync(Path.Combine(folder, "ciphertext"), Convert.FromHexString(example["ciphertext"]));
        await File.WriteAllBytesAsync(Path.Combine(folder, "provider.der"), Convert.FromHexString(example["provider"]));
        await PutAsync("receive.pem", PemEncoding.WriteString("PRIVATE KEY", Convert.FromHexString(example["receive"])));
        await PutAsync("seal.pem", PemEncoding.WriteString("PRIVATE KEY", Convert.FromHexString(example["seal"])));
        var (code, output) = await PythonAsync();
        code.ShouldBe(0, output);
        var told = JsonSerializer.Deserialize<JsonElement>(output);
        foreach (var name in new[] { "bound", "secret", "key", "nonce", "payload", "manifestDigest", "targetDigest" }) { told.GetProperty(name).GetString().ShouldBe(example[name], name); }
        told.GetProperty("upserts").GetRawText().ShouldBe(example["upserts"]);
        told.GetProperty("deletes").GetRawText().ShouldBe(example["deletes"]);

        var own = Suite.Parse(suite);
        var manifest = BatchManifest.Parse(example["manifest"]).ShouldNotBeNull();
        using var receiver = own.OpenReceiving(Convert.FromHexString(example["receive"]));
        Convert.ToHexStringLower(new BatchOpening().Open(own, manifest, receiver, Convert.FromHexString(example["ciphertext"])).Span).ShouldBe(example["payload"]);
        own.Verify(Convert.FromHexString(example["provider"]), Encoding.UTF8.GetBytes(example["manifest"]), Convert.FromBase64String(example["signature"])).ShouldBeTrue();
    }

    private static string Example(string suite) => ExampleBlock().Matches(Repository.Read("docs", "exchange.md")).Select(m => m.Groups[1].Value).Single(b => b.Contains($"\"suite\":\"{suite}\"", StringComparison.Ordinal));

    /// <summary>The provider's half alone: its batches wait for a consumer.</summary>
    private async Task<Zhengtong.Exchange.Engine.Route> ProvideAsync(Route route)
    {
        var services = exchange.Services;
        var (scopes, vault, relay) = (services.GetRequiredService<IServiceScopeFactory>(), services.GetRequiredService<Vault>(), services.GetRequiredService<Relay>());
        var halves = await route.Engine().FindHalvesAsync(route.Delivery, CancellationToken.None);
        var found = new Zhengtong.Exchange.Engine.Route(halves.Provider!, halves.Consumer!);
        await using var scope = scopes.CreateAsyncScope();
        using var signer = scope.ServiceProvider.GetRequiredService<OrganisationKeys>().OpenSigner(found.Provider.Seal);
        var providing = new Providing(found.Provider, new HostedProviderDesk(route.Delivery, found.Terms, scopes, relay, TimeProvider.System, new Zhengtong.Exchange.ExchangeOptions()), signer, vault, new Zhengtong.Exchange.Timetables.Pacer(TimeProvider.System), TimeProvider.System);
        await providing.RunAsync(new Horizon(TimeProvider.System), (_, _) => ValueTask.CompletedTask, CancellationToken.None);
        return found;
    }

    private async Task<OrganisationKey> SealKeyAsync(Zhengtong.Exchange.Engine.Route route)
    {
        await using var scope = exchange.Services.CreateAsyncScope();
        return await scope.ServiceProvider.GetRequiredService<OrganisationKeys>().CurrentAsync(route.Terms.Consumer, route.Provider.Suite, KeyUse.Seal, CancellationToken.None);
    }

    /// <summary>A consumer with a node of its own has its private keys itself; here they lie in the platform's vault.</summary>
    private async Task<string> PrivateAsync(OrganisationKey key)
    {
        var row = await exchange.WithDb(db => db.OrganisationKeys.AsNoTracking().SingleAsync(k => k.KeyId == key.KeyId));
        return PemEncoding.WriteString("PRIVATE KEY", exchange.Services.GetRequiredService<Vault>().Open(row.PrivateKey, $"organisation-key:{row.KeyId}"));
    }

    private Task PutAsync(string name, string text) => File.WriteAllTextAsync(Path.Combine(folder, name), text);

    private async Task<(int Code, string Output)> PythonAsync()
    {
        using var run = Process.Start(new ProcessStartInfo("/usr/bin/python3", ["-B", Repository.Path("tests", "Zhengtong.Tests", "Exchange", "Protocol", "take_batch.py"), folder])
        {
            RedirectStandardOutput = true, RedirectStandardError = true, StandardOutputEncoding = Encoding.UTF8, Environment = { ["PYTHONIOENCODING"] = "utf-8" },
        })!;
        var errors = run.StandardError.ReadToEndAsync();
        var output = await run.StandardOutput.ReadToEndAsync();
        await run.WaitForExitAsync();
        return (run.ExitCode, run.ExitCode == 0 ? output : await errors);
    }

    /// <summary>A row as <see cref="DepartmentTable.RowsAsync"/> spells it.</summary>
    private static string RowOf(JsonElement row)
    {
        var values = row.EnumerateArray().Select(v => v.ValueKind switch
        {
            JsonValueKind.Null => "∅",
            JsonValueKind.True => "1",
            JsonValueKind.False => "0",
            JsonValueKind.Number => v.GetDouble().ToString(CultureInfo.InvariantCulture),
            _ => v.GetString()!,
        }).ToList();
        if (values[3].Contains('.', StringComparison.Ordinal)) { values[3] = values[3].TrimEnd('0').TrimEnd('.'); }
        return string.Join('|', values);
    }

    [GeneratedRegex("```text\\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex ExampleBlock();

    [GeneratedRegex(@"^(\w+) +(.*)$", RegexOptions.Multiline)]
    private static partial Regex ExampleLine();
}
