using System.Text;
using CsCheck;
using Zhengtong.Agreements;
using Zhengtong.Agreements.Model;
using Zhengtong.Catalogue.Model;
using Zhengtong.Exchange;
using Zhengtong.Exchange.Engine;
using Zhengtong.Exchange.Model;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Secrets;

namespace Zhengtong.Tests.Exchange.Engine;

public sealed class InternationalReceiverTests() : ReceiverTests(SuiteName.International);

public sealed class NationalReceiverTests() : ReceiverTests(SuiteName.National);

/// <summary>What the consumer's side refuses, without any platform around it.</summary>
public abstract class ReceiverTests : IAsyncLifetime
{
    private static readonly AgreedItem[] Items = [new("编号", "id", ItemType.Integer, null, true), new("名称", "name", ItemType.Text, null, false)];
    private static readonly DateTimeOffset Now = TimeProvider.System.GetUtcNow();
    private readonly string folder = Directory.CreateTempSubdirectory("zhengtong-receiver-").FullName;
    private readonly Guid delivery = Guid.CreateVersion7(Now);
    private readonly Suite suite;
    private readonly AgreementTerms terms;
    private readonly (byte[] PublicKey, byte[] PrivateKey) providerPair, consumerPair;
    private readonly SealingKey providerSigner;
    private OrganisationKey providerKey = null!;
    private string receiveKeyId = "";
    private SqliteDatabase database = null!;
    private Sink sink = null!;
    private ReceiverKeys keys = null!;
    private Receiver receiver = null!;

    protected ReceiverTests(SuiteName name)
    {
        suite = Suite.Of(name);
        (providerPair, consumerPair) = (suite.MakePair(), suite.MakePair());
        providerSigner = suite.OpenSealing(providerPair.PrivateKey);
        terms = new AgreementTerms(
            Guid.CreateVersion7(Now), "XS-2026-000001", Guid.CreateVersion7(Now), "企业", Guid.CreateVersion7(Now), Guid.CreateVersion7(Now), AgreementState.InForce, Now.AddDays(-1), Now.AddDays(1), 1, Items, [],
            new string('a', 64), suite.Word);
    }

    public async ValueTask InitializeAsync()
    {
        database = new SqliteDatabase(Path.Combine(folder, "target.db"));
        await database.CreateTableAsync(new TableName("", "received"), Items, CancellationToken.None);
        sink = await database.OpenSinkAsync(new TableName("", "received"), Items, CancellationToken.None);
        var sealing = suite.MakePair();
        providerKey = KeyOf(terms.Provider, providerPair.PublicKey);
        receiveKeyId = suite.KeyIdOf(consumerPair.PublicKey);
        keys = new ReceiverKeys([providerKey], KeyOf(terms.Consumer, sealing.PublicKey), suite.OpenSealing(sealing.PrivateKey),
            new Dictionary<string, ReceivingKey> { [receiveKeyId] = suite.OpenReceiving(consumerPair.PrivateKey) });
        receiver = new Receiver(terms, delivery, sink, keys, TimeProvider.System);
    }

