using System.Security.Cryptography;
using Microsoft.EntityFrameworkCore;
using Org.BouncyCastle.Crypto.Digests;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Jobs;
using Zhengtong.Kernel.Ledger;
using Zhengtong.Kernel.Secrets;

namespace Zhengtong.Exchange.Files;

/// <summary>Hashes complete files and has them searched for malware, in one pass over the content. One file at a time: two would only slow each other.</summary>
internal sealed class CheckFiles(ZhengtongDb db, FileContent content, Clamd clamd, OrganisationKeys keys, Reconcilers reconcilers, TimeProvider clock) : IReconciler
{
    private const int ChunkSize = 128 * 1024;

    public string Name => "exchange.file-checks";

    public TimeSpan Every => TimeSpan.FromSeconds(1);

    public async Task<Pass> ReconcileAsync(CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var file = await db.ExchangedFiles.Where(f => f.State == FileState.Checking && f.NextCheckAt <= now).OrderBy(f => f.NextCheckAt).FirstOrDefaultAsync(ct);
        if (file is null) { return Pass.Settled(); }
        await CheckAsync(file, ct);
        return Pass.Unfinished(1);
    }

    private async Task CheckAsync(ExchangedFile file, CancellationToken ct)
    {
        try
        {
            var (sha256, sm3, finding) = await ReadAsync(file, ct);
            var now = clock.GetUtcNow();
            if (finding is not null)
            {
                file.Refuse(finding);
                db.Ledger.Add(LedgerEntry.Of("exchange.file-refused", file.Id, Actor.Platform, now, after: new { resource = file.ResourceId, sha256, finding = file.Finding }));
            }
            else
            {
                file.Publish(sha256, sm3, clamd.IsConfigured ? ContentCheck.Clean : ContentCheck.NotConfigured, now);
                db.Ledger.Add(LedgerEntry.Of("exchange.file-checked", file.Id, Actor.Platform, now, after: new { resource = file.ResourceId, sha256, check = file.Check }));
            }

            await db.SaveChangesAsync(ct);
            if (finding is not null) { reconcilers.Wake<SweepFiles>(); } else { reconcilers.Wake<PublishFiles>(); }
        }
        catch (CheckerException e) { await WaitAsync(file, e.IsRefusal ? ExchangeProblems.CheckerRefused : ExchangeProblems.CheckerUnreachable, ct); }
        // Also a segment that is gone: the file waits, and the next one has its turn.
        catch (Exception e) when (e is CryptographicException or IOException) { await WaitAsync(file, ExchangeProblems.ContentBroken, ct); }
    }

    private async Task WaitAsync(ExchangedFile file, ProblemType problem, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        if (file.Problem != problem.Code) { db.Ledger.Add(LedgerEntry.Of("exchange.file-check-failed", file.Id, Actor.Platform, now, after: new { code = problem.Code })); }
        file.Wait(problem.Code, now);
        await db.SaveChangesAsync(ct);
    }

    private async Task<(string Sha256, string Sm3, string? Finding)> ReadAsync(ExchangedFile file, CancellationToken ct)
    {
        await using var plain = content.Open(await KeyWrap.OpenAsync(keys, file.Wrap, file.Id, ct), file.Id, file.Length!.Value);
        await using var search = clamd.IsConfigured ? await clamd.BeginAsync(ct) : null;
        using var digests = new FileDigests();
        var chunk = new byte[ChunkSize];
        for (int read; (read = await plain.ReadAsync(chunk, ct)) > 0;)
        {
            digests.Append(chunk.AsSpan(0, read));
            if (search is not null) { await search.SendAsync(chunk.AsMemory(0, read), framed: true, ct); }
        }

        CryptographicOperations.ZeroMemory(chunk);
        var finding = search is null ? null : await search.FinishAsync(ct);
        var (sha256, sm3) = digests.Finish();
        return (sha256, sm3, finding);
    }
}

/// <summary>Both suites' digests of one pass: agreements of either may ask for the file, today or later.</summary>
internal sealed class FileDigests : IDisposable
{
    private readonly IncrementalHash sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly SM3Digest sm3 = new();

    internal void Append(ReadOnlySpan<byte> bytes)
    {
        sha256.AppendData(bytes);
        sm3.BlockUpdate(bytes);
    }

    /// <summary>Lower-case hex.</summary>
    internal (string Sha256, string Sm3) Finish()
    {
        var hash = new byte[sm3.GetDigestSize()];
        sm3.DoFinal(hash, 0);
        return (Convert.ToHexStringLower(sha256.GetHashAndReset()), Convert.ToHexStringLower(hash));
    }

    public void Dispose() => sha256.Dispose();
}
