using System.Text;
using System.Text.Json;
using Zhengtong.Agreements;
using Zhengtong.Agreements.Model;
using Zhengtong.Catalogue.Model;
using Zhengtong.Catalogue.Slices;
using Zhengtong.Exchange.Engine;
using Zhengtong.Exchange.Model;
using Zhengtong.Exchange.Reconciliations;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Ledger;
using Zhengtong.Kernel.Secrets;
using Zhengtong.Tests.Catalogue.Slices;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Exchange.Engine;

/// <summary>Every parser of what comes from outside, fed with changed input, more than 100,000 in all: it refuses as it says it does, it never accepts a proof that was
/// altered, and it never asks for more memory than the input could justify.</summary>
public sealed class FuzzTests
{
    private const ulong Seed = 2026;

    private static readonly AgreedItem[] Items =
    [
        new("编号", "id", ItemType.Integer, null, true), new("名称", "name", ItemType.Text, 200, false), new("金额", "amount", ItemType.Decimal, null, false), new("评分", "score", ItemType.Float, null, false),
        new("在业", "active", ItemType.Boolean, null, false), new("成立", "born", ItemType.Date, null, false), new("更新", "changed", ItemType.Timestamp, null, false), new("照片", "photo", ItemType.Binary, null, false),
    ];

    [Theory]
    [InlineData(SuiteName.International, 8_000)]
    [InlineData(SuiteName.National, 800)]
    public void Receipt_Changed_IsNoReceiptOrDoesNotHold(SuiteName name, int count)
    {
        var good = Receipt(Suite.Of(name));
        ReceiptVerification.Of(good).ShouldAllBe(c => c.Holds);
        var proof = Proof(good);
        var held = 0;
        foreach (var text in new Mutations(Seed, Encoding.UTF8.GetBytes(good.ToText())).TakeText(count))
        {
            if (ReceiptFile.Parse(text) is not { } file || ReceiptVerification.Of(file).Any(c => !c.Holds)) { continue; }
            // Only what says the same may hold: other white space, other spelling of the same bytes, the ids beside the proof.
            Proof(file).ShouldBe(proof);
            held++;
        }

        held.ShouldBeLessThan(count / 4);
    }

    [Fact]
    public void Manifest_Changed_IsRefusedOrCanonicalAndAnotherText()
    {
        var good = Manifest(Suite.International);
        var accepted = 0;
        foreach (var text in new Mutations(Seed, Encoding.UTF8.GetBytes(CanonicalJson.Of(good))).TakeText(20_000))
        {
            if (BatchManifest.Parse(text) is not { } manifest) { continue; }
            CanonicalJson.Of(manifest).ShouldBe(text);
            accepted++;
        }

        // Digits of a digest or a number may change and still be a manifest: the signature refuses it then.
        accepted.ShouldBeInRange(1, 10_000);
    }

    [Fact]
    public void CounterReceipt_Changed_IsRefusedOrCanonical()
    {
        var good = CanonicalJson.Of(Counter(Suite.International, Manifest(Suite.International)));
        foreach (var text in new Mutations(Seed, Encoding.UTF8.GetBytes(good)).TakeText(15_000))
        {
            if (CounterReceipt.Parse(text) is { } receipt) { CanonicalJson.Of(receipt).ShouldBe(text); }
        }
    }

    [Fact]
    public void Payload_Changed_IsRefusedOrReadWithinItsBounds()
    {
        var plain = Payload();
        BatchOpening.Read(plain, Items, 50).Columns.Count.ShouldBe(Items.Length);
        var before = GC.GetTotalAllocatedBytes();
        var read = 0;
        foreach (var bytes in new Mutations(Seed, plain).Take(15_000))
        {
            try
            {
                foreach (var column in BatchOpening.Read(bytes, Items, 50).Columns)
                {
                    for (var row = 0; row < column.Count; row++) { Touch(column, row); }
                }

                read++;
            }
            // The receiver turns whatever Arrow throws into "the payload is broken"; what must not happen is a crash of the process or a huge allocation.
            catch (Exception e) when (e is not OutOfMemoryException and not ShouldAssertException) { }
        }

        read.ShouldBeGreaterThan(0);
        // A payload of a few kilobytes that made the reader ask for gigabytes would show here.
        ((GC.GetTotalAllocatedBytes() - before) / 15_000).ShouldBeLessThan(1_000_000);
    }

