using System.CommandLine;
using System.Security.Cryptography;
using System.Text.Encodings.Web;
using System.Text.Json;
using Zhengtong.Exchange.Engine;
using Zhengtong.Kernel;

namespace Zhengtong.Exchange.Evidence;

/// <summary><c>zhengtong verify FILE…</c>: checks evidence of every kind offline, against what is believed from elsewhere where that is given, and names what does not hold.</summary>
internal static class VerifyEvidence
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Gives the verb its files and options.</summary>
    internal static Command Extend(Command verify)
    {
        var files = new Argument<FileInfo[]>("FILE") { Description = Text.Of("exchange.verify.files"), Arity = ArgumentArity.OneOrMore };
        var trust = new Option<FileInfo[]>("--trust") { Description = Text.Of("exchange.verify.trust"), Arity = ArgumentArity.OneOrMore };
        var json = new Option<bool>("--json") { Description = Text.Of("exchange.verify.json") };
        verify.Arguments.Add(files);
        verify.Options.Add(trust);
        verify.Options.Add(json);
        verify.SetAction((parsed, ct) => RunAsync(parsed.GetValue(files)!, parsed.GetValue(trust) ?? [], parsed.GetValue(json), parsed.InvocationConfiguration.Output, ct));
        return verify;
    }

    /// <summary>0 when every check of every file holds, 1 when one does not, a file is no evidence, or what to trust cannot be read.</summary>
    internal static async Task<int> RunAsync(IReadOnlyList<FileInfo> files, IReadOnlyList<FileInfo> trust, bool json, TextWriter output, CancellationToken ct)
    {
        TrustAnchors? anchors = null;
        try
        {
            if (trust.Count > 0) { anchors = TrustAnchors.Of(await Task.WhenAll(trust.Select(f => File.ReadAllTextAsync(f.FullName, ct)))); }
        }
        catch (Exception e) when (e is CryptographicException or FormatException or IOException or UnauthorizedAccessException)
        {
            await output.WriteLineAsync(Text.Of("exchange.verify.trust-unreadable", e.Message));
            return 1;
        }

        List<Verdict> verdicts = [];
        foreach (var file in files) { verdicts.Add(await JudgeAsync(file, anchors, ct)); }
        var holds = verdicts.TrueForAll(v => v.Holds);
        if (json) { await output.WriteLineAsync(JsonSerializer.Serialize(new { holds, files = verdicts }, Json)); }
        else { await TellAsync(verdicts, anchors is not null, output); }
        return holds ? 0 : 1;
    }

    private static async Task<Verdict> JudgeAsync(FileInfo file, TrustAnchors? anchors, CancellationToken ct)
    {
        byte[]? bytes = null;
        try { bytes = file is { Exists: true, Length: <= EvidenceFile.MaxLength } ? await File.ReadAllBytesAsync(file.FullName, ct) : null; }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException) { /* Told as what cannot be read. */ }
        if (bytes is null || EvidenceFile.Of(bytes) is not { } evidence) { return new Verdict(file.Name, null, [Told(new ReceiptCheck(false, "exchange.verify.no-evidence", file.Name))]); }
        IEnumerable<ReceiptCheck> checks = evidence.Checks;
        if (anchors is not null)
        {
            checks = checks.Concat(anchors.Keys(evidence.Authority is { } authority && anchors.Believes(authority.Key) ? [authority] : evidence.Keys)).Concat(evidence.Stamps.Select(s => anchors.Stamp(ReceiptVerification.BytesOf(s.Stamp), ReceiptVerification.BytesOf(s.Signature))));
        }

        return new Verdict(file.Name, evidence.Kind, [.. checks.Select(Told)]);
    }

    private static async Task TellAsync(IReadOnlyList<Verdict> verdicts, bool hasAnchors, TextWriter output)
    {
        foreach (var verdict in verdicts)
        {
            await output.WriteLineAsync(verdict.Kind is null ? verdict.File : $"{verdict.File}: {Text.Of($"exchange.verify.kind.{verdict.Kind}")}");
            foreach (var check in verdict.Checks) { await output.WriteLineAsync($"  {(check.Holds ? "✓" : "✗")} {check.Text}"); }
            await output.WriteLineAsync($"  {Text.Of(verdict.Holds ? "exchange.verify.file-holds" : "exchange.verify.file-broken")}");
        }

        if (!hasAnchors) { await output.WriteLineAsync(Text.Of("exchange.verify.keys-inside")); }
    }

    private static TellableCheck Told(ReceiptCheck check) => new(check.Key, check.Holds, check.Sentence);

    private sealed record TellableCheck(string Check, bool Holds, string Text);

    private sealed record Verdict(string File, string? Kind, IReadOnlyList<TellableCheck> Checks)
    {
        public bool Holds => Checks.All(c => c.Holds);
    }
}
