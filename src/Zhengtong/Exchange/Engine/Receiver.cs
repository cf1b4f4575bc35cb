using System.Text;
using Zhengtong.Agreements;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Secrets;

namespace Zhengtong.Exchange.Engine;

/// <summary>The keys the consumer's side works with.</summary>
/// <param name="Provider">The provider's sealing keys in the agreement's suite, current and old: signatures are checked against them.</param>
/// <param name="Seal">The consumer's sealing key.</param>
/// <param name="Signer">Its private half, by which counter-receipts are signed.</param>
/// <param name="Receivers">The private halves of the consumer's receiving keys, current and old, by key id.</param>
internal sealed record ReceiverKeys(
    IReadOnlyList<OrganisationKey> Provider, OrganisationKey Seal, SealingKey Signer, IReadOnlyDictionary<string, ReceivingKey> Receivers) : IDisposable
{
    public void Dispose()
    {
        Signer.Dispose();
        foreach (var receiver in Receivers.Values) { receiver.Dispose(); }
    }
}

/// <summary>The consumer's side of a delivery: believes nothing, checks everything, applies a batch at most once and answers each batch with a signed counter-receipt.</summary>
internal sealed class Receiver(AgreementTerms terms, Guid delivery, Sink sink, ReceiverKeys keys, TimeProvider clock)
{
    private readonly BatchOpening opening = new();

    /// <summary>Applies a batch, or answers one that was applied before with the very receipt it got then.</summary>
    /// <param name="manifestText">The manifest as signed.</param>
    /// <param name="signature">The provider's signature, base64 DER.</param>
    /// <param name="ciphertext">Fetches the ciphertext; called only when the batch is new and its proof holds. Null when it is lost.</param>
    /// <param name="ct">Stops the work; what was not committed did not happen.</param>
    /// <exception cref="ExchangeFault">A proof is broken, or the batch is not the next one.</exception>
    internal async Task<AppliedBatch> ReceiveAsync(
        string manifestText, string signature, Func<CancellationToken, Task<ReadOnlyMemory<byte>?>> ciphertext, CancellationToken ct)
    {
        var manifest = BatchManifest.Parse(manifestText) ?? throw Broken("manifest");
        if (manifest.Delivery != delivery || manifest.Agreement != terms.Id || manifest.AgreementDigest != terms.Digest) { throw Broken("agreement"); }
        if (manifest.Suite != terms.Suite || Suite.Find(manifest.Suite) is not { } suite) { throw Broken("suite"); }
        if (!manifest.Columns.SequenceEqual(BatchColumn.Of(terms.Items))) { throw Broken("columns"); }
        var signedBy = keys.Provider.FirstOrDefault(k => k.KeyId == manifest.ProviderKey && k.Suite == suite.Name && k.Use == KeyUse.Seal && k.OrganisationId == terms.Provider) ?? throw Broken("provider key");
        if (!OrganisationKeys.Verify(signedBy, Encoding.UTF8.GetBytes(manifestText), signature)) { throw Broken("signature"); }

        var digest = suite.DigestOf(manifestText);
        if (await sink.FindAsync(delivery, manifest.Sequence, ct) is { } before)
        {
            return before.ManifestDigest == digest ? before : throw OutOfSequence(manifest.Sequence, before.Sequence);
        }

        var last = await sink.FindLastAsync(delivery, ct);
        var follows = manifest.Sequence == (last?.Sequence ?? 0) + 1 && manifest.Previous == last?.ManifestDigest;
        // Of a batch that empties the target first nothing of before is missing: after a restored backup it may follow any older one.
        var renews = manifest.Clears == true && manifest.Sequence > (last?.Sequence ?? 0);
        if (!follows && !renews) { throw OutOfSequence(manifest.Sequence, last?.Sequence ?? 0); }

        var encrypted = await ciphertext(ct) ?? throw new ExchangeFault(ExchangeProblems.CiphertextLost, $"{manifest.Sequence}");
        if (encrypted.Length != manifest.CiphertextLength || suite.DigestOf(encrypted.Span) != manifest.CiphertextDigest) { throw Broken("ciphertext"); }
        var receiver = keys.Receivers.GetValueOrDefault(manifest.ConsumerKey) ?? throw Broken("consumer key");
        var rows = Open(suite, manifest, receiver, encrypted);

        var applied = Sign(suite, manifest, digest, last);
        await sink.ApplyAsync(manifest.Phase, rows, applied, ct);
        return applied;
    }

