using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Exchange.Files;
using Zhengtong.Exchange.Nodes;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Secrets;
using Zhengtong.Tests.Exchange.Support;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Exchange.Files;

/// <summary>From upload to receipt, over HTTP.</summary>
[OnDatabase]
public sealed partial class FileExchangeTests(PlatformFixture platform) : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("zhengtong-file-receipt-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task File_ToTwoRecipients_IsFetchedAndConfirmedByEachForItself()
    {
        var parties = await PartiesAsync(SuiteName.International, SuiteName.National);
        var bytes = FileParties.Bytes(100_000);
        var (id, recipients) = await GiveAsync(parties, bytes);
        var clients = await ClientsAsync(parties);
        for (var n = 0; n < 2; n++)
        {
            var recipient = recipients.Single(r => r.ConsumerId == parties.Takers[n].Consumer.Id);
            var listed = (await clients[n].GetFromJsonAsync<JsonElement>($"/api/v1/received-files?agreement={parties.Takers[n].Agreement.Id}&open=true")).GetProperty("items").EnumerateArray().Single();
            (listed.GetProperty("id").GetGuid(), listed.GetProperty("name").GetString(), listed.GetProperty("state").GetString()).ShouldBe((recipient.Id, "影像.tif", "initialised"));
            (await clients[n].GetByteArrayAsync($"/api/v1/received-files/{recipient.Id}/content")).ShouldBe(bytes);
            var other = recipients.Single(r => r.Id != recipient.Id);
            (await (await clients[n].GetAsync($"/api/v1/received-files/{other.Id}/content")).ReadProblemCode()).ShouldBe("exchange.file-unknown");
            (await (await ConfirmAsync(clients[n], other.Id, DigestOf(bytes, n))).ReadProblemCode()).ShouldBe("exchange.file-unknown");
            (await (await clients[n].GetAsync($"/api/v1/received-files/{recipient.Id}/receipt")).ReadProblemCode()).ShouldBe("exchange.file-not-confirmed");

            (await ConfirmAsync(clients[n], recipient.Id, DigestOf(bytes, n).ToUpperInvariant())).StatusCode.ShouldBe(HttpStatusCode.NoContent);
            // Again: the same receipt, nothing counted twice.
            (await ConfirmAsync(clients[n], recipient.Id, DigestOf(bytes, n))).StatusCode.ShouldBe(HttpStatusCode.NoContent);
            (await parties.EventsAsync(recipient.Id)).ShouldBe(["exchange.file-published", "exchange.file-download-started", "exchange.file-confirmed"]);
            var usage = await parties.WithDb(db => db.Usage.Where(u => u.Subject == recipient.Id.ToString()).OrderBy(u => u.Meter).Select(u => new { u.Meter, u.Unit, u.Quantity, u.AgreementId }).ToListAsync());
            usage.Select(u => (u.Meter, u.Unit, u.Quantity, u.AgreementId)).ShouldBe([("exchange.file-bytes", "byte", 100_000, parties.Takers[n].Agreement.Id), ("exchange.files", "file", 1, parties.Takers[n].Agreement.Id)]);
        }

        var seen = await (await parties.ProviderAsync(platform.Address)).GetFromJsonAsync<JsonElement>($"/api/v1/files/{id}");
        seen.GetProperty("recipients").EnumerateArray().Select(r => r.GetProperty("state").GetString()).ShouldAllBe(s => s == "downloadConfirmed");
        (seen.GetProperty("sha256").GetString(), seen.GetProperty("sm3").GetString()).ShouldBe((DigestOf(bytes, 0), DigestOf(bytes, 1)));
    }

    [Fact]
    public async Task Confirmation_WithAnotherDigest_IsRefusedSeenAndMayBeRepeated()
    {
        var parties = await PartiesAsync(SuiteName.International);
        var bytes = FileParties.Bytes(1000);
        var (id, recipients) = await GiveAsync(parties, bytes);
        var (client, provider) = ((await ClientsAsync(parties))[0], await parties.ProviderAsync(platform.Address));
        var wrong = new string('a', 64);
        (await (await ConfirmAsync(client, recipients[0].Id, wrong)).ReadProblemCode()).ShouldBe("exchange.file-digest-wrong");
        var seen = (await provider.GetFromJsonAsync<JsonElement>($"/api/v1/files/{id}")).GetProperty("recipients")[0];
        (seen.GetProperty("state").GetString(), seen.GetProperty("wrongDigest").GetString()).ShouldBe(("downloadFailed", wrong));
        (await (await ConfirmAsync(client, recipients[0].Id, "xyz")).ReadProblemCode()).ShouldBe("kernel.invalid");
        // The digest of another suite is not the agreement's.
        (await (await ConfirmAsync(client, recipients[0].Id, DigestOf(bytes, 1))).ReadProblemCode()).ShouldBe("exchange.file-digest-wrong");
        await client.GetByteArrayAsync($"/api/v1/received-files/{recipients[0].Id}/content");
        (await ConfirmAsync(client, recipients[0].Id, DigestOf(bytes, 0))).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await parties.EventsAsync(recipients[0].Id)).ShouldBe(
            ["exchange.file-published", "exchange.file-confirmation-refused", "exchange.file-confirmation-refused", "exchange.file-download-started", "exchange.file-confirmed"]);
        (await (await ConfirmAsync(client, recipients[0].Id, wrong)).ReadProblemCode()).ShouldBe("exchange.file-digest-wrong");
        (await parties.RecipientsAsync(id))[0].State.ShouldBe(RecipientState.DownloadConfirmed);
    }

    [Fact]
    public async Task Confirmation_ManyAtOnce_YieldsOneReceipt()
    {
        var parties = await PartiesAsync(SuiteName.International);
        var bytes = FileParties.Bytes(1000);
        var (_, recipients) = await GiveAsync(parties, bytes);
        var client = (await ClientsAsync(parties))[0];
        var answers = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => ConfirmAsync(client, recipients[0].Id, DigestOf(bytes, 0))));
        answers.ShouldAllBe(a => a.StatusCode == HttpStatusCode.NoContent || a.StatusCode == HttpStatusCode.Conflict);
        (await parties.EventsAsync(recipients[0].Id)).Count(e => e == "exchange.file-confirmed").ShouldBe(1);
        (await parties.WithDb(db => db.Usage.CountAsync(u => u.Subject == recipients[0].Id.ToString()))).ShouldBe(2);
    }

    [Fact]
    public async Task Download_Ranges_AreTheTrueBytesWithDigestsAndTag()
    {
        var parties = await PartiesAsync(SuiteName.International);
        var bytes = FileParties.Bytes((2 * FileContent.SegmentSize) + 54_321);
        var (_, recipients) = await GiveAsync(parties, bytes);
        var client = (await ClientsAsync(parties))[0];
        var url = $"/api/v1/received-files/{recipients[0].Id}/content";
        var whole = await client.GetAsync(url);
        var digest = $"sha-256=:{Convert.ToBase64String(Convert.FromHexString(FileParties.Sha256(bytes)))}:";
        (whole.Header("Content-Digest") ?? whole.Content.Headers.GetValues("Content-Digest").Single()).ShouldBe(digest);
        whole.Header("Repr-Digest").ShouldBe(digest);
        whole.Headers.ETag.ShouldBe(new EntityTagHeaderValue($"\"{FileParties.Sha256(bytes)}\""));
        (whole.Headers.AcceptRanges.Single(), whole.Content.Headers.ContentLength, whole.Content.Headers.ContentType!.MediaType).ShouldBe(("bytes", bytes.Length, "application/octet-stream"));
        whole.Content.Headers.ContentDisposition!.FileNameStar.ShouldBe("影像.tif");
        (await whole.Content.ReadAsByteArrayAsync()).AsSpan().SequenceEqual(bytes).ShouldBeTrue();

        var random = new Seeded(11);
        var cases = Enumerable.Range(0, 40).Select(_ => (From: (long?)random.Next(bytes.Length), To: (long?)null)).Select(c => (c.From, To: (long?)Math.Min(bytes.Length - 1, c.From!.Value + random.Next(200_000))))
            .Append((0, 0)).Append((FileContent.SegmentSize - 1, FileContent.SegmentSize)).Append((bytes.Length - 1, null)).Append((null, 100)).Append((5, 100_000_000));
        foreach (var (from, to) in cases)
        {
            var request = new HttpRequestMessage(HttpMethod.Get, url) { Headers = { Range = new RangeHeaderValue(from, to) } };
            var answer = await client.SendAsync(request);
            answer.StatusCode.ShouldBe(HttpStatusCode.PartialContent, $"{from}-{to}");
            var first = (int)(from ?? bytes.Length - to!.Value);
            var last = (int)(from is null ? bytes.Length - 1 : Math.Min(to ?? bytes.Length - 1, bytes.Length - 1));
            answer.Content.Headers.ContentRange.ShouldBe(new ContentRangeHeaderValue(first, last, bytes.Length));
            (await answer.Content.ReadAsByteArrayAsync()).AsSpan().SequenceEqual(bytes.AsSpan(first..(last + 1))).ShouldBeTrue($"{from}-{to}");
            answer.Headers.Contains("Content-Digest").ShouldBeFalse();
            answer.Header("Repr-Digest").ShouldBe(digest);
        }

        (await client.SendAsync(new HttpRequestMessage(HttpMethod.Get, url) { Headers = { Range = new RangeHeaderValue(bytes.Length, null) } })).StatusCode.ShouldBe(HttpStatusCode.RequestedRangeNotSatisfiable);
        var same = new HttpRequestMessage(HttpMethod.Get, url) { Headers = { Range = new RangeHeaderValue(5, 9), IfRange = new RangeConditionHeaderValue(whole.Headers.ETag!) } };
        (await client.SendAsync(same)).StatusCode.ShouldBe(HttpStatusCode.PartialContent);
        var changed = new HttpRequestMessage(HttpMethod.Get, url) { Headers = { Range = new RangeHeaderValue(5, 9), IfRange = new RangeConditionHeaderValue("\"another\"") } };
        (await client.SendAsync(changed)).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Agreement_LaterInForce_GetsKeptFilesAndASuspendedOneIsRefused()
    {
        var parties = await PartiesAsync();
        var bytes = FileParties.Bytes(1000);
        var (id, none) = await GiveAsync(parties, bytes);
        none.ShouldBeEmpty();
        var (consumer, agreement) = await parties.AddTakerAsync();
        var recipients = await parties.PublishedAsync(id, 1);
        var client = await parties.ProgramAsync(platform.Address, consumer);
        (await client.GetByteArrayAsync($"/api/v1/received-files/{recipients[0].Id}/content")).ShouldBe(bytes);

        await parties.WithDb(async db =>
        {
            (await db.Agreements.SingleAsync(a => a.Id == agreement.Id)).Suspend(parties.Provider.Id);
            return await db.SaveChangesAsync();
        });
        (await (await client.GetAsync($"/api/v1/received-files/{recipients[0].Id}/content")).ReadProblemCode()).ShouldBe("exchange.not-in-force");
        var second = await parties.UploadAsync(await parties.ProviderAsync(platform.Address), bytes);
        await UntilAsync(async () => (await parties.FileAsync(second)).State == FileState.Published);
        await Task.Delay(2500);
        (await parties.RecipientsAsync(second)).ShouldBeEmpty();
    }

    [Theory]
    [InlineData(SuiteName.International)]
    [InlineData(SuiteName.National)]
    public async Task Receipt_HoldsOfflineAndByOpenssl_AndEveryChangedPartIsRefused(SuiteName suite)
    {
        var (one, other) = (await ReceiptAsync(suite), await ReceiptAsync(suite));
        FileReceiptVerification.Of(one).Count.ShouldBe(13);
        FileReceiptVerification.Of(one).ShouldAllBe(c => c.Holds);
        (one.LedgerPublished, one.LedgerConfirmed).ShouldSatisfyAllConditions(l => l.LedgerPublished.ShouldNotBeNull(), l => l.LedgerConfirmed.ShouldNotBeNull());
        (await VerifyAsync(one)).ShouldBe(0);
        var commands = Shells().Matches(Repository.Read("docs", "receipts.md"))[1].Groups[1].Value;
        commands.ShouldContain("zhengtong-file-receipt-1");
        var (code, output) = await ShellAsync(commands, one);
        code.ShouldBe(0, output);
        // What docs/receipts.md says to look for: the suite, four verified signatures, and a line for each thing that must be the same.
        bool Holds(string said) => Regex.Count(said, "^Verified OK$", RegexOptions.Multiline) == 4
            && new[] { $"suite {Suite.Of(suite).Word}", "same file", "same content", "same agreement", "the provider's key", "the consumer's key" }.All(line => said.Contains(line, StringComparison.Ordinal));
        Holds(output).ShouldBeTrue(output);

        foreach (var (what, changed) in new[]
        {
            ("manifest", one with { Manifest = Change(one.Manifest, 40) }),
            ("provider's signature", one with { ProviderSignature = Change(one.ProviderSignature, -1) }),
            ("counter-receipt", one with { CounterReceipt = Change(one.CounterReceipt, 40) }),
            ("consumer's signature", one with { ConsumerSignature = Change(one.ConsumerSignature, -1) }),
            ("agreement", one with { Agreement = Change(one.Agreement, 40) }),
            ("provider's seal", one with { ProviderSeal = Change(one.ProviderSeal, -1) }),
            ("consumer's seal", one with { ConsumerSeal = Change(one.ConsumerSeal, -1) }),
            ("provider's key", one with { ProviderKey = one.ConsumerKey }),
            ("another's counter-receipt", one with { CounterReceipt = other.CounterReceipt, ConsumerSignature = other.ConsumerSignature, ConsumerKey = other.ConsumerKey }),
            ("another's agreement", one with { Agreement = other.Agreement, ProviderSeal = other.ProviderSeal, ProviderSealKey = other.ProviderSealKey, ConsumerSeal = other.ConsumerSeal, ConsumerSealKey = other.ConsumerSealKey }),
        })
        {
            FileReceiptVerification.Of(changed).ShouldContain(c => !c.Holds, what);
            (await VerifyAsync(changed)).ShouldBe(1, what);
            Holds((await ShellAsync(commands, changed)).Output).ShouldBeFalse(what);
        }
    }

    [Fact]
    public async Task Pages_OfProviderAndConsumer_LeadFromTheFormToTheReceipt()
    {
        var parties = await PartiesAsync(SuiteName.International);
        var provider = await platform.SignedIn(parties.Provider, Role.DepartmentOfficer);
        var consumer = await platform.SignedIn(parties.Takers[0].Consumer, Role.DepartmentOfficer);
        var bytes = FileParties.Bytes(5_000_000);
        var page = $"/work/exchange/resources/{parties.Resource.Id}/files";
        var token = Regex.Match(await provider.GetPage(page), "name=\"__RequestVerificationToken\" value=\"([^\"]+)\"").Groups[1].Value;
        MultipartFormDataContent Form(string proof, byte[] content) => new()
        {
            { new StringContent(proof), "__RequestVerificationToken" },
            { new ByteArrayContent(content) { Headers = { ContentType = new MediaTypeHeaderValue("text/csv") } }, "file", "名单 2026.csv" },
        };
        (await provider.PostAsync($"/work/exchange/resources/{parties.Resource.Id}/upload", Form("forged", bytes))).Headers.Location!.ToString().ShouldContain("refused=kernel.form-expired");
        (await parties.WithDb(db => db.ExchangedFiles.AnyAsync(f => f.ResourceId == parties.Resource.Id))).ShouldBeFalse();
        var answer = await provider.PostAsync($"/work/exchange/resources/{parties.Resource.Id}/upload", Form(token, bytes));
        answer.Headers.Location!.ToString().ShouldBe($"{page}?done=true");
        (await provider.GetPage($"{page}?refused=exchange.upload-too-large")).ShouldContain("The file is too large");
        var id = await parties.WithDb(db => db.ExchangedFiles.Where(f => f.ResourceId == parties.Resource.Id).Select(f => f.Id).SingleAsync());
        var recipient = (await parties.PublishedAsync(id, 1))[0];
        (await parties.FileAsync(id)).Sha256.ShouldBe(FileParties.Sha256(bytes));

        (await provider.GetPage(page)).ShouldContain("名单 2026.csv");
        (await provider.Submit(page, "retention", ("keepDays", "9"), ("latestDays", "5"))).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await provider.Submit(page, "retention", ("keepDays", "5"), ("latestDays", "9"))).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await parties.WithDb(db => db.FileRetentions.SingleAsync(r => r.ResourceId == parties.Resource.Id))).ShouldSatisfyAllConditions(r => r.KeepDays.ShouldBe(5), r => r.LatestDays.ShouldBe(9));
        (await consumer.GetAsync(page)).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        (await consumer.GetAsync($"/work/exchange/files/{id}")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await provider.GetAsync($"/work/exchange/received/{recipient.Id}")).StatusCode.ShouldBe(HttpStatusCode.NotFound);

        (await consumer.GetPage("/work/exchange/files")).ShouldContain($"/work/exchange/received/{recipient.Id}");
        (await consumer.GetPage($"/work/agreements/{parties.Takers[0].Agreement.Id}")).ShouldContain("Turn the inbox on");
        var received = $"/work/exchange/received/{recipient.Id}";
        (await consumer.GetPage(received)).ShouldContain(FileParties.Sha256(bytes));
        (await consumer.Submit(received, "confirm", ("digest", "no digest"))).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await consumer.Submit(received, "confirm", ("digest", new string('0', 64)))).StatusCode.ShouldBe(HttpStatusCode.UnprocessableEntity);
        var done = await consumer.Submit(received, "confirm", ("digest", FileParties.Sha256(bytes)));
        (await done.Content.ReadAsStringAsync()).ShouldContain("the receipt is signed");
        foreach (var party in new[] { provider, consumer }) { (await party.GetPage($"{received}/receipt")).ShouldContain("名单 2026.csv"); }
        (await provider.GetPage($"/work/exchange/files/{id}")).ShouldContain($"{received}/receipt");
    }

    [Fact]
    public async Task Inbox_SwitchedByTheConsumerAlone_IsOnOrOff()
    {
        var parties = await PartiesAsync(SuiteName.International);
        var (agreement, client) = (parties.Takers[0].Agreement.Id, (await ClientsAsync(parties))[0]);
        (await (await (await parties.ProviderAsync(platform.Address)).PutAsJsonAsync($"/api/v1/agreements/{agreement}/file-inbox", new { on = true })).ReadProblemCode()).ShouldBe("exchange.not-consumer");
        (await (await client.PutAsJsonAsync($"/api/v1/agreements/{Guid.AllBitsSet}/file-inbox", new { on = true })).ReadProblemCode()).ShouldBe("exchange.agreement-unknown");
        foreach (var on in new[] { true, true, false }) { (await client.PutAsJsonAsync($"/api/v1/agreements/{agreement}/file-inbox", new { on })).StatusCode.ShouldBe(HttpStatusCode.NoContent); }
        (await parties.EventsAsync(agreement)).Count(e => e == "exchange.file-inbox-set").ShouldBe(2);
        (await parties.WithDb(db => db.FileInboxes.AnyAsync(i => i.AgreementId == agreement))).ShouldBeFalse();
    }

    [Fact]
    public async Task Inbox_OnANode_MustBeAnEnrolledOneOfTheConsumer()
    {
        var parties = await PartiesAsync(SuiteName.International);
        var ((consumer, agreement), client) = (parties.Takers[0], (await ClientsAsync(parties))[0]);
        var now = TimeProvider.System.GetUtcNow();
        FrontEndNode Make(Guid organisation) => new() { Id = Guid.CreateVersion7(now), OrganisationId = organisation, Name = "前置机一", CreatedAt = now };
        var (own, foreign) = (Make(consumer.Id), Make(parties.Provider.Id));
        foreign.Enrol(now);
        await parties.WithDb(async db =>
        {
            db.FrontEndNodes.AddRange(own, foreign);
            return await db.SaveChangesAsync();
        });
        async Task<HttpResponseMessage> SetAsync(bool on, Guid? node) => await client.PutAsJsonAsync($"/api/v1/agreements/{agreement.Id}/file-inbox", new { on, node });
        foreach (var node in new[] { own.Id, foreign.Id, Guid.AllBitsSet }) { (await (await SetAsync(true, node)).ReadProblemCode()).ShouldBe("exchange.node-unknown"); }
        await parties.WithDb(async db =>
        {
            (await db.FrontEndNodes.SingleAsync(n => n.Id == own.Id)).Enrol(now);
            return await db.SaveChangesAsync();
        });
        async Task<FileInbox?> FindAsync() => await parties.WithDb(db => db.FileInboxes.AsNoTracking().SingleOrDefaultAsync(i => i.AgreementId == agreement.Id));
        foreach (var node in new[] { own.Id, own.Id, (Guid?)null, own.Id })
        {
            (await SetAsync(true, node)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
            (await FindAsync())!.NodeId.ShouldBe(node);
        }

        (await SetAsync(false, own.Id)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await FindAsync()).ShouldBeNull();
        (await parties.EventsAsync(agreement.Id)).Count(e => e == "exchange.file-inbox-set").ShouldBe(4);

        // On its page the node is one of the places to choose from.
        var officer = await platform.SignedIn(consumer, Role.DepartmentOfficer);
        (await officer.GetPage($"/work/agreements/{agreement.Id}")).ShouldContain("Front-end node 前置机一");
        (await officer.Submit($"/work/agreements/{agreement.Id}", "inbox", ("node", $"{foreign.Id}"))).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await officer.Submit($"/work/agreements/{agreement.Id}", "inbox", ("node", $"{own.Id}"))).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await FindAsync())!.NodeId.ShouldBe(own.Id);
        (await officer.GetPage($"/work/agreements/{agreement.Id}")).ShouldContain("Front-end node 前置机一");
    }

    private Task<FileParties> PartiesAsync(params SuiteName[] suites) => FileParties.MakeAsync(platform.App.Services, suites);

    private async Task<(Guid File, List<FileRecipient> Recipients)> GiveAsync(FileParties parties, byte[] bytes)
    {
        var id = await parties.UploadAsync(await parties.ProviderAsync(platform.Address), bytes);
        return (id, await parties.PublishedAsync(id, parties.Takers.Count));
    }

    private async Task<List<HttpClient>> ClientsAsync(FileParties parties)
    {
        List<HttpClient> clients = [];
        foreach (var (consumer, _) in parties.Takers) { clients.Add(await parties.ProgramAsync(platform.Address, consumer)); }
        return clients;
    }

    private async Task<FileReceipt> ReceiptAsync(SuiteName suite)
    {
        var parties = await PartiesAsync(suite);
        var bytes = FileParties.Bytes(1000);
        var (_, recipients) = await GiveAsync(parties, bytes);
        var client = (await ClientsAsync(parties))[0];
        (await ConfirmAsync(client, recipients[0].Id, Suite.Of(suite).DigestOf(bytes))).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        return FileReceipt.Parse(await client.GetStringAsync($"/api/v1/received-files/{recipients[0].Id}/receipt"))!;
    }

    private static Task<HttpResponseMessage> ConfirmAsync(HttpClient client, Guid recipient, string digest) => client.PostAsJsonAsync($"/api/v1/received-files/{recipient}/confirmation", new { digest });

    private static string DigestOf(byte[] bytes, int suite) => (suite == 0 ? Suite.International : Suite.National).DigestOf(bytes);

    private static string Change(string base64, int at)
    {
        var bytes = Convert.FromBase64String(base64);
        bytes[at < 0 ? bytes.Length + at : at] ^= 1;
        return Convert.ToBase64String(bytes);
    }

    private Task<int> VerifyAsync(FileReceipt receipt) => OfflineChecks.VerifyAsync(folder, receipt.ToText());

    private Task<(int Code, string Output)> ShellAsync(string commands, FileReceipt receipt) => OfflineChecks.ShellAsync(folder, commands, receipt.ToText());

    [GeneratedRegex("```sh\\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Shells();
}
