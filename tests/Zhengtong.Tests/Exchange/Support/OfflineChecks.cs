using System.Diagnostics;
using System.Text;
using Zhengtong.Exchange.Evidence;
using Zhengtong.Exchange.Slices;

namespace Zhengtong.Tests.Exchange.Support;

/// <summary>Receipts checked by those who have nothing but the file: the program's own verbs, and a shell with openssl.</summary>
internal static class OfflineChecks
{
    /// <summary>Exit code of both verbs, which find the same.</summary>
    internal static async Task<int> VerifyAsync(string folder, string text)
    {
        var path = Path.Combine(folder, "checked.json");
        await File.WriteAllTextAsync(path, text);
        var code = await VerifyReceipt.RunAsync(new FileInfo(path), TextWriter.Null, CancellationToken.None);
        // The verb that takes evidence of every kind finds the same.
        (await VerifyEvidence.RunAsync([new FileInfo(path)], [], json: false, TextWriter.Null, CancellationToken.None)).ShouldBe(code);
        return code;
    }

    /// <summary>Runs the commands beside the receipt, which is called <c>receipt.json</c>.</summary>
    internal static async Task<(int Code, string Output)> ShellAsync(string folder, string commands, string receipt)
    {
        await File.WriteAllTextAsync(Path.Combine(folder, "receipt.json"), receipt);
        using var shell = Process.Start(new ProcessStartInfo("sh", ["-c", commands]) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true })!;
        var errors = shell.StandardError.ReadToEndAsync();
        var output = new StringBuilder(await shell.StandardOutput.ReadToEndAsync()).Append(await errors).ToString();
        await shell.WaitForExitAsync();
        return (shell.ExitCode, output);
    }
}