    [Fact]
    public void BinaryCopy_Changed_IsRefusedOrRead()
    {
        var good = Copy();
        foreach (var bytes in new Mutations(Seed, good).Take(15_000))
        {
            var buffers = Items.Where(i => i.Type is ItemType.Integer or ItemType.Text or ItemType.Boolean).Select(i => new ColumnBuffer(i.Type)).ToArray();
            var reader = new PostgresRowReader(buffers, []);
            try
            {
                var at = 0;
                while (reader.Take(bytes.AsSpan(at)) is > 0 and var taken) { at += taken; }
                at.ShouldBeLessThanOrEqualTo(bytes.Length);
            }
            catch (InvalidDataException) { }
        }
    }

    [Fact]
    public void ChangeStream_Changed_IsTakenApartOrRefused()
    {
        var good = ChangeStream();
        good.Select(m => new PgOutputReader().Read(m)).ShouldBe(
            [PgOutputKind.Begin, PgOutputKind.Relation, PgOutputKind.Insert, PgOutputKind.Update, PgOutputKind.Delete, PgOutputKind.Truncate, PgOutputKind.Commit]);
        var reader = new PgOutputReader();
        var refused = 0;
        foreach (var bytes in new Mutations(Seed, good).Take(15_000))
        {
            try { reader.Read(bytes); }
            catch (InvalidDataException) { refused++; }
        }

        refused.ShouldBeInRange(1, 14_999);
    }

