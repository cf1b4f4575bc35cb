using System.CommandLine;
using Zhengtong.Exchange.Engine;
using Zhengtong.Kernel;

namespace Zhengtong.Exchange.Slices;

/// <summary><c>zhengtong verify receipt FILE</c>: checks a receipt offline and says in plain words what it checked.</summary>
internal static class VerifyReceipt
{
    internal static Command Verb()
    {
        var file = new Argument<FileInfo>("FILE") { Description = "The receipt as downloaded" };
        var command = new Command("receipt", "Check the receipt of an exchanged batch, offline") { file };
        command.SetAction((parsed, ct) => RunAsync(parsed.GetValue(file)!, Console.Out, ct));
        return command;
    }

    /// <summary>0 when every check holds, 1 when one does not or the file is no receipt.</summary>
    internal static async Task<int> RunAsync(FileInfo file, TextWriter output, CancellationToken ct)
    {
        var receipt = file is { Exists: true, Length: <= ReceiptFile.MaxLength } ? ReceiptFile.Parse(await File.ReadAllTextAsync(file.FullName, ct)) : null;
        if (receipt is null)
        {
            await output.WriteLineAsync(Text.Of("exchange.verify.no-receipt", file.Name));
            return 1;
        }

        var checks = ReceiptVerification.Of(receipt);
        foreach (var check in checks) { await output.WriteLineAsync($"{(check.Holds ? "✓" : "✗")} {check.Sentence}"); }
        var holds = checks.All(c => c.Holds);
        await output.WriteLineAsync(Text.Of(holds ? "exchange.verify.holds" : "exchange.verify.broken"));
        return holds ? 0 : 1;
    }
}
