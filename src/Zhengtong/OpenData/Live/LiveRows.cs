using System.Text;
using Zhengtong.Agreements;
using Zhengtong.Catalogue.Model;
using Zhengtong.Exchange;
using Zhengtong.Kernel.Objects;
using Zhengtong.OpenData.Import;
using Zhengtong.OpenData.Model;

namespace Zhengtong.OpenData.Live;

/// <summary>Rows of a delivered table as a file of a dataset.</summary>
/// <param name="Content">The CSV file.</param>
/// <param name="Bytes">Its size.</param>
/// <param name="Table">The table in it.</param>
internal sealed record LiveFile(Digest Content, long Bytes, ImportedTable Table);

/// <summary>Takes the rows of a delivered table the way that every file goes: as a CSV file in the object store, and from it the typed table. The same rows give the same file.</summary>
internal sealed class LiveRows(ExchangeLookup exchange, ObjectStore store, FileImport import, TableScratch scratch)
{
    private const int LongestName = 300;
    private static readonly System.Buffers.SearchValues<char> Quoted = System.Buffers.SearchValues.Create(",\"\r\n");

    /// <summary>Writes the file; its digest says whether anything changed.</summary>
    /// <exception cref="DeliveredTableUnreadableException">The table cannot be read now.</exception>
    internal async Task<(Digest Content, long Bytes)> WriteAsync(DeliveredTable table, CancellationToken ct)
    {
        var path = scratch.NewPath("live");
        try
        {
            await using (var file = new StreamWriter(new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, 256 * 1024, FileOptions.Asynchronous), new UTF8Encoding(false)))
            {
                file.NewLine = "\r\n";
                await WriteLineAsync(file, table.Items.Select(i => (string?)i.Name));
                await foreach (var row in exchange.ReadAsync(table.Agreement, ct)) { await WriteLineAsync(file, row); }
            }

            await using var written = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 0, FileOptions.Asynchronous | FileOptions.SequentialScan);
            var put = await store.PutAsync(written, ct);
            return (put.Digest, put.Length);
        }
        finally { TableScratch.Remove(path); }
    }

    /// <summary>Reads the table from the file, its columns as the agreement has them.</summary>
    /// <exception cref="ImportFault">The file gives no table.</exception>
    internal async Task<ImportedTable> ReadAsync(Digest content, DeliveredTable table, CoordinateSystem coordinates, CancellationToken ct)
    {
        await using var file = await store.OpenAsync(content, ct) ?? throw new ImportFault("gone");
        return await import.ReadAsync(file, "CSV", new ImportChoices { Delimiter = ',', CoordinateSystem = coordinates, Columns = [.. table.Items.Select((item, n) => ChoiceOf(item, n + 1))] }, null, ct);
    }

    private static ColumnChoice ChoiceOf(AgreedItem item, int position) => new(position)
    {
        Title = HeaderNames.Cut(item.Name, LongestName),
        IsKey = item.IsKey,
        // Of decimals, and of texts in which there may be places, the values say more than the agreement.
        Type = item.Type switch
        {
            ItemType.Integer => ColumnType.Integer,
            ItemType.Float => ColumnType.Float,
            ItemType.Boolean => ColumnType.Boolean,
            ItemType.Date => ColumnType.Date,
            ItemType.Timestamp => ColumnType.Timestamp,
            ItemType.Binary => ColumnType.Text,
            _ => null,
        },
    };

    private static async Task WriteLineAsync(StreamWriter file, IEnumerable<string?> cells)
    {
        var first = true;
        foreach (var cell in cells)
        {
            if (!first) { await file.WriteAsync(','); }
            first = false;
            if (cell is null) { continue; }
            if (cell.Length > 0 && !cell.AsSpan().ContainsAny(Quoted)) { await file.WriteAsync(cell); continue; }
            await file.WriteAsync('"');
            await file.WriteAsync(cell.Replace("\"", "\"\"", StringComparison.Ordinal));
            await file.WriteAsync('"');
        }

        await file.WriteLineAsync();
    }
}
