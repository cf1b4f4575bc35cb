using System.Text.RegularExpressions;
using Zhengtong.Exchange.Evidence;
using Zhengtong.Kernel.Secrets;
using Zhengtong.Tests.Exchange.Gateway;
using Zhengtong.Tests.Exchange.Support;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Exchange.Evidence;

[OnDatabase]
[Collection<GatewayTests>]
public sealed partial class CallReceiptTests(GatewayFixture gateway) : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("zhengtong-call-receipt-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData(SuiteName.International)]
    [InlineData(SuiteName.National)]
    public async Task Receipt_OfASealedCall_HoldsOfflineForBothPartiesAndNobodyElseGetsIt(SuiteName suite)
    {
        var (scene, calls) = await SealedAsync(suite, 20);
        foreach (var (call, n) in calls.Select((c, n) => (c, n)))
        {
            var (file, _) = await Calls.ReceiptAsync(gateway.Services, call, n % 2 == 0 ? scene.Provider.Id : scene.Consumer.Id);
            CallReceiptVerification.Of(file!).Where(c => !c.Holds).ShouldBeEmpty();
            CallReceiptVerification.Of(file!).Count.ShouldBe(15);
            (file!.LedgerSealed, file.LedgerReceived).ShouldSatisfyAllConditions(l => l.LedgerSealed.ShouldNotBeNull(), l => l.LedgerReceived.ShouldNotBeNull());
            (await VerifyAsync(file.ToText())).ShouldBe(0);
        }

        (await Calls.ReceiptAsync(gateway.Services, calls[0], (await gateway.SceneAsync()).Consumer.Id)).Refused.ShouldBe(404);
        (await Calls.ReceiptAsync(gateway.Services, scene.Agreement.Id, scene.Consumer.Id)).Refused.ShouldBe(404);
    }

    [Theory]
    [InlineData(SuiteName.International)]
    [InlineData(SuiteName.National)]
    public async Task Receipt_Changed_IsRefused(SuiteName suite)
    {
        var file = await ReceiptAsync(suite);
        foreach (var (what, changed) in Changes(file))
        {
            CallReceiptVerification.Of(changed).ShouldContain(c => !c.Holds, what);
            (await VerifyAsync(changed.ToText())).ShouldBe(1, what);
        }

        var other = await ReceiptAsync(suite);
        foreach (var (what, mixed) in new[]
        {
            ("another call", file with { Evidence = other.Evidence, RequestHead = other.RequestHead, ResponseHead = other.ResponseHead }),
            ("another call's seal", file with { Seal = other.Seal, SealSignature = other.SealSignature, SealKey = other.SealKey, SealIndex = other.SealIndex, SealProof = other.SealProof }),
            ("sides exchanged", file with { Seal = file.CounterReceipt, SealSignature = file.CounterSignature, SealKey = file.CounterKey, SealIndex = file.CounterIndex, SealProof = file.CounterProof }),
            ("another agreement", file with { Agreement = other.Agreement, ProviderSeal = other.ProviderSeal, ProviderSealKey = other.ProviderSealKey, ConsumerSeal = other.ConsumerSeal, ConsumerSealKey = other.ConsumerSealKey }),
        }) { CallReceiptVerification.Of(mixed).ShouldContain(c => !c.Holds, what); }
    }

    [Theory]
    [InlineData(SuiteName.International)]
    [InlineData(SuiteName.National)]
    public async Task Openssl_WithTheCommandsOfTheDocumentation_AcceptsTheReceiptAndRefusesAChangedOne(SuiteName suite)
    {
        var commands = Shell().Match(await File.ReadAllTextAsync(Repository.Path("docs", "receipts.md"))).Groups[1].Value;
        var file = await ReceiptAsync(suite);
        var (code, output) = await ShellAsync(commands, file);
        code.ShouldBe(0, output);
        Regex.Count(output, "^Verified OK$", RegexOptions.Multiline).ShouldBe(4, output);
        foreach (var line in new[] { $"suite {Suite.Of(suite).Word}", "under the provider's seal", "under the consumer's counter-receipt", "same heads", "same agreement", "the provider's key", "the consumer's key" }) { output.ShouldContain(line); }
        foreach (var (what, changed) in Changes(file)) { (await ShellAsync(commands, changed)).Code.ShouldNotBe(0, what); }
    }

    /// <summary>The receipt with one byte of each part changed.</summary>
    private static IEnumerable<(string What, CallReceiptFile Changed)> Changes(CallReceiptFile file)
    {
        yield return ("evidence", file with { Evidence = Change(file.Evidence, 40) });
        yield return ("request's head", file with { RequestHead = Change(file.RequestHead, 8) });
        yield return ("answer's head", file with { ResponseHead = Change(file.ResponseHead, 0) });
        yield return ("seal", file with { Seal = Change(file.Seal, 40) });
        yield return ("seal's signature", file with { SealSignature = Change(file.SealSignature, -1) });
        yield return ("seal's key", file with { SealKey = file.CounterKey });
        yield return ("seal's place", file with { SealIndex = file.SealIndex ^ 1 });
        yield return ("seal's proof", file with { SealProof = Change(file.SealProof, 3) });
        yield return ("counter-receipt", file with { CounterReceipt = Change(file.CounterReceipt, 40) });
        yield return ("counter-receipt's signature", file with { CounterSignature = Change(file.CounterSignature, -1) });
        yield return ("counter-receipt's place", file with { CounterIndex = file.CounterIndex ^ 1 });
        yield return ("counter-receipt's proof", file with { CounterProof = Change(file.CounterProof, -1) });
        yield return ("agreement", file with { Agreement = Change(file.Agreement, 40) });
        yield return ("provider's seal of the agreement", file with { ProviderSeal = Change(file.ProviderSeal, -1) });
        yield return ("consumer's seal of the agreement", file with { ConsumerSeal = Change(file.ConsumerSeal, -1) });
    }

    private static string Change(string base64, int at)
    {
        var bytes = Convert.FromBase64String(base64);
        bytes[at < 0 ? bytes.Length + at : at] ^= 1;
        return Convert.ToBase64String(bytes);
    }

    /// <summary>A receipt of a tree of several calls.</summary>
    private async Task<CallReceiptFile> ReceiptAsync(SuiteName suite)
    {
        var (scene, calls) = await SealedAsync(suite, 12);
        foreach (var call in calls)
        {
            if ((await Calls.ReceiptAsync(gateway.Services, call, scene.Consumer.Id)).File is { SealProof.Length: > 0, CounterProof.Length: > 0 } file) { return file; }
        }

        throw new InvalidOperationException("Every call was sealed alone");
    }

    private async Task<(Scene Scene, List<Guid> Calls)> SealedAsync(SuiteName suite, int count)
    {
        var scene = await gateway.SceneAsync(s => s.Suite = suite);
        var records = await Task.WhenAll(Enumerable.Range(0, count).Select(n => Calls.RecordAsync(gateway.Services, Calls.Of(scene, $"/firms/{n}", null, [1, 2, 3]))));
        await Calls.SealedAsync(gateway.Services, [.. records.Select(r => r.Id)]);
        return (scene, [.. records.Select(r => r.Id)]);
    }

    private Task<int> VerifyAsync(string text) => OfflineChecks.VerifyAsync(folder, text);

    private Task<(int Code, string Output)> ShellAsync(string commands, CallReceiptFile receipt) => OfflineChecks.ShellAsync(folder, commands, receipt.ToText());

    [GeneratedRegex("## Calls with openssl alone.*?```sh\\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Shell();
}
