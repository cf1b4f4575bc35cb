using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;

namespace Zhengtong.Kernel.Regions;

/// <summary>What an import did so far.</summary>
/// <param name="Read">Rows read.</param>
/// <param name="Added">Divisions that were missing.</param>
/// <param name="Renamed">Divisions whose name changed.</param>
/// <param name="Unchanged">Divisions that were there under this name.</param>
/// <param name="Kept">Divisions that an administrator named otherwise; they keep that name.</param>
/// <param name="Bad">Rows that were not taken, each handed out with its reason.</param>
internal readonly record struct ImportCounts(long Read, long Added, long Renamed, long Unchanged, long Kept, long Bad)
{
    internal bool Changed => Added + Renamed > 0;
}

/// <summary>Takes divisions into the database batch by batch: adds what is missing, renames what changed, removes nothing. A batch is a transaction; whenever it is
/// stopped, the next run finds what is there and goes on.</summary>
internal sealed class DivisionImport(ZhengtongDb db, TimeProvider clock)
{
    private const int BatchSize = 5000;
    private const string Subject = "divisions/import";
    private ImportCounts counts;

    /// <summary>Imports the files in their order, parents first; the counts go into the ledger at the end, also when it is stopped.</summary>
    /// <param name="files">From <see cref="DivisionFiles.At"/>.</param>
    /// <param name="bad">Takes each row that cannot be taken, with the reason in the reader's language.</param>
    /// <param name="progress">Hears after each batch: the file, bytes of it read, the counts.</param>
    /// <param name="ct">Stops it behind the batch under way.</param>
    /// <exception cref="UnreadableDivisionsException">A file cannot be read any further; what stood before is taken.</exception>
    internal async Task<ImportCounts> RunAsync(IReadOnlyList<FileInfo> files, Action<DivisionRow, string> bad, Action<FileInfo, long, ImportCounts> progress, CancellationToken ct)
    {
        var finished = false;
        try
        {
            foreach (var file in files)
            {
                await using var stream = new FileStream(file.FullName, new FileStreamOptions { Options = FileOptions.SequentialScan | FileOptions.Asynchronous, BufferSize = 65_536 });
                var batch = new List<DivisionRow>(BatchSize);
                try
                {
                    await foreach (var row in DivisionFiles.ReadAsync(file.Name, stream, ct))
                    {
                        batch.Add(row);
                        if (batch.Count < BatchSize) { continue; }
                        await TakeAsync(batch, bad, ct);
                        batch.Clear();
                        progress(file, stream.Position, counts);
                    }
                }
                catch (UnreadableDivisionsException)
                {
                    await TakeAsync(batch, bad, ct);
                    throw;
                }

                await TakeAsync(batch, bad, ct);
                progress(file, file.Length, counts);
            }

            finished = true;
            return counts;
        }
        finally
        {
            if (counts.Changed)
            {
                db.Ledger.Add(LedgerEntry.Of("kernel.divisions-imported", Subject, Actor.Platform, clock.GetUtcNow(),
                    after: new { finished, counts.Read, counts.Added, counts.Renamed, counts.Unchanged, counts.Kept, counts.Bad }));
                await db.SaveChangesAsync(CancellationToken.None);
            }
        }
    }

    private async Task TakeAsync(List<DivisionRow> batch, Action<DivisionRow, string> bad, CancellationToken ct)
    {
        if (batch.Count == 0) { return; }
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        var read = batch.Select(row => (Row: row, Fault: FaultOf(row), Code: RegionCode.TryParse(row.Code, null, out var code) ? code : default)).ToList();
        var there = await RegionTable.FindAsync(db, read.Where(r => r.Fault is null).SelectMany(r => r.Code.Parent is { } parent ? new[] { r.Code, parent } : [r.Code]).Distinct(), ct);
        var (missing, renamed, refused) = (new List<Division>(), new List<Division>(), new List<(DivisionRow Row, string Why)>());
        var next = counts with { Read = counts.Read + batch.Count };
        foreach (var (row, fault, code) in read)
        {
            if ((fault ?? (code.Parent is { } parent && !there.ContainsKey(parent) ? Text.Of("kernel.import.no-parent", parent) : null)) is { } why) { refused.Add((row, why)); }
            else if (!there.TryGetValue(code, out var present)) { missing.Add(new Division(code, row.Name!)); there[code] = (row.Name!, false); }
            else if (present.Name == row.Name) { next = next with { Unchanged = next.Unchanged + 1 }; }
            else if (present.IsOurs) { next = next with { Kept = next.Kept + 1 }; }
            else { renamed.Add(new Division(code, row.Name!)); there[code] = (row.Name!, false); }
        }

        next = next with
        {
            Added = next.Added + await RegionTable.AddMissingAsync(db, missing, ct),
            Renamed = next.Renamed + await RegionTable.RenameAsync(db, renamed, ct),
            Bad = next.Bad + refused.Count,
        };
        // Whoever kills the process later still leaves the entry of who began to change divisions.
        if (next.Changed && !counts.Changed)
        {
            db.Ledger.Add(LedgerEntry.Of("kernel.divisions-import-begun", Subject, Actor.Platform, clock.GetUtcNow(), after: new { file = batch[0].File }));
            await db.SaveChangesAsync(ct);
        }

        await transaction.CommitAsync(ct);
        counts = next;
        foreach (var (row, why) in refused) { bad(row, why); }
    }

    private static string? FaultOf(DivisionRow row) =>
        !RegionCode.TryParse(row.Code, null, out _) ? Text.Of("kernel.validation.region-code")
        : row.Name is not { Length: > 0 and <= 100 } name || string.IsNullOrWhiteSpace(name) ? Text.Of("kernel.validation.length-between", 1, 100)
        : !RequestFaults.IsStorable(name) ? Text.Of("kernel.validation.control-characters")
        : null;
}
