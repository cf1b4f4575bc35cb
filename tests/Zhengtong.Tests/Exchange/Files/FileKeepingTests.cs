using System.Net;
using System.Net.Http.Json;
using System.Text;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Exchange.Engine;
using Zhengtong.Exchange.Files;
using Zhengtong.Kernel.Jobs;
using Zhengtong.Kernel.Secrets;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Exchange.Files;

/// <summary>What becomes of files that lie: checked, kept, purged, carried in and out of folders; and that nobody who looks below the platform reads them.</summary>
[OnDatabase]
public sealed class FileKeepingTests
{
    [Fact]
    public async Task Sweep_ClockMovedOn_PurgesConfirmedFilesFirstAndTellsWhoNeverConfirmed()
    {
        var clock = new MovableClock();
        await using var platform = await OwnPlatform.StartAsync(b => b.Services.AddSingleton<TimeProvider>(clock));
        var parties = await FileParties.MakeAsync(platform.App.Services, SuiteName.International);
        var address = new Uri(platform.App.Urls.First());
        var provider = await parties.ProviderAsync(address);
        var bytes = FileParties.Bytes(10_000);
        var (taken, untaken) = (await parties.UploadAsync(provider, bytes, "一.bin"), await parties.UploadAsync(provider, bytes, "二.bin"));
        var unfinished = await provider.CreateUploadAsync(parties, 10_000);
        var recipient = (await parties.PublishedAsync(taken, 1)).Single();
        await parties.PublishedAsync(untaken, 1);
        var consumer = await parties.ProgramAsync(address, parties.Takers[0].Consumer);
        (await consumer.PostAsJsonAsync($"/api/v1/received-files/{recipient.Id}/confirmation", new { digest = FileParties.Sha256(bytes) })).StatusCode.ShouldBe(HttpStatusCode.NoContent);

        clock.Ahead = TimeSpan.FromDays(31);
        await SweptAsync(platform, async () => (await parties.FileAsync(taken)).State == FileState.Purged && (await parties.FileAsync(unfinished)).State == FileState.Purged && !(await parties.FileAsync(taken)).IsLeft);
        (await parties.FileAsync(untaken)).State.ShouldBe(FileState.Published);
        Stored(platform, taken).ShouldBeEmpty();
        Stored(platform, untaken).ShouldNotBeEmpty();
        (await parties.EventsAsync(unfinished)).ShouldBe(["exchange.upload-started", "exchange.upload-expired"]);

        // The content is gone, the proof stays.
        consumer = await parties.ProgramAsync(address, parties.Takers[0].Consumer);
        (await (await consumer.GetAsync($"/api/v1/received-files/{recipient.Id}/content")).ReadProblemCode()).ShouldBe("exchange.file-gone");
        FileReceiptVerification.Of(FileReceipt.Parse(await consumer.GetStringAsync($"/api/v1/received-files/{recipient.Id}/receipt"))!).ShouldAllBe(c => c.Holds);

        clock.Ahead = TimeSpan.FromDays(181);
        await SweptAsync(platform, async () => (await parties.FileAsync(untaken)).State == FileState.Purged);
        (await parties.EventsAsync(untaken))[^1].ShouldBe("exchange.file-purged-unconfirmed");
    }

    [Fact]
    public async Task Check_WithClamd_RefusesMalwareAndWaitsWhileNobodyAnswers()
    {
        using var clamd = new ClamdServer();
        await using var platform = await OwnPlatform.StartAsync(b => (b.Configuration["Exchange:Files:Clamd"], b.Configuration["Exchange:Files:ClamdSeconds"]) = (clamd.Address, "5"));
        var parties = await FileParties.MakeAsync(platform.App.Services, SuiteName.International);
        var provider = await parties.ProviderAsync(new Uri(platform.App.Urls.First()));
        byte[] infected = [.. FileParties.Bytes(300_000), .. ClamdServer.Eicar, .. FileParties.Bytes(1000)];

        var waiting = await parties.UploadAsync(provider, infected);
        await UntilAsync(async () => (await parties.FileAsync(waiting)).Problem == "exchange.checker-unreachable");
        (await parties.FileAsync(waiting)).State.ShouldBe(FileState.Checking);
        clamd.Open();
        await UntilAsync(async () => (await parties.FileAsync(waiting)).State == FileState.Refused, seconds: 120);
        var refused = await parties.FileAsync(waiting);
        refused.Finding.ShouldBe("Eicar-Test-Signature");
        (await parties.RecipientsAsync(waiting)).ShouldBeEmpty();
        (await parties.EventsAsync(waiting)).ShouldBe(["exchange.upload-started", "exchange.file-uploaded", "exchange.file-check-failed", "exchange.file-refused"]);
        await UntilAsync(() => Task.FromResult(Stored(platform, waiting).Count == 0));

        var clean = await parties.UploadAsync(provider, FileParties.Bytes(300_000));
        await parties.PublishedAsync(clean, 1);
        (await parties.FileAsync(clean)).Check.ShouldBe(ContentCheck.Clean);
        clamd.Seen.ShouldContain(300_000);
    }

