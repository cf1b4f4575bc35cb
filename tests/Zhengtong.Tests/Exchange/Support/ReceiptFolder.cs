using System.Diagnostics;
using System.Text;
using Zhengtong.Exchange.Evidence;
using Zhengtong.Exchange.Slices;

namespace Zhengtong.Tests.Exchange.Support;

/// <summary>A folder of its own in which receipts are checked as whoever got one checks it: by the program's verbs, and by the shell commands that the documents give.</summary>
internal sealed class ReceiptFolder : IDisposable
{
    private readonly string path = Directory.CreateTempSubdirectory("zhengtong-receipt-").FullName;

    public void Dispose() => Directory.Delete(path, recursive: true);

    /// <summary>What the verb answers: 0 when the receipt holds.</summary>
    internal async Task<int> VerifyAsync(string receipt)
    {
        var file = new FileInfo(Path.Combine(path, "checked.json"));
        await File.WriteAllTextAsync(file.FullName, receipt);
        var code = await VerifyReceipt.RunAsync(file, TextWriter.Null, CancellationToken.None);
        // The verb that takes evidence of every kind finds the same.
        (await VerifyEvidence.RunAsync([file], [], json: false, TextWriter.Null, CancellationToken.None)).ShouldBe(code);
        return code;
    }

    /// <summary>Runs the commands beside the receipt, under the name that they know it by.</summary>
    internal async Task<(int Code, string Output)> ShellAsync(string commands, string receipt, string name = "receipt.json")
    {
        await File.WriteAllTextAsync(Path.Combine(path, name), receipt);
        using var shell = Process.Start(new ProcessStartInfo("sh", ["-c", commands]) { WorkingDirectory = path, RedirectStandardOutput = true, RedirectStandardError = true })!;
        var errors = shell.StandardError.ReadToEndAsync();
        var output = new StringBuilder(await shell.StandardOutput.ReadToEndAsync()).Append(await errors).ToString();
        await shell.WaitForExitAsync();
        return (shell.ExitCode, output);
    }
}
