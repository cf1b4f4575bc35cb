using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace Zhengtong.Kernel.Ledger;

internal static class ReadCheckpoint
{
    internal static void Map(IEndpointRouteBuilder group)
    {
        group.MapGet("/checkpoint", HandleNote).Produces<string>(200, "text/plain").ProducesProblem(404);
        group.MapGet("/checkpoint.der", HandleSignature).Produces(200, contentType: "application/octet-stream").ProducesProblem(404);
        group.MapGet("/checkpoint.txt", HandleText).Produces<string>(200, "text/plain").ProducesProblem(404);
        group.MapGet("/key.pem", HandleKey).Produces<string>(200, "application/x-pem-file").ProducesProblem(404);
    }

    /// <summary>The signed checkpoint of the tree (C2SP tlog-checkpoint): the last one, or that of a size.</summary>
    /// <remarks><c>size</c>: Size of an earlier checkpoint; nothing for the last.</remarks>
    /// <response code="200">The signed note.</response>
    /// <response code="404">kernel.ledger-no-checkpoint</response>
    internal static async Task<Results<ContentHttpResult, ProblemHttpResult>> HandleNote(long? size, ZhengtongDb db, HttpResponse response, CancellationToken ct)
    {
        if (await FindAsync(db, size, ct) is not { } checkpoint) { return KernelProblems.LedgerNoCheckpoint.Because($"{size}"); }
        response.Headers.CacheControl = size is null ? "no-cache" : LedgerCaching.Forever;
        return TypedResults.Text(checkpoint.Note, "text/plain; charset=utf-8");
    }

    /// <summary>The signed part of a checkpoint alone: what openssl verifies.</summary>
    /// <remarks><c>size</c>: Size of the checkpoint; nothing for the last.</remarks>
    /// <response code="200">Origin, size and root, each with its line end.</response>
    /// <response code="404">kernel.ledger-no-checkpoint</response>
    internal static async Task<Results<ContentHttpResult, ProblemHttpResult>> HandleText(long? size, ZhengtongDb db, CancellationToken ct) =>
        await FindAsync(db, size, ct) is { } checkpoint && CheckpointNote.TryParse(checkpoint.Note, out var note)
            ? TypedResults.Text(note.Text, "text/plain; charset=utf-8")
            : KernelProblems.LedgerNoCheckpoint.Because($"{size}");

    /// <summary>The signature of a checkpoint alone, in DER (RFC 3279): what openssl verifies with.</summary>
    /// <remarks><c>size</c>: Size of the checkpoint; nothing for the last.</remarks>
    /// <response code="200">The signature.</response>
    /// <response code="404">kernel.ledger-no-checkpoint</response>
    internal static async Task<Results<FileContentHttpResult, ProblemHttpResult>> HandleSignature(long? size, ZhengtongDb db, LedgerKeys keys, CancellationToken ct)
    {
        if (await keys.FindAsync(ct) is not { } key || await FindAsync(db, size, ct) is not { } checkpoint || !CheckpointNote.TryParse(checkpoint.Note, out var note))
        {
            return KernelProblems.LedgerNoCheckpoint.Because($"{size}");
        }

        using var verifier = new LedgerVerifier(key.PublicKey);
        return note.SignatureOf(verifier) is { } signature ? TypedResults.Bytes(signature) : KernelProblems.LedgerNoCheckpoint.Because($"{size}");
    }

    /// <summary>The log's public key.</summary>
    /// <response code="200">SubjectPublicKeyInfo in PEM.</response>
    /// <response code="404">kernel.ledger-no-checkpoint</response>
    internal static async Task<Results<ContentHttpResult, ProblemHttpResult>> HandleKey(LedgerKeys keys, CancellationToken ct)
    {
        if (await keys.FindAsync(ct) is not { } key) { return KernelProblems.LedgerNoCheckpoint.Because(); }
        using var verifier = new LedgerVerifier(key.PublicKey);
        return TypedResults.Text(verifier.Pem, "application/x-pem-file");
    }

    private static Task<Checkpoint?> FindAsync(ZhengtongDb db, long? size, CancellationToken ct) =>
        db.LedgerCheckpoints.AsNoTracking().Where(c => size == null || c.Size == size).OrderByDescending(c => c.Size).FirstOrDefaultAsync(ct);
}

/// <summary>How long answers about the tree stay true.</summary>
internal static class LedgerCaching
{
    /// <summary>What a full tile or a checkpoint of a size says never changes.</summary>
    internal const string Forever = "public, max-age=31536000, immutable";
}
