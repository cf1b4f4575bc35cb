using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Zhengtong.Agreements;
using Zhengtong.Exchange.Engine;
using Zhengtong.Exchange.Model;
using Zhengtong.Exchange.Quality;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Secrets;

namespace Zhengtong.Exchange.Nodes;

internal static class PublishNodeBatch
{
    private const int MostTries = 10;

    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/deliveries/{id:guid}/batches", Handle).StreamsBody().TakesUpTo(null).DisableRequestTimeout()
        .ProducesProblem(400).ProducesProblem(401).ProducesProblem(403).ProducesProblem(409).ProducesProblem(413).ProducesProblem(422);

    /// <summary>Take a batch from a provider's node: four bytes, big-endian, the length of the head; the head, JSON; the ciphertext. Everything that the head can show is checked
    /// before the ciphertext is read; the batch is there when the answer is. Handed in again, it is answered again.</summary>
    /// <response code="204">It is there; ledger event exchange.batch-sealed.</response>
    /// <response code="400">kernel.malformed</response>
    /// <response code="401">exchange.node-signature-invalid: the body is not what the request's digest says.</response>
    /// <response code="403">exchange.node-not-serving</response>
    /// <response code="409">exchange.not-in-force, exchange.out-of-sequence, exchange.relay-full</response>
    /// <response code="413">kernel.too-large</response>
    /// <response code="422">exchange.proof-broken</response>
    internal static async Task<Results<NoContent, ProblemHttpResult>> Handle(
        Guid id, NodeCaller caller, HttpRequest http, ZhengtongDb db, NodeDeliveries deliveries, DeliveryBook book, Relay relay, DeliveryReconciler reconciler, IOptions<NodeOptions> options, CancellationToken ct)
    {
        if (await deliveries.FindAsync(caller.Id, id, NodeRole.Provider, ct) is not { } delivery) { return ExchangeProblems.NodeNotServing.Because($"{id}"); }
        AgreementTerms terms;
        try { terms = await book.GuardAsync(delivery.AgreementId, ct); }
        catch (AgreementEndedException) { return ExchangeProblems.NotInForce.Because($"{id}"); }

        await using var body = new HashingStream(http.Body);
        if (await ReadHeadAsync(body, ct) is not { } head) { return KernelProblems.Malformed.Because("head"); }
        if (BatchManifest.Parse(head.Manifest) is not { CiphertextLength: > Suite.TagSize and var length, CiphertextDigest: { } ciphertext } manifest) { return ExchangeProblems.ProofBroken.Because("manifest"); }
        if (length > options.Value.BatchMegabytes * 1_000_000L) { return KernelProblems.TooLarge.Because($"{length}"); }
        var suite = Suite.Parse(terms.Suite);
        if (await FaultOfAsync(db, caller, delivery, terms, suite, manifest, head, ct) is { } fault) { return ExchangeProblems.ProofBroken.Because(fault); }

        var digest = suite.DigestOf(head.Manifest);
        if (manifest.Sequence <= delivery.Sequence)
        {
            var there = await db.Batches.AnyAsync(b => b.DeliveryId == id && b.Sequence == manifest.Sequence && b.ManifestDigest == digest, ct);
            return there ? TypedResults.NoContent() : ExchangeProblems.OutOfSequence.Because($"{manifest.Sequence}");
        }

        if (manifest.Sequence != delivery.Sequence + 1 || manifest.Previous != delivery.ManifestDigest || (delivery.Clears && manifest.Clears != true)) { return ExchangeProblems.OutOfSequence.Because($"{manifest.Sequence}"); }
        if (await db.Batches.CountAsync(b => b.DeliveryId == id && b.ReceivedAt == null && b.VoidedAt == null, ct) >= options.Value.MostWaiting) { return ExchangeProblems.RelayFull.Because($"{options.Value.MostWaiting}"); }

        var room = new Growing();
        var encrypted = room.Reset((int)length);
        if (await body.ReadAtLeastAsync(encrypted, (int)length, throwOnEndOfStream: false, ct) != length || await body.ReadAsync(new byte[1], ct) != 0) { return KernelProblems.Malformed.Because("length"); }
        if (RequestSignature.DigestOf(body.Hash()) != caller.ContentDigest) { return ExchangeProblems.NodeSignatureInvalid.Because(); }
        if (suite.DigestOf(encrypted.Span) != ciphertext) { return ExchangeProblems.ProofBroken.Because("ciphertext"); }

        await relay.StoreAsync(id, ciphertext, encrypted, ct);
        var batch = new PublishedBatch(manifest.Sequence, manifest.Phase, manifest.Rows, manifest.SealedAt, new SealedBatch(head.Manifest, digest, head.Signature, ciphertext, encrypted), null, SetAside.Nothing);
        for (var tries = 1; ; tries++)
        {
            try
            {
                await book.SealedAsync(id, terms, batch, ct);
                break;
            }
            // The platform's own half of the delivery notes its state on the same row.
            catch (DbUpdateConcurrencyException) when (tries < MostTries) { db.ChangeTracker.Clear(); }
            catch (DbUpdateException e) when (e.IsUniqueViolation()) { return ExchangeProblems.OutOfSequence.Because($"{manifest.Sequence}"); }
        }

        reconciler.Wake();
        return TypedResults.NoContent();
    }

