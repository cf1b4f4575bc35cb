using System.Reflection;

namespace Zhengtong.Exchange.Monitor;

/// <summary>The commands of <c>docs/receipts.md</c> with which anybody checks a receipt by openssl alone. The document is part of the program, so that the page shows what is written
/// there and tried by tests, not a copy of it.</summary>
internal static class VerificationScript
{
    internal const string OfBatch = "## With openssl alone";
    internal const string OfFile = "## The receipt of a file";
    internal const string OfCall = "## Calls with openssl alone";

    private static readonly Lazy<string> Document = new(() =>
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream("receipts.md")!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd().ReplaceLineEndings("\n");
    });

    /// <summary>The commands below a heading.</summary>
    internal static string Below(string heading)
    {
        var from = Document.Value.IndexOf($"\n{heading}\n", StringComparison.Ordinal);
        var start = Document.Value.IndexOf("```sh\n", from, StringComparison.Ordinal) + "```sh\n".Length;
        return Document.Value[start..Document.Value.IndexOf("\n```", start, StringComparison.Ordinal)];
    }
}
