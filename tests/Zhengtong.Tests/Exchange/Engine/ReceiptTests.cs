using System.Text;
using System.Text.RegularExpressions;
using Zhengtong.Agreements;
using Zhengtong.Exchange.Engine;
using Zhengtong.Exchange.Model;
using Zhengtong.Exchange.Slices;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Regions;
using Zhengtong.Kernel.Secrets;
using Zhengtong.Tests.Exchange.Support;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Exchange.Engine;

[OnDatabase]
public sealed partial class ReceiptTests(ExchangeFixture exchange) : IClassFixture<ExchangeFixture>, IDisposable
{
    private readonly ReceiptFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData(SuiteName.International)]
    [InlineData(SuiteName.National)]
    public async Task Receipt_OfADeliveredBatch_HoldsOfflineAndEveryChangedByteIsRefused(SuiteName suite)
    {
        var receipt = await ReceiptAsync(suite);
        ReceiptVerification.Of(receipt).Count.ShouldBe(13);
        ReceiptVerification.Of(receipt).ShouldAllBe(c => c.Holds);
        (receipt.LedgerSealed, receipt.LedgerReceived).ShouldSatisfyAllConditions(l => l.LedgerSealed.ShouldNotBeNull(), l => l.LedgerReceived.ShouldNotBeNull());
        (await folder.VerifyAsync(receipt.ToText())).ShouldBe(0);

        foreach (var (what, changed) in Changes(receipt))
        {
            ReceiptVerification.Of(changed).ShouldContain(c => !c.Holds, what);
            (await folder.VerifyAsync(changed.ToText())).ShouldBe(1, what);
        }

        (await folder.VerifyAsync("{}")).ShouldBe(1);
        (await folder.VerifyAsync("no json")).ShouldBe(1);
    }

    [Theory]
    [InlineData(SuiteName.International)]
    [InlineData(SuiteName.National)]
    public async Task Receipt_PartsOfAnotherReceipt_AreRefused(SuiteName suite)
    {
        var (one, other) = (await ReceiptAsync(suite), await ReceiptAsync(suite));
        var mixed = one with { CounterReceipt = other.CounterReceipt, ConsumerSignature = other.ConsumerSignature, ConsumerKey = other.ConsumerKey };
        ReceiptVerification.Of(mixed).ShouldContain(c => !c.Holds && c.Key == "exchange.verify.same-batch");
        mixed = one with { Agreement = other.Agreement, ProviderSeal = other.ProviderSeal, ProviderSealKey = other.ProviderSealKey, ConsumerSeal = other.ConsumerSeal, ConsumerSealKey = other.ConsumerSealKey };
        ReceiptVerification.Of(mixed).ShouldContain(c => !c.Holds && c.Key == "exchange.verify.agreement");
    }

    [Fact]
    public async Task Receipt_PartsOfAnotherSuite_AreRefused()
    {
        var (one, other) = (await ReceiptAsync(SuiteName.International), await ReceiptAsync(SuiteName.National));
        // Both sides sign a counter-receipt or an agreement of the other suite together with this manifest: each signature holds by itself.
        foreach (var mixed in new[]
        {
            one with { CounterReceipt = other.CounterReceipt, ConsumerSignature = other.ConsumerSignature, ConsumerKey = other.ConsumerKey },
            one with { Agreement = other.Agreement, ProviderSeal = other.ProviderSeal, ProviderSealKey = other.ProviderSealKey, ConsumerSeal = other.ConsumerSeal, ConsumerSealKey = other.ConsumerSealKey },
        })
        {
            ReceiptVerification.Of(mixed).ShouldContain(c => !c.Holds && c.Key == "exchange.verify.suite");
            (await folder.VerifyAsync(mixed.ToText())).ShouldBe(1);
        }

        var manifest = Encoding.UTF8.GetString(Convert.FromBase64String(one.Manifest)).Replace("\"suite\":\"international\"", "\"suite\":\"rot13\"", StringComparison.Ordinal);
        var unknown = one with { Manifest = Convert.ToBase64String(Encoding.UTF8.GetBytes(manifest)) };
        ReceiptVerification.Of(unknown).Select(c => (c.Holds, c.Key)).Last().ShouldBe((false, "exchange.verify.suite"));
        var commands = Shell().Match(Repository.Read("docs", "receipts.md")).Groups[1].Value;
        (await folder.ShellAsync(commands, unknown.ToText())).ShouldSatisfyAllConditions(r => r.Code.ShouldNotBe(0), r => r.Output.ShouldContain("unknown suite"));
    }

    [Theory]
    [InlineData(SuiteName.International)]
    [InlineData(SuiteName.National)]
    public async Task Openssl_WithTheCommandsOfTheDocumentation_AcceptsTheReceiptAndRefusesAChangedOne(SuiteName suite)
    {
        var commands = Shell().Match(Repository.Read("docs", "receipts.md")).Groups[1].Value;
        commands.ShouldContain("openssl dgst -sha256 -verify");
        commands.ShouldContain("openssl dgst -sm3 -verify");
        var receipt = await ReceiptAsync(suite);
        var (code, output) = await folder.ShellAsync(commands, receipt.ToText());
        code.ShouldBe(0, output);
        Regex.Count(output, "^Verified OK$", RegexOptions.Multiline).ShouldBe(4, output);
        foreach (var line in new[] { $"suite {Suite.Of(suite).Word}", "same batch", "same rows", "same agreement", "the provider's key", "the consumer's key" }) { output.ShouldContain(line); }

        foreach (var (what, changed) in Changes(receipt)) { (await folder.ShellAsync(commands, changed.ToText())).Code.ShouldNotBe(0, what); }
    }

    /// <summary>The receipt with one byte of each part changed.</summary>
    private static IEnumerable<(string What, ReceiptFile Changed)> Changes(ReceiptFile receipt)
    {
        yield return ("manifest", receipt with { Manifest = Change(receipt.Manifest, 40) });
        yield return ("provider's signature", receipt with { ProviderSignature = Change(receipt.ProviderSignature, -1) });
        yield return ("counter-receipt", receipt with { CounterReceipt = Change(receipt.CounterReceipt, 40) });
        yield return ("consumer's signature", receipt with { ConsumerSignature = Change(receipt.ConsumerSignature, -1) });
        yield return ("agreement", receipt with { Agreement = Change(receipt.Agreement!, 40) });
        yield return ("provider's seal", receipt with { ProviderSeal = Change(receipt.ProviderSeal!, -1) });
        yield return ("consumer's seal", receipt with { ConsumerSeal = Change(receipt.ConsumerSeal!, -1) });
        yield return ("provider's key", receipt with { ProviderKey = receipt.ConsumerKey });
    }

    private static string Change(string base64, int at)
    {
        var bytes = Convert.FromBase64String(base64);
        bytes[at < 0 ? bytes.Length + at : at] ^= 1;
        return Convert.ToBase64String(bytes);
    }

    private async Task<ReceiptFile> ReceiptAsync(SuiteName suite)
    {
        var route = await exchange.RouteAsync(DataSourceKind.Sqlite, DataSourceKind.Sqlite, s => s.Suite = suite);
        await route.Source.FillAsync(1, 30);
        (await route.RunAsync()).Problem.ShouldBeNull();
        await using var scope = exchange.Services.CreateAsyncScope();
        var actor = new Actor(route.Consumer.Id, "李四", route.Consumer.Id, RegionCode.Parse("610000"), new HashSet<Role> { Role.DepartmentOfficer });
        var (file, problem) = await GetReceipt.FindAsync(route.Delivery, 1, actor, scope.ServiceProvider.GetRequiredService<ZhengtongDb>(),
            scope.ServiceProvider.GetRequiredService<AgreementsLookup>(), scope.ServiceProvider.GetRequiredService<OrganisationKeys>(), CancellationToken.None);
        problem.ShouldBeNull();

        var stranger = actor with { Organisation = route.Delivery };
        (await GetReceipt.FindAsync(route.Delivery, 1, stranger, scope.ServiceProvider.GetRequiredService<ZhengtongDb>(),
            scope.ServiceProvider.GetRequiredService<AgreementsLookup>(), scope.ServiceProvider.GetRequiredService<OrganisationKeys>(), CancellationToken.None)).Problem!.StatusCode.ShouldBe(404);
        return file!;
    }

    [GeneratedRegex("```sh\\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Shell();
}
