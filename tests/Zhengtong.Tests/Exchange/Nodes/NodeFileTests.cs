using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Exchange.Files;
using Zhengtong.Exchange.Nodes;
using Zhengtong.Exchange.Nodes.Machine;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Secrets;
using Zhengtong.Tests.Exchange.Files;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Exchange.Nodes;

/// <summary>Files between departments' own machines: the real program as platform, as the provider's node and as consumers'.</summary>
[OnDatabase(Once = true)]
public sealed class NodeFileTests(ITestOutputHelper output)
{
    private const string Mark = "绝密内容-Plaintext-0917";

    /// <summary>Not a multiple of a segment, with a secret in every few bytes.</summary>
    private static readonly byte[] Content = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 1_100_000).Select(n => $"{Mark}{n:D7}\n")));

    [Fact]
    public async Task Send_ToANodeAndAHostedRecipientWithAKillOfEachNodeInTheMiddle_ArrivesOnceWithReceiptsAndNothingPlainIsStored()
    {
        await using var scene = await NodeFileScene.PrepareAsync(provides: true, (SuiteName.International, true), (SuiteName.National, true), (SuiteName.National, false));
        await scene.ServeAsync();
        var (first, second, hosted) = (scene.Parties.Takers[0], scene.Parties.Takers[1], scene.Parties.Takers[2]);
        var (provider, consumer) = (scene.Provider!, scene.Consumers[first.Agreement.Id]);
        foreach (var machine in scene.Consumers.Values.Append(provider)) { await scene.EnrolAsync(machine); }

        // The provider's node dies when some of the file is there, and goes on behind it.
        provider.Line.BytesPerSecond = 8_000_000;
        var node = scene.Run(provider);
        var dropped = await scene.DropAsync("卫星影像 2026.txt", Content);
        await scene.UntilAsync(async () => await scene.FileAsync() is { Offset: >= 2 * FileContent.SegmentSize }, "nothing is handed in");
        provider.Line.BytesPerSecond = 1000;
        await node.KillAsync();
        var half = (await scene.FileAsync())!;
        (half.State, half.Wrap).ShouldBe((FileState.Uploading, null));
        half.Offset.ShouldBeLessThan(Content.Length);
        File.Exists(dropped).ShouldBeTrue();
        var segment = Directory.EnumerateFiles(scene.Deployment.DataDirectory, "00000000*", SearchOption.AllDirectories).Single(f => f.Contains($"{half.Id}", StringComparison.Ordinal));
        var written = await File.ReadAllBytesAsync(segment);
        provider.Line.BytesPerSecond = null;
        node = scene.Run(provider);
        await scene.UntilAsync(async () => (await scene.Parties.RecipientsAsync(half.Id)).Count == 3, "it is not given to all");
        var recipients = await scene.Parties.RecipientsAsync(half.Id);
        await scene.UntilAsync(() => Task.FromResult(!File.Exists(dropped)), "the file stays in the outbox");
        (await File.ReadAllBytesAsync(scene.SentOf(Path.GetFileName(dropped)))).AsSpan().SequenceEqual(Content).ShouldBeTrue();
        // A segment that came again would be encrypted anew.
        (await File.ReadAllBytesAsync(segment)).AsSpan().SequenceEqual(written).ShouldBeTrue();
        var file = (await scene.FileAsync())!;
        (file.Length, file.Sha256, file.Check, file.NodeId).ShouldBe((Content.Length, FileParties.Sha256(Content), ContentCheck.NotConfigured, provider.Node));
        (await scene.Parties.EventsAsync(half.Id)).ShouldBe(["exchange.upload-started", "exchange.file-uploaded", "exchange.file-checked"], ignoreOrder: true);
        recipients.ConvertAll(r => (r.AgreementId, r.NodeId)).ShouldBe(
            [(first.Agreement.Id, consumer.Node), (second.Agreement.Id, scene.Consumers[second.Agreement.Id].Node), (hosted.Agreement.Id, null)], ignoreOrder: true);

        // The consumer's node dies when some of it is on its disk; nobody sees half a file.
        consumer.Line.BytesPerSecond = 8_000_000;
        var taker = scene.Run(consumer);
        await scene.UntilAsync(() => Task.FromResult(scene.Inbox(first.Agreement.Id, drafts: true).Any(f => f.Length >= 2 * FileContent.SegmentSize)), "nothing arrives");
        consumer.Line.BytesPerSecond = 1000;
        await taker.KillAsync();
        scene.Inbox(first.Agreement.Id).ShouldBeEmpty();
        var draft = scene.Inbox(first.Agreement.Id, drafts: true).Single().Length;
        draft.ShouldBeLessThan(Content.Length);
        consumer.Line.BytesPerSecond = null;
        var heard = consumer.Line.Heard;
        scene.Run(consumer);
        scene.Run(scene.Consumers[second.Agreement.Id]);

        foreach (var (agreement, number) in new[] { first, second }.Select(t => (t.Agreement.Id, t.Agreement.Number)))
        {
            await scene.UntilAsync(async () => (await scene.Parties.RecipientsAsync(file.Id)).Single(r => r.AgreementId == agreement).State == RecipientState.DownloadConfirmed, $"{number} is not confirmed");
            var arrived = scene.Inbox(agreement).ShouldHaveSingleItem();
            arrived.Name.ShouldBe("卫星影像 2026.txt");
            (await File.ReadAllBytesAsync(arrived.FullName)).AsSpan().SequenceEqual(Content).ShouldBeTrue();
            scene.Inbox(agreement, drafts: true).ShouldBeEmpty();
        }

        // What had arrived did not come again.
        (consumer.Line.Heard - heard).ShouldBeLessThan(Content.Length - draft + (2 * FileContent.SegmentSize));

        // The hosted one fetches the same file from the platform, and the other way is closed to those with a node.
        var client = await scene.Parties.ProgramAsync(scene.Address, hosted.Consumer);
        var own = recipients.Single(r => r.AgreementId == hosted.Agreement.Id);
        (await client.GetByteArrayAsync($"/api/v1/received-files/{own.Id}/content")).AsSpan().SequenceEqual(Content).ShouldBeTrue();
        (await client.PostAsJsonAsync($"/api/v1/received-files/{own.Id}/confirmation", new { digest = file.Sm3 })).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        var other = await scene.Parties.ProgramAsync(scene.Address, first.Consumer);
        var elsewhere = recipients.Single(r => r.AgreementId == first.Agreement.Id).Id;
        (await (await other.GetAsync($"/api/v1/received-files/{elsewhere}/content")).ReadProblemCode()).ShouldBe("exchange.file-on-node");
        (await (await other.PostAsJsonAsync($"/api/v1/received-files/{elsewhere}/confirmation", new { digest = file.Sha256 })).ReadProblemCode()).ShouldBe("exchange.file-on-node");

        // Each receipt stands for itself.
        var giver = await scene.Parties.ProviderAsync(scene.Address);
        foreach (var recipient in recipients)
        {
            var receipt = FileReceipt.Parse(await giver.GetStringAsync($"/api/v1/received-files/{recipient.Id}/receipt")).ShouldNotBeNull();
            var checks = FileReceiptVerification.Of(receipt);
            checks.Where(c => !c.Holds).Select(c => c.Sentence).ShouldBeEmpty();
            (await scene.Parties.EventsAsync(recipient.Id)).ShouldBe(["exchange.file-published", "exchange.file-download-started", "exchange.file-confirmed"], ignoreOrder: true);
        }

        var said = new StringWriter();
        await scene.UntilAsync(async () => await NodeVerb.StatusAsync(provider.Folder, TextWriter.Null) == 0 && provider.Open().Report is { Files: [{ DoneAt: not null }] }, "the status does not show the file");
        await NodeVerb.StatusAsync(provider.Folder, said);
        await scene.UntilAsync(() => Task.FromResult(consumer.Open().Report is { Files: [{ DoneAt: not null, Role: NodeRole.Consumer }] }), "the status does not show the file that came");
        await NodeVerb.StatusAsync(consumer.Folder, said);
        said.ToString().ShouldContain("卫星影像 2026.txt");
        output.WriteLine(said.ToString());
        await scene.NothingPlainAsync(Mark);
        (await File.ReadAllBytesAsync(scene.SentOf("卫星影像 2026.txt"))).AsSpan().IndexOf(Encoding.UTF8.GetBytes(Mark)).ShouldBe(0);
    }

    [Fact]
    public async Task Receive_HostedProvider_ArrivesAtTheNodeAndASpoiltByteIsNeitherShownNorConfirmed()
    {
        await using var scene = await NodeFileScene.PrepareAsync(provides: false, (SuiteName.National, true));
        await scene.ServeAsync();
        var (_, agreement) = scene.Parties.Takers[0];
        var machine = scene.Consumers[agreement.Id];
        await scene.EnrolAsync(machine);
        var bytes = FileParties.Bytes(FileContent.SegmentSize + 70_000);
        var id = await scene.Parties.UploadAsync(await scene.Parties.ProviderAsync(scene.Address), bytes, "日报.csv");
        var recipient = (await scene.Parties.PublishedAsync(id, 1)).Single();
        recipient.NodeId.ShouldBe(machine.Node);

        var segment = Directory.EnumerateFiles(scene.Deployment.DataDirectory, "00000001*", SearchOption.AllDirectories).Single(f => f.Contains($"{id}", StringComparison.Ordinal));
        var good = await File.ReadAllBytesAsync(segment);
        var bad = good.ToArray();
        bad[^1000] ^= 1;
        await File.WriteAllBytesAsync(segment, bad);
        scene.Run(machine);
        await scene.UntilAsync(() => Task.FromResult(machine.Open().Report is { Files: { Count: > 0 } files } && files.Any(f => f.Problem is not null)), "nobody noticed");
        scene.Inbox(agreement.Id).ShouldBeEmpty();
        (await scene.Parties.RecipientsAsync(id)).Single().State.ShouldBe(RecipientState.DownloadStarted);
        (await NodeVerb.StatusAsync(machine.Folder, TextWriter.Null)).ShouldBe(1);

        await File.WriteAllBytesAsync(segment, good);
        await scene.UntilAsync(async () => (await scene.Parties.RecipientsAsync(id)).Single().State == RecipientState.DownloadConfirmed, "the whole file does not arrive");
        (await File.ReadAllBytesAsync(scene.Inbox(agreement.Id).ShouldHaveSingleItem().FullName)).AsSpan().SequenceEqual(bytes).ShouldBeTrue();

        // A crash between the file and its receipt: the file is not fetched again, it is confirmed.
        var again = await scene.Parties.UploadAsync(await scene.Parties.ProviderAsync(scene.Address), bytes, "日报.csv");
        await scene.UntilAsync(async () => (await scene.Parties.RecipientsAsync(again)).SingleOrDefault()?.State == RecipientState.DownloadConfirmed, "the second of the same name and content is not confirmed");
        scene.Inbox(agreement.Id).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Send_WithClamdOnTheNode_MalwareNeverLeavesAndACleanFileSaysSo()
    {
        await using var scene = await NodeFileScene.PrepareAsync(provides: true, (SuiteName.International, false));
        await scene.ServeAsync();
        await scene.EnrolAsync(scene.Provider!);
        using var clamd = new ClamdServer();
        scene.Run(scene.Provider!, ("Node:Clamd", clamd.Address), ("Node:ClamdSeconds", "5"));
        await scene.DropAsync("eicar.com", ClamdServer.Eicar);
        await scene.UntilAsync(() => Task.FromResult(scene.Provider!.Open().Report is { Files: [{ Problem: "exchange.checker-unreachable" }] }), "a file goes unsearched");
        (await scene.FileAsync()).ShouldBeNull();

        clamd.Open();
        await scene.UntilAsync(() => Task.FromResult(File.Exists(scene.SentOf("eicar.com", "refused"))), "malware is not put aside");
        var refused = (await scene.FileAsync())!;
        (refused.State, refused.Check, refused.Offset).ShouldBe((FileState.Refused, ContentCheck.Malware, 0));
        refused.Finding.ShouldBe("Eicar-Test-Signature");
        (await scene.Parties.EventsAsync(refused.Id)).ShouldBe(["exchange.file-refused"]);

        await scene.DropAsync("clean.bin", FileParties.Bytes(300_000));
        await scene.UntilAsync(() => Task.FromResult(File.Exists(scene.SentOf("clean.bin"))), "the clean file does not leave");
        var clean = await scene.WithDb(db => db.ExchangedFiles.AsNoTracking().SingleAsync(f => f.Name == "clean.bin"));
        clean.Check.ShouldBe(ContentCheck.Clean);
        clamd.Seen.ShouldContain(300_000);
        await scene.Parties.PublishedAsync(clean.Id, 1);

        // An agreement that comes later gets it too, as long as it is kept.
        await scene.Parties.AddTakerAsync(SuiteName.National);
        await scene.Parties.PublishedAsync(clean.Id, 2);
    }

    [Fact]
    public async Task HandIn_AlteredForgedOrByARevokedNode_IsRefused()
    {
        await using var scene = await NodeFileScene.PrepareAsync(provides: true, (SuiteName.International, false), (SuiteName.International, true));
        await scene.ServeAsync();
        var provider = scene.Provider!;
        await scene.EnrolAsync(provider);
        foreach (var consumer in scene.Consumers.Values) { await scene.EnrolAsync(consumer); }
        var now = TimeProvider.System.GetUtcNow();
        var (id, length) = (Guid.CreateVersion7(now), 1000);
        var begin = new BeginNodeFileRequest(id, scene.Parties.Resource.Id, "a.bin", length, new string('a', 64), new string('b', 64), new string('c', 64), ContentCheck.Clean, null);
        async Task<string?> BeginAsync(FileMachine machine, BeginNodeFileRequest request) => await scene.AskAsync(machine, HttpMethod.Post, "/files", Json(request));
        (await BeginAsync(scene.Consumers.Values.Single(), begin)).ShouldBe("exchange.not-provider");
        (await BeginAsync(provider, begin with { Name = "../a.bin" })).ShouldBe("exchange.upload-metadata");
        (await BeginAsync(provider, begin with { Finding = "x" })).ShouldBe("exchange.upload-metadata");
        (await BeginAsync(provider, begin)).ShouldBeNull();

        var segment = FileParties.Bytes(length + FileContent.Overhead);
        var changed = segment.ToArray();
        changed[500] ^= 1;
        async Task<string?> PutAsync(FileMachine machine, int index, byte[] body, byte[]? instead = null) => await scene.AskAsync(machine, HttpMethod.Put, $"/files/{id}/segments/{index}", body, instead, "application/octet-stream");
        (await PutAsync(provider, 0, segment, changed)).ShouldBe("exchange.node-signature-invalid");
        (await PutAsync(provider, 0, segment[1..])).ShouldBe("kernel.malformed");
        (await PutAsync(provider, 1, segment)).ShouldBe("exchange.offset-wrong");
        (await PutAsync(scene.Consumers.Values.Single(), 0, segment)).ShouldBe("exchange.upload-unknown");
        (await scene.FileAsync())!.Offset.ShouldBe(0);
        Directory.EnumerateFiles(scene.Deployment.DataDirectory, "00000000*", SearchOption.AllDirectories).Where(f => f.Contains($"{id}", StringComparison.Ordinal)).ShouldBeEmpty();
        (await PutAsync(provider, 0, segment)).ShouldBeNull();
        (await PutAsync(provider, 0, segment)).ShouldBeNull();
        (await scene.FileAsync())!.State.ShouldBe(FileState.Published);

        // A manifest that says something else about the file, or that somebody else signed.
        var terms = scene.Parties.Takers[0].Agreement;
        var receiver = await scene.WithDb(db => db.OrganisationKeys.AsNoTracking().Where(k => k.OrganisationId == terms.ConsumerId && k.Use == KeyUse.Receive).FirstOrDefaultAsync());
        var own = receiver ?? await OwnKeyAsync(scene, terms.ConsumerId);
        var seal = provider.Open().KeysOf(SuiteName.International, KeyUse.Seal);
        var wrap = KeyWrap.To(own, id, new byte[FileContent.KeySize]);
        var manifest = new FileManifest(FileManifest.FormatName, id, scene.Parties.Resource.Id, terms.Id, terms.Digest, "a.bin", "", length, begin.Sha256, Suite.International.Word,
            new DateTimeOffset(now.UtcTicks - (now.UtcTicks % TimeSpan.TicksPerMillisecond), TimeSpan.Zero), Suite.International.KeyIdOf(seal.PublicKey), own.KeyId);
        async Task<string?> GiveAsync(FileManifest said, NodeKeyPair by)
        {
            using var signer = Suite.International.OpenSealing(by.PrivateKey);
            var text = CanonicalJson.Of(said);
            return await scene.AskAsync(provider, HttpMethod.Post, $"/files/{id}/recipients", Json(new PublishNodeFileRequest(text, Convert.ToBase64String(signer.Sign(Encoding.UTF8.GetBytes(text))), wrap.ToText())));
        }

        foreach (var forged in new[] { manifest with { Digest = new string('0', 64) }, manifest with { Length = 999 }, manifest with { Name = "b.bin" }, manifest with { PublishedAt = manifest.PublishedAt.AddHours(-1) }, manifest with { ProviderKey = own.KeyId }, manifest with { ConsumerKey = new string('0', 16) } })
        {
            (await GiveAsync(forged, seal)).ShouldBe("exchange.proof-broken", forged.ToString());
        }

        (await GiveAsync(manifest, scene.Consumers.Values.Single().Open().KeysOf(SuiteName.International, KeyUse.Seal))).ShouldBe("exchange.proof-broken");
        (await scene.Parties.RecipientsAsync(id)).ShouldBeEmpty();
        (await GiveAsync(manifest, seal)).ShouldBeNull();
        (await GiveAsync(manifest, seal)).ShouldBeNull();
        (await scene.Parties.RecipientsAsync(id)).Count.ShouldBe(1);

        // Revoked, it may neither begin nor ask, and its node keeps the file where it is.
        await scene.WithDb(async db =>
        {
            var actor = new Actor(Guid.CreateVersion7(now), "张三", scene.Parties.Provider.Id, default, new HashSet<Role>());
            (await RevokeNode.Handle(provider.Node, new RevokeNodeRequest("机器被盗"), actor, db, TimeProvider.System, CancellationToken.None)).Result.ShouldBeOfType<Microsoft.AspNetCore.Http.HttpResults.NoContent>();
            return true;
        });
        (await BeginAsync(provider, begin with { File = Guid.CreateVersion7(now) })).ShouldBe("exchange.node-revoked");
        scene.Run(provider);
        var kept = await scene.DropAsync("b.bin", segment);
        await scene.UntilAsync(() => Task.FromResult(provider.Open().Report is { Problem: "exchange.node-revoked" }), "the node does not notice");
        File.Exists(kept).ShouldBeTrue();
        (await scene.WithDb(db => db.ExchangedFiles.CountAsync())).ShouldBe(1);
    }

    private static byte[] Json(object body) => JsonSerializer.SerializeToUtf8Bytes(body, body.GetType(), CanonicalJson.Options);

    private static async Task<OrganisationKey> OwnKeyAsync(NodeFileScene scene, Guid organisation) => await scene.WithDb(db => new OrganisationKeys(db, new Vault(scene.Deployment), TimeProvider.System)
        .CurrentAsync(organisation, Suite.International, KeyUse.Receive, CancellationToken.None));
}
