using System.CommandLine;
using Zhengtong.Exchange.Engine;
using Zhengtong.Exchange.Evidence;
using Zhengtong.Exchange.Files;
using Zhengtong.Kernel;

namespace Zhengtong.Exchange.Slices;

/// <summary><c>zhengtong verify receipt FILE</c>: checks a receipt offline and says in plain words what it checked.</summary>
internal static class VerifyReceipt
{
    internal static Command Verb()
    {
        var file = new Argument<FileInfo>("FILE") { Description = "The receipt as downloaded" };
        var command = new Command("receipt", "Check the receipt of an exchanged batch, a file or a call, offline") { file };
        command.SetAction((parsed, ct) => RunAsync(parsed.GetValue(file)!, Console.Out, ct));
        return command;
    }

    /// <summary>0 when every check holds, 1 when one does not or the file is no receipt.</summary>
    internal static async Task<int> RunAsync(FileInfo file, TextWriter output, CancellationToken ct)
    {
        var text = file is { Exists: true, Length: <= ReceiptFile.MaxLength } ? await File.ReadAllTextAsync(file.FullName, ct) : "";
        var checks = ReceiptFile.Parse(text) is { } batch ? ReceiptVerification.Of(batch)
            : FileReceipt.Parse(text) is { } whole ? FileReceiptVerification.Of(whole)
            : CallReceiptFile.Parse(text) is { } call ? CallReceiptVerification.Of(call) : null;
        if (checks is null)
        {
            await output.WriteLineAsync(Text.Of("exchange.verify.no-receipt", file.Name));
            return 1;
        }

        foreach (var check in checks) { await output.WriteLineAsync($"{(check.Holds ? "✓" : "✗")} {check.Sentence}"); }
        var holds = checks.All(c => c.Holds);
        await output.WriteLineAsync(Text.Of(holds ? "exchange.verify.holds" : "exchange.verify.broken"));
        return holds ? 0 : 1;
    }
}
