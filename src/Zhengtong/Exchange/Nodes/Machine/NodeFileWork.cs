using System.Buffers;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;
using Zhengtong.Exchange.Engine;
using Zhengtong.Exchange.Files;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Secrets;

namespace Zhengtong.Exchange.Nodes.Machine;

/// <summary>A file as the node's status shows it.</summary>
/// <param name="Role">Provider: it goes out. Consumer: it comes in.</param>
/// <param name="Name">Its name.</param>
/// <param name="Of">Going out the resource's name, coming in the agreement's number.</param>
/// <param name="Length">Its bytes.</param>
/// <param name="Moved">Bytes that are where they belong.</param>
/// <param name="DoneAt">When all were; null until then.</param>
/// <param name="Problem">Code of what keeps it; null when nothing does.</param>
internal sealed record NodeFileReport(NodeRole Role, string Name, string Of, long Length, long Moved, DateTimeOffset? DoneAt, string? Problem);

/// <summary>The node's half of the file exchange, below one folder of the department's machine, laid out as on the platform: what lies in <c>outbox/</c> is read, searched, encrypted here and handed
/// in; what is given to the department is opened here, put into <c>inbox/</c> and confirmed. Streams only: of a file one segment is in memory. <see cref="NodeWork"/> runs it.</summary>
internal sealed class NodeFileWork(
    NodeFolder folder, NodeIdentity identity, NodeFileStore store, PlatformLine line, Vault vault, Clamd clamd, Outbox outbox, IOptions<NodeSettings> options, TimeProvider clock, ILogger<NodeFileWork> log)
{
    private const int ChunkSize = 128 * 1024;
    private const int MostShown = 10;
    private const int MostForgotten = 1000;
    private static readonly TimeSpan ForgettingEvery = TimeSpan.FromMinutes(10);

    private readonly NodeSettings settings = options.Value;
    private readonly Lane outgoing = new(), published = new(), arriving = new();
    private readonly ConcurrentDictionary<Guid, NodeFileReport> underWay = new();
    private DateTimeOffset nextForgetting;
    private NodeFileTasks? tasks;
    private string? heard;

    /// <summary>The outbox is to be looked at.</summary>
    internal SemaphoreSlim Looks { get; } = new(0);

    /// <summary>There may be something to sign or to fetch.</summary>
    internal SemaphoreSlim Publications { get; } = new(0);

    /// <inheritdoc cref="Publications"/>
    internal SemaphoreSlim Arrivals { get; } = new(0);

    /// <summary>How often the outbox is looked at.</summary>
    internal TimeSpan LookEvery => TimeSpan.FromMilliseconds(settings.FolderMilliseconds);

    /// <summary>How often is asked without news: soon while something is in the way.</summary>
    internal TimeSpan AskEvery => published.IsClear && arriving.IsClear ? TimeSpan.FromSeconds(30) : TimeSpan.FromSeconds(2);

    /// <summary>Code of what keeps all files; null when nothing does.</summary>
    internal string? Problem => (settings.FilesFolder is null ? Tasks is { Incoming.Count: > 0 } : !FolderFile.IsFolder(settings.FilesFolder)) ? ExchangeProblems.NodeFolderUnusable.Code : null;

    /// <summary>Code of what keeps all files, or one; null when nothing does.</summary>
    internal string? AnyProblem => Problem ?? new[] { outgoing, published, arriving }.SelectMany(l => l.Troubles.Values).FirstOrDefault()?.Problem;

    /// <summary>As the last good configuration says; null while there is none, or when it names no files.</summary>
    internal NodeFileTasks? Tasks { get => Volatile.Read(ref tasks); set => Volatile.Write(ref tasks, value); }

    /// <summary>Wakes those that wait for the platform's news, when it is about files.</summary>
    internal void Hear(NodeNews news)
    {
        var now = $"{news.Configuration} {news.Files}";
        if (now == heard) { return; }
        heard = now;
        Publications.Release();
        Arrivals.Release();
    }

    /// <summary>The last files, out and in.</summary>
    internal async Task<IReadOnlyList<NodeFileReport>> StandAsync(CancellationToken ct)
    {
        var names = Tasks?.Resources.ToDictionary(r => r.Id, r => r.Name) ?? [];
        var read = (await store.LastOutgoingAsync(MostShown, ct)).Select(f => f.Report with { Of = names.GetValueOrDefault(f.Resource, $"{f.Resource}"), Problem = outgoing.Troubles.GetValueOrDefault($"{f.Id}")?.Problem });
        // One that could not be read or searched yet has no place in the memory.
        var unread = outgoing.Troubles.Values.Where(t => t.File is not null).Select(t => t.File! with { Problem = t.Problem }).Take(MostShown);
        var incoming = underWay.OrderBy(f => f.Key).Take(MostShown).Select(f => f.Value with { Problem = arriving.Troubles.GetValueOrDefault($"{f.Key}")?.Problem });
        return [.. unread, .. read, .. incoming, .. await store.LastReceivedAsync(MostShown, ct)];
    }

    /// <summary>Looks at the outbox and hands in what stands still there.</summary>
    internal async Task SendAsync(CancellationToken ct)
    {
        if (settings.FilesFolder is not { } root || line.IsRefused || Tasks is not { } tasks) { return; }
        await ForgetAsync(ct);
        if (await outbox.LookAsync(root, TimeSpan.FromSeconds(settings.StillSeconds), CallsOf(tasks), ct) > 0) { Publications.Release(); }
        outgoing.Finish();
    }

    /// <summary>Signs what agreements should have for each of them, and wraps its content key to its consumer.</summary>
    internal async Task PublishAsync(CancellationToken ct)
    {
        if (line.IsRefused || Tasks is not { } tasks) { return; }
        for (var skip = 0; (await line.UnpublishedFilesAsync(skip, ct)).Items is { Count: > 0 } open;)
        {
            foreach (var (id, agreement) in open.Select(f => (f.File, f.Agreement)))
            {
                var given = false;
                // The configuration that names a new agreement comes in a moment; a file that was lost with the node's folder nobody can give any more.
                if (tasks.Outgoing.FirstOrDefault(a => a.Terms.Id == agreement) is { ReceiveKey: { } receive, Terms: { } terms } && await store.FindAsync(id, ct) is { } file && file.Resource == terms.ResourceId)
                {
                    await TryAsync(published, $"{id}/{agreement}", null, async () =>
                    {
                        await line.PublishFileAsync(id, Sign(file, terms, receive), ct);
                        given = true;
                    }, ct);
                }

                if (!given) { skip++; }
            }
        }

        published.Finish();
    }

    /// <summary>Fetches, opens and confirms what is given to the department.</summary>
    internal async Task ReceiveAsync(CancellationToken ct)
    {
        if (settings.FilesFolder is not { } root || !FolderFile.IsFolder(root) || line.IsRefused || Tasks is not { } tasks) { return; }
        HashSet<Guid> open = [];
        for (var skip = 0; (await line.ReceivedFilesAsync(skip, ct)).Items is { Count: > 0 } waiting;)
        {
            foreach (var file in waiting)
            {
                var arrived = false;
                open.Add(file.Id);
                await TryAsync(arriving, $"{file.Id}", null, async () => arrived = await ReceiveAsync(root, tasks, file, ct), ct);
                if (!arrived) { skip++; }
            }
        }

        // What nobody gives any more is nowhere half.
        foreach (var gone in underWay.Keys.Except(open)) { underWay.TryRemove(gone, out _); }
        Inbox.RemoveDrafts(root, open);
        arriving.Finish();
    }

    private OutboxCalls CallsOf(NodeFileTasks tasks)
    {
        var folders = OutboxCalls.FoldersOf(tasks.Resources.Select(r => (r.Id, r.Code)));
        return new OutboxCalls(
            (name, _) => Task.FromResult(folders.TryGetValue(name, out var resource) ? resource : (Guid?)null),
            async (asked, bytes, ct) =>
            {
                OutboxUpload? upload = null;
                var shown = new NodeFileReport(NodeRole.Provider, asked.Name, tasks.Resources.First(r => r.Id == asked.Resource).Name, asked.Length!.Value, 0, null, null);
                await TryAsync(outgoing, asked.Origin!, shown, async () => upload = await BeginAsync(asked, bytes, ct), ct);
                return upload;
            },
            async (id, offset, bytes, ct) =>
            {
                OutboxUpload? upload = null;
                await TryAsync(outgoing, $"{id}", null, async () => upload = await HandInAsync(id, offset, bytes, ct), ct);
                return upload;
            },
            async (id, ct) =>
            {
                await line.GiveUpFileAsync(id, ct);
                await store.ForgetAsync(id, ct);
            });
    }

    /// <summary>Reads the file when it was not read before, and asks the platform how far it has come.</summary>
    private async Task<OutboxUpload?> BeginAsync(NewFile asked, Stream bytes, CancellationToken ct)
    {
        var file = await store.FindAsync(asked.Origin!, ct) ?? await ReadAsync(asked, bytes, ct);
        NodeFileUpload there;
        try
        {
            there = await line.BeginFileAsync(
                new BeginNodeFileRequest(file.Id, file.Resource, file.Name, file.Length, file.Origin, file.Verdict.Sha256, file.Verdict.Sm3, file.Verdict.Check, file.Verdict.Finding), ct);
        }
        catch (PlatformRefusedException refused) when (refused.Code == ExchangeProblems.UploadGone.Code)
        {
            // Expired, or purged long ago and put here again: it goes once more, under another key.
            await store.ForgetAsync(file.Id, ct);
            throw;
        }

        var isRefused = there.State == FileState.Refused;
        var isComplete = isRefused || there.State == FileState.Published;
        await store.HandedInAsync(file.Id, there.Offset, isComplete ? clock.GetUtcNow() : null, ct);
        return new OutboxUpload(file.Id, there.Offset, isComplete, isRefused);
    }

    /// <summary>Hashes the file and has it searched, in one pass, before anything of it leaves; and makes its content key.</summary>
    private async Task<OutgoingFile> ReadAsync(NewFile asked, Stream bytes, CancellationToken ct)
    {
        await using var search = clamd.IsConfigured ? await clamd.BeginAsync(ct) : null;
        using var digests = new FileDigests();
        using var segment = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var segments = new MemoryStream();
        var chunk = new byte[ChunkSize];
        long length = 0;
        for (int read; (read = await bytes.ReadAtLeastAsync(chunk, ChunkSize, throwOnEndOfStream: false, ct)) > 0;)
        {
            digests.Append(chunk.AsSpan(0, read));
            segment.AppendData(chunk, 0, read);
            length += read;
            // Chunks end where segments do.
            if (length % FileContent.SegmentSize == 0 || length == asked.Length) { segments.Write(segment.GetHashAndReset()); }
            if (search is not null) { await search.SendAsync(chunk.AsMemory(0, read), framed: true, ct); }
        }

        CryptographicOperations.ZeroMemory(chunk);
        var finding = search is null ? null : await search.FinishAsync(ct);
        var (sha256, sm3) = digests.Finish();
        var id = Guid.CreateVersion7(clock.GetUtcNow());
        var key = RandomNumberGenerator.GetBytes(FileContent.KeySize);
        var check = finding is not null ? ContentCheck.Malware : search is null ? ContentCheck.NotConfigured : ContentCheck.Clean;
        var verdict = new NodeVerdict(sha256, sm3, check, finding is { Length: > 200 } ? finding[..200] : finding);
        var file = new OutgoingFile(asked.Origin!, id, asked.Resource, asked.Name, asked.Length!.Value, verdict, segments.ToArray(), vault.Seal(key, PurposeOf(id)));
        CryptographicOperations.ZeroMemory(key);
        await store.KeepAsync(file, ct);
        return file;
    }

    /// <summary>Encrypts segment after segment and hands it in, from where the platform is.</summary>
    private async Task<OutboxUpload?> HandInAsync(Guid id, long offset, Stream bytes, CancellationToken ct)
    {
        var file = await store.FindAsync(id, ct) ?? throw new InvalidOperationException($"File {id} was not read");
        var key = vault.Open(file.Key, PurposeOf(id));
        var plain = ArrayPool<byte>.Shared.Rent(FileContent.SegmentSize);
        var full = new byte[FileContent.SegmentSize + FileContent.Overhead];
        try
        {
            var last = FileContent.SegmentsOf(file.Length) - 1;
            for (var index = (int)(offset / FileContent.SegmentSize); index <= last; index++)
            {
                var size = FileContent.SizeOf(file.Length, index);
                if (await bytes.ReadAtLeastAsync(plain.AsMemory(0, size), size, throwOnEndOfStream: false, ct) < size) { throw new SourceChangedException(); }
                // What goes out is what was hashed and searched, whatever happened to the file since.
                if (!SHA256.HashData(plain.AsSpan(0, size)).AsSpan().SequenceEqual(file.Segments.AsSpan(index * SHA256.HashSizeInBytes, SHA256.HashSizeInBytes))) { throw new SourceChangedException(); }
                if (index == last && await bytes.ReadAsync(new byte[1], ct) != 0) { throw new SourceChangedException(); }
                var segment = size == FileContent.SegmentSize ? full : new byte[size + FileContent.Overhead];
                FileContent.Seal(key, id, index, index == last, plain.AsSpan(0, size), segment);
                await line.PutSegmentAsync(id, index, segment, ct);
                await store.HandedInAsync(id, ((long)index * FileContent.SegmentSize) + size, index == last ? clock.GetUtcNow() : null, ct);
            }

            return new OutboxUpload(id, file.Length, IsComplete: true);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
            CryptographicOperations.ZeroMemory(plain);
            ArrayPool<byte>.Shared.Return(plain);
        }
    }

    private PublishNodeFileRequest Sign(OutgoingFile file, Agreements.AgreementTerms terms, NodeKey receive)
    {
        var suite = Suite.Parse(terms.Suite);
        var receiver = NodeWork.KeyOf(receive, suite, KeyUse.Receive, terms.Consumer);
        var key = vault.Open(file.Key, PurposeOf(file.Id));
        var wrap = KeyWrap.To(receiver, file.Id, key);
        CryptographicOperations.ZeroMemory(key);
        var seal = folder.KeysOf(suite.Name, KeyUse.Seal);
        var digest = suite.Name == SuiteName.National ? file.Verdict.Sm3 : file.Verdict.Sha256;
        var manifest = CanonicalJson.Of(new FileManifest(
            FileManifest.FormatName, file.Id, file.Resource, terms.Id, terms.Digest, file.Name, "", file.Length, digest, suite.Word, Moment.Of(clock), seal.AsKeyOf(identity).KeyId, wrap.KeyId));
        using var signer = suite.OpenSealing(seal.PrivateKey);
        return new PublishNodeFileRequest(manifest, Convert.ToBase64String(signer.Sign(Encoding.UTF8.GetBytes(manifest))), wrap.ToText());
    }

    private async Task<bool> ReceiveAsync(string root, NodeFileTasks tasks, NodeReceivedFile file, CancellationToken ct)
    {
        var (manifest, terms, suite, contentKey) = Check(tasks, file);
        underWay[file.Id] = new NodeFileReport(NodeRole.Consumer, manifest.Name, terms.Number, manifest.Length, 0, null, null);
        var sealedSegment = ArrayPool<byte>.Shared.Rent(FileContent.SegmentSize + FileContent.Overhead);
        try
        {
            var calls = new InboxCalls(
                (_, _) => Task.FromResult<Stream?>(new FileReading(async (index, last, plain, stop) =>
                {
                    var segment = sealedSegment.AsMemory(0, FileContent.SizeOf(manifest.Length, index) + FileContent.Overhead);
                    await line.FetchSegmentAsync(file.Id, index, segment, stop);
                    underWay[file.Id] = underWay[file.Id] with { Moved = ((long)index * FileContent.SegmentSize) + segment.Length - FileContent.Overhead };
                    return FileContent.Open(contentKey, manifest.File, index, last, segment.Span, plain.Span);
                }, [.. contentKey], manifest.File, manifest.Length)),
                (id, digest, stop) => ConfirmAsync(id, file, manifest, suite, digest, stop), GoesOn: true);
            var asked = new InboxFile(file.Id, terms.Number, manifest.Name, manifest.Length, suite.Name == SuiteName.National, manifest.Digest);
            if (!await Inbox.PutAsync(root, asked, calls, ct)) { return false; }
            underWay.TryRemove(file.Id, out _);
            await store.ReceivedAsync(file.Id, terms.Number, manifest.Name, manifest.Length, clock.GetUtcNow(), ct);
            return true;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(contentKey);
            ArrayPool<byte>.Shared.Return(sealedSegment);
        }
    }

    /// <summary>Believes nothing that the agreed provider did not sign; and a name is one segment of a path.</summary>
    /// <exception cref="ExchangeFault">Something does not fit.</exception>
    private (FileManifest Manifest, Agreements.AgreementTerms Terms, Suite Suite, byte[] ContentKey) Check(NodeFileTasks tasks, NodeReceivedFile file)
    {
        if (FileManifest.Parse(file.Manifest) is not { } manifest) { throw new ExchangeFault(ExchangeProblems.ProofBroken, "manifest"); }
        if (tasks.Incoming.FirstOrDefault(a => a.Terms.Id == manifest.Agreement) is not { ProviderKeys: { } signers, Terms: { } terms }) { throw new ExchangeFault(ExchangeProblems.ProofBroken, "agreement"); }
        if (manifest.AgreementDigest != terms.Digest || manifest.Resource != terms.ResourceId || manifest.Suite != terms.Suite) { throw new ExchangeFault(ExchangeProblems.ProofBroken, "agreement"); }
        if (FileIntake.NameFault(manifest.Name) is not null || manifest.Length < 0) { throw new ExchangeFault(ExchangeProblems.ProofBroken, "file"); }
        var suite = Suite.Parse(terms.Suite);
        if (signers.FirstOrDefault(k => k.KeyId == manifest.ProviderKey) is not { } named || NodeWork.KeyOf(named, suite, KeyUse.Seal, terms.Provider) is not { } signer || signer.KeyId != manifest.ProviderKey
            || !OrganisationKeys.Verify(signer, Encoding.UTF8.GetBytes(file.Manifest), file.Signature))
        {
            throw new ExchangeFault(ExchangeProblems.ProofBroken, "signature");
        }

        var receive = folder.KeysOf(suite.Name, KeyUse.Receive);
        if (KeyWrap.Parse(file.Wrap) is not { } wrap || wrap.Suite != suite.Word || wrap.KeyId != manifest.ConsumerKey || receive.AsKeyOf(identity).KeyId != manifest.ConsumerKey) { throw new ExchangeFault(ExchangeProblems.ProofBroken, "consumer key"); }
        using var opening = suite.OpenReceiving(receive.PrivateKey);
        return (manifest, terms, suite, wrap.Open(opening, manifest.File));
    }

    private Task ConfirmAsync(Guid id, NodeReceivedFile file, FileManifest manifest, Suite suite, string digest, CancellationToken ct)
    {
        if (digest != manifest.Digest) { return line.ConfirmFileAsync(id, new ConfirmNodeFileRequest(null, null, digest), ct); }
        var seal = folder.KeysOf(suite.Name, KeyUse.Seal);
        var receipt = CanonicalJson.Of(new FileCounterReceipt(
            FileCounterReceipt.FormatName, manifest.File, manifest.Agreement, suite.DigestOf(file.Manifest), digest, manifest.Length,
            Moment.NotBefore(manifest.PublishedAt, Moment.Of(clock)), suite.Word, seal.AsKeyOf(identity).KeyId));
        using var signer = suite.OpenSealing(seal.PrivateKey);
        return line.ConfirmFileAsync(id, new ConfirmNodeFileRequest(receipt, Convert.ToBase64String(signer.Sign(Encoding.UTF8.GetBytes(receipt))), null), ct);
    }

    /// <summary>Forgets content keys of files that are gone from the platform.</summary>
    private async Task ForgetAsync(CancellationToken ct)
    {
        if (nextForgetting > clock.GetUtcNow()) { return; }
        foreach (var ids in (await store.IdsAsync(ct)).Chunk(MostForgotten))
        {
            foreach (var gone in (await line.ForgottenFilesAsync(new ForgetNodeFilesRequest(ids), ct)).Files) { await store.ForgetAsync(gone, ct); }
        }

        nextForgetting = clock.GetUtcNow() + ForgettingEvery;
    }

    /// <summary>Does something for one file. What is in its way holds up no other file, and is tried again after 2, 4, 8 ... at most 300 seconds; what is in the way of all ends the look.</summary>
    private async Task TryAsync(Lane lane, string what, NodeFileReport? shown, Func<Task> act, CancellationToken ct)
    {
        var before = lane.Meet(what);
        if (before?.Until > clock.GetUtcNow()) { return; }
        try
        {
            await act();
            lane.Troubles.TryRemove(what, out _);
            return;
        }
        catch (PlatformRefusedException refused) when (!line.IsRefused) { Rest(refused.Code, refused.Detail); }
        catch (ExchangeFault fault) { Rest(fault.Type.Code, fault.Message); }
        catch (CheckerException checker) { Rest((checker.IsRefusal ? ExchangeProblems.CheckerRefused : ExchangeProblems.CheckerUnreachable).Code, checker.Message); }
        catch (CryptographicException broken) { Rest(ExchangeProblems.ContentBroken.Code, broken.GetType().Name); }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException && !ct.IsCancellationRequested) { Rest(ExchangeProblems.NodeFolderUnusable.Code, e.GetType().Name); }

        void Rest(string code, string? detail)
        {
            if (before?.Problem != code) { log.LogWarning("File {What}: {Code} {Detail}", what, code, detail); }
            var failures = (before?.Failures ?? 0) + 1;
            lane.Troubles[what] = new Trouble(code, failures, clock.GetUtcNow() + Model.Delivery.BackOff(failures), shown);
        }
    }

    private static string PurposeOf(Guid file) => $"file-key:{file:D}";

    /// <summary>What keeps one file, and until when it rests.</summary>
    private sealed record Trouble(string Problem, int Failures, DateTimeOffset Until, NodeFileReport? File);

    /// <summary>One of the ways that files go, with those that are stuck on it.</summary>
    private sealed class Lane
    {
        private readonly HashSet<string> met = [];

        internal ConcurrentDictionary<string, Trouble> Troubles { get; } = new();

        internal bool IsClear => Troubles.IsEmpty;

        /// <summary>What kept this file at the last look.</summary>
        internal Trouble? Meet(string what)
        {
            met.Add(what);
            return Troubles.GetValueOrDefault(what);
        }

        /// <summary>A look is over: what it did not meet any more keeps nothing.</summary>
        internal void Finish()
        {
            foreach (var gone in Troubles.Keys.Where(k => !met.Contains(k))) { Troubles.TryRemove(gone, out _); }
            met.Clear();
        }
    }
}