    [Fact]
    public async Task Check_SegmentIsGone_WaitsAndHoldsUpNoOther()
    {
        using var clamd = new ClamdServer();
        await using var platform = await OwnPlatform.StartAsync(b => (b.Configuration["Exchange:Files:Clamd"], b.Configuration["Exchange:Files:ClamdSeconds"]) = (clamd.Address, "5"));
        var parties = await FileParties.MakeAsync(platform.App.Services, SuiteName.International);
        var provider = await parties.ProviderAsync(new Uri(platform.App.Urls.First()));
        var broken = await parties.UploadAsync(provider, FileParties.Bytes(300_000));
        await UntilAsync(async () => (await parties.FileAsync(broken)).Problem == "exchange.checker-unreachable");
        foreach (var segment in Stored(platform, broken)) { File.Delete(segment); }
        clamd.Open();
        await UntilAsync(async () => (await parties.FileAsync(broken)).Problem == "exchange.content-broken", seconds: 120);
        await parties.PublishedAsync(await parties.UploadAsync(provider, FileParties.Bytes(200_000)), 1);
        (await parties.FileAsync(broken)).State.ShouldBe(FileState.Checking);
    }

    [Fact]
    public async Task Folders_OutboxToInbox_CarryAFileOnceAndConfirmIt()
    {
        await using var platform = await OwnPlatform.StartAsync(b => (b.Configuration["Exchange:Files:StillSeconds"], b.Configuration["Exchange:Files:FolderMilliseconds"]) = ("1", "100"));
        var parties = await FileParties.MakeAsync(platform.App.Services, SuiteName.National);
        var (consumer, agreement) = parties.Takers[0];
        await parties.WithDb(async db =>
        {
            db.FileInboxes.Add(new FileInbox { AgreementId = agreement.Id, OrganisationId = consumer.Id, SetAt = TimeProvider.System.GetUtcNow() });
            return await db.SaveChangesAsync();
        });
        var deployment = platform.App.Services.GetRequiredService<Deployment>();
        var (from, to) = (DepartmentFiles.FolderOf(deployment, parties.Provider.Id), DepartmentFiles.FolderOf(deployment, consumer.Id));
        var outbox = Directory.CreateDirectory(Path.Combine(from, "outbox", $"{parties.Resource.Id}")).FullName;
        var bytes = FileParties.Bytes(5_000_000);
        var secret = Path.Combine(platform.Folder, "elsewhere.txt");
        await File.WriteAllTextAsync(secret, "not the department's");
        File.CreateSymbolicLink(Path.Combine(outbox, "link.txt"), secret);
        await File.WriteAllBytesAsync(Path.Combine(outbox, "日报 1.csv"), bytes);

        var arrived = Path.Combine(to, "inbox", agreement.Number, "日报 1.csv");
        await UntilAsync(() => Task.FromResult(File.Exists(arrived)));
        (await File.ReadAllBytesAsync(arrived)).ShouldBe(bytes);
        await UntilAsync(async () => await parties.WithDb(db => db.FileRecipients.AnyAsync(r => r.ConsumerId == consumer.Id && r.State == RecipientState.DownloadConfirmed)));
        File.Exists(Path.Combine(outbox, "日报 1.csv")).ShouldBeFalse();
        (await File.ReadAllBytesAsync(Path.Combine(from, "sent", $"{parties.Resource.Id}", "日报 1.csv"))).ShouldBe(bytes);

        // The same file put back is the same file; a link leads nowhere.
        File.Move(Path.Combine(from, "sent", $"{parties.Resource.Id}", "日报 1.csv"), Path.Combine(outbox, "日报 1.csv"));
        await UntilAsync(() => Task.FromResult(!File.Exists(Path.Combine(outbox, "日报 1.csv"))));
        (await parties.WithDb(db => db.ExchangedFiles.CountAsync(f => f.ProviderId == parties.Provider.Id))).ShouldBe(1);
        File.Exists(Path.Combine(outbox, "link.txt")).ShouldBeTrue();
    }

