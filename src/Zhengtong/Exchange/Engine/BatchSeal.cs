using System.Security.Cryptography;
using System.Text;
using Apache.Arrow;
using Apache.Arrow.Ipc;
using Zhengtong.Agreements;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Secrets;

namespace Zhengtong.Exchange.Engine;

/// <summary>A batch as it leaves the provider.</summary>
/// <param name="Manifest">Canonical JSON.</param>
/// <param name="ManifestDigest">Its digest.</param>
/// <param name="Signature">The provider's, base64 DER.</param>
/// <param name="CiphertextDigest">Digest of the ciphertext.</param>
/// <param name="Ciphertext">Valid until the seal's next batch.</param>
internal sealed record SealedBatch(string Manifest, string ManifestDigest, string Signature, string CiphertextDigest, ReadOnlyMemory<byte> Ciphertext);

/// <summary>The provider's side of the cryptography: rows become an Arrow stream, encrypted so that only the consumer's receiving key opens it, and signed.</summary>
/// <remarks>Each batch has a secret of its own, from which key and nonce are derived with the manifest's bound form as info; the same bound form is the
/// associated data. So a ciphertext opens only together with the manifest it was made for. Both buffers are used again for each batch.</remarks>
internal sealed class BatchSeal(Suite suite, SealingKey signer)
{
    private readonly Growing plain = new();
    private readonly Growing cipher = new();

    /// <param name="group">The rows.</param>
    /// <param name="items">The agreed items, as in the group.</param>
    /// <param name="draft">The manifest with all that is known before sealing; digests and key exchange are filled in here.</param>
    /// <param name="consumerKey">SubjectPublicKeyInfo of the consumer's receiving key.</param>
    internal SealedBatch Seal(RowGroup group, IReadOnlyList<AgreedItem> items, BatchManifest draft, ReadOnlySpan<byte> consumerKey)
    {
        WriteArrow(group, items);
        var (exchange, secret) = suite.MakeSecret(consumerKey);
        var manifest = draft with
        {
            Rows = group.Rows,
            Deletes = group.Deletes > 0 ? group.Deletes : null,
            Clears = group.Clears ? true : null,
            PayloadDigest = suite.DigestOf(plain.Written.Span),
            KeyExchange = Convert.ToBase64String(exchange),
            CiphertextDigest = null,
            CiphertextLength = null,
        };
        var associated = manifest.Associated();
        var ciphertext = cipher.Reset(plain.Written.Length + Suite.TagSize);
        suite.Encrypt(secret, InfoOf(suite, associated), associated, plain.Written.Span, ciphertext.Span);
        CryptographicOperations.ZeroMemory(secret);

        manifest = manifest with { CiphertextDigest = suite.DigestOf(ciphertext.Span), CiphertextLength = ciphertext.Length };
        var text = CanonicalJson.Of(manifest);
        var bytes = Encoding.UTF8.GetBytes(text);
        return new SealedBatch(text, suite.DigestOf(bytes), Convert.ToBase64String(signer.Sign(bytes)), manifest.CiphertextDigest!, ciphertext);
    }

    /// <summary>What a batch's key is derived for: this very manifest.</summary>
    internal static byte[] InfoOf(Suite suite, byte[] associated) => [.. "zhengtong-batch-1"u8, .. suite.Hash(associated)];

    private void WriteArrow(RowGroup group, IReadOnlyList<AgreedItem> items)
    {
        // Without salt, whoever sees the payload's digest could try out what a batch of one row might say.
        var metadata = new Dictionary<string, string> { ["zhengtong.salt"] = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)) };
        var schema = ColumnBuffer.SchemaOf(items, metadata);
        plain.Reset(0);
        using var writer = new ArrowStreamWriter(plain, schema, leaveOpen: true);
        writer.WriteRecordBatch(new RecordBatch(schema, group.Columns.Select(c => c.Build()), group.Rows));
        writer.WriteEnd();
    }
}

