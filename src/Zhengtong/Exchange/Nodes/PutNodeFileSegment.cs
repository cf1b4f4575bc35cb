using System.Buffers;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Exchange.Files;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Jobs;
using Zhengtong.Kernel.Ledger;

namespace Zhengtong.Exchange.Nodes;

internal static class PutNodeFileSegment
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPut("/files/{id:guid}/segments/{index:int}", Handle).StreamsBody().TakesUpTo(FileContent.SegmentSize + FileContent.Overhead).DisableRequestTimeout()
        .ProducesProblem(400).ProducesProblem(401).ProducesProblem(404).ProducesProblem(409).ProducesProblem(410).ProducesProblem(423);

    /// <summary>Take the next encrypted segment of a file. It is durable when the answer is; one that is there already is answered again. With the last one the file is published, by what its node
    /// found out before it encrypted it.</summary>
    /// <response code="204">It is there; with the last one ledger events exchange.file-uploaded and exchange.file-checked.</response>
    /// <response code="400">kernel.malformed: not as long as this segment is.</response>
    /// <response code="401">exchange.node-signature-invalid: the body is not what the request's digest says.</response>
    /// <response code="404">exchange.upload-unknown</response>
    /// <response code="409">exchange.offset-wrong</response>
    /// <response code="410">exchange.upload-gone</response>
    /// <response code="423">exchange.upload-locked</response>
    internal static async Task<Results<NoContent, ProblemHttpResult>> Handle(
        Guid id, int index, NodeCaller caller, HttpRequest http, ZhengtongDb db, NodeFiles files, FileContent content, FileIntake intake, JobLeases leases, Reconcilers reconcilers, TimeProvider clock,
        CancellationToken ct)
    {
        // Who removes what expired takes the same lease: no segment is left behind.
        await using var lease = await leases.TryTakeAsync(FileIntake.LeaseOf(id), ct);
        if (lease is null) { return ExchangeProblems.UploadLocked.Because($"{id}"); }
        if (await files.FindAsync(caller, id, ct) is not { } file) { return ExchangeProblems.UploadUnknown.Because($"{id}"); }
        if (file.State is FileState.Refused or FileState.Purged) { return ExchangeProblems.UploadGone.Because($"{id}"); }
        var (length, segments) = (file.Length!.Value, FileContent.SegmentsOf(file.Length.Value));
        var next = file.Offset == length ? segments : (int)(file.Offset / FileContent.SegmentSize);
        if (index < 0 || index > next || index >= segments) { return ExchangeProblems.OffsetWrong.Because($"{file.Offset}"); }
        if (index < next) { return TypedResults.NoContent(); }

        var size = FileContent.SizeOf(length, index);
        var rented = ArrayPool<byte>.Shared.Rent(size + FileContent.Overhead);
        try
        {
            var segment = rented.AsMemory(0, size + FileContent.Overhead);
            if (await http.Body.ReadAtLeastAsync(segment, segment.Length, throwOnEndOfStream: false, ct) != segment.Length || await http.Body.ReadAsync(new byte[1], ct) != 0) { return KernelProblems.Malformed.Because("length"); }
            if (RequestSignature.DigestOf(SHA256.HashData(segment.Span)) != caller.ContentDigest) { return ExchangeProblems.NodeSignatureInvalid.Because(); }
            await content.PutAsync(id, index, segment, lease.Lost);
        }
        finally { ArrayPool<byte>.Shared.Return(rented); }

        var now = clock.GetUtcNow();
        file.Arrived(((long)index * FileContent.SegmentSize) + size, now, intake.Patience);
        if (index == segments - 1)
        {
            file.Complete(now);
            file.Publish(file.Sha256!, file.Sm3!, file.Check!.Value, now);
            db.Ledger.Add(LedgerEntry.Of("exchange.file-uploaded", id, caller.Actor, now, after: new { resource = file.ResourceId, file.Length, node = caller.Id }));
            db.Ledger.Add(LedgerEntry.Of("exchange.file-checked", id, caller.Actor, now, after: new { resource = file.ResourceId, sha256 = file.Sha256, check = file.Check, node = caller.Id }));
        }

        try { await db.SaveChangesAsync(lease.Lost); }
        catch (DbUpdateConcurrencyException) { return ExchangeProblems.UploadLocked.Because($"{id}"); }
        return TypedResults.NoContent();
    }
}