    private static async Task<NodeBatchHead?> ReadHeadAsync(Stream body, CancellationToken ct)
    {
        var size = new byte[4];
        if (await body.ReadAtLeastAsync(size, 4, throwOnEndOfStream: false, ct) < 4) { return null; }
        var length = BinaryPrimitives.ReadInt32BigEndian(size);
        if (length is < 1 or > 2 * BatchManifest.MaxLength) { return null; }
        var text = new byte[length];
        if (await body.ReadAtLeastAsync(text, length, throwOnEndOfStream: false, ct) < length) { return null; }
        try { return JsonSerializer.Deserialize<NodeBatchHead>(text, CanonicalJson.Options) is { Manifest: not null, Signature: not null } head ? head : null; }
        catch (JsonException) { return null; }
    }

    /// <summary>What of the head is not as agreed; null when all is.</summary>
    private static async Task<string?> FaultOfAsync(
        ZhengtongDb db, NodeCaller caller, Delivery delivery, AgreementTerms terms, Suite suite, BatchManifest manifest, NodeBatchHead head, CancellationToken ct)
    {
        if (manifest.Delivery != delivery.Id || manifest.Agreement != terms.Id || manifest.AgreementDigest != terms.Digest) { return "agreement"; }
        if (manifest.Suite != terms.Suite) { return "suite"; }
        if (manifest.Rows < (manifest.Clears == true ? 0 : 1) || manifest.Deletes > manifest.Rows) { return "phase"; }
        if (!manifest.Columns.SequenceEqual(BatchColumn.Of(terms.Items))) { return "columns"; }
        var keys = await db.OrganisationKeys.AsNoTracking().Where(k => k.KeyId == manifest.ProviderKey || k.KeyId == manifest.ConsumerKey).ToListAsync(ct);
        // Only the node's newest key: one that was on a machine which is no longer the node seals nothing any more.
        var current = await db.OrganisationKeys.Where(k => k.NodeId == caller.Id && k.Suite == suite.Name && k.Use == KeyUse.Seal).OrderByDescending(k => k.Generation).Select(k => k.KeyId).FirstOrDefaultAsync(ct);
        if (manifest.ProviderKey != current || keys.Find(k => k.KeyId == current) is not { } seal) { return "provider key"; }
        if (!keys.Exists(k => k.KeyId == manifest.ConsumerKey && k.OrganisationId == terms.Consumer && k.Use == KeyUse.Receive && k.Suite == suite.Name)) { return "consumer key"; }
        return OrganisationKeys.Verify(seal, Encoding.UTF8.GetBytes(head.Manifest), head.Signature) ? null : "signature";
    }

    /// <summary>Hashes what is read of a stream.</summary>
    private sealed class HashingStream(Stream inner) : Stream
    {
        private readonly IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

        internal byte[] Hash() => hash.GetHashAndReset();

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var read = await inner.ReadAsync(buffer, cancellationToken);
            hash.AppendData(buffer.Span[..read]);
            return read;
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Flush() { }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            hash.Dispose();
            base.Dispose(disposing);
        }
    }
}