    /// <summary>The receipt of a batch that was applied before, or null.</summary>
    internal Task<AppliedBatch?> FindAsync(long sequence, CancellationToken ct) => sink.FindAsync(delivery, sequence, ct);

    private BatchRows Open(Suite suite, BatchManifest manifest, ReceivingKey receiver, ReadOnlyMemory<byte> encrypted)
    {
        try
        {
            var plain = opening.Open(suite, manifest, receiver, encrypted.Span);
            if (suite.DigestOf(plain.Span) != manifest.PayloadDigest) { throw Broken("payload"); }
            return BatchOpening.Read(plain, terms.Items, manifest.Rows, manifest.Deletes ?? 0, manifest.Clears ?? false);
        }
        // Whatever a hostile payload makes Arrow throw, it is the payload that is broken.
        catch (Exception e) when (e is not ExchangeFault and not OutOfMemoryException)
        {
            throw Broken("payload", e);
        }
    }

    /// <summary>The payload's digest in the manifest is by now the one that was computed from what arrived.</summary>
    private AppliedBatch Sign(Suite suite, BatchManifest manifest, string digest, AppliedBatch? last)
    {
        var previous = last is null ? null : CounterReceipt.Parse(last.CounterReceipt)?.TargetDigest ?? throw Broken("watermark");
        var receipt = CanonicalJson.Of(new CounterReceipt(
            CounterReceipt.FormatName, delivery, manifest.Sequence, digest, manifest.Rows, CounterReceipt.NextTargetDigest(suite, previous, manifest.PayloadDigest),
            // However the two sides' clocks go: nothing is applied before it was sealed.
            Moment.NotBefore(manifest.SealedAt, Moment.Of(clock)), suite.Word, keys.Seal.KeyId));
        var signature = keys.Signer.Sign(Encoding.UTF8.GetBytes(receipt));
        return new AppliedBatch(delivery, manifest.Sequence, digest, receipt, Convert.ToBase64String(signature));
    }

    private static ExchangeFault Broken(string what, Exception? cause = null) => new(ExchangeProblems.ProofBroken, [new Fault("", "exchange.fault.what", what)], cause);

    private static ExchangeFault OutOfSequence(long got, long last) => new(ExchangeProblems.OutOfSequence, [new Fault("", "exchange.fault.sequence", $"{got}", $"{last}")]);
}

/// <summary>Now, as it is signed: whole milliseconds, UTC.</summary>
internal static class Moment
{
    internal static DateTimeOffset Of(TimeProvider clock) => Of(clock.GetUtcNow());

    /// <summary>Now, or the moment of what came before when the clock says something earlier.</summary>
    internal static DateTimeOffset NotBefore(DateTimeOffset cause, DateTimeOffset now) => now < cause ? cause : now;

    /// <summary>When something is due. A moment further ahead than it is ever put off was set by a clock that has been set back since: then nobody waits for it.</summary>
    /// <param name="at">The moment it was put off to.</param>
    /// <param name="most">The longest it is ever put off.</param>
    /// <param name="now">Now.</param>
    internal static DateTimeOffset Due(DateTimeOffset at, TimeSpan most, DateTimeOffset now) => at - now > most + TimeSpan.FromSeconds(1) ? now : at;

    /// <summary>A moment as it is signed.</summary>
    internal static DateTimeOffset Of(DateTimeOffset moment) => new(moment.UtcTicks - (moment.UtcTicks % TimeSpan.TicksPerMillisecond), TimeSpan.Zero);
}