    [Fact]
    public void ChangeStream_TruncationOfMoreTablesThanItHolds_IsRefusedBeforeThereIsRoomForThem()
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        Should.Throw<InvalidDataException>(() => new PgOutputReader().Read([(byte)'T', 0x07, 0, 0, 0, 0, 0, 0, 0, 1]));
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(1_000_000);
    }

    [Fact]
    public void ComparisonAnswer_Changed_IsRefusedOrReadAsItIsWritten()
    {
        var reading = new SideReading(null);
        reading.Ranges.Put(5, 2, new RowSum(3, 4));
        reading.Ranges.Put(KeyRanges.Leaves - 1, 1, new RowSum(UInt128.MaxValue, 6));
        reading.Rows[7] = new RowSum(8, 9);
        reading.LeftOut.Add(10);
        var good = reading.ToBytes();
        SideReading.Parse(good)!.ToBytes().ShouldBe(good);
        // Few, because room for all ranges is made each time.
        foreach (var bytes in new Mutations(Seed, good).Take(500))
        {
            if (SideReading.Parse(bytes) is { } read) { SideReading.Parse(read.ToBytes()).ShouldNotBeNull(); }
        }
    }

    [Fact]
    public void LedgerProof_Changed_IsRefusedAsJson()
    {
        var good = Encoding.UTF8.GetBytes("""{"format":"zhengtong-ledger-proof/1","publicKey":"-----BEGIN PUBLIC KEY-----","leaf":"{}","index":3,"inclusion":["AAAA"],"checkpoint":"origin\n4\nAAAA\n\n— origin AAAA\n","data":null,"older":null}""");
        foreach (var text in new Mutations(Seed, good).TakeText(10_000))
        {
            try { ProofBundle.Read(text).Format.ShouldBe("zhengtong-ledger-proof/1"); }
            catch (JsonException) { }
        }
    }

    [Fact]
    public void Checkpoint_Changed_IsTakenApartOrRefused()
    {
        var note = Encoding.UTF8.GetBytes($"zhengtong.gov.cn/ledger\n1234\n{Convert.ToBase64String(new byte[32])}\n\n— zhengtong.gov.cn/ledger {Convert.ToBase64String(new byte[75])}\n— witness {Convert.ToBase64String(new byte[75])}\n");
        CheckpointNote.TryParse(Encoding.UTF8.GetString(note), out _).ShouldBeTrue();
        foreach (var text in new Mutations(Seed, note).TakeText(10_000))
        {
            if (CheckpointNote.TryParse(text, out var checkpoint)) { checkpoint.Size.ShouldBeGreaterThanOrEqualTo(0); checkpoint.Root.Length.ShouldBe(32); }
        }
    }

    [Fact]
    public void OpenApi_Changed_IsReadOrRefusedWithASentence()
    {
        foreach (var text in new Mutations(Seed, Encoding.UTF8.GetBytes(RegisterResourceTests.FirmsDocument)).TakeText(10_000))
        {
            var read = OpenApiText.Read(text);
            (read.Fault is null).ShouldBe(read.Operations.Count > 0);
            // Whatever is accepted can be written into a request line as it is.
            foreach (var path in read.Operations.Select(o => o.Path)) { (path.StartsWith('/') && path.Split('/').All(s => s is not ("." or "..")) && !path.Any(c => char.IsControl(c) || c is '%' or '\\')).ShouldBeTrue(path); }
        }
    }

    [Fact]
    public void PastedItems_Changed_AreReadCellByCell()
    {
        var good = Encoding.UTF8.GetBytes("信息项名称\t字段名\t类型\t长度\t主键\r\n许可证号\tlicence_no\tvarchar(30)\t\t是\r\n金额\tamount\tnumeric(12,2)\r\n");
        foreach (var text in new Mutations(Seed, good).TakeText(5_000)) { ItemPaste.Read(text).Count.ShouldBeLessThanOrEqualTo(500); }
    }

    [Theory]
    [InlineData(SuiteName.International, 10_000)]
    [InlineData(SuiteName.National, 1_500)]
    public void Signature_Changed_NeverHoldsAndNeverThrows(SuiteName name, int count)
    {
        var suite = Suite.Of(name);
        var (publicKey, privateKey) = suite.MakePair();
        using var signer = suite.OpenSealing(privateKey);
        byte[] message = [.. "政通"u8];
        var signature = signer.Sign(message);
        suite.Verify(publicKey, message, signature).ShouldBeTrue();
        foreach (var changed in new Mutations(Seed, signature).Take(count)) { suite.Verify(publicKey, message, changed).ShouldBeFalse(Convert.ToHexString(changed)); }
        foreach (var changed in new Mutations(Seed, publicKey).Take(count / 2)) { suite.Verify(changed, message, signature).ShouldBeFalse(Convert.ToHexString(changed)); }
    }

    /// <summary>What a receipt proves, however it is spelt.</summary>
    private static string Proof(ReceiptFile file) => string.Join('|', new[]
    {
        file.Manifest, file.ProviderSignature, file.ProviderKey, file.CounterReceipt, file.ConsumerSignature, file.ConsumerKey, file.Agreement, file.ProviderSeal, file.ProviderSealKey, file.ConsumerSeal, file.ConsumerSealKey,
    }.Select(v => v is null ? "" : Convert.ToBase64String(Convert.FromBase64String(v))));

    private static BatchManifest Manifest(Suite suite, string agreementDigest = "", Guid agreement = default, string providerKey = "0011223344556677") => new(
        BatchManifest.FormatName, Guid.Parse("0199a000-0000-7000-8000-000000000001"), agreement, agreementDigest.Length == 0 ? suite.DigestOf("x") : agreementDigest, 7, suite.DigestOf("previous"), DeliveryPhase.Changes, 50, 3, null,
        BatchColumn.Of(Items), suite.DigestOf("payload"), suite.Word, new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero), providerKey, "8899aabbccddeeff", Convert.ToBase64String(new byte[65]), suite.DigestOf("cipher"), 4711);

    private static CounterReceipt Counter(Suite suite, BatchManifest manifest, string consumerKey = "0011223344556677") => new(
        CounterReceipt.FormatName, manifest.Delivery, manifest.Sequence, suite.DigestOf(CanonicalJson.Of(manifest)), manifest.Rows, suite.DigestOf("target"), new DateTimeOffset(2026, 1, 1, 0, 0, 1, TimeSpan.Zero), suite.Word, consumerKey);

    private static ReceiptFile Receipt(Suite suite)
    {
        var (provider, consumer) = (suite.MakePair(), suite.MakePair());
        string Signed(byte[] privateKey, string text)
        {
            using var key = suite.OpenSealing(privateKey);
            return Convert.ToBase64String(key.Sign(Encoding.UTF8.GetBytes(text)));
        }

        var document = new AgreementDocument(AgreementDocument.CurrentFormat, Guid.Parse("0199a000-0000-7000-8000-000000000002"), "XS-2026-000001", new AgreementResource(Guid.Empty, "3/1", "企业", 1),
            new AgreementParty(Guid.Empty, "1161", "甲"), new AgreementParty(Guid.Empty, "1162", "乙"), Items, [], "监管", "食品安全法", 60, DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(80), suite.Word, DeliveryKind.Table, [], null);
        var agreement = CanonicalJson.Of(document);
        var manifest = Manifest(suite, suite.DigestOf(agreement), document.Id, suite.KeyIdOf(provider.PublicKey));
        var manifestText = CanonicalJson.Of(manifest);
        var counter = CanonicalJson.Of(Counter(suite, manifest, suite.KeyIdOf(consumer.PublicKey)));
        string Bytes(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));
        var (providerKey, consumerKey) = (Convert.ToBase64String(provider.PublicKey), Convert.ToBase64String(consumer.PublicKey));
        return new ReceiptFile(ReceiptFile.FormatName, Bytes(manifestText), Signed(provider.PrivateKey, manifestText), providerKey, Bytes(counter), Signed(consumer.PrivateKey, counter), consumerKey,
            Bytes(agreement), Signed(provider.PrivateKey, agreement), providerKey, Signed(consumer.PrivateKey, agreement), consumerKey, null, null);
    }

    private static byte[] Payload()
    {
        var columns = Items.Select(i => new ColumnBuffer(i.Type)).ToArray();
        for (var row = 0; row < 50; row++)
        {
            foreach (var column in columns) { Put(column, row); }
        }

        var suite = Suite.International;
        var (publicKey, privateKey) = suite.MakePair();
        using var signer = suite.OpenSealing(privateKey);
        using var receiver = suite.OpenReceiving(privateKey);
        var batch = new BatchSeal(suite, signer).Seal(new RowGroup(columns, 50, new Position([])), Items, Manifest(suite), publicKey);
        return new BatchOpening().Open(suite, BatchManifest.Parse(batch.Manifest)!, receiver, batch.Ciphertext.Span).ToArray();
    }

    private static void Put(ColumnBuffer column, int row)
    {
        if (row % 7 == 3 && column.Type != ItemType.Integer) { column.AppendNull(); return; }
        switch (column.Type)
        {
            case ItemType.Integer or ItemType.Timestamp: column.AppendInt64(row); break;
            case ItemType.Float: column.AppendDouble(row / 3.0); break;
            case ItemType.Boolean: column.AppendBoolean(row % 2 == 0); break;
            case ItemType.Date: column.AppendDays(row); break;
            default: column.AppendBytes(Encoding.UTF8.GetBytes($"{row}.50")); break;
        }
    }

    private static void Touch(ColumnView column, int row)
    {
        if (column.IsNull(row)) { return; }
        switch (column.Type)
        {
            case ItemType.Integer or ItemType.Timestamp or ItemType.Float: column.Int64At(row); break;
            case ItemType.Boolean: column.BooleanAt(row); break;
            case ItemType.Date: column.DaysAt(row); break;
            default: _ = column.BytesAt(row).Length; break;
        }
    }

    /// <summary>One message of each kind: a transaction on a table of two columns.</summary>
    private static byte[][] ChangeStream()
    {
        byte[] table = [0, 0, 0x40, 1], whole = [0, 2, (byte)'b', 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 7, (byte)'n'], touched = [0, 2, (byte)'b', 0, 0, 0, 1, 1, (byte)'u'];
        return
        [
            [(byte)'B', .. new byte[20]],
            [(byte)'R', .. table, .. "public\0t\0d"u8, 0, 2, 1, .. "id\0"u8, 0, 0, 0, 20, 0xFF, 0xFF, 0xFF, 0xFF, 0, .. "name\0"u8, 0, 0, 0, 25, 0xFF, 0xFF, 0xFF, 0xFF],
            [(byte)'I', .. table, (byte)'N', .. whole],
            [(byte)'U', .. table, (byte)'K', .. whole, (byte)'N', .. touched],
            [(byte)'D', .. table, (byte)'K', .. whole],
            [(byte)'T', 0, 0, 0, 2, 0, .. table, .. table],
            [(byte)'C', .. new byte[25]],
        ];
    }

    /// <summary>Three fields a row: bigint, text, boolean; some null.</summary>
    private static byte[] Copy()
    {
        List<byte> bytes = [.. PostgresBinary.Header];
        for (byte row = 0; row < 20; row++)
        {
            bytes.AddRange([0, 3, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, row]);
            bytes.AddRange(row % 5 == 2 ? [0xFF, 0xFF, 0xFF, 0xFF] : [0, 0, 0, 6, 0xE4, 0xBC, 0x81, 0xE4, 0xB8, 0x9A]);
            bytes.AddRange([0, 0, 0, 1, (byte)(row % 2)]);
        }

        bytes.AddRange(PostgresBinary.Trailer);
        return [.. bytes];
    }
}