    [Fact]
    public async Task Content_EveryByteThatThePlatformStored_HoldsNoTraceOfIt()
    {
        await using var platform = await OwnPlatform.StartAsync();
        var parties = await FileParties.MakeAsync(platform.App.Services, SuiteName.International, SuiteName.National);
        var address = new Uri(platform.App.Urls.First());
        const string Mark = "绝密内容-Plaintext-0451";
        var bytes = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(Mark, 300_000)));
        var id = await parties.UploadAsync(await parties.ProviderAsync(address), bytes, "公文.txt");
        var recipients = await parties.PublishedAsync(id, 2);
        foreach (var (consumer, agreement) in parties.Takers)
        {
            var client = await parties.ProgramAsync(address, consumer);
            (await client.GetByteArrayAsync($"/api/v1/received-files/{recipients.Single(r => r.AgreementId == agreement.Id).Id}/content")).Length.ShouldBe(bytes.Length);
        }

        byte[][] traces = [Encoding.UTF8.GetBytes(Mark), Encoding.Unicode.GetBytes(Mark), "Plaintext-0451"u8.ToArray(), Encoding.ASCII.GetBytes(Convert.ToBase64String(bytes)[..60])];
        var looked = 0L;
        await foreach (var (path, stored) in StoredFiles.InAsync(platform.Folder))
        {
            looked += stored.Length;
            foreach (var trace in traces) { stored.AsSpan().IndexOf(trace).ShouldBe(-1, path); }
        }

        looked.ShouldBeGreaterThan(bytes.Length);
    }

    [Fact]
    public async Task Upload_ProgramKilledAgainAndAgain_LosesNothingThatItAcknowledged()
    {
        var folder = Directory.CreateTempSubdirectory("zhengtong-file-kill-").FullName;
        var deployment = new Deployment(folder, PlatformFixture.PostgresServer is null ? null : await PlatformFixture.CreatePostgresDatabaseAsync(), "http://127.0.0.1:0", Demo: false);
        try
        {
            FileParties parties;
            await using var app = Platform.Build(deployment);
            await app.PrepareOnCopyAsync();
            parties = await FileParties.MakeAsync(app.Services, SuiteName.International);
            var bytes = FileParties.Bytes(40_000_000);
            Guid id = default;
            long acknowledged = 0;
            for (var kill = 1; kill <= 2; kill++)
            {
                using var program = ServedProcess.Start(deployment);
                var client = await parties.ProviderAsync(await program.ReadyAsync());
                if (kill == 1) { id = await client.CreateUploadAsync(parties, bytes.Length); }
                var at = await client.OffsetAsync(id);
                at.ShouldBeGreaterThanOrEqualTo(acknowledged);
                (await client.AppendAsync(id, at, bytes[(int)at..(int)(at + 3_000_000)])).StatusCode.ShouldBe(HttpStatusCode.NoContent);
                acknowledged = at + 3_000_000;
                // Killed in the middle of what follows.
                var patch = client.AppendAsync(id, acknowledged, bytes[(int)acknowledged..]);
                await Task.Delay(20 * kill);
                await program.KillAsync();
                await patch.ContinueWith(_ => { }, TaskScheduler.Default);
            }

            using (var program = ServedProcess.Start(deployment))
            {
                var address = await program.ReadyAsync();
                var client = await parties.ProviderAsync(address);
                var at = (int)await client.OffsetAsync(id);
                at.ShouldBeGreaterThanOrEqualTo((int)acknowledged);
                if (at < bytes.Length) { (await client.AppendAsync(id, at, bytes[at..])).StatusCode.ShouldBe(HttpStatusCode.NoContent); }
                var recipient = (await parties.PublishedAsync(id, 1)).Single();
                var consumer = await parties.ProgramAsync(address, parties.Takers[0].Consumer);
                (await consumer.GetByteArrayAsync($"/api/v1/received-files/{recipient.Id}/content")).AsSpan().SequenceEqual(bytes).ShouldBeTrue();
                await program.KillAsync();
            }
        }
        finally
        {
            Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task SweptAsync(OwnPlatform platform, Func<Task<bool>> holds)
    {
        await UntilAsync(async () =>
        {
            platform.App.Services.GetRequiredService<Reconcilers>().Wake<SweepFiles>();
            return await holds();
        });
    }

    /// <summary>What of a file's content lies in the object store.</summary>
    private static List<string> Stored(OwnPlatform platform, Guid file) =>
        [.. Directory.EnumerateFiles(platform.Folder, "*", SearchOption.AllDirectories).Where(p => p.Contains($"/files/{file:D}/", StringComparison.Ordinal))];
}
