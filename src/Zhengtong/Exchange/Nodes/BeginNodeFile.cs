using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Exchange.Files;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Jobs;
using Zhengtong.Kernel.Ledger;

namespace Zhengtong.Exchange.Nodes;

internal static class BeginNodeFile
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/files", Handle).ProducesProblem(400).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409).ProducesProblem(410).ProducesProblem(413).ProducesProblem(423);

    /// <summary>Begin to hand a file in, or say how far it has come. Everything about it is known before its first byte comes: the node has hashed it and had it searched, for nobody else can
    /// read it. One in which malware was found is noted as refused, and no byte of it comes.</summary>
    /// <response code="200">How it stands; the first time with ledger event exchange.upload-started, or exchange.file-refused.</response>
    /// <response code="400">exchange.upload-metadata</response>
    /// <response code="403">exchange.not-provider</response>
    /// <response code="404">exchange.resource-unknown</response>
    /// <response code="409">exchange.no-file-resource, kernel.changed-meanwhile</response>
    /// <response code="410">exchange.upload-gone: under this id nothing will come any more; the node takes another.</response>
    /// <response code="413">exchange.upload-too-large</response>
    /// <response code="423">exchange.upload-locked</response>
    internal static async Task<Results<Ok<NodeFileUpload>, ProblemHttpResult>> Handle(
        BeginNodeFileRequest request, NodeCaller caller, ZhengtongDb db, NodeFiles files, FileIntake intake, JobLeases leases, Reconcilers reconcilers, TimeProvider clock, CancellationToken ct)
    {
        if (request.Check == ContentCheck.Malware != request.Finding is not null) { return ExchangeProblems.UploadMetadata.Because("finding"); }
        if (await files.FindAsync(caller, request.File, ct) is { } known)
        {
            if (known.State == FileState.Purged || (known.State == FileState.Refused && request.Finding is null)) { return ExchangeProblems.UploadGone.Because($"{request.File}"); }
            return known.Sha256 == request.Sha256 && known.ResourceId == request.Resource && known.Length == request.Length
                ? TypedResults.Ok(new NodeFileUpload(known.Offset, known.State)) : ExchangeProblems.UploadGone.Because($"{request.File}");
        }

        // Two folders of one department may hold files that look alike: a node's own are told apart by the node.
        var origin = NodeDeliveries.Digest($"{caller.Id:D}/{request.Origin}");
        var asked = new NewFile(request.Resource, request.Name, "", request.Length, Origin: origin);
        if (await intake.FaultOfAsync(caller.Actor, asked, ct) is { } fault) { return fault; }
        var now = clock.GetUtcNow();
        if (await db.ExchangedFiles.SingleOrDefaultAsync(f => f.Origin == origin, ct) is { } before)
        {
            // The node lost its folder after everything had come: the file is there, and it only has to be moved away.
            if (before.State == FileState.Published) { return TypedResults.Ok(new NodeFileUpload(before.Offset, before.State)); }
            // It lost the content key in the middle: nobody can go on with that one.
            await using var lease = await leases.TryTakeAsync(FileIntake.LeaseOf(before.Id), ct);
            if (lease is null) { return ExchangeProblems.UploadLocked.Because($"{before.Id}"); }
            before.Purge(now);
            db.Ledger.Add(LedgerEntry.Of("exchange.upload-terminated", before.Id, caller.Actor, now, after: new { before.Offset, before.Length }));
            try { await db.SaveChangesAsync(ct); }
            catch (DbUpdateConcurrencyException) { return ExchangeProblems.UploadLocked.Because($"{before.Id}"); }
        }

        var file = ExchangedFile.BeginOnNode(request.File, caller.Organisation, caller.Id, asked, new NodeVerdict(request.Sha256, request.Sm3, request.Check, request.Finding), now, intake.Patience);
        db.ExchangedFiles.Add(file);
        db.Ledger.Add(file.State == FileState.Refused
            ? LedgerEntry.Of("exchange.file-refused", file.Id, caller.Actor, now, after: new { resource = file.ResourceId, sha256 = file.Sha256, finding = file.Finding, node = caller.Id })
            : LedgerEntry.Of("exchange.upload-started", file.Id, caller.Actor, now, after: new { resource = file.ResourceId, file.Length, node = caller.Id }));
        try { await db.SaveChangesAsync(ct); }
        catch (DbUpdateException e) when (e is DbUpdateConcurrencyException || e.IsUniqueViolation()) { return KernelProblems.ChangedMeanwhile.Because(request.Name); }
        reconcilers.Wake<SweepFiles>();
        return TypedResults.Ok(new NodeFileUpload(file.Offset, file.State));
    }
}