    public async ValueTask DisposeAsync()
    {
        keys.Dispose();
        providerSigner.Dispose();
        await sink.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task Receive_Replayed_AnswersTheSameReceiptAndFetchesNothing()
    {
        var batch = Seal(1, null, 1, 2, 3);
        var first = await ReceiveAsync(batch);
        var again = await receiver.ReceiveAsync(batch.Manifest, batch.Signature, _ => throw new InvalidOperationException("fetched"), CancellationToken.None);
        again.ShouldBe(first);
        (await IdsAsync()).ShouldBe([1, 2, 3]);
        // Also an older one, after others came.
        await ReceiveAsync(Seal(2, batch.ManifestDigest, 4));
        (await ReceiveAsync(batch)).ShouldBe(first);
    }

    [Fact]
    public async Task Receive_AnotherBatchOfTheSameNumber_IsRefused()
    {
        await ReceiveAsync(Seal(1, null, 1));
        await RefusedAsync(Seal(1, null, 9), ExchangeProblems.OutOfSequence);
        (await IdsAsync()).ShouldBe([1]);
    }

    [Fact]
    public async Task Receive_Reordered_IsRefusedAndNothingApplied()
    {
        var (first, second) = (Seal(1, null, 1), default(SealedBatch));
        second = Seal(2, first.ManifestDigest, 2);
        await RefusedAsync(second, ExchangeProblems.OutOfSequence);
        await ReceiveAsync(first);
        await RefusedAsync(Seal(3, second.ManifestDigest, 3), ExchangeProblems.OutOfSequence);
        // The right number, but not the batch that follows the last applied one.
        await RefusedAsync(Seal(2, second.ManifestDigest, 4), ExchangeProblems.OutOfSequence);
        await ReceiveAsync(second);
        (await IdsAsync()).ShouldBe([1, 2]);
    }

    [Fact]
    public async Task Receive_BrokenProof_IsRefusedAndNothingApplied()
    {
        var good = Seal(1, null, 1, 2);
        var signature = Convert.FromBase64String(good.Signature);
        signature[^1] ^= 1;
        await RefusedAsync(good with { Signature = Convert.ToBase64String(signature) }, ExchangeProblems.ProofBroken);
        await RefusedAsync(good with { Signature = "no base64" }, ExchangeProblems.ProofBroken);
        await RefusedAsync(good with { Manifest = good.Manifest.Replace("\"rows\":2", "\"rows\":3", StringComparison.Ordinal) }, ExchangeProblems.ProofBroken);
        await RefusedAsync(good with { Manifest = good.Manifest + " " }, ExchangeProblems.ProofBroken);
        await RefusedAsync(good with { Ciphertext = good.Ciphertext[..^1] }, ExchangeProblems.ProofBroken);

        // Signed by a key that is not the provider's.
        using var stranger = suite.OpenSealing(suite.MakePair().PrivateKey);
        await RefusedAsync(Seal(1, null, m => m, stranger, 1), ExchangeProblems.ProofBroken);
        // Signed by the provider, but not what was agreed.
        await RefusedAsync(Seal(1, null, m => m with { AgreementDigest = new string('b', 64) }, providerSigner, 1), ExchangeProblems.ProofBroken);
        await RefusedAsync(Seal(1, null, m => m with { Columns = [.. m.Columns, new BatchColumn("secret", ItemType.Text, false)] }, providerSigner, 1), ExchangeProblems.ProofBroken);
        await RefusedAsync(Seal(1, null, m => m with { Delivery = terms.Id }, providerSigner, 1), ExchangeProblems.ProofBroken);
        await RefusedAsync(Seal(1, null, m => m with { ConsumerKey = "0123456789abcdef" }, providerSigner, 1), ExchangeProblems.ProofBroken);
        (await IdsAsync()).ShouldBeEmpty();
        (await sink.FindLastAsync(delivery, CancellationToken.None)).ShouldBeNull();
    }

    [Fact]
    public async Task Receive_AnyByteOfTheCiphertextChanged_IsRefused()
    {
        var good = Seal(1, null, 1, 2);
        foreach (var at in Enumerable.Range(0, good.Ciphertext.Length).Where(n => n % 37 == 0 || n > good.Ciphertext.Length - 20))
        {
            var changed = good.Ciphertext.ToArray();
            changed[at] ^= 0x40;
            await RefusedAsync(good with { Ciphertext = changed }, ExchangeProblems.ProofBroken);
        }
    }

    [Fact]
    public async Task Receive_CiphertextOfAnotherManifest_DoesNotOpenEvenWhenSigned()
    {
        // A provider that signs a manifest over a ciphertext made for another one: the digests agree, the encryption does not.
        var (one, other) = (Seal(1, null, 1), Seal(1, null, 2, 3));
        var manifest = BatchManifest.Parse(one.Manifest)!;
        var text = CanonicalJson.Of(manifest with { CiphertextDigest = other.CiphertextDigest, CiphertextLength = other.Ciphertext.Length });
        var signature = Convert.ToBase64String(providerSigner.Sign(Encoding.UTF8.GetBytes(text)));
        await RefusedAsync(new SealedBatch(text, "", signature, "", other.Ciphertext), ExchangeProblems.ProofBroken);
    }

    [Fact]
    public async Task Receive_AnotherSuiteThanTheAgreements_IsRefused()
    {
        var other = Suite.Of(suite.Name == SuiteName.National ? SuiteName.International : SuiteName.National);
        // The agreement's provider, keys and signature, but a manifest that says something else.
        foreach (var word in new[] { other.Word, "rot13", "", suite.Word.ToUpperInvariant() }) { await RefusedAsync(Seal(1, null, m => m with { Suite = word }, providerSigner, 1), ExchangeProblems.ProofBroken, "suite"); }

        // All of it in the other suite, with a key of the provider in that suite.
        var (sealing, receiving) = (other.MakePair(), other.MakePair());
        using var signer = other.OpenSealing(sealing.PrivateKey);
        var foreign = new OrganisationKey { KeyId = other.KeyIdOf(sealing.PublicKey), OrganisationId = terms.Provider, Suite = other.Name, Use = KeyUse.Seal, Generation = 1, PublicKey = sealing.PublicKey, PrivateKey = [], CreatedAt = Now };
        var batch = Seal(1, null, m => m with { Suite = other.Word, ProviderKey = foreign.KeyId }, signer, other, receiving.PublicKey, 1);
        receiver = new Receiver(terms, delivery, sink, keys with { Provider = [providerKey, foreign] }, TimeProvider.System);
        await RefusedAsync(batch, ExchangeProblems.ProofBroken, "suite");
        // The manifest names the agreed suite, the key that signed is of the other.
        await RefusedAsync(Seal(1, null, m => m with { ProviderKey = foreign.KeyId }, signer, other, receiving.PublicKey, 1), ExchangeProblems.ProofBroken, "provider key");

        // An agreement whose suite nobody knows.
        receiver = new Receiver(terms with { Suite = "rot13" }, delivery, sink, keys, TimeProvider.System);
        await RefusedAsync(Seal(1, null, m => m with { Suite = "rot13" }, providerSigner, 1), ExchangeProblems.ProofBroken, "suite");
        (await IdsAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task Receive_ReceiptAndTarget_AreDigestedByTheSuite()
    {
        var batch = Seal(1, null, 1, 2);
        var receipt = CounterReceipt.Parse((await ReceiveAsync(batch)).CounterReceipt)!;
        (receipt.Suite, receipt.ManifestDigest).ShouldBe((suite.Word, suite.DigestOf(batch.Manifest)));
        receipt.TargetDigest.ShouldBe(suite.DigestOf(Convert.FromHexString(BatchManifest.Parse(batch.Manifest)!.PayloadDigest)));
    }

    [Fact]
    public async Task Receive_CiphertextLost_SaysSoAndNothingIsApplied()
    {
        var batch = Seal(1, null, 1);
        var fault = await Should.ThrowAsync<ExchangeFault>(() => receiver.ReceiveAsync(batch.Manifest, batch.Signature, _ => Task.FromResult<ReadOnlyMemory<byte>?>(null), CancellationToken.None));
        fault.Type.ShouldBe(ExchangeProblems.CiphertextLost);
        (await sink.FindLastAsync(delivery, CancellationToken.None)).ShouldBeNull();
    }

    [Fact]
    public void ManifestParse_AnythingButTheOneForm_IsNullAndNeverThrows()
    {
        var text = Seal(1, null, 1).Manifest;
        BatchManifest.Parse(text).ShouldNotBeNull();
        Gen.Select(Gen.Int[0, text.Length - 1], Gen.Char, Gen.Int[0, 3]).Sample((at, character, how) =>
        {
            var changed = how switch
            {
                0 => text[..at],
                1 => text[..at] + character + text[at..],
                2 => text[..at] + text[(at + 1)..],
                _ => text[..at] + character + text[(at + 1)..],
            };
            // Whatever is read back must say exactly what the text says.
            return BatchManifest.Parse(changed) is not { } read || CanonicalJson.Of(read) == changed;
        }, iter: 3000);
        Gen.String.Sample(garbage => { BatchManifest.Parse(garbage); CounterReceipt.Parse(garbage); ReceiptFile.Parse(garbage); }, iter: 500);
    }

    private SealedBatch Seal(long sequence, string? previous, params int[] ids) => Seal(sequence, previous, m => m, providerSigner, ids);

    private SealedBatch Seal(long sequence, string? previous, Func<BatchManifest, BatchManifest> change, SealingKey signer, params int[] ids) =>
        Seal(sequence, previous, change, signer, suite, consumerPair.PublicKey, ids);

    private SealedBatch Seal(long sequence, string? previous, Func<BatchManifest, BatchManifest> change, SealingKey signer, Suite by, byte[] to, params int[] ids)
    {
        ColumnBuffer[] columns = [new(ItemType.Integer), new(ItemType.Text)];
        foreach (var id in ids)
        {
            columns[0].AppendInt64(id);
            columns[1].AppendBytes(Encoding.UTF8.GetBytes($"企业{id}"));
        }

        var draft = new BatchManifest(BatchManifest.FormatName, delivery, terms.Id, terms.Digest, sequence, previous, DeliveryPhase.Snapshot, ids.Length, null, null, BatchColumn.Of(Items), "",
            suite.Word, Now, providerKey.KeyId, receiveKeyId, "", null, null);
        var made = new BatchSeal(by, signer).Seal(new RowGroup(columns, ids.Length, new Position([])), Items, change(draft), to);
        return made with { Ciphertext = made.Ciphertext.ToArray() };
    }

    private Task<AppliedBatch> ReceiveAsync(SealedBatch batch) =>
        receiver.ReceiveAsync(batch.Manifest, batch.Signature, _ => Task.FromResult<ReadOnlyMemory<byte>?>(batch.Ciphertext), CancellationToken.None);

    private async Task RefusedAsync(SealedBatch batch, ProblemType because, string? what = null)
    {
        var fault = await Should.ThrowAsync<ExchangeFault>(() => ReceiveAsync(batch));
        fault.Type.ShouldBe(because);
        if (what is not null) { fault.Faults.Single().Arguments.ShouldBe([what]); }
    }

    private async Task<List<long>> IdsAsync()
    {
        await using var connection = await database.ConnectAsync(CancellationToken.None);
        await using var select = connection.CreateCommand();
        select.CommandText = "SELECT id FROM received ORDER BY id";
        await using var row = await select.ExecuteReaderAsync();
        List<long> ids = [];
        while (await row.ReadAsync()) { ids.Add(row.GetInt64(0)); }
        return ids;
    }

    private OrganisationKey KeyOf(Guid organisation, byte[] publicKey) => new()
    {
        KeyId = suite.KeyIdOf(publicKey), OrganisationId = organisation, Suite = suite.Name, Use = KeyUse.Seal, Generation = 1, PublicKey = publicKey, PrivateKey = [], CreatedAt = Now,
    };
}
