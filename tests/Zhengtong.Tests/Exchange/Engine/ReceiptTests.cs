using System.Diagnostics;
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
    private readonly string folder = Directory.CreateTempSubdirectory("zhengtong-receipt-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task Receipt_OfADeliveredBatch_HoldsOfflineAndEveryChangedByteIsRefused()
    {
        var receipt = await ReceiptAsync();
        ReceiptVerification.Of(receipt).Count.ShouldBe(12);
        ReceiptVerification.Of(receipt).ShouldAllBe(c => c.Holds);
        (receipt.LedgerSealed, receipt.LedgerReceived).ShouldSatisfyAllConditions(l => l.LedgerSealed.ShouldNotBeNull(), l => l.LedgerReceived.ShouldNotBeNull());
        (await VerifyAsync(receipt.ToText())).ShouldBe(0);

        foreach (var (what, changed) in Changes(receipt))
        {
            ReceiptVerification.Of(changed).ShouldContain(c => !c.Holds, what);
            (await VerifyAsync(changed.ToText())).ShouldBe(1, what);
        }

        (await VerifyAsync("{}")).ShouldBe(1);
        (await VerifyAsync("no json")).ShouldBe(1);
    }

    [Fact]
    public async Task Receipt_PartsOfAnotherReceipt_AreRefused()
    {
        var (one, other) = (await ReceiptAsync(), await ReceiptAsync());
        var mixed = one with { CounterReceipt = other.CounterReceipt, ConsumerSignature = other.ConsumerSignature, ConsumerKey = other.ConsumerKey };
        ReceiptVerification.Of(mixed).ShouldContain(c => !c.Holds && c.Key == "exchange.verify.same-batch");
        mixed = one with { Agreement = other.Agreement, ProviderSeal = other.ProviderSeal, ProviderSealKey = other.ProviderSealKey, ConsumerSeal = other.ConsumerSeal, ConsumerSealKey = other.ConsumerSealKey };
        ReceiptVerification.Of(mixed).ShouldContain(c => !c.Holds && c.Key == "exchange.verify.agreement");
    }

    [Fact]
    public async Task Openssl_WithTheCommandsOfTheDocumentation_AcceptsTheReceiptAndRefusesAChangedOne()
    {
        var commands = Shell().Match(await File.ReadAllTextAsync(Path.Combine(RepositoryRoot(), "docs", "receipts.md"))).Groups[1].Value;
        commands.ShouldContain("openssl dgst -sha256 -verify");
        var receipt = await ReceiptAsync();
        var (code, output) = await ShellAsync(commands, receipt);
        code.ShouldBe(0, output);
        Regex.Count(output, "^Verified OK$", RegexOptions.Multiline).ShouldBe(4, output);
        foreach (var line in new[] { "same batch", "same rows", "same agreement", "the provider's key", "the consumer's key" }) { output.ShouldContain(line); }

        foreach (var (what, changed) in Changes(receipt)) { (await ShellAsync(commands, changed)).Code.ShouldNotBe(0, what); }
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

    private async Task<ReceiptFile> ReceiptAsync()
    {
        var route = await exchange.RouteAsync(DataSourceKind.Sqlite, DataSourceKind.Sqlite);
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

    private async Task<int> VerifyAsync(string text)
    {
        var path = Path.Combine(folder, "checked.json");
        await File.WriteAllTextAsync(path, text);
        return await VerifyReceipt.RunAsync(new FileInfo(path), TextWriter.Null, CancellationToken.None);
    }

    private async Task<(int Code, string Output)> ShellAsync(string commands, ReceiptFile receipt)
    {
        await File.WriteAllTextAsync(Path.Combine(folder, "receipt.json"), receipt.ToText());
        using var shell = Process.Start(new ProcessStartInfo("sh", ["-c", commands]) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true })!;
        var errors = shell.StandardError.ReadToEndAsync();
        var output = new StringBuilder(await shell.StandardOutput.ReadToEndAsync()).Append(await errors).ToString();
        await shell.WaitForExitAsync();
        return (shell.ExitCode, output);
    }

    private static string RepositoryRoot()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Zhengtong.slnx"))) { folder = Path.GetDirectoryName(folder.TrimEnd('/'))!; }
        return folder;
    }

    [GeneratedRegex("```sh\\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Shell();
}