/// <summary>What a batch does to the target: first all rows of before go, if it clears; then the deleted ones; then the others are put in. A key occurs once.</summary>
/// <param name="Columns">The agreed items in order.</param>
/// <param name="Count">How many rows.</param>
/// <param name="Deletes">How many of them, the last ones, are deleted.</param>
/// <param name="Clears">Whether all rows of before go first.</param>
internal sealed record BatchRows(IReadOnlyList<ColumnView> Columns, int Count, int Deletes, bool Clears)
{
    internal int Upserts => Count - Deletes;
}

/// <summary>The consumer's side of the cryptography.</summary>
internal sealed class BatchOpening
{
    private readonly Growing plain = new();

    /// <summary>The plaintext; valid until the next batch is opened.</summary>
    /// <exception cref="CryptographicException">Not encrypted to this key, or not together with this manifest, or altered.</exception>
    internal ReadOnlyMemory<byte> Open(Suite suite, BatchManifest manifest, ReceivingKey receiver, ReadOnlySpan<byte> ciphertext)
    {
        if (ciphertext.Length < Suite.TagSize) { throw new CryptographicException("The ciphertext is too short"); }
        var secret = receiver.FindSecret(Convert.FromBase64String(manifest.KeyExchange));
        var associated = manifest.Associated();
        var opened = plain.Reset(ciphertext.Length - Suite.TagSize);
        suite.Decrypt(secret, BatchSeal.InfoOf(suite, associated), associated, ciphertext, opened.Span);
        CryptographicOperations.ZeroMemory(secret);
        return opened;
    }

    /// <summary>The rows of a plaintext as views into it.</summary>
    /// <exception cref="InvalidDataException">Not an Arrow stream of exactly one record batch of these items.</exception>
    internal static BatchRows Read(ReadOnlyMemory<byte> plain, IReadOnlyList<AgreedItem> items, int rows, int deletes = 0, bool clears = false)
    {
        if (deletes < 0 || deletes > rows) { throw new InvalidDataException($"{deletes} of {rows} rows are deleted"); }
        ArrowFrames.Check(plain.Span, items.Count);
        using var reader = new ArrowStreamReader(plain);
        var batch = reader.ReadNextRecordBatch() ?? throw new InvalidDataException("The payload holds no rows");
        if (batch.Length != rows || batch.ColumnCount != items.Count) { throw new InvalidDataException($"The payload holds {batch.Length} rows of {batch.ColumnCount} columns"); }
        List<ColumnView> columns = [];
        foreach (var (n, item) in items.Index())
        {
            if (batch.Schema.GetFieldByIndex(n).Name != item.Column) { throw new InvalidDataException($"Column {n} is not {item.Column}"); }
            var view = new ColumnView(item.Type, batch.Column(n));
            columns.Add(view.Count == rows ? view : throw new InvalidDataException($"Column {item.Column} has {view.Count} values"));
        }

        return new BatchRows(columns, rows, deletes, clears);
    }
}

/// <summary>A stream over a buffer that grows to the largest batch and stays.</summary>
internal sealed class Growing : Stream
{
    private byte[] buffer = new byte[1 << 16];
    private int used;

    internal ReadOnlyMemory<byte> Written => buffer.AsMemory(0, used);

    /// <summary>Forgets what was written and makes room for so many bytes, which count as written.</summary>
    internal Memory<byte> Reset(int length)
    {
        used = 0;
        Grow(length);
        used = length;
        return buffer.AsMemory(0, length);
    }

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => used;

    public override long Position { get => used; set => throw new NotSupportedException(); }

    public override void Write(ReadOnlySpan<byte> bytes)
    {
        Grow(used + bytes.Length);
        bytes.CopyTo(buffer.AsSpan(used));
        used += bytes.Length;
    }

    public override void Write(byte[] bytes, int offset, int count) => Write(bytes.AsSpan(offset, count));

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken = default)
    {
        Write(bytes.Span);
        return ValueTask.CompletedTask;
    }

    public override void Flush() { }

    public override int Read(byte[] bytes, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    private void Grow(int needed)
    {
        if (needed > buffer.Length) { System.Array.Resize(ref buffer, (int)Math.Min(System.Array.MaxLength, Math.Max(buffer.Length * 2L, needed))); }
    }
}
