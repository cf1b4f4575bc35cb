using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Zhengtong.Catalogue;
using Zhengtong.Catalogue.Model;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Jobs;
using Zhengtong.Kernel.Ledger;
using Zhengtong.Kernel.Secrets;

namespace Zhengtong.Exchange.Files;

/// <summary>What an attempt to add bytes came to: where the upload stands, or why nothing was added.</summary>
internal sealed record Appended(ExchangedFile? File, ProblemHttpResult? Problem);

/// <summary>A digest that the uploader names for the bytes of one request.</summary>
/// <param name="Algorithm">As .NET names it.</param>
/// <param name="Digest">What it must come to.</param>
internal sealed record Checksum(HashAlgorithmName Algorithm, byte[] Digest);

/// <summary>Takes files in, whoever brings them: tus, the form, a watched folder. Bytes are encrypted as they come; no more than two segments are in memory, none is on disk in plaintext.</summary>
/// <remarks>What counts is the offset in the database. A segment is durable before the offset that counts it is saved, and it may hold more than is counted: the next bytes begin at the offset again.</remarks>
internal sealed class FileIntake(
    ZhengtongDb db, FileContent content, OrganisationKeys keys, JobLeases leases, CatalogueLookup catalogue, Reconcilers reconcilers, IOptions<FilesOptions> options, TimeProvider clock)
{
    private const int ChunkSize = 64 * 1024;

    internal TimeSpan Patience => TimeSpan.FromHours(options.Value.UploadHours);

    /// <summary>The lease under which one upload is written.</summary>
    internal static string LeaseOf(Guid file) => $"exchange.file-{file:N}";

    /// <summary>Begins an upload; an empty file is complete at once.</summary>
    internal async Task<Appended> BeginAsync(Actor actor, NewFile asked, CancellationToken ct)
    {
        if (await FaultOfAsync(actor, asked, ct) is { } fault) { return Refused(fault); }
        var now = clock.GetUtcNow();
        var id = Guid.CreateVersion7(now);
        var contentKey = RandomNumberGenerator.GetBytes(FileContent.KeySize);
        var file = ExchangedFile.Begin(id, actor.Organisation, asked, KeyWrap.To(await keys.CurrentAsync(actor.Organisation, Suite.International, KeyUse.Receive, ct), id, contentKey), now, Patience);
        if (asked.Length == 0)
        {
            await content.WriteAsync(contentKey, id, 0, last: true, ReadOnlyMemory<byte>.Empty, ct);
            file.Complete(now);
        }

        CryptographicOperations.ZeroMemory(contentKey);
        db.ExchangedFiles.Add(file);
        db.Ledger.Add(LedgerEntry.Of("exchange.upload-started", id, actor, now, after: new { resource = asked.Resource, asked.Length }));
        if (asked.Length == 0) { Tell(file, actor, now); }
        await db.SaveChangesAsync(ct);
        if (asked.Length == 0) { reconcilers.Wake<CheckFiles>(); }
        return new Appended(file, null);
    }

    /// <summary>Why an upload may not begin; null when it may.</summary>
    internal async Task<ProblemHttpResult?> FaultOfAsync(Actor actor, NewFile asked, CancellationToken ct)
    {
        if (NameFault(asked.Name) is { } fault) { return ExchangeProblems.UploadMetadata.Because(fault); }
        if (asked.ContentType.Length > ExchangedFile.ContentTypeLength || asked.ContentType.AsSpan().ContainsAnyExceptInRange(' ', '~')) { return ExchangeProblems.UploadMetadata.Because("filetype"); }
        if (asked.Length > options.Value.MaxBytes) { return ExchangeProblems.UploadTooLarge.Because($"{options.Value.MaxBytes}"); }
        if (await catalogue.FindAsync(asked.Resource, ct) is not { } resource) { return ExchangeProblems.ResourceUnknown.Because($"{asked.Resource}"); }
        if (resource.ProviderId != actor.Organisation) { return ExchangeProblems.NotProvider.Because(resource.Name); }
        return resource.Kind == DeliveryKind.File ? null : ExchangeProblems.NoFileResource.Because(resource.Name);
    }

    /// <summary>Adds bytes from the stream's beginning to its end at this offset. What arrived before a cut is kept; with a checksum all of it or nothing.</summary>
    /// <param name="actor">Who sends them.</param>
    /// <param name="id">The upload, of the actor's organisation.</param>
    /// <param name="offset">Where they belong; must be where the upload stands.</param>
    /// <param name="bytes">The bytes.</param>
    /// <param name="length">The file's length when it is said only now; null otherwise.</param>
    /// <param name="checksum">What the bytes must come to, or null.</param>
    /// <param name="endsHere">True when the stream's end is the file's.</param>
    /// <param name="ct">Cancelled when the sender is gone.</param>
    internal async Task<Appended> AppendAsync(Actor actor, Guid id, long offset, Stream bytes, long? length, Checksum? checksum, bool endsHere, CancellationToken ct)
    {
        await using var lease = await leases.TryTakeAsync(LeaseOf(id), ct);
        if (lease is null) { return Refused(ExchangeProblems.UploadLocked.Because($"{id}")); }
        // Read under the lease: what the one before us added counts.
        db.ChangeTracker.Clear();
        var (file, refusal) = await FindAsync(actor, id, ct);
        if (file is null) { return Refused(refusal!); }
        if (file.Offset != offset) { return Refused(ExchangeProblems.OffsetWrong.Because($"{file.Offset}")); }
        if (file.State != FileState.Uploading) { return new Appended(file, null); }
        if (length is { } said)
        {
            if (file.Length is { } before ? before != said : said < offset) { return Refused(ExchangeProblems.UploadLength.Because($"{file.Length ?? offset}")); }
            if (said > options.Value.MaxBytes) { return Refused(ExchangeProblems.UploadTooLarge.Because($"{options.Value.MaxBytes}")); }
            if (file.Length is null) { file.SayLength(said); }
        }

        using var held = CancellationTokenSource.CreateLinkedTokenSource(ct, lease.Lost);
        var contentKey = await KeyWrap.OpenAsync(keys, file.Wrap, id, held.Token);
        try
        {
            var problem = await WriteAsync(actor, file, contentKey, bytes, checksum, endsHere, lease, held.Token);
            return new Appended(problem is null ? file : null, problem);
        }
        catch (DbUpdateConcurrencyException) { return Refused(ExchangeProblems.UploadLocked.Because($"{id}")); }
        // What was acknowledged stands; the sender goes on there.
        catch (Exception e) when (DatabaseErrors.IsOutOfSpace(e)) { return Refused(ExchangeProblems.StoreFull.Because($"{id}")); }
        finally { CryptographicOperations.ZeroMemory(contentKey); }
    }

    /// <summary>The upload, when it is of the actor's organisation, comes from no node, and its content is still there.</summary>
    internal async Task<(ExchangedFile? File, ProblemHttpResult? Problem)> FindAsync(Actor actor, Guid id, CancellationToken ct)
    {
        var file = await db.ExchangedFiles.SingleOrDefaultAsync(f => f.Id == id && f.ProviderId == actor.Organisation && f.NodeId == null, ct);
        if (file is null) { return (null, ExchangeProblems.UploadUnknown.Because($"{id}")); }
        return file.State is FileState.Refused or FileState.Purged ? (null, ExchangeProblems.UploadGone.Because($"{id}")) : (file, null);
    }

    /// <summary>Gives an unfinished upload up and forgets its bytes.</summary>
    internal async Task<ProblemHttpResult?> TerminateAsync(Actor actor, Guid id, CancellationToken ct)
    {
        await using var lease = await leases.TryTakeAsync(LeaseOf(id), ct);
        if (lease is null) { return ExchangeProblems.UploadLocked.Because($"{id}"); }
        var (file, refusal) = await FindAsync(actor, id, ct);
        if (file is null) { return refusal; }
        if (file.State != FileState.Uploading) { return ExchangeProblems.UploadComplete.Because($"{file.State}"); }
        var now = clock.GetUtcNow();
        file.Purge(now);
        db.Ledger.Add(LedgerEntry.Of("exchange.upload-terminated", id, actor, now, after: new { file.Offset, file.Length }));
        await db.SaveChangesAsync(ct);
        reconcilers.Wake<SweepFiles>();
        return null;
    }

    /// <summary>What is wrong with a file's name; null when nothing is. It must be one segment of a path on any system, and nothing a page or a header could take for something else.</summary>
    internal static string? NameFault(string name) =>
        name.Length is 0 or > ExchangedFile.NameLength || name is "." or ".." || name != name.Trim() || name.AsSpan().ContainsAny("/\\") || name.Any(c => char.IsControl(c) || char.IsSurrogate(c) && !IsPaired(name))
            || name.EnumerateRunes().Any(r => Rune.GetUnicodeCategory(r) is System.Globalization.UnicodeCategory.Format or System.Globalization.UnicodeCategory.LineSeparator or System.Globalization.UnicodeCategory.ParagraphSeparator)
            || Encoding.UTF8.GetByteCount(name) > 255 ? "filename" : null;

    private static bool IsPaired(string name)
    {
        try { return new UTF8Encoding(false, throwOnInvalidBytes: true).GetByteCount(name) > 0; }
        catch (EncoderFallbackException) { return false; }
    }

    private static Appended Refused(ProblemHttpResult problem) => new(null, problem);

    private async Task<ProblemHttpResult?> WriteAsync(
        Actor actor, ExchangedFile file, byte[] key, Stream bytes, Checksum? checksum, bool endsHere, JobLease lease, CancellationToken ct)
    {
        // One fills while the other is written.
        var (segment, full) = (SegmentBuffers.Rent(), SegmentBuffers.Rent());
        var writing = Task.CompletedTask;
        var chunk = ArrayPool<byte>.Shared.Rent(ChunkSize);
        using var hash = checksum is null ? null : IncrementalHash.CreateHash(checksum.Algorithm);
        try
        {
            var index = FileContent.TailOf(file.Offset);
            var filled = (int)(file.Offset - ((long)index * FileContent.SegmentSize));
            if (filled > 0) { await ReadTailAsync(key, file.Id, index, filled, segment, ct); }
            var at = file.Offset;
            var most = file.Length ?? options.Value.MaxBytes;
            var cut = false;
            while (true)
            {
                int read;
                try { read = await bytes.ReadAsync(chunk.AsMemory(0, ChunkSize), ct); }
                catch (Exception e) when (e is IOException or OperationCanceledException && !lease.Lost.IsCancellationRequested)
                {
                    cut = true;
                    break;
                }

                if (read == 0) { break; }
                if (at + read > most) { return ExchangeProblems.UploadTooLarge.Because($"{most}"); }
                hash?.AppendData(chunk, 0, read);
                at += read;
                for (var rest = chunk.AsMemory(0, read); rest.Length > 0;)
                {
                    if (filled == FileContent.SegmentSize)
                    {
                        await writing;
                        (segment, full) = (full, segment);
                        var (place, kept) = (index, full);
                        writing = Task.Run(() => KeepAsync(file, key, place, kept, saves: checksum is null, lease.Lost), CancellationToken.None);
                        (index, filled) = (index + 1, 0);
                    }

                    var taken = Math.Min(rest.Length, FileContent.SegmentSize - filled);
                    rest[..taken].CopyTo(segment.AsMemory(FileContent.TextAt + filled));
                    (filled, rest) = (filled + taken, rest[taken..]);
                }
            }

            await writing;
            if (checksum is not null && (cut || !CryptographicOperations.FixedTimeEquals(hash!.GetHashAndReset(), checksum.Digest))) { return ExchangeProblems.ChecksumWrong.Because($"{file.Offset}"); }
            var complete = at == file.Length || (endsHere && !cut);
            if (at == file.Offset && !complete)
            {
                await db.SaveChangesAsync(lease.Lost);
                return null;
            }

            await content.WriteAsync(key, file.Id, index, complete, segment, filled, lease.Lost);
            var now = clock.GetUtcNow();
            file.Arrived(at, now, Patience);
            if (complete)
            {
                file.Complete(now);
                Tell(file, actor, now);
            }

            await db.SaveChangesAsync(lease.Lost);
            if (complete) { reconcilers.Wake<CheckFiles>(); }
            return null;
        }
        finally
        {
            await writing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            CryptographicOperations.ZeroMemory(segment);
            CryptographicOperations.ZeroMemory(full);
            CryptographicOperations.ZeroMemory(chunk);
            SegmentBuffers.Return(segment);
            SegmentBuffers.Return(full);
            ArrayPool<byte>.Shared.Return(chunk);
        }
    }

    /// <summary>The segment that goes on. A process that died between the last segment and the save has left it as the last one.</summary>
    private async Task ReadTailAsync(byte[] key, Guid file, int index, int needed, byte[] segment, CancellationToken ct)
    {
        int found;
        var text = segment.AsMemory(FileContent.TextAt, FileContent.SegmentSize);
        try { found = await content.ReadAsync(key, file, index, last: false, text, ct); }
        catch (AuthenticationTagMismatchException) { found = await content.ReadAsync(key, file, index, last: true, text, ct); }
        if (found < needed) { throw new IOException($"Segment {index} of file {file} holds {found} of {needed} bytes that were acknowledged"); }
    }

    /// <summary>Keeps a full segment, and unless all must arrive for anything to count says so. Runs beside the reading: nobody else touches the database meanwhile.</summary>
    private async Task KeepAsync(ExchangedFile file, byte[] key, int index, byte[] segment, bool saves, CancellationToken ct)
    {
        await content.WriteAsync(key, file.Id, index, last: false, segment, FileContent.SegmentSize, ct);
        if (!saves) { return; }
        file.Arrived((index + 1L) * FileContent.SegmentSize, clock.GetUtcNow(), Patience);
        await db.SaveChangesAsync(ct);
    }

    private void Tell(ExchangedFile file, Actor actor, DateTimeOffset now) =>
        db.Ledger.Add(LedgerEntry.Of("exchange.file-uploaded", file.Id, actor, now, after: new { resource = file.ResourceId, file.Length }));
}
