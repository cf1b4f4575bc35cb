using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Zhengtong.Exchange.Containers;
using Zhengtong.Exchange.Evidence;
using Zhengtong.Exchange.Reconciliations;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Ledger;
using Zhengtong.Kernel.Secrets;
using Zhengtong.Tests.Exchange.Gateway;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Exchange.Evidence;

/// <summary><c>zhengtong verify FILE…</c>, as people and scripts run it.</summary>
[OnDatabase, Collection<GatewayTests>]
public sealed class VerifyEvidenceTests(GatewayFixture gateway) : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("zhengtong-verify-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData(SuiteName.International)]
    [InlineData(SuiteName.National)]
    public async Task Verify_EvidenceOfEveryKind_HoldsAndAChangedByteIsNamed(SuiteName suite)
    {
        var (receipt, container) = await CallAsync(suite);
        await File.WriteAllTextAsync(At("call.json"), receipt.ToText());
        await File.WriteAllBytesAsync(At("call.asice"), container);
        await File.WriteAllTextAsync(At("statement.json"), Statement(suite).ToText());
        await File.WriteAllBytesAsync(At("ledger.json"), (await LedgerAsync(receipt.LedgerSealed!.Value)).Write());
        string[] files = ["call.json", "call.asice", "statement.json", "ledger.json"];
        var (code, output) = await VerifyAsync(files);
        code.ShouldBe(0, output);
        (code, output) = await VerifyAsync([.. files, "--json"]);
        code.ShouldBe(0, output);
        var told = JsonSerializer.Deserialize<JsonElement>(output);
        told.GetProperty("holds").GetBoolean().ShouldBeTrue();
        told.GetProperty("files").EnumerateArray().Select(f => f.GetProperty("kind").GetString()).ShouldBe(["call-receipt", "container", "statement", "ledger-proof"]);

        await File.WriteAllTextAsync(At("call.json"), (receipt with { SealSignature = receipt.CounterSignature }).ToText());
        await File.WriteAllTextAsync(At("no.json"), "{}");
        (code, output) = await VerifyAsync(["--json", "call.json", "statement.json", "no.json", "absent.json"]);
        code.ShouldBe(1);
        told = JsonSerializer.Deserialize<JsonElement>(output);
        told.GetProperty("files").EnumerateArray().Select(f => f.GetProperty("holds").GetBoolean()).ShouldBe([false, true, false, false]);
        Broken(told, 0).ShouldBe(["exchange.verify.call-provider-signature"]);
        Broken(told, 2).ShouldBe(["exchange.verify.no-evidence"]);
    }

    [Fact]
    public async Task Verify_WithWhatToTrust_RefusesEveryOtherKey()
    {
        var (receipt, container) = await CallAsync(SuiteName.International);
        await File.WriteAllTextAsync(At("call.json"), receipt.ToText());
        await File.WriteAllBytesAsync(At("call.asice"), container);
        string Pem(string? key) => PemEncoding.WriteString("PUBLIC KEY", Convert.FromBase64String(key!)) + "\n";
        await File.WriteAllTextAsync(At("provider.pem"), "The provider's key:\n" + Pem(receipt.SealKey));
        await File.WriteAllTextAsync(At("both.pem"), Pem(receipt.SealKey) + Pem(receipt.CounterKey));
        (await VerifyAsync(["call.json", "call.asice", "--trust", "both.pem"])).Code.ShouldBe(0);
        var (code, output) = await VerifyAsync(["call.json", "--json", "--trust", "provider.pem"]);
        code.ShouldBe(1);
        Broken(JsonSerializer.Deserialize<JsonElement>(output), 0).ShouldAllBe(c => c == "exchange.verify.trusted-key");
        await File.WriteAllTextAsync(At("none.pem"), "nothing");
        (await VerifyAsync(["call.json", "--trust", "none.pem"])).Code.ShouldBe(1);
        (await VerifyAsync(["call.json", "--trust", "absent.pem"])).Code.ShouldBe(1);
    }

    [Theory]
    [InlineData(SuiteName.International)]
    [InlineData(SuiteName.National)]
    public async Task Container_WithAnyPartChanged_IsRefused(SuiteName suite)
    {
        var (_, container) = await CallAsync(suite);
        ContainerVerification.Of(container).Checks.ShouldAllBe(c => c.Holds);
        var (_, other) = await CallAsync(suite);
        foreach (var name in Entries(container).Keys.Where(n => n != "mimetype"))
        {
            var changed = Entries(container);
            changed[name][changed[name].Length / 2] ^= 1;
            ContainerVerification.Of(Zip(changed)).Checks.ShouldContain(c => !c.Holds, name);
            changed = Entries(container);
            changed.Remove(name);
            ContainerVerification.Of(Zip(changed)).Checks.ShouldContain(c => !c.Holds, $"without {name}");
        }

        var mixed = Entries(container);
        mixed["META-INF/signatures.xml"] = Entries(other)["META-INF/signatures.xml"];
        ContainerVerification.Of(Zip(mixed)).Checks.ShouldContain(c => !c.Holds);
        mixed = Entries(container);
        mixed["more"] = [1];
        ContainerVerification.Of(Zip(mixed)).Checks.ShouldContain(c => !c.Holds);
        ContainerVerification.Of(container[..(container.Length / 2)]).Checks.ShouldContain(c => !c.Holds);
    }

    private static List<string> Broken(JsonElement told, int file) =>
        [.. told.GetProperty("files")[file].GetProperty("checks").EnumerateArray().Where(c => !c.GetProperty("holds").GetBoolean()).Select(c => c.GetProperty("check").GetString()!)];

    private string At(string name) => Path.Combine(folder, name);

    /// <summary>Runs the verb as the command line does; names of files are taken in the test's folder.</summary>
    private async Task<(int Code, string Output)> VerifyAsync(string[] arguments)
    {
        using var output = new StringWriter();
        var code = await Verbs.Root().Parse(["verify", .. arguments.Select(a => a.Contains('.', StringComparison.Ordinal) ? At(a) : a)]).InvokeAsync(new() { Output = output });
        return (code, output.ToString());
    }

    private async Task<(CallReceiptFile Receipt, byte[] Container)> CallAsync(SuiteName suite)
    {
        var scene = await gateway.SceneAsync(s => s.Suite = suite);
        using var client = gateway.Client();
        var call = scene.Call(HttpMethod.Post, "/firms");
        call.Content = new StringContent("""{"name":"甲"}""");
        var answer = await client.SendAsync(call);
        await answer.Content.ReadAsByteArrayAsync();
        var id = Guid.Parse(answer.Headers.GetValues("X-Road-Request-Id").Single());
        await Calls.SealedAsync(gateway.Services, id);
        var container = await client.GetByteArrayAsync($"/asic?queryId={answer.Headers.GetValues("X-Road-Id").Single()}&xRoadInstance={GatewayFixture.Instance}&memberClass=GOV&memberCode={scene.Consumer.CreditCode}&unique&requestOnly");
        return ((await Calls.ReceiptAsync(gateway.Services, id, scene.Consumer.Id)).File!, container);
    }

    private static StatementFile Statement(SuiteName name)
    {
        var suite = Suite.Of(name);
        var (provider, consumer) = (suite.MakePair(), suite.MakePair());
        var now = TimeProvider.System.GetUtcNow();
        var text = Encoding.UTF8.GetBytes(CanonicalJson.Of(new StatementDocument(
            StatementDocument.FormatName, Guid.CreateVersion7(now), new string('a', 64), Guid.CreateVersion7(now), 1, null, Guid.CreateVersion7(now), now, now, 1, 30, 1, new string('b', 64), 30, 29, 0, 0,
            new string('c', 64), new string('d', 64), 1, 0, 0, suite.Word, suite.KeyIdOf(provider.PublicKey), suite.KeyIdOf(consumer.PublicKey))));
        string Sign(byte[] key) { using var signer = suite.OpenSealing(key); return Convert.ToBase64String(signer.Sign(text)); }
        return new StatementFile(StatementFile.FormatName, Convert.ToBase64String(text), Sign(provider.PrivateKey), Convert.ToBase64String(provider.PublicKey), Sign(consumer.PrivateKey), Convert.ToBase64String(consumer.PublicKey), null);
    }

    private async Task<ProofBundle> LedgerAsync(Guid entry)
    {
        for (var n = 0; ; n++)
        {
            await using var scope = gateway.Services.CreateAsyncScope();
            if (await ProofBundle.OfAsync(entry, null, scope.ServiceProvider.GetRequiredService<ZhengtongDb>(), scope.ServiceProvider.GetRequiredService<LedgerTree>(),
                scope.ServiceProvider.GetRequiredService<LedgerKeys>(), CancellationToken.None) is { } bundle) { return bundle; }
            n.ShouldBeLessThan(200, "the entry is not in the tree");
            await Task.Delay(100);
        }
    }

    private static Dictionary<string, byte[]> Entries(byte[] container)
    {
        using var zip = new ZipArchive(new MemoryStream(container));
        return zip.Entries.ToDictionary(e => e.FullName, e =>
        {
            using var bytes = new MemoryStream();
            using var from = e.Open();
            from.CopyTo(bytes);
            return bytes.ToArray();
        });
    }

    private static byte[] Zip(Dictionary<string, byte[]> entries)
    {
        using var bytes = new MemoryStream();
        using (var zip = new ZipArchive(bytes, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var (name, content) in entries)
            {
                using var into = zip.CreateEntry(name, name == "mimetype" ? CompressionLevel.NoCompression : CompressionLevel.Optimal).Open();
                into.Write(content);
            }
        }

        return bytes.ToArray();
    }
}
